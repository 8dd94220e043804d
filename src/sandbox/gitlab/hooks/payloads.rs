//! The payload of each event. Key names follow <https://docs.gitlab.com/user/project/integrations/webhook_events/>.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Told;
use crate::sandbox::accounts::AccountId;
use crate::sandbox::git::NO_COMMIT;
use crate::sandbox::gitlab::shapes::{state_of, title_of};
use crate::sandbox::gitlab::state::RequestId;
use crate::sandbox::pulls::{Prose, Pull};
use crate::sandbox::repositories::{Repository, RepositoryId};
use crate::sandbox::shapes::extend;
use crate::sandbox::world::{Pushed, World};

/// GitLab lists no more commits than this in one push, the newest ones.
const MAX_PUSHED_COMMITS: usize = 20;

/// A time as hooks write it.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

impl World {
    pub(in crate::sandbox::gitlab) fn hook_user(&self, id: AccountId) -> Value {
        let login = self.login(id);
        json!({
            "id": id,
            "name": login,
            "username": login,
            "avatar_url": format!("{}/uploads/-/system/user/avatar/{id}/avatar.png", self.url),
            "email": "[REDACTED]",
        })
    }

    pub(in crate::sandbox::gitlab) fn hook_label(&self, project: RepositoryId, name: &str) -> Value {
        let at = time(self.now());
        json!({
            "id": project + 1_000_000,
            "title": name,
            "color": "#dc143c",
            "project_id": project,
            "created_at": at,
            "updated_at": at,
            "template": false,
            "description": null,
            "type": "ProjectLabel",
            "group_id": null,
        })
    }

    fn hook_project(&self, project: &Repository) -> Value {
        let path = self.full_name(project);
        let web = format!("{}/{path}", self.url);
        let ssh = format!("git@{}:{path}.git", self.url.trim_start_matches("http://"));
        let http = format!("{web}.git");
        let settings = self.gitlab.projects.get(&project.id).map(|one| &one.settings);
        json!({
            "id": project.id,
            "name": project.name.rsplit('/').next(),
            "description": null,
            "web_url": web,
            "avatar_url": null,
            "git_ssh_url": ssh,
            "git_http_url": http,
            "namespace": path.rsplit_once('/').map(|(above, _)| above),
            "visibility_level": if project.private { 0 } else { 20 },
            "path_with_namespace": path,
            "default_branch": project.default_branch,
            "ci_config_path": settings.and_then(|settings| settings.get("ci_config_path")),
            "homepage": web,
            "url": ssh,
            "ssh_url": ssh,
            "http_url": http,
        })
    }

    /// As CI shows it: without the names that older versions gave to addresses.
    fn hook_project_of_ci(&self, project: &Repository) -> Value {
        let mut shown = self.hook_project(project);
        if let Some(shown) = shown.as_object_mut() {
            for older in ["homepage", "url", "ssh_url", "http_url"] {
                shown.remove(older);
            }
        }
        shown
    }

    fn hook_repository(&self, project: &Repository) -> Value {
        let full = self.hook_project(project);
        json!({ "name": full["name"], "url": full["url"], "description": null, "homepage": full["homepage"] })
    }

    fn hook_commit(&self, project: &Repository, sha: &str) -> Value {
        let Some(commit) = self.git.commit(sha) else { return Value::Null };
        json!({
            "id": sha,
            "message": commit.message,
            "title": commit.message.lines().next(),
            "timestamp": commit.author.at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
            "url": format!("{}/{}/-/commit/{sha}", self.url, self.full_name(project)),
            "author": { "name": commit.author.name, "email": commit.author.email },
        })
    }

