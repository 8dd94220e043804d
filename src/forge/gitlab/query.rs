//! What is asked by GraphQL: what REST does not tell, all of it in one query for each read.
//!
//! That is: what kinds of accounts have a part in the change, whether notes were edited, what the server itself noted on
//! the merge request, which accounts the commits' addresses belong to, and the policy files.
//! <https://docs.gitlab.com/api/graphql/reference/>

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client::{Call, GitLab};
use crate::forge::Error;

/// As many witnessed notes as are read again in one query: each weighs about ten of the 250 that GitLab allows.
pub const NOTES_AT_ONCE: usize = 4;

/// Of as many commits the authors are asked in one query: each weighs eleven.
pub const AUTHORS_AT_ONCE: usize = 15;

/// What is asked about an account.
fn user(has_types: bool) -> &'static str {
    if has_types { "id username bot type state" } else { "id username bot state" }
}

/// The query about a change. `notes` witnessed notes are read again beside it. Instances before GitLab 17.8 know of no
/// types of accounts.
pub fn change(notes: usize, has_types: bool) -> String {
    let user = user(has_types);
    let parameters = (0..notes).fold(String::new(), |all, i| all + &format!(", $n{i}: NoteID!"));
    let again = again(notes, has_types);
    format!(
        "query Change($id: MergeRequestID!, $base: String!, $head: String!, $policy: String!, $organisation: ID!, \
         $organisationPolicy: String!{parameters}) {{ \
         mergeRequest(id: $id) {{ id diffHeadSha author {{ {user} }} \
         assignees(first: 100) {{ pageInfo {{ hasNextPage }} nodes {{ {user} }} }} \
         approvedBy(first: 100) {{ pageInfo {{ hasNextPage }} nodes {{ {user} }} }} \
         reviewers(first: 100) {{ pageInfo {{ hasNextPage }} nodes {{ {user} \
         mergeRequestInteraction {{ reviewState }} }} }} \
         commits(first: 100) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ sha author {{ {user} }} }} }} \
         activity: notes(filter: ONLY_ACTIVITY, first: 100) {{ pageInfo {{ hasNextPage endCursor }} \
         nodes {{ id body system imported createdAt systemNoteMetadata {{ action }} author {{ {user} }} }} }} \
         said: notes(filter: ONLY_COMMENTS, first: 20) {{ pageInfo {{ hasNextPage }} \
         nodes {{ id body author {{ id }} lastEditedBy {{ id }} }} }} \
         targetProject {{ id fullPath visibility repository {{ rootRef \
         usual: blobs(paths: [$policy], first: 1) {{ nodes {{ oid rawTextBlob rawSize }} }} \
         base: blobs(paths: [$policy], ref: $base, first: 1) {{ nodes {{ oid rawTextBlob rawSize }} }} \
         proposed: blobs(paths: [$policy], ref: $head, first: 1) {{ nodes {{ oid rawTextBlob rawSize }} }} }} }} }} \
         organisation: project(fullPath: $organisation) {{ id fullPath repository {{ rootRef \
         usual: blobs(paths: [$organisationPolicy], first: 1) {{ nodes {{ oid rawTextBlob rawSize }} }} }} }} \
         currentUser {{ id }} {again}}}"
    )
}

/// The query for what kinds of accounts these are.
pub fn kinds(has_types: bool) -> String {
    let user = user(has_types);
    format!("query Kinds($ids: [ID!]) {{ users(ids: $ids, first: 100) {{ nodes {{ {user} }} }} }}")
}

/// The query for what did not fit beside the rest: more commits, more of what the server noted.
pub fn more(has_types: bool) -> String {
    let user = user(has_types);
    format!(
        "query More($id: MergeRequestID!, $commits: String, $activity: String) {{ mergeRequest(id: $id) {{ id \
         commits(first: 100, after: $commits) {{ pageInfo {{ hasNextPage endCursor }} \
         nodes {{ sha author {{ {user} }} }} }} \
         activity: notes(filter: ONLY_ACTIVITY, first: 100, after: $activity) {{ pageInfo {{ hasNextPage endCursor }} \
         nodes {{ id body system imported createdAt systemNoteMetadata {{ action }} author {{ {user} }} }} }} }} }}"
    )
}

/// The query for the accounts of commits' authors. A commit is the last one of its own tree, its root named so that merges
/// are found too.
pub fn authors(count: usize, has_types: bool) -> String {
    let user = user(has_types);
    let parameters = (0..count).fold(String::new(), |all, i| all + &format!(", $c{i}: String!"));
    let commit = |i| format!("c{i}: tree(path: \"/\", ref: $c{i}) {{ lastCommit {{ sha author {{ {user} }} }} }} ");
    let commits: String = (0..count).map(commit).collect();
    format!(
        "query Authors($project: ID!{parameters}) {{ projects(ids: [$project], first: 1) {{ \
         nodes {{ id repository {{ {commits}}} }} }} }}"
    )
}

/// The query for witnessed notes that did not fit beside the rest.
pub fn notes(count: usize, has_types: bool) -> String {
    let parameters: Vec<String> = (0..count).map(|i| format!("$n{i}: NoteID!")).collect();
    format!("query Notes({}) {{ {}}}", parameters.join(", "), again(count, has_types))
}

fn again(count: usize, has_types: bool) -> String {
    let user = user(has_types);
    let again = |i| {
        format!(
            "n{i}: note(id: $n{i}) {{ id body system internal imported lastEditedAt lastEditedBy {{ id }} author {{ {user} }} }} "
        )
    };
    (0..count).map(again).collect()
}

