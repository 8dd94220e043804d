//! An approval is bound to one head commit and one base branch.

use seconder::gate::verdict::Why;

use super::case::{case, minute};

#[test]
fn a_review_of_another_commit_does_not_count() {
    case().assisted().approved_by("sam").of_commit("before").waits_because(&Why::OtherCommit);
    let mut unknown = case().assisted().approved_by("sam");
    unknown.change.reviews[0].commit = None;
    unknown.waits_because(&Why::OtherCommit);
}

#[test]
fn a_review_of_another_commit_takes_nothing_away() {
    case().assisted().approved_by("sam").at(10).approved_by("sam").of_commit("before").at(20).passes();
}

#[test]
fn a_retarget_voids_what_was_given_before() {
    let moved = || case().assisted().with(|change| change.base_changed_at = Some(minute(20)));
    moved().approved_by("sam").at(19).waits_because(&Why::BeforeRetarget);
    moved().approved_by("sam").at(20).waits_because(&Why::BeforeRetarget);
    moved().approved_by("sam").at(21).passes();
    moved().approved_by("sam").without_time().waits_because(&Why::BeforeRetarget);
}

#[test]
fn reopening_voids_what_was_given_before() {
    let reopened = || case().assisted().with(|change| change.reopened_at = Some(minute(20)));
    reopened().approved_by("sam").at(20).waits_because(&Why::BeforeReopen);
    reopened().approved_by("sam").at(21).passes();
    reopened().approved_by("sam").without_time().waits_because(&Why::BeforeReopen);
}

#[test]
fn a_commit_that_was_pushed_away_and_back_is_approved_anew() {
    let back = || case().assisted().force_pushed("jo", "other", 20).force_pushed("jo", "head", 30);
    back().approved_by("sam").at(10).waits_because(&Why::BeforePush);
    back().approved_by("sam").at(30).waits_because(&Why::BeforePush);
    back().approved_by("sam").at(31).passes();
    back().approved_by("sam").without_time().waits_because(&Why::BeforePush);
}

#[test]
fn a_review_without_a_time_counts_where_nothing_could_have_voided_it() {
    case().assisted().approved_by("sam").without_time().passes();
}
