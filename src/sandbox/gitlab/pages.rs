//! What people see in a browser, at the addresses that GitLab has.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::sandbox::handle::Sandbox;
use crate::sandbox::pages;

/// Everything but the API.
pub(crate) fn routes() -> Router<Sandbox> {
    Router::new().route("/", get(pages::home)).route("/{*path}", get(page))
}

/// `group/project/-/merge_requests/1`, `…/-/commit/SHA`, `…/-/tree/BRANCH`, `group/project`, or an account.
async fn page(State(sandbox): State<Sandbox>, Path(path): Path<String>) -> Response {
    let (place, below) = path.split_once("/-/").unwrap_or((path.as_str(), ""));
    let place = place.strip_prefix("groups/").unwrap_or(place).to_owned();
    let Some((owner, name)) = place.split_once('/') else {
        return pages::places::account(State(sandbox), Path(place)).await;
    };
    let (owner, name) = (owner.to_owned(), name.to_owned());
    let (kind, rest) = below.split_once('/').unwrap_or((below, ""));
    match kind {
        "merge_requests" => match rest.split('/').next().and_then(|number| number.parse().ok()) {
            Some(number) => pages::pull(State(sandbox), Path((owner, name, number))).await,
            None => StatusCode::NOT_FOUND.into_response(),
        },
        "commit" => pages::places::commit(State(sandbox), Path((owner, name, rest.to_owned()))).await,
        "tree" => pages::places::tree(State(sandbox), Path((owner, name, rest.to_owned()))).await,
        "" => pages::places::repository(State(sandbox), Path((owner, name))).await,
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
