//! Answers of the REST interface.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::Actor;

/// A file of a pull request.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct File {
    pub filename: String,
    pub previous_filename: Option<String>,
    /// Ends with the head that the list is of.
    pub contents_url: Option<String>,
}

/// A pull request: of all that it holds, what GraphQL does not tell.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct PullRequest {
    pub stack: Option<Stack>,
}

/// The stack that a pull request is part of.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Stack {
    pub base: StackBase,
}

/// The branch that a stack would be merged into.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct StackBase {
    #[serde(rename = "ref")]
    pub branch: String,
}

/// A move of a branch, as the activity log has it. The documented example calls the actor `pusher`.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Activity {
    pub after: String,
    #[serde(alias = "pusher")]
    pub actor: Option<Actor>,
}

/// A comment in the conversation.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Comment {
    pub body: Option<String>,
    pub user: Option<Actor>,
    pub performed_via_github_app: Option<App>,
}

/// A comment, in the list of all of a repository.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct ListedComment {
    pub id: i64,
    pub node_id: String,
    pub body: Option<String>,
    pub user: Option<Actor>,
    pub performed_via_github_app: Option<App>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Ends with the number of the issue or pull request.
    pub issue_url: String,
    pub html_url: Option<String>,
}

/// An App.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct App {
    pub id: i64,
}

/// A check run.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct CheckRun {
    pub id: i64,
    pub name: String,
    pub status: String,
    pub conclusion: Option<String>,
    pub external_id: Option<String>,
    pub output: Option<CheckOutput>,
}

/// What a check run says.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct CheckOutput {
    pub title: Option<String>,
}

/// A page of check runs.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct CheckRuns {
    pub check_runs: Vec<CheckRun>,
}

/// A rule that holds for a branch.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct BranchRule {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub parameters: Option<serde_json::Value>,
}

/// The parameters of a rule that requires checks.
#[derive(Debug, Default, Deserialize)]
pub(in crate::forge::github) struct RequiredChecks {
    #[serde(default)]
    pub required_status_checks: Vec<RequiredCheck>,
    /// Whether a change must be up to date with the branch.
    #[serde(default)]
    pub strict_required_status_checks_policy: bool,
}

/// A required check.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(in crate::forge::github) struct RequiredCheck {
    pub context: String,
    pub integration_id: Option<i64>,
}

/// A pull request that a commit belongs to.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct CommitPullRequest {
    pub merged_at: Option<String>,
    pub base: StackBase,
}

/// A branch. What protects it besides rulesets is told to whoever may read it.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Branch {
    pub protection: Option<Protection>,
}

/// Classic branch protection.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Protection {
    pub enabled: Option<bool>,
    pub required_status_checks: Option<ProtectedChecks>,
}

/// The checks that classic branch protection requires.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct ProtectedChecks {
    /// `off`, `non_admins` or `everyone`.
    pub enforcement_level: Option<String>,
    #[serde(default)]
    pub contexts: Vec<String>,
    pub checks: Option<Vec<ProtectedCheck>>,
}

/// A check that classic branch protection requires.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct ProtectedCheck {
    pub context: String,
    pub app_id: Option<i64>,
}

/// An installation of the App.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Installation {
    pub id: i64,
    pub account: Option<Account>,
    pub suspended_at: Option<String>,
}

/// An account that owns repositories. An enterprise has no login.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Account {
    pub id: Option<i64>,
    #[serde(default)]
    pub login: String,
}

/// An attempt to deliver a webhook, as GitHub recorded it.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct HookDelivery {
    pub id: i64,
    pub guid: String,
    pub delivered_at: Timestamp,
    pub redelivery: bool,
    pub status: String,
    pub status_code: i64,
    pub installation_id: Option<i64>,
}

/// A page of repositories.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Repositories {
    pub total_count: usize,
    pub repositories: Vec<Repository>,
}

/// A repository.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Repository {
    pub id: i64,
    pub full_name: String,
    pub owner: Account,
    pub default_branch: Option<String>,
    #[serde(default)]
    pub archived: bool,
    pub private: Option<bool>,
    pub visibility: Option<String>,
}

/// A page of what one commit has and another has not.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Compared {
    pub total_commits: usize,
    pub commits: Vec<ComparedCommit>,
}

/// A commit, as lists and comparisons show it.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct ComparedCommit {
    pub sha: String,
    pub commit: GitCommit,
    /// The account that the address is linked to.
    #[serde(default, deserialize_with = "maybe_account")]
    pub author: Option<Actor>,
    #[serde(default, deserialize_with = "maybe_account")]
    pub committer: Option<Actor>,
    pub parents: Vec<Sha>,
}

/// What git itself knows of a commit.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct GitCommit {
    pub message: String,
    pub tree: Sha,
    pub author: Option<Stamp>,
    pub committer: Option<Stamp>,
    pub verification: Option<Verification>,
}

/// What GitHub found out about a commit's signature.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Verification {
    #[serde(default)]
    pub verified: bool,
}

/// The name of an object.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Sha {
    pub sha: String,
}

/// An author or committer, as git has them.
#[derive(Debug, Default, Deserialize)]
pub(in crate::forge::github) struct Stamp {
    pub name: Option<String>,
    pub email: Option<String>,
    pub date: Option<String>,
}

/// An account, where there is one: documented are `null` and an object without fields.
fn maybe_account<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Actor>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Maybe {
        Account(Actor),
        Empty {},
    }
    Ok(Option::<Maybe>::deserialize(deserializer)?.and_then(|found| match found {
        Maybe::Account(account) => Some(account),
        Maybe::Empty {} => None,
    }))
}
