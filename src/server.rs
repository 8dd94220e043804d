//! The HTTP server: all routes on one screen.
//!
//! A delivery is checked, stored and answered; nothing is decided here, and no forge is ever called.

mod error;
mod intake;
pub mod listen;
mod pages;
mod ready;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use secrecy::SecretString;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::clock::Clock;
use crate::gate::ids::Host;
use crate::store::{Owners, Store};
use crate::telemetry::Metrics;
use crate::wake::Wake;
use intake::Intake;
pub use pages::Pages;
use ready::Readiness;

/// GitHub sends at most this; a larger payload is not sent at all.
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap>
const LARGEST_DELIVERY_BYTES: usize = 25 * 1024 * 1024;

/// GitHub gives up after 10 seconds, and does not try again by itself.
const ANSWER_WITHIN: Duration = Duration::from_secs(9);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the routes share.
#[derive(Debug, Clone)]
pub struct Server {
    store: Store,
    github: Arc<[GitHubHooks]>,
    pages: Arc<Pages>,
    metrics: Arc<Metrics>,
    clock: Clock,
    wake: Arc<Wake>,
    intake: Arc<Intake>,
    readiness: Arc<Readiness>,
}

/// What is needed to take deliveries from one GitHub host.
#[derive(Debug)]
pub struct GitHubHooks {
    /// The host.
    pub host: Host,
    /// The App's number there: deliveries to another one are not for us, even under the same secret.
    pub app_id: u64,
    /// Secrets that a delivery may be signed with.
    pub secrets: Vec<SecretString>,
    /// Whose installations are served.
    pub owners: Arc<Owners>,
    /// The name of the check: reports under it by anybody else are findings.
    pub check_name: String,
}

impl Server {
    /// Joins the parts. `wake` is called after every delivery that made something due.
    pub fn new(
        store: Store,
        github: Vec<GitHubHooks>,
        pages: Pages,
        metrics: Arc<Metrics>,
        clock: Clock,
        wake: Arc<Wake>,
    ) -> Self {
        let (github, pages) = (github.into(), Arc::new(pages));
        Self { store, github, pages, metrics, clock, wake, intake: Arc::default(), readiness: Arc::default() }
    }

    /// All routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/webhooks/github", post(webhooks::github))
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(ready::ready))
            .route("/metrics", get(metrics))
            .merge(pages::routes(&self))
            .layer(
                ServiceBuilder::new()
                    .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
                    .layer(SetSensitiveRequestHeadersLayer::new([
                        header::AUTHORIZATION,
                        header::COOKIE,
                        HeaderName::from_static("x-hub-signature"),
                        HeaderName::from_static("x-hub-signature-256"),
                    ]))
                    .layer(TraceLayer::new_for_http().make_span_with(span))
                    .layer(PropagateRequestIdLayer::new(REQUEST_ID))
                    .layer(CatchPanicLayer::new())
                    .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN)),
            )
            .with_state(self)
    }
}

fn span<B>(request: &axum::http::Request<B>) -> tracing::Span {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    tracing::info_span!("request", id = id.unwrap_or_default(), method = %request.method(), path = request.uri().path())
}

async fn metrics(State(server): State<Server>) -> Response {
    let now = server.clock.now();
    if let Ok(dirty) = server.store.dirty_count().await {
        server.metrics.dirty_changes.set(i64::try_from(dirty).unwrap_or(i64::MAX));
    }
    if let Ok(owed) = server.store.owed_count().await {
        server.metrics.lists_owed.set(i64::try_from(owed).unwrap_or(i64::MAX));
    }
    if let Ok(oldest) = server.store.oldest_dirty().await {
        server.metrics.oldest_dirty.set(oldest.map_or(0.0, |since| now.duration_since(since).as_secs_f64()));
    }
    if let Ok(counts) = server.store.finding_counts().await {
        for count in counts {
            server.metrics.findings(count.kind.as_str(), count.found, count.open);
        }
    }
    match server.metrics.encode() {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
