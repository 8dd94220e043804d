//! Check runs, check suites, statuses.

use serde_json::{Value, json};

use super::time;
use crate::sandbox::checks::{CheckRun, CheckSuite, CommitStatus};
use crate::sandbox::pulls::Pull;
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::world::World;

impl World {
    pub(crate) fn check_run_json(&self, run: &CheckRun) -> Value {
        let Some(repository) = self.repositories.get(&run.repository) else { return Value::Null };
        let api = format!("{}/check-runs/{}", self.repository_api(repository), run.id);
        let page = format!("{}/{}/runs/{}", self.url, self.full_name(repository), run.id);
        json!({
            "id": run.id,
            "head_sha": run.head_sha,
            "node_id": format!("CR_{}", run.id),
            // Never null in practice: an App that says nothing gets an empty text.
            "external_id": run.external_id.as_deref().unwrap_or(""),
            "url": api,
            "html_url": page,
            "details_url": run.details_url.as_ref().unwrap_or(&page),
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": time(run.started_at),
            "completed_at": run.completed_at.map(time),
            "output": {
                "title": run.title,
                "summary": run.summary,
                "text": run.text,
                "annotations_count": run.annotations.len(),
                "annotations_url": format!("{api}/annotations"),
            },
            "name": run.name,
            "check_suite": { "id": run.suite },
            "app": self.app_json_by_id(run.app_id),
            "pull_requests": self.check_pulls(run.repository, &run.head_sha),
        })
    }

    /// A check run as webhooks show it: with its suite.
    pub(crate) fn check_run_webhook_json(&self, run: &CheckRun) -> Value {
        let mut json = self.check_run_json(run);
        if let Some(suite) = self.checks.suites.iter().find(|suite| suite.id == run.suite) {
            json["check_suite"] = self.suite_json(suite);
        }
        json
    }

    pub(crate) fn suite_json(&self, suite: &CheckSuite) -> Value {
        let Some(repository) = self.repositories.get(&suite.repository) else { return Value::Null };
        let api = format!("{}/check-suites/{}", self.repository_api(repository), suite.id);
        let mut runs = self.checks.runs.iter().filter(|run| run.suite == suite.id);
        let latest = runs.clone().next_back();
        json!({
            "id": suite.id,
            "node_id": format!("CS_{}", suite.id),
            "head_branch": suite.branch,
            "head_sha": suite.head,
            "status": latest.map_or("queued", |run| &run.status),
            "conclusion": latest.and_then(|run| run.conclusion.as_ref()),
            "url": api,
            "before": suite.push.as_ref().map(|push| &push.before),
            "after": suite.push.as_ref().map(|push| &push.after),
            "pull_requests": self.check_pulls(suite.repository, &suite.head),
            "app": self.app_json_by_id(suite.app),
            "created_at": time(suite.created_at),
            "updated_at": time(suite.updated_at),
            "latest_check_runs_count": runs.by_ref().filter(|run| self.checks.is_latest(run)).count(),
            "check_runs_url": format!("{api}/check-runs"),
        })
    }

    /// Open pull requests of the same repository with this head; for heads of forks GitHub lists none.
    fn check_pulls(&self, repository: RepositoryId, head: &str) -> Vec<Value> {
        let concerned = |pull: &&Pull| pull.is_open() && pull.head == head && pull.head_repository == Some(repository);
        self.pulls().filter(concerned).map(|pull| self.pull_brief(pull)).collect()
    }

    pub(crate) fn status_json(&self, status: &CommitStatus) -> Value {
        let repository = self.repositories.get(&status.repository);
        let api = repository.map(|repository| self.repository_api(repository)).unwrap_or_default();
        json!({
            "id": status.id,
            "node_id": format!("SC_{}", status.id),
            "url": format!("{api}/statuses/{}", status.sha),
            "avatar_url": format!("{}/avatars/u/{}?v=4", self.url, status.creator),
            "state": status.state,
            "description": status.description,
            "target_url": status.target_url,
            "context": status.context,
            "created_at": time(status.created_at),
            "updated_at": time(status.created_at),
            "creator": self.account_json(status.creator),
        })
    }
}
