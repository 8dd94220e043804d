//! The REST API under `/api/v4`: one line per route, and what handlers share.

mod approvals;
mod commits;
mod events;
mod groups;
mod hooks;
mod notes;
mod projects;
mod requests;
mod users;

use axum::Router;
use axum::routing::{MethodFilter, get, post};
use serde_json::Value;

use super::access::missing;
use super::{graphql, runner};
use crate::sandbox::handle::Sandbox;
use crate::sandbox::http::{Answer, Ask, Refusal, Reply, answer};
use crate::sandbox::pulls::Pull;
use crate::sandbox::repositories::{Repository, RepositoryId};
use crate::sandbox::world::World;

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PUT: MethodFilter = MethodFilter::PUT;
const DELETE: MethodFilter = MethodFilter::DELETE;

#[rustfmt::skip]
pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/api/graphql", post(graphql::handle))
        .route("/oauth/discovery/keys", get(runner::keys))
        .route("/.well-known/openid-configuration", get(runner::configuration))
        .route("/api/v4/metadata", answer(GET, users::metadata))
        .route("/api/v4/version", answer(GET, users::metadata))
        .route("/api/v4/user", answer(GET, users::this))
        .route("/api/v4/personal_access_tokens/self", answer(GET, users::token))
        .route("/api/v4/users", answer(GET, users::list))
        .route("/api/v4/users/{user_id}", answer(GET, users::one))
        .route("/api/v4/users/{user_id}/projects", answer(GET, projects::of_user))
        .route("/api/v4/namespaces/{id}", answer(GET, groups::namespace))
        .route("/api/v4/groups", answer(GET, groups::list))
        .route("/api/v4/groups/{id}", answer(GET, groups::one))
        .route("/api/v4/groups/{id}/projects", answer(GET, groups::projects))
        .route("/api/v4/groups/{id}/subgroups", answer(GET, groups::subgroups))
        .route("/api/v4/groups/{id}/descendant_groups", answer(GET, groups::descendants))
        .route("/api/v4/groups/{id}/members", answer(GET, groups::direct_members))
        .route("/api/v4/groups/{id}/members/all", answer(GET, groups::members))
        .route("/api/v4/groups/{id}/members/all/{user_id}", answer(GET, groups::member))
        .route("/api/v4/groups/{id}/hooks", answer(GET, hooks::of_group).merge(answer(POST, hooks::create_in_group)))
        .route("/api/v4/groups/{id}/hooks/{hook_id}", answer(GET, hooks::one).merge(answer(PUT, hooks::update)).merge(answer(DELETE, hooks::delete)))
        .route("/api/v4/groups/{id}/hooks/{hook_id}/events", answer(GET, hooks::events))
        .route("/api/v4/groups/{id}/hooks/{hook_id}/events/{hook_event_id}/resend", answer(POST, hooks::resend))
        .route("/api/v4/groups/{id}/hooks/{hook_id}/test/{trigger}", answer(POST, hooks::test))
        .route("/api/v4/projects", answer(GET, projects::list))
        .nest("/api/v4/projects/{id}", project_routes())
}

