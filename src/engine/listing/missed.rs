//! Which deliveries were missed, and are worth asking for again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::forge::RecordedDelivery;

/// A delivery is attempted so often in all. What we refuse every time is refused for a reason.
const MOST_ATTEMPTS: usize = 5;

/// The second attempt follows at once; the wait after it doubles with each one.
const WAIT: SignedDuration = SignedDuration::from_mins(5);

/// Asked for at once: GitHub bears with no more writes a minute.
const MOST_AT_ONCE: usize = 50;

/// An attempt may be put on record so long after others that began later: GitHub waits up to half a minute for answers.
const RECORDED_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// What we answer for owners that are not served.
const NOT_SERVED: i64 = 403;

/// What to do about the deliveries on record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missed {
    /// Attempts to repeat, oldest delivery first.
    pub(super) ask_for: Vec<i64>,
    /// Whether there are more than are asked for at once.
    pub(super) is_more: bool,
    /// Deliveries that failed too often.
    pub(super) given_up: usize,
    /// Where to begin next time: before it, every delivery was taken or given up.
    pub(super) watermark: Timestamp,
}

/// One delivery with all its attempts.
struct Delivery<'a> {
    first_at: Timestamp,
    latest: &'a RecordedDelivery,
    attempts: usize,
    is_taken: bool,
    /// Whether the first attempt is among those on record. Where it is not, the delivery was sorted out before: the
    /// watermark passes the first attempt only of what was taken or given up.
    has_first: bool,
}

/// Sorts out the attempts on record since the last time. `served` are the installations that anything is on record of.
pub(super) fn missed(
    recorded: &[RecordedDelivery],
    since: Timestamp,
    now: Timestamp,
    served: &BTreeSet<i64>,
) -> Missed {
    let deliveries = by_guid(recorded);
    let newest = recorded.iter().map(|attempt| attempt.delivered_at).max().unwrap_or(since);
    let mut watermark = newest.saturating_sub(RECORDED_WITHIN).unwrap_or(Timestamp::MIN).max(since);
    let mut due: Vec<&Delivery<'_>> = Vec::new();
    let mut given_up = 0;
    for delivery in deliveries.values() {
        if delivery.is_taken || !delivery.has_first || is_refused_for_good(delivery.latest, served) {
            continue;
        }
        if delivery.attempts >= MOST_ATTEMPTS {
            given_up += 1;
            continue;
        }
        watermark = watermark.min(delivery.first_at);
        if now.duration_since(delivery.latest.delivered_at) >= wait_after(delivery.attempts) {
            due.push(delivery);
        }
    }
    due.sort_by_key(|delivery| (delivery.first_at, delivery.latest.id));
    let ask_for = due.iter().take(MOST_AT_ONCE).map(|delivery| delivery.latest.id).collect();
    Missed { ask_for, is_more: due.len() > MOST_AT_ONCE, given_up, watermark }
}

fn by_guid(recorded: &[RecordedDelivery]) -> BTreeMap<&str, Delivery<'_>> {
    let mut deliveries: BTreeMap<&str, Delivery<'_>> = BTreeMap::new();
    for attempt in recorded {
        let new = Delivery {
            first_at: attempt.delivered_at,
            latest: attempt,
            attempts: 0,
            is_taken: false,
            has_first: false,
        };
        let delivery = deliveries.entry(attempt.guid.as_str()).or_insert(new);
        delivery.attempts += 1;
        delivery.is_taken |= attempt.is_taken;
        delivery.has_first |= !attempt.is_repeated;
        delivery.first_at = delivery.first_at.min(attempt.delivered_at);
        if (attempt.delivered_at, attempt.id) > (delivery.latest.delivered_at, delivery.latest.id) {
            delivery.latest = attempt;
        }
    }
    deliveries
}

/// Anybody can install the App, and whatever happens to them is refused. They shall not have it repeated as well.
fn is_refused_for_good(attempt: &RecordedDelivery, served: &BTreeSet<i64>) -> bool {
    attempt.status_code == NOT_SERVED && attempt.installation.is_none_or(|id| !served.contains(&id))
}

fn wait_after(attempts: usize) -> SignedDuration {
    match attempts {
        0 | 1 => SignedDuration::ZERO,
        more => WAIT.saturating_mul(1 << (more - 2).min(8)),
    }
}

#[cfg(test)]
mod tests;
