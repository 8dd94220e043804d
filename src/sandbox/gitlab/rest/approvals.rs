//! Approval settings and rules, protected branches, external status checks.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::requests::named;
use super::{given, here, nothing, number, numbers, only, page};
use crate::sandbox::gitlab::access::{
    DEVELOPER, MAINTAINER, forbidden, invalid, missing, project, project_as, project_read_as,
};
use crate::sandbox::gitlab::state::{Rule, StatusCheck};
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::world::World;

pub(super) fn settings(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_premium())?;
    let id = project_read_as(world, ask, DEVELOPER)?;
    Answer::ok(Value::Object(world.gitlab.project_mut(id).approvals.clone()))
}

pub(super) fn change_settings(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_premium())?;
    let (id, _) = project_as(world, ask, MAINTAINER)?;
    let settings = &mut world.gitlab.project_mut(id).approvals;
    let asked = ask.body.as_object().into_iter().flatten();
    for (name, value) in asked.filter(|(name, _)| settings.contains_key(*name)).collect::<Vec<_>>() {
        settings.insert(name.clone(), value.clone());
    }
    Answer::created(Value::Object(settings.clone()))
}

pub(super) fn rules(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_premium())?;
    let id = project_read_as(world, ask, DEVELOPER)?;
    let rules = world.gitlab.project_mut(id).rules.clone();
    page(ask, &rules, |rule| world.rule_json(id, None, rule))
}

pub(super) fn rule(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_premium())?;
    let id = project_read_as(world, ask, DEVELOPER)?;
    let wanted = number(ask, "approval_rule_id")?;
    let rule = world.gitlab.project_mut(id).rules.iter().find(|rule| rule.id == wanted).cloned();
    Answer::ok(world.rule_json(id, None, &rule.ok_or_else(|| missing(""))?))
}

/// Gives a rule what a call says. Users who are no members are dropped without a word, as GitLab does it.
fn fill(world: &World, ask: &Ask, project: u64, rule: &mut Rule) {
    let members = world.members_of_project(project);
    if let Some(name) = given(ask, "name") {
        rule.name = name;
    }
    if let Some(count) = given(ask, "approvals_required").and_then(|count| count.parse().ok()) {
        rule.approvals_required = count;
    }
    if let Some(users) = numbers(ask, "user_ids") {
        rule.users = users.into_iter().filter(|user| members.contains(user)).collect();
    }
    if let Some(groups) = numbers(ask, "group_ids") {
        rule.groups = groups;
    }
    if let Some(branches) = numbers(ask, "protected_branch_ids") {
        rule.branches = branches;
    }
    if let Some(all) = given(ask, "applies_to_all_protected_branches") {
        rule.all_protected = all == "true";
    }
    rule.kind = if rule.users.is_empty() && rule.groups.is_empty() {
        given(ask, "rule_type").unwrap_or_else(|| rule.kind.clone())
    } else {
        "regular".to_owned()
    };
}

fn new_rule(world: &mut World, ask: &Ask, project: u64) -> Result<Rule, Refusal> {
    for name in ["name", "approvals_required"] {
        given(ask, name).ok_or_else(|| invalid(&format!("{name} is missing")))?;
    }
    let mut rule = Rule {
        id: world.next_id(),
        name: String::new(),
        kind: "regular".to_owned(),
        approvals_required: 0,
        users: Vec::new(),
        groups: Vec::new(),
        branches: Vec::new(),
        all_protected: false,
    };
    fill(world, ask, project, &mut rule);
    Ok(rule)
}

pub(super) fn create_rule(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_premium())?;
    let (id, _) = project_as(world, ask, MAINTAINER)?;
    let rule = new_rule(world, ask, id)?;
    let rules = &mut world.gitlab.project_mut(id).rules;
    if rules.iter().any(|other| other.name == rule.name) {
        let message = json!({ "message": { "name": ["has already been taken"] } });
        return Err(Refusal::of_gitlab(StatusCode::BAD_REQUEST, message));
    }
    rules.push(rule.clone());
    Answer::created(world.rule_json(id, None, &rule))
}

pub(super) fn update_rule(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_premium())?;
    let (id, _) = project_as(world, ask, MAINTAINER)?;
    let wanted = number(ask, "approval_rule_id")?;
    let rule = world.gitlab.project_mut(id).rules.iter().find(|rule| rule.id == wanted).cloned();
    let mut rule = rule.ok_or_else(|| missing(""))?;
    fill(world, ask, id, &mut rule);
    if let Some(stored) = world.gitlab.project_mut(id).rules.iter_mut().find(|stored| stored.id == wanted) {
        stored.clone_from(&rule);
    }
    Answer::ok(world.rule_json(id, None, &rule))
}

pub(super) fn delete_rule(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_premium())?;
    let (id, _) = project_as(world, ask, MAINTAINER)?;
    let wanted = number(ask, "approval_rule_id")?;
    let rules = &mut world.gitlab.project_mut(id).rules;
    let before = rules.len();
    rules.retain(|rule| rule.id != wanted);
    if rules.len() == before { Err(missing("")) } else { nothing() }
}

