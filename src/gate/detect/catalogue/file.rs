//! Exactly what a catalogue file says.
//!
//! The descriptions here are what an editor shows: `config/agents.schema.json` is made from these types.

use schemars::JsonSchema;
use serde::Deserialize;

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
    /// The tools.
    pub(super) tools: Vec<Entry>,
    /// Identities that are neither people nor AI.
    #[serde(default)]
    pub(super) automation: AutomationEntry,
}

/// A tool.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tool")]
pub(super) struct Entry {
    /// A unique word, which stands in evidence and records.
    pub(super) id: Spanned<String>,
    /// Its name for people.
    pub(super) name: String,
    /// Where its maker describes it.
    pub(super) url: String,
    /// Public places that the facts of this entry come from.
    pub(super) sources: Vec<String>,
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
    pub(super) name_suffixes: Vec<String>,
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
    pub(super) samples: Samples,
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
    pub(super) login: String,
    /// As a co-author it only stands for an accepted review suggestion.
    #[serde(default)]
    pub(super) suggests: bool,
}

/// An address that belongs to somebody only together with a display name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedAddress {
    /// The address, exactly.
    pub(super) address: String,
    /// The display name (whole name).
    pub(super) name: Spanned<String>,
}

/// A trailer that only the tool writes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Trailer")]
pub(super) struct TrailerEntry {
    /// What stands before the colon.
    pub(super) key: String,
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

/// What a test tries on the entry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Samples {
    /// What must match.
    pub(super) positive: Vec<Sample>,
    /// What must not.
    pub(super) negative: Vec<Sample>,
}

/// Something that must, or must not, match a tool. It stands beside the tool's patterns and a test tries it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
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
