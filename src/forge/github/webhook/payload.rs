//! The parts of GitHub's payloads that are used, and no others.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::{Error as _, IgnoredAny, Unexpected};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A number that a forge gave. None is zero or less, and nothing is ever kept under such a one.
fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let id = i64::deserialize(deserializer)?;
    if id > 0 { Ok(id) } else { Err(D::Error::invalid_value(Unexpected::Signed(id), &"a number above zero")) }
}

/// What every delivery may hold: enough to count it and to know that the App sent it.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    pub action: Option<String>,
    pub installation: Option<IgnoredAny>,
}

/// What the deliveries that are understood may hold, together. Each event asks for its own parts.
#[derive(Debug, Deserialize)]
pub(super) struct Payload {
    pub installation: Installation,
    pub repository: Option<Repository>,
    pub organization: Option<Account>,
    pub sender: Option<Account>,
    /// Of `edited`: which fields were changed.
    pub changes: Option<Changes>,
    pub pull_request: Option<PullRequest>,
    pub review: Option<Review>,
    pub issue: Option<Issue>,
    pub comment: Option<Comment>,
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub forced: Option<bool>,
    pub commits: Option<Vec<PushedCommit>>,
    pub check_run: Option<Check>,
    pub check_suite: Option<Check>,
    pub merge_group: Option<MergeGroup>,
    pub reason: Option<String>,
    /// Of `status`: the commit, and the name under which it was reported on.
    pub sha: Option<String>,
    pub context: Option<String>,
    pub repositories: Option<Vec<ListedRepository>>,
    pub repositories_added: Option<Vec<ListedRepository>>,
    pub repositories_removed: Option<Vec<ListedRepository>>,
    /// Of `installation_target`: the account as it is called now.
    pub account: Option<Account>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Installation {
    #[serde(deserialize_with = "positive")]
    pub id: i64,
    pub account: Option<Account>,
}

/// A user, bot or organisation. Organisations come without a `type` in places.
#[derive(Debug, Deserialize)]
pub(super) struct Account {
    #[serde(deserialize_with = "positive")]
    pub id: i64,
    pub login: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Repository {
    #[serde(deserialize_with = "positive")]
    pub id: i64,
    pub full_name: String,
    pub owner: Account,
    pub default_branch: Option<String>,
    /// True of internal repositories as well.
    pub private: Option<bool>,
    /// `public`, `private` or `internal`.
    pub visibility: Option<String>,
}

/// A repository as installation events list it: without its owner.
#[derive(Debug, Deserialize)]
pub(super) struct ListedRepository {
    #[serde(deserialize_with = "positive")]
    pub id: i64,
    pub full_name: String,
    pub private: Option<bool>,
}

/// `changes` of an `edited` event: what was changed, and, of a text, what it was before.
#[derive(Debug, Deserialize)]
#[serde(from = "BTreeMap<String, Value>")]
pub(super) struct Changes(pub BTreeSet<String>, pub Option<String>);

impl From<BTreeMap<String, Value>> for Changes {
    fn from(mut changes: BTreeMap<String, Value>) -> Self {
        let former_text = changes.get_mut("body").and_then(|body| match body["from"].take() {
            Value::String(text) => Some(text),
            _ => None,
        });
        Self(changes.into_keys().collect(), former_text)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PullRequest {
    #[serde(deserialize_with = "positive")]
    pub number: i64,
    pub state: String,
    pub merged_at: Option<String>,
    pub head: Head,
    pub base: Base,
    pub stack: Option<Stack>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Head {
    pub sha: String,
    #[serde(rename = "ref")]
    pub branch: String,
    /// Null when the fork was deleted.
    pub repo: Option<HeadRepository>,
}

#[derive(Debug, Deserialize)]
pub(super) struct HeadRepository {
    #[serde(deserialize_with = "positive")]
    pub id: i64,
    pub owner: Option<Account>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Base {
    #[serde(rename = "ref")]
    pub branch: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Stack {
    pub base: Option<Base>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Review {
    #[serde(deserialize_with = "positive")]
    pub id: i64,
    pub state: String,
    pub body: Option<String>,
    pub user: Option<Account>,
    pub submitted_at: Option<String>,
    pub html_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    #[serde(deserialize_with = "positive")]
    pub number: i64,
    /// Present when the issue is a pull request.
    pub pull_request: Option<IgnoredAny>,
}

/// A comment in the conversation, or on a line.
#[derive(Debug, Deserialize)]
pub(super) struct Comment {
    #[serde(deserialize_with = "positive")]
    pub id: i64,
    pub node_id: Option<String>,
    pub body: Option<String>,
    pub user: Option<Account>,
    pub created_at: Option<String>,
    pub html_url: Option<String>,
    pub performed_via_github_app: Option<App>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PushedCommit {
    #[serde(default)]
    pub added: Vec<String>,
    #[serde(default)]
    pub modified: Vec<String>,
    #[serde(default)]
    pub removed: Vec<String>,
}

impl PushedCommit {
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.added.iter().chain(&self.modified).chain(&self.removed).map(String::as_str)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Check {
    pub head_sha: String,
    /// Suites have none.
    pub name: Option<String>,
    pub app: Option<App>,
}

#[derive(Debug, Deserialize)]
pub(super) struct App {
    #[serde(deserialize_with = "positive")]
    pub id: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct MergeGroup {
    pub head_sha: String,
    pub head_ref: Option<String>,
    pub base_ref: String,
}
