//! Exactly what a catalogue file says: the embedded one, or one that is laid over it.
//!
//! The descriptions here are what an editor shows: `config/agents.schema.json` is made from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mark::MarkKind;
use crate::gate::yaml::{Spanned, Version};

/// The version of the format.
pub(super) const VERSION: u64 = 1;

/// The JSON schema of catalogue files, for editors.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(File).to_value()
}

/// Seconder agents: AI tools, and the marks that they leave. All patterns are regular expressions (Rust `regex` syntax),
/// matched without regard to case.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Seconder agents")]
pub(super) struct File {
    /// The version of this format: 1.
    #[expect(dead_code, reason = "reading it is what checks it")]
    pub(super) version: Version<VERSION>,
    /// The tools. In a file that is laid over others, an id that is known there adds to that tool.
    #[serde(default)]
    pub(super) tools: Vec<Entry>,
    /// Ids of tools from the files below that are switched off.
    #[serde(default)]
    pub(super) off: Vec<Spanned<String>>,
    /// Identities that are neither people nor AI.
    #[serde(default)]
    pub(super) automation: AutomationEntry,
    /// What everybody writes, and no tool may match.
    #[serde(default)]
    pub(super) harmless: Vec<Spanned<Sample>>,
}

/// A tool.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    rename = "Tool",
    extend("dependentRequired" = { "name": ["url", "sources", "samples"], "url": ["name"], "replace": ["name"] })
)]
pub(super) struct Entry {
    /// A unique word, which stands in evidence and records.
    pub(super) id: Spanned<String>,
    /// Its name for people.
    #[serde(default)]
    pub(super) name: Option<Spanned<String>>,
    /// Where its maker describes it.
    #[serde(default)]
    pub(super) url: Option<String>,
    /// Public places that the facts of this entry come from.
    #[serde(default)]
    pub(super) sources: Vec<String>,
    /// When its marks were first seen in the wild: a year, or a quarter such as 2025Q3.
    #[serde(default)]
    pub(super) first_seen: Option<Spanned<String>>,
    /// When they were last seen. Marks stay in the catalogue: history keeps them.
    #[serde(default)]
    pub(super) last_seen: Option<Spanned<String>>,
    /// Whether this takes the place of the tool of the same id in the files below, instead of adding to it.
    #[serde(default)]
    pub(super) replace: bool,
    /// Marks from the files below that are switched off: their kind, and each exactly as it stands there.
    #[serde(default)]
    #[schemars(
        with = "BTreeMap<String, Vec<String>>",
        extend("propertyNames" = { "enum": MarkKind::ALL.map(MarkKind::as_str) })
    )]
    pub(super) off: BTreeMap<MarkKind, Vec<Spanned<String>>>,
    /// Its forge accounts.
    #[serde(default)]
    pub(super) accounts: Vec<AccountEntry>,
    /// E-mail addresses in git identities that belong to the tool alone.
    #[serde(default)]
    pub(super) addresses: Vec<Spanned<String>>,
    /// Addresses that belong to the tool only together with this display name.
    #[serde(default)]
    pub(super) named_addresses: Vec<NamedAddress>,
    /// Display names (whole name) that are not this tool, whatever their address.
    #[serde(default)]
    pub(super) except_names: Vec<Spanned<String>>,
    /// Display names (whole name) that no person has.
    #[serde(default)]
    pub(super) names: Vec<Spanned<String>>,
    /// Display names (whole name) that count only without a real mailbox beside them.
    #[serde(default)]
    pub(super) bare_names: Vec<Spanned<String>>,
    /// Ends of a display name that mark a person's commit as written with the tool.
    #[serde(default)]
    pub(super) name_suffixes: Vec<Spanned<String>>,
    /// Trailers that only the tool writes.
    #[serde(default)]
    pub(super) trailers: Vec<TrailerEntry>,
    /// Starts of a line in a message or description, decoration such as emoji and emphasis removed.
    #[serde(default)]
    pub(super) footers: Vec<Spanned<String>>,
    /// Addresses of sessions, anywhere in a line.
    #[serde(default)]
    pub(super) links: Vec<Spanned<String>>,
    /// Head branches (whole name) that gate.
    #[serde(default)]
    pub(super) branches: Vec<Spanned<String>>,
    /// Head branches (whole name) that are shown only.
    #[serde(default)]
    pub(super) weak_branches: Vec<Spanned<String>>,
    /// Labels (whole name), shown only; those of the tool `unspecified` are declarations and gate.
    #[serde(default)]
    pub(super) labels: Vec<Spanned<String>>,
    /// How people name the tool in a declaration.
    #[serde(default)]
    pub(super) words: Vec<Spanned<String>>,
    /// Its names (whole name) in the records of tools that track authorship: git-ai notes and agent traces.
    #[serde(default)]
    pub(super) note_tools: Vec<Spanned<String>>,
    /// Whether its platform writes whoever asked for the work into its commits as co-author.
    #[serde(default)]
    pub(super) names_requester: bool,
    /// Whether one of its words is also a name that people have.
    #[serde(default)]
    pub(super) personal: bool,
    /// What must match, and what must not.
    #[serde(default)]
    pub(super) samples: Option<Samples>,
}

/// A forge account of a tool.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Account")]
pub(super) struct AccountEntry {
    /// Its number on github.com.
    #[serde(default)]
    pub(super) id: Option<i64>,
    /// Its login, exactly.
    pub(super) login: Spanned<String>,
    /// As a co-author it only stands for an accepted review suggestion.
    #[serde(default)]
    pub(super) suggests: bool,
}

/// An address that belongs to somebody only together with a display name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedAddress {
    /// The address, exactly.
    pub(super) address: Spanned<String>,
    /// The display name (whole name).
    pub(super) name: Spanned<String>,
}

/// A trailer that only the tool writes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Trailer")]
pub(super) struct TrailerEntry {
    /// What stands before the colon.
    pub(super) key: Spanned<String>,
    /// What the value must begin with. Without it: anything.
    #[serde(default)]
    pub(super) value: Option<Spanned<String>>,
}

/// Identities that are neither people nor AI.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Automation")]
pub(super) struct AutomationEntry {
    /// Logins, exactly.
    #[serde(default)]
    pub(super) logins: Vec<String>,
    /// E-mail addresses, exactly.
    #[serde(default)]
    pub(super) addresses: Vec<String>,
    /// Addresses that are meant only together with this display name.
    #[serde(default)]
    pub(super) named_addresses: Vec<NamedAddress>,
    /// Names (whole name) in the records of tools that track authorship that stand for tests or people.
    #[serde(default)]
    pub(super) note_tools: Vec<Spanned<String>>,
}

/// What is tried on the entry.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Samples {
    /// What must match.
    pub(super) positive: Vec<Spanned<Sample>>,
    /// What must not.
    pub(super) negative: Vec<Spanned<Sample>>,
}

/// Something that must, or must not, match a tool. It stands beside the tool's patterns and a test tries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sample {
    /// A commit's author, `Name <address>`.
    Author(String),
    /// The value of a co-author trailer.
    CoAuthor(String),
    /// A line of a commit message's body.
    Line(String),
    /// A head branch.
    Branch(String),
    /// A label.
    Label(String),
}

impl Sample {
    /// Its kind and its text, as a file writes them.
    pub fn written(&self) -> (&'static str, &str) {
        match self {
            Self::Author(text) => ("author", text),
            Self::CoAuthor(text) => ("co_author", text),
            Self::Line(text) => ("line", text),
            Self::Branch(text) => ("branch", text),
            Self::Label(text) => ("label", text),
        }
    }
}
