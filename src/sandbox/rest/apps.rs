//! `/app`, `/installation`, `/rate_limit`.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{app, installation, page, paged};
use crate::sandbox::apps::Token;
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::shapes::{extend, time};
use crate::sandbox::tap::Resource;
use crate::sandbox::webhooks::{Delivery, Outcome, headers};
use crate::sandbox::world::World;

/// For so long github.com keeps deliveries on record.
/// <https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks>
const REMEMBERED: SignedDuration = SignedDuration::from_hours(3 * 24);

pub(super) fn this(world: &mut World, ask: &Ask) -> Reply {
    let id = app(ask)?;
    let count = world.installations.values().filter(|installation| installation.app == id).count();
    let mut body = world.app_json_by_id(id);
    extend(&mut body, json!({ "installations_count": count }));
    Answer::ok(body)
}

pub(super) fn installations(world: &mut World, ask: &Ask) -> Reply {
    let id = app(ask)?;
    let own: Vec<_> = world.installations.values().filter(|installation| installation.app == id).collect();
    page(ask, &own, |installation| world.installation_json(installation))
}

pub(super) fn one_installation(world: &mut World, ask: &Ask) -> Reply {
    let id = app(ask)?;
    let found = world.installations.get(&ask.number("installation_id")?).filter(|installation| installation.app == id);
    Answer::ok(world.installation_json(found.ok_or_else(Refusal::not_found)?))
}

/// What is not there and what the App is not installed on look alike.
pub(super) fn installation_on(world: &mut World, ask: &Ask) -> Reply {
    let id = app(ask)?;
    let named = world.repository_named(ask.at("owner"), ask.at("repo"));
    let Some(repository) = named else {
        let moved = world.repository_formerly(ask.at("owner"), ask.at("repo"));
        return Err(moved.map_or_else(Refusal::not_found, |moved| Refusal::moved(world, ask, moved.id)));
    };
    let own = world.installations.values().find(|own| own.app == id && own.covers(repository));
    Answer::ok(world.installation_json(own.ok_or_else(Refusal::not_found)?))
}

pub(super) fn create_token(world: &mut World, ask: &Ask) -> Reply {
    let id = app(ask)?;
    let number = ask.number("installation_id")?;
    let own = world
        .installations
        .get(&number)
        .filter(|installation| installation.app == id)
        .ok_or_else(Refusal::not_found)?
        .clone();
    if own.suspended_at.is_some() {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "This installation has been suspended"));
    }
    let repositories = narrowed(world, &own, &ask.body)?;
    let mut permissions = own.permissions.clone();
    if let Some(asked) = ask.body["permissions"].as_object() {
        for (name, level) in asked {
            let enough = match own.permissions.get(name).map(String::as_str) {
                Some("write") => true,
                Some(granted) => level == granted,
                None => false,
            };
            if !enough {
                let message = "The permissions requested are not granted to this installation.";
                return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, message));
            }
        }
        permissions =
            asked.iter().map(|(name, level)| (name.clone(), level.as_str().unwrap_or("read").to_owned())).collect();
        permissions.insert("metadata".to_owned(), "read".to_owned());
    }
    let now = world.clock.tick();
    let expires_at = now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(now);
    let text = format!("ghs_{}", uuid::Uuid::new_v4().simple());
    let mut body = json!({
        "token": text,
        "expires_at": time(expires_at),
        "permissions": permissions,
        "repository_selection": if repositories.is_some() || own.selected.is_some() { "selected" } else { "all" },
    });
    if let Some(ids) = &repositories {
        body["repositories"] = ids.iter().map(|id| world.repository_json_by_id(*id)).collect();
    }
    world.tokens.insert(text, Token { installation: number, expires_at, repositories, permissions });
    Answer::created(body)
}

/// The repositories a token is asked to be narrowed to.
fn narrowed(
    world: &World,
    own: &crate::sandbox::apps::Installation,
    body: &Value,
) -> Result<Option<BTreeSet<u64>>, Refusal> {
    let mine: Vec<_> = world.repositories.values().filter(|repository| own.covers(repository)).collect();
    let refused = || {
        let message =
            "There is at least one repository that does not exist or is not accessible to the parent installation.";
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    };
    let mut chosen = BTreeSet::new();
    for id in body["repository_ids"].as_array().into_iter().flatten() {
        let found = mine.iter().find(|repository| Some(repository.id) == id.as_u64());
        chosen.insert(found.ok_or_else(refused)?.id);
    }
    for name in body["repositories"].as_array().into_iter().flatten() {
        let found = mine.iter().find(|repository| Some(repository.name.as_str()) == name.as_str());
        chosen.insert(found.ok_or_else(refused)?.id);
    }
    Ok((!chosen.is_empty()).then_some(chosen))
}

