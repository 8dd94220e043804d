//! The law: rules that say *when* a change matches and what it then *requires*.
//!
//! A file goes through two forms: [`schema`] holds exactly what it says, [`compile`] turns that into the [`Policy`]
//! that decides, or into diagnostics with file, line and column.

pub mod compile;
pub mod diagnostic;
pub mod paths;
pub mod predicate;
pub mod review;
pub mod schema;
pub mod sentence;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

pub use paths::Paths;
pub use sentence::{
    explain_guard, explain_guarded, explain_guarded_discreetly, explain_override, explain_rule,
    explain_rule_discreetly, explain_settings,
};

use super::detect::Level;
use super::people::Tier;

/// Where a repository keeps its policy, on GitHub.
pub const REPOSITORY_POLICY: &str = ".github/seconder.yml";

/// Where a repository on GitLab keeps its policy.
pub const GITLAB_POLICY: &str = ".gitlab/seconder.yml";

/// Whether this is where repositories keep their policy, on whichever forge.
pub fn is_repository_policy(file: &str) -> bool {
    [REPOSITORY_POLICY, GITLAB_POLICY].contains(&file)
}

/// Where an organisation keeps its policy: this file at the root of its `.github` repository.
pub const ORGANISATION_POLICY: &str = "seconder.yml";

/// What governs a change: the rules of all levels together. Levels only add.
#[derive(Debug, Clone)]
pub struct Policy {
    /// All rules of floor, organisation and repository, in that order.
    pub rules: Vec<Rule>,
    /// The strictest `disclosure.required` of all levels.
    pub disclosure_required: bool,
    /// The strictest `approve` of all levels.
    pub approve: Approve,
    /// Who may let a change pass in an emergency; each level's own.
    pub overrides: Vec<Override>,
    /// How many lines of suggestions that the forge applied leave their author the power to approve: the fewest of all
    /// levels, 0 where the highest level does not allow any.
    pub suggestion_lines: u32,
    /// Which base branches are governed.
    pub branches: Branches,
    /// The strictest `mode` of all levels.
    pub mode: Mode,
    /// The files that this policy was made from, with their digests.
    pub sources: Vec<Source>,
    /// Files that could not be used. While there is one, the verdict is `error`.
    pub broken: Vec<diagnostic::Diagnostic>,
    /// What could not be used if the change were merged. It governs nothing, and is an `error` of this change alone.
    pub breaking: Vec<diagnostic::Diagnostic>,
}

/// The level that a policy file stands on. Nothing below can weaken anything above.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceLevel {
    /// Built into the server, or named by its configuration.
    Floor,
    /// The organisation's.
    Organisation,
    /// The repository's, on this branch.
    Repository {
        /// The branch that the file was read from.
        branch: String,
    },
}

/// A file that a policy was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its level.
    pub level: SourceLevel,
    /// Its name, for people: `policy.yml`, `acme/.github:seconder.yml`, `acme/pay@main:.github/seconder.yml`.
    pub name: String,
    /// SHA-256 of its text, hex.
    pub digest: String,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Unique within its file.
    pub name: String,
    /// Place in [`Policy::sources`].
    pub source: usize,
    /// When it applies. All conditions must hold.
    pub when: When,
    /// What it then asks for. Each counted approval meets every condition.
    pub require: Require,
    /// Exemptions of the rule's own file.
    pub exempt: Vec<Exempt>,
}

/// The conditions of a rule. An absent one always holds.
#[derive(Debug, Clone, Default)]
pub struct When {
    /// The level of assistance is at least this.
    pub assistance: Option<Level>,
    /// The author's tier compares so.
    pub author_tier: Option<TierCondition>,
    /// At least one changed path, old or new, matches.
    pub paths: Option<Paths>,
}

/// What a rule asks for.
#[derive(Debug, Clone)]
pub struct Require {
    /// How many people.
    pub approvals: u32,
    /// The tier each of them must have.
    pub tier: Option<TierCondition>,
    /// Whether each must stand strictly above the highest-tier contributor or operator.
    pub outranks_author: bool,
    /// Each must be in at least one of these groups; empty: not asked.
    pub groups: Vec<String>,
    /// Each must have completed all of these trainings.
    pub training: Vec<String>,
    /// Whether each must be able to push to the repository.
    pub write_access: bool,
}

/// A comparison with a tier, e.g. `>= senior`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierCondition {
    /// How to compare.
    pub comparison: Comparison,
    /// What to compare with.
    pub tier: Tier,
}

/// How two tiers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `=`
    Exactly,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
}

impl TierCondition {
    /// Whether this tier meets the condition.
    pub fn holds(self, tier: Tier) -> bool {
        match self.comparison {
            Comparison::Below => tier < self.tier,
            Comparison::AtMost => tier <= self.tier,
            Comparison::Exactly => tier == self.tier,
            Comparison::AtLeast => tier >= self.tier,
            Comparison::Above => tier > self.tier,
        }
    }
}

/// An exemption from the rules of its own file: holds only if every contributor is one of these accounts, and every
/// changed path matches.
#[derive(Debug, Clone)]
pub struct Exempt {
    /// Its name.
    pub name: String,
    /// Account numbers on the change's own forge.
    pub accounts: Vec<i64>,
    /// Paths; `None`: any.
    pub paths: Option<Paths>,
}

/// Who may let a change pass in an emergency, for a while. It stands in for approvals that rules of its own level or below
/// ask for; of repositories, for those of its own file. Nothing below can weaken anything above.
#[derive(Debug, Clone)]
pub struct Override {
    /// Place in [`Policy::sources`].
    pub source: usize,
    /// What the person must meet. `approvals` is always 1.
    pub by: Require,
    /// For how many hours.
    pub hours: u32,
}

impl Policy {
    /// Whether an override of this source stands in for approvals that a rule of that source asks for.
    pub fn covers(&self, over: &Override, rule: &Rule) -> bool {
        let level = |source: usize| self.sources.get(source).map(|source| &source.level);
        match (level(over.source), level(rule.source)) {
            (Some(SourceLevel::Floor), Some(_)) => true,
            (Some(SourceLevel::Organisation), Some(level)) => *level != SourceLevel::Floor,
            (Some(SourceLevel::Repository { .. }), Some(_)) => over.source == rule.source,
            _ => false,
        }
    }
}

/// How approval may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "switches of the policy file, each on its own")]
pub struct Approve {
    /// By a native review.
    pub by_review: bool,
    /// By a command in a comment.
    pub by_command: bool,
    /// Whether a command must name the commit.
    pub sha_required: bool,
    /// Whether a bare `/approve` is a command as well.
    pub bare: bool,
    /// Apps through which people may give commands that grant something, by their numbers.
    pub apps: BTreeSet<i64>,
}

/// Which base branches are governed: all that any level names.
#[derive(Debug, Clone)]
pub struct Branches {
    /// The default branch, and every branch that requires our check: what governs when the highest level names none.
    pub usual: bool,
    /// Branches that match one of these.
    pub matching: Vec<Paths>,
}

impl Branches {
    /// Whether changes into this branch are governed. `is_usual`: it is the default branch or requires our check.
    pub fn govern(&self, branch: &str, is_usual: bool) -> bool {
        (self.usual && is_usual) || self.matching.iter().any(|patterns| patterns.matches(branch))
    }
}

/// Whether the check that the ruleset requires is published, or one that nothing requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// `seconder-preview`.
    Preview,
    /// `seconder`.
    Enforce,
}
