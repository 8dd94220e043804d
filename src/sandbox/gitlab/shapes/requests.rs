//! Merge requests, their versions, notes and approvals; pipelines and jobs.

use serde_json::{Value, json};

use super::time;
use crate::sandbox::accounts::AccountId;
use crate::sandbox::gitlab::state::{Job, Pipeline, RequestId, Version};
use crate::sandbox::pulls::{Prose, Pull, PullState};
use crate::sandbox::shapes::extend;
use crate::sandbox::world::World;

/// One note, from people or from the system.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Note {
    pub(in crate::sandbox) id: u64,
    pub(in crate::sandbox) author: AccountId,
    pub(in crate::sandbox) body: Prose,
    pub(in crate::sandbox) system: bool,
    pub(in crate::sandbox) internal: bool,
    /// On a line of the difference.
    pub(in crate::sandbox) diff: bool,
}

/// `opened`, `closed`, `merged`, and the number that hooks give it.
pub(in crate::sandbox::gitlab) fn state_of(pull: &Pull) -> (&'static str, u8) {
    match pull.state {
        PullState::Open => ("opened", 1),
        PullState::Closed => ("closed", 2),
        PullState::Merged => ("merged", 3),
    }
}

/// The title, which says of a draft that it is one.
pub(in crate::sandbox::gitlab) fn title_of(pull: &Pull) -> String {
    if pull.draft { format!("Draft: {}", pull.title) } else { pull.title.clone() }
}

impl World {
    /// All notes of a merge request, oldest first.
    pub(in crate::sandbox::gitlab) fn notes(&self, id: RequestId) -> Vec<Note> {
        let Some(pull) = self.pull(id.0, id.1) else { return Vec::new() };
        let request = self.gitlab.request(id);
        let internal = |note: u64| request.is_some_and(|request| request.internal.contains(&note));
        let people = |id: u64, author, body: &Prose, diff| Note {
            id,
            author,
            body: body.clone(),
            system: false,
            internal: internal(id),
            diff,
        };
        let conversation = pull.comments.iter().map(|one| people(one.id, one.author, &one.body, false));
        let on_lines = pull.line_comments.iter().map(|one| people(one.id, one.author, &one.body, true));
        let of_system = request.into_iter().flat_map(|request| &request.activity).map(|one| Note {
            id: one.id,
            author: one.author,
            body: Prose::new(&one.body, one.at),
            system: true,
            internal: false,
            diff: false,
        });
        let mut notes: Vec<Note> = conversation.chain(on_lines).chain(of_system).collect();
        notes.sort_by_key(|note| (note.body.created_at, note.id));
        notes
    }

    pub(in crate::sandbox::gitlab) fn note_json(&self, id: RequestId, note: &Note) -> Value {
        let request = self.pull(id.0, id.1).map(|pull| pull.id);
        json!({
            "id": note.id,
            "type": note.diff.then_some("DiffNote"),
            "body": note.body.text,
            "author": self.user_json(note.author),
            "created_at": time(note.body.created_at),
            "updated_at": time(note.body.updated_at),
            "system": note.system,
            "noteable_id": request,
            "noteable_type": "MergeRequest",
            "project_id": id.0,
            "resolvable": false,
            "confidential": note.internal,
            "internal": note.internal,
            "imported": false,
            "imported_from": "none",
            "noteable_iid": id.1,
            "commands_changes": {},
        })
    }

