//! The payload of each event, less what all of them share.

use serde_json::{Value, json};

use super::Event;
use crate::sandbox::accounts::{AccountId, Team};
use crate::sandbox::apps::Installation;
use crate::sandbox::checks::{CheckRun, CommitStatus};
use crate::sandbox::git::NO_COMMIT;
use crate::sandbox::pulls::MergeGroup;
use crate::sandbox::repositories::{Protection, RepositoryId, Ruleset};
use crate::sandbox::shapes::extend;
use crate::sandbox::world::{Pushed, World};

/// GitHub lists no more commits than this in one push.
const MAX_PUSHED_COMMITS: usize = 2_048;

impl World {
    pub(crate) fn emit_pull(
        &mut self,
        action: &'static str,
        repository: RepositoryId,
        number: u64,
        sender: AccountId,
        extra: Value,
    ) {
        if self.is_gitlab() {
            return self.gitlab_pull(action, (repository, number), sender, &extra);
        }
        let Some(pull) = self.pull(repository, number) else { return };
        let mut body = json!({ "number": number, "pull_request": self.pull_json_whole(pull) });
        extend(&mut body, extra);
        self.emit_here("pull_request", Some(action), repository, sender, body);
    }

    fn emit_here(
        &mut self,
        name: &'static str,
        action: Option<&'static str>,
        repository: RepositoryId,
        sender: AccountId,
        body: Value,
    ) {
        self.emit(&Event { name, action, repository: Some(repository), organization: None, sender, body });
    }

    pub(crate) fn emit_review(
        &mut self,
        action: &'static str,
        repository: RepositoryId,
        number: u64,
        review: u64,
        sender: AccountId,
        extra: Value,
    ) {
        if self.is_gitlab() {
            return self.gitlab_review(action, (repository, number), review);
        }
        let Some(pull) = self.pull(repository, number) else { return };
        let Some(review) = pull.reviews.iter().find(|found| found.id == review) else { return };
        let mut shown = self.review_json(pull, review);
        shown["state"] = json!(review.state.as_str().to_ascii_lowercase());
        if review.body.text.is_empty() {
            shown["body"] = Value::Null;
        }
        let mut body = json!({ "review": shown, "pull_request": self.pull_json(pull) });
        extend(&mut body, extra);
        self.emit_here("pull_request_review", Some(action), repository, sender, body);
    }

    pub(crate) fn emit_comment(
        &mut self,
        action: &'static str,
        repository: RepositoryId,
        number: u64,
        comment: u64,
        sender: AccountId,
        extra: Value,
    ) {
        if self.is_gitlab() {
            return self.gitlab_note(action, (repository, number), comment, sender);
        }
        let Some(pull) = self.pull(repository, number) else { return };
        let Some(comment) = pull.comments.iter().find(|found| found.id == comment) else { return };
        let mut body = json!({ "issue": self.issue_json(pull), "comment": self.comment_json(pull, comment) });
        extend(&mut body, extra);
        self.emit_here("issue_comment", Some(action), repository, sender, body);
    }

    pub(crate) fn emit_line_comment(
        &mut self,
        action: &'static str,
        repository: RepositoryId,
        number: u64,
        comment: u64,
        sender: AccountId,
        extra: Value,
    ) {
        if self.is_gitlab() {
            return self.gitlab_note(action, (repository, number), comment, sender);
        }
        let Some(pull) = self.pull(repository, number) else { return };
        let Some(comment) = pull.line_comments.iter().find(|found| found.id == comment) else { return };
        let mut body =
            json!({ "comment": self.line_comment_json(pull, comment), "pull_request": self.pull_json(pull) });
        extend(&mut body, extra);
        self.emit_here("pull_request_review_comment", Some(action), repository, sender, body);
    }