#[rustfmt::skip]
fn project_routes() -> Router<Sandbox> {
    Router::new()
        .route("/", answer(GET, projects::one).merge(answer(PUT, projects::update)))
        .route("/events", answer(GET, events::of_project))
        .route("/members", answer(GET, projects::direct_members))
        .route("/members/all", answer(GET, projects::members))
        .route("/members/all/{user_id}", answer(GET, projects::member))
        .route("/members/{user_id}", answer(DELETE, projects::remove_member))
        .route("/merge_requests", answer(GET, requests::list))
        .nest("/merge_requests/{merge_request_iid}", request_routes())
        .route("/repository/compare", answer(GET, commits::compare))
        .route("/repository/commits/{sha}", answer(GET, commits::one))
        .route("/repository/commits/{sha}/statuses", answer(GET, commits::statuses))
        .route("/repository/commits/{sha}/merge_requests", answer(GET, commits::merge_requests))
        .route("/repository/branches/{branch}", answer(GET, commits::branch))
        .route("/repository/files/{file_path}/raw", answer(GET, commits::raw_file))
        .route("/repository/files/{file_path}", answer(POST, commits::create_file).merge(answer(PUT, commits::update_file)).merge(answer(DELETE, commits::delete_file)))
        .route("/statuses/{sha}", answer(POST, commits::post_status))
        .route("/pipelines", answer(GET, commits::pipelines))
        .route("/pipelines/{pipeline_id}/jobs", answer(GET, commits::jobs))
        .route("/jobs/{job_id}", answer(GET, commits::job))
        .route("/jobs/{job_id}/retry", answer(POST, commits::retry))
        .route("/approvals", answer(GET, approvals::settings).merge(answer(POST, approvals::change_settings)))
        .route("/approval_rules", answer(GET, approvals::rules).merge(answer(POST, approvals::create_rule)))
        .route("/approval_rules/{approval_rule_id}", answer(GET, approvals::rule).merge(answer(PUT, approvals::update_rule)).merge(answer(DELETE, approvals::delete_rule)))
        .route("/protected_branches", answer(GET, approvals::protected_branches))
        .route("/external_status_checks", answer(GET, approvals::checks).merge(answer(POST, approvals::create_check)))
        .route("/external_status_checks/{check_id}", answer(PUT, approvals::update_check).merge(answer(DELETE, approvals::delete_check)))
        .route("/hooks", answer(GET, hooks::of_project).merge(answer(POST, hooks::create_in_project)))
        .route("/hooks/{hook_id}", answer(GET, hooks::one).merge(answer(PUT, hooks::update)).merge(answer(DELETE, hooks::delete)))
        .route("/hooks/{hook_id}/events", answer(GET, hooks::events))
        .route("/hooks/{hook_id}/events/{hook_event_id}/resend", answer(POST, hooks::resend))
        .route("/hooks/{hook_id}/test/{trigger}", answer(POST, hooks::test))
}

#[rustfmt::skip]
fn request_routes() -> Router<Sandbox> {
    Router::new()
        .route("/", answer(GET, requests::one))
        .route("/versions", answer(GET, requests::versions))
        .route("/resource_state_events", answer(GET, events::of_request))
        .route("/versions/{version_id}", answer(GET, requests::version))
        .route("/commits", answer(GET, requests::commits))
        .route("/diffs", answer(GET, requests::diffs))
        .route("/reviewers", answer(GET, requests::reviewers))
        .route("/pipelines", answer(GET, requests::pipelines).merge(answer(POST, requests::create_pipeline)))
        .route("/approvals", answer(GET, requests::approvals))
        .route("/approval_state", answer(GET, requests::approval_state))
        .route("/approval_rules", answer(GET, approvals::request_rules).merge(answer(POST, approvals::create_request_rule)))
        .route("/approve", answer(POST, requests::approve))
        .route("/unapprove", answer(POST, requests::unapprove))
        .route("/merge", answer(PUT, requests::merge))
        .route("/status_checks", answer(GET, approvals::request_checks))
        .route("/status_check_responses", answer(POST, approvals::respond))
        .route("/notes", answer(GET, notes::list).merge(answer(POST, notes::create)))
        .route("/notes/{note_id}", answer(GET, notes::one).merge(answer(PUT, notes::update)).merge(answer(DELETE, notes::delete)))
        .route("/notes/{note_id}/award_emoji", answer(GET, notes::emojis).merge(answer(POST, notes::award)))
}

fn here(world: &World, id: RepositoryId) -> Result<&Repository, Refusal> {
    world.repositories.get(&id).ok_or_else(|| missing("Project"))
}

/// The merge request a path names.
fn request<'a>(world: &'a World, ask: &Ask, project: RepositoryId) -> Result<&'a Pull, Refusal> {
    let iid = ask.at("merge_request_iid").parse().map_err(|_| missing(""))?;
    world.pull(project, iid).ok_or_else(|| missing(""))
}

fn number(ask: &Ask, name: &str) -> Result<u64, Refusal> {
    ask.at(name).parse().map_err(|_| missing(""))
}

/// Only in an edition that pays for it; elsewhere there is no such route.
fn only(has: bool) -> Result<(), Refusal> {
    if has { Ok(()) } else { Err(missing("")) }
}

