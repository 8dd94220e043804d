//! `authorship/3.0.0`: lines by file and key, a line `---`, and JSON that says what the keys stand for.
//!
//! ```text
//! src/main.rs
//!   s_c9883b05a2487d::t_9f8e7d6c5b4a32 1-10,15-20
//!   h_31dce776f88375 35
//! "a file.rs"
//!   abcd1234abcd1234 7
//! ---
//! {"schema_version": "authorship/3.0.0", "prompts": {…}, "sessions": {…}, "humans": {…}}
//! ```
//!
//! A key that begins with `s_` names a session, up to `::`; one with `h_` a person; any other a prompt. A key that the
//! JSON does not know came along with lines from another commit, and is passed over.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Deserializer;

use super::{Author, AuthorKind, Lenient, Session, Sums};

const DIVIDER: &str = "---";

#[derive(Debug, Deserialize)]
struct Metadata {
    #[serde(default)]
    prompts: BTreeMap<String, Lenient<Session>>,
    #[serde(default)]
    sessions: BTreeMap<String, Lenient<Session>>,
}

impl Metadata {
    /// The session that a key stands for.
    fn session(&self, key: Key<'_>) -> Option<Author> {
        let session = match key {
            Key::Session(id) => self.sessions.get(id),
            Key::Prompt(id) => self.prompts.get(id),
            Key::Person => None,
        };
        // A session that is described in another form is a session.
        Some(session?.0.as_ref().map_or_else(unknown, Session::author))
    }
}

fn unknown() -> Author {
    Session::default().author()
}

#[derive(Debug, Clone, Copy)]
enum Key<'n> {
    Session(&'n str),
    Prompt(&'n str),
    Person,
}

impl<'n> Key<'n> {
    fn of(written: &'n str) -> Self {
        match written.get(..2) {
            Some("s_") => Self::Session(written.split("::").next().unwrap_or(written)),
            Some("h_") => Self::Person,
            _ => Self::Prompt(written),
        }
    }
}

/// One entry of the first part.
struct Attested<'n> {
    file: &'n str,
    key: Key<'n>,
    ranges: &'n str,
}

/// Reads a note, or several that were joined, as `git notes append` does. Also whether all of it was understood.
pub(super) fn read(note: &str) -> (Sums, bool) {
    let mut sums = Sums::default();
    let mut rest = note;
    // Not `trim`: white space at the end would be passed over for every part.
    while !rest.trim_start().is_empty() {
        let (lines, json) = split(rest);
        let Some(json) = json else { return (sums, false) };
        let mut documents = Deserializer::from_str(json).into_iter::<Metadata>();
        let Some(Ok(metadata)) = documents.next() else { return (sums, false) };
        rest = json.get(documents.byte_offset()..).unwrap_or_default();
        for session in metadata.prompts.values().chain(metadata.sessions.values()) {
            sums.add(session.0.as_ref().map_or_else(unknown, Session::author), "", []);
        }
        for one in attested(lines) {
            if let Some(author) = metadata.session(one.key) {
                sums.add(author, one.file, ranges(one.ranges));
            }
        }
    }
    (sums, true)
}

/// Reads the first part of a note whose end is missing.
pub(super) fn read_start(note: &str) -> Sums {
    let mut sums = Sums::default();
    if note.trim_start().starts_with('{') {
        return sums;
    }
    for one in attested(split(note).0) {
        if matches!(one.key, Key::Session(_) | Key::Prompt(_)) {
            let author = Author { kind: AuthorKind::Session, ..unknown() };
            sums.add(author, one.file, ranges(one.ranges));
        }
    }
    sums
}

/// The first part, and what follows the divider, if there is one.
fn split(note: &str) -> (&str, Option<&str>) {
    let mut at = 0;
    for line in note.split_inclusive('\n') {
        if line.trim_end() == DIVIDER {
            return (note.get(..at).unwrap_or_default(), note.get(at + line.len()..));
        }
        at += line.len();
    }
    (note, None)
}

fn attested(lines: &str) -> impl Iterator<Item = Attested<'_>> {
    let mut file = "";
    lines.lines().filter_map(move |line| {
        if !line.starts_with([' ', '\t']) {
            file = unquoted(line);
            return None;
        }
        let line = line.trim();
        let (key, ranges) = line.split_once([' ', '\t'])?;
        Some(Attested { file, key: Key::of(key), ranges })
    })
}

/// A path with white space stands in quotes; nothing in it is escaped.
fn unquoted(line: &str) -> &str {
    let line = line.trim_end();
    line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line)
}

/// `7`, `1-4`: both ends count in. What is no number of a line is passed over.
fn ranges(written: &str) -> impl Iterator<Item = (u32, u32)> {
    written.split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
    })
}
