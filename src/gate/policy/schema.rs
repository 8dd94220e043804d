//! A policy file, exactly as it is written. What it means is decided in [`super::compile`].
//!
//! The descriptions here are what an editor shows: `config/policy.schema.json` is made from these types.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::Mode;
use crate::gate::yaml::{Spanned, Version};

/// The version of the format.
pub const VERSION: u64 = 1;

/// The policy that a server brings along: the floor, unless its configuration names another.
pub fn built_in() -> &'static str {
    include_str!("../../../config/policy.yml")
}

/// The JSON schema of policy files, for editors.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(PolicyFile).to_value()
}

/// Seconder policy: which changes need whose approval.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Seconder policy")]
pub struct PolicyFile {
    /// The version of this format: 1.
    pub version: Version<VERSION>,
    /// Rules: when a change matches, it requires approvals. Every rule of every level must be satisfied.
    #[serde(default)]
    pub rules: Vec<RuleFile>,
    /// Whether people must say if they used AI tools.
    pub disclosure: Option<DisclosureFile>,
    /// How approval may be given.
    pub approve: Option<ApproveFile>,
    /// Who may let a change pass in an emergency, for a while.
    #[serde(rename = "override")]
    pub override_: Option<Spanned<OverrideFile>>,
    /// Suggestions in comments on lines of a change that the forge applied: without this, they make their author a
    /// contributor. Below the highest level, this can only allow fewer lines.
    pub suggestions: Option<SuggestionsFile>,
    /// Base branches to govern, as patterns. Without it: the default branch, and every branch that requires our check.
    /// Below the highest level, this can only add branches.
    pub branches: Option<Spanned<Vec<Spanned<String>>>>,
    /// Exemptions from the rules of this file, and of no other.
    #[serde(default)]
    pub exempt: Vec<ExemptFile>,
    /// Whether the check that rulesets require is published, or `seconder-preview`, which nothing requires.
    /// Below the highest level, this can only enforce.
    pub mode: Option<Spanned<Mode>>,
}

/// One rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rule")]
pub struct RuleFile {
    /// A short name, unique within the file: letters, digits, `-`, `_` and `.`.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
    pub name: Spanned<String>,
    /// When the rule applies: all conditions must hold. Without it: always.
    pub when: Option<Spanned<WhenFile>>,
    /// What it then requires: each counted approval meets every condition.
    pub require: Spanned<RequireFile>,
}

/// Conditions, all of which must hold.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "When")]
pub struct WhenFile {
    /// The assistance is at least this: `unknown`, `assisted` or `autonomous`, in this order. `>=` may be written.
    #[schemars(regex(pattern = r"^\s*(>=)?\s*(none|unknown|assisted|autonomous)\s*$"))]
    pub assistance: Option<Spanned<String>>,
    /// The lowest tier of the change's contributors compares so, e.g. `< senior`.
    #[schemars(regex(pattern = r"^\s*(<|<=|=|>=|>)\s*\S+\s*$"))]
    pub author_tier: Option<Spanned<String>>,
    /// At least one changed path, old or new, matches one of these patterns. A pattern starts at the root of the
    /// repository; `*` stays within a folder, `**` crosses folders, and a folder stands for everything below it.
    pub paths: Option<Spanned<Vec<Spanned<String>>>>,
}

/// What each approval must meet.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Require")]
pub struct RequireFile {
    /// How many people must approve. Without it: 1.
    #[schemars(range(min = 1, max = 50))]
    pub approvals: Option<Spanned<i64>>,
    /// The tier that each of them must have, e.g. `>= senior`.
    #[schemars(regex(pattern = r"^\s*(=|>=|>)\s*\S+\s*$"))]
    pub tier: Option<Spanned<String>>,
    /// Whether each must stand strictly above the highest-tier contributor or operator.
    pub outranks_author: Option<bool>,
    /// Each must be in at least one of these groups of the directory.
    pub groups: Option<Spanned<Vec<Spanned<String>>>>,
    /// Each must have completed all of these trainings.
    pub training: Option<Spanned<Vec<Spanned<String>>>>,
    /// Whether each must be able to push to the repository.
    pub write_access: Option<bool>,
}

/// Whether people must say if they used AI tools.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Disclosure")]
pub struct DisclosureFile {
    /// If so, no answer means `unknown`; otherwise, no evidence means `none`.
    pub required: Spanned<bool>,
}

/// How approval may be given. The strictest of all levels counts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Approve")]
pub struct ApproveFile {
    /// Ways that count. Without it: both.
    pub by: Option<Spanned<Vec<ApproveBy>>>,
    /// Whether a command must name the commit. Without it: required.
    pub sha: Option<Spanned<Sha>>,
    /// Whether a bare `/approve` counts as `/seconder approve`. Without it: no. Not in a repository's file.
    pub bare: Option<Spanned<bool>>,
    /// Numbers of Apps through which people may give commands. Commands through others can hold a change, never help
    /// it to pass. `gh api apps/SLUG --jq .id` shows the number. Not in a repository's file.
    pub apps: Option<Spanned<Vec<Spanned<AccountNumber>>>>,
}

/// Who may let a change pass in an emergency, with `/seconder override REASON`. Stands in for approvals that rules of
/// this level or below ask for; in a repository's file, that rules of this file ask for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Override")]
pub struct OverrideFile {
    /// What the person must meet: every condition.
    pub by: Spanned<OverrideByFile>,
    /// For how many hours it lets the change pass. Without it: 4.
    #[schemars(range(min = 1, max = 72))]
    pub hours: Option<Spanned<i64>>,
}

/// What somebody who overrides must meet. At least one condition is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OverrideBy")]
pub struct OverrideByFile {
    /// The tier, e.g. `>= principal`.
    #[schemars(regex(pattern = r"^\s*(=|>=|>)\s*\S+\s*$"))]
    pub tier: Option<Spanned<String>>,
    /// At least one of these groups of the directory.
    pub groups: Option<Spanned<Vec<Spanned<String>>>>,
}

/// Suggestions that the forge applied.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Suggestions")]
pub struct SuggestionsFile {
    /// So many lines, removed and added, all that one person suggested in a change together, leave that person the power
    /// to approve: at most 10, and 0 for none.
    #[schemars(range(min = 0, max = 10))]
    pub lines: Spanned<i64>,
}

/// A way to approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApproveBy {
    /// A native review.
    Review,
    /// A command in a comment.
    Command,
}

/// Whether a command must name the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sha {
    /// `/seconder approve` must name the commit.
    Required,
    /// Without a commit, it means the head that has carried our check for five minutes.
    Optional,
}

/// An exemption from the rules of this file: holds only if every contributor is one of these accounts, and every
/// changed path matches.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Exempt")]
pub struct ExemptFile {
    /// A short name, unique within the file.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
    pub name: Spanned<String>,
    /// Numeric ids of accounts. Names never qualify. `gh api users/LOGIN --jq .id` shows the id.
    pub accounts: Spanned<Vec<Spanned<AccountNumber>>>,
    /// Every changed path must match one of these patterns. Without it: any path.
    pub paths: Option<Spanned<Vec<Spanned<String>>>>,
}

/// What stands where a forge's account number is expected: read as written, so that a name can be answered kindly.
#[derive(Debug)]
pub struct AccountNumber(pub String);

impl<'de> Deserialize<'de> for AccountNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for AccountNumber {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AccountNumber".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1 })
    }
}
