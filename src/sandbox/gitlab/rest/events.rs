//! What happened: to a merge request (closed, reopened, merged), and in a project (pushed, commented).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::page;
use super::requests::named;
use crate::sandbox::accounts::AccountId;
use crate::sandbox::git::NO_COMMIT;
use crate::sandbox::gitlab::access::project;
use crate::sandbox::gitlab::shapes::time;
use crate::sandbox::http::{Ask, Reply};
use crate::sandbox::pulls::Happening;
use crate::sandbox::repositories::{Activity, RepositoryId};
use crate::sandbox::world::World;

pub(super) fn of_request(world: &mut World, ask: &Ask) -> Reply {
    let id = named(world, ask)?;
    let pull = world.pull(id.0, id.1);
    let states = pull.into_iter().flat_map(|pull| &pull.timeline).filter_map(|item| {
        let state = match item.what {
            Happening::Closed => "closed",
            Happening::Reopened => "reopened",
            Happening::Merged { .. } => "merged",
            _ => return None,
        };
        Some(json!({
            "id": item.id,
            "user": world.user_json(item.actor),
            "created_at": time(item.at),
            "resource_type": "MergeRequest",
            "resource_id": pull.map(|pull| pull.id),
            "source_commit": null,
            "source_merge_request_id": null,
            "state": state,
        }))
    });
    let states: Vec<Value> = states.collect();
    page(ask, &states, Value::clone)
}

/// The newest first. `after` names a day, and what came on a later one is shown.
pub(super) fn of_project(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    let mut events: Vec<(Timestamp, Value)> = match ask.asked("action") {
        Some("pushed") => pushes(world, id),
        Some("commented") => notes(world, id),
        _ => pushes(world, id).into_iter().chain(notes(world, id)).collect(),
    };
    let after = ask.asked("after").and_then(|day| format!("{day}T23:59:59Z").parse::<Timestamp>().ok());
    events.retain(|(at, _)| after.is_none_or(|after| *at > after));
    events.sort_by_key(|(at, _)| *at);
    if ask.asked("sort") != Some("asc") {
        events.reverse();
    }
    page(ask, &events, |(_, event)| event.clone())
}

fn event(world: &World, id: RepositoryId, by: AccountId, at: Timestamp, action: &str) -> Value {
    json!({
        "id": at.as_millisecond(),
        "project_id": id,
        "action_name": action,
        "target_id": null,
        "target_iid": null,
        "target_type": null,
        "author_id": by,
        "target_title": null,
        "created_at": time(at),
        "author": world.user_json(by),
        "imported": false,
        "imported_from": "none",
        "author_username": world.login(by),
    })
}

fn pushes(world: &World, id: RepositoryId) -> Vec<(Timestamp, Value)> {
    let activity = world.repositories.get(&id).map(|home| home.activity.as_slice()).unwrap_or_default();
    let named = |sha: &str| (sha != NO_COMMIT).then(|| sha.to_owned());
    let pushed = |one: &Activity| {
        let mut event = event(world, id, one.actor, one.at, "pushed to");
        event["push_data"] = json!({
            "commit_count": 1,
            "action": if one.before == NO_COMMIT { "created" } else { "pushed" },
            "ref_type": "branch",
            "commit_from": named(&one.before),
            "commit_to": named(&one.after),
            "ref": one.reference.trim_start_matches("refs/heads/"),
            "commit_title": null,
            "ref_count": null,
        });
        (one.at, event)
    };
    activity.iter().map(pushed).collect()
}

fn notes(world: &World, id: RepositoryId) -> Vec<(Timestamp, Value)> {
    let numbers = world.repositories.get(&id).map(|home| home.pulls.keys().copied().collect::<Vec<u64>>());
    let mut events = Vec::new();
    for number in numbers.unwrap_or_default() {
        for note in world.notes((id, number)).into_iter().filter(|note| !note.system && !note.internal) {
            let at = note.body.created_at;
            let mut event = event(world, id, note.author, at, "commented on");
            event["target_type"] = json!("Note");
            event["target_id"] = json!(note.id);
            event["note"] = world.note_json((id, number), &note);
            events.push((at, event));
        }
    }
    events
}
