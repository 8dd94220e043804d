//! Reporting on commits.

use serde_json::json;

use super::World;
use crate::sandbox::accounts::AccountId;
use crate::sandbox::checks::{CheckRun, CheckSuite, CommitStatus, Push};
use crate::sandbox::repositories::RepositoryId;

impl World {
    /// The suite of an App on a commit, made if there is none.
    pub(crate) fn suite(
        &mut self,
        repository: RepositoryId,
        app: u64,
        sha: &str,
        branch: Option<&str>,
        push: Option<Push>,
    ) -> u64 {
        if let Some(suite) = self.checks.suites_at(repository, sha).find(|suite| suite.app == app) {
            return suite.id;
        }
        let id = self.next_id();
        let at = self.now();
        let (head, branch) = (sha.to_owned(), branch.map(str::to_owned));
        self.checks.suites.push(CheckSuite { id, repository, app, head, branch, created_at: at, updated_at: at, push });
        id
    }

    pub(crate) fn add_check_run(&mut self, mut run: CheckRun) -> CheckRun {
        run.id = self.next_id();
        run.suite = self.suite(run.repository, run.app_id, &run.head_sha, None, None);
        self.checks.runs.push(run.clone());
        self.checks.history.push(run.clone());
        self.touch_suite(run.suite);
        self.emit_check_run("created", &run);
        if run.status == "completed" {
            self.emit_check_run("completed", &run);
        }
        self.merge_what_is_ready();
        run
    }

    pub(crate) fn update_check_run(&mut self, run: &CheckRun) {
        let Some(stored) = self.checks.runs.iter_mut().find(|stored| stored.id == run.id) else { return };
        stored.clone_from(run);
        self.checks.history.push(run.clone());
        self.touch_suite(run.suite);
        if run.status == "completed" {
            self.emit_check_run("completed", run);
        }
        self.merge_what_is_ready();
    }

    fn touch_suite(&mut self, suite: u64) {
        let now = self.now();
        if let Some(suite) = self.checks.suites.iter_mut().find(|found| found.id == suite) {
            suite.updated_at = now;
        }
    }

    pub(crate) fn add_status(
        &mut self,
        actor: AccountId,
        repository: RepositoryId,
        sha: &str,
        context: &str,
        state: &str,
        texts: (Option<String>, Option<String>),
    ) -> CommitStatus {
        let created_at = self.clock.tick();
        let id = self.next_id();
        let (description, target_url) = texts;
        let (sha, context, state) = (sha.to_owned(), context.to_owned(), state.to_owned());
        let status =
            CommitStatus { id, sha, context, state, description, target_url, repository, creator: actor, created_at };
        self.checks.statuses.push(status.clone());
        self.emit_status(&status);
        self.merge_what_is_ready();
        status
    }

    /// Somebody pressed "Re-run" on a check run.
    pub(crate) fn rerequest(&mut self, actor: AccountId, run: u64) -> bool {
        self.clock.tick();
        let Some(run) = self.checks.runs.iter().find(|found| found.id == run).cloned() else { return false };
        self.emit_check_run_by("rerequested", &run, actor, json!({}));
        true
    }

    /// Somebody pressed one of the buttons that a check run offers.
    pub(crate) fn request_action(&mut self, actor: AccountId, run: u64, identifier: &str) -> bool {
        self.clock.tick();
        let Some(run) = self.checks.runs.iter().find(|found| found.id == run).cloned() else { return false };
        self.emit_check_run_by(
            "requested_action",
            &run,
            actor,
            json!({ "requested_action": { "identifier": identifier } }),
        );
        true
    }
}
