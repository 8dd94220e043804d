//! The parts of GitLab's payloads that are used, and no others. Each kind of event has a shape of its own.

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A number that a forge gave. None is zero or less, and nothing is ever kept under such a one.
fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let id = i64::deserialize(deserializer)?;
    if id > 0 { Ok(id) } else { Err(D::Error::invalid_value(Unexpected::Signed(id), &"a number above zero")) }
}

/// The same, where GitLab may leave it out.
fn maybe_positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Option::<i64>::deserialize(deserializer)? {
        Some(id) if id <= 0 => Err(D::Error::invalid_value(Unexpected::Signed(id), &"a number above zero")),
        id => Ok(id),
    }
}

/// What every delivery says of itself: hooks of projects and groups `object_kind`, some system hooks only `event_name`.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    pub object_kind: Option<String>,
    pub event_name: Option<String>,
}

/// A user. System hooks leave the number out.
#[derive(Debug, Deserialize)]
pub(super) struct User {
    #[serde(default, deserialize_with = "maybe_positive")]
    pub id: Option<i64>,
    #[serde(default)]
    pub username: Option<String>,
}

/// A project. System hooks leave the number out here and give it elsewhere.
#[derive(Debug, Deserialize)]
pub(super) struct Project {
    #[serde(default, deserialize_with = "maybe_positive")]
    pub id: Option<i64>,
    pub path_with_namespace: String,
    pub default_branch: Option<String>,
    /// 0 private, 10 internal, 20 public.
    pub visibility_level: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Commit {
    pub id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct SourceProject {
    pub path_with_namespace: Option<String>,
}

/// A merge request, on its own or as what a note is about.
#[derive(Debug, Deserialize)]
pub(super) struct MergeRequest {
    #[serde(deserialize_with = "positive")]
    pub iid: i64,
    pub state: Option<String>,
    pub source_branch: String,
    pub target_branch: String,
    /// Null when the fork was deleted.
    #[serde(default, deserialize_with = "maybe_positive")]
    pub source_project_id: Option<i64>,
    #[serde(deserialize_with = "positive")]
    pub target_project_id: i64,
    /// The project that holds the source branch.
    #[serde(default)]
    pub source: Option<SourceProject>,
    /// Null when the source branch holds nothing.
    pub last_commit: Option<Commit>,
    pub updated_at: Option<String>,
    /// What happened to it; so are the fields below, which its own events have.
    pub action: Option<String>,
    pub oldrev: Option<String>,
    /// When, in versions that say so. `updated_at` may be of before an approval.
    pub actioned_at: Option<String>,
    /// Whether GitLab did it by itself; the user is then whoever gave rise to it.
    pub system: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct MergeRequestEvent {
    pub user: Option<User>,
    pub project: Project,
    pub object_attributes: MergeRequest,
    /// What was changed, with its values before and after.
    pub changes: Option<Map<String, Value>>,
    pub system: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NoteEvent {
    pub event_type: Option<String>,
    pub user: Option<User>,
    pub project: Project,
    pub object_attributes: Note,
    pub merge_request: Option<MergeRequest>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Note {
    #[serde(deserialize_with = "positive")]
    pub id: i64,
    #[serde(rename = "note")]
    pub text: Option<String>,
    pub noteable_type: Option<String>,
    /// `DiffNote` on a line, `DiscussionNote` in a thread, or nothing.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(default, deserialize_with = "maybe_positive")]
    pub author_id: Option<i64>,
    pub created_at: Option<String>,
    pub action: Option<String>,
    pub system: Option<bool>,
    pub internal: Option<bool>,
    pub confidential: Option<bool>,
    pub url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PushEvent {
    #[serde(rename = "ref")]
    pub reference: String,
    pub before: String,
    pub after: String,
    #[serde(default, deserialize_with = "maybe_positive")]
    pub user_id: Option<i64>,
    pub user_username: Option<String>,
    #[serde(deserialize_with = "positive")]
    pub project_id: i64,
    pub project: Project,
    #[serde(default)]
    pub commits: Vec<PushedCommit>,
    pub total_commits_count: Option<usize>,
}

/// System hooks leave the files out.
#[derive(Debug, Deserialize)]
pub(super) struct PushedCommit {
    pub added: Option<Vec<String>>,
    pub modified: Option<Vec<String>>,
    pub removed: Option<Vec<String>>,
}

impl PushedCommit {
    /// The files that it touches, if they are told.
    pub(super) fn paths(&self) -> Option<impl Iterator<Item = &str>> {
        let (added, modified, removed) = (self.added.as_ref()?, self.modified.as_ref()?, self.removed.as_ref()?);
        Some(added.iter().chain(modified).chain(removed).map(String::as_str))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PipelineEvent {
    pub user: Option<User>,
    pub project: Project,
    pub object_attributes: Pipeline,
    pub merge_request: Option<TestedMergeRequest>,
    #[serde(default)]
    pub builds: Vec<Build>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pipeline {
    pub sha: String,
    pub source: Option<String>,
    pub status: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TestedMergeRequest {
    #[serde(deserialize_with = "positive")]
    pub iid: i64,
    #[serde(deserialize_with = "positive")]
    pub target_project_id: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Build {
    pub name: Option<String>,
    pub user: Option<User>,
}

/// `user_add_to_group` and the like. Of a subgroup, only its own number is told.
#[derive(Debug, Deserialize)]
pub(super) struct GroupMemberEvent {
    #[serde(deserialize_with = "positive")]
    pub group_id: i64,
}

/// `user_add_to_team` and the like.
#[derive(Debug, Deserialize)]
pub(super) struct ProjectMemberEvent {
    #[serde(deserialize_with = "positive")]
    #[serde(rename = "project_id")]
    pub id: i64,
    #[serde(rename = "project_path_with_namespace")]
    pub path: String,
    #[serde(rename = "project_visibility")]
    pub visibility: Option<String>,
}

/// `project_create` and the like.
#[derive(Debug, Deserialize)]
pub(super) struct ProjectEvent {
    #[serde(deserialize_with = "positive")]
    pub project_id: i64,
    pub path_with_namespace: String,
    pub project_visibility: Option<String>,
}

/// An access token that ends within days. Of a group's, no project is named.
#[derive(Debug, Deserialize)]
pub(super) struct TokenEvent {
    pub project: Option<Project>,
    pub object_attributes: Token,
}

#[derive(Debug, Deserialize)]
pub(super) struct Token {
    #[serde(default, deserialize_with = "maybe_positive")]
    pub user_id: Option<i64>,
}
