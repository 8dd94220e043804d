//! Notes on commits.

use seconder::history::Error;

use super::repository::id;
use super::{NewCommit, Repository};

const AI: &str = "refs/notes/ai";

#[test]
fn a_note_is_found_whatever_folders_it_lies_in() {
    let repository = Repository::new();
    let commit = repository.commit(&NewCommit::new("One"));
    let blob = repository.object("blob", b"written by an agent");
    let (name, other) = (commit.as_str(), "ab".repeat(20));
    let at = |places: &[usize]| {
        let mut path = String::new();
        let mut from = 0;
        for &to in places.iter().chain([&40]) {
            path.push_str(&name[from..to]);
            path.push(if to == 40 { '\n' } else { '/' });
            from = to;
        }
        path
    };
    for places in [&[][..], &[2], &[2, 4], &[2, 4, 6]] {
        // Beside the note: one on another commit, and things that are no notes.
        let index = format!("100644 {blob}\t{}100644 {blob}\t{other}\n100644 {blob}\tREADME\n", at(places));
        repository.git(&["read-tree", "--empty"]);
        repository.git_with(&["update-index", "--index-info"], &[], index.as_bytes());
        let tree = repository.git(&["write-tree"]);
        let notes = repository.git(&["commit-tree", "-m", "notes", &tree]);
        repository.git(&["update-ref", AI, &notes]);
        let history = repository.history();
        let notes = history.notes(AI).unwrap();
        assert_eq!(notes.len(), 2, "{places:?}");
        assert_eq!(notes.get(&history, id(name), 100).unwrap().as_deref(), Some("written by an agent"), "{places:?}");
        assert_eq!(repository.git(&["notes", "--ref=ai", "show", name]), "written by an agent");
    }
}

#[test]
fn what_git_attaches_is_found() {
    let repository = Repository::new();
    let commits: Vec<String> =
        (0..5).map(|n| repository.commit(&NewCommit::new(format!("{n}")).file("a", &n.to_string()))).collect();
    for commit in &commits[1..] {
        repository.note("ai", commit, &format!("on {commit}"));
    }
    let history = repository.history();
    let notes = history.notes(AI).unwrap();
    assert_eq!(notes.get(&history, id(&commits[0]), 100).unwrap(), None);
    for commit in &commits[1..] {
        assert_eq!(notes.get(&history, id(commit), 100).unwrap(), Some(format!("on {commit}\n")));
    }
}

#[test]
fn no_notes_and_huge_notes_are_no_trouble() {
    let repository = Repository::new();
    let commit = repository.commit(&NewCommit::new("One"));
    let history = repository.history();
    assert!(history.notes(AI).unwrap().is_empty());
    repository.note("ai", &commit, &"x".repeat(1000));
    let notes = history.notes(AI).unwrap();
    let error = notes.get(&history, id(&commit), 999).unwrap_err();
    assert!(matches!(error, Error::TooLarge { bytes: 1001, max_bytes: 999, .. }), "{error}");
    assert!(error.to_string().contains("1001 bytes"), "{error}");
}
