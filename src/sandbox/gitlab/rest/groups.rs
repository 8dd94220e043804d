//! Groups, subgroups, and who is in them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{keyset, page};
use crate::sandbox::accounts::{AccountId, AccountKind, Team};
use crate::sandbox::gitlab::access::{missing, user};
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::world::World;

/// The group a path names, by number or by full path.
pub(super) fn group(world: &World, ask: &Ask) -> Result<u64, Refusal> {
    user(ask)?;
    let named = ask.at("id");
    let is_group = |id: u64| {
        let account = world.accounts.get(id).is_some_and(|account| account.kind == AccountKind::Organization);
        account || world.accounts.teams.contains_key(&id)
    };
    let by_path = || {
        let team = world.accounts.teams.values().find(|team| world.group_path(team).eq_ignore_ascii_case(named));
        team.map(|team| team.id).or_else(|| world.accounts.by_login(named).map(|account| account.id))
    };
    let found = named.parse().ok().or_else(by_path).filter(|id| is_group(*id));
    // Groups of the sandbox are public.
    found.ok_or_else(|| missing("Group"))
}

pub(super) fn namespace(world: &mut World, ask: &Ask) -> Reply {
    user(ask)?;
    let named = ask.at("id");
    let by_id = named.parse::<u64>().ok();
    let account = world.accounts.all().find(|account| {
        by_id.map_or_else(|| account.login.eq_ignore_ascii_case(named), |id| world.namespace_id(account.id) == id)
    });
    let team = || {
        let fits = |team: &&Team| Some(team.id) == by_id || world.group_path(team).eq_ignore_ascii_case(named);
        world.accounts.teams.values().find(fits).map(|team| team.id)
    };
    let found = account.map(|account| account.id).or_else(team).ok_or_else(|| missing("Namespace"))?;
    Answer::ok(world.namespace_json(found))
}

pub(super) fn list(world: &mut World, ask: &Ask) -> Reply {
    let caller = user(ask)?;
    let least: u64 = ask.asked("min_access_level").and_then(|text| text.parse().ok()).unwrap_or(0);
    let top = world.accounts.all().filter(|account| account.kind == AccountKind::Organization).map(|group| group.id);
    let below = world.accounts.teams.keys().copied().filter(|_| ask.asked("top_level_only") != Some("true"));
    let all: Vec<(u64, Value)> = top
        .chain(below)
        .filter(|id| world.group_level(*id, caller) >= least)
        .map(|id| (id, world.group_json(id)))
        .collect();
    keyset(ask, all, Value::clone)
}

pub(super) fn one(world: &mut World, ask: &Ask) -> Reply {
    let id = group(world, ask)?;
    Answer::ok(world.group_json(id))
}

pub(super) fn projects(world: &mut World, ask: &Ask) -> Reply {
    let (id, caller) = (group(world, ask)?, user(ask)?);
    let deep = ask.asked("include_subgroups") == Some("true");
    let belongs = |above: &[u64]| if deep { above.contains(&id) } else { above.first() == Some(&id) };
    let found: Vec<(u64, Value)> = world
        .repositories
        .values()
        .filter(|project| belongs(&world.groups_above(project)) && world.sees(project, Some(caller)))
        .filter(|project| ask.asked("archived").is_none_or(|wanted| wanted == project.archived.to_string()))
        .map(|project| (project.id, world.project_json(project, Some(caller))))
        .collect();
    keyset(ask, found, Value::clone)
}

fn below(world: &World, id: u64, deep: bool) -> Vec<Value> {
    let is_below = |team: &Team| {
        let mut above = team.parent.unwrap_or(team.organization);
        loop {
            if above == id {
                return true;
            }
            match world.accounts.teams.get(&above).filter(|_| deep) {
                Some(next) => above = next.parent.unwrap_or(next.organization),
                None => return false,
            }
        }
    };
    world.accounts.teams.values().filter(|team| is_below(team)).map(|team| world.group_json(team.id)).collect()
}

pub(super) fn subgroups(world: &mut World, ask: &Ask) -> Reply {
    let id = group(world, ask)?;
    page(ask, &below(world, id, false), Value::clone)
}

pub(super) fn descendants(world: &mut World, ask: &Ask) -> Reply {
    let id = group(world, ask)?;
    page(ask, &below(world, id, true), Value::clone)
}

/// Members with their roles, inherited ones too if wanted.
fn members_of(world: &World, id: u64, inherited: bool) -> BTreeMap<AccountId, u64> {
    let team = world.accounts.teams.get(&id);
    let members = world.accounts.members.iter().filter(|((group, _), _)| *group == id);
    let members = members.map(|((_, user), owner)| (*user, if *owner { 50 } else { 20 }));
    let of_team = team.into_iter().flat_map(|team| team.members.keys()).map(|user| (*user, 30));
    let given =
        world.gitlab.levels.iter().filter(|((place, _), _)| *place == id).map(|((_, user), level)| (*user, *level));
    let above =
        team.filter(|_| inherited).map(|team| members_of(world, team.parent.unwrap_or(team.organization), true));
    let mut found = BTreeMap::new();
    for (user, level) in members.chain(of_team).chain(given).chain(above.into_iter().flatten()) {
        if world.accounts.get(user).is_some() {
            let known: &mut u64 = found.entry(user).or_default();
            *known = level.max(*known);
        }
    }
    found
}

fn member_in(world: &World, id: u64, user: AccountId, level: u64) -> Value {
    let mut shown = world.member_json(user, level);
    if let Some(state) = world.gitlab.memberships.get(&(id, user)) {
        shown["membership_state"] = (*state).into();
    }
    shown
}

pub(super) fn direct_members(world: &mut World, ask: &Ask) -> Reply {
    let id = group(world, ask)?;
    let found: Vec<Value> =
        members_of(world, id, false).into_iter().map(|(user, level)| member_in(world, id, user, level)).collect();
    page(ask, &found, Value::clone)
}

pub(super) fn members(world: &mut World, ask: &Ask) -> Reply {
    let id = group(world, ask)?;
    let found: Vec<Value> =
        members_of(world, id, true).into_iter().map(|(user, level)| member_in(world, id, user, level)).collect();
    page(ask, &found, Value::clone)
}

pub(super) fn member(world: &mut World, ask: &Ask) -> Reply {
    let id = group(world, ask)?;
    let user = ask.at("user_id").parse().map_err(|_| missing(""))?;
    match world.group_level(id, user) {
        0 => Err(missing("")),
        level => Answer::ok(world.member_json(user, level)),
    }
}
