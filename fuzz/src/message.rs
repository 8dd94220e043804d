//! A commit message, and the evidence in it. The first line is the author's name and address.

use seconder::gate::change::GitIdentity;
use seconder::gate::detect::trailers::trailers;
use seconder::gate::detect::{Catalogue, CommitText, Evidence, Place, Strength, co_authors, detect_commit};
use seconder::gate::ids::CommitSha;

/// Holds a message to the laws of detection.
pub fn hold(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (author, message) = text.split_once('\n').unwrap_or(("", text));
    let (name, email) = author.split_once('<').unwrap_or((author, ""));
    let found = evidence((name, email.trim_end_matches('>')), message);
    assert_eq!(evidence((name, email.trim_end_matches('>')), message), found, "the same message shows the same");
    assert!(found.is_sorted_by(|one, next| one < next), "each piece stands once, in order");
    let lines = message.lines().count();
    for piece in &found {
        is_sound(piece, lines);
    }
    for trailer in trailers(message) {
        assert!(usize::try_from(trailer.line).unwrap() <= lines, "{trailer:?}");
    }
    for (name, email) in co_authors(message) {
        assert!(!name.is_empty() || !email.is_empty(), "a co-author is somebody");
    }
    quotation_is_no_evidence(message);
}

fn evidence((name, email): (&str, &str), message: &str) -> Vec<Evidence> {
    let sha: CommitSha = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    let author = GitIdentity { name: name.to_owned(), email: email.to_owned(), account: None, date: None };
    let commit = CommitText { sha: &sha, message, author: &author, committer: &author };
    detect_commit(&commit, Catalogue::embedded())
}

fn is_sound(piece: &Evidence, lines: usize) {
    assert!(piece.text.chars().count() <= 200, "{piece:?}");
    assert!(!piece.tool.is_empty(), "{piece:?}");
    assert!(!(piece.gates && piece.strength == Strength::Hint), "a hint never gates: {piece:?}");
    if let Place::CommitMessage { line, .. } = piece.place {
        assert!((1..=lines).contains(&usize::try_from(line).unwrap()), "{piece:?} of {lines} lines");
    }
}

fn quotation_is_no_evidence(message: &str) {
    let message = message.replace("\r\n", "\n").replace('\r', "\n");
    let quoted = format!("Document the forms\n\n> {}", message.replace('\n', "\n> "));
    let found = evidence(("Jo", "jo@acme.dev"), &quoted);
    assert!(found.is_empty(), "what is quoted is no evidence: {found:?}");
}