pub(super) fn repositories(world: &mut World, ask: &Ask) -> Reply {
    let id = installation(ask)?;
    let covered: Vec<_> = world
        .repositories
        .values()
        .filter(|repository| super::covers(world, ask.caller, &ask.token, repository))
        .collect();
    let total = covered.len();
    let selection = world.installations.get(&id).is_some_and(|installation| installation.selected.is_some());
    let shape = |repository: &&_| world.repository_json(repository);
    paged(ask, &covered, shape, |repositories| {
        json!({
            "total_count": total,
            "repository_selection": if selection { "selected" } else { "all" },
            "repositories": repositories,
        })
    })
}

pub(super) fn rate_limit(world: &mut World, ask: &Ask) -> Reply {
    let id = installation(ask)?;
    let limit = world.rate_limit;
    let [core, graphql] = [Resource::Core, Resource::GraphQl].map(|resource| {
        let budget = world.budget(id, resource);
        json!({
            "limit": limit,
            "remaining": limit.saturating_sub(budget.used),
            "used": budget.used,
            "reset": budget.reset.as_second(),
        })
    });
    Answer::ok(json!({ "resources": { "core": core, "search": core, "graphql": graphql }, "rate": core }))
}

pub(super) fn hook_config(world: &mut World, ask: &Ask) -> Reply {
    let registered = world.apps.get(&app(ask)?).ok_or_else(Refusal::not_found)?;
    let webhook = &registered.webhook;
    let mut body = json!({
        "content_type": webhook.content_type,
        "insecure_ssl": if webhook.insecure_ssl { "1" } else { "0" },
        "url": registered.webhook_url.as_deref().unwrap_or_default(),
    });
    if webhook.has_secret {
        body["secret"] = json!("********");
    }
    Answer::ok(body)
}

fn delivery_json(delivery: &Delivery) -> Value {
    let (status, code) = match delivery.outcome {
        Outcome::Answered(code) if code < 300 => ("OK".to_owned(), code),
        Outcome::Answered(code) => (format!("Invalid HTTP Response: {code}"), code),
        Outcome::Pending | Outcome::Failed => ("failed to connect to host".to_owned(), 0),
    };
    json!({
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": time(delivery.at),
        "redelivery": delivery.redelivery,
        "duration": delivery.duration_seconds,
        "status": status,
        "status_code": code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation,
        "repository_id": delivery.repository,
        "throttled_at": null,
    })
}

/// Newest first; the cursor is the number of the last delivery that was shown.
pub(super) fn deliveries(world: &mut World, ask: &Ask) -> Reply {
    let id = app(ask)?;
    let size: usize = ask.asked("per_page").and_then(|text| text.parse().ok()).unwrap_or(30).clamp(1, 100);
    let before: u64 = ask.asked("cursor").and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
    let now = world.now();
    let oldest = now.saturating_sub(REMEMBERED).unwrap_or(now);
    let failed = |delivery: &&Delivery| matches!(delivery.outcome, Outcome::Answered(400..=599));
    let mut own: Vec<&Delivery> = world
        .deliveries
        .iter()
        .filter(|delivery| delivery.app == id && delivery.id < before && delivery.outcome != Outcome::Pending)
        .filter(|delivery| delivery.at >= oldest)
        .filter(|delivery| match ask.asked("status") {
            Some("failure") => failed(delivery),
            Some("success") => matches!(delivery.outcome, Outcome::Answered(200..=399)),
            _ => true,
        })
        .collect();
    own.sort_by_key(|delivery| std::cmp::Reverse(delivery.id));
    let more = own.len() > size;
    own.truncate(size);
    let link = own
        .last()
        .filter(|_| more)
        .map(|last| format!("<{}?per_page={size}&cursor={}>; rel=\"next\"", ask.address, last.id));
    let body = own.into_iter().map(delivery_json).collect();
    Ok(Answer { body, headers: link.map(|link| ("link", link)).into_iter().collect(), ..Answer::default() })
}

pub(super) fn delivery(world: &mut World, ask: &Ask) -> Reply {
    let id = app(ask)?;
    let number = ask.number("delivery_id")?;
    let found = world.deliveries.iter().find(|delivery| delivery.id == number && delivery.app == id);
    let (found, registered) = found.zip(world.apps.get(&id)).ok_or_else(Refusal::not_found)?;
    let sent: Value =
        headers(registered, found).into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let mut body = delivery_json(found);
    let rest = json!({
        "url": registered.webhook_url,
        "request": { "headers": sent, "payload": found.payload() },
        "response": { "headers": {}, "payload": found.answer },
    });
    extend(&mut body, rest);
    Answer::ok(body)
}

pub(super) fn redeliver(world: &mut World, ask: &Ask) -> Reply {
    let id = app(ask)?;
    let number = ask.number("delivery_id")?;
    let oldest = world.now().saturating_sub(REMEMBERED).unwrap_or_default();
    let mut own = world.deliveries.iter().filter(|delivery| delivery.app == id && delivery.at >= oldest);
    if !own.any(|delivery| delivery.id == number) {
        return Err(Refusal::not_found());
    }
    world.redeliver(number).ok_or_else(Refusal::not_found)?;
    Ok(Answer { status: StatusCode::ACCEPTED, body: json!({}), ..Answer::default() })
}
