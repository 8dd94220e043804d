//! One line of what is said, in typed pieces: rendered as Markdown for checks and answers, and by pages as HTML, so that
//! both say the same.

use jiff::Timestamp;

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Our own words.
    Text(String),
    /// Our own words, stressed.
    Strong(String),
    /// Foreign text, or something to be copied.
    Code(String),
    /// What is wrong with a file: as foreign as the file that it quotes.
    Message(String),
    /// Our own words, leading somewhere on the forge if the address is one that may be followed.
    Link {
        /// The words.
        words: String,
        /// The address, as the forge gave it.
        url: Option<String>,
    },
    /// An account, by its login.
    Mention(String),
    /// A time.
    Moment(Timestamp),
}

/// A line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(Vec<Piece>);

impl Line {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Its parts, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    fn with(mut self, piece: Piece) -> Self {
        self.0.push(piece);
        self
    }

    pub(super) fn text(self, words: impl Into<String>) -> Self {
        self.with(Piece::Text(words.into()))
    }

    pub(super) fn strong(self, words: impl Into<String>) -> Self {
        self.with(Piece::Strong(words.into()))
    }

    pub(super) fn code(self, text: impl Into<String>) -> Self {
        self.with(Piece::Code(text.into()))
    }

    pub(super) fn message(self, text: impl Into<String>) -> Self {
        self.with(Piece::Message(text.into()))
    }

    pub(super) fn link(self, words: impl Into<String>, url: Option<&str>) -> Self {
        self.with(Piece::Link { words: words.into(), url: url.map(str::to_owned) })
    }

    pub(super) fn mention(self, login: impl Into<String>) -> Self {
        self.with(Piece::Mention(login.into()))
    }

    pub(super) fn moment(self, at: Timestamp) -> Self {
        self.with(Piece::Moment(at))
    }

    /// Adds another line's pieces.
    pub(super) fn line(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Names of rules, or the like.
    pub(super) fn codes(mut self, names: &[String]) -> Self {
        for (place, name) in names.iter().enumerate() {
            if place > 0 {
                self = self.text(", ");
            }
            self = self.code(name.as_str());
        }
        self
    }

    /// Somebody's reason after what they did, if they gave one.
    pub(super) fn because(self, reason: Option<&String>) -> Self {
        match reason {
            Some(reason) => self.text(": ").code(reason.as_str()),
            None => self,
        }
    }
}

impl From<&str> for Line {
    fn from(words: &str) -> Self {
        Self::new().text(words)
    }
}
