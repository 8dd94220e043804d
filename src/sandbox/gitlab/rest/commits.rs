//! Commits, branches, files, commit statuses, pipelines and jobs.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{given, here, number, page};
use crate::sandbox::git::{NewCommit, Objects, Sha};
use crate::sandbox::gitlab::access::{
    DEVELOPER, MAINTAINER, bad_request, forbidden, invalid, missing, project, project_as, project_read_as, user,
};
use crate::sandbox::gitlab::pipelines::{NotPosted, Posted};
use crate::sandbox::gitlab::shapes::state_of;
use crate::sandbox::gitlab::state::Job;
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::pulls::{Pull, PullState};
use crate::sandbox::repositories::Repository;
use crate::sandbox::world::World;

/// A commit by its id, a branch, or a tag.
fn resolve(project: &Repository, named: &str) -> Option<Sha> {
    let direct = project.visible.get(named).cloned();
    let of_ref = || project.reference(named).map(|(_, sha)| sha.clone());
    direct.or_else(of_ref).or_else(|| Objects::resolve(&project.visible, named))
}

pub(super) fn one(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    let sha = resolve(here(world, id)?, ask.at("sha")).ok_or_else(|| missing("Commit"))?;
    let mut shown = world.commit_rest_json(id, &sha);
    let pipelines = world.gitlab.pipelines.iter().rev();
    let last = pipelines.into_iter().find(|one| one.project == id && one.sha == sha);
    shown["stats"] = json!({ "additions": 0, "deletions": 0, "total": 0 });
    shown["status"] = json!(last.map(|one| world.pipeline_status(one.id)));
    shown["project_id"] = json!(id);
    shown["last_pipeline"] = last.map_or(Value::Null, |one| world.pipeline_json(one));
    Answer::ok(shown)
}

pub(super) fn compare(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    let side = |name: &str| -> Result<Sha, Refusal> {
        let named = ask.asked(name).ok_or_else(|| invalid(&format!("{name} is missing")))?;
        resolve(here(world, id)?, named).ok_or_else(|| missing("Ref"))
    };
    let (from, to) = (side("from")?, side("to")?);
    let straight = ask.asked("straight") == Some("true");
    let base = if straight { Some(from.clone()) } else { world.git.merge_base(&from, &to) };
    let commits = world.git.between(&from, &to);
    let base = base.unwrap_or_default();
    let diffs: Vec<Value> = world.git.diff(Some(&base), &to).iter().map(|file| world.diff_json(&base, file)).collect();
    Answer::ok(json!({
        "commit": commits.last().map(|sha| world.commit_rest_json(id, sha)),
        "commits": commits.iter().map(|sha| world.commit_rest_json(id, sha)).collect::<Vec<_>>(),
        "diffs": diffs,
        "compare_timeout": false,
        "compare_same_ref": from == to,
        "web_url": format!("{}/{}/-/compare/{from}...{to}", world.url, world.project_path(id)),
    }))
}

pub(super) fn branch(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    let name = ask.at("branch");
    let home = here(world, id)?;
    let tip = home.branch(name).ok_or_else(|| missing("Branch"))?;
    Answer::ok(world.branch_rest_json(home, name, tip, user(ask).unwrap_or(0)))
}

pub(super) fn raw_file(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    let home = here(world, id)?;
    let commit = resolve(home, ask.asked("ref").unwrap_or("HEAD")).ok_or_else(|| missing("Commit"))?;
    let files = world.git.files_at(&commit);
    let blob = files.get(ask.at("file_path")).ok_or_else(|| missing("File"))?;
    let text = world.git.blob(blob).map(ToString::to_string).unwrap_or_default();
    let size = text.len().to_string();
    let Ok(mut answer) = Answer::text("text/plain; charset=utf-8", text) else { return Err(missing("File")) };
    answer.headers = vec![
        ("x-gitlab-blob-id", blob.clone()),
        ("x-gitlab-commit-id", commit.clone()),
        ("x-gitlab-file-path", ask.at("file_path").to_owned()),
        ("x-gitlab-ref", ask.asked("ref").unwrap_or("HEAD").to_owned()),
        ("x-gitlab-size", size),
    ];
    Ok(answer)
}

