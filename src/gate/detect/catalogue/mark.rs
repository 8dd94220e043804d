//! One mark that a tool leaves, as the files write it and as it is tried on a text.

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::gate::policy::diagnostic::Position;
use crate::gate::yaml::Spanned;

/// A mark of a tool, and the place where a file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its kind.
    pub kind: MarkKind,
    /// The pattern, address, login or key, as written.
    pub text: String,
    /// What must be there as well: the display name beside an address, the beginning of a trailer's value.
    pub with: Option<Spanned<String>>,
    /// Of an account: its number on github.com.
    pub number: Option<i64>,
    /// Of an account: as a co-author it stands for an accepted review suggestion only.
    pub suggests: bool,
    /// Whether it is looked for. A file that is laid over others can switch it off.
    pub is_on: bool,
    /// The file, as a place in [`super::Catalogue::files`].
    pub file: usize,
    /// Where the file says it.
    pub at: Position,
}

/// A kind of mark, by the key that it has in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// Forge accounts, by login.
    Accounts,
    /// E-mail addresses that belong to the tool alone.
    Addresses,
    /// E-mail addresses that belong to it together with a display name.
    NamedAddresses,
    /// Display names that are not the tool.
    ExceptNames,
    /// Display names that no person has.
    Names,
    /// Display names that count only without a real mailbox.
    BareNames,
    /// Ends of a display name.
    NameSuffixes,
    /// Trailers, by key.
    Trailers,
    /// Starts of a line.
    Footers,
    /// Addresses of sessions.
    Links,
    /// Head branches that gate.
    Branches,
    /// Head branches that are shown only.
    WeakBranches,
    /// Labels.
    Labels,
    /// How people name the tool in a declaration.
    Words,
    /// Its names in records of authorship.
    NoteTools,
}

impl MarkKind {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 15] = [
        Self::Accounts,
        Self::Addresses,
        Self::NamedAddresses,
        Self::ExceptNames,
        Self::Names,
        Self::BareNames,
        Self::NameSuffixes,
        Self::Trailers,
        Self::Footers,
        Self::Links,
        Self::Branches,
        Self::WeakBranches,
        Self::Labels,
        Self::Words,
        Self::NoteTools,
    ];

    /// As a file writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Addresses => "addresses",
            Self::NamedAddresses => "named_addresses",
            Self::ExceptNames => "except_names",
            Self::Names => "names",
            Self::BareNames => "bare_names",
            Self::NameSuffixes => "name_suffixes",
            Self::Trailers => "trailers",
            Self::Footers => "footers",
            Self::Links => "links",
            Self::Branches => "branches",
            Self::WeakBranches => "weak_branches",
            Self::Labels => "labels",
            Self::Words => "words",
            Self::NoteTools => "note_tools",
        }
    }

    /// How a pattern of this kind is anchored; `None` where the text is no pattern.
    pub(super) fn form(self) -> Option<Form> {
        match self {
            Self::Accounts | Self::Addresses | Self::NamedAddresses | Self::NameSuffixes | Self::Trailers => None,
            Self::ExceptNames
            | Self::Names
            | Self::BareNames
            | Self::Branches
            | Self::WeakBranches
            | Self::Labels
            | Self::NoteTools => Some(Form::Whole),
            Self::Footers => Some(Form::Start),
            Self::Links => Some(Form::Anywhere),
            Self::Words => Some(Form::Word),
        }
    }

    /// How what must be there as well is anchored.
    pub(super) fn form_with(self) -> Form {
        if self == Self::Trailers { Form::Start } else { Form::Whole }
    }
}

/// How a written pattern is anchored.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Whole,
    Start,
    Anywhere,
    Word,
}

impl Form {
    pub(super) fn pattern(self, written: &str) -> String {
        match self {
            Self::Whole => format!("^(?:{written})$"),
            Self::Start => format!("^(?:{written})"),
            Self::Anywhere => format!("(?:{written})"),
            // A digit may follow at once: `qwen3`, `gpt-5.4`.
            Self::Word => format!("(?:^|[^a-z0-9])(?P<word>{written})(?:[^a-z]|$)"),
        }
    }
}

impl Mark {
    /// Its pattern, compiled for a single try.
    pub(in crate::gate::detect) fn regex(&self) -> Option<Regex> {
        super::build(&self.kind.form()?.pattern(&self.text)).ok()
    }

    /// What must be there as well, compiled for a single try; `None` where nothing must.
    pub(in crate::gate::detect) fn regex_with(&self) -> Option<Regex> {
        super::build(&self.kind.form_with().pattern(&self.with.as_ref()?.value)).ok()
    }
}
