//! What the App needs: one list, to which the documents and the deliveries that are understood are held.

use std::fs;
use std::path::Path;

use seconder::forge::github::requirements::{EVENTS, PERMISSIONS};

/// README.md and everything in docs/.
fn documents() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = fs::read_dir(root.join("docs")).into_iter().flatten().map(|page| page.unwrap().path());
    let all = pages.filter(|page| page.is_file()).chain([root.join("README.md")]);
    let text: Vec<String> = all.map(|page| fs::read_to_string(page).unwrap()).collect();
    // Lines break anywhere.
    text.join("\n").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_permission_and_event_is_told_to_whoever_registers_the_app() {
    let documents = documents();
    let titles = PERMISSIONS.iter().map(|permission| permission.title).chain(EVENTS.iter().map(|event| event.title));
    let missing: Vec<&str> = titles.filter(|title| !documents.contains(&format!("*{title}*"))).collect();
    assert!(missing.is_empty(), "not in README.md or docs/: {missing:?}");
}

#[test]
fn every_event_that_is_asked_for_is_one_that_is_understood() {
    let source = include_str!("../../../src/forge/github/webhook/event.rs");
    for event in EVENTS {
        assert!(source.contains(&format!("\"{}\"", event.name)), "nothing is done about {}", event.name);
    }
}
