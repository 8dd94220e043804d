//! The catalogue itself: valid, sourced, and true to its own samples.

use std::collections::BTreeSet;

use seconder::gate::detect::branch::{branch_evidence, label_evidence};
use seconder::gate::detect::catalogue::{EMBEDDED_NAME, Sample};
use seconder::gate::detect::{Catalogue, Evidence};

use super::{commit, person};

fn embedded_text() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/agents.yml")).unwrap()
}

fn evidence(sample: &Sample) -> Vec<Evidence> {
    let catalogue = Catalogue::embedded();
    match sample {
        Sample::Author(author) => commit(&person(author), "Fix the parser\n\nIt was wrong."),
        Sample::CoAuthor(value) => commit(
            &person("Ana <ana@acme.dev>"),
            &format!("Fix the parser\n\nIt was wrong.\n\nCo-authored-by: {value}"),
        ),
        Sample::Line(line) => commit(&person("Ana <ana@acme.dev>"), &format!("Fix the parser\n\n{line}")),
        Sample::Branch(branch) => branch_evidence(branch, catalogue),
        Sample::Label(label) => label_evidence(label, catalogue),
    }
}

#[test]
fn the_embedded_catalogue_is_valid() {
    let text = embedded_text();
    let catalogue = Catalogue::parse(EMBEDDED_NAME, &text).unwrap();
    assert_eq!(catalogue.digest(), Catalogue::embedded().digest());
    assert_eq!(catalogue.digest().len(), 64);
    assert!(catalogue.tools().len() >= 30, "{} tools", catalogue.tools().len());
}

#[test]
fn every_entry_names_its_sources_and_has_samples() {
    for tool in Catalogue::embedded().tools() {
        assert!(
            !tool.sources.is_empty() && tool.sources.iter().all(|source| source.starts_with("https://")),
            "{tool:?}"
        );
        assert!(tool.url.starts_with("https://"), "{tool:?}");
        assert!(!tool.positive.is_empty() && !tool.negative.is_empty(), "{} has no samples of both kinds", tool.id);
    }
}

#[test]
fn every_sample_says_the_truth_about_its_tool() {
    let mut wrong = Vec::new();
    for tool in Catalogue::embedded().tools() {
        let tools = |sample| -> BTreeSet<String> {
            evidence(sample)
                .into_iter()
                .filter(|piece| piece.gates || piece.channel == seconder::gate::detect::Channel::Label)
                .map(|piece| piece.tool)
                .collect()
        };
        wrong.extend(
            tool.positive
                .iter()
                .filter(|sample| !tools(sample).contains(&tool.id))
                .map(|sample| ("missed", &tool.id, sample)),
        );
        wrong.extend(
            tool.negative
                .iter()
                .filter(|sample| tools(sample).contains(&tool.id))
                .map(|sample| ("false alarm", &tool.id, sample)),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_negative_sample_is_no_evidence_of_any_tool() {
    let tools = Catalogue::embedded().tools().iter();
    let wrong: Vec<_> = tools
        .flat_map(|tool| &tool.negative)
        .filter(|sample| evidence(sample).iter().any(|piece| piece.gates))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[track_caller]
fn check_broken(text: &str, line: u32, words: &[&str]) {
    let findings = Catalogue::parse("org-agents.yml", text).unwrap_err();
    let finding = findings.iter().find(|finding| finding.line == line).unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!(finding.file, "org-agents.yml");
    assert!(finding.column > 0, "{finding:?}");
    for word in words {
        assert!(finding.message.contains(word), "{finding}");
    }
}

const ENTRY: &str = "version: 1\ntools:\n  - id: a\n    name: A\n    url: https://a.example\n    sources: [https://a.example]\n    samples: { positive: [], negative: [] }\n";

#[test]
fn mistakes_are_reported_with_their_place() {
    assert!(Catalogue::parse("ok.yml", ENTRY).is_ok());
    check_broken(&format!("{ENTRY}    nmaes: [x]\n"), 8, &["nmaes"]);
    check_broken(&format!("{ENTRY}    names: ['(unclosed']\n"), 8, &["(unclosed", "not valid"]);
    check_broken(&format!("{ENTRY}    addresses: [nobody]\n"), 8, &["nobody", "not an e-mail address"]);
    check_broken(&ENTRY.replace("version: 1", "version: 7"), 1, &["version 7"]);
    let twice = ENTRY.replace("version: 1\ntools:\n", "");
    check_broken(&format!("{ENTRY}{twice}"), 8, &["`a`", "second time"]);
    check_broken("version: 1\ntools: 3\n", 2, &[]);
    check_broken("version: [\n", 1, &[]);
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let text = format!("{ENTRY}    names: ['(', '[']\n    addresses: [x]\n");
    assert_eq!(Catalogue::parse("org-agents.yml", &text).unwrap_err().len(), 3);
}