    pub(crate) fn emit_push(&mut self, pushed: &Pushed) {
        if self.is_gitlab() {
            return self.gitlab_push(pushed);
        }
        let Some(repository) = self.repositories.get(&pushed.repository) else { return };
        let since = if pushed.before == NO_COMMIT {
            repository
                .branch(&repository.default_branch)
                .filter(|tip| **tip != pushed.after)
                .cloned()
                .unwrap_or_default()
        } else {
            pushed.before.clone()
        };
        let mut commits = if pushed.after == NO_COMMIT { Vec::new() } else { self.git.between(&since, &pushed.after) };
        commits.drain(..commits.len().saturating_sub(MAX_PUSHED_COMMITS));
        let listed: Vec<Value> = commits.iter().map(|sha| self.pushed_commit_json(repository, sha)).collect();
        let who = self.accounts.get(pushed.actor);
        let html = format!("{}/{}", self.url, self.full_name(repository));
        let body = json!({
            "ref": pushed.reference,
            "before": pushed.before,
            "after": pushed.after,
            "created": pushed.before == NO_COMMIT,
            "deleted": pushed.after == NO_COMMIT,
            "forced": pushed.forced,
            "base_ref": null,
            "compare": format!("{html}/compare/{:.12}...{:.12}", pushed.before, pushed.after),
            "commits": listed,
            "head_commit": self.pushed_commit_json(repository, &pushed.after),
            "pusher": { "name": who.map(|who| &who.login), "email": who.map(|who| &who.email) },
        });
        self.emit_here("push", None, pushed.repository, pushed.actor, body);
    }

    /// An App's own run, told as the App's bot does it.
    pub(crate) fn emit_check_run(&mut self, action: &'static str, run: &CheckRun) {
        let Some(bot) = self.apps.get(&run.app_id).map(|app| app.bot) else { return };
        self.emit_check_run_by(action, run, bot, json!({}));
    }

    /// Every App that may see checks hears of the check runs of all; what people ask for is told to the App asked.
    pub(crate) fn emit_check_run_by(&mut self, action: &'static str, run: &CheckRun, sender: AccountId, extra: Value) {
        let mut body = json!({ "check_run": self.check_run_webhook_json(run) });
        extend(&mut body, extra);
        let event = Event {
            name: "check_run",
            action: Some(action),
            repository: Some(run.repository),
            organization: None,
            sender,
            body,
        };
        if matches!(action, "created" | "completed") {
            self.emit(&event);
            return;
        }
        let Some(repository) = self.repositories.get(&run.repository) else { return };
        let own = self.installations.values().find(|installation| {
            installation.app == run.app_id && installation.suspended_at.is_none() && installation.covers(repository)
        });
        if let Some(own) = own.cloned() {
            self.emit_to(&own, &event);
        }
    }

    pub(crate) fn emit_status(&mut self, status: &CommitStatus) {
        let Some(repository) = self.repositories.get(&status.repository) else { return };
        let mut body = self.status_json(status);
        let more = json!({
            "sha": status.sha,
            "name": self.full_name(repository),
            "commit": self.commit_json(repository, &status.sha),
            "branches": [],
        });
        extend(&mut body, more);
        self.emit_here("status", None, status.repository, status.creator, body);
    }

    pub(crate) fn emit_merge_group(
        &mut self,
        action: &'static str,
        group: &MergeGroup,
        sender: AccountId,
        extra: Value,
    ) {
        let mut body = json!({ "merge_group": self.merge_group_json(group) });
        extend(&mut body, extra);
        self.emit_here("merge_group", Some(action), group.repository, sender, body);
    }

    pub(crate) fn emit_membership(&mut self, action: &'static str, team: &Team, member: AccountId, sender: AccountId) {
        if self.is_gitlab() {
            let event = if action == "added" { "user_add_to_group" } else { "user_remove_from_group" };
            return self.emit_group_member(event, team.id, member);
        }
        let body =
            json!({ "scope": "team", "member": self.account_or_ghost(member), "team": self.team_json(team, true) });
        let organization = Some(team.organization);
        self.emit(&Event { name: "membership", action: Some(action), repository: None, organization, sender, body });
    }

