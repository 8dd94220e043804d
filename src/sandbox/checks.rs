//! Check suites, check runs and commit statuses.

use jiff::Timestamp;
use serde_json::Value;

use super::accounts::AccountId;
use super::git::Sha;
use super::repositories::RepositoryId;

/// One check suite per App and head commit.
#[derive(Debug, Clone)]
pub(crate) struct CheckSuite {
    pub(crate) id: u64,
    pub(crate) repository: RepositoryId,
    pub(crate) app: u64,
    pub(crate) head: Sha,
    pub(crate) branch: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// Who pushed what, for pushes to this repository; unknown for commits that came from a fork.
    pub(crate) push: Option<Push>,
}

#[derive(Debug, Clone)]
pub(crate) struct Push {
    pub(crate) pusher: AccountId,
    pub(crate) before: Sha,
    pub(crate) after: Sha,
}

/// A check run as it stands, or stood: the sandbox keeps them all.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckRun {
    /// Its number.
    pub id: u64,
    /// Number of the App that made it.
    pub app_id: u64,
    /// The commit it speaks of.
    pub head_sha: String,
    /// The name that rulesets require.
    pub name: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: String,
    /// Set once completed.
    pub conclusion: Option<String>,
    /// What the App noted for itself.
    pub external_id: Option<String>,
    /// Where details are shown.
    pub details_url: Option<String>,
    /// First line of the output.
    pub title: Option<String>,
    /// Markdown.
    pub summary: Option<String>,
    /// Markdown.
    pub text: Option<String>,
    /// As they were sent.
    pub annotations: Vec<Value>,
    /// When it was created.
    pub started_at: Timestamp,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    pub(crate) actions: Vec<Value>,
    pub(crate) repository: RepositoryId,
    pub(crate) suite: u64,
}

impl CheckRun {
    /// True if a ruleset that requires it is content: GitHub lets `neutral` and `skipped` pass too.
    pub fn passes(&self) -> bool {
        self.status == "completed" && matches!(self.conclusion.as_deref(), Some("success" | "neutral" | "skipped"))
    }
}

/// A commit status: anybody who can push can set one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitStatus {
    /// Its number.
    pub id: u64,
    /// The commit.
    pub sha: String,
    /// Its name.
    pub context: String,
    /// `error`, `failure`, `pending` or `success`.
    pub state: String,
    /// One line.
    pub description: Option<String>,
    /// Where details are shown.
    pub target_url: Option<String>,
    pub(crate) repository: RepositoryId,
    pub(crate) creator: AccountId,
    pub(crate) created_at: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Checks {
    pub(crate) suites: Vec<CheckSuite>,
    pub(crate) runs: Vec<CheckRun>,
    pub(crate) statuses: Vec<CommitStatus>,
    /// Every state that a run was ever in, oldest first.
    pub(crate) history: Vec<CheckRun>,
}

impl Checks {
    pub(crate) fn suites_at<'a>(
        &'a self,
        repository: RepositoryId,
        sha: &'a str,
    ) -> impl Iterator<Item = &'a CheckSuite> {
        self.suites.iter().filter(move |suite| suite.repository == repository && suite.head == sha)
    }

    /// Runs on a commit, oldest first, superseded ones included.
    pub(crate) fn runs_at<'a>(&'a self, repository: RepositoryId, sha: &'a str) -> impl Iterator<Item = &'a CheckRun> {
        self.runs.iter().filter(move |run| run.repository == repository && run.head_sha == sha)
    }

    /// The run that counts: the newest of its name and App on a commit.
    pub(crate) fn latest(
        &self,
        repository: RepositoryId,
        sha: &str,
        name: &str,
        app: Option<u64>,
    ) -> Option<&CheckRun> {
        let here = |run: &&CheckRun| run.repository == repository && run.head_sha == sha && run.name == name;
        self.runs.iter().rev().filter(here).find(|run| app.is_none_or(|app| run.app_id == app))
    }

    /// True if the run is the newest of its name in its suite.
    pub(crate) fn is_latest(&self, run: &CheckRun) -> bool {
        !self.runs.iter().any(|other| other.suite == run.suite && other.name == run.name && other.id > run.id)
    }

    pub(crate) fn latest_status(&self, repository: RepositoryId, sha: &str, context: &str) -> Option<&CommitStatus> {
        let here = |status: &&CommitStatus| status.repository == repository && status.sha == sha;
        self.statuses.iter().rev().filter(here).find(|status| status.context == context)
    }
}
