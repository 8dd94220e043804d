//! Rate limits, per installation: what GitHub said about when to come back, and no call before.
//!
//! GitHub counts REST and GraphQL apart, and stops everything when calls come too fast (secondary limits).

use std::collections::HashMap;
use std::sync::Mutex;

use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};

use crate::forge::{Error, RateLimit};

/// How long to wait when GitHub refuses without saying how long. Doubles while it goes on refusing.
const SECONDARY_WAIT: SignedDuration = SignedDuration::from_secs(60);
const MAX_SECONDARY_WAIT: SignedDuration = SignedDuration::from_mins(16);

const REST: &str = "rest";
const GRAPHQL: &str = "graphql";
const ALL: &str = "all";

/// What calls are counted against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Resource {
    /// REST.
    Core,
    /// GraphQL.
    Graphql,
}

/// Who calls: the App itself, or one of its installations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Caller {
    App,
    Installation(i64),
}

#[derive(Debug, Default)]
struct Limits {
    core_until: Option<Timestamp>,
    graphql_until: Option<Timestamp>,
    /// After a secondary limit, nothing may be called.
    all_until: Option<Timestamp>,
    /// Secondary limits in a row that named no time.
    unexplained: i32,
}

impl Limits {
    fn resource(&mut self, resource: Resource) -> &mut Option<Timestamp> {
        match resource {
            Resource::Core => &mut self.core_until,
            Resource::Graphql => &mut self.graphql_until,
        }
    }
}

/// What is known about the limits of every caller.
#[derive(Debug, Default)]
pub(super) struct RateLimits {
    callers: Mutex<HashMap<Caller, Limits>>,
}

impl RateLimits {
    /// Refuses a call that GitHub said not to make yet.
    pub(super) fn check(&self, caller: Caller, resource: Resource, now: Timestamp) -> Result<(), Error> {
        self.with(caller, |limits| {
            let until = (*limits.resource(resource)).max(limits.all_until);
            match until.filter(|until| now < *until) {
                Some(until) => Err(Error::RateLimited { until }),
                None => Ok(()),
            }
        })
    }

    /// The limits that hold now.
    pub(super) fn standing(&self, now: Timestamp) -> Vec<RateLimit> {
        let callers = self.callers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut standing = Vec::new();
        for (caller, limits) in callers.iter() {
            let installation = match caller {
                Caller::App => 0,
                Caller::Installation(id) => *id,
            };
            let all = [(REST, limits.core_until), (GRAPHQL, limits.graphql_until), (ALL, limits.all_until)];
            let holding = all.into_iter().filter_map(|(counted, until)| Some((counted, until.filter(|u| now < *u)?)));
            standing.extend(holding.map(|(counted, until)| RateLimit { installation, counted, until }));
        }
        standing
    }

    /// Heeds a limit that GitHub named to somebody else who calls as we do. What is counted in words that are not known
    /// is everything.
    pub(super) fn heed(&self, installation: i64, counted: &str, until: Timestamp) {
        let caller = if installation == 0 { Caller::App } else { Caller::Installation(installation) };
        self.with(caller, |limits| {
            let known = match counted {
                REST => &mut limits.core_until,
                GRAPHQL => &mut limits.graphql_until,
                _ => &mut limits.all_until,
            };
            *known = (*known).max(Some(until));
        });
    }

    /// Notes what an answer says. `refusal` is its message, if it was a refusal because of a limit.
    pub(super) fn note(
        &self,
        caller: Caller,
        resource: Resource,
        answer: (StatusCode, &HeaderMap),
        is_refusal: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (status, headers) = answer;
        self.with(caller, |limits| {
            let reset = reset_of_exhausted(headers).filter(|reset| now < *reset);
            if let Some(reset) = reset {
                *limits.resource(resource) = Some(reset);
            }
            let is_refusal = is_refusal || status == StatusCode::TOO_MANY_REQUESTS;
            if !is_refusal {
                limits.unexplained = 0;
                return Ok(());
            }
            if let Some(retry_after) = seconds(headers, "retry-after") {
                let until = now.saturating_add(SignedDuration::from_secs(retry_after)).unwrap_or(Timestamp::MAX);
                limits.all_until = Some(until);
                return Err(Error::RateLimited { until });
            }
            if let Some(until) = reset {
                return Err(Error::RateLimited { until });
            }
            let wait = SECONDARY_WAIT.saturating_mul(1 << limits.unexplained.min(4)).min(MAX_SECONDARY_WAIT);
            limits.unexplained += 1;
            let until = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
            limits.all_until = Some(until);
            Err(Error::RateLimited { until })
        })
    }

    fn with<T>(&self, caller: Caller, work: impl FnOnce(&mut Limits) -> T) -> T {
        // Nothing in here panics half-way, so that a poisoned lock still holds sound limits.
        let mut callers = self.callers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        work(callers.entry(caller).or_default())
    }
}

fn seconds(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok().filter(|seconds| *seconds >= 0)
}

/// When the budget is refilled, if the answer says that nothing is left of it.
fn reset_of_exhausted(headers: &HeaderMap) -> Option<Timestamp> {
    let remaining = seconds(headers, "x-ratelimit-remaining")?;
    let reset = Timestamp::from_second(seconds(headers, "x-ratelimit-reset")?).ok()?;
    (remaining == 0).then_some(reset)
}

#[cfg(test)]
mod tests;
