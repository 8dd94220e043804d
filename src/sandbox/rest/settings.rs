//! A repository by itself, and what its settings and its organisation's say.

use serde_json::{Value, json};

use super::{here, installation, permitted, repository};
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::shapes::extend;
use crate::sandbox::world::World;

/// Only whoever may administer it, or write to it, is told how changes may be merged.
pub(super) fn repository_itself(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "metadata", false)?;
    let mut body = world.repository_json_by_id(id);
    extend(&mut body, json!({ "network_count": 0, "subscribers_count": 0 }));
    if permitted(world, ask, "administration", false).is_ok() || permitted(world, ask, "contents", true).is_ok() {
        let settings = here(world, id)?.settings;
        let merging = json!({
            "allow_auto_merge": settings.allow_auto_merge,
            "allow_update_branch": settings.allow_update_branch,
        });
        extend(&mut body, merging);
    }
    Answer::ok(body)
}

pub(super) fn of_repository(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "administration", false)?;
    Answer::ok(workflows(here(world, id)?.settings.actions_may_approve))
}

pub(super) fn of_organization(world: &mut World, ask: &Ask) -> Reply {
    let id = installation(ask)?;
    let own = world.installations.get(&id).map(|installation| installation.account);
    let org = world.accounts.by_login(ask.at("org")).filter(|org| own == Some(org.id));
    let org = org.ok_or_else(Refusal::not_found)?.id;
    permitted(world, ask, "organization_administration", false)?;
    Answer::ok(workflows(world.actions_may_approve_in.contains(&org)))
}

fn workflows(may_approve: bool) -> Value {
    json!({ "default_workflow_permissions": "read", "can_approve_pull_request_reviews": may_approve })
}
