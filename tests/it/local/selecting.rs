//! Which commits are meant, held to what `git` says.

use std::collections::BTreeSet;

use seconder::history::{Error, History, Selection, WalkOptions};

use super::{NewCommit, Repository};

fn walked(history: &History, selection: &Selection, options: WalkOptions) -> Vec<String> {
    history.walk(selection, options).unwrap().map(|visit| visit.unwrap().to_string()).collect()
}

/// Two branches from one commit, one of them merged, and a tag on the way.
fn forked() -> Repository {
    let repository = Repository::new();
    let at = |day: u8| format!("2026-01-{day:02}T12:00:00Z");
    repository.commit(&NewCommit::new("Base").at(&at(1)).file("a", "1"));
    repository.git(&["switch", "--quiet", "--create", "side"]);
    repository.commit(&NewCommit::new("Side 1").at(&at(2)).file("b", "1"));
    repository.commit(&NewCommit::new("Side 2").at(&at(4)).file("b", "2"));
    repository.git(&["switch", "--quiet", "main"]);
    repository.commit(&NewCommit::new("Main 1").at(&at(3)).file("a", "2"));
    repository.git(&["tag", "--annotate", "--message=v1", "v1"]);
    repository.merge("side", &NewCommit::new("Merge side").at(&at(5)));
    repository.git(&["switch", "--quiet", "side"]);
    repository.commit(&NewCommit::new("Side 3").at(&at(6)).file("b", "3"));
    repository.git(&["switch", "--quiet", "main"]);
    repository
}

#[test]
fn revisions_and_ranges_mean_what_they_mean_to_git() {
    let repository = forked();
    let history = repository.history();
    for range in
        ["HEAD", "main", "v1", "side", "v1..main", "main..side", "main...side", "side...main", "HEAD^!", "HEAD^@"]
    {
        let expected: BTreeSet<String> = repository.git(&["rev-list", range]).lines().map(str::to_owned).collect();
        let found = walked(&history, &history.select(range).unwrap(), WalkOptions::default());
        assert_eq!(found.len(), expected.len(), "{range}: some commit came twice");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected, "{range}");
    }
}

#[test]
fn commits_come_in_the_order_of_git_log() {
    let repository = forked();
    let history = repository.history();
    let expected: Vec<String> = repository.git(&["log", "--format=%H", "--all"]).lines().map(str::to_owned).collect();
    assert_eq!(walked(&history, &history.everything().unwrap(), WalkOptions::default()), expected);
    let first_parent = WalkOptions { first_parent: true, ..WalkOptions::default() };
    let expected: Vec<String> =
        repository.git(&["log", "--format=%H", "--first-parent"]).lines().map(str::to_owned).collect();
    assert_eq!(walked(&history, &history.head().unwrap(), first_parent), expected);
    let since = WalkOptions { since: Some("2026-01-03T00:00:00Z".parse().unwrap()), ..WalkOptions::default() };
    let expected: Vec<String> =
        repository.git(&["log", "--format=%H", "--since=2026-01-03T00:00:00Z"]).lines().map(str::to_owned).collect();
    assert_eq!(walked(&history, &history.head().unwrap(), since), expected);
}

#[test]
fn what_names_no_commit_is_refused_by_its_name() {
    let repository = forked();
    let history = repository.history();
    let blob = repository.git(&["rev-parse", "HEAD:a"]);
    for wrong in ["nothing", "main..nothing", "0000000000000000000000000000000000000001", "", "..x..", blob.as_str()] {
        let error = history.select(wrong).unwrap_err();
        assert!(matches!(&error, Error::UnknownRevision { given, .. } if given == wrong), "{wrong}: {error}");
        assert!(history.single(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn everything_leaves_out_notes_stashes_and_session_branches() {
    let repository = forked();
    let before = repository.history().everything().unwrap();
    let head = repository.git(&["rev-parse", "HEAD"]);
    repository.note("ai", &head, "a note");
    repository.commit(&NewCommit::new("Kept elsewhere").file("c", "1"));
    let other = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    for reference in [
        "refs/stash",
        "refs/heads/entire/checkpoints/v1",
        "refs/remotes/origin/entire/checkpoints/v1",
        "refs/ai/authorship/x",
        "refs/notes/other",
        "refs/replace/0123456789012345678901234567890123456789",
    ] {
        repository.git(&["update-ref", reference, &other]);
    }
    assert_eq!(repository.history().everything().unwrap(), before);
    repository.git(&["update-ref", "refs/remotes/origin/feature", &other]);
    assert_eq!(repository.history().everything().unwrap().tips.len(), before.tips.len() + 1);
}
