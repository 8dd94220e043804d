//! What is held in memory of deliveries that are not authenticated yet: nothing of a request that shows no signature, and
//! of all others together no more than a fixed amount. It is taken up by what has arrived, not by what is announced.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::LARGEST_DELIVERY_BYTES;
use super::error::Refusal;

/// All bodies under way together. Usual ones have some 20 KB, so that thousands fit.
const HELD_AT_ONCE_BYTES: usize = 128 * 1024 * 1024;

/// Room is taken for so much at first, and for twice as much whenever more has arrived.
const FIRST_STEP_BYTES: usize = 16 * KIB;

/// How long a delivery waits for its turn. Forges wait 10 seconds for the whole answer.
const TURN_WITHIN: Duration = Duration::from_secs(3);

/// How long a body that has begun to arrive may pause. One that has not takes up no room.
const PAUSE: Duration = Duration::from_secs(3);

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
    /// The headers and the body of a delivery. The room that the body takes is given back with the permit. `plausible` says
    /// whether a request looks like a delivery, before any of its body is read.
    pub(super) async fn take(
        &self,
        request: Request,
        plausible: fn(&HeaderMap) -> Result<(), Refusal>,
    ) -> Result<(HeaderMap, Bytes, SemaphorePermit<'_>), Refusal> {
        let headers = request.headers().clone();
        if let Err(refusal) = plausible(&headers) {
            drain(&headers, request.into_body()).await;
            return Err(refusal);
        }
        let body = request.into_body();
        // Of a body that comes in chunks, the length is not known, whatever the headers say besides.
        let length = body.size_hint().exact().filter(|_| headers.contains_key(header::CONTENT_LENGTH));
        let length = usize::try_from(length.ok_or(Refusal::Length)?).unwrap_or(usize::MAX);
        if length > LARGEST_DELIVERY_BYTES {
            return Err(Refusal::Body { too_large: true });
        }
        let (body, permit) = self.collect(body, length).await?;
        Ok((headers, body, permit))
    }

    /// The body, which has `length` bytes, with the room that it takes up.
    async fn collect(&self, mut body: Body, length: usize) -> Result<(Bytes, SemaphorePermit<'_>), Refusal> {
        let mut room = self.room_for(0).await?;
        let (mut collected, mut granted) = (Vec::new(), 0);
        while let Some(frame) = next_frame(&mut body, granted > 0).await? {
            let Ok(data) = frame.into_data() else { continue };
            let arrived = collected.len() + data.len();
            if arrived > granted {
                let wanted = arrived.next_power_of_two().max(FIRST_STEP_BYTES).min(length).max(arrived);
                room.merge(self.room_for(wanted.div_ceil(KIB) - granted.div_ceil(KIB)).await?);
                granted = wanted;
                collected.reserve_exact(granted - collected.len());
            }
            collected.extend_from_slice(&data);
        }
        Ok((collected.into(), room))
    }

    async fn room_for(&self, kib: usize) -> Result<SemaphorePermit<'_>, Refusal> {
        let room = self.room.acquire_many(u32::try_from(kib).unwrap_or(u32::MAX));
        match tokio::time::timeout(TURN_WITHIN, room).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Refusal::Busy),
        }
    }
}

/// What arrives next; `None` at the end.
async fn next_frame(body: &mut Body, has_begun: bool) -> Result<Option<Frame<Bytes>>, Refusal> {
    let frame = body.frame();
    let frame =
        if has_begun { tokio::time::timeout(PAUSE, frame).await.map_err(|_| Refusal::Stalled)? } else { frame.await };
    frame.transpose().map_err(|_| Refusal::Body { too_large: false })
}

fn declared_bytes(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn drain(headers: &HeaderMap, body: Body) {
    if declared_bytes(headers).is_some_and(|length| length <= DRAINED_BYTES) {
        let _ = to_bytes(body, DRAINED_BYTES).await;
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tokio::sync::Semaphore;

    use super::{Intake, KIB, Refusal};

    #[tokio::test]
    async fn a_body_waits_for_the_room_that_others_take_up_and_gives_up_when_it_stays_taken() {
        let intake = Intake { room: Semaphore::new(48) };
        let body = |kib: usize| (Body::from(vec![7; kib * KIB]), kib * KIB);
        let take = async |(body, length)| intake.collect(body, length).await;
        let (first, room) = take(body(40)).await.unwrap();
        assert_eq!((first.len(), intake.room.available_permits()), (40 * KIB, 8));
        // A small one finds its place beside it, a large one does not.
        let (_, beside) = take(body(8)).await.unwrap();
        drop(beside);
        assert!(matches!(take(body(9)).await, Err(Refusal::Busy)));
        let (waited, ()) = tokio::join!(take(body(30)), async { drop(room) });
        assert_eq!(waited.unwrap().0.len(), 30 * KIB);
        assert_eq!(intake.room.available_permits(), 48);
    }
}
