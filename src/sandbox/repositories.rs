//! Repositories: branches, who may do what, rulesets, and the record of ref updates.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::accounts::AccountId;
use super::git::Sha;
use super::pulls::Pull;

pub(crate) type RepositoryId = u64;

/// What an account may do in a repository, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Look.
    Read,
    /// Push.
    Write,
    /// Everything.
    Admin,
}

impl Permission {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// Settings of a repository, besides its rules.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// Whether a pull request may be told to merge by itself.
    pub allow_auto_merge: bool,
    /// Whether *Update branch* is always offered.
    pub allow_update_branch: bool,
    /// Whether GitHub Actions may create and approve pull requests.
    pub actions_may_approve: bool,
}

#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) id: RepositoryId,
    pub(crate) owner: AccountId,
    pub(crate) name: String,
    pub(crate) private: bool,
    pub(crate) default_branch: String,
    pub(crate) fork_of: Option<RepositoryId>,
    pub(crate) archived: bool,
    pub(crate) settings: Settings,
    /// Full ref names (`refs/heads/main`, `refs/notes/ai`) with their tips.
    pub(crate) refs: BTreeMap<String, Sha>,
    /// Commits that a request to this repository can name.
    pub(crate) visible: BTreeSet<Sha>,
    pub(crate) collaborators: BTreeMap<AccountId, Permission>,
    pub(crate) pulls: BTreeMap<u64, Pull>,
    pub(crate) activity: Vec<Activity>,
    pub(crate) created_at: Timestamp,
    pub(crate) pushed_at: Timestamp,
}

/// One update of a ref, as GitHub's activity log keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    pub(crate) id: u64,
    pub(crate) actor: AccountId,
    pub(crate) at: Timestamp,
    pub(crate) reference: String,
    pub(crate) before: Sha,
    pub(crate) after: Sha,
    pub(crate) kind: &'static str,
}

impl Repository {
    pub(crate) fn branch(&self, name: &str) -> Option<&Sha> {
        self.refs.get(&format!("refs/heads/{name}"))
    }

    /// A ref by any of its names: `HEAD`, full, or short as branch or tag.
    pub(crate) fn reference(&self, name: &str) -> Option<(String, &Sha)> {
        if name == "HEAD" {
            return self.reference(&format!("refs/heads/{}", self.default_branch));
        }
        [name.to_owned(), format!("refs/heads/{name}"), format!("refs/tags/{name}"), format!("refs/{name}")]
            .into_iter()
            .find_map(|full| self.refs.get(&full).map(|sha| (full, sha)))
    }
}

/// A ruleset of a repository, or of an organisation when `repository` is not set.
#[derive(Debug, Clone)]
pub(crate) struct Ruleset {
    pub(crate) id: u64,
    pub(crate) organization: Option<AccountId>,
    pub(crate) repository: Option<RepositoryId>,
    pub(crate) name: String,
    pub(crate) target: String,
    pub(crate) enforcement: String,
    pub(crate) include: Vec<String>,
    pub(crate) exclude: Vec<String>,
    pub(crate) conditions: Value,
    pub(crate) bypass_actors: Value,
    /// As they came: `[{type, parameters}]`.
    pub(crate) rules: Vec<Value>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// Classic branch protection of one branch, as far as it concerns checks.
#[derive(Debug, Clone)]
pub(crate) struct Protection {
    pub(crate) id: u64,
    pub(crate) repository: RepositoryId,
    pub(crate) branch: String,
    pub(crate) checks: Vec<RequiredCheck>,
    pub(crate) created_at: Timestamp,
}

/// One required status check of a ruleset.
#[derive(Debug, Clone)]
pub(crate) struct RequiredCheck {
    pub(crate) context: String,
    pub(crate) integration_id: Option<u64>,
}

impl Ruleset {
    /// True if the ruleset is active and its conditions name this branch.
    pub(crate) fn governs(&self, repository: &Repository, branch: &str) -> bool {
        let here = match (self.repository, self.organization) {
            (Some(id), _) => id == repository.id,
            (None, Some(owner)) => owner == repository.owner,
            (None, None) => false,
        };
        let full = format!("refs/heads/{branch}");
        let matches = |pattern: &String| match pattern.as_str() {
            "~ALL" => true,
            "~DEFAULT_BRANCH" => branch == repository.default_branch,
            pattern => globset::Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(&full)),
        };
        let included = self.include.iter().any(matches) && !self.exclude.iter().any(matches);
        here && self.enforcement == "active" && self.target == "branch" && included
    }

    pub(crate) fn required_checks(&self) -> Vec<RequiredCheck> {
        let rules = self.rules.iter().filter(|rule| rule["type"] == "required_status_checks");
        let checks = rules.filter_map(|rule| rule["parameters"]["required_status_checks"].as_array()).flatten();
        checks
            .filter_map(|check| {
                let context = check["context"].as_str()?.to_owned();
                Some(RequiredCheck { context, integration_id: check["integration_id"].as_u64() })
            })
            .collect()
    }
}
