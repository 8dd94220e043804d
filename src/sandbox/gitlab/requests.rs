//! Merge requests: versions, approvals, reviewers, and the notes that the system writes about them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::state::{Approval, RequestId, SystemNote, Version};
use crate::sandbox::accounts::AccountId;
use crate::sandbox::git::Sha;
use crate::sandbox::pulls::{Comment, Prose, Pull, ReviewState};
use crate::sandbox::world::World;

/// Why somebody cannot approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotApproved {
    /// Not allowed, or done already: both are 401.
    Unauthorized,
    /// The head is another commit by now.
    Outdated,
}

impl World {
    /// Records a state of the difference: opened, pushed to, or with another target.
    pub(super) fn record_version(&mut self, id: RequestId) {
        let Some(pull) = self.pull(id.0, id.1) else { return };
        let (head, start) = (pull.head.clone(), self.base_tip(pull));
        let base = self.git.merge_base(&start, &head).unwrap_or_else(|| start.clone());
        let version = Version { id: self.next_id(), head, base, start, created_at: self.now() };
        self.gitlab.request_mut(id).versions.push(version);
    }

    /// A note by which GitLab itself tells what somebody did.
    pub(super) fn system_note(&mut self, id: RequestId, author: AccountId, body: impl Into<String>) {
        let note = SystemNote { id: self.next_id(), author, body: body.into(), at: self.now() };
        self.gitlab.request_mut(id).activity.push(note);
    }

    /// "added 2 commits", as after a push that brings any.
    pub(super) fn note_commits(&mut self, id: RequestId, author: AccountId, before: &str, after: &str) {
        let commits = self.git.between(before, after);
        if commits.is_empty() {
            return;
        }
        let plural = if commits.len() == 1 { "" } else { "s" };
        let line = |sha: &Sha| {
            let title = self.git.commit(sha).and_then(|commit| commit.message.lines().next().map(str::to_owned));
            format!("<li>{} - {}</li>", short(sha), title.unwrap_or_default())
        };
        let list: String = commits.iter().map(line).collect();
        let path = self.repositories.get(&id.0).map(|project| self.full_name(project)).unwrap_or_default();
        let version = self.gitlab.request(id).and_then(|request| request.versions.last()).map_or(0, |last| last.id);
        let compare = format!("/{path}/-/merge_requests/{}/diffs?diff_id={version}&start_sha={before}", id.1);
        let body = format!(
            "added {} commit{plural}\n\n<ul>{list}</ul>\n\n[Compare with previous version]({compare})",
            commits.len()
        );
        self.system_note(id, author, body);
    }

    pub(crate) fn has_approved(&self, id: RequestId, user: AccountId) -> bool {
        self.gitlab.request(id).is_some_and(|request| request.approvals.iter().any(|one| one.user == user))
    }

    /// Whether project settings and roles let somebody approve.
    fn may_approve(&self, pull: &Pull, user: AccountId) -> bool {
        let project = pull.repository;
        let is_premium = self.gitlab.gitlab.has_premium();
        let author = pull.author == user && is_premium;
        let author_bars = author && !self.gitlab.approvals_are(project, "merge_requests_author_approval");
        let bars = is_premium && self.gitlab.approvals_are(project, "merge_requests_disable_committers_approval");
        let committed = || self.pull_commits(pull).iter().any(|sha| self.committer_is(sha, user));
        pull.is_open() && !author_bars && !(bars && committed())
    }

    pub(super) fn committer_is(&self, sha: &str, user: AccountId) -> bool {
        let commit = self.git.commit(sha);
        let account = commit.and_then(|commit| self.accounts.of_stamp(&commit.committer));
        account.is_some_and(|account| account.id == user)
    }

    /// Approves the head as it is now; with `sha`, only if it is that commit.
    pub(crate) fn approve(&mut self, user: AccountId, id: RequestId, sha: Option<&str>) -> Result<(), NotApproved> {
        let pull = self.pull(id.0, id.1).ok_or(NotApproved::Unauthorized)?;
        if sha.is_some_and(|sha| sha != pull.head) {
            return Err(NotApproved::Outdated);
        }
        if !self.may_approve(pull, user) || self.has_approved(id, user) {
            return Err(NotApproved::Unauthorized);
        }
        let at = self.clock.tick();
        let request = self.gitlab.request_mut(id);
        request.approvals.push(Approval { user, at });
        request.reviewers.insert(user, "approved");
        self.touch(id);
        self.system_note(id, user, "approved this merge request");
        let action = if self.is_approved(id) { "approved" } else { "approval" };
        self.emit_request(id, user, action, json!({}), &json!({}));
        self.merge_what_is_ready();
        Ok(())
    }

