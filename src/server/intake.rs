//! What is held in memory of deliveries that are not authenticated yet: nothing of a request that shows no signature, and
//! of all others together no more than a fixed amount.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest as _, Request};
use axum::http::{HeaderMap, header};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::LARGEST_DELIVERY_BYTES;
use super::error::Refusal;
use crate::forge::github::webhook::{DeliveryHeaders, claimed};

/// All bodies under way together. Usual ones have some 20 KB, so that thousands fit.
const HELD_AT_ONCE_BYTES: usize = 128 * 1024 * 1024;

/// How long a delivery waits for its turn. GitHub waits 10 seconds for the whole answer.
const TURN_WITHIN: Duration = Duration::from_secs(3);

/// The body of a refused request is read off up to here, so that the sender gets to see why, instead of a broken
/// connection. <https://www.rfc-editor.org/rfc/rfc9112#section-9.6>
const DRAINED_BYTES: usize = 256 * 1024;

const KIB: usize = 1024;

/// The room for bodies.
#[derive(Debug)]
pub(super) struct Intake {
    /// In KiB.
    room: Semaphore,
}

impl Default for Intake {
    fn default() -> Self {
        Self { room: Semaphore::new(HELD_AT_ONCE_BYTES / KIB) }
    }
}

impl Intake {
    /// The headers and the body of a delivery. The room that the body takes is given back with the permit.
    pub(super) async fn take(&self, request: Request) -> Result<(HeaderMap, Bytes, SemaphorePermit<'_>), Refusal> {
        let headers = request.headers().clone();
        if let Err(refusal) = plausible(&headers) {
            drain(&headers, request.into_body()).await;
            return Err(refusal);
        }
        let room = tokio::time::timeout(TURN_WITHIN, self.room.acquire_many(needed_kib(&headers)));
        let Ok(Ok(permit)) = room.await else { return Err(Refusal::Busy) };
        let body = Bytes::from_request(request, &()).await?;
        Ok((headers, body, permit))
    }
}

/// Whether a request looks like a delivery, before any of its body is read.
fn plausible(headers: &HeaderMap) -> Result<(), Refusal> {
    claimed(headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok()))?;
    DeliveryHeaders::read(headers)?;
    Ok(())
}

/// As much as the body may take. One that does not say how long it is may be the longest.
fn needed_kib(headers: &HeaderMap) -> u32 {
    let declared = declared_bytes(headers).unwrap_or(LARGEST_DELIVERY_BYTES).min(LARGEST_DELIVERY_BYTES);
    u32::try_from(declared.div_ceil(KIB)).unwrap_or(u32::MAX)
}

fn declared_bytes(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn drain(headers: &HeaderMap, body: Body) {
    if declared_bytes(headers).is_some_and(|length| length <= DRAINED_BYTES) {
        let _ = to_bytes(body, DRAINED_BYTES).await;
    }
}
