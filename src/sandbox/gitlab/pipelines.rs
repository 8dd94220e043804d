//! Pipelines, their jobs, and commit statuses, which are jobs of the stage `external`.

use super::state::{Job, Pipeline, RequestId};
use crate::sandbox::accounts::AccountId;
use crate::sandbox::git::Sha;
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::world::World;

/// A commit status about to be posted.
#[derive(Debug, Default)]
pub(crate) struct Posted {
    pub(crate) name: String,
    pub(crate) state: String,
    /// The branch that the pipeline is of; that of the newest pipeline, or the first branch with the commit, if not set.
    pub(crate) reference: Option<String>,
    pub(crate) pipeline: Option<u64>,
    pub(crate) target_url: Option<String>,
    pub(crate) description: Option<String>,
}

/// Why a commit status is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotPosted {
    Missing(&'static str),
    Bad(String),
}

/// Words at the start of a line of a CI configuration that name no job.
const NO_JOBS: [&str; 9] =
    ["stages", "include", "default", "workflow", "variables", "image", "services", "cache", "before_script"];

impl World {
    pub(super) fn add_pipeline(
        &mut self,
        project: RepositoryId,
        sha: &str,
        reference: &str,
        source: &'static str,
        user: AccountId,
    ) -> u64 {
        let id = self.next_id();
        let iid = 1 + self.gitlab.pipelines.iter().filter(|one| one.project == project).count() as u64;
        let now = self.now();
        let (sha, reference) = (sha.to_owned(), reference.to_owned());
        self.gitlab.pipelines.push(Pipeline {
            id,
            iid,
            project,
            sha,
            source_sha: None,
            reference,
            source,
            request: None,
            user,
            created_at: now,
            updated_at: now,
        });
        id
    }

    pub(super) fn add_job(
        &mut self,
        pipeline: u64,
        name: &str,
        stage: &str,
        status: &str,
        user: AccountId,
    ) -> Option<u64> {
        let reference = self.gitlab.pipeline(pipeline)?.reference.clone();
        let (id, now) = (self.next_id(), self.now());
        // Whoever has the name next hides whoever had it.
        for job in self.gitlab.jobs.iter_mut().filter(|job| job.pipeline == pipeline && job.name == name) {
            job.retried = true;
        }
        self.gitlab.jobs.push(Job {
            id,
            pipeline,
            name: name.to_owned(),
            stage: stage.to_owned(),
            external: stage == "external",
            status: status.to_owned(),
            user,
            reference,
            target_url: None,
            description: None,
            created_at: now,
            started_at: None,
            finished_at: None,
            retried: false,
            log: String::new(),
        });
        Some(id)
    }