    /// A merge request as hooks show it.
    fn hook_request(&self, home: &Repository, pull: &Pull) -> Value {
        let id = (pull.repository, pull.number);
        let path = self.full_name(home);
        let source = pull.head_repository.and_then(|source| self.repositories.get(&source));
        let reviewers = self.gitlab.request(id).map(|request| request.reviewers.keys().collect::<Vec<_>>());
        let (state, state_id) = state_of(pull);
        let mut shown = json!({
            "assignee_id": pull.assignees.first(),
            "assignee_ids": pull.assignees,
            "author_id": pull.author,
            "blocking_discussions_resolved": true,
            "created_at": time(pull.created_at),
            "description": pull.body.text,
            "detailed_merge_status": self.detailed_merge_status(id),
            "draft": pull.draft,
            "first_contribution": false,
            "head_pipeline_id": self.head_pipeline(id).map(|pipeline| pipeline.id),
            "human_time_change": null,
            "human_time_estimate": null,
            "human_total_time_spent": null,
            "id": pull.id,
            "iid": pull.number,
            "labels": pull.labels.iter().map(|label| self.hook_label(pull.repository, label)).collect::<Vec<_>>(),
            "last_commit": self.hook_commit(home, &pull.head),
            "last_edited_at": pull.body.edited_at.map(time),
            "last_edited_by_id": pull.body.editor,
            "merge_commit_sha": pull.merge_commit,
            "merge_error": null,
            "merge_params": {},
            "merge_status": "can_be_merged",
            "merge_user_id": pull.merged_by,
            "merge_when_pipeline_succeeds": pull.auto_merge.is_some(),
            "milestone_id": null,
            "reviewer_ids": reviewers.unwrap_or_default(),
        });
        let more = json!({
            "source": source.map(|source| self.hook_project(source)),
            "source_branch": pull.head_branch,
            "source_project_id": pull.head_repository,
            "state": state,
            "state_id": state_id,
            "target": self.hook_project(home),
            "target_branch": pull.base_branch,
            "target_project_id": pull.repository,
            "time_change": 0,
            "time_estimate": 0,
            "title": title_of(pull),
            "total_time_spent": 0,
            "updated_at": time(pull.updated_at),
            "updated_by_id": null,
            "url": format!("{}/{path}/-/merge_requests/{}", self.url, pull.number),
            "work_in_progress": pull.draft,
        });
        extend(&mut shown, more);
        shown
    }

    /// Tells what happened to a merge request. `extra` goes beside its attributes.
    pub(in crate::sandbox::gitlab) fn emit_request(
        &mut self,
        id: RequestId,
        actor: AccountId,
        action: &str,
        extra: Value,
        changes: &Value,
    ) {
        let Some((home, pull)) = self.repositories.get(&id.0).zip(self.pull(id.0, id.1)) else { return };
        let mut attributes = self.hook_request(home, pull);
        attributes["action"] = json!(action);
        extend(&mut attributes, extra);
        let assignees: Vec<Value> = pull.assignees.iter().map(|user| self.hook_user(*user)).collect();
        let reviewers = self.gitlab.request(id).map(|request| &request.reviewers);
        let reviewer = |(user, state): (&AccountId, &&'static str)| {
            let mut shown = self.hook_user(*user);
            extend(&mut shown, json!({ "state": state, "re_requested": false }));
            if let Some(shown) = shown.as_object_mut() {
                shown.remove("email");
            }
            shown
        };
        let reviewers: Vec<Value> = reviewers.into_iter().flatten().map(reviewer).collect();
        let body = json!({
            "object_kind": "merge_request",
            "event_type": "merge_request",
            "user": self.hook_user(actor),
            "project": self.hook_project(home),
            "object_attributes": attributes,
            "labels": attributes["labels"],
            "changes": changes,
            "repository": self.hook_repository(home),
            "assignees": assignees,
            "reviewers": reviewers,
        });
        let (setting, header) = ("merge_requests_events", "Merge Request Hook");
        let told = Told { setting, header, kind: "merge_request", action: Some(action.to_owned()), body };
        self.tell_project(id.0, &told);
    }

    /// Tells of a note on a merge request; `diff` for one on a line.
    pub(crate) fn emit_note(&mut self, action: &str, id: RequestId, note: u64, actor: AccountId) {
        let Some((home, pull)) = self.repositories.get(&id.0).zip(self.pull(id.0, id.1)) else { return };
        let conversation = pull.comments.iter().map(|one| (one.id, one.author, &one.body, false));
        let on_lines = pull.line_comments.iter().map(|one| (one.id, one.author, &one.body, true));
        let Some((_, author, body, diff)) = conversation.chain(on_lines).find(|(id, ..)| *id == note) else { return };
        let internal = self.gitlab.request(id).is_some_and(|request| request.internal.contains(&note));
        let attributes = self.hook_note(home, pull, (note, author, body), diff, internal);
        let mut payload = json!({
            "object_kind": "note",
            "event_type": if internal { "confidential_note" } else { "note" },
            "user": self.hook_user(actor),
            "project_id": home.id,
            "project": self.hook_project(home),
            "object_attributes": attributes,
            "repository": self.hook_repository(home),
            "merge_request": self.hook_request(home, pull),
        });
        if self.gitlab.gitlab.since(16, 11) {
            payload["object_attributes"]["action"] = json!(action);
        }
        let (setting, header) = if internal {
            ("confidential_note_events", "Confidential Note Hook")
        } else {
            ("note_events", "Note Hook")
        };
        let told = Told { setting, header, kind: "note", action: Some(action.to_owned()), body: payload };
        self.tell_project(id.0, &told);
    }

