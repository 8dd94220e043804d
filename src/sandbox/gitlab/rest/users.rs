//! The instance, users, and tokens.

use serde_json::{Value, json};

use super::page;
use crate::sandbox::accounts::{Account, AccountKind};
use crate::sandbox::gitlab::Edition;
use crate::sandbox::gitlab::access::{missing, token as token_of, user};
use crate::sandbox::gitlab::shapes::time;
use crate::sandbox::http::{Answer, Ask, Reply};
use crate::sandbox::world::World;

pub(super) fn metadata(world: &mut World, ask: &Ask) -> Reply {
    user(ask)?;
    let gitlab = &world.gitlab.gitlab;
    let enterprise = gitlab.edition > Edition::Community;
    let version = format!("{}.0{}", gitlab.version, if enterprise { "-ee" } else { "" });
    Answer::ok(json!({
        "version": version,
        "revision": "5c20ee2f0e1",
        "kas": { "enabled": false, "externalUrl": null, "externalK8sProxyUrl": null, "version": null },
        "enterprise": enterprise,
    }))
}

pub(super) fn this(world: &mut World, ask: &Ask) -> Reply {
    let account = world.accounts.get(user(ask)?).ok_or_else(|| missing("User"))?;
    let mut shown = world.user_public_json(account);
    shown["email"] = json!(account.email);
    shown["can_create_group"] = json!(false);
    shown["external"] = json!(false);
    Answer::ok(shown)
}

pub(super) fn token(world: &mut World, ask: &Ask) -> Reply {
    user(ask)?;
    let token = token_of(world, ask)?;
    Answer::ok(json!({
        "id": token.id,
        "name": "seconder",
        "revoked": token.revoked,
        "created_at": time(token.created_at),
        "description": null,
        "scopes": token.scopes,
        "user_id": token.user,
        "last_used_at": time(world.now()),
        "active": true,
        "expires_at": token.expires_at.map(|at| at.strftime("%Y-%m-%d").to_string()),
    }))
}

fn people(world: &World) -> Vec<&Account> {
    world.accounts.all().filter(|account| account.kind != AccountKind::Organization).collect()
}

pub(super) fn list(world: &mut World, ask: &Ask) -> Reply {
    user(ask)?;
    let named = ask.asked("username");
    let found: Vec<Value> = people(world)
        .into_iter()
        .filter(|account| named.is_none_or(|name| account.login.eq_ignore_ascii_case(name)))
        .map(|account| world.user_json(account.id))
        .collect();
    page(ask, &found, Value::clone)
}

pub(super) fn one(world: &mut World, ask: &Ask) -> Reply {
    user(ask)?;
    let id: u64 = ask.at("user_id").parse().map_err(|_| missing("User"))?;
    let account = people(world).into_iter().find(|account| account.id == id).ok_or_else(|| missing("User"))?;
    Answer::ok(world.user_public_json(account))
}
