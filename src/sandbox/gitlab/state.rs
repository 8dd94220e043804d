//! What GitLab keeps and GitHub does not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Edition, GitLab};
use crate::sandbox::accounts::AccountId;
use crate::sandbox::apps::{self, Key};
use crate::sandbox::git::Sha;
use crate::sandbox::repositories::RepositoryId;

/// A project and the number of a merge request in it.
pub(crate) type RequestId = (RepositoryId, u64);

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) gitlab: GitLab,
    /// The service account of the gate.
    pub(crate) bot: AccountId,
    pub(crate) bot_token: String,
    pub(crate) tokens: BTreeMap<String, Token>,
    /// `whsec_…`: key of the HMAC on webhooks.
    pub(crate) signing_token: String,
    /// Sent as it is with webhooks.
    pub(crate) secret_token: String,
    pub(crate) secrets: Secrets,
    pub(crate) hook_url: Option<String>,
    /// What the beginning of an address means in this GitLab's network.
    pub(crate) resolved: BTreeMap<String, String>,
    pub(crate) hooks: BTreeMap<u64, Hook>,
    /// Roles given in a group, subgroup or project, by its number.
    pub(crate) levels: BTreeMap<(u64, AccountId), u64>,
    /// States of accounts that are not active.
    pub(crate) states: BTreeMap<AccountId, &'static str>,
    /// States of memberships that are not active, by group.
    pub(crate) memberships: BTreeMap<(u64, AccountId), &'static str>,
    pub(crate) projects: BTreeMap<RepositoryId, Project>,
    pub(crate) requests: BTreeMap<RequestId, MergeRequest>,
    pub(crate) pipelines: Vec<Pipeline>,
    pub(crate) jobs: Vec<Job>,
    /// Jobs that wait for a runner.
    pub(crate) to_run: VecDeque<u64>,
    /// Jobs that a runner has.
    pub(crate) running: usize,
    /// Signs the id tokens of jobs.
    pub(crate) key: Option<Key>,
}

impl State {
    /// `None` if no key can be made.
    pub(crate) fn new(gitlab: GitLab) -> Option<Self> {
        let secrets = if gitlab.since(19, 0) { Secrets::Signing } else { Secrets::Token };
        Some(Self { gitlab, secrets, key: Some(apps::key(0)?), ..Self::default() })
    }

    pub(crate) fn request(&self, id: RequestId) -> Option<&MergeRequest> {
        self.requests.get(&id)
    }

    /// The record of a merge request; made when it is opened.
    pub(crate) fn request_mut(&mut self, id: RequestId) -> &mut MergeRequest {
        self.requests.entry(id).or_default()
    }

    pub(crate) fn project_mut(&mut self, id: RepositoryId) -> &mut Project {
        self.projects.entry(id).or_default()
    }

    /// A switch of a project; off if nobody ever touched it.
    pub(crate) fn is_set(&self, project: RepositoryId, setting: &str) -> bool {
        let found = self.projects.get(&project).and_then(|project| project.settings.get(setting));
        found.is_some_and(|value| *value == Value::Bool(true))
    }

    /// A switch of a project's approval settings.
    pub(crate) fn approvals_are(&self, project: RepositoryId, setting: &str) -> bool {
        let found = self.projects.get(&project).and_then(|project| project.approvals.get(setting));
        found.is_some_and(|value| *value == Value::Bool(true))
    }

    pub(crate) fn pipeline(&self, id: u64) -> Option<&Pipeline> {
        self.pipelines.iter().find(|pipeline| pipeline.id == id)
    }

    pub(crate) fn job(&self, id: u64) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    pub(crate) fn job_mut(&mut self, id: u64) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id)
    }

    /// The jobs that count in a pipeline: the newest of each name.
    pub(crate) fn jobs_of(&self, pipeline: u64) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(move |job| job.pipeline == pipeline && !job.retried)
    }
}

/// How the hooks of [`crate::sandbox::Sandbox::webhooks_to`] show that they are GitLab's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Secrets {
    /// By a signature (since 19.0).
    #[default]
    Signing,
    /// By a secret sent along.
    Token,
    /// By both.
    Both,
}

/// A personal access token, or a bot's.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) id: u64,
    pub(crate) user: AccountId,
    pub(crate) scopes: Vec<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) revoked: bool,
}

/// A webhook, of a project or of a group.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) id: u64,
    pub(crate) uuid: String,
    pub(crate) project: Option<RepositoryId>,
    pub(crate) group: Option<u64>,
    pub(crate) url: String,
    pub(crate) token: Option<String>,
    pub(crate) signing_token: Option<String>,
    /// `push_events`, … with whether they are sent, and what else the API shows.
    pub(crate) settings: Map<String, Value>,
    pub(crate) created_at: Timestamp,
    /// Answers in a row that were errors.
    pub(crate) failures: u32,
    pub(crate) disabled_until: Option<Timestamp>,
    /// Disabled until somebody tests it with success.
    pub(crate) disabled: bool,
}

