//! Who calls, and what they may do.

use axum::http::StatusCode;
use serde_json::json;

use super::state::{ProtectedBranch, Token};
use crate::sandbox::accounts::{AccountId, AccountKind};
use crate::sandbox::http::{Ask, Refusal};
use crate::sandbox::repositories::{Permission, Repository, RepositoryId};
use crate::sandbox::tap::Credential;
use crate::sandbox::world::World;

/// Roles, as the API numbers them.
pub(super) const REPORTER: u64 = 20;
pub(super) const DEVELOPER: u64 = 30;
pub(super) const MAINTAINER: u64 = 40;
pub(super) const OWNER: u64 = 50;

/// Who shows this token: nobody shows none, and what does not hold is refused.
pub(crate) fn credential(world: &World, token: Option<&str>) -> Result<Credential, Refusal> {
    let Some(shown) = token else { return Ok(Credential::None) };
    let known = world.gitlab.tokens.get(shown).ok_or_else(unauthorized)?;
    let invalid = |reason: &str| {
        let body = json!({ "error": "invalid_token", "error_description": reason });
        Refusal::of_gitlab(StatusCode::UNAUTHORIZED, body)
    };
    if known.revoked {
        return Err(invalid("Token was revoked. You have to re-authorize from the user."));
    }
    if known.expires_at.is_some_and(|end| world.now() >= end) {
        return Err(invalid("Token is expired. You can either do re-authorization or token refresh."));
    }
    world.accounts.get(known.user).map(|user| Credential::User(user.id)).ok_or_else(unauthorized)
}

pub(super) fn unauthorized() -> Refusal {
    Refusal::of_gitlab(StatusCode::UNAUTHORIZED, json!({ "message": "401 Unauthorized" }))
}

pub(super) fn forbidden() -> Refusal {
    Refusal::of_gitlab(StatusCode::FORBIDDEN, json!({ "message": "403 Forbidden" }))
}

/// What is not there and what may not be seen look alike; `what` as in `404 Project Not Found`.
pub(super) fn missing(what: &str) -> Refusal {
    let message = if what.is_empty() { "404 Not found".to_owned() } else { format!("404 {what} Not Found") };
    Refusal::of_gitlab(StatusCode::NOT_FOUND, json!({ "message": message }))
}

pub(super) fn bad_request(message: &str) -> Refusal {
    Refusal::of_gitlab(StatusCode::BAD_REQUEST, json!({ "message": message }))
}

/// A parameter that is missing or wrong.
pub(super) fn invalid(what: &str) -> Refusal {
    Refusal::of_gitlab(StatusCode::BAD_REQUEST, json!({ "error": what }))
}

/// The user a call is made as.
pub(super) fn user(ask: &Ask) -> Result<AccountId, Refusal> {
    match ask.caller {
        Credential::User(id) => Ok(id),
        _ => Err(unauthorized()),
    }
}

/// The token of a call.
pub(super) fn token<'a>(world: &'a World, ask: &Ask) -> Result<&'a Token, Refusal> {
    world.gitlab.tokens.get(&ask.token).ok_or_else(unauthorized)
}

/// A call that changes something: by whom.
pub(super) fn writer(world: &World, ask: &Ask) -> Result<AccountId, Refusal> {
    let user = user(ask)?;
    let may_write = token(world, ask)?.scopes.iter().any(|scope| scope == "api");
    if may_write {
        return Ok(user);
    }
    let body = json!({
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": "api",
    });
    Err(Refusal::of_gitlab(StatusCode::FORBIDDEN, body))
}

/// The project a path names by number or by its encoded path, if the caller may see it.
pub(super) fn project(world: &World, ask: &Ask) -> Result<RepositoryId, Refusal> {
    let named = ask.at("id");
    let found = match named.parse::<u64>() {
        Ok(id) => world.repositories.get(&id),
        Err(_) => named.split_once('/').and_then(|(owner, name)| world.repository_named(owner, name)),
    };
    let caller = user(ask).ok();
    found.filter(|found| world.sees(found, caller)).map(|found| found.id).ok_or_else(|| missing("Project"))
}

/// The project a call changes, if the caller has this role in it.
pub(super) fn project_as(world: &World, ask: &Ask, level: u64) -> Result<(RepositoryId, AccountId), Refusal> {
    let id = project(world, ask)?;
    let user = writer(world, ask)?;
    let has = world.repositories.get(&id).is_some_and(|project| world.level(project, user) >= level);
    if has { Ok((id, user)) } else { Err(forbidden()) }
}

