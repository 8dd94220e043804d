use http::HeaderValue;

use super::*;

const CALLER: Caller = Caller::Installation(7);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
}

/// Notes an answer at second 1,000 and says when calls are allowed again.
#[track_caller]
fn refused(limits: &RateLimits, status: u16, pairs: &[(&'static str, &'static str)]) -> i64 {
    let status = StatusCode::from_u16(status).unwrap();
    match limits.note(CALLER, Resource::Core, (status, &headers(pairs)), true, at(1000)) {
        Err(Error::RateLimited { until }) => until.as_second(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check(limits: &RateLimits, resource: Resource, now: i64, until: Option<i64>) {
    let expected = match until {
        Some(until) => Err(Error::RateLimited { until: at(until) }),
        None => Ok(()),
    };
    assert_eq!(limits.check(CALLER, resource, at(now)), expected, "at {now}");
}

#[test]
fn no_call_before_the_named_reset() {
    let limits = RateLimits::default();
    assert_eq!(refused(&limits, 403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1500")]), 1500);
    check(&limits, Resource::Core, 1499, Some(1500));
    check(&limits, Resource::Core, 1500, None);
    check(&limits, Resource::Graphql, 1001, None);
    assert_eq!(
        limits.check(Caller::Installation(8), Resource::Core, at(1001)),
        Ok(()),
        "another installation's budget"
    );
    assert_eq!(limits.check(Caller::App, Resource::Core, at(1001)), Ok(()));
}

#[test]
fn the_last_call_of_a_budget_is_the_last() {
    let limits = RateLimits::default();
    let spent = headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1500")]);
    assert_eq!(limits.note(CALLER, Resource::Graphql, (StatusCode::OK, &spent), false, at(1000)), Ok(()));
    check(&limits, Resource::Graphql, 1001, Some(1500));
    check(&limits, Resource::Core, 1001, None);
}

#[test]
fn retry_after_stops_everything() {
    let limits = RateLimits::default();
    assert_eq!(refused(&limits, 429, &[("retry-after", "30"), ("x-ratelimit-remaining", "17")]), 1030);
    check(&limits, Resource::Core, 1029, Some(1030));
    check(&limits, Resource::Graphql, 1029, Some(1030));
    check(&limits, Resource::Graphql, 1030, None);
}

#[test]
fn an_unexplained_refusal_waits_longer_each_time() {
    let limits = RateLimits::default();
    let waits: Vec<i64> = (0..6).map(|_| refused(&limits, 403, &[]) - 1000).collect();
    assert_eq!(waits, [60, 120, 240, 480, 960, 960]);
    let answer = (StatusCode::OK, &HeaderMap::new());
    limits.note(CALLER, Resource::Core, answer, false, at(3000)).unwrap();
    assert_eq!(refused(&limits, 403, &[]), 1060, "a success in between starts afresh");
}
