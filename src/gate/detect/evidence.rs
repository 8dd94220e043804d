//! One observed sign of AI assistance, and the level that signs add up to.

use serde::{Deserialize, Serialize};

use crate::gate::ids::CommitSha;

/// One observed sign of AI assistance, with the place where a reader can check it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// The kind of place it was found in.
    pub channel: Channel,
    /// The catalogue's name of the tool, e.g. `claude-code`; `unspecified` when the sign names none.
    pub tool: String,
    /// Where exactly.
    pub place: Place,
    /// The matched text, as it stands there (at most 200 characters).
    pub text: String,
    /// How much it proves.
    pub strength: Strength,
    /// Whether it counts towards the level. Hints never do; of `context`, what the catalogue marks as gating does.
    pub gates: bool,
    /// Whether it shows the agent itself acting: an agent's account opened the change, or an agent's identity
    /// authored a commit. Such evidence makes a change `autonomous`, not merely `assisted`.
    pub autonomous: bool,
}

impl Evidence {
    /// What this piece alone makes of the change.
    pub fn level(&self) -> Level {
        match (self.gates, self.autonomous) {
            (false, _) => Level::None,
            (true, false) => Level::Assisted,
            (true, true) => Level::Autonomous,
        }
    }
}

/// The kind of place in which evidence is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// The account that opened the change.
    Opener,
    /// A commit's author.
    Author,
    /// A commit's committer.
    Committer,
    /// A co-author trailer.
    CoAuthor,
    /// Another trailer of a commit message.
    Trailer,
    /// A footer or link elsewhere in a commit message.
    Message,
    /// The description of the change.
    Body,
    /// The name of the head branch.
    Branch,
    /// A label on the change.
    Label,
    /// A person's own declaration: an answered template, a ticked box, a declared trailer.
    Declaration,
    /// A git note.
    Note,
    /// A record of authorship in a file of the change.
    Trace,
    /// A command in a comment.
    Command,
}

/// Where a piece of evidence was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A commit's author or committer field.
    CommitIdentity {
        /// The commit.
        commit: CommitSha,
    },
    /// A line of a commit message, counted from 1.
    CommitMessage {
        /// The commit.
        commit: CommitSha,
        /// The line, counted from 1.
        line: u32,
        /// Whether git takes the line for a trailer of the commit. Squashed messages hold trailers elsewhere.
        #[serde(default)]
        in_trailers: bool,
    },
    /// The account that opened the change.
    Opener,
    /// A line of the description, counted from 1.
    Body {
        /// The line, counted from 1.
        line: u32,
    },
    /// The head branch's name.
    Branch,
    /// A label.
    Label,
    /// A git note on a commit.
    Note {
        /// The commit.
        commit: CommitSha,
    },
    /// A record of who wrote what, in a file of the change.
    Trace {
        /// The file.
        path: String,
    },
    /// A comment on the change.
    Comment {
        /// The forge's number for the comment.
        comment: i64,
    },
}

impl Place {
    /// The commit that it belongs to, if it belongs to one.
    pub fn commit(&self) -> Option<&CommitSha> {
        match self {
            Self::CommitIdentity { commit } | Self::CommitMessage { commit, .. } | Self::Note { commit } => {
                Some(commit)
            }
            Self::Opener
            | Self::Body { .. }
            | Self::Branch
            | Self::Label
            | Self::Trace { .. }
            | Self::Comment { .. } => None,
        }
    }
}

/// How much a piece of evidence proves, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// Shown, never gating.
    Hint,
    /// An agent branch, notes, an accepted suggestion.
    Context,
    /// A person said so.
    Declared,
    /// An agent's identity, a vendor's trailer, a session link.
    Attributed,
    /// A forge account that is an agent.
    Platform,
}

/// What the evidence adds up to. Ordered: a condition on the level means *at least*.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// No evidence, and nobody had to answer.
    #[default]
    None,
    /// A disclosure is demanded and none was given.
    Unknown,
    /// A person used a tool.
    Assisted,
    /// An agent made it.
    Autonomous,
}

impl Level {
    /// What pieces of evidence add up to: the highest of what each makes of the change. So a further piece never
    /// lowers it, whatever it says.
    pub fn of<'a>(evidence: impl IntoIterator<Item = &'a Evidence>) -> Self {
        evidence.into_iter().map(Evidence::level).max().unwrap_or_default()
    }

    /// The word used in policies, checks and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unknown => "unknown",
            Self::Assisted => "assisted",
            Self::Autonomous => "autonomous",
        }
    }
}

/// A person's answer to the disclosure question, where the change holds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Declaration {
    /// "Yes": itself also a piece of evidence.
    Yes,
    /// "No". Never cancels evidence; makes `unknown` into `none` when it is the opener's own and unedited.
    No,
}
