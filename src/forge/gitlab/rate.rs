//! The rate limit: what GitLab said about when to come back, and no call before.
//!
//! GitLab counts calls per user, here our bot account, and answers 429 with `Retry-After`.
//! <https://docs.gitlab.com/security/rate_limits/>

use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

use crate::forge::{Error, RateLimit};

/// How long to wait when GitLab refuses without saying how long. Doubles while it goes on refusing.
const UNEXPLAINED_WAIT: SignedDuration = SignedDuration::from_secs(60);
const MAX_UNEXPLAINED_WAIT: SignedDuration = SignedDuration::from_mins(16);

/// A server tells the others under this word: everything is counted together.
const ALL: &str = "all";

#[derive(Debug, Default)]
struct Known {
    until: Option<Timestamp>,
    unexplained: i32,
}

/// What is known about the limit of our bot account.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<Known>);

impl Limits {
    /// Refuses a call that GitLab said not to make yet.
    pub(super) fn check(&self, now: Timestamp) -> Result<(), Error> {
        match self.with(|known| known.until).filter(|until| now < *until) {
            Some(until) => Err(Error::RateLimited { until }),
            None => Ok(()),
        }
    }

    /// The limit that holds now.
    pub(super) fn standing(&self, now: Timestamp) -> Vec<RateLimit> {
        let until = self.with(|known| known.until).filter(|until| now < *until);
        until.map(|until| RateLimit { installation: 0, counted: ALL, until }).into_iter().collect()
    }

    /// Heeds a limit that GitLab named to another process, or to this one before it was started anew.
    pub(super) fn heed(&self, until: Timestamp) {
        self.with(|known| known.until = known.until.max(Some(until)));
    }

    /// Notes an answer that was no refusal. Nothing left until a reset means to wait for it.
    pub(super) fn note(&self, headers: &HeaderMap, now: Timestamp) {
        let reset = seconds(headers, "ratelimit-reset").and_then(|at| Timestamp::from_second(at).ok());
        let is_exhausted = seconds(headers, "ratelimit-remaining") == Some(0);
        self.with(|known| {
            known.unexplained = 0;
            if let Some(reset) = reset.filter(|reset| is_exhausted && now < *reset) {
                known.until = Some(reset);
            }
        });
    }

    /// Notes a refusal because of the limit.
    pub(super) fn refused(&self, headers: &HeaderMap, now: Timestamp) -> Error {
        let later = |wait| now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        let named = seconds(headers, "retry-after").map(|wait| later(SignedDuration::from_secs(wait)));
        let reset = seconds(headers, "ratelimit-reset").and_then(|at| Timestamp::from_second(at).ok());
        self.with(|known| {
            let until = named.or(reset.filter(|reset| now < *reset)).unwrap_or_else(|| {
                let wait = UNEXPLAINED_WAIT.saturating_mul(1 << known.unexplained.min(4)).min(MAX_UNEXPLAINED_WAIT);
                known.unexplained += 1;
                later(wait)
            });
            known.until = Some(until);
            Error::RateLimited { until }
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        // Nothing in here panics half-way, so that a poisoned lock still holds a sound limit.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn seconds(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok().filter(|seconds| *seconds >= 0)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[track_caller]
    fn until(limits: &Limits, now: i64) -> Option<i64> {
        match limits.check(at(now)) {
            Err(Error::RateLimited { until }) => Some(until.as_second()),
            _ => None,
        }
    }

    #[test]
    fn no_call_is_made_before_the_time_that_gitlab_named() {
        let limits = Limits::default();
        let _ = limits.refused(&headers(&[("retry-after", "30"), ("ratelimit-reset", "5000")]), at(1_000));
        assert_eq!((until(&limits, 1_029), until(&limits, 1_030)), (Some(1_030), None));
        let _ = limits.refused(&headers(&[("ratelimit-reset", "1200")]), at(1_100));
        assert_eq!((until(&limits, 1_199), until(&limits, 1_200)), (Some(1_200), None));
    }

    #[test]
    fn a_refusal_that_names_no_time_is_waited_out_longer_and_longer() {
        let limits = Limits::default();
        let mut waits = Vec::new();
        for _ in 0..6 {
            let _ = limits.refused(&HeaderMap::new(), at(0));
            waits.push(until(&limits, 0).unwrap());
        }
        assert_eq!(waits, [60, 120, 240, 480, 960, 960]);
        limits.note(&HeaderMap::new(), at(2_000));
        let _ = limits.refused(&HeaderMap::new(), at(2_000));
        assert_eq!(until(&limits, 2_000), Some(2_060));
    }

    #[test]
    fn an_exhausted_budget_is_not_overdrawn_and_others_are_told() {
        let limits = Limits::default();
        limits.note(&headers(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "90")]), at(10));
        assert_eq!(limits.standing(at(10)), [RateLimit { installation: 0, counted: "all", until: at(90) }]);
        let other = Limits::default();
        other.heed(at(90));
        assert_eq!((until(&other, 89), until(&other, 90)), (Some(90), None));
    }
}