    pub(crate) fn emit_repository(
        &mut self,
        action: &'static str,
        repository: RepositoryId,
        sender: AccountId,
        changes: &Value,
    ) {
        self.emit_here("repository", Some(action), repository, sender, json!({ "changes": changes }));
    }

    pub(crate) fn emit_ruleset(&mut self, action: &'static str, ruleset: &Ruleset, sender: AccountId) {
        let body = json!({ "repository_ruleset": self.ruleset_json(ruleset, true), "changes": {} });
        let (repository, organization) = (ruleset.repository, ruleset.organization);
        self.emit(&Event { name: "repository_ruleset", action: Some(action), repository, organization, sender, body });
    }

    pub(crate) fn emit_protection(&mut self, action: &'static str, protection: &Protection, sender: AccountId) {
        let mut body = json!({ "rule": Self::protection_webhook_json(protection) });
        if action == "edited" {
            body["changes"] = json!({});
        }
        self.emit_here("branch_protection_rule", Some(action), protection.repository, sender, body);
    }

    pub(crate) fn emit_suite(&mut self, action: &'static str, suite: u64, sender: AccountId) {
        let Some(suite) = self.checks.suites.iter().find(|found| found.id == suite) else { return };
        let Some(repository) = self.repositories.get(&suite.repository) else { return };
        let mut shown = self.suite_json(suite);
        let commit = self.pushed_commit_json(repository, &suite.head);
        extend(&mut shown, json!({ "head_commit": commit }));
        let app = suite.app;
        let covers = |own: &&Installation| own.app == app && own.covers(repository);
        let Some(own) = self.installations.values().find(covers).filter(|own| own.suspended_at.is_none()).cloned()
        else {
            return;
        };
        let (repository, body) = (Some(repository.id), json!({ "check_suite": shown }));
        self.emit_to(
            &own,
            &Event { name: "check_suite", action: Some(action), repository, organization: None, sender, body },
        );
    }

    pub(crate) fn emit_member(
        &mut self,
        action: &'static str,
        organization: AccountId,
        member: AccountId,
        sender: AccountId,
    ) {
        if self.is_gitlab() {
            return self.emit_group_member("user_remove_from_group", organization, member);
        }
        let org = self.login(organization).to_owned();
        let login = self.login(member).to_owned();
        let body = json!({ "membership": {
            "url": format!("{}/orgs/{org}/memberships/{login}", self.url),
            "state": "active",
            "role": "member",
            "organization_url": format!("{}/orgs/{org}", self.url),
            "user": self.account_or_ghost(member),
        } });
        self.emit(&Event {
            name: "organization",
            action: Some(action),
            repository: None,
            organization: Some(organization),
            sender,
            body,
        });
    }

    /// The account's choice of repositories has moved.
    pub(crate) fn emit_selection(&mut self, own: &Installation, added: &[RepositoryId], removed: &[RepositoryId]) {
        for (action, moved) in [("added", added), ("removed", removed)] {
            if moved.is_empty() {
                continue;
            }
            let brief = |ids: &[RepositoryId]| -> Vec<Value> {
                ids.iter().filter_map(|id| self.repositories.get(id)).map(|one| self.repository_brief(one)).collect()
            };
            let none: Vec<Value> = Vec::new();
            let (come, gone) = if action == "added" { (brief(moved), none) } else { (none, brief(moved)) };
            let body = json!({
                "installation": self.installation_webhook_json(own),
                "repository_selection": "selected",
                "repositories_added": come,
                "repositories_removed": gone,
                "requester": null,
            });
            let sender = own.account;
            let event = Event {
                name: "installation_repositories",
                action: Some(action),
                repository: None,
                organization: None,
                sender,
                body,
            };
            self.emit_to(own, &event);
        }
    }
}