    /// Takes one's approval back; false if there is none.
    pub(crate) fn unapprove(&mut self, user: AccountId, id: RequestId) -> bool {
        if !self.has_approved(id, user) {
            return false;
        }
        self.clock.tick();
        let was_approved = self.is_approved(id);
        let request = self.gitlab.request_mut(id);
        request.approvals.retain(|one| one.user != user);
        request.reviewers.insert(user, "unapproved");
        self.touch(id);
        self.system_note(id, user, "unapproved this merge request");
        self.emit_unapproval(id, user, was_approved, json!({}));
        true
    }

    fn emit_unapproval(&mut self, id: RequestId, user: AccountId, was_approved: bool, extra: Value) {
        let has_rules = self.gitlab.gitlab.has_premium();
        let all = !has_rules || (was_approved && !self.is_approved(id));
        self.emit_request(id, user, if all { "unapproved" } else { "unapproval" }, extra, &json!({}));
    }

    /// A push takes all approvals away where the project wants it so; Free and Community have no such setting, and keep
    /// them.
    pub(super) fn reset_approvals(&mut self, id: RequestId, pusher: AccountId) {
        let resets = self.gitlab.gitlab.has_premium() && self.gitlab.approvals_are(id.0, "reset_approvals_on_push");
        if !resets || self.gitlab.request(id).is_none_or(|request| request.approvals.is_empty()) {
            return;
        }
        let was_approved = self.is_approved(id);
        let request = self.gitlab.request_mut(id);
        for approval in std::mem::take(&mut request.approvals) {
            request.reviewers.insert(approval.user, "unapproved");
        }
        let extra = json!({ "system": true, "system_action": "approvals_reset_on_push" });
        self.emit_unapproval(id, pusher, was_approved, extra);
    }

    pub(super) fn request_changes(&mut self, user: AccountId, id: RequestId) {
        self.unapprove(user, id);
        self.gitlab.request_mut(id).reviewers.insert(user, "requested_changes");
        self.touch(id);
        self.system_note(id, user, "requested changes");
        self.emit_request(id, user, "update", json!({}), &json!({}));
    }

    pub(super) fn touch(&mut self, id: RequestId) {
        let now = self.now();
        if let Some(pull) = self.pull_mut(id.0, id.1) {
            pull.updated_at = now;
        }
    }

    /// What the world tells of a merge request, in GitHub's words: recorded as GitLab has it, and told on.
    pub(crate) fn gitlab_pull(&mut self, action: &str, id: RequestId, actor: AccountId, extra: &Value) {
        match action {
            "opened" => {
                self.record_version(id);
                self.emit_request(id, actor, "open", json!({}), &json!({}));
                self.start_request_pipeline(id, actor);
            }
            "closed" => {
                let merged = self.pull(id.0, id.1).is_some_and(|pull| pull.merge_commit.is_some());
                let (note, action) = if merged { ("merged", "merge") } else { ("closed", "close") };
                self.system_note(id, actor, note);
                let states = if merged { (1, 3) } else { (1, 2) };
                let changes = json!({ "state_id": { "previous": states.0, "current": states.1 } });
                self.emit_request(id, actor, action, json!({}), &changes);
            }
            "reopened" => {
                let last = self.gitlab.request(id).and_then(|request| request.versions.last());
                let head = last.map(|last| last.head.clone());
                if self.pull(id.0, id.1).map(|pull| &pull.head) != head.as_ref() {
                    self.record_version(id);
                }
                self.system_note(id, actor, "reopened");
                let changes = json!({ "state_id": { "previous": 2, "current": 1 } });
                self.emit_request(id, actor, "reopen", json!({}), &changes);
            }
            "synchronize" => self.pushed_to(id, actor, extra),
            "edited" => self.edited(id, actor, &extra["changes"]),
            "ready_for_review" | "converted_to_draft" => {
                let draft = action == "converted_to_draft";
                let state = if draft { "draft" } else { "ready" };
                self.system_note(id, actor, format!("marked this merge request as **{state}**"));
                let changes = json!({ "draft": { "previous": !draft, "current": draft } });
                self.emit_request(id, actor, "update", json!({}), &changes);
            }
            "labeled" | "unlabeled" | "assigned" | "unassigned" => self.listed(action, id, actor, extra),
            "review_requested" => {
                if let Some(reviewer) = extra["requested_reviewer"]["id"].as_u64() {
                    self.gitlab.request_mut(id).reviewers.insert(reviewer, "unreviewed");
                    let name = self.login(reviewer).to_owned();
                    self.system_note(id, actor, format!("requested review from @{name}"));
                    let changes = json!({ "reviewers": { "previous": [], "current": [self.hook_user(reviewer)] } });
                    self.emit_request(id, actor, "update", json!({}), &changes);
                }
            }
            _ => {}
        }
    }

    fn pushed_to(&mut self, id: RequestId, actor: AccountId, extra: &Value) {
        let (before, after) = (extra["before"].as_str().unwrap_or(""), extra["after"].as_str().unwrap_or(""));
        self.record_version(id);
        self.note_commits(id, actor, before, after);
        self.emit_request(id, actor, "update", json!({ "oldrev": before }), &json!({}));
        self.reset_approvals(id, actor);
        self.start_request_pipeline(id, actor);
    }

