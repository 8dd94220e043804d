//! Rulesets, and which rules govern a branch.

use serde_json::{Value, json};

use super::{bot, here, installation, page, permitted, repository};
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::repositories::Ruleset;
use crate::sandbox::shapes::extend;
use crate::sandbox::world::World;

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// Reads the fields a request gives into a ruleset.
fn change(ruleset: &mut Ruleset, body: &Value) -> Result<(), Refusal> {
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    if let Some(name) = text("name") {
        ruleset.name = name;
    }
    if let Some(target) = text("target") {
        ruleset.target = target;
    }
    if let Some(enforcement) = text("enforcement") {
        if !["active", "disabled", "evaluate"].contains(&enforcement.as_str()) {
            return Err(Refusal::invalid("RepositoryRuleset", "enforcement", "invalid"));
        }
        ruleset.enforcement = enforcement;
    }
    if !body["conditions"].is_null() {
        ruleset.include = strings(&body["conditions"]["ref_name"]["include"]);
        ruleset.exclude = strings(&body["conditions"]["ref_name"]["exclude"]);
        ruleset.conditions = body["conditions"].clone();
    }
    if let Some(rules) = body["rules"].as_array() {
        ruleset.rules.clone_from(rules);
    }
    if !body["bypass_actors"].is_null() {
        ruleset.bypass_actors = body["bypass_actors"].clone();
    }
    Ok(())
}

impl World {
    /// An empty, active ruleset for branches; it is not stored yet.
    pub(crate) fn new_ruleset(&mut self, repository: Option<u64>, organization: Option<u64>) -> Ruleset {
        let now = self.clock.tick();
        Ruleset {
            id: self.next_id(),
            organization,
            repository,
            name: String::new(),
            target: "branch".to_owned(),
            enforcement: "active".to_owned(),
            include: Vec::new(),
            exclude: Vec::new(),
            conditions: json!({ "ref_name": { "include": [], "exclude": [] } }),
            bypass_actors: json!([]),
            rules: Vec::new(),
            created_at: now,
            updated_at: now,
        }
    }
}

fn create_in(world: &mut World, ask: &Ask, mut ruleset: Ruleset) -> Reply {
    for key in ["name", "enforcement"] {
        if !ask.body[key].is_string() {
            return Err(Refusal::invalid("RepositoryRuleset", key, "missing_field"));
        }
    }
    change(&mut ruleset, &ask.body)?;
    let body = world.ruleset_json(&ruleset, true);
    let (bot, _) = bot(world, ask)?;
    world.emit_ruleset("created", &ruleset, bot);
    world.rulesets.insert(ruleset.id, ruleset);
    Answer::created(body)
}

pub(super) fn create(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "administration", true)?;
    let ruleset = world.new_ruleset(Some(id), None);
    create_in(world, ask, ruleset)
}

pub(super) fn create_for_org(world: &mut World, ask: &Ask) -> Reply {
    let id = installation(ask)?;
    let own = world.installations.get(&id).map(|installation| installation.account);
    let org =
        world.accounts.by_login(ask.at("org")).filter(|org| own == Some(org.id)).ok_or_else(Refusal::not_found)?.id;
    permitted(world, ask, "organization_administration", true)?;
    let ruleset = world.new_ruleset(None, Some(org));
    create_in(world, ask, ruleset)
}

pub(super) fn list(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "metadata", false)?;
    let owner = here(world, id)?.owner;
    let parents = ask.asked("includes_parents") != Some("false");
    let found: Vec<_> = world
        .rulesets
        .values()
        .filter(|ruleset| ruleset.repository == Some(id) || (parents && ruleset.organization == Some(owner)))
        .collect();
    page(ask, &found, |ruleset| world.ruleset_json(ruleset, false))
}

/// Only whoever may administer the repository is told who may go past.
pub(super) fn get(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "metadata", false)?;
    let (number, owner) = (ask.number("ruleset_id")?, here(world, id)?.owner);
    let is_meant = |ruleset: &&Ruleset| ruleset.repository == Some(id) || ruleset.organization == Some(owner);
    let found = world.rulesets.get(&number).filter(is_meant).ok_or_else(Refusal::not_found)?;
    let mut body = world.ruleset_json(found, true);
    if permitted(world, ask, "administration", true).is_err()
        && let Some(body) = body.as_object_mut()
    {
        body.remove("bypass_actors");
    }
    Answer::ok(body)
}

pub(super) fn update(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "administration", true)?;
    let number = ask.number("ruleset_id")?;
    let now = world.clock.tick();
    let found = world.rulesets.get(&number).filter(|ruleset| ruleset.repository == Some(id));
    let mut ruleset = found.ok_or_else(Refusal::not_found)?.clone();
    change(&mut ruleset, &ask.body)?;
    ruleset.updated_at = now;
    let body = world.ruleset_json(&ruleset, true);
    let (bot, _) = bot(world, ask)?;
    world.emit_ruleset("edited", &ruleset, bot);
    world.rulesets.insert(number, ruleset);
    Answer::ok(body)
}

/// Rules of all active rulesets, each with the ruleset it stands in.
pub(super) fn of_branch(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "metadata", false)?;
    let mut rules = Vec::new();
    for ruleset in world.active_rulesets(here(world, id)?, ask.at("branch")) {
        let (kind, source) = world.ruleset_source(ruleset);
        for rule in &ruleset.rules {
            let mut rule = rule.clone();
            extend(
                &mut rule,
                json!({ "ruleset_source_type": kind, "ruleset_source": source, "ruleset_id": ruleset.id }),
            );
            rules.push(rule);
        }
    }
    page(ask, &rules, Clone::clone)
}

/// A branch, with the classic protection that it has.
pub(super) fn branch(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "contents", false)?;
    let (home, name) = (here(world, id)?, ask.at("branch"));
    let tip = home.branch(name).ok_or_else(Refusal::not_found)?;
    Answer::ok(world.branch_json(home, name, tip))
}
