//! Merge requests: reading them, approving them, merging them.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{here, number, only, page, request};
use crate::sandbox::gitlab::access::{
    DEVELOPER, bad_request, forbidden, missing, project, project_as, unauthorized, user, writer,
};
use crate::sandbox::gitlab::requests::NotApproved;
use crate::sandbox::gitlab::shapes::state_of;
use crate::sandbox::gitlab::state::RequestId;
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::pulls::Pull;
use crate::sandbox::world::World;

/// The merge request of a call, if the caller may see it.
pub(super) fn named(world: &World, ask: &Ask) -> Result<RequestId, Refusal> {
    user(ask)?;
    let id = project(world, ask)?;
    Ok((id, request(world, ask, id)?.number))
}

fn found(world: &World, id: RequestId) -> Result<&Pull, Refusal> {
    world.pull(id.0, id.1).ok_or_else(|| missing(""))
}

pub(super) fn list(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    let time = |name: &str| ask.asked(name).and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let (after, before) = (time("updated_after"), time("updated_before"));
    let mut pulls: Vec<&Pull> = here(world, id)?
        .pulls
        .values()
        .filter(|pull| ask.asked("state").is_none_or(|state| state == "all" || state == state_of(pull).0))
        .filter(|pull| after.is_none_or(|after| pull.updated_at >= after))
        .filter(|pull| before.is_none_or(|before| pull.updated_at <= before))
        .filter(|pull| ask.asked("source_branch").is_none_or(|branch| branch == pull.head_branch))
        .filter(|pull| ask.asked("target_branch").is_none_or(|branch| branch == pull.base_branch))
        .collect();
    let by_update = ask.asked("order_by") == Some("updated_at");
    pulls.sort_by_key(|pull| (if by_update { pull.updated_at } else { pull.created_at }, pull.number));
    if ask.asked("sort") != Some("asc") {
        pulls.reverse();
    }
    page(ask, &pulls, |pull| world.request_json(pull))
}

pub(super) fn one(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    let pull = request(world, ask, id)?;
    let mut shown = world.request_json_whole(pull);
    if ask.asked("include_diverged_commits_count") == Some("true") {
        shown["diverged_commits_count"] = json!(world.git.between(&pull.head, &world.base_tip(pull)).len());
    }
    if ask.asked("include_rebase_in_progress") == Some("true") {
        shown["rebase_in_progress"] = json!(false);
    }
    Answer::ok(shown)
}

pub(super) fn versions(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let versions = world.gitlab.request(id).map(|request| request.versions.as_slice()).unwrap_or_default();
    let newest_first: Vec<_> = versions.iter().rev().collect();
    page(ask, &newest_first, |version| world.version_json(id, version))
}

pub(super) fn version(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let wanted = number(ask, "version_id")?;
    let versions = world.gitlab.request(id).map(|request| request.versions.as_slice()).unwrap_or_default();
    let version = versions.iter().find(|version| version.id == wanted).ok_or_else(|| missing(""))?;
    let mut shown = world.version_json(id, version);
    let commits = world.git.between(&version.start, &version.head);
    shown["commits"] = commits.iter().rev().map(|sha| world.commit_rest_json(id.0, sha)).collect();
    let files = world.git.diff(Some(&version.base), &version.head);
    shown["diffs"] = files.iter().map(|file| world.diff_json(&version.base, file)).collect();
    Answer::ok(shown)
}

pub(super) fn commits(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let mut commits = world.pull_commits(found(world, id)?);
    commits.reverse();
    page(ask, &commits, |sha| world.commit_rest_json(id.0, sha))
}

pub(super) fn diffs(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let pull = found(world, id)?;
    let base = world.gitlab.request(id).and_then(|request| request.versions.last()).map(|last| last.base.clone());
    let base = base.ok_or_else(|| missing(""))?;
    let files = world.git.diff(Some(&base), &pull.head);
    page(ask, &files, |file| world.diff_json(&base, file))
}

pub(super) fn reviewers(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let asked = world.gitlab.request(id).map(|request| request.reviewers.clone()).unwrap_or_default();
    let shown: Vec<Value> = asked
        .into_iter()
        .map(|(user, state)| json!({ "user": world.user_json(user), "state": state, "created_at": "2020-01-01T00:00:00.000Z" }))
        .collect();
    Answer::ok(Value::Array(shown))
}

pub(super) fn pipelines(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let found = world.request_pipelines(id);
    page(ask, &found, |pipeline| world.pipeline_json(pipeline))
}

pub(super) fn create_pipeline(world: &mut World, ask: &Ask) -> Reply {
    let (project, user) = project_as(world, ask, DEVELOPER)?;
    let id = (project, request(world, ask, project)?.number);
    world.clock.tick();
    // Asked for by a member, the pipeline of a fork runs here and not there.
    let made = world.request_pipeline_in(project, id, user).and_then(|id| world.gitlab.pipeline(id));
    let made = made.ok_or_else(|| bad_request("No pipeline can be made of this"))?;
    Answer::created(world.pipeline_json(made))
}

pub(super) fn approvals(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    Answer::ok(world.approvals_json(id, user(ask)?))
}

pub(super) fn approval_state(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_premium())?;
    let id = named(world, ask)?;
    Answer::ok(world.approval_state_json(id))
}

pub(super) fn approve(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let user = writer(world, ask)?;
    let named_by_rule = || world.rules_for(id).into_iter().any(|rule| rule.users.contains(&user));
    if world.level(here(world, id.0)?, user) < DEVELOPER && !named_by_rule() {
        return Err(forbidden());
    }
    if world.gitlab.approvals_are(id.0, "require_password_to_approve") && world.gitlab.gitlab.has_premium() {
        return Err(unauthorized());
    }
    let sha = super::given(ask, "sha");
    match world.approve(user, id, sha.as_deref()) {
        Ok(()) => Answer::created(world.approvals_json(id, user)),
        Err(NotApproved::Unauthorized) => Err(unauthorized()),
        Err(NotApproved::Outdated) => {
            let head = found(world, id)?.head.clone();
            let message = format!("SHA does not match HEAD of source branch: {head}");
            Err(Refusal::of_gitlab(StatusCode::CONFLICT, json!({ "message": message })))
        }
    }
}

pub(super) fn unapprove(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let user = writer(world, ask)?;
    if world.unapprove(user, id) { Answer::created(world.approvals_json(id, user)) } else { Err(missing("")) }
}

pub(super) fn merge(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let (_, user) = project_as(world, ask, DEVELOPER).map_err(|_| unauthorized())?;
    let sha = super::given(ask, "sha");
    if sha.is_some_and(|sha| found(world, id).is_ok_and(|pull| pull.head != sha)) {
        let message = "SHA does not match HEAD of source branch";
        return Err(Refusal::of_gitlab(StatusCode::CONFLICT, json!({ "message": message })));
    }
    world.clock.tick();
    let refused =
        |_| Refusal::of_gitlab(StatusCode::METHOD_NOT_ALLOWED, json!({ "message": "405 Method Not Allowed" }));
    world.merge_pull(user, id.0, id.1).map_err(refused)?;
    Answer::ok(world.request_json_whole(found(world, id)?))
}
