//! What is wrong with a file that people wrote, where, and how to mend it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::gate::plain::is_hidden;

/// The most characters that a message quotes of a file: enough for people, and no flood from a hostile file.
const MAX_CHARS: usize = 500;

/// A finding in a file that people wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The file, as people know it.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1, in characters.
    pub column: u32,
    /// Whether the file can still be used.
    pub severity: Severity,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1, in characters.
    pub column: u32,
}

impl Position {
    /// Where a text begins: the place of whatever concerns a file as a whole.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// Whether a file with this finding can still be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It can; the finding is worth a look.
    Warning,
    /// It cannot.
    Error,
}

impl Diagnostic {
    /// A finding that makes the file unusable.
    pub fn error(file: &str, at: Position, message: &str) -> Self {
        Self::new(Severity::Error, file, at, message)
    }

    /// A finding that is worth a look.
    pub fn warning(file: &str, at: Position, message: &str) -> Self {
        Self::new(Severity::Warning, file, at, message)
    }

    fn new(severity: Severity, file: &str, at: Position, message: &str) -> Self {
        let Position { line, column } = at;
        Self { file: file.to_owned(), line, column, severity, message: printable(message), help: None }
    }

    /// The same finding, with what to do about it.
    #[must_use]
    pub fn help(mut self, help: &str) -> Self {
        self.help = Some(printable(help));
        self
    }

    /// Whether the file cannot be used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// One line in which everything shows, with control characters and those that reorder text escaped: names and messages
/// quote files, and end in logs, terminals and pages.
pub fn harmless(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_hidden(c) { clean.extend(c.escape_default()) } else { clean.push(c) }
    }
    clean
}

/// The same, cut to what people read.
fn printable(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => harmless(text.get(..end).unwrap_or_default()) + "…",
        None => harmless(text),
    }
}

/// What is wrong with one file, while it is being looked through.
#[derive(Debug)]
pub struct Findings {
    file: String,
    list: Vec<Diagnostic>,
}

impl Findings {
    /// Nothing wrong so far.
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), list: Vec::new() }
    }

    /// Adds a finding that makes the file unusable, with what to do about it.
    pub fn error(&mut self, at: Position, message: &str, help: &str) {
        self.list.push(Diagnostic::error(&self.file, at, message).help(help));
    }

    /// Adds a finding that is worth a look, with what to do about it.
    pub fn warning(&mut self, at: Position, message: &str, help: &str) {
        self.list.push(Diagnostic::warning(&self.file, at, message).help(help));
    }

    /// Whether the file cannot be used, as far as is known.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(Diagnostic::is_error)
    }

    /// All findings in the order of the file: as an error if one of them is.
    pub fn finish(mut self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        self.list.sort_by_key(|finding| (finding.line, finding.column));
        if self.list.iter().any(Diagnostic::is_error) { Err(self.list) } else { Ok(self.list) }
    }
}

/// The word that was probably meant, if one of these is close to what was written.
pub fn nearest<'a>(given: &str, allowed: &[&'a str]) -> Option<&'a str> {
    // Long words are never compared: the comparison takes the product of both lengths.
    if given.len() > 64 {
        return None;
    }
    let given = given.to_lowercase();
    let distance = |word: &str| strsim::damerau_levenshtein(&given, &word.to_lowercase());
    let word = *allowed.iter().min_by_key(|word| distance(word))?;
    // One slip in three letters: between shorter words, everything is near everything.
    (distance(word) <= word.chars().count() / 3).then_some(word)
}

/// The word that was probably meant, or else all that are allowed here.
pub fn suggest(given: &str, allowed: &[&str]) -> String {
    match nearest(given, allowed) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("use {}", list(allowed, "or")),
    }
}

/// `a`, `b` or `c`.
pub fn list(words: &[&str], conjunction: &str) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {conjunction} {last}", rest.join(", ")),
    }
}
