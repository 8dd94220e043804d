//! The two routes that are compared.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::routing::post;
use seconder::cli::serve::{Ready, prepare};
use seconder::clock::Clock;
use seconder::config::Config;
use seconder::forge::github::webhook::{DeliveryHeaders, parse, verify};
use seconder::gate::ids::Host;
use seconder::telemetry::{LogFormat, start_logging};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

/// The product's own route. What it marks as dirty stays so.
pub(crate) async fn route(config: &Path) -> anyhow::Result<()> {
    start_logging(LogFormat::Json, "info")?;
    let ready = prepare(Config::load(config, [])?, Clock::system()).await?;
    tracing::info!(address = %ready.address()?, "listening");
    Ready::serve_only(ready, CancellationToken::new()).await
}

/// What is left of it without a store: the same layers, verification, parsing, and what would have been stored.
pub(crate) async fn bare(config: &Path) -> anyhow::Result<()> {
    start_logging(LogFormat::Json, "info")?;
    let config = Config::load(config, [])?;
    let host = config.github.into_iter().next().map(|host| host.webhook_secrets);
    let hooks = Arc::new(Hooks { host: "github.test".parse()?, secrets: host.unwrap_or_default() });
    let listener = tokio::net::TcpListener::bind(&config.listen).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    Ok(axum::serve(listener, router(hooks)).await?)
}

#[derive(Debug)]
struct Hooks {
    host: Host,
    secrets: Vec<SecretString>,
}

fn router(hooks: Arc<Hooks>) -> Router {
    let id = HeaderName::from_static("x-request-id");
    let secret = [
        header::AUTHORIZATION,
        header::COOKIE,
        HeaderName::from_static("x-hub-signature"),
        HeaderName::from_static("x-hub-signature-256"),
    ];
    let span = |request: &axum::http::Request<axum::body::Body>| {
        let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok());
        let path = request.uri().path();
        tracing::info_span!("request", id = id.unwrap_or_default(), method = %request.method(), path)
    };
    Router::new()
        .route("/webhooks/github", post(take))
        .layer(DefaultBodyLimit::max(25 * 1024 * 1024))
        .layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::new(id.clone(), MakeRequestUuid))
                .layer(SetSensitiveRequestHeadersLayer::new(secret))
                .layer(TraceLayer::new_for_http().make_span_with(span))
                .layer(PropagateRequestIdLayer::new(id))
                .layer(CatchPanicLayer::new())
                .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(9))),
        )
        .with_state(hooks)
}

async fn take(State(hooks): State<Arc<Hooks>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    use seconder::forge::event::Delivery;
    let signature = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok());
    if verify(&hooks.secrets, &body, signature).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let parsed = DeliveryHeaders::read(&headers).and_then(|headers| parse(&headers, &hooks.host, &body));
    let Ok(Delivery { id, event, .. }) = parsed else { return StatusCode::BAD_REQUEST };
    let left = (event.witnessed(), event.concerns());
    tracing::info!(event = event.kind(), guid = id, dirtied = left.1.len(), "delivery taken");
    StatusCode::ACCEPTED
}
