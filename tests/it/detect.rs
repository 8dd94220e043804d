//! Was AI used? Catalogue, traps, laws and the labelled corpus.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agent_trace;
mod catalogue;
mod change;
mod command;
mod corpus;
mod declarations;
mod hard;
mod laws;
mod notes;
mod overlay;
#[path = "../../benches/detection/score.rs"]
mod score;
mod trailers;
mod traps;
mod why;
mod wild;

use std::collections::BTreeSet;

use seconder::gate::change::GitIdentity;
use seconder::gate::detect::{Catalogue, CommitText, Evidence, detect_commit};
use seconder::gate::ids::CommitSha;

/// `Name <address>`, or a name alone.
fn person(written: &str) -> GitIdentity {
    let (name, email) = match written.split_once('<') {
        Some((name, email)) => (name.trim(), email.trim_end_matches('>')),
        None => (written, ""),
    };
    GitIdentity { name: name.to_owned(), email: email.to_owned(), account: None, date: None }
}

fn sha() -> CommitSha {
    "1111111111111111111111111111111111111111".parse().unwrap()
}

/// What a commit by this author with this message shows.
fn commit(author: &GitIdentity, message: &str) -> Vec<Evidence> {
    detect_commit(&CommitText { sha: &sha(), message, author, committer: author }, Catalogue::embedded())
}

/// The tools of gating evidence in a message by a person.
fn tools(message: &str) -> BTreeSet<String> {
    let evidence = commit(&person("Ana Example <ana@acme.dev>"), message);
    evidence.into_iter().filter(|piece| piece.gates).map(|piece| piece.tool).collect()
}

/// Checks which tools a message shows, none if it is no evidence.
#[track_caller]
fn check(message: &str, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|&tool| tool.to_owned()).collect();
    assert_eq!(tools(message), expected, "in:\n{message}");
}