/// Commits one file to a branch; one that is protected wants a Maintainer.
fn write_file(world: &mut World, ask: &Ask, content: Option<String>) -> Reply {
    let (id, user) = project_as(world, ask, DEVELOPER)?;
    let home = here(world, id)?;
    let need = |name: &str| given(ask, name).ok_or_else(|| invalid(&format!("{name} is missing")));
    let (branch, message, path) = (need("branch")?, need("commit_message")?, ask.at("file_path").to_owned());
    let kept = world.gitlab.projects.get(&id).and_then(|one| one.protected.iter().find(|kept| kept.name == branch));
    if kept.is_some_and(|kept| world.level(home, user) < kept.push_level) {
        return Err(forbidden());
    }
    let start = given(ask, "start_branch").unwrap_or_else(|| branch.clone());
    let tip = home.branch(&branch).or_else(|| home.branch(&start)).cloned();
    let tip = tip.ok_or_else(|| bad_request("You can only create or edit files when you are on a branch"))?;
    let mut commit = NewCommit::new(message);
    commit.files.push((path.clone(), content));
    let at = world.clock.tick();
    let sha = world.make_commit(user, &commit, Some(&tip), at);
    world.move_ref(user, id, &format!("refs/heads/{branch}"), &sha, false).ok_or_else(|| missing("Branch"))?;
    Answer::ok(json!({ "file_path": path, "branch": branch }))
}

pub(super) fn create_file(world: &mut World, ask: &Ask) -> Reply {
    let mut answer = write_file(world, ask, Some(given(ask, "content").unwrap_or_default()))?;
    answer.status = StatusCode::CREATED;
    Ok(answer)
}

pub(super) fn update_file(world: &mut World, ask: &Ask) -> Reply {
    write_file(world, ask, Some(given(ask, "content").unwrap_or_default()))
}

pub(super) fn delete_file(world: &mut World, ask: &Ask) -> Reply {
    write_file(world, ask, None)?;
    super::nothing()
}

pub(super) fn merge_requests(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    let home = here(world, id)?;
    let sha = resolve(home, ask.at("sha")).ok_or_else(|| missing("Commit"))?;
    let state = |pull: &Pull| ask.asked("state").is_none_or(|wanted| wanted == state_of(pull).0);
    let holds = |pull: &Pull| {
        let request = world.gitlab.request((id, pull.number));
        let was_head = request.is_some_and(|one| one.versions.iter().any(|version| version.head == sha));
        let merged = pull.state == PullState::Merged && pull.merge_commit.as_ref() == Some(&sha);
        was_head || merged || world.pull_commits(pull).contains(&sha)
    };
    let found: Vec<&Pull> = home.pulls.values().filter(|pull| holds(pull) && state(pull)).collect();
    page(ask, &found, |pull| world.request_json(pull))
}

pub(super) fn statuses(world: &mut World, ask: &Ask) -> Reply {
    let id = project_read_as(world, ask, 0)?;
    let sha = resolve(here(world, id)?, ask.at("sha")).ok_or_else(|| missing("Commit"))?;
    let all = ask.asked("all") == Some("true");
    let wanted = |job: &&Job| {
        let pipeline = world.gitlab.pipeline(job.pipeline);
        pipeline.is_some_and(|one| one.project == id && one.sha == sha)
            && (all || !job.retried)
            && ask.asked("name").is_none_or(|name| name == job.name)
            && ask.asked("ref").is_none_or(|reference| reference == job.reference)
            && ask.asked("stage").is_none_or(|stage| stage == job.stage)
            && ask.asked("pipeline_id").is_none_or(|number| number == job.pipeline.to_string())
    };
    let mut found: Vec<&Job> = world.gitlab.jobs.iter().filter(wanted).collect();
    if ask.asked("sort") == Some("desc") {
        found.reverse();
    }
    page(ask, &found, |job| world.status_json_of(job))
}

