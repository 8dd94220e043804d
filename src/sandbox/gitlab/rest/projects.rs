//! Projects, their settings and their members.

use serde_json::{Value, json};

use super::{here, keyset, nothing, page};
use crate::sandbox::gitlab::access::{MAINTAINER, missing, project, project_as, user};
use crate::sandbox::http::{Answer, Ask, Reply};
use crate::sandbox::world::World;

pub(super) fn list(world: &mut World, ask: &Ask) -> Reply {
    let caller = user(ask)?;
    let least: u64 = ask.asked("min_access_level").and_then(|text| text.parse().ok()).unwrap_or(0);
    let membership = ask.asked("membership") == Some("true");
    let found: Vec<(u64, Value)> = world
        .repositories
        .values()
        .filter(|project| world.sees(project, Some(caller)))
        .filter(|project| world.level(project, caller) >= least.max(u64::from(membership)))
        .filter(|project| ask.asked("archived").is_none_or(|wanted| wanted == project.archived.to_string()))
        .map(|project| (project.id, world.project_json(project, Some(caller))))
        .collect();
    keyset(ask, found, Value::clone)
}

/// The projects in somebody's own namespace.
pub(super) fn of_user(world: &mut World, ask: &Ask) -> Reply {
    let caller = user(ask)?;
    let owner: u64 = ask.at("user_id").parse().map_err(|_| missing("User"))?;
    world.accounts.get(owner).ok_or_else(|| missing("User"))?;
    let found: Vec<(u64, Value)> = world
        .repositories
        .values()
        .filter(|project| project.owner == owner && world.sees(project, Some(caller)))
        .map(|project| (project.id, world.project_json(project, Some(caller))))
        .collect();
    keyset(ask, found, Value::clone)
}

pub(super) fn one(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    Answer::ok(world.project_json(here(world, id)?, user(ask).ok()))
}

pub(super) fn update(world: &mut World, ask: &Ask) -> Reply {
    let (id, caller) = project_as(world, ask, MAINTAINER)?;
    let settings = &mut world.gitlab.project_mut(id).settings;
    let asked = ask.body.as_object().into_iter().flatten();
    for (name, value) in asked.filter(|(name, _)| settings.contains_key(*name)).collect::<Vec<_>>() {
        settings.insert(name.clone(), value.clone());
    }
    Answer::ok(world.project_json(here(world, id)?, Some(caller)))
}

fn listed(world: &World, id: u64, inherited: bool) -> Vec<Value> {
    let Some(home) = world.repositories.get(&id) else { return Vec::new() };
    let own = |user: &u64| {
        let given = world.gitlab.levels.contains_key(&(id, *user));
        inherited || given || home.collaborators.contains_key(user) || home.owner == *user
    };
    let users = world.members_of_project(id).into_iter().filter(own);
    users.map(|user| world.member_json(user, world.level(home, user))).collect()
}

pub(super) fn direct_members(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    page(ask, &listed(world, id, false), Value::clone)
}

pub(super) fn members(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    page(ask, &listed(world, id, true), Value::clone)
}

pub(super) fn member(world: &mut World, ask: &Ask) -> Reply {
    let id = project(world, ask)?;
    let user: Value = json!(ask.at("user_id").parse::<u64>().ok());
    let found = listed(world, id, true).into_iter().find(|member| member["id"] == user);
    Answer::ok(found.ok_or_else(|| missing(""))?)
}

pub(super) fn remove_member(world: &mut World, ask: &Ask) -> Reply {
    let (id, _) = project_as(world, ask, MAINTAINER)?;
    let user: u64 = ask.at("user_id").parse().map_err(|_| missing(""))?;
    let given = world.gitlab.levels.remove(&(id, user)).is_some();
    let home = world.repositories.get_mut(&id).ok_or_else(|| missing("Project"))?;
    if home.collaborators.remove(&user).is_none() && !given {
        return Err(missing(""));
    }
    nothing()
}