    /// A merge request as lists show it.
    pub(in crate::sandbox::gitlab) fn request_json(&self, pull: &Pull) -> Value {
        let id = (pull.repository, pull.number);
        let path = self.project_path(pull.repository);
        let users = |ids: &[AccountId]| ids.iter().map(|user| self.user_json(*user)).collect::<Vec<_>>();
        let reviewers: Vec<AccountId> =
            self.gitlab.request(id).map(|one| one.reviewers.keys().copied().collect()).unwrap_or_default();
        let merged = pull.state == PullState::Merged;
        let status = self.detailed_merge_status(id);
        let mut shown = json!({
            "id": pull.id,
            "iid": pull.number,
            "project_id": pull.repository,
            "title": title_of(pull),
            "description": pull.has_body.then_some(&pull.body.text),
            "state": state_of(pull).0,
            "created_at": time(pull.created_at),
            "updated_at": time(pull.updated_at),
            "merged_by": pull.merged_by.map(|user| self.user_json(user)),
            "merge_user": pull.merged_by.map(|user| self.user_json(user)),
            "merged_at": pull.closed_at.filter(|_| merged).map(time),
            "closed_by": null,
            "closed_at": pull.closed_at.filter(|_| !merged).map(time),
            "target_branch": pull.base_branch,
            "source_branch": pull.head_branch,
            "user_notes_count": pull.comments.len() + pull.line_comments.len(),
            "upvotes": 0,
            "downvotes": 0,
            "author": self.user_json(pull.author),
            "assignees": users(&pull.assignees),
            "assignee": pull.assignees.first().map(|user| self.user_json(*user)),
            "reviewers": users(&reviewers),
            "source_project_id": pull.head_repository,
            "target_project_id": pull.repository,
            "labels": pull.labels,
            "draft": pull.draft,
            "imported": false,
            "imported_from": "none",
            "work_in_progress": pull.draft,
            "milestone": null,
            "merge_when_pipeline_succeeds": pull.auto_merge.is_some(),
            "merge_status": if status == "mergeable" { "can_be_merged" } else { "checking" },
            "detailed_merge_status": status,
            "merge_after": null,
            "sha": pull.head,
            "merge_commit_sha": pull.merge_commit,
            "squash_commit_sha": null,
        });
        let rest = json!({
            "discussion_locked": null,
            "should_remove_source_branch": null,
            "force_remove_source_branch": true,
            "prepared_at": time(pull.created_at),
            "reference": format!("!{}", pull.number),
            "references": { "short": format!("!{}", pull.number), "relative": format!("!{}", pull.number), "full": format!("{path}!{}", pull.number) },
            "web_url": format!("{}/{path}/-/merge_requests/{}", self.url, pull.number),
            "time_stats": { "time_estimate": 0, "total_time_spent": 0, "human_time_estimate": null, "human_total_time_spent": null },
            "squash": false,
            "squash_on_merge": false,
            "task_completion_status": { "count": 0, "completed_count": 0 },
            "has_conflicts": false,
            "blocking_discussions_resolved": true,
        });
        extend(&mut shown, rest);
        shown
    }

    /// A merge request alone.
    pub(in crate::sandbox::gitlab) fn request_json_whole(&self, pull: &Pull) -> Value {
        let id = (pull.repository, pull.number);
        let mut shown = self.request_json(pull);
        let last = self.gitlab.request(id).and_then(|request| request.versions.last());
        let refs = last.map(|last| json!({ "base_sha": last.base, "head_sha": last.head, "start_sha": last.start }));
        let pipeline = self.head_pipeline(id);
        let more = json!({
            "subscribed": true,
            "changes_count": self.pull_files(pull).len().to_string(),
            "latest_build_started_at": null,
            "latest_build_finished_at": null,
            "first_deployed_to_production_at": null,
            "pipeline": pipeline.map(|one| self.pipeline_json(one)),
            "head_pipeline": pipeline.map(|one| self.pipeline_json_whole(one)),
            "diff_refs": refs,
            "merge_error": null,
            "first_contribution": false,
            "user": { "can_merge": true },
        });
        extend(&mut shown, more);
        shown
    }

    pub(in crate::sandbox::gitlab) fn version_json(&self, id: RequestId, version: &Version) -> Value {
        json!({
            "id": version.id,
            "head_commit_sha": version.head,
            "base_commit_sha": version.base,
            "start_commit_sha": version.start,
            "created_at": time(version.created_at),
            "merge_request_id": self.pull(id.0, id.1).map(|pull| pull.id),
            "state": "collected",
            "real_size": self.git.diff(Some(&version.base), &version.head).len().to_string(),
            "patch_id_sha": self.git.patch_id(&version.base, &version.head),
        })
    }

    /// The answer of `approvals`, as the edition has it.
    pub(in crate::sandbox::gitlab) fn approvals_json(&self, id: RequestId, caller: AccountId) -> Value {
        let Some(pull) = self.pull(id.0, id.1) else { return Value::Null };
        let given = self.gitlab.request(id).map(|request| request.approvals.as_slice()).unwrap_or_default();
        let tells_when = self.gitlab.gitlab.since(18, 5);
        let approved_by: Vec<Value> = given
            .iter()
            .map(|approval| {
                let mut shown = json!({ "user": self.user_json(approval.user) });
                if tells_when {
                    shown["approved_at"] = json!(time(approval.at));
                }
                shown
            })
            .collect();
        let own = json!({
            "user_has_approved": self.has_approved(id, caller),
            "user_can_approve": !self.has_approved(id, caller) && pull.is_open(),
            "approved": if self.gitlab.gitlab.has_premium() { self.is_approved(id) } else { !given.is_empty() },
            "approved_by": approved_by,
        });
        if !self.gitlab.gitlab.has_premium() {
            return own;
        }
        let rules = self.rules_for(id);
        let left = rules.iter().filter(|rule| !self.rule_approved(id, rule));
        let mut shown = json!({
            "id": pull.id,
            "iid": pull.number,
            "project_id": pull.repository,
            "title": title_of(pull),
            "description": pull.body.text,
            "state": state_of(pull).0,
            "created_at": time(pull.created_at),
            "updated_at": time(pull.updated_at),
            "merge_status": "can_be_merged",
            "approvals_required": rules.iter().map(|rule| rule.approvals_required).sum::<u64>(),
            "approvals_left": left.map(|rule| rule.approvals_required).sum::<u64>(),
            "require_password_to_approve": self.gitlab.approvals_are(id.0, "require_password_to_approve"),
            "suggested_approvers": [],
            "approvers": [],
            "approver_groups": [],
            "approval_rules_left": [],
            "has_approval_rules": !rules.is_empty(),
            "merge_request_approvers_available": true,
            "multiple_approval_rules_available": true,
            "invalid_approvers_rules": [],
        });
        extend(&mut shown, own);
        shown
    }

