//! What the event's payload says in GitHub Actions. Read leniently: it is only ever more that is known.

use serde::Deserialize;

use super::opener::Account;

/// The payload of an event, as far as it matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) action: Option<String>,
    pub(super) pull_request: Option<PullRequest>,
    pub(super) merge_group: Option<MergeGroup>,
    pub(super) sender: Option<User>,
    pub(super) repository: Option<Repository>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PullRequest {
    pub(super) number: Option<i64>,
    pub(super) body: Option<String>,
    pub(super) user: Option<User>,
    pub(super) labels: Vec<Label>,
    pub(super) head: Side,
    pub(super) base: Side,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Side {
    #[serde(rename = "ref")]
    pub(super) name: Option<String>,
    pub(super) sha: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MergeGroup {
    pub(super) base_sha: Option<String>,
    pub(super) head_sha: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Label {
    pub(super) name: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct User {
    pub(super) id: Option<i64>,
    pub(super) login: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Repository {
    pub(super) id: Option<i64>,
    pub(super) full_name: Option<String>,
    pub(super) default_branch: Option<String>,
    pub(super) owner: Option<User>,
}

impl User {
    /// Without a number, an account is nobody's.
    pub(super) fn account(&self) -> Option<Account> {
        let is_bot = self.kind.as_deref().is_some_and(|kind| kind != "User");
        Some(Account { login: self.login.clone()?, id: Some(self.id?), is_bot })
    }
}
