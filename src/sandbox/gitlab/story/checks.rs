//! What people see of the gate on a GitLab, and how they tamper with it.

use jiff::Timestamp;

use crate::sandbox::accounts::Account;
use crate::sandbox::checks::{CheckRun, CommitStatus};
use crate::sandbox::gitlab::pipelines::Posted;
use crate::sandbox::gitlab::state;
use crate::sandbox::handle::Sandbox;
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::story::{check, find, must};
use crate::sandbox::world::World;

/// A CI job, or a commit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: u64,
    /// Its pipeline's number.
    pub pipeline: u64,
    /// Its name.
    pub name: String,
    /// `pending`, `running`, `success`, `failed`, …
    pub status: String,
    /// The commit that the pipeline is of.
    pub sha: String,
    /// What made the pipeline: `merge_request_event`, `external`, …
    pub source: &'static str,
    /// Login of whoever made it.
    pub user: String,
    /// What it printed.
    pub log: String,
    /// True if a newer one took its place.
    pub retried: bool,
}

impl World {
    fn job_of_story(&self, job: &state::Job) -> Option<Job> {
        let pipeline = self.gitlab.pipeline(job.pipeline)?;
        Some(Job {
            id: job.id,
            pipeline: job.pipeline,
            name: job.name.clone(),
            status: job.status.clone(),
            sha: pipeline.sha.clone(),
            source: pipeline.source,
            user: self.login(job.user).to_owned(),
            log: job.log.clone(),
            retried: job.retried,
        })
    }

    /// What stands for the gate's check on a commit: the verdict job where there is one, else the bot's commit status.
    pub(crate) fn shown_check(&self, project: RepositoryId, sha: &str, name: &str) -> Option<CheckRun> {
        let verdict = self.gitlab.projects.get(&project).and_then(|one| one.verdict.as_ref());
        let is_verdict = verdict.is_some_and(|verdict| verdict.job == name);
        let of_commit = |job: &&state::Job| {
            let pipeline = self.gitlab.pipeline(job.pipeline);
            pipeline.is_some_and(|one| {
                one.request.map_or(one.project, |(target, _)| target) == project
                    && (one.sha == sha || one.source_sha.as_deref() == Some(sha))
                    && job.name == name
                    && if is_verdict {
                        !job.external && one.request.is_some()
                    } else {
                        job.external && job.user == self.gitlab.bot
                    }
            })
        };
        match self.gitlab.jobs.iter().rev().find(of_commit) {
            Some(job) => Some(self.check_of(project, sha, job)),
            None => self.noted_check(project, sha, name),
        }
    }

    /// What people see of the gate where it cannot report on the commit, as on one of a fork: its note, and whether it
    /// approved.
    fn noted_check(&self, project: RepositoryId, sha: &str, name: &str) -> Option<CheckRun> {
        let home = self.repositories.get(&project)?;
        let pull = home.pulls.values().find(|pull| pull.head == sha)?;
        let heading = format!("### {name}: ");
        let note = pull.comments.iter().find(|note| {
            note.author == self.gitlab.bot && note.body.text.contains(&heading) && note.body.text.contains(sha)
        })?;
        let title = note.body.text.lines().find_map(|line| line.strip_prefix(&heading));
        let approved = self
            .gitlab
            .request((project, pull.number))
            .is_some_and(|request| request.approvals.iter().any(|approval| approval.user == self.gitlab.bot));
        Some(CheckRun {
            id: note.id,
            app_id: 0,
            head_sha: sha.to_owned(),
            name: name.to_owned(),
            status: "completed".to_owned(),
            conclusion: Some(if approved { "success" } else { "action_required" }.to_owned()),
            external_id: None,
            details_url: None,
            title: title.map(str::to_owned),
            summary: Some(note.body.text.clone()),
            text: None,
            annotations: Vec::new(),
            started_at: note.body.created_at,
            completed_at: Some(note.body.updated_at),
            actions: Vec::new(),
            repository: project,
            suite: 0,
        })
    }

    /// What the pipelines on the head of a merge request show.
    pub(crate) fn request_checks(&self, id: state::RequestId) -> Vec<CheckRun> {
        let Some(pull) = self.pull(id.0, id.1) else { return Vec::new() };
        let tests_head = |one: &&&state::Pipeline| one.sha == pull.head || one.source_sha.as_ref() == Some(&pull.head);
        let pipelines = self.request_pipelines(id);
        let pipelines = pipelines.iter().filter(tests_head).map(|pipeline| pipeline.id);
        pipelines.flat_map(|id| self.gitlab.jobs_of(id)).map(|job| self.check_of(id.0, &pull.head, job)).collect()
    }

    fn check_of(&self, project: RepositoryId, sha: &str, job: &state::Job) -> CheckRun {
        let is_over = job.external || matches!(job.status.as_str(), "success" | "failed" | "canceled");
        let conclusion = if job.status == "success" { "success" } else { "action_required" };
        // The verdict job prints what it was told: a sentence, and where more is to be read.
        let printed = |wanted: fn(&&str) -> bool| job.log.lines().find(wanted).map(str::to_owned);
        CheckRun {
            id: job.id,
            app_id: 0,
            head_sha: sha.to_owned(),
            name: job.name.clone(),
            status: if is_over { "completed" } else { "in_progress" }.to_owned(),
            conclusion: is_over.then(|| conclusion.to_owned()),
            external_id: None,
            details_url: job.target_url.clone().or_else(|| printed(|line| line.starts_with("http"))),
            title: job.description.clone().or_else(|| printed(|_| true)),
            summary: self.bot_note(project, sha),
            text: None,
            annotations: Vec::new(),
            started_at: job.created_at,
            completed_at: job.finished_at,
            actions: Vec::new(),
            repository: project,
            suite: 0,
        }
    }

