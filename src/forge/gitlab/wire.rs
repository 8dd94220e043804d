//! GitLab's REST answers, as far as they matter here. Fields that are not needed are not named, so that a GitLab that
//! says more, or less, is understood all the same.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

/// A user in an answer. What kind of account it is, REST does not say.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct User {
    pub id: i64,
    pub username: String,
}

/// <https://docs.gitlab.com/api/merge_requests/#get-single-mr>
#[derive(Debug, Clone, Deserialize)]
pub(super) struct MergeRequest {
    pub id: i64,
    pub iid: i64,
    pub project_id: i64,
    pub title: String,
    pub description: Option<String>,
    pub state: String,
    #[serde(default)]
    pub draft: bool,
    pub sha: Option<String>,
    pub diff_refs: Option<DiffRefs>,
    pub source_branch: String,
    pub target_branch: String,
    pub source_project_id: Option<i64>,
    #[serde(default)]
    pub labels: Vec<String>,
    pub merged_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub merge_user: Option<User>,
    pub merge_commit_sha: Option<String>,
    pub squash_commit_sha: Option<String>,
    pub changes_count: Option<String>,
    /// When the difference was ready.
    pub prepared_at: Option<String>,
    pub web_url: Option<String>,
    pub references: Option<References>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct References {
    pub full: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct DiffRefs {
    pub head_sha: Option<String>,
    pub start_sha: Option<String>,
}

/// A head that the merge request had, as the server recorded it.
/// <https://docs.gitlab.com/api/merge_requests/#get-merge-request-diff-versions>
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Version {
    pub id: i64,
    pub head_commit_sha: Option<String>,
    pub created_at: Timestamp,
    /// Git's own digest of the difference, whatever commits it is made of.
    pub patch_id_sha: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Commit {
    pub id: String,
    #[serde(default)]
    pub parent_ids: Vec<String>,
    pub message: Option<String>,
    pub title: Option<String>,
    pub author_name: Option<String>,
    pub author_email: Option<String>,
    pub authored_date: Option<String>,
    pub committer_name: Option<String>,
    pub committer_email: Option<String>,
    pub committed_date: Option<String>,
}

/// A changed file. The texts of its changes are not kept.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Diff {
    pub old_path: String,
    pub new_path: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Approvals {
    #[serde(default)]
    pub approved_by: Vec<ApprovedBy>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ApprovedBy {
    pub user: User,
    /// Since GitLab 18.5.
    pub approved_at: Option<Timestamp>,
}

/// <https://docs.gitlab.com/api/resource_state_events/>
#[derive(Debug, Clone, Deserialize)]
pub(super) struct StateEvent {
    pub state: String,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Status {
    pub id: i64,
    pub name: String,
    #[serde(rename = "status")]
    pub state: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    pub author: Option<User>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Note {
    pub id: i64,
    pub body: Option<String>,
    pub author: Option<User>,
    #[serde(default)]
    pub system: bool,
    pub created_at: Option<Timestamp>,
}

/// <https://docs.gitlab.com/api/projects/>
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Project {
    pub id: i64,
    pub path_with_namespace: String,
    pub default_branch: Option<String>,
    pub visibility: Option<String>,
    #[serde(default)]
    pub archived: bool,
    /// Shown to those who may change the project only.
    pub only_allow_merge_if_pipeline_succeeds: Option<bool>,
    pub allow_merge_on_skipped_pipeline: Option<bool>,
    /// Shown by editions with external status checks only.
    pub only_allow_merge_if_all_status_checks_passed: Option<bool>,
    pub ci_config_path: Option<String>,
    #[serde(default)]
    pub marked_for_deletion_on: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Namespace {
    pub id: i64,
    pub full_path: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Group {
    pub id: i64,
    pub full_path: String,
    pub parent_id: Option<i64>,
}

/// <https://docs.gitlab.com/api/merge_request_approvals/>
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ApprovalRule {
    pub rule_type: Option<String>,
    pub report_type: Option<String>,
    #[serde(default)]
    pub approvals_required: i64,
    #[serde(default)]
    pub eligible_approvers: Vec<User>,
    #[serde(default)]
    pub applies_to_all_protected_branches: bool,
    #[serde(default)]
    pub protected_branches: Vec<ProtectedBranch>,
}

/// An external status check, as one merge request shows it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct StatusCheck {
    pub id: i64,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub external_url: String,
    pub status: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ProtectedBranch {
    pub name: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Compared {
    #[serde(default)]
    pub commits: Vec<Commit>,
    #[serde(default)]
    pub compare_timeout: bool,
}

/// A hook, as a list of a project's or a group's shows it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Hook {
    pub id: i64,
    pub url: String,
    /// `executable`, `temporarily_disabled` or `disabled`.
    pub alert_status: Option<String>,
}

/// A delivery that a hook recorded.
/// <https://docs.gitlab.com/api/project_webhooks/#list-all-events-for-a-project-webhook>
#[derive(Debug, Clone, Deserialize)]
pub(super) struct HookEvent {
    pub id: i64,
    pub created_at: Option<Timestamp>,
    #[serde(default)]
    pub response_status: serde_json::Value,
    #[serde(default)]
    pub request_headers: BTreeMap<String, serde_json::Value>,
}

/// Something that happened in a project.
/// <https://docs.gitlab.com/api/events/>
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ProjectEvent {
    pub author: Option<User>,
    pub created_at: Timestamp,
    pub push_data: Option<PushData>,
    pub note: Option<EventNote>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct PushData {
    pub commit_to: Option<String>,
    #[serde(rename = "ref")]
    pub reference: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct EventNote {
    pub id: i64,
    pub body: Option<String>,
    pub noteable_type: Option<String>,
    pub noteable_iid: Option<i64>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub author: Option<User>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    #[serde(default)]
    pub system: bool,
    #[serde(default)]
    pub internal: bool,
}
