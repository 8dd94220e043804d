//! Pipelines: one that begins for a merge request, and reports under our name in others.

use super::ParseError;
use super::event::Reader;
use super::payload::{Build, PipelineEvent};
use crate::forge::event::{Event, LookEvent, Moved, ReportEvent, ReportKind};
use crate::gate::finding::By;
use crate::gate::ids::ChangeKey;

/// The source of pipelines for merge requests, which alone count for merging where they run.
/// <https://docs.gitlab.com/ci/pipelines/merge_request_pipelines/>
const FOR_MERGE_REQUESTS: &str = "merge_request_event";

/// What a pipeline is in before anything of it has run.
const BEGINNING: [&str; 4] = ["created", "waiting_for_resource", "preparing", "pending"];

impl Reader<'_> {
    pub(super) fn pipeline(&self, payload: PipelineEvent) -> Result<Option<Event>, ParseError> {
        let PipelineEvent { user, project, object_attributes: pipeline, merge_request, builds } = payload;
        let is_for_merge_request = pipeline.source.as_deref() == Some(FOR_MERGE_REQUESTS);
        if !is_for_merge_request
            && let Some(id) = project.id
            && let Some(build) = builds.iter().find(|build| self.is_under_our_name(build))
        {
            let by = self.sender(build.user.as_ref()).or_else(|| self.sender(user.as_ref()));
            return Ok(Some(Event::Report(ReportEvent {
                repository: self.repository(id, &project),
                commit: self.sha(&pipeline.sha, "object_attributes.sha")?,
                name: self.context.check_name.to_owned(),
                kind: ReportKind::Status,
                by: by.map(|by| By::Account(by.account)),
            })));
        }
        let is_beginning = pipeline.status.as_deref().is_some_and(|status| BEGINNING.contains(&status));
        Ok(merge_request.filter(|_| is_beginning).map(|tested| {
            let id = tested.target_project_id;
            let change = ChangeKey { repo: self.repo(id), number: tested.iid };
            // A fork's pipeline names the fork; of the project of the merge request, it says only the number.
            let is_of_project = project.id.is_none_or(|at| at == id);
            let repository = is_of_project.then(|| self.repository(id, &project));
            Event::Look(LookEvent { repository, change, moved: Moved::Pipeline })
        }))
    }

    /// A job under the name of our check, and not by us. The verdict job has this name in pipelines for merge requests.
    fn is_under_our_name(&self, build: &Build) -> bool {
        let by = self.sender(build.user.as_ref());
        build.name.as_deref() == Some(self.context.check_name) && !by.is_some_and(|by| self.is_us(&by.account))
    }
}
