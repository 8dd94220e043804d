//! Who wrote what, by records beside the code: git-ai's notes, and agent-trace records.

use seconder::gate::detect::{Catalogue, Evidence, Place, Strength};
use seconder::scan::{Look, look};
use serde_json::json;

use crate::local::repository::id;
use crate::local::{NewCommit, Repository};
use crate::world::{note_of, note_without_lines};

const NOTES: &str = "refs/notes/ai";
const TRACES: &str = ".agent-trace/traces.jsonl";

fn evidence(repository: &Repository, commit: &str) -> Vec<Evidence> {
    let history = repository.history();
    let prepared = Look::prepare(&history, &history.head().unwrap()).unwrap();
    look(&history, &history.commit(id(commit)).unwrap(), &prepared, Catalogue::embedded()).evidence
}

/// Tool and strength of each piece.
fn shown(repository: &Repository, commit: &str) -> Vec<(String, Strength)> {
    evidence(repository, commit).into_iter().map(|one| (one.tool, one.strength)).collect()
}

#[test]
fn a_note_on_a_commit_counts_and_stands_beside_its_trailer() {
    let repository = Repository::new();
    let plain = repository.commit(&NewCommit::new("One"));
    let both = repository.commit(&super::by_claude("Two"));
    repository.note(NOTES, &plain, &note_of("codex", "1-3"));
    repository.note(NOTES, &both, &note_of("claude", "1"));
    assert_eq!(shown(&repository, &plain), [("codex".to_owned(), Strength::Attributed)]);
    assert_eq!(shown(&repository, &both).len(), 2);
    let [note] = evidence(&repository, &plain).try_into().unwrap();
    assert_eq!(note.text, "codex (m-1) wrote 3 lines, asked by Jo Example");
    assert!(matches!(note.place, Place::Note { commit } if commit.as_str() == plain));
    assert_eq!(super::report(&repository, |_, _| {}).total.row.assisted, 2);
}

#[test]
fn a_note_without_lines_is_shown_and_not_counted() {
    let repository = Repository::new();
    let commit = repository.commit(&NewCommit::new("One"));
    repository.note(NOTES, &commit, &note_without_lines("cursor"));
    assert_eq!(shown(&repository, &commit), [("cursor".to_owned(), Strength::Context)]);
    assert_eq!(super::report(&repository, |_, _| {}).total.row.assisted, 0);
}

#[test]
fn a_note_from_before_git_ai_kept_notes_is_a_reference_of_its_own() {
    let repository = Repository::new();
    let commit = repository.commit(&NewCommit::new("One"));
    let early =
        r#"{"files":{"a":{"authors":[{"author":"Cursor","lines":[[1,4]]}]}},"schema_version":"authorship/0.0.1"}"#;
    let blob = repository.object("blob", early.as_bytes());
    repository.git(&["update-ref", &format!("refs/ai/authorship/{commit}"), &blob]);
    repository.git(&["update-ref", "refs/ai/authorship/other", &blob]);
    assert_eq!(shown(&repository, &commit), [("cursor".to_owned(), Strength::Attributed)]);
}

#[test]
fn what_cannot_be_read_is_said_in_a_hint() {
    let repository = Repository::new();
    let commit = repository.commit(&NewCommit::new("One"));
    repository.note(NOTES, &commit, "By hand.");
    assert_eq!(shown(&repository, &commit), [("unspecified".to_owned(), Strength::Hint)]);
    let note = repository.git(&["notes", "--ref=ai", "list", &commit]);
    std::fs::remove_file(repository.object_path(&note)).unwrap();
    let [piece] = evidence(&repository, &commit).try_into().unwrap();
    assert_eq!((piece.strength, piece.text.as_str()), (Strength::Hint, "the note could not be had"));
}

#[test]
fn a_record_counts_for_the_commit_that_adds_it() {
    let repository = Repository::new();
    let record = |n: u32, path: &str| {
        let by = json!({ "type": "ai", "model_id": "anthropic/claude-opus-4-5" });
        let conversation = json!({ "contributor": by, "ranges": [{ "start_line": 1, "end_line": 2 }] });
        let record = json!({ "version": "0.1.0", "id": n.to_string(), "tool": { "name": "claude-code" },
            "files": [{ "path": path, "conversations": [conversation] }] });
        format!("{record}\n")
    };
    let one = repository.commit(&NewCommit::new("One").file("a.rs", "a").file(TRACES, &record(1, "a.rs")));
    let by_hand = repository.commit(&NewCommit::new("Two").file("a.rs", "b"));
    let log = format!("{}{}", record(1, "a.rs"), record(2, "b.rs"));
    let two = repository.commit(&NewCommit::new("Three").file("b.rs", "b").file("a.rs", "c").file(TRACES, &log));
    let elsewhere = format!("{log}{}", record(3, "c.rs"));
    let other = repository.commit(&NewCommit::new("Four").file("a.rs", "d").file(TRACES, &elsewhere));
    let claude = [("claude".to_owned(), Strength::Attributed)];
    assert_eq!(shown(&repository, &one), claude);
    assert_eq!(shown(&repository, &by_hand), []);
    assert_eq!(shown(&repository, &two), claude);
    assert_eq!(shown(&repository, &other), [], "it names no file that the commit changed");
    assert_eq!(super::report(&repository, |_, _| {}).total.row.assisted, 2);
}