    pub(in crate::sandbox::gitlab) fn approval_state_json(&self, id: RequestId) -> Value {
        let Some(pull) = self.pull(id.0, id.1) else { return Value::Null };
        let given = self.gitlab.request(id).map(|request| request.approvals.as_slice()).unwrap_or_default();
        let rules = self.rules_for(id).into_iter().map(|rule| {
            let mut shown = self.rule_json(id.0, Some(pull), rule);
            let eligible = self.eligible(id.0, Some(pull), rule);
            let by = given.iter().filter(|one| rule.kind == "any_approver" || eligible.contains(&one.user));
            shown["approved_by"] = by.map(|one| self.user_json(one.user)).collect();
            shown["code_owner"] = json!(false);
            shown["approved"] = json!(self.rule_approved(id, rule));
            shown
        });
        let overwritten = self.gitlab.request(id).is_some_and(|request| !request.rules.is_empty());
        json!({ "approval_rules_overwritten": overwritten, "rules": rules.collect::<Vec<_>>() })
    }

    pub(in crate::sandbox::gitlab) fn pipeline_json(&self, pipeline: &Pipeline) -> Value {
        json!({
            "id": pipeline.id,
            "iid": pipeline.iid,
            "project_id": pipeline.project,
            "sha": pipeline.sha,
            "ref": pipeline.reference,
            "status": self.pipeline_status(pipeline.id),
            "source": pipeline.source,
            "created_at": time(pipeline.created_at),
            "updated_at": time(pipeline.updated_at),
            "web_url": format!("{}/{}/-/pipelines/{}", self.url, self.project_path(pipeline.project), pipeline.id),
        })
    }

    fn pipeline_json_whole(&self, pipeline: &Pipeline) -> Value {
        let mut shown = self.pipeline_json(pipeline);
        let more = json!({
            "name": null,
            "before_sha": crate::sandbox::git::NO_COMMIT,
            "tag": false,
            "yaml_errors": null,
            "user": self.user_json(pipeline.user),
            "started_at": null,
            "finished_at": null,
            "committed_at": null,
            "duration": null,
            "queued_duration": null,
            "coverage": null,
            "archived": false,
        });
        extend(&mut shown, more);
        shown
    }

    pub(in crate::sandbox::gitlab) fn status_json_of(&self, job: &Job) -> Value {
        json!({
            "id": job.id,
            "sha": self.gitlab.pipeline(job.pipeline).map(|pipeline| &pipeline.sha),
            "ref": job.reference,
            "status": job.status,
            "name": job.name,
            "target_url": job.target_url,
            "description": job.description,
            "created_at": time(job.created_at),
            "started_at": job.started_at.map(time),
            "finished_at": job.finished_at.map(time),
            "allow_failure": false,
            "coverage": null,
            "pipeline_id": job.pipeline,
            "author": self.user_json(job.user),
        })
    }

    pub(in crate::sandbox::gitlab) fn job_json(&self, job: &Job) -> Value {
        let pipeline = self.gitlab.pipeline(job.pipeline);
        let project = pipeline.map_or(0, |pipeline| pipeline.project);
        json!({
            "id": job.id,
            "status": job.status,
            "stage": job.stage,
            "name": job.name,
            "ref": job.reference,
            "tag": false,
            "coverage": null,
            "allow_failure": false,
            "created_at": time(job.created_at),
            "started_at": job.started_at.map(time),
            "finished_at": job.finished_at.map(time),
            "erased_at": null,
            "duration": null,
            "queued_duration": null,
            "user": self.user_json(job.user),
            "commit": pipeline.map(|pipeline| self.commit_rest_json(project, &pipeline.sha)),
            "pipeline": pipeline.map(|pipeline| self.pipeline_json(pipeline)),
            "web_url": format!("{}/{}/-/jobs/{}", self.url, self.project_path(project), job.id),
            "project": { "ci_job_token_scope_enabled": false },
            "artifacts": [],
            "runner": null,
            "artifacts_expire_at": null,
            "archived": false,
            "tag_list": [],
        })
    }
}
