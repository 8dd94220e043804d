//! The answer to the query for a whole change.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Actor, big_int};

/// A page of a connection. Missing or null nodes are noticed when it is taken, never passed over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct Connection<T> {
    pub total_count: Option<i64>,
    pub page_info: Option<PageInfo>,
    pub nodes: Option<Vec<Option<T>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::forge::github) struct PageInfo {
    pub has_next_page: bool,
    pub has_previous_page: bool,
    pub end_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct ChangeAnswer {
    pub rate_limit: Option<RateLimit>,
    pub repository: Option<Repository>,
    pub organisation: Option<Organisation>,
    /// In the order in which they were asked for.
    pub comments: Option<Vec<Option<MaybeComment>>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct RateLimit {
    pub cost: i64,
    pub remaining: i64,
    pub reset_at: Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct Organisation {
    pub owner: Actor,
    pub default_branch_ref: Option<RefName>,
    pub policy: Option<PolicyObject>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct Repository {
    pub database_id: Option<i64>,
    pub name_with_owner: Option<String>,
    pub visibility: Option<String>,
    pub owner: Option<Actor>,
    pub default_branch_ref: Option<RefName>,
    pub policy: Option<PolicyObject>,
    pub base_policy: Option<PolicyObject>,
    pub notes: Option<Ref>,
    pub facts: Option<Facts>,
    pub pull_request: Option<PullRequest>,
}

#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct RefName {
    pub name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct PolicyObject {
    #[serde(rename = "__typename")]
    pub kind: String,
    pub oid: String,
    pub text: Option<String>,
    pub is_truncated: Option<bool>,
    pub is_binary: Option<bool>,
}

/// The answer to the query for one policy.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct PolicyAnswer {
    pub repository: Option<PolicyRepository>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct PolicyRepository {
    pub database_id: Option<i64>,
    pub policy: Option<PolicyObject>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct PullRequest {
    pub head_ref_oid: String,
    pub base_ref_name: String,
    pub commits: Option<Connection<PullRequestCommit>>,
    pub reviews: Option<Connection<Review>>,
    pub timeline_items: Option<Connection<TimelineItem>>,
    pub files: Option<Connection<File>>,
    pub tip: Option<Connection<Tip>>,
}

/// What is asked for once, with the first page.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct Facts {
    pub state: String,
    pub is_draft: bool,
    pub title: String,
    pub body: Option<String>,
    pub changed_files: i64,
    pub author: Option<Actor>,
    pub editor: Option<Actor>,
    pub last_edited_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    pub merged_at: Option<Timestamp>,
    pub merged_by: Option<Actor>,
    pub merge_commit: Option<Oid>,
    pub base_ref_oid: String,
    pub base_ref: Option<Ref>,
    pub head_ref_name: String,
    pub head_repository: Option<RepositoryId>,
    pub labels: Option<Connection<Label>>,
    pub assignees: Option<Connection<Actor>>,
    pub published: Connection<PublishedCommit>,
}

impl Facts {
    /// The branch itself, where it still exists: GitHub's `baseRefOid` may lag behind it.
    pub(in crate::forge::github) fn base_tip(&self) -> &str {
        self.base_ref.as_ref().and_then(|base| base.target.as_ref()).map_or(&self.base_ref_oid, |tip| &tip.oid)
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Ref {
    pub target: Option<Oid>,
}

#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Oid {
    pub oid: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct RepositoryId {
    pub database_id: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Label {
    pub name: String,
}

#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct PullRequestCommit {
    pub commit: Commit,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct Commit {
    pub oid: String,
    pub message: String,
    pub committed_via_web: bool,
    pub signature: Option<Signature>,
    pub tree: Option<Oid>,
    pub author: Option<GitActor>,
    pub committer: Option<GitActor>,
    pub authors: Connection<GitActor>,
    pub parents: Connection<Oid>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct Signature {
    pub is_valid: bool,
    pub was_signed_by_git_hub: bool,
}

/// The answer to the query for the authors and parents of one commit.
#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct AuthorsAnswer {
    pub repository: Option<AuthorsRepository>,
}

#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct AuthorsRepository {
    pub object: Option<AuthorsCommit>,
}

#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct AuthorsCommit {
    pub authors: Option<Connection<GitActor>>,
    pub parents: Option<Connection<Oid>>,
}

#[derive(Debug, Clone, Deserialize)]
pub(in crate::forge::github) struct GitActor {
    pub name: Option<String>,
    pub email: Option<String>,
    pub date: Option<String>,
    pub user: Option<Actor>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct Review {
    #[serde(deserialize_with = "big_int")]
    pub full_database_id: i64,
    pub state: String,
    pub submitted_at: Option<Timestamp>,
    pub url: Option<String>,
    pub author_can_push_to_repository: Option<bool>,
    pub author: Option<Actor>,
    pub commit: Option<Oid>,
}

/// What was asked for as a comment.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::forge::github) enum MaybeComment {
    /// It is one.
    Comment(Box<Comment>),
    /// Something else has that name; no field of it was asked for.
    Other {},
}

/// A comment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct Comment {
    #[serde(deserialize_with = "big_int")]
    pub full_database_id: i64,
    pub body: String,
    pub last_edited_at: Option<Timestamp>,
    pub created_via_email: bool,
    pub author: Option<Actor>,
    /// All that matters is that somebody did.
    pub editor: Option<IgnoredAny>,
}

/// An event. Which fields are there depends on its kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct TimelineItem {
    #[serde(rename = "__typename")]
    pub kind: String,
    pub created_at: Option<Timestamp>,
    pub actor: Option<Actor>,
    pub before_commit: Option<Oid>,
    pub after_commit: Option<Oid>,
    pub previous_review_state: Option<String>,
    pub review: Option<ReviewId>,
    pub assignee: Option<Assignee>,
}

#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Assignee {
    #[serde(rename = "__typename")]
    pub kind: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct ReviewId {
    #[serde(deserialize_with = "big_int")]
    pub full_database_id: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct File {
    pub path: String,
    pub change_type: String,
}

#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct PublishedCommit {
    pub commit: CheckedCommit,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct CheckedCommit {
    pub oid: String,
    pub check_suites: Option<Connection<CheckSuite>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct CheckSuite {
    pub push: Option<Push>,
    pub check_runs: Option<Connection<CheckRun>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct Push {
    pub next_sha: Option<String>,
    pub pusher: Option<Actor>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct CheckRun {
    pub database_id: Option<i64>,
    pub name: String,
    pub status: String,
    pub conclusion: Option<String>,
    pub title: Option<String>,
    pub external_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(in crate::forge::github) struct Tip {
    pub commit: TipCommit,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct TipCommit {
    pub oid: String,
    pub associated_pull_requests: Option<Connection<AssociatedPullRequest>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::forge::github) struct AssociatedPullRequest {
    pub number: i64,
    pub state: String,
    pub head_ref_oid: String,
    pub repository: Option<RepositoryId>,
}