/// A page of a list: `per_page` (20, at most 100) and `page`, with headers that tell of the others.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
fn page<T>(ask: &Ask, items: &[T], shape: impl Fn(&T) -> Value) -> Reply {
    let number =
        |name: &str, default: usize| ask.asked(name).and_then(|text| text.parse().ok()).unwrap_or(default).max(1);
    let (size, page) = (number("per_page", 20).min(100), number("page", 1));
    let shown = items.iter().skip((page - 1).saturating_mul(size)).take(size).map(shape).collect();
    let last = items.len().div_ceil(size).max(1);
    let next = (page < last).then(|| page + 1);
    let previous = (page > 1).then(|| page - 1);
    let address = |page: usize, rel: &str| format!("<{}>; rel=\"{rel}\"", page_address(ask, page, size));
    let mut links: Vec<String> = previous.map(|page| address(page, "prev")).into_iter().collect();
    links.extend(next.map(|page| address(page, "next")));
    links.extend([address(1, "first"), address(last, "last")]);
    let text = |page: Option<usize>| page.map(|page| page.to_string()).unwrap_or_default();
    let headers = vec![
        ("x-page", page.to_string()),
        ("x-per-page", size.to_string()),
        ("x-next-page", text(next)),
        ("x-prev-page", text(previous)),
        ("x-total", items.len().to_string()),
        ("x-total-pages", last.to_string()),
        ("link", links.join(", ")),
    ];
    Ok(Answer { body: Value::Array(shown), headers, ..Answer::default() })
}

fn page_address(ask: &Ask, page: usize, size: usize) -> String {
    let kept = ask.query.iter().filter(|(name, _)| !matches!(name.as_str(), "page" | "per_page"));
    let mut query: Vec<(String, String)> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    query.push(("page".to_owned(), page.to_string()));
    query.push(("per_page".to_owned(), size.to_string()));
    let Ok(mut url) = reqwest::Url::parse(&ask.address) else { return ask.address.clone() };
    url.query_pairs_mut().extend_pairs(query);
    url.to_string()
}

/// A page by keyset, where it is asked for (`pagination=keyset`): ordered by number, with a link to what comes next and
/// no totals.
fn keyset<T>(ask: &Ask, mut items: Vec<(u64, T)>, shape: impl Fn(&T) -> Value) -> Reply {
    if ask.asked("pagination") != Some("keyset") {
        let items: Vec<T> = items.into_iter().map(|(_, item)| item).collect();
        return page(ask, &items, shape);
    }
    items.sort_by_key(|(id, _)| *id);
    let after: u64 = ask.asked("id_after").and_then(|text| text.parse().ok()).unwrap_or(0);
    let size: usize = ask.asked("per_page").and_then(|text| text.parse().ok()).unwrap_or(20).clamp(1, 100);
    let left: Vec<&(u64, T)> = items.iter().filter(|(id, _)| *id > after).collect();
    let shown = left.iter().take(size).map(|(_, item)| shape(item)).collect();
    let last = left.get(size.saturating_sub(1)).filter(|_| left.len() > size);
    let mut headers = Vec::new();
    if let (Some((id, _)), Ok(mut url)) = (last, reqwest::Url::parse(&ask.address)) {
        let kept = ask.query.iter().filter(|(name, _)| *name != "id_after");
        url.query_pairs_mut().extend_pairs(kept).append_pair("id_after", &id.to_string());
        headers.push(("link", format!("<{url}>; rel=\"next\"")));
    }
    Ok(Answer { body: Value::Array(shown), headers, ..Answer::default() })
}

/// 204.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
fn nothing() -> Reply {
    Ok(Answer { status: axum::http::StatusCode::NO_CONTENT, ..Answer::default() })
}

/// A parameter, from the body or the query, as text.
fn given(ask: &Ask, name: &str) -> Option<String> {
    match ask.body.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Null) | None => ask.asked(name).map(str::to_owned),
        Some(other) => Some(other.to_string()),
    }
}

/// Numbers of a list parameter.
fn numbers(ask: &Ask, name: &str) -> Option<Vec<u64>> {
    ask.body.get(name)?.as_array().map(|list| list.iter().filter_map(Value::as_u64).collect())
}