    fn edited(&mut self, id: RequestId, actor: AccountId, changes: &Value) {
        let Some(pull) = self.pull(id.0, id.1) else { return };
        let (title, target) = (pull.title.clone(), pull.base_branch.clone());
        let mut told = serde_json::Map::new();
        if let Some(from) = changes["title"]["from"].as_str() {
            told.insert("title".to_owned(), json!({ "previous": from, "current": title }));
            self.system_note(id, actor, format!("changed title from **{from}** to **{title}**"));
        }
        if let Some(from) = changes["body"]["from"].as_str() {
            let current = self.pull(id.0, id.1).map(|pull| pull.body.text.clone());
            told.insert("description".to_owned(), json!({ "previous": from, "current": current }));
            self.system_note(id, actor, "changed the description");
        }
        if let Some(from) = changes["base"]["ref"]["from"].as_str() {
            told.insert("target_branch".to_owned(), json!({ "previous": from, "current": target }));
            self.record_version(id);
            self.system_note(id, actor, format!("changed target branch from `{from}` to `{target}`"));
            self.reset_approvals(id, actor);
        }
        self.emit_request(id, actor, "update", json!({}), &Value::Object(told));
    }

    fn listed(&mut self, action: &str, id: RequestId, actor: AccountId, extra: &Value) {
        let added = matches!(action, "labeled" | "assigned");
        let (key, one, words) = if let Some(assignee) = extra["assignee"]["id"].as_u64() {
            let verb = if added { "assigned to" } else { "unassigned" };
            ("assignees", self.hook_user(assignee), Some(format!("{verb} @{}", self.login(assignee))))
        } else {
            // Labels leave events of their own, no notes.
            let name = extra["label"]["name"].as_str().unwrap_or_default();
            ("labels", self.hook_label(id.0, name), None)
        };
        if let Some(words) = words {
            self.system_note(id, actor, words);
        }
        let (previous, current) = if added { (json!([]), json!([one])) } else { (json!([one]), json!([])) };
        self.emit_request(
            id,
            actor,
            "update",
            json!({}),
            &json!({ key: { "previous": previous, "current": current } }),
        );
    }
}

/// The first eight digits, as GitLab shortens commits.
pub(super) fn short(sha: &str) -> &str {
    sha.get(..8).unwrap_or(sha)
}

impl World {
    /// Writes a note in the conversation, as of `at` if that is allowed and asked for. `None` if there is no such merge
    /// request.
    pub(super) fn write_note(
        &mut self,
        author: AccountId,
        id: RequestId,
        text: &str,
        internal: bool,
        at: Option<Timestamp>,
    ) -> Option<u64> {
        let now = self.clock.tick();
        let note = self.next_id();
        let pull = self.pull_mut(id.0, id.1)?;
        pull.comments.push(Comment {
            id: note,
            author,
            body: Prose::new(text, at.unwrap_or(now)),
            via_app: None,
            via_email: false,
            minimized: false,
            reactions: Vec::new(),
        });
        pull.participants.insert(author);
        pull.updated_at = now;
        if internal {
            self.gitlab.request_mut(id).internal.insert(note);
        }
        self.emit_note("create", id, note, author);
        Some(note)
    }

    /// What the world tells of a comment, in GitHub's words. Of deletions, GitLab tells nothing.
    pub(crate) fn gitlab_note(&mut self, action: &str, id: RequestId, note: u64, actor: AccountId) {
        match action {
            "created" => self.emit_note("create", id, note, actor),
            "edited" => self.emit_note("update", id, note, actor),
            _ => {}
        }
    }

    /// A review of the world as GitLab has it: a note, an approval, or a wish for changes. Who approved before takes that
    /// back first, as GitLab knows no second approval.
    pub(crate) fn gitlab_review(&mut self, action: &str, id: RequestId, review: u64) {
        let Some(pull) = self.pull(id.0, id.1) else { return };
        let Some(review) = pull.reviews.iter().find(|found| found.id == review).cloned() else { return };
        let user = review.author;
        match (action, review.state) {
            ("submitted", state) => {
                if !review.body.text.is_empty() {
                    self.add_comment(user, id.0, id.1, &review.body.text, None);
                }
                match state {
                    ReviewState::Approved => {
                        self.unapprove(user, id);
                        // Whoever may not approve is refused; the story asks whether it worked.
                        let _ = self.approve(user, id, Some(&review.commit));
                    }
                    ReviewState::ChangesRequested => self.request_changes(user, id),
                    ReviewState::Commented | ReviewState::Dismissed => {}
                }
            }
            // Nobody takes back what another approved: the approver does.
            ("dismissed", _) => {
                self.unapprove(user, id);
            }
            _ => {}
        }
    }
}
