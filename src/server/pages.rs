//! Pages for people: one per change, and what is said in its place where there is none.
//!
//! What stands on them is decided in `gate::explain::page`, with the words of the check. Here it is decided who sees it:
//! everybody sees the pages of public repositories; those of others open with a signed link only.

mod change;
mod failure;
mod found;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::{Semaphore, SemaphorePermit};
use tower_http::catch_panic::CatchPanicLayer;

use super::Server;
use crate::gate::digest;
use crate::gate::link::LinkKey;
use crate::store::Owners;

const STYLE: &str = include_str!("../../templates/pages/page.css");

/// Its name changes with its content, so that it can be kept for ever.
static STYLE_PATH: LazyLock<String> = LazyLock::new(|| {
    let digest = digest::sha256_hex(STYLE);
    format!("/assets/page-{}.css", digest.get(..16).unwrap_or_default())
});

/// Nothing runs, nothing is loaded but the style, nothing is sent, and nobody may frame it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// How many pages are made at the same time: whoever asks for many must not take the store from the engine.
const AT_ONCE: usize = 2;

/// How long a page waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(2);

/// What pages need beside the store.
#[derive(Debug)]
pub struct Pages {
    /// What stands before every path: empty, unless the server is reached below one.
    prefix: String,
    key: LinkKey,
    shows_tiers: Arc<Owners>,
    turns: Semaphore,
}

impl Pages {
    /// `public_url` is where people reach the server, without a trailing slash; `key` signs links; `shows_tiers` are the
    /// owners whose signed pages show tiers.
    pub fn new(public_url: &str, key: LinkKey, shows_tiers: Arc<Owners>) -> Self {
        let after_scheme = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
        let prefix = after_scheme.split_once('/').map_or_else(String::new, |(_, path)| format!("/{path}"));
        Self { prefix, key, shows_tiers, turns: Semaphore::new(AT_ONCE) }
    }

    /// A page's turn to be made, as long as it is held; `None` if others take too long.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(TURN_WITHIN, self.turns.acquire()).await.ok()?.ok()
    }

    fn style(&self) -> String {
        format!("{}{}", self.prefix, *STYLE_PATH)
    }
}

/// The routes of pages.
pub(super) fn routes(server: &Server) -> Router<Server> {
    let changes = Router::new()
        .route("/{host}/{owner}/{repo}/{number}", get(change::show))
        .fallback(failure::nothing)
        .layer(CatchPanicLayer::custom(failure::panicked))
        .layer(from_fn_with_state(server.clone(), guarded));
    Router::new().nest("/changes", changes).route(&STYLE_PATH, get(style))
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ];
    (headers, STYLE).into_response()
}

/// Headers of every page, whatever it says.
async fn guarded(State(server): State<Server>, request: Request, next: Next) -> Response {
    let given = request.headers().clone();
    let mut response = next.run(request).await;
    if response.extensions().get::<failure::Panicked>().is_some() {
        response = failure::page(response.status(), server.pages.style(), &given);
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-robots-tag", "noindex"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    // What says nothing of caching is kept by nobody.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    response
}

#[cfg(test)]
mod tests;