    /// The text of the bot's note on a merge request with this head.
    fn bot_note(&self, project: RepositoryId, sha: &str) -> Option<String> {
        let home = self.repositories.get(&project)?;
        let with_head = home.pulls.values().filter(|pull| pull.head == sha);
        let notes = with_head.flat_map(|pull| &pull.comments);
        let mut own =
            notes.filter(|note| note.author == self.gitlab.bot && note.body.text.contains("<!-- seconder:check"));
        own.next().map(|note| note.body.text.clone())
    }

    /// Writes down what stood for the gate's check, for [`Sandbox::check_runs`].
    pub(crate) fn note_verdict(&mut self, job: u64) {
        let Some(job) = self.gitlab.job(job) else { return };
        let Some(pipeline) = self.gitlab.pipeline(job.pipeline) else { return };
        let project = pipeline.request.map_or(pipeline.project, |(target, _)| target);
        let sha = pipeline.source_sha.clone().unwrap_or_else(|| pipeline.sha.clone());
        if let Some(shown) = self.shown_check(project, &sha, &job.name).filter(|shown| shown.id == job.id) {
            self.checks.history.push(shown);
        }
    }

    /// Commit statuses of a commit that are shown, oldest first.
    pub(crate) fn shown_statuses(&self, project: RepositoryId, sha: &str) -> Vec<CommitStatus> {
        let here = |job: &&state::Job| {
            let pipeline = self.gitlab.pipeline(job.pipeline);
            job.external && pipeline.is_some_and(|one| one.project == project && one.sha == sha)
        };
        let shown = self.gitlab.jobs.iter().filter(here).map(|job| CommitStatus {
            id: job.id,
            sha: sha.to_owned(),
            context: job.name.clone(),
            state: job.status.clone(),
            description: job.description.clone(),
            target_url: job.target_url.clone(),
            repository: project,
            creator: job.user,
            created_at: job.created_at,
        });
        shown.collect()
    }

    /// A commit status as somebody with a token posts it, in GitHub's words or GitLab's.
    pub(crate) fn story_status(&mut self, user: &Account, project: RepositoryId, sha: &str, name: &str, state: &str) {
        let state = if matches!(state, "failure" | "error") { "failed" } else { state };
        let posted = Posted { name: name.to_owned(), state: state.to_owned(), ..Posted::default() };
        if let Err(refused) = self.post_status(user.id, project, sha, &posted) {
            check(false, &format!("GitLab refuses this commit status: {refused:?}"));
        }
    }
}

impl Sandbox {
    /// CI jobs and commit statuses of a merge request's pipelines, oldest first, those included that were replaced.
    pub fn jobs(&self, project: &str, number: u64) -> Vec<Job> {
        let world = self.world();
        let id = (find(&world, project), number);
        let pipelines: Vec<u64> = world.request_pipelines(id).iter().map(|pipeline| pipeline.id).collect();
        let own = world.gitlab.jobs.iter().filter(|job| pipelines.contains(&job.pipeline));
        own.filter_map(|job| world.job_of_story(job)).collect()
    }

    /// Somebody runs a job again.
    pub fn retry_job(&self, actor: &Account, job: u64) -> u64 {
        self.act(|world| must(world.retry_job(actor.id, job), "the job cannot be run again"))
    }

    /// Somebody who can push has the pipeline of a merge request run once more, in the project it goes to.
    pub fn run_pipeline(&self, actor: &Account, project: &str, number: u64) -> u64 {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, project);
            must(world.request_pipeline_in(id, (id, number), actor.id), "the CI configuration has no job for it")
        })
    }

    /// Somebody posts a commit status for another branch or pipeline than the newest: GitLab makes an extra pipeline.
    pub fn forge_pipeline(&self, actor: &Account, project: &str, sha: &str, branch: &str, name: &str, state: &str) {
        self.act(|world| {
            let id = find(world, project);
            let reference = Some(branch.to_owned());
            let posted = Posted { name: name.to_owned(), state: state.to_owned(), reference, ..Posted::default() };
            check(world.post_status(actor.id, id, sha, &posted).is_ok(), "GitLab refuses this commit status");
        });
    }

    /// An owner writes a note that claims to be from another time. Returns its number.
    pub fn note_in_the_past(&self, actor: &Account, project: &str, number: u64, text: &str, at: Timestamp) -> u64 {
        self.act(|world| {
            let id = (find(world, project), number);
            must(world.write_note(actor.id, id, text, false, Some(at)), "no such merge request")
        })
    }

    /// A note that only members of the project see. Returns its number.
    pub fn internal_note(&self, actor: &Account, project: &str, number: u64, text: &str) -> u64 {
        self.act(|world| {
            let id = (find(world, project), number);
            must(world.write_note(actor.id, id, text, true, None), "no such merge request")
        })
    }

    /// Takes one's approval of a merge request back.
    pub fn unapprove(&self, actor: &Account, project: &str, number: u64) {
        self.act(|world| {
            let id = (find(world, project), number);
            check(world.unapprove(actor.id, id), "there is no approval to take back");
        });
    }

    /// Logins of those whose approval stands.
    pub fn approvers(&self, project: &str, number: u64) -> Vec<String> {
        let world = self.world();
        let id = (find(&world, project), number);
        let given = world.gitlab.request(id).map(|request| request.approvals.as_slice()).unwrap_or_default();
        given.iter().map(|approval| world.login(approval.user).to_owned()).collect()
    }
}