/// A GitLab name of something: `gid://gitlab/MergeRequest/17`.
pub(super) fn global_id(kind: &str, number: i64) -> String {
    format!("gid://gitlab/{kind}/{number}")
}

/// The number at the end of such a name.
pub(super) fn number(global_id: &str) -> Option<i64> {
    global_id.strip_prefix("gid://gitlab/")?.rsplit('/').next()?.parse().ok().filter(|id| *id > 0)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeAnswer {
    pub merge_request: Option<MergeRequest>,
    pub organisation: Option<Project>,
    pub current_user: Option<Id>,
    /// The notes that are read again: `n0`, `n1`, …
    #[serde(flatten)]
    pub notes: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MoreAnswer {
    pub merge_request: Option<MoreOfMergeRequest>,
}

#[derive(Debug, Deserialize)]
pub(super) struct MoreOfMergeRequest {
    pub commits: Option<Connection<Commit>>,
    pub activity: Option<Connection<SystemNote>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AuthorsAnswer {
    projects: Option<Connection<ProjectOfAuthors>>,
}

#[derive(Debug, Deserialize)]
struct ProjectOfAuthors {
    repository: Option<BTreeMap<String, Option<Tree>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tree {
    pub last_commit: Option<Commit>,
}

impl AuthorsAnswer {
    /// The trees by their names in the query: `c0`, `c1`, …
    pub(super) fn authors(self) -> Option<BTreeMap<String, Option<Tree>>> {
        self.projects?.nodes?.into_iter().flatten().next()?.repository
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Id {
    pub id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MergeRequest {
    pub diff_head_sha: Option<String>,
    pub author: Option<User>,
    pub assignees: Option<Connection<User>>,
    pub approved_by: Option<Connection<User>>,
    pub reviewers: Option<Connection<Reviewer>>,
    pub commits: Option<Connection<Commit>>,
    pub activity: Option<Connection<SystemNote>>,
    pub said: Option<Connection<Comment>>,
    pub target_project: Option<Project>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connection<T> {
    pub page_info: Option<PageInfo>,
    pub nodes: Option<Vec<Option<T>>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    #[serde(default)]
    pub has_next_page: bool,
    pub end_cursor: Option<String>,
}

/// An account, with what only GraphQL tells.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct User {
    pub id: String,
    pub username: String,
    pub bot: Option<bool>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub state: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reviewer {
    #[serde(flatten)]
    pub user: User,
    pub merge_request_interaction: Option<Interaction>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Interaction {
    pub review_state: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Commit {
    pub sha: String,
    pub author: Option<User>,
}

/// Something that the server noted on the merge request. People can write the same words, but not as the system.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SystemNote {
    pub body: String,
    #[serde(default)]
    pub system: bool,
    /// Whether it came with an import, which writes whatever names it likes.
    #[serde(default)]
    pub imported: Option<bool>,
    pub created_at: Timestamp,
    #[serde(rename = "systemNoteMetadata")]
    pub metadata: Option<SystemNoteMetadata>,
    pub author: Option<User>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct SystemNoteMetadata {
    pub action: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Comment {
    pub id: String,
    pub body: Option<String>,
    pub author: Option<Id>,
    pub last_edited_by: Option<Id>,
}

/// A witnessed note as it stands now.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NoteNow {
    pub id: String,
    pub body: Option<String>,
    #[serde(default)]
    pub system: bool,
    #[serde(default)]
    pub internal: Option<bool>,
    #[serde(default)]
    pub imported: Option<bool>,
    pub author: Option<User>,
    pub last_edited_at: Option<Timestamp>,
    pub last_edited_by: Option<Id>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Project {
    pub full_path: String,
    pub visibility: Option<String>,
    pub repository: Option<Repository>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Repository {
    pub root_ref: Option<String>,
    pub usual: Option<Blobs>,
    pub base: Option<Blobs>,
    pub proposed: Option<Blobs>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Blobs {
    pub nodes: Option<Vec<Option<Blob>>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blob {
    pub oid: String,
    #[serde(rename = "rawTextBlob")]
    pub text: Option<String>,
    pub raw_size: Option<Size>,
}

/// GitLab writes sizes as text, as they may be larger than a number of JSON.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Size {
    Text(String),
    Number(u64),
}

impl Size {
    pub(super) fn bytes(&self) -> Option<u64> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Number(bytes) => Some(*bytes),
        }
    }
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<QueryError>,
}

#[derive(Deserialize)]
struct QueryError {
    message: Option<String>,
}

/// Why a query has no whole answer.
#[derive(Debug)]
pub(super) enum QueryFailure {
    /// The instance is too old to know of types of accounts.
    NoTypes,
    /// The call failed.
    Call(Error),
    /// Something is missing from the answer.
    Incomplete(String),
}

impl From<Error> for QueryFailure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl GitLab {
    /// Asks, and takes whole answers only: one with errors is none.
    pub(super) async fn query<T: DeserializeOwned>(
        &self,
        what: &str,
        document: &str,
        variables: Value,
    ) -> Result<T, QueryFailure> {
        let call = Call::graphql(json!({ "query": document, "variables": variables }), what);
        let answer: Envelope<T> = self.send(&call).await?.json(what)?;
        if let Some(error) = answer.errors.first() {
            let said: String = error.message.as_deref().unwrap_or("an error").chars().take(200).collect();
            if said.contains("Field 'type' doesn't exist") {
                return Err(QueryFailure::NoTypes);
            }
            return Err(QueryFailure::Incomplete(format!("GitLab gave a part of the answer only: {said}")));
        }
        answer.data.ok_or_else(|| QueryFailure::Incomplete("GitLab gave no answer".to_owned()))
    }
}
