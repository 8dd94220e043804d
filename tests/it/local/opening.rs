//! What is a repository, and what is not.

use std::fs;

use seconder::history::{Error, History, Selection, WalkOptions};

use super::repository::git;
use super::{NewCommit, Repository};

fn count(history: &History) -> usize {
    history.walk(&history.head().unwrap(), WalkOptions::default()).unwrap().map(Result::unwrap).count()
}

#[test]
fn a_repository_is_found_from_every_place_in_it() {
    let repository = Repository::new();
    repository.commit(&NewCommit::new("One").file("src/deep/a.rs", "1"));
    let bare = repository.beside("bare.git");
    repository.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let linked = repository.beside("linked");
    repository.git(&["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    let places = [
        (repository.path().to_owned(), "pay"),
        (repository.path().join("src/deep"), "pay"),
        (repository.path().join(".git"), "pay"),
        (bare, "bare"),
        (linked, "linked"),
    ];
    for (place, name) in places {
        let history = History::open(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
        assert_eq!(count(&history), 1, "{}", place.display());
        assert!(name == "pay" || history.name() == name, "{}: {}", place.display(), history.name());
    }
    assert_eq!(repository.history().name(), "pay");
}

#[test]
fn what_is_no_repository_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(History::open(&folder.path().join("x")), Err(Error::NotThere { .. })));
    assert!(matches!(History::open(folder.path()), Err(Error::NotARepository { .. })));
    let file = folder.path().join("file");
    fs::write(&file, "text").unwrap();
    let error = History::open(&file).unwrap_err();
    assert!(matches!(error, Error::NotARepository { .. }), "{error}");
}

#[test]
fn a_repository_that_nothing_understands_is_not_guessed_at() {
    let repository = Repository::new();
    repository.commit(&NewCommit::new("One"));
    fs::write(repository.path().join(".git/config"), "[core]\n\trepositoryformatversion = 99\n").unwrap();
    let opened = History::open(repository.path()).map(|history| count(&history));
    assert!(matches!(opened, Err(Error::CannotOpen { .. })), "{opened:?}");
}

#[test]
fn an_empty_repository_has_no_commits() {
    let repository = Repository::new();
    let history = repository.history();
    assert_eq!(history.head().unwrap(), Selection::default());
    assert_eq!(history.everything().unwrap(), Selection::default());
    assert_eq!(count(&history), 0);
}

#[test]
fn a_shallow_clone_is_known_to_be_one_and_walked_as_far_as_it_goes() {
    let repository = Repository::new();
    for message in ["One", "Two", "Three"] {
        repository.commit(&NewCommit::new(message).file("a", message));
    }
    let shallow = repository.beside("shallow");
    let from = format!("file://{}", repository.path().display());
    git(repository.path()).args(["clone", "--quiet", "--depth=2", &from]).arg(&shallow).status().unwrap();
    let history = History::open(&shallow).unwrap();
    assert!(history.is_shallow() && !repository.history().is_shallow());
    assert_eq!(count(&history), 2);
}

#[test]
fn newer_hashes_are_read_as_well() {
    let repository = Repository::new();
    let folder = repository.beside("new");
    repository.git(&["init", "--quiet", "--object-format=sha256", folder.to_str().unwrap()]);
    git(&folder).args(["commit", "--quiet", "--allow-empty", "--message=One"]).status().unwrap();
    let history = History::open(&folder).unwrap();
    let tip = history.head().unwrap().tips[0];
    assert_eq!((tip.to_string().len(), history.commit(tip).unwrap().message.as_str()), (64, "One\n"));
}