#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) settings: Map<String, Value>,
    pub(crate) approvals: Map<String, Value>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) protected: Vec<ProtectedBranch>,
    pub(crate) status_checks: Vec<StatusCheck>,
    pub(crate) verdict: Option<super::story::VerdictJob>,
}

impl Default for Project {
    fn default() -> Self {
        let map = |value: Value| value.as_object().cloned().unwrap_or_default();
        let settings = json!({
            "only_allow_merge_if_pipeline_succeeds": false,
            "allow_merge_on_skipped_pipeline": null,
            "only_allow_merge_if_all_discussions_are_resolved": false,
            "only_allow_merge_if_all_status_checks_passed": false,
            "remove_source_branch_after_merge": true,
            "merge_method": "merge",
            "squash_option": "default_off",
            "merge_pipelines_enabled": false,
            "merge_trains_enabled": false,
            "ci_config_path": "",
            "builds_access_level": "enabled",
            "merge_requests_access_level": "enabled",
        });
        let approvals = json!({
            "approvals_before_merge": 0,
            "reset_approvals_on_push": true,
            "selective_code_owner_removals": false,
            "disable_overriding_approvers_per_merge_request": false,
            "merge_requests_author_approval": false,
            "merge_requests_disable_committers_approval": false,
            "require_password_to_approve": false,
            "require_reauthentication_to_approve": false,
        });
        Self {
            settings: map(settings),
            approvals: map(approvals),
            rules: Vec::new(),
            protected: Vec::new(),
            status_checks: Vec::new(),
            verdict: None,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// `regular`, `any_approver` for one that names nobody, or `report_approver` for one that a policy made.
    pub(crate) kind: String,
    pub(crate) approvals_required: u64,
    pub(crate) users: Vec<AccountId>,
    pub(crate) groups: Vec<u64>,
    /// Numbers of the protected branches it holds for; all branches when empty.
    pub(crate) branches: Vec<u64>,
    pub(crate) all_protected: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct ProtectedBranch {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) push_level: u64,
    pub(crate) merge_level: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct StatusCheck {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) branches: Vec<u64>,
    pub(crate) has_secret: bool,
    /// What was answered, by merge request and head.
    pub(crate) answers: BTreeMap<(u64, Sha), String>,
}

#[derive(Debug, Default)]
pub(crate) struct MergeRequest {
    /// Oldest first.
    pub(crate) versions: Vec<Version>,
    pub(crate) approvals: Vec<Approval>,
    /// What those who were asked for a review said, or did not yet.
    pub(crate) reviewers: BTreeMap<AccountId, &'static str>,
    pub(crate) activity: Vec<SystemNote>,
    /// Notes that only members see.
    pub(crate) internal: BTreeSet<u64>,
    /// Rules of this merge request alone.
    pub(crate) rules: Vec<Rule>,
}

/// What the server recorded at a push: a state of the difference.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) id: u64,
    pub(crate) head: Sha,
    pub(crate) base: Sha,
    pub(crate) start: Sha,
    pub(crate) created_at: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct Approval {
    pub(crate) user: AccountId,
    pub(crate) at: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct SystemNote {
    pub(crate) id: u64,
    pub(crate) author: AccountId,
    pub(crate) body: String,
    pub(crate) at: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    pub(crate) id: u64,
    pub(crate) iid: u64,
    pub(crate) project: RepositoryId,
    pub(crate) sha: Sha,
    /// The head that a merged result was made of.
    pub(crate) source_sha: Option<Sha>,
    /// A branch, or `refs/merge-requests/N/head`.
    pub(crate) reference: String,
    /// `push`, `external`, `merge_request_event`, …
    pub(crate) source: &'static str,
    pub(crate) request: Option<RequestId>,
    pub(crate) user: AccountId,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// A job of a pipeline: run by CI, or reported from outside as a commit status.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: u64,
    pub(crate) pipeline: u64,
    pub(crate) name: String,
    pub(crate) stage: String,
    /// True for a commit status.
    pub(crate) external: bool,
    pub(crate) status: String,
    pub(crate) user: AccountId,
    pub(crate) reference: String,
    pub(crate) target_url: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) finished_at: Option<Timestamp>,
    /// A newer job of this name took its place.
    pub(crate) retried: bool,
    /// What it printed.
    pub(crate) log: String,
}

/// Settings by which a hook says which events it wants.
pub(crate) const HOOK_EVENTS: [&str; 16] = [
    "push_events",
    "tag_push_events",
    "merge_requests_events",
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "confidential_note_events",
    "pipeline_events",
    "job_events",
    "wiki_page_events",
    "deployment_events",
    "releases_events",
    "feature_flag_events",
    "resource_access_token_events",
    "member_events",
    "subgroup_events",
];

/// Whether the instance has hooks on groups.
pub(crate) fn has_group_hooks(gitlab: &GitLab) -> bool {
    gitlab.edition >= Edition::Premium
}
