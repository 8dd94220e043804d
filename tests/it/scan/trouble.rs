//! Histories with something missing, broken or odd.

use std::fs;

use super::{by_claude, report, shown};
use crate::local::repository::git;
use crate::local::{NewCommit, Repository};

#[test]
fn an_empty_repository_gives_an_empty_report() {
    let report = report(&Repository::new(), |_, _| {});
    assert_eq!((report.total.row.commits, report.total.row.share), (0, 0.0));
    assert_eq!((report.weeks.len(), report.walked.from), (0, None));
}

#[test]
fn odd_dates_are_in_no_week_and_are_told() {
    let repository = Repository::new();
    for at in ["@0 +0000", "@4102444800 +0000", "2026-01-05T00:00:00Z"] {
        repository.commit(&by_claude("Odd").at(at));
    }
    let report = report(&repository, |_, _| {});
    assert_eq!((report.walked.commits, report.walked.undated), (3, 2));
    assert_eq!(shown(&report.weeks), ["2026-W02 1 1 0 1"]);
    assert_eq!(report.walked.to.as_deref(), Some("2026-01-05T00:00:00Z"));
}

#[test]
fn what_is_missing_is_counted_and_the_rest_is_reported() {
    let repository = Repository::new();
    repository.commit(&NewCommit::new("One").file("a", "1"));
    let second = repository.commit(&NewCommit::new("Two").file("a", "2"));
    repository.commit(&by_claude("Three").file("a", "3"));
    repository.commit(&by_claude("Four").file("a", "4"));
    fs::remove_file(repository.object_path(&second)).unwrap();
    let found = report(&repository, |_, _| {});
    assert_eq!((found.walked.commits, found.walked.unreadable, found.walked.unknown_folders), (2, 1, 1));
    assert_eq!(shown(&found.folders.unwrap()), [". 1 1 0 1"]);
    let told = found.walked.problems[0].as_str();
    assert!(told.contains(&second), "{told}");
}

#[test]
fn a_broken_tree_takes_nothing_but_its_folders() {
    let repository = Repository::new();
    repository.commit(&NewCommit::new("One").file("a", "1"));
    repository.commit(&by_claude("Two").file("a", "2"));
    let tree = repository.git(&["rev-parse", "HEAD^{tree}"]);
    let path = repository.object_path(&tree);
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"no zlib stream").unwrap();
    let report = report(&repository, |_, _| {});
    assert_eq!((report.walked.commits, report.walked.unreadable, report.walked.unknown_folders), (2, 0, 1));
    assert_eq!(report.total.row.assisted, 1);
}

#[test]
fn a_shallow_clone_says_that_it_is_one() {
    let repository = Repository::new();
    for message in ["One", "Two", "Three"] {
        repository.commit(&by_claude(message).file("a", message));
    }
    let shallow = repository.beside("shallow");
    let from = format!("file://{}", repository.path().display());
    git(repository.path()).args(["clone", "--quiet", "--depth=2", &from]).arg(&shallow).status().unwrap();
    let output = crate::cli::process::seconder(&["scan", shallow.to_str().unwrap()]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && told.contains("2 commits from"), "{told}");
    assert!(told.contains("The clone is shallow: older commits are not here"), "{told}");
}

#[test]
fn a_message_that_is_not_utf_8_still_shows_its_trailer() {
    let repository = Repository::new();
    let mut message = b"caf\xe9\n\n".to_vec();
    message.extend_from_slice(super::CLAUDE.as_bytes());
    repository.commit(&NewCommit::new(message));
    assert_eq!(report(&repository, |_, _| {}).total.row.assisted, 1);
}
