//! Exactly what a catalogue file says.

use serde::Deserialize;
use serde_saphyr::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) version: Spanned<u32>,
    pub(super) tools: Vec<Entry>,
    #[serde(default)]
    pub(super) automation: AutomationEntry,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) id: Spanned<String>,
    pub(super) name: String,
    pub(super) url: String,
    pub(super) sources: Vec<String>,
    #[serde(default)]
    pub(super) accounts: Vec<AccountEntry>,
    #[serde(default)]
    pub(super) addresses: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) named_addresses: Vec<NamedAddress>,
    #[serde(default)]
    pub(super) except_names: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) names: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) bare_names: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) name_suffixes: Vec<String>,
    #[serde(default)]
    pub(super) trailers: Vec<TrailerEntry>,
    #[serde(default)]
    pub(super) footers: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) links: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) branches: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) weak_branches: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) labels: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) words: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) names_requester: bool,
    #[serde(default)]
    pub(super) personal: bool,
    pub(super) samples: Samples,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountEntry {
    #[serde(default)]
    pub(super) id: Option<i64>,
    pub(super) login: String,
    #[serde(default)]
    pub(super) suggests: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedAddress {
    pub(super) address: String,
    pub(super) name: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrailerEntry {
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AutomationEntry {
    #[serde(default)]
    pub(super) logins: Vec<String>,
    #[serde(default)]
    pub(super) addresses: Vec<String>,
    #[serde(default)]
    pub(super) named_addresses: Vec<NamedAddress>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Samples {
    pub(super) positive: Vec<Sample>,
    pub(super) negative: Vec<Sample>,
}

/// Something that must, or must not, match a tool. It stands beside the tool's patterns and a test tries it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
