//! Readiness, asked for by anybody as often as they like.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::Server;

/// For how long an answer is good: asking takes a write.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(1);

/// The last answer, and when it was found. Whoever asks while it is being found waits for it.
#[derive(Debug, Default)]
pub(super) struct Readiness(Mutex<Option<(Timestamp, bool)>>);

/// `GET /readyz`.
///
/// Ready means that the store takes writes and its tables are up to date. A forge's health is a metric, not a reason to
/// be taken out of service: deliveries can be stored without it.
pub(super) async fn ready(State(server): State<Server>) -> Response {
    if is_ready(&server).await {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the store does not take writes\n").into_response()
    }
}

async fn is_ready(server: &Server) -> bool {
    let mut last = server.readiness.0.lock().await;
    let now = server.clock.now();
    let is_good = |at: Timestamp| at <= now && now.duration_since(at) < GOOD_FOR;
    if let Some((at, is_ready)) = *last
        && is_good(at)
    {
        return is_ready;
    }
    let found = server.store.ping_writable().await;
    if let Err(error) = &found {
        tracing::error!(error = error as &dyn std::error::Error, "the store does not take writes");
    }
    *last = Some((now, found.is_ok()));
    found.is_ok()
}
