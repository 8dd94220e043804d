//! Users, organisations, teams, permissions.

use serde_json::json;

use super::{here, installation, page, permitted, repository};
use crate::sandbox::accounts::{AccountId, AccountKind};
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::shapes::{extend, time};
use crate::sandbox::world::World;

pub(super) fn user(world: &mut World, ask: &Ask) -> Reply {
    installation(ask)?;
    let account = world.accounts.by_login(ask.at("username")).ok_or_else(Refusal::not_found)?;
    let at = time(world.now());
    let mut body = world.simple_user(account);
    let more = json!({
        "name": null, "company": null, "blog": "", "location": null, "email": null, "hireable": null, "bio": null,
        "twitter_username": null, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
        "created_at": at, "updated_at": at,
    });
    extend(&mut body, more);
    Answer::ok(body)
}

/// The organisation, if the installation is its own; another's members are not for an App to see.
fn organization(world: &World, ask: &Ask) -> Result<AccountId, Refusal> {
    let id = installation(ask)?;
    let own = world.installations.get(&id).map(|installation| installation.account);
    let named = world.accounts.by_login(ask.at("org")).filter(|account| account.kind == AccountKind::Organization);
    let named = named.filter(|account| own == Some(account.id)).ok_or_else(Refusal::not_found)?.id;
    permitted(world, ask, "members", false)?;
    Ok(named)
}

pub(super) fn members(world: &mut World, ask: &Ask) -> Reply {
    let org = organization(world, ask)?;
    let role = ask.asked("role");
    let wanted = |owner: bool| match role {
        Some("admin") => owner,
        Some("member") => !owner,
        _ => true,
    };
    let members = world.accounts.members_of(org);
    let members: Vec<_> =
        members.into_iter().filter(|member| wanted(world.accounts.is_owner(org, member.id))).collect();
    page(ask, &members, |member| world.simple_user(member))
}

pub(super) fn teams(world: &mut World, ask: &Ask) -> Reply {
    let org = organization(world, ask)?;
    let teams = world.accounts.teams_of(org);
    page(ask, &teams, |team| world.team_json(team, true))
}

pub(super) fn team_members(world: &mut World, ask: &Ask) -> Reply {
    let org = organization(world, ask)?;
    let team = world.accounts.team(org, ask.at("team_slug")).ok_or_else(Refusal::not_found)?;
    let role = ask.asked("role").unwrap_or("all");
    let members: Vec<(AccountId, bool)> = world
        .accounts
        .team_members(team)
        .into_iter()
        .filter(|(_, maintainer)| role == "all" || (role == "maintainer") == *maintainer)
        .collect();
    page(ask, &members, |(id, maintainer)| {
        let mut member = world.account_or_ghost(*id);
        let inherited = !team.members.contains_key(id);
        extend(
            &mut member,
            json!({ "role": if *maintainer { "maintainer" } else { "member" }, "inherited": inherited }),
        );
        member
    })
}

pub(super) fn permission(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "metadata", false)?;
    let account = world.accounts.by_login(ask.at("username")).ok_or_else(Refusal::not_found)?.id;
    Answer::ok(world.permission_json(here(world, id)?, account))
}