pub(super) fn post_status(world: &mut World, ask: &Ask) -> Reply {
    let (id, user) = project_as(world, ask, DEVELOPER)?;
    let state = given(ask, "state").ok_or_else(|| invalid("state is missing"))?;
    if !["pending", "running", "success", "failed", "canceled", "skipped"].contains(&state.as_str()) {
        return Err(invalid("state does not have a valid value"));
    }
    let posted = Posted {
        name: given(ask, "name").or_else(|| given(ask, "context")).unwrap_or_else(|| "default".to_owned()),
        state,
        reference: given(ask, "ref"),
        pipeline: given(ask, "pipeline_id").and_then(|id| id.parse().ok()),
        target_url: given(ask, "target_url"),
        description: given(ask, "description"),
    };
    if posted.description.as_ref().is_some_and(|text| text.chars().count() > 255) {
        return Err(bad_request("{:description=>[\"is too long (maximum is 255 characters)\"]}"));
    }
    match world.post_status(user, id, ask.at("sha"), &posted) {
        Ok(job) => {
            let job = world.gitlab.job(job).ok_or_else(|| missing(""))?;
            Answer::created(world.status_json_of(job))
        }
        Err(NotPosted::Missing(what)) => Err(missing(what)),
        Err(NotPosted::Bad(why)) => Err(bad_request(&why)),
    }
}

pub(super) fn pipelines(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    let wanted = |sha: &str| ask.asked("sha").is_none_or(|asked| asked == sha);
    let found: Vec<_> =
        world.gitlab.pipelines.iter().rev().filter(|one| one.project == id && wanted(&one.sha)).collect();
    page(ask, &found, |one| world.pipeline_json(one))
}

pub(super) fn jobs(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    let pipeline = number(ask, "pipeline_id")?;
    world.gitlab.pipeline(pipeline).filter(|one| one.project == id).ok_or_else(|| missing(""))?;
    // Commit statuses are no builds.
    let found: Vec<_> = world.gitlab.jobs_of(pipeline).filter(|job| !job.external).collect();
    page(ask, &found, |job| world.job_json(job))
}

fn named_job<'a>(world: &'a World, ask: &Ask, project: u64) -> Result<&'a Job, Refusal> {
    let job = world.gitlab.job(number(ask, "job_id")?).filter(|job| !job.external);
    let here = |job: &&Job| world.gitlab.pipeline(job.pipeline).is_some_and(|one| one.project == project);
    job.filter(here).ok_or_else(|| missing(""))
}

pub(super) fn job(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    Answer::ok(world.job_json(named_job(world, ask, id)?))
}

pub(super) fn retry(world: &mut World, ask: &Ask) -> Reply {
    let (id, user) = project_as(world, ask, DEVELOPER)?;
    let job = named_job(world, ask, id)?;
    let pipeline = world.gitlab.pipeline(job.pipeline).cloned().ok_or_else(|| missing(""))?;
    // On a protected branch, only those who may merge there run jobs.
    let kept = world.gitlab.projects.get(&id);
    let kept = kept.and_then(|one| one.protected.iter().find(|kept| kept.name == pipeline.reference));
    if kept.is_some_and(|_| world.repositories.get(&id).is_some_and(|home| world.level(home, user) < MAINTAINER)) {
        return Err(forbidden());
    }
    let job = job.id;
    let again = world.retry_job(user, job);
    let unable =
        || Refusal::of_gitlab(StatusCode::FORBIDDEN, json!({ "message": "403 Forbidden - Job is not retryable" }));
    let again = again.and_then(|id| world.gitlab.job(id)).ok_or_else(unable)?;
    Answer::created(world.job_json(again))
}
