//! Hooks of projects and groups, and the record of what they were sent.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::groups::group;
use super::{given, nothing, number, only, page};
use crate::sandbox::gitlab::access::{MAINTAINER, OWNER, forbidden, invalid, missing, project_as, user, writer};
use crate::sandbox::gitlab::hooks::{Told, headers_of};
use crate::sandbox::gitlab::state::{Hook, has_group_hooks};
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::webhooks::{Delivery, Outcome};
use crate::sandbox::world::World;

/// How long the record goes back.
const REMEMBERED: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);

/// The project or the group whose hooks a call is about. Maintainers see to a project's, owners to a group's.
fn place(world: &World, ask: &Ask) -> Result<(Option<RepositoryId>, Option<u64>), Refusal> {
    if ask.address.contains("/api/v4/projects/") {
        return Ok((Some(project_as(world, ask, MAINTAINER)?.0), None));
    }
    only(has_group_hooks(&world.gitlab.gitlab))?;
    let id = group(world, ask)?;
    writer(world, ask)?;
    if world.group_level(id, user(ask)?) < OWNER { Err(forbidden()) } else { Ok((None, Some(id))) }
}

fn list(world: &World, ask: &Ask) -> Reply {
    let (project, group) = place(world, ask)?;
    let here = |hook: &&Hook| hook.project == project && hook.group == group;
    let found: Vec<&Hook> = world.gitlab.hooks.values().filter(here).collect();
    page(ask, &found, |hook| world.hook_json(hook))
}

pub(super) fn of_project(world: &mut World, ask: &Ask) -> Reply {
    list(world, ask)
}

pub(super) fn of_group(world: &mut World, ask: &Ask) -> Reply {
    list(world, ask)
}

fn create(world: &mut World, ask: &Ask) -> Reply {
    let (project, group) = place(world, ask)?;
    given(ask, "url").ok_or_else(|| invalid("url is missing"))?;
    let id = world.add_hook(project, group, &ask.body);
    let hook = world.gitlab.hooks.get(&id).ok_or_else(|| missing(""))?;
    Answer::created(world.hook_json(hook))
}

pub(super) fn create_in_project(world: &mut World, ask: &Ask) -> Reply {
    create(world, ask)
}

pub(super) fn create_in_group(world: &mut World, ask: &Ask) -> Reply {
    create(world, ask)
}

fn named(world: &World, ask: &Ask) -> Result<Hook, Refusal> {
    let (project, group) = place(world, ask)?;
    let hook = world.gitlab.hooks.get(&number(ask, "hook_id")?);
    hook.filter(|hook| hook.project == project && hook.group == group).cloned().ok_or_else(|| missing(""))
}

pub(super) fn one(world: &mut World, ask: &Ask) -> Reply {
    Answer::ok(world.hook_json(&named(world, ask)?))
}

pub(super) fn update(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?.id;
    world.edit_hook(id, &ask.body);
    one(world, ask)
}

pub(super) fn delete(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?.id;
    world.gitlab.hooks.remove(&id);
    nothing()
}

fn event_json(world: &World, hook: &Hook, delivery: &Delivery) -> Value {
    let status = match delivery.outcome {
        Outcome::Answered(code) => code.to_string(),
        Outcome::Failed | Outcome::Pending => "internal error".to_owned(),
    };
    let trigger = match delivery.event.as_str() {
        "build" => "job_hooks".to_owned(),
        event => format!("{event}_hooks"),
    };
    json!({
        "id": delivery.id,
        "url": hook.url,
        "trigger": trigger,
        "request_headers": headers_of(world, hook, delivery).into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect::<Value>(),
        "request_data": delivery.payload(),
        "response_headers": {},
        "response_body": delivery.answer,
        "execution_duration": delivery.duration_seconds,
        "response_status": status,
    })
}

pub(super) fn events(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.since(17, 3))?;
    let hook = named(world, ask)?;
    let now = world.now();
    let oldest = now.saturating_sub(REMEMBERED).unwrap_or(now);
    let wanted = |delivery: &&Delivery| match ask.asked("status") {
        None => true,
        Some("successful") => matches!(delivery.outcome, Outcome::Answered(200..=299)),
        Some("client_failure") => matches!(delivery.outcome, Outcome::Answered(400..=499)),
        Some("server_failure") => matches!(delivery.outcome, Outcome::Answered(500..=599) | Outcome::Failed),
        Some(code) => matches!(delivery.outcome, Outcome::Answered(own) if own.to_string() == code),
    };
    let own = world.deliveries.iter().rev().filter(|one| one.hook == hook.id && one.outcome != Outcome::Pending);
    let found: Vec<&Delivery> = own.filter(|one| one.at >= oldest).filter(wanted).collect();
    page(ask, &found, |delivery| event_json(world, &hook, delivery))
}

pub(super) fn resend(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.since(17, 4))?;
    let hook = named(world, ask)?;
    let wanted = number(ask, "hook_event_id")?;
    world.deliveries.iter().find(|one| one.id == wanted && one.hook == hook.id).ok_or_else(|| missing(""))?;
    world.redeliver(wanted);
    Answer::created(json!({ "response_status": 200 }))
}

/// A test is sent even to a hook that is disabled; an answer that is no error puts it back to work.
pub(super) fn test(world: &mut World, ask: &Ask) -> Reply {
    let hook = named(world, ask)?;
    let (header, kind) = match ask.at("trigger") {
        "push_events" => ("Push Hook", "push"),
        "merge_requests_events" => ("Merge Request Hook", "merge_request"),
        "note_events" => ("Note Hook", "note"),
        "pipeline_events" => ("Pipeline Hook", "pipeline"),
        "job_events" => ("Job Hook", "build"),
        _ => return Err(invalid("trigger does not have a valid value")),
    };
    let body = json!({ "object_kind": kind, "object_attributes": {}, "project": { "id": hook.project } });
    world.deliver_to(hook.id, hook.project, &Told { setting: "", header, kind, action: None, body });
    let mut answer = Answer::ok(json!({ "message": "201 Created" }))?;
    answer.status = StatusCode::CREATED;
    Ok(answer)
}
