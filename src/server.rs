//! The HTTP server: all routes on one screen.
//!
//! A delivery is checked, stored and answered; nothing is decided here, and no forge is asked for anything but the keys of
//! its CI jobs' tokens.

mod error;
mod intake;
pub mod listen;
mod pages;
mod ready;
mod verdict;
mod webhooks;

use std::sync::{Arc, OnceLock};
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
use crate::forge::gitlab::job_token::JobTokens;
use crate::forge::gitlab::webhook::Secrets;
use crate::gate::ids::{AccountId, Host};
use crate::store::{Owners, Store};
use crate::telemetry::Metrics;
use crate::wake::Wake;
use intake::Intake;
pub use pages::Pages;
use ready::Readiness;

/// GitHub and GitLab send at most this; a larger payload is not sent at all.
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap>
/// <https://docs.gitlab.com/user/gitlab_com/#webhooks>
const LARGEST_DELIVERY_BYTES: usize = 25 * 1024 * 1024;

/// GitHub and GitLab give up after 10 seconds, and do not try again by themselves.
const ANSWER_WITHIN: Duration = Duration::from_secs(9);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the routes share.
#[derive(Debug, Clone)]
pub struct Server {
    store: Store,
    github: Arc<[GitHubHooks]>,
    gitlab: Arc<[GitLabHooks]>,
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

/// What is needed to take deliveries from one GitLab host.
#[derive(Debug)]
pub struct GitLabHooks {
    /// The host.
    pub host: Host,
    /// What its deliveries are known by.
    pub secrets: Secrets,
    /// Whose projects are served.
    pub owners: Arc<Owners>,
    /// The name of the project below each top-level group that holds the organisation's policy.
    pub policy_project: String,
    /// The name of the check: reports under it by anybody else are findings.
    pub check_name: String,
    /// Our own account there, as soon as somebody has asked who we are.
    pub bot: Arc<OnceLock<AccountId>>,
    /// What its CI jobs are known by that ask for a verdict.
    pub jobs: JobTokens,
}

/// The hosts from which deliveries are taken.
#[derive(Debug, Default)]
pub struct Hooks {
    /// GitHub's.
    pub github: Vec<GitHubHooks>,
    /// GitLab's.
    pub gitlab: Vec<GitLabHooks>,
}

impl Server {
    /// Joins the parts. `wake` is called after every delivery that made something due.
    pub fn new(store: Store, hooks: Hooks, pages: Pages, metrics: Arc<Metrics>, clock: Clock, wake: Arc<Wake>) -> Self {
        Self {
            store,
            github: hooks.github.into(),
            gitlab: hooks.gitlab.into(),
            pages: Arc::new(pages),
            metrics,
            clock,
            wake,
            intake: Arc::default(),
            readiness: Arc::default(),
        }
    }

    /// The host of this name, and whose repositories are served there.
    fn served(&self, host: &str) -> Option<(&Host, &Owners)> {
        let github = self.github.iter().map(|hooks| (&hooks.host, hooks.owners.as_ref()));
        let gitlab = self.gitlab.iter().map(|hooks| (&hooks.host, hooks.owners.as_ref()));
        github.chain(gitlab).find(|(served, _)| served.as_str().eq_ignore_ascii_case(host))
    }

    /// All routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/webhooks/github", post(webhooks::github))
            .route("/webhooks/gitlab", post(webhooks::gitlab))
            .route("/gitlab/verdict", get(verdict::verdict))
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
                        HeaderName::from_static("x-gitlab-token"),
                        HeaderName::from_static("webhook-signature"),
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
