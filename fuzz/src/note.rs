//! A note, or a file of agent-trace records: whichever it is, read as both.

use seconder::gate::detect::agent_trace::{Subject, Traces};
use seconder::gate::detect::notes::Note;
use seconder::gate::detect::{Catalogue, Evidence, Strength};
use seconder::gate::ids::CommitSha;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// Holds a note, and records, to the laws of evidence.
pub fn hold(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let commit: CommitSha = SHA.parse().unwrap();
    let note = Note::parse(text);
    assert_eq!(Note::parse(text), note, "the same note says the same");
    is_sound(&note.evidence(&commit, Catalogue::embedded()));
    is_sound(&Note::parse_start(text).evidence(&commit, Catalogue::embedded()));
    for author in &note.authors {
        assert!(author.name.chars().count() <= 100 && !author.name.contains('\n'), "{author:?}");
    }
    a_foreign_key_changes_nothing(text, &note);
    let kept: Note = serde_json::from_str(&serde_json::to_string(&note).unwrap()).unwrap();
    assert_eq!(kept, note, "a note is kept as it was read");
    records(text, &commit);
}

fn is_sound(evidence: &[Evidence]) {
    for piece in evidence {
        assert!(piece.text.chars().count() <= 200, "{piece:?}");
        assert!(!piece.tool.is_empty() && !piece.autonomous, "{piece:?}");
        assert_eq!(piece.gates, piece.strength == Strength::Attributed, "{piece:?}");
    }
}

fn a_foreign_key_changes_nothing(text: &str, note: &Note) {
    // Early notes have no keys, and this one may be explained.
    if text.trim_start().starts_with('{') || text.contains("s_00000000000000") {
        return;
    }
    let longer = format!("foreign.rs\n  s_00000000000000::t_1 1-9\n{text}");
    let found = Note::parse(&longer);
    // Lines before any file belonged to none; they belong to this one now, and count the same.
    assert_eq!(found.authors.len(), note.authors.len(), "{longer}");
}

fn records(text: &str, commit: &CommitSha) {
    let subject = Subject { commits: std::slice::from_ref(commit), paths: None };
    let new = Traces::read("traces.jsonl", text, None, subject);
    assert_eq!(Traces::read("traces.jsonl", text, None, subject), new, "the same records say the same");
    is_sound(&new.evidence(Catalogue::embedded()));
    let known = Traces::read("traces.jsonl", text, Some(text), Subject { commits: &[], paths: None });
    assert!(known.authors.is_empty(), "what was there before speaks of another change");
}
