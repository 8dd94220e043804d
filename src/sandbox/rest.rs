//! The REST API: one line per route, and what handlers share.

mod apps;
mod checks;
mod contents;
mod orgs;
mod pulls;
mod rulesets;
mod settings;

use axum::Router;
use axum::routing::MethodFilter;
use serde_json::Value;

use super::accounts::AccountId;
use super::handle::Sandbox;
use super::http::{Answer, Ask, Refusal, Reply, answer};
use super::repositories::{Repository, RepositoryId};
use super::tap::Credential;
use super::world::World;

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PATCH: MethodFilter = MethodFilter::PATCH;
const PUT: MethodFilter = MethodFilter::PUT;

#[rustfmt::skip]
pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/app", answer(GET, apps::this))
        .route("/app/installations", answer(GET, apps::installations))
        .route("/app/installations/{installation_id}", answer(GET, apps::one_installation))
        .route("/app/installations/{installation_id}/access_tokens", answer(POST, apps::create_token))
        .route("/app/hook/config", answer(GET, apps::hook_config))
        .route("/app/hook/deliveries", answer(GET, apps::deliveries))
        .route("/app/hook/deliveries/{delivery_id}", answer(GET, apps::delivery))
        .route("/app/hook/deliveries/{delivery_id}/attempts", answer(POST, apps::redeliver))
        .route("/installation/repositories", answer(GET, apps::repositories))
        .route("/rate_limit", answer(GET, apps::rate_limit))
        .route("/users/{username}", answer(GET, orgs::user))
        .route("/orgs/{org}/members", answer(GET, orgs::members))
        .route("/orgs/{org}/teams", answer(GET, orgs::teams))
        .route("/orgs/{org}/teams/{team_slug}/members", answer(GET, orgs::team_members))
        .route("/orgs/{org}/rulesets", answer(POST, rulesets::create_for_org))
        .route("/orgs/{org}/actions/permissions/workflow", answer(GET, settings::of_organization))
        .nest("/repos/{owner}/{repo}", repository_routes())
        // Where the redirects of renamed repositories lead.
        .nest("/repositories/{repository_id}", repository_routes())
}

#[rustfmt::skip]
fn repository_routes() -> Router<Sandbox> {
    Router::new()
        .route("/", answer(GET, settings::repository_itself))
        .route("/installation", answer(GET, apps::installation_on))
        .route("/actions/permissions/workflow", answer(GET, settings::of_repository))
        .route("/rulesets", answer(GET, rulesets::list).merge(answer(POST, rulesets::create)))
        .route("/rulesets/{ruleset_id}", answer(GET, rulesets::get).merge(answer(PUT, rulesets::update)))
        .route("/rules/branches/{*branch}", answer(GET, rulesets::of_branch))
        .route("/branches/{*branch}", answer(GET, rulesets::branch))
        .route("/collaborators/{username}/permission", answer(GET, orgs::permission))
        .route("/check-runs", answer(POST, checks::create))
        .route("/check-runs/{check_run_id}", answer(PATCH, checks::update))
        .route("/commits/{ref}/check-runs", answer(GET, checks::list))
        .route("/commits/{ref}/pulls", answer(GET, pulls::of_commit))
        .route("/statuses/{sha}", answer(POST, checks::create_status))
        .route("/pulls", answer(GET, pulls::list))
        .route("/pulls/{pull_number}", answer(GET, pulls::get))
        .route("/pulls/{pull_number}/commits", answer(GET, pulls::commits))
        .route("/pulls/{pull_number}/files", answer(GET, pulls::files))
        .route("/pulls/{pull_number}/reviews", answer(GET, pulls::reviews))
        .route("/pulls/{pull_number}/requested_reviewers", answer(POST, pulls::request_reviewers))
        .route("/issues/{issue_number}/comments", answer(GET, pulls::comments).merge(answer(POST, pulls::create_comment)))
        .route("/issues/comments", answer(GET, pulls::all_comments))
        .route("/issues/comments/{comment_id}", answer(GET, pulls::comment).merge(answer(PATCH, pulls::update_comment)))
        .route("/issues/comments/{comment_id}/reactions", answer(POST, pulls::react))
        .route("/contents/{*path}", answer(GET, contents::get))
        .route("/compare/{*basehead}", answer(GET, contents::compare))
        .route("/activity", answer(GET, contents::activity))
        .route("/git/ref/{*ref}", answer(GET, contents::reference))
        .route("/git/trees/{tree_sha}", answer(GET, contents::tree))
        .route("/git/blobs/{file_sha}", answer(GET, contents::blob))
}

/// The App a JWT speaks for.
fn app(ask: &Ask) -> Result<u64, Refusal> {
    match ask.caller {
        Credential::App(id) => Ok(id),
        _ => Err(Refusal::new(axum::http::StatusCode::UNAUTHORIZED, "A JSON web token could not be decoded")),
    }
}