    fn hook_note(
        &self,
        home: &Repository,
        pull: &Pull,
        (note, author, body): (u64, AccountId, &Prose),
        diff: bool,
        internal: bool,
    ) -> Value {
        json!({
            "attachment": null,
            "author_id": author,
            "change_position": null,
            "commit_id": null,
            "created_at": time(body.created_at),
            "description": body.text,
            "discussion_id": format!("{:040x}", note),
            "id": note,
            "internal": internal,
            "line_code": null,
            "note": body.text,
            "noteable_id": pull.id,
            "noteable_type": "MergeRequest",
            "original_position": null,
            "position": null,
            "project_id": home.id,
            "resolved_at": null,
            "resolved_by_id": null,
            "resolved_by_push": null,
            "st_diff": null,
            "system": false,
            "type": diff.then_some("DiffNote"),
            "updated_at": time(body.updated_at),
            "updated_by_id": body.editor,
            "url": format!("{}/{}/-/merge_requests/{}#note_{note}", self.url, self.full_name(home), pull.number),
        })
    }

    pub(crate) fn gitlab_push(&mut self, pushed: &Pushed) {
        let Some(home) = self.repositories.get(&pushed.repository) else { return };
        let is_tag = pushed.reference.starts_with("refs/tags/");
        let tip = home.branch(&home.default_branch).filter(|tip| **tip != pushed.after).cloned();
        let since = if pushed.before == NO_COMMIT { tip.unwrap_or_default() } else { pushed.before.clone() };
        let gone = pushed.after == NO_COMMIT;
        let commits = if gone { Vec::new() } else { self.git.between(&since, &pushed.after) };
        let listed = commits.iter().skip(commits.len().saturating_sub(MAX_PUSHED_COMMITS)).map(|sha| {
            let mut shown = self.hook_commit(home, sha);
            let touched = self.pushed_commit_json(home, sha);
            for name in ["added", "modified", "removed"] {
                shown[name] = touched[name].clone();
            }
            shown
        });
        let kind = if is_tag { "tag_push" } else { "push" };
        let mut body = json!({
            "object_kind": kind,
            "event_name": kind,
            "before": pushed.before,
            "after": pushed.after,
            "ref": pushed.reference,
            "ref_protected": pushed.reference == format!("refs/heads/{}", home.default_branch),
            "checkout_sha": (!gone).then_some(&pushed.after),
            "message": null,
            "user_id": pushed.actor,
            "user_name": self.login(pushed.actor),
            "user_username": self.login(pushed.actor),
            "user_email": "",
            "user_avatar": null,
            "project_id": home.id,
            "project": self.hook_project(home),
            "commits": listed.collect::<Vec<_>>(),
            "total_commits_count": commits.len(),
            "push_options": {},
        });
        let mut repository = self.hook_repository(home);
        let project = self.hook_project(home);
        let more = json!({ "git_http_url": project["git_http_url"], "git_ssh_url": project["git_ssh_url"],
            "visibility_level": project["visibility_level"] });
        extend(&mut repository, more);
        body["repository"] = repository;
        let (setting, header) =
            if is_tag { ("tag_push_events", "Tag Push Hook") } else { ("push_events", "Push Hook") };
        self.tell_project(pushed.repository, &Told { setting, header, kind, action: None, body });
    }

    pub(in crate::sandbox::gitlab) fn emit_pipeline(&mut self, id: u64) {
        let Some(pipeline) = self.gitlab.pipeline(id) else { return };
        let Some(home) = self.repositories.get(&pipeline.project) else { return };
        let status = self.pipeline_status(id);
        let jobs: Vec<Value> = self
            .gitlab
            .jobs_of(id)
            .map(|job| {
                json!({ "id": job.id, "stage": job.stage, "name": job.name, "status": job.status,
                "created_at": time(job.created_at), "started_at": job.started_at.map(time),
                "finished_at": job.finished_at.map(time), "duration": null, "queued_duration": null,
                "failure_reason": null, "when": "on_success", "manual": false, "allow_failure": false,
                "user": self.hook_user(job.user), "runner": null, "artifacts_file": { "filename": null, "size": null },
                "environment": null })
            })
            .collect();
        let request = pipeline.request.and_then(|id| self.pull(id.0, id.1));
        let request = request.map(|pull| {
            let full = self.hook_request(home, pull);
            let keys = [
                "id",
                "iid",
                "title",
                "source_branch",
                "source_project_id",
                "target_branch",
                "target_project_id",
                "state",
                "merge_status",
                "detailed_merge_status",
                "url",
            ];
            keys.iter().map(|key| ((*key).to_owned(), full[*key].clone())).collect::<Value>()
        });
        let body = json!({
            "object_kind": "pipeline",
            "object_attributes": {
                "id": id, "iid": pipeline.iid, "name": null, "ref": pipeline.reference, "tag": false,
                "sha": pipeline.sha, "before_sha": NO_COMMIT, "source": pipeline.source, "status": status,
                "detailed_status": status, "stages": ["test"], "created_at": time(pipeline.created_at),
                "finished_at": null, "duration": null, "queued_duration": null, "protected_ref": false, "variables": [],
                "url": format!("{}/{}/-/pipelines/{id}", self.url, self.full_name(home)),
            },
            "merge_request": request,
            "user": self.hook_user(pipeline.user),
            "project": self.hook_project_of_ci(home),
            "commit": self.hook_commit(home, &pipeline.sha),
            "builds": jobs,
        });
        let (project, setting) = (pipeline.project, "pipeline_events");
        self.tell_project(project, &Told { setting, header: "Pipeline Hook", kind: "pipeline", action: None, body });
    }

