//! Jobs that ask for the verdict: which commit their pipeline tests, and having one run again.

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::client::{Call, GitLab, judge, path};
use super::read::MOST_PAGES;
use super::wire;
use crate::forge::Error;
use crate::gate::ids::CommitSha;
use crate::gate::witnessed::SeenRepository;

/// <https://docs.gitlab.com/api/merge_requests/#list-merge-request-pipelines>
#[derive(Deserialize)]
struct Pipeline {
    sha: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    source: Option<String>,
}

impl GitLab {
    /// Whether a commit that a pipeline of the change tests is GitLab's own merge of this head with the target. Two calls.
    ///
    /// That the head is among its parents is not enough, as the next head has it there as well: the pipeline has to be one
    /// that GitLab ran on a merge that it made itself.
    pub async fn is_merge_of(
        &self,
        repo: &SeenRepository,
        number: i64,
        commit: &CommitSha,
        head: &CommitSha,
    ) -> Result<bool, Error> {
        let what = format!("the pipelines of {}!{number}", repo.name);
        let (project, iid) = (repo.repo.id.to_string(), number.to_string());
        let segments = ["projects", project.as_str(), "merge_requests", iid.as_str(), "pipelines"];
        let pipelines: Vec<Pipeline> = self.list(&segments, &[], &what, MOST_PAGES).await?;
        let own = [format!("refs/merge-requests/{number}/merge"), format!("refs/merge-requests/{number}/train")];
        let is_merge = |pipeline: &Pipeline| {
            pipeline.sha.as_deref() == Some(commit.as_str())
                && pipeline.reference.as_ref().is_some_and(|reference| own.contains(reference))
                && pipeline.source.as_deref().is_none_or(|source| source == "merge_request_event")
        };
        if !pipelines.iter().any(is_merge) {
            return Ok(false);
        }
        let what = format!("commit {} of {}", commit.short(), repo.name);
        let segments = ["projects", &project, "repository", "commits", commit.as_str()];
        match self.send(&Call::get(path(&segments, &[]), &what)).await {
            Ok(answer) => {
                let found: wire::Commit = answer.json(&what)?;
                Ok(found.parent_ids.get(1).map(String::as_str) == Some(head.as_str()))
            }
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Has a job run again. One that is gone, or that cannot be run again, holds nothing up and lets nothing through.
    pub async fn retry_job(&self, repo: &SeenRepository, job: i64) -> Result<(), Error> {
        let what = format!("job {job} of {}", repo.name);
        let project = repo.repo.id.to_string();
        let path = path(&["projects", &project, "jobs", &job.to_string(), "retry"], &[]);
        let call = Call::write(Method::POST, path, json!({}), &what);
        let answer = self.send_openly(&call).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(()),
            _ => judge(&call, answer).map(|_| ()),
        }
    }
}
