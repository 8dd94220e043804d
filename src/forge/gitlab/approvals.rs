//! Which commit an approval was given for. GitLab does not say it: an approval there belongs to the merge request.
//!
//! Two things tell. A delivery tells of an approval as it is given, with the head of that moment. And GitLab itself records
//! when an approval was given (since 18.5), and when each head became the head. Where both are known and do not agree, or
//! neither is, the approval counts for no commit.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::gate::ids::{AccountId, CommitSha};

/// How much later than the approval itself its delivery may have been written down here: clocks differ, and deliveries
/// wait. An approval that GitLab says is later than a delivery by more than this is another one.
const DELIVERED_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// GitLab orders approvals and heads by its own clock, in parts of seconds; what lies as close together as this cannot be
/// told apart.
const TOGETHER: SignedDuration = SignedDuration::from_secs(1);

/// A commit that was the head of the change from some time on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadSince {
    /// The commit.
    pub head: CommitSha,
    /// Since when, by GitLab's clock.
    pub since: Timestamp,
}

/// The latest that deliveries told of one account's approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// Whose.
    pub account: AccountId,
    /// The head that it was given for; `None` when it was taken back.
    pub head: Option<CommitSha>,
    /// When that was told, by our clock.
    pub told_at: Timestamp,
}

/// The commit that an approval was given for, if that can be told. `heads` are all that the change had, oldest first;
/// `given_at` is when GitLab says that it was given.
pub fn head_of(given_at: Option<Timestamp>, heads: &[HeadSince], witnessed: Option<&Witnessed>) -> Option<CommitSha> {
    // What was told before the approval that stands is about an earlier one.
    let is_of_this = |witnessed: &&Witnessed| {
        given_at.is_none_or(|given_at| given_at.duration_since(witnessed.told_at) <= DELIVERED_WITHIN)
    };
    let told = witnessed.filter(is_of_this).map(|witnessed| witnessed.head.as_ref());
    let recorded = given_at.map(|given_at| head_at(given_at, heads));
    match (told, recorded) {
        (Some(told), None) => told.cloned(),
        (Some(Some(told)), Some(at)) => at.may_be(told).then(|| told.clone()),
        // It was taken back, as far as deliveries told, and stands all the same: it is a later one, of which none told.
        (Some(None) | None, Some(HeadAt::Surely(head))) => Some(head.clone()),
        (Some(None) | None, Some(_)) | (None, None) => None,
    }
}

/// What the head was at some time.
enum HeadAt<'a> {
    Surely(&'a CommitSha),
    Either(&'a CommitSha, Option<&'a CommitSha>),
    Unknown,
}

impl HeadAt<'_> {
    fn may_be(&self, head: &CommitSha) -> bool {
        match self {
            Self::Surely(only) => *only == head,
            Self::Either(one, other) => *one == head || *other == Some(head),
            Self::Unknown => false,
        }
    }
}

fn head_at(at: Timestamp, heads: &[HeadSince]) -> HeadAt<'_> {
    let near = |one: &&HeadSince| one.since.duration_since(at).abs() <= TOGETHER;
    let before = heads.iter().rfind(|one| one.since <= at && !near(one));
    match (heads.iter().rfind(near), before) {
        (None, Some(before)) => HeadAt::Surely(&before.head),
        (Some(near), before) => HeadAt::Either(&near.head, before.map(|one| &one.head)),
        (None, None) => HeadAt::Unknown,
    }
}

/// A number for something that an account said at some time about some commit, as GitLab has none for it. The same for the
/// same, and another for anything else.
pub fn number(kind: &str, account: &AccountId, head: Option<&CommitSha>, at: Option<Timestamp>) -> i64 {
    let at = at.map(Timestamp::as_second);
    let said = format!("{kind}\n{account}\n{}\n{at:?}", head.map_or("", CommitSha::as_str));
    let digest = Sha256::digest(said.as_bytes());
    let bytes = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    // Positive, as numbers of forges are.
    i64::try_from(bytes >> 1).unwrap_or(i64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha(digit: char) -> CommitSha {
        digit.to_string().repeat(40).parse().unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn heads() -> Vec<HeadSince> {
        vec![HeadSince { head: sha('a'), since: at(1_000) }, HeadSince { head: sha('b'), since: at(2_000) }]
    }

    fn told(head: Option<char>, told_at: i64) -> Witnessed {
        Witnessed { account: "gitlab.com/7".parse().unwrap(), head: head.map(sha), told_at: at(told_at) }
    }

    #[track_caller]
    fn check(given_at: Option<i64>, witnessed: Option<Witnessed>, expect: Option<char>) {
        let heads = heads();
        assert_eq!(
            witnessed.map_or_else(
                || head_of(given_at.map(at), &heads, None),
                |witnessed| head_of(given_at.map(at), &heads, Some(&witnessed)),
            ),
            expect.map(sha)
        );
    }

    #[test]
    fn a_delivery_alone_or_the_record_alone_tells() {
        check(None, Some(told(Some('a'), 1_500)), Some('a'));
        check(Some(1_500), None, Some('a'));
        check(Some(2_500), None, Some('b'));
        check(None, None, None);
        check(None, Some(told(None, 1_500)), None);
    }

    #[test]
    fn where_both_tell_they_must_agree() {
        check(Some(2_500), Some(told(Some('b'), 2_501)), Some('b'));
        check(Some(2_500), Some(told(Some('a'), 2_501)), None);
        check(Some(1_500), Some(told(Some('b'), 1_501)), None);
        check(Some(1_500), Some(told(Some('c'), 1_501)), None);
    }

    #[test]
    fn what_was_told_of_an_earlier_approval_says_nothing_of_this_one() {
        check(Some(9_000), Some(told(Some('a'), 1_500)), Some('b'));
        check(Some(9_000), Some(told(None, 1_500)), Some('b'));
        check(Some(2_500), Some(told(None, 2_400)), Some('b'));
    }

    #[test]
    fn an_approval_in_the_moment_of_a_push_counts_only_if_a_delivery_says_for_what() {
        check(Some(2_000), None, None);
        check(Some(1_999), None, None);
        check(Some(2_001), Some(told(Some('a'), 2_001)), Some('a'));
        check(Some(2_001), Some(told(Some('b'), 2_001)), Some('b'));
        check(Some(2_001), Some(told(Some('c'), 2_001)), None);
        check(Some(2_002), None, Some('b'));
    }

    #[test]
    fn an_approval_from_before_the_first_head_counts_for_none() {
        check(Some(500), None, None);
        assert_eq!(head_of(Some(at(500)), &[], None), None);
    }

    #[test]
    fn numbers_tell_approvals_apart() {
        let account: AccountId = "gitlab.com/7".parse().unwrap();
        let one = number("approval", &account, Some(&sha('a')), Some(at(5)));
        assert!(one > 0);
        assert_eq!(one, number("approval", &account, Some(&sha('a')), Some(at(5))));
        for other in [
            number("request", &account, Some(&sha('a')), Some(at(5))),
            number("approval", &account, Some(&sha('b')), Some(at(5))),
            number("approval", &account, Some(&sha('a')), Some(at(6))),
            number("approval", &"gitlab.com/8".parse().unwrap(), Some(&sha('a')), Some(at(5))),
        ] {
            assert_ne!(one, other);
        }
    }
}