pub(super) fn request_rules(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_premium())?;
    let id = named(world, ask)?;
    let pull = world.pull(id.0, id.1);
    page(ask, &world.rules_for(id), |rule| world.rule_json(id.0, pull, rule))
}

/// A rule of one merge request takes the place of the project's, unless the project forbids it: its author can do this.
pub(super) fn create_request_rule(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_premium())?;
    let (project, user) = project_as(world, ask, DEVELOPER)?;
    let id = named(world, ask)?;
    let locked = world.gitlab.approvals_are(project, "disable_overriding_approvers_per_merge_request");
    let author = world.pull(id.0, id.1).is_some_and(|pull| pull.author == user);
    if locked || !(author || world.level(here(world, project)?, user) >= MAINTAINER) {
        return Err(forbidden());
    }
    let rule = new_rule(world, ask, project)?;
    world.gitlab.request_mut(id).rules.push(rule.clone());
    Answer::created(world.rule_json(project, world.pull(id.0, id.1), &rule))
}

pub(super) fn protected_branches(world: &mut World, ask: &Ask) -> Reply {
    let id = project_read_as(world, ask, 0)?;
    let kept = world.gitlab.project_mut(id).protected.clone();
    page(ask, &kept, |branch| world.protected_branch_json(branch))
}

pub(super) fn checks(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_ultimate())?;
    let id = project_read_as(world, ask, DEVELOPER)?;
    let checks = world.gitlab.project_mut(id).status_checks.clone();
    page(ask, &checks, |check| world.status_check_json(id, check))
}

fn fill_check(ask: &Ask, check: &mut StatusCheck) {
    if let Some(name) = given(ask, "name") {
        check.name = name;
    }
    if let Some(url) = given(ask, "external_url") {
        check.url = url;
    }
    if let Some(branches) = numbers(ask, "protected_branch_ids") {
        check.branches = branches;
    }
    check.has_secret |= given(ask, "shared_secret").is_some();
}

pub(super) fn create_check(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_ultimate())?;
    let (id, _) = project_as(world, ask, MAINTAINER)?;
    let (name, url, branches, has_secret) = (String::new(), String::new(), Vec::new(), false);
    let answers = std::collections::BTreeMap::new();
    let mut check = StatusCheck { id: world.next_id(), name, url, branches, has_secret, answers };
    fill_check(ask, &mut check);
    world.gitlab.project_mut(id).status_checks.push(check.clone());
    Answer::created(world.status_check_json(id, &check))
}

pub(super) fn update_check(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_ultimate())?;
    let (id, _) = project_as(world, ask, MAINTAINER)?;
    let wanted = number(ask, "check_id")?;
    let check = world.gitlab.project_mut(id).status_checks.iter_mut().find(|check| check.id == wanted);
    let check = check.ok_or_else(|| missing(""))?;
    fill_check(ask, check);
    let check = check.clone();
    Answer::ok(world.status_check_json(id, &check))
}

pub(super) fn delete_check(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_ultimate())?;
    let (id, _) = project_as(world, ask, MAINTAINER)?;
    let wanted = number(ask, "check_id")?;
    world.gitlab.project_mut(id).status_checks.retain(|check| check.id != wanted);
    nothing()
}

pub(super) fn request_checks(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_ultimate())?;
    let id = named(world, ask)?;
    let project = world.gitlab.projects.get(&id.0);
    let checks: Vec<&StatusCheck> = project.into_iter().flat_map(|project| &project.status_checks).collect();
    page(ask, &checks, |check| {
        let status = world.status_check_answer(id, check);
        json!({ "id": check.id, "name": check.name, "external_url": check.url, "status": status })
    })
}

/// Every Developer of the project may answer for a check.
pub(super) fn respond(world: &mut World, ask: &Ask) -> Reply {
    only(world.gitlab.gitlab.has_ultimate())?;
    project_as(world, ask, DEVELOPER)?;
    let id = (project(world, ask)?, named(world, ask)?.1);
    let head = world.pull(id.0, id.1).map(|pull| pull.head.clone()).unwrap_or_default();
    let sha = given(ask, "sha").ok_or_else(|| invalid("sha is missing"))?;
    if sha != head {
        let message = json!({ "message": "SHA does not match HEAD of source branch" });
        return Err(Refusal::of_gitlab(StatusCode::CONFLICT, message));
    }
    let status = given(ask, "status").unwrap_or_else(|| "passed".to_owned());
    let wanted = given(ask, "external_status_check_id").and_then(|id| id.parse::<u64>().ok());
    let check = world.gitlab.project_mut(id.0).status_checks.iter_mut().find(|check| Some(check.id) == wanted);
    let check = check.ok_or_else(|| missing(""))?;
    check.answers.insert((id.1, sha), status);
    let check = check.clone();
    world.merge_what_is_ready();
    let mut request = world.pull(id.0, id.1).map(|pull| world.request_json(pull)).unwrap_or_default();
    for key in ["upvotes", "downvotes"] {
        request[key] = json!(0);
    }
    Answer::created(json!({
        "id": world.next_id(),
        "merge_request": request,
        "external_status_check": world.status_check_json(id.0, &check),
    }))
}
