//! Check runs and commit statuses.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{bot, here, paged, repository};
use crate::sandbox::checks::CheckRun;
use crate::sandbox::git::Objects;
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::world::World;

const STATUSES: [&str; 6] = ["queued", "in_progress", "completed", "waiting", "requested", "pending"];
const CONCLUSIONS: [&str; 8] =
    ["action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out"];
/// Longest title, summary or text, in characters.
const MAX_TEXT: usize = 65_535;

pub(super) fn create(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "checks", true)?;
    let (_, app) = bot(world, ask)?;
    let name =
        ask.body["name"].as_str().ok_or_else(|| Refusal::invalid("CheckRun", "name", "missing_field"))?.to_owned();
    let head_sha =
        ask.body["head_sha"].as_str().ok_or_else(|| Refusal::invalid("CheckRun", "head_sha", "missing_field"))?;
    if !here(world, id)?.visible.contains(head_sha) {
        let message = format!("No commit found for SHA: {head_sha}");
        return Err(Refusal::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, message));
    }
    let now = world.clock.tick();
    let run = CheckRun {
        id: 0,
        app_id: app,
        head_sha: head_sha.to_owned(),
        name,
        status: "queued".to_owned(),
        conclusion: None,
        external_id: None,
        details_url: None,
        title: None,
        summary: None,
        text: None,
        annotations: Vec::new(),
        started_at: now,
        completed_at: None,
        actions: Vec::new(),
        repository: id,
        suite: 0,
    };
    let run = change(run, &ask.body, now)?;
    let run = world.add_check_run(run);
    Answer::created(world.check_run_json(&run))
}

pub(super) fn update(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "checks", true)?;
    let (_, app) = bot(world, ask)?;
    let number = ask.number("check_run_id")?;
    let found = world.checks.runs.iter().find(|run| run.id == number && run.repository == id).cloned();
    let found = found.ok_or_else(Refusal::not_found)?;
    if found.app_id != app {
        return Err(Refusal::new(
            axum::http::StatusCode::FORBIDDEN,
            "Invalid app_id: check run can only be modified by the GitHub App that created it.",
        ));
    }
    let now = world.clock.tick();
    let run = change(found, &ask.body, now)?;
    world.update_check_run(&run);
    Answer::ok(world.check_run_json(&run))
}

/// Applies a request's fields to a run.
fn change(mut run: CheckRun, body: &Value, now: Timestamp) -> Result<CheckRun, Refusal> {
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    if let Some(name) = text("name") {
        run.name = name;
    }
    if let Some(status) = text("status") {
        if !STATUSES.contains(&status.as_str()) {
            return Err(Refusal::invalid("CheckRun", "status", "invalid"));
        }
        run.status = status;
        if run.status != "completed" {
            run.conclusion = None;
            run.completed_at = None;
        }
    }
    if let Some(conclusion) = text("conclusion") {
        if !CONCLUSIONS.contains(&conclusion.as_str()) {
            return Err(Refusal::invalid("CheckRun", "conclusion", "invalid"));
        }
        run.conclusion = Some(conclusion);
        "completed".clone_into(&mut run.status);
    }
    if run.status == "completed" {
        if run.conclusion.is_none() {
            return Err(Refusal::invalid("CheckRun", "conclusion", "missing_field"));
        }
        run.completed_at = Some(text("completed_at").and_then(|at| at.parse().ok()).unwrap_or(now));
    }
    run.external_id = text("external_id").or(run.external_id);
    run.details_url = text("details_url").or(run.details_url);
    if let Some(actions) = body["actions"].as_array() {
        run.actions.clone_from(actions);
    }
    if !body["output"].is_null() {
        write_output(&mut run, &body["output"])?;
    }
    Ok(run)
}

fn write_output(run: &mut CheckRun, output: &Value) -> Result<(), Refusal> {
    let text = |key: &str| output[key].as_str().map(str::to_owned);
    for key in ["title", "summary", "text"] {
        if output[key].as_str().is_some_and(|text| text.chars().count() > MAX_TEXT) {
            return Err(Refusal::invalid("CheckRun", key, "too_long"));
        }
    }
    let summary = text("summary").ok_or_else(|| Refusal::invalid("CheckRun", "summary", "missing_field"))?;
    run.summary = Some(summary);
    run.title = text("title").or(run.title.take());
    run.text = text("text").or(run.text.take());
    let annotations = output["annotations"].as_array().cloned().unwrap_or_default();
    if annotations.len() > 50 {
        return Err(Refusal::invalid("CheckRun", "annotations", "too_many"));
    }
    // Each call adds to what is there.
    run.annotations.extend(annotations);
    Ok(())
}

pub(super) fn list(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "checks", false)?;
    let sha = commit(world, id, ask.at("ref"))?;
    let wants = |name: &str, value: &str| ask.asked(name).is_none_or(|wanted| wanted == value);
    let all = ask.asked("filter") == Some("all");
    let mut runs: Vec<&CheckRun> = world
        .checks
        .runs_at(id, &sha)
        .filter(|run| {
            wants("check_name", &run.name) && wants("status", &run.status) && wants("app_id", &run.app_id.to_string())
        })
        .filter(|run| all || world.checks.is_latest(run))
        .collect();
    runs.reverse();
    let total = runs.len();
    paged(ask, &runs, |run| world.check_run_json(run), |runs| json!({ "total_count": total, "check_runs": runs }))
}

/// The commit that a path names by sha, prefix or ref.
pub(super) fn commit(world: &World, id: RepositoryId, name: &str) -> Result<String, Refusal> {
    let repository = here(world, id)?;
    let by_ref = repository.reference(name.strip_prefix("heads/").unwrap_or(name)).map(|(_, sha)| sha.clone());
    by_ref.or_else(|| Objects::resolve(&repository.visible, name)).ok_or_else(|| {
        let message = format!("No commit found for SHA: {name}");
        Refusal::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, message)
    })
}

pub(super) fn create_status(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "statuses", true)?;
    let (bot, _) = bot(world, ask)?;
    let sha = ask.at("sha").to_owned();
    if !here(world, id)?.visible.contains(&sha) {
        let message = format!("No commit found for SHA: {sha}");
        return Err(Refusal::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, message));
    }
    let state = ask.body["state"].as_str().filter(|state| ["error", "failure", "pending", "success"].contains(state));
    let state = state.ok_or_else(|| Refusal::invalid("Status", "state", "invalid"))?;
    let text = |key: &str| ask.body[key].as_str().map(str::to_owned);
    let context = text("context").unwrap_or_else(|| "default".to_owned());
    let status = world.add_status(bot, id, &sha, &context, state, (text("description"), text("target_url")));
    Answer::created(world.status_json(&status))
}