    pub(in crate::sandbox::gitlab) fn emit_job(&mut self, id: u64) {
        let Some(job) = self.gitlab.job(id) else { return };
        let Some(pipeline) = self.gitlab.pipeline(job.pipeline) else { return };
        let Some(home) = self.repositories.get(&pipeline.project) else { return };
        let commit = self.git.commit(&pipeline.sha);
        let body = json!({
            "object_kind": "build",
            "ref": job.reference,
            "tag": false,
            "before_sha": NO_COMMIT,
            "sha": pipeline.sha,
            "retries_count": self.gitlab.jobs.iter().filter(|one| one.pipeline == job.pipeline && one.name == job.name && one.retried).count(),
            "build_id": job.id,
            "build_name": job.name,
            "build_stage": job.stage,
            "build_status": job.status,
            "build_created_at": time(job.created_at),
            "build_started_at": job.started_at.map(time),
            "build_finished_at": job.finished_at.map(time),
            "build_duration": null,
            "build_queued_duration": null,
            "build_allow_failure": false,
            "build_failure_reason": "unknown_failure",
            "pipeline_id": job.pipeline,
            "runner": null,
            "project_id": home.id,
            "project_name": self.full_name(home),
            "user": self.hook_user(job.user),
            "commit": {
                "id": job.pipeline, "name": null, "sha": pipeline.sha,
                "message": commit.map(|commit| &commit.message), "author_name": commit.map(|commit| &commit.author.name),
                "author_email": commit.map(|commit| &commit.author.email), "author_url": null,
                "status": self.pipeline_status(job.pipeline), "duration": null, "started_at": null, "finished_at": null,
            },
            "repository": self.hook_repository(home),
            "project": self.hook_project_of_ci(home),
            "environment": null,
            "source_pipeline": null,
        });
        let project = pipeline.project;
        self.tell_project(
            project,
            &Told { setting: "job_events", header: "Job Hook", kind: "build", action: None, body },
        );
    }

    /// Somebody joined a group or a subgroup, left it, or has another role.
    pub(crate) fn emit_group_member(&mut self, event: &'static str, group: u64, user: AccountId) {
        let team = self.accounts.teams.get(&group);
        let (name, path) = team.map_or_else(
            || (self.login(group).to_owned(), self.login(group).to_owned()),
            |team| (team.name.clone(), team.slug.clone()),
        );
        let access = match self.group_level(group, user) {
            50.. => "Owner",
            40..50 => "Maintainer",
            30..40 => "Developer",
            20..30 => "Reporter",
            _ => "Guest",
        };
        let at = self.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let login = self.login(user);
        let body = json!({
            "created_at": at, "updated_at": at, "group_name": name, "group_path": path, "group_id": group,
            "user_username": login, "user_name": login, "user_email": "[REDACTED]", "user_id": user,
            "group_access": access, "group_plan": null, "expires_at": null, "event_name": event,
        });
        let told = Told { setting: "member_events", header: "Member Hook", kind: event, action: None, body };
        self.tell_group(group, &told);
    }

    /// A token of a bot is about to expire.
    pub(crate) fn emit_expiring_token(
        &mut self,
        project: RepositoryId,
        token: u64,
        user: AccountId,
        expires: Timestamp,
    ) {
        let Some(home) = self.repositories.get(&project) else { return };
        let body = json!({
            "object_kind": "access_token",
            "project": self.hook_project(home),
            "object_attributes": {
                "user_id": user, "created_at": time(self.now()), "id": token, "name": self.login(user),
                "expires_at": expires.strftime("%Y-%m-%d").to_string(),
            },
            "event_name": "expiring_access_token",
        });
        let (setting, header) = ("resource_access_token_events", "Resource Access Token Hook");
        let told = Told { setting, header, kind: "access_token", action: None, body };
        self.tell_project(project, &told);
    }
}
