use super::*;

const SERVED: i64 = 77;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
}

/// An attempt in this minute, answered with this status; 0 for none.
fn attempt(id: i64, guid: &str, minute: i64, status_code: i64) -> RecordedDelivery {
    RecordedDelivery {
        id,
        guid: guid.to_owned(),
        delivered_at: at(minute),
        is_taken: status_code == 202,
        status_code,
        is_repeated: false,
        installation: Some(SERVED),
    }
}

/// A later attempt at the same.
fn again(id: i64, guid: &str, minute: i64, status_code: i64) -> RecordedDelivery {
    RecordedDelivery { is_repeated: true, ..attempt(id, guid, minute, status_code) }
}

fn sorted_out(recorded: &[RecordedDelivery], now: i64) -> Missed {
    missed(recorded, at(0), at(now), &BTreeSet::from([SERVED]))
}

#[test]
fn nothing_is_missed_when_all_was_taken() {
    let seen = sorted_out(&[attempt(2, "b", 90, 202), attempt(1, "a", 10, 202)], 100);
    assert_eq!(seen, Missed { ask_for: vec![], is_more: false, given_up: 0, watermark: at(85) });
}

#[test]
fn what_failed_is_asked_for_again_the_oldest_first() {
    let recorded = [attempt(3, "c", 30, 0), attempt(2, "b", 20, 202), attempt(1, "a", 10, 503)];
    let seen = sorted_out(&recorded, 31);
    assert_eq!((seen.ask_for, seen.watermark), (vec![1, 3], at(10)), "the watermark stays before what is missed");
}

#[test]
fn what_was_taken_at_a_later_attempt_is_done() {
    let seen = sorted_out(&[again(2, "a", 30, 202), attempt(1, "a", 10, 503)], 90);
    assert!(seen.ask_for.is_empty());
}

#[test]
fn each_attempt_waits_longer_and_there_is_an_end() {
    let attempts: Vec<RecordedDelivery> = [(1, 0), (2, 1), (3, 6), (4, 16), (5, 36)]
        .map(|(id, minute)| RecordedDelivery { is_repeated: id > 1, ..attempt(id, "a", minute, 401) })
        .into_iter()
        .collect();
    for (made, asked_at) in [(1, 0), (2, 6), (3, 16), (4, 36)] {
        let latest = attempts[made - 1].id;
        assert_eq!(sorted_out(&attempts[..made], asked_at).ask_for, [latest], "after {made}");
        if asked_at > 0 {
            assert!(sorted_out(&attempts[..made], asked_at - 1).ask_for.is_empty(), "after {made}");
        }
    }
    let seen = sorted_out(&attempts, 10_000);
    assert_eq!((seen.ask_for, seen.given_up), (vec![], 1));
    assert_eq!(seen.watermark, at(31), "what was given up holds nothing up");
}

#[test]
fn what_is_refused_for_its_owner_is_not_asked_for() {
    let theirs = RecordedDelivery { installation: Some(666), ..attempt(1, "a", 10, 403) };
    assert!(sorted_out(&[theirs], 60).ask_for.is_empty());
    assert_eq!(sorted_out(&[attempt(1, "a", 10, 403)], 60).ask_for, [1], "something else has refused it");
}

#[test]
fn not_all_is_asked_for_at_once() {
    let many: Vec<RecordedDelivery> = (0..120).map(|n| attempt(n, &n.to_string(), 10, 503)).collect();
    let seen = sorted_out(&many, 60);
    assert_eq!((seen.ask_for.len(), seen.is_more), (MOST_AT_ONCE, true));
}

#[test]
fn an_attempt_that_is_put_on_record_late_is_still_seen() {
    let first = sorted_out(&[attempt(2, "b", 60, 202)], 60);
    assert!(first.watermark < at(60));
    // It began before the other one, and nobody answered it for a while.
    let late = [attempt(2, "b", 60, 202), attempt(1, "a", 59, 0)];
    let seen = missed(&late, first.watermark, at(65), &BTreeSet::from([SERVED]));
    assert_eq!(seen.ask_for, [1]);
}

#[test]
fn what_was_given_up_is_not_taken_up_again_when_only_its_later_attempts_are_in_sight() {
    let seen = sorted_out(&[again(5, "a", 36, 401), again(4, "a", 16, 401)], 10_000);
    assert!(seen.ask_for.is_empty());
}
