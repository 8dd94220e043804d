//! A catalogue of AI tools, and what is found with it.

use std::collections::BTreeSet;

use seconder::gate::change::GitIdentity;
use seconder::gate::detect::{Catalogue, CommitText, UNSPECIFIED, detect_commit};

use super::findings;

const MESSAGE: &str = "Retry\n\nGenerated with Claude Code, see https://claude.ai/code/session_1\n\n\
    Co-authored-by: Claude <noreply@anthropic.com>\nAssisted-by: Cursor\n";

/// What the input is laid over.
const BELOW: &str = "version: 1
tools:
  - id: below
    name: Below
    url: https://below.example
    sources: [https://below.example]
    names: [below]
    trailers: [{ key: below, value: x }]
    branches: ['below/.+']
    samples: { positive: [{ author: below }], negative: [{ author: above }] }
harmless: [{ branch: main }, { line: \"Signed-off-by: Jo <jo@acme.example>\" }]
";

/// Holds a catalogue to what detection relies on, alone and laid over another.
pub fn hold(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Catalogue::parse("agents.yml", text) {
        Ok(catalogue) => hold_catalogue(&catalogue),
        Err(errors) => findings::are_refusals(&errors, text),
    }
    match Catalogue::of(&[("below.yml", BELOW), ("agents.yml", text)]) {
        Ok((catalogue, warnings)) => {
            assert!(warnings.iter().all(|warning| !warning.is_error()), "{warnings:?}");
            hold_catalogue(&catalogue);
            hold_overlay(&catalogue);
        }
        Err(errors) => findings::are_refusals(&errors, text),
    }
}

/// Nothing of the lower file is lost: it is looked for, or listed as switched off.
fn hold_overlay(catalogue: &Catalogue) {
    let all = || catalogue.tools().iter().chain(catalogue.switched_off());
    let below = all().find(|tool| tool.id == "below").expect("a tool does not vanish");
    let is_replaced = below.file > 0;
    assert!(is_replaced || below.marks.iter().filter(|mark| mark.file == 0).count() == 3, "{below:?}");
    assert!(catalogue.switched_off().iter().all(|tool| tool.off_by.is_some()));
    let is_harmless = |branch: &str| seconder::gate::detect::branch::branch_evidence(branch, catalogue).is_empty();
    assert!(is_harmless("main"), "a pattern that matches everything was taken");
}

fn hold_catalogue(catalogue: &Catalogue) {
    let ids: BTreeSet<&str> = catalogue.tools().iter().map(|tool| tool.id.as_str()).collect();
    assert_eq!(ids.len(), catalogue.tools().len(), "each tool has a name of its own");
    assert!(ids.iter().all(|id| catalogue.tool(id).is_some_and(|tool| tool.id == *id)));
    let sha = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    let author = GitIdentity { name: "Jo".to_owned(), email: "jo@acme.dev".to_owned(), account: None, date: None };
    let commit = CommitText { sha: &sha, message: MESSAGE, author: &author, committer: &author };
    for piece in detect_commit(&commit, catalogue) {
        let is_known = ids.contains(piece.tool.as_str()) || piece.tool == UNSPECIFIED;
        assert!(is_known, "{piece:?} names a tool that is not in the catalogue");
    }
}