    /// What the jobs of a pipeline come to.
    pub(crate) fn pipeline_status(&self, pipeline: u64) -> &'static str {
        let statuses: Vec<&str> = self.gitlab.jobs_of(pipeline).map(|job| job.status.as_str()).collect();
        let all = |wanted: &[&str]| statuses.iter().all(|status| wanted.contains(status));
        let any = |wanted: &[&str]| statuses.iter().any(|status| wanted.contains(status));
        if statuses.is_empty() {
            "created"
        } else if any(&["running"]) {
            "running"
        } else if any(&["pending", "created"]) {
            if all(&["pending", "created", "skipped"]) { "pending" } else { "running" }
        } else if any(&["failed"]) {
            "failed"
        } else if any(&["canceled"]) {
            "canceled"
        } else if all(&["skipped"]) {
            "skipped"
        } else {
            "success"
        }
    }

    /// Posts a commit status: a running or pending one of the same name and user goes on, else there is a new one.
    pub(crate) fn post_status(
        &mut self,
        user: AccountId,
        project: RepositoryId,
        sha: &str,
        posted: &Posted,
    ) -> Result<u64, NotPosted> {
        let home = self.repositories.get(&project).filter(|home| home.visible.contains(sha));
        let home = home.ok_or(NotPosted::Missing("Commit"))?;
        let newest = self.newest_pipeline(project, sha, posted);
        let branch =
            home.refs.iter().find(|(name, tip)| name.starts_with("refs/heads/") && self.git.contains(tip, sha));
        let branch = branch.map(|(name, _)| name.trim_start_matches("refs/heads/").to_owned());
        let of_pipeline = newest.and_then(|id| self.gitlab.pipeline(id)).map(|pipeline| pipeline.reference.clone());
        let reference = posted.reference.clone().or(of_pipeline).or(branch);
        let reference = reference.ok_or(NotPosted::Missing("References for commit"))?;
        if posted.pipeline.is_some() && newest.is_none() {
            return Err(NotPosted::Missing("Pipeline for pipeline_id, sha and ref"));
        }
        self.clock.tick();
        let standing = newest.and_then(|id| self.standing_status(id, &posted.name, user));
        let from = standing.and_then(|id| self.gitlab.job(id)).map_or("created", |job| job.status.as_str());
        if !moves(from, &posted.state) {
            return Err(refused_move(from, &posted.state));
        }
        let taken =
            newest.is_some_and(|id| self.gitlab.jobs_of(id).any(|job| !job.external && job.name == posted.name));
        if taken {
            return Err(NotPosted::Bad("{:name=>[\"has already been taken\"]}".to_owned()));
        }
        let pipeline = newest.unwrap_or_else(|| self.add_pipeline(project, sha, &reference, "external", user));
        let id = match standing {
            Some(id) => id,
            None => self
                .add_job(pipeline, &posted.name, "external", "created", user)
                .ok_or(NotPosted::Missing("Pipeline"))?,
        };
        if let Some(job) = self.gitlab.job_mut(id) {
            job.target_url.clone_from(&posted.target_url);
            job.description.clone_from(&posted.description);
        }
        self.set_job(id, &posted.state);
        self.note_verdict(id);
        Ok(id)
    }

    fn newest_pipeline(&self, project: RepositoryId, sha: &str, posted: &Posted) -> Option<u64> {
        let fits = |one: &&Pipeline| {
            one.project == project
                && one.sha == sha
                && posted.reference.as_ref().is_none_or(|wanted| one.reference == *wanted)
                && posted.pipeline.is_none_or(|wanted| one.id == wanted)
        };
        self.gitlab.pipelines.iter().rev().find(fits).map(|pipeline| pipeline.id)
    }

    fn standing_status(&self, pipeline: u64, name: &str, user: AccountId) -> Option<u64> {
        let is_open = |status: &str| matches!(status, "running" | "pending");
        let same = |job: &&Job| job.external && job.name == name && job.user == user && is_open(&job.status);
        self.gitlab.jobs_of(pipeline).find(same).map(|job| job.id)
    }

    /// Gives a job a state, and tells of it.
    pub(super) fn set_job(&mut self, id: u64, status: &str) {
        let now = self.now();
        let Some(job) = self.gitlab.job_mut(id) else { return };
        status.clone_into(&mut job.status);
        match status {
            "running" => job.started_at = job.started_at.or(Some(now)),
            "success" | "failed" | "canceled" => job.finished_at = Some(now),
            _ => {}
        }
        let (pipeline, external) = (job.pipeline, job.external);
        if let Some(pipeline) = self.gitlab.pipelines.iter_mut().find(|one| one.id == pipeline) {
            pipeline.updated_at = now;
        }
        if !external {
            self.emit_job(id);
        }
        self.emit_pipeline(pipeline);
        self.merge_what_is_ready();
    }

    /// The pipeline of a merge request that a push starts, if the CI configuration has any job. That of a fork runs in the
    /// fork, by the fork's configuration.
    pub(super) fn start_request_pipeline(&mut self, id: RequestId, user: AccountId) -> Option<u64> {
        let home = self.pull(id.0, id.1)?.head_repository?;
        self.request_pipeline_in(home, id, user)
    }

    /// The pipeline of a merge request, in the project it goes to or the one it comes from.
    pub(super) fn request_pipeline_in(&mut self, home: RepositoryId, id: RequestId, user: AccountId) -> Option<u64> {
        let pull = self.pull(id.0, id.1)?;
        let (head, base) = (pull.head.clone(), self.base_tip(pull));
        let jobs = self.ci_jobs(home, &head);
        if jobs.is_empty() {
            return None;
        }
        let wants_merged = self.gitlab.gitlab.has_premium() && self.gitlab.is_set(id.0, "merge_pipelines_enabled");
        let merged = wants_merged && home == id.0;
        let (sha, kind) = if merged {
            (self.merge_commit(user, &base, &head, format!("Merge {head} into {base}")), "merge")
        } else {
            (head.clone(), "head")
        };
        if let Some(home) = self.repositories.get_mut(&home) {
            home.visible.insert(sha.clone());
        }
        let reference = format!("refs/merge-requests/{}/{kind}", id.1);
        let pipeline = self.add_pipeline(home, &sha, &reference, "merge_request_event", user);
        if let Some(made) = self.gitlab.pipelines.last_mut() {
            made.request = Some(id);
            made.source_sha = merged.then_some(head);
        }
        self.add_ci_jobs(pipeline, &jobs, user);
        Some(pipeline)
    }

    fn add_ci_jobs(&mut self, pipeline: u64, jobs: &[String], user: AccountId) {
        for name in jobs {
            let Some(id) = self.add_job(pipeline, name, "test", "pending", user) else { continue };
            self.gitlab.to_run.push_back(id);
            self.emit_job(id);
        }
        self.emit_pipeline(pipeline);
    }

    /// Names of the jobs that the CI configuration in force has: of the file at the commit, or of one in another project
    /// (`path@group/project`), which nobody who pushes here can change.
    fn ci_jobs(&self, project: RepositoryId, head: &str) -> Vec<String> {
        let Some(text) = self.ci_configuration(project, head) else { return Vec::new() };
        let names = text.lines().filter(|line| !line.starts_with([' ', '\t', '#', '-', '.']));
        let names = names.filter_map(|line| line.trim_end().strip_suffix(':'));
        names.filter(|name| !NO_JOBS.contains(name)).map(str::to_owned).collect()
    }

    pub(super) fn ci_configuration(&self, project: RepositoryId, head: &str) -> Option<String> {
        let path = self.gitlab.projects.get(&project).and_then(|one| one.settings.get("ci_config_path"));
        let path = path.and_then(|path| path.as_str()).filter(|path| !path.is_empty()).unwrap_or(".gitlab-ci.yml");
        let (path, commit) = match path.split_once('@') {
            Some((path, elsewhere)) => {
                let (name, branch) = elsewhere.split_once(':').unwrap_or((elsewhere, ""));
                let (owner, name) = name.split_once('/')?;
                let other = self.repository_named(owner, name)?;
                let branch = if branch.is_empty() { &other.default_branch } else { branch };
                (path, other.branch(branch)?.clone())
            }
            None => (path, head.to_owned()),
        };
        self.git.files_at(&commit).get(path).and_then(|blob| self.git.blob(blob)).map(ToString::to_string)
    }

    /// Runs a job again: a new one in its place. `None` if it is not over.
    pub(crate) fn retry_job(&mut self, user: AccountId, id: u64) -> Option<u64> {
        let job = self.gitlab.job(id).filter(|job| !job.external && !job.retried)?;
        if !matches!(job.status.as_str(), "success" | "failed" | "canceled") {
            return None;
        }
        let (pipeline, name, stage) = (job.pipeline, job.name.clone(), job.stage.clone());
        self.clock.tick();
        let again = self.add_job(pipeline, &name, &stage, "pending", user)?;
        self.gitlab.to_run.push_back(again);
        self.emit_job(again);
        self.emit_pipeline(pipeline);
        Some(again)
    }

    /// Pipelines of a merge request: those made for it first, then those of its branch, newest first.
    pub(crate) fn request_pipelines(&self, id: RequestId) -> Vec<&Pipeline> {
        let Some(pull) = self.pull(id.0, id.1) else { return Vec::new() };
        let request = self.gitlab.request(id);
        let heads: Vec<&Sha> =
            request.map(|one| one.versions.iter().map(|version| &version.head).collect()).unwrap_or_default();
        let commits = self.pull_commits(pull);
        let of_branch = |one: &Pipeline| {
            one.source != "merge_request_event"
                && Some(one.project) == pull.head_repository
                && one.reference == pull.head_branch
                && (heads.contains(&&one.sha) || commits.contains(&one.sha))
        };
        let mine = |one: &&Pipeline| one.request == Some(id) || of_branch(one);
        let mut found: Vec<&Pipeline> = self.gitlab.pipelines.iter().filter(mine).collect();
        found.sort_by_key(|one| (one.source != "merge_request_event", std::cmp::Reverse(one.id)));
        found
    }

    /// The pipeline that decides: the first of [`World::request_pipelines`] that tests the head.
    pub(crate) fn head_pipeline(&self, id: RequestId) -> Option<&Pipeline> {
        let head = &self.pull(id.0, id.1)?.head;
        let tests_head = |one: &&Pipeline| one.sha == *head || one.source_sha.as_ref() == Some(head);
        self.request_pipelines(id).into_iter().find(tests_head)
    }
}

/// Whether a status may follow another: nothing may follow itself.
fn moves(from: &str, to: &str) -> bool {
    match to {
        "pending" => from == "created",
        "running" => matches!(from, "created" | "pending"),
        "success" | "failed" | "canceled" => matches!(from, "created" | "pending" | "running"),
        "skipped" => matches!(from, "created" | "pending"),
        _ => false,
    }
}

fn refused_move(from: &str, to: &str) -> NotPosted {
    let event = match to {
        "pending" => "enqueue",
        "running" => "run",
        "success" => "success",
        "failed" => "drop",
        "canceled" => "cancel",
        "skipped" => "skip",
        _ => return NotPosted::Bad("invalid state".to_owned()),
    };
    let why = format!("Reason(s): Status cannot transition via \"{event}\"");
    NotPosted::Bad(format!("Cannot transition status via :{event} from :{from} ({why})"))
}
