//! The catalogue itself: valid, sourced, and true to its own samples.

use std::collections::BTreeSet;

use seconder::gate::detect::catalogue::{EMBEDDED_NAME, Placed, Sample, evidence_in, json_schema};
use seconder::gate::detect::{Catalogue, Evidence};

use crate::{committed_schema, schema_agrees};

fn embedded_text() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/agents.yml")).unwrap()
}

fn evidence(sample: &Sample) -> Vec<Evidence> {
    evidence_in(sample, Catalogue::embedded())
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
        let tools = |placed: &Placed| -> BTreeSet<String> {
            evidence(&placed.sample)
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
        .chain(Catalogue::embedded().harmless())
        .filter(|placed| evidence(&placed.sample).iter().any(|piece| piece.gates))
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

#[test]
fn the_committed_schema_is_up_to_date() {
    committed_schema("config/agents.schema.json", &json_schema());
}

#[test]
fn the_schema_takes_what_the_parser_takes() {
    let with = |line: &str| format!("{ENTRY}    {line}\n");
    let cases = [
        (embedded_text(), true),
        (ENTRY.to_owned(), true),
        (with("trailers: [{ key: a }, { key: b, value: 'x' }]"), true),
        (with("accounts: [{ id: 7, login: 'a[bot]', suggests: true }, { login: b }]"), true),
        (with("nmaes: [x]"), false),
        (with("names: x"), false),
        (with("accounts: [{ id: seven, login: a }]"), false),
        (with("accounts: [{ id: 7 }]"), false),
        (with("personal: 1"), false),
        (ENTRY.replace("    name: A\n", ""), false),
        (ENTRY.replace("positive: []", "positive: [{ author: a, line: b }]"), false),
        (ENTRY.replace("positive: []", "positive: [{ authors: a }]"), false),
        (ENTRY.replace("version: 1", "version: 2"), false),
        (format!("{ENTRY}automation: {{ robots: [] }}\n"), false),
        (with("accounts: [{ id: 7 }]"), false),
        (with("first_seen: 2025Q3"), true),
        (with("off: { brnaches: [x] }"), false),
        (with("off: [names]"), false),
        ("version: 1\n".to_owned(), true),
        ("version: 1\noff: x\n".to_owned(), false),
        ("version: 1\ntools: [{ id: a, name: A }]\n".to_owned(), false),
    ];
    let is_taken = |text: &str| Catalogue::parse("a.yml", text).is_ok();
    let value = |text: &str| serde_saphyr::from_str::<serde_json::Value>(text).unwrap();
    schema_agrees(&json_schema(), &cases, is_taken, value);
}
