//! External status checks, which the edition Ultimate shows on a merge request. Those that bear the name of our check, or lead to
//! our webhooks, are answered with the verdict, for people to see: every developer can answer them as well, so they enforce nothing.
//!
//! GitLab takes a check without an answer for pending, and after two minutes for failed: a commit that waits for people is
//! answered as failed at once, and later as passed.
//! <https://docs.gitlab.com/api/status_checks/>

use http::{Method, StatusCode};
use serde_json::json;

use super::client::{Call, GitLab, judge, path};
use super::wire;
use crate::forge::Error;
use crate::gate::ids::CommitSha;
use crate::gate::plan::{Check, Conclusion};
use crate::gate::witnessed::SeenRepository;

const PASSED: &str = "passed";

impl GitLab {
    /// Whether GitLab shows a pass wherever the project has a status check of ours: one call.
    pub(super) async fn status_checks_pass(&self, repo: &SeenRepository, number: i64) -> Result<bool, Error> {
        let checks = self.status_checks(repo, number).await?;
        Ok(checks.iter().all(|check| check.status.as_deref() == Some(PASSED)))
    }

    /// As [`GitLab::answer_status_checks`], which nothing depends on: where it is refused, that is said, and all else goes on.
    pub(super) async fn show_in_status_checks(
        &self,
        repo: &SeenRepository,
        number: i64,
        check: &Check,
    ) -> Result<(), Error> {
        match self.answer_status_checks(repo, number, check).await {
            Err(error @ (Error::Forbidden { .. } | Error::Broken { .. } | Error::NotFound { .. })) => {
                tracing::warn!(repository = repo.name, number, reason = %error, "the status check does not show the verdict");
                Ok(())
            }
            answered => answered,
        }
    }

    /// Answers the status checks of ours: one call, and one for each that says otherwise; none where a project had none some
    /// minutes ago.
    async fn answer_status_checks(&self, repo: &SeenRepository, number: i64, check: &Check) -> Result<(), Error> {
        if self.shared.without_status_checks.contains_key(&repo.repo) {
            return Ok(());
        }
        let status = if check.conclusion == Conclusion::Success { PASSED } else { "failed" };
        for one in self.status_checks(repo, number).await? {
            if one.status.as_deref() != Some(status) {
                self.answer_status_check(repo, number, one.id, (&check.head, status)).await?;
            }
        }
        Ok(())
    }

    async fn status_checks(&self, repo: &SeenRepository, number: i64) -> Result<Vec<wire::StatusCheck>, Error> {
        let what = format!("the status checks of {}!{number}", repo.name);
        let (project, iid) = (repo.repo.id.to_string(), number.to_string());
        let segments = ["projects", project.as_str(), "merge_requests", iid.as_str(), "status_checks"];
        let found: Vec<wire::StatusCheck> = match self.list(&segments, &[], &what, super::read::MOST_PAGES).await {
            // Not in this edition any more, or not for us to see.
            Err(Error::NotFound { .. } | Error::Forbidden { .. }) => return Ok(Vec::new()),
            found => found?,
        };
        let url = self.shared.config.webhook_url.trim_end_matches('/');
        let is_ours = |check: &wire::StatusCheck| {
            check.name == self.check_name() || (!url.is_empty() && check.external_url.trim_end_matches('/') == url)
        };
        let ours: Vec<wire::StatusCheck> = found.into_iter().filter(is_ours).collect();
        if ours.is_empty() {
            self.shared.without_status_checks.insert(repo.repo.clone(), ());
        } else {
            self.shared.without_status_checks.invalidate(&repo.repo);
        }
        Ok(ours)
    }

    async fn answer_status_check(
        &self,
        repo: &SeenRepository,
        number: i64,
        id: i64,
        (head, status): (&CommitSha, &str),
    ) -> Result<(), Error> {
        let what = format!("the answer to a status check of {}!{number}", repo.name);
        let (project, iid) = (repo.repo.id.to_string(), number.to_string());
        let segments = ["projects", project.as_str(), "merge_requests", iid.as_str(), "status_check_responses"];
        let body = json!({ "sha": head.as_str(), "external_status_check_id": id, "status": status });
        let call = Call::write(Method::POST, path(&segments, &[]), body, &what);
        let answer = self.send_openly(&call).await?;
        // Another head came in between, or the check was taken away: there is nothing to answer any more.
        if matches!(answer.status, StatusCode::CONFLICT | StatusCode::NOT_FOUND) {
            return Ok(());
        }
        judge(&call, answer)?;
        Ok(())
    }
}
