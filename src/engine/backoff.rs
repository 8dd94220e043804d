//! When to try again.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;

/// The first wait.
const FIRST: SignedDuration = SignedDuration::from_secs(1);

/// The longest wait: what is broken for long is still tried again soon enough for people to notice when it heals.
const LONGEST: SignedDuration = SignedDuration::from_mins(5);

/// How long to wait where the forge refuses us: a permission has to be granted by people.
const FORBIDDEN: SignedDuration = SignedDuration::from_hours(1);

/// Doubles with every attempt, with jitter so that a thousand changes that failed together do not return together.
pub(super) fn after_failure(now: Timestamp, attempts: i64) -> Timestamp {
    let doublings = u32::try_from(attempts.clamp(0, 16)).unwrap_or(0);
    let wait = FIRST.saturating_mul(2_i32.saturating_pow(doublings)).min(LONGEST);
    later(now, wait.mul_f64(rand::rng().random_range(0.5..=1.0)))
}

/// A little after this time: never before what a forge named, and not all at the same instant.
pub(super) fn not_before(until: Timestamp) -> Timestamp {
    later(until, SignedDuration::from_millis(rand::rng().random_range(50..=1000)))
}

pub(super) fn after_refusal(now: Timestamp) -> Timestamp {
    later(now, FORBIDDEN)
}

/// A time that does not run past the end of the calendar.
pub(super) fn later(time: Timestamp, wait: SignedDuration) -> Timestamp {
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let now = Timestamp::UNIX_EPOCH;
        for attempts in 0..40 {
            let wait = after_failure(now, attempts).duration_since(now);
            let full =
                LONGEST.min(FIRST.saturating_mul(2_i32.saturating_pow(u32::try_from(attempts.min(16)).unwrap())));
            assert!(wait <= full && wait >= full.mul_f64(0.49), "{attempts}: {wait}");
        }
    }

    #[test]
    fn never_before_the_named_time() {
        let until = Timestamp::UNIX_EPOCH;
        assert!((0..100).all(|_| not_before(until) > until));
    }
}