/// The project a call reads, if the caller has this role in it.
pub(super) fn project_read_as(world: &World, ask: &Ask, level: u64) -> Result<RepositoryId, Refusal> {
    let id = project(world, ask)?;
    let user = user(ask)?;
    let has = world.repositories.get(&id).is_some_and(|project| world.level(project, user) >= level);
    if has { Ok(id) } else { Err(forbidden()) }
}

impl World {
    /// The role of an account in a project: its own, or that of a group above.
    pub(crate) fn level(&self, project: &Repository, account: AccountId) -> u64 {
        let given = project.collaborators.get(&account).map_or(0, |permission| match permission {
            Permission::Read => REPORTER,
            Permission::Write => DEVELOPER,
            Permission::Admin => MAINTAINER,
        });
        let owned = if project.owner == account { OWNER } else { 0 };
        let own = self.gitlab.levels.get(&(project.id, account)).copied().unwrap_or(0);
        let above = self.groups_above(project).into_iter().map(|group| self.group_level(group, account)).max();
        given.max(owned).max(own).max(above.unwrap_or(0))
    }

    /// The role of an account in a group, by itself or by the group above.
    pub(crate) fn group_level(&self, group: u64, account: AccountId) -> u64 {
        let given = self.gitlab.levels.get(&(group, account)).copied().unwrap_or(0);
        let member = match self.accounts.members.get(&(group, account)) {
            Some(true) => OWNER,
            Some(false) => REPORTER,
            None => 0,
        };
        let team = self.accounts.teams.get(&group);
        let of_team = team.filter(|team| team.members.contains_key(&account)).map_or(0, |_| DEVELOPER);
        let above = team.map(|team| team.parent.unwrap_or(team.organization));
        let above = above.map_or(0, |above| self.group_level(above, account));
        given.max(member).max(of_team).max(above)
    }

    /// Groups that a project is in, the innermost first; none for a person's project.
    pub(crate) fn groups_above(&self, project: &Repository) -> Vec<u64> {
        if self.accounts.get(project.owner).is_none_or(|owner| owner.kind != AccountKind::Organization) {
            return Vec::new();
        }
        let between = project.name.rsplit_once('/').map_or("", |(between, _)| between);
        let slugs = between.split('/').filter(|slug| !slug.is_empty()).rev();
        let subgroups = slugs.filter_map(|slug| self.accounts.team(project.owner, slug)).map(|team| team.id);
        subgroups.chain([project.owner]).collect()
    }

    /// Whether somebody may see a project.
    pub(crate) fn sees(&self, project: &Repository, caller: Option<AccountId>) -> bool {
        !project.private || caller.is_some_and(|caller| self.level(project, caller) > 0)
    }

    /// The number of the namespace that belongs to an account: a group is its own, a person's has a number of its own.
    pub(crate) fn namespace_id(&self, owner: AccountId) -> u64 {
        /// Far from every other number, so that a mix-up shows.
        const PERSONAL: u64 = 5_000_000_000;
        let is_group = self.accounts.get(owner).is_some_and(|owner| owner.kind == AccountKind::Organization);
        if is_group { owner } else { PERSONAL + owner }
    }

    /// What comes with a new project: a protected default branch, and, unless it is a fork, the bot and its hooks.
    pub(crate) fn found_project(&mut self, id: RepositoryId, is_served: bool) {
        let Some(project) = self.repositories.get(&id) else { return };
        let (owner, name) = (project.owner, project.default_branch.clone());
        let branch = ProtectedBranch { id: self.next_id(), name, push_level: MAINTAINER, merge_level: MAINTAINER };
        self.gitlab.project_mut(id).protected.push(branch);
        if is_served {
            self.employ_bot(owner, id);
            self.place_hooks();
        }
    }

    /// The gate's bot works for this owner from now on, as Developer.
    fn employ_bot(&mut self, owner: AccountId, project: RepositoryId) {
        let is_group = self.accounts.get(owner).is_some_and(|owner| owner.kind == AccountKind::Organization);
        let place = if is_group { owner } else { project };
        let bot = self.gitlab.bot;
        self.gitlab.levels.entry((place, bot)).or_insert(DEVELOPER);
    }
}