/// The installation a token belongs to; a JWT or nothing is not enough.
fn installation(ask: &Ask) -> Result<u64, Refusal> {
    match ask.caller {
        Credential::Installation(id) => Ok(id),
        Credential::App(_) | Credential::User(_) => Err(Refusal::forbidden()),
        Credential::None => Err(Refusal::new(axum::http::StatusCode::UNAUTHORIZED, "Requires authentication")),
    }
}

/// True if the call's token covers the repository.
pub(crate) fn covers(world: &World, caller: Credential, token: &str, repository: &Repository) -> bool {
    let Credential::Installation(id) = caller else { return false };
    let narrowed = world.tokens.get(token).and_then(|token| token.repositories.as_ref());
    narrowed.is_none_or(|ids| ids.contains(&repository.id))
        && world.installations.get(&id).is_some_and(|installation| installation.covers(repository))
}

/// The repository a path names, if the token may do this in it. Public ones outside may be read; all else is not there.
fn repository(world: &World, ask: &Ask, permission: &str, write: bool) -> Result<RepositoryId, Refusal> {
    installation(ask)?;
    let by_number = || world.repositories.get(&ask.number("repository_id").ok()?);
    let named = world.repository_named(ask.at("owner"), ask.at("repo")).or_else(by_number);
    let Some(repository) = named else {
        let moved = world.repository_formerly(ask.at("owner"), ask.at("repo"));
        return Err(moved.map_or_else(Refusal::not_found, |moved| Refusal::moved(world, ask, moved.id)));
    };
    if !covers(world, ask.caller, &ask.token, repository) {
        return if repository.private {
            Err(Refusal::not_found())
        } else if write {
            Err(Refusal::forbidden())
        } else {
            Ok(repository.id)
        };
    }
    if write && repository.archived {
        let message = "Repository was archived so is read-only.";
        return Err(Refusal::new(axum::http::StatusCode::FORBIDDEN, message));
    }
    permitted(world, ask, permission, write)?;
    Ok(repository.id)
}

fn permitted(world: &World, ask: &Ask, permission: &str, write: bool) -> Result<(), Refusal> {
    let granted = world.tokens.get(&ask.token).and_then(|token| token.permissions.get(permission)).map(String::as_str);
    let enough = match granted {
        Some("write" | "admin") => true,
        Some("read") => !write,
        _ => permission == "metadata",
    };
    enough.then_some(()).ok_or_else(Refusal::forbidden)
}

/// The bot in whose name an installation acts.
fn bot(world: &World, ask: &Ask) -> Result<(AccountId, u64), Refusal> {
    let installation = world.installations.get(&installation(ask)?).ok_or_else(Refusal::not_found)?;
    let app = world.apps.get(&installation.app).ok_or_else(Refusal::not_found)?;
    Ok((app.bot, app.app.id))
}

fn here(world: &World, id: RepositoryId) -> Result<&Repository, Refusal> {
    world.repositories.get(&id).ok_or_else(Refusal::not_found)
}

/// A page of a list: `per_page` (30, at most 100) and `page`, with a `Link` header to the others.
fn page<T>(ask: &Ask, items: &[T], shape: impl Fn(&T) -> Value) -> Reply {
    paged(ask, items, shape, Value::Array)
}

/// As [`page`], with the list wrapped as some answers have it.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
fn paged<T>(ask: &Ask, items: &[T], shape: impl Fn(&T) -> Value, wrap: impl FnOnce(Vec<Value>) -> Value) -> Reply {
    let number =
        |name: &str, default: usize| ask.asked(name).and_then(|text| text.parse().ok()).unwrap_or(default).max(1);
    let (size, page) = (number("per_page", 30).min(100), number("page", 1));
    let shown = items.iter().skip((page - 1).saturating_mul(size)).take(size).map(shape).collect();
    let last = items.len().div_ceil(size).max(1);
    let mut link = Vec::new();
    let mut add = |page: usize, rel: &str| link.push(format!("<{}>; rel=\"{rel}\"", page_address(ask, page)));
    if page > 1 {
        add(page - 1, "prev");
    }
    if page < last {
        add(page + 1, "next");
        add(last, "last");
    }
    if page > 1 {
        add(1, "first");
    }
    let headers = if link.is_empty() { Vec::new() } else { vec![("link", link.join(", "))] };
    Ok(Answer { body: wrap(shown), headers, ..Answer::default() })
}

fn page_address(ask: &Ask, page: usize) -> String {
    let mut query: Vec<(String, String)> =
        ask.query.iter().filter(|(name, _)| *name != "page").map(|(n, v)| (n.clone(), v.clone())).collect();
    query.push(("page".to_owned(), page.to_string()));
    let Ok(mut url) = reqwest::Url::parse(&ask.address) else { return ask.address.clone() };
    url.query_pairs_mut().extend_pairs(query);
    url.to_string()
}
