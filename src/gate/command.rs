//! Commands in comments: what was said, by whom, about which commit, and what became of the comment since.
//!
//! A comment is read once, when the delivery that says it was *created* arrives; one that only withholds, also when a
//! sweep finds it unedited. What it says later never makes a command: anybody who can write to a repository can edit
//! other people's comments.

mod parse;
mod prose;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::Actor;
use super::ids::CommitSha;

pub use parse::parse;

/// A comment that holds a command, with everything that is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The forge's number for the comment.
    pub comment: i64,
    /// Who wrote it.
    pub author: Actor,
    /// The App through which it was written, by its number, if it was one.
    pub via_app: Option<i64>,
    /// Whether it came by e-mail, where a sender's address is all that vouches for the author.
    pub by_email: bool,
    /// When it was written, by the forge's clock.
    pub said_at: Timestamp,
    /// What it says.
    pub said: Said,
    /// The head that it is about.
    pub about: About,
    /// Whether a delivery told of its creation. If not, a sweep found it, and it can only withhold.
    pub is_witnessed: bool,
    /// What became of it.
    pub fate: Fate,
    /// Where people can read it.
    pub url: Option<String>,
}

/// What a comment says to us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What it asks for.
    pub ask: Ask,
    /// The reason given, if any; at most 500 characters.
    pub reason: Option<String>,
    /// Whether it was said as a bare `/approve`, which counts only where the organisation enabled it.
    #[serde(default)]
    pub is_bare: bool,
}

/// What a command asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Approves a head.
    Approve {
        /// The beginning of the head's name, 12 to 40 lower-case hex digits, if given.
        named: Option<String>,
    },
    /// Takes one's own approval back.
    Revoke,
    /// Holds the change.
    Hold,
    /// Lifts one's own hold, or helps to lift another's.
    Unhold,
    /// Says that AI was used.
    Assisted {
        /// With which tool, if given.
        tool: Option<String>,
    },
    /// Says that no AI was used, or dismisses evidence that says so.
    NotAssisted,
    /// Lets the change pass in an emergency.
    Override,
    /// Asks for the verdict with its reasons.
    Why,
    /// Asks for another look.
    Recheck,
    /// Asks what can be said.
    Help,
    /// Nothing that can be obeyed.
    Mistaken(Mistake),
}

impl Ask {
    /// Whether it grants something, so that it counts only as long as its comment stands as it was written.
    pub fn is_grant(&self) -> bool {
        matches!(self, Self::Approve { .. } | Self::Unhold | Self::NotAssisted | Self::Override)
    }

    /// The word that people write for it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Revoke => "revoke",
            Self::Hold => "hold",
            Self::Unhold => "unhold",
            Self::Assisted { .. } => "assisted",
            Self::NotAssisted => "not-assisted",
            Self::Override => "override",
            Self::Why => "why",
            Self::Recheck => "recheck",
            Self::Help => "help",
            Self::Mistaken(_) => "unknown",
        }
    }
}

/// Why a command cannot be obeyed, whoever said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mistake {
    /// There is no such command.
    Unknown {
        /// What was written, cut to a length that fits an answer.
        verb: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// Several commands in one comment.
    Several,
    /// This command needs a reason.
    NoReason {
        /// Which one.
        verb: String,
    },
    /// What stands where the commit belongs is none: 12 to 40 hex digits.
    NotACommit {
        /// What was written, cut to a length that fits an answer.
        given: String,
    },
}

/// The head that a command is about, settled once when it was received, against the heads then on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// It names this one.
    Named(CommitSha),
    /// It names none, and this was the head.
    Current {
        /// The newest head on record then.
        head: CommitSha,
        /// Whether that head had carried our published check for five minutes when the comment was written.
        had_stood: bool,
    },
    /// What it names is no head on record, or more than one.
    Unmatched,
    /// No head was on record.
    Unknown,
}

impl About {
    /// The head, if it can be told.
    pub fn head(&self) -> Option<&CommitSha> {
        match self {
            Self::Named(head) | Self::Current { head, .. } => Some(head),
            Self::Unmatched | Self::Unknown => None,
        }
    }
}

/// What became of a comment. Editing or deleting it voids what it granted, never what it withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It stands as it was written, as far as the last fresh read shows.
    Stands,
    /// It was edited, by whomever, or has another author or text than was witnessed.
    Edited,
    /// It is gone, or hidden from us.
    Deleted,
}
