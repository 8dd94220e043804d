//! A change request by a qualified person holds the change until it is lifted.

use seconder::gate::change::ReviewState::{DismissedChangesRequested, DismissedUnknown};

use super::case::{Case, case};

/// One senior approved; another asked for changes after that.
fn held() -> Case {
    case().assisted().approved_by("sam").changes_requested_by("sal")
}

#[test]
fn a_change_request_holds_whatever_others_approved() {
    let verdict = held().is_held();
    assert_eq!(verdict.holds.len(), 1);
    assert_eq!(verdict.holds[0].by.login.as_str(), "sal");
}

#[test]
fn it_holds_across_heads() {
    case().assisted().approved_by("sam").changes_requested_by("sal").of_commit("before").is_held();
    let mut unknown = held();
    unknown.change.reviews[1].commit = None;
    unknown.is_held();
}

#[test]
fn it_holds_through_retarget_and_reopening() {
    use super::case::minute;
    held().with(|change| change.base_changed_at = Some(minute(25))).approved_by("sam").at(30).is_held();
    held().with(|change| change.reopened_at = Some(minute(25))).approved_by("sam").at(30).is_held();
}

#[test]
fn contributors_keep_the_power_to_hold() {
    held().pushed_by("sal").is_held();
    held().opened_by("sal").is_held();
    let outranked = case().requiring("approvals: 1, outranks_author: true").opened_by("sal");
    outranked.approved_by("pia").changes_requested_by("sal").is_held();
}

#[test]
fn dismissing_it_does_not_lift_it() {
    for state in [DismissedChangesRequested, DismissedUnknown] {
        let verdict = case().assisted().approved_by("sam").review("sal", state).is_held();
        assert!(verdict.holds[0].was_dismissed);
    }
}

#[test]
fn the_same_person_lifts_it() {
    held().approved_by("sal").passes();
    held().also_owning("sal", "sam-at-home").approved_by("sam-at-home").passes();
    // The word of somebody who meanwhile pushed to the change lifts it as well: it was that person's own.
    held().pushed_by("sal").approved_by("sal").passes();
}

#[test]
fn a_higher_tier_lifts_it() {
    held().approved_by("pia").passes();
    held().approved_by("sue").is_held();
    held().approved_by("pia").at(5).is_held();
    held().approved_by("pia").of_commit("before").is_held();
    held().pushed_by("pia").approved_by("pia").is_held();
}

#[test]
fn a_promotion_after_the_approval_does_not_lift_it() {
    held().now_of_tier("sue", "principal").approved_by("sue").when_of_tier("senior").is_held();
}

#[test]
fn two_qualified_people_lift_it() {
    held().approved_by("sue").approved_by("sam").passes();
    held().approved_by("sue").approved_by("max").is_held();
    held().approved_by("sue").approved_by("sue").is_held();
    held().approved_by("sue").pushed_by("sam").approved_by("sam").is_held();
}

#[test]
fn those_who_lift_it_qualify_under_the_same_rule() {
    // A rule that asks little of its approvers does not give them the power to overrule a principal.
    let policy = "rules: [{ name: top, require: { tier: \">= principal\" } }]";
    let held = case().policy(policy).approved_by("pat").changes_requested_by("pia");
    let overruled = held.approved_by("max").approved_by("sam");
    overruled.is_held();
    overruled.repository_policy("rules: [{ name: any, require: { approvals: 1 } }]").is_held();
}

#[test]
fn an_unqualified_change_request_does_not_hold() {
    case().assisted().approved_by("sam").changes_requested_by("max").passes();
    case().assisted().approved_by("sam").changes_requested_by("eve").passes();
    case().assisted().approved_by("sam").changes_requested_by("copilot").passes();
}

#[test]
fn it_stops_holding_when_its_author_stops_qualifying() {
    held().now_of_tier("sal", "mid").passes();
    held().leaver("sal").passes();
    held().person("sal", |sal| sal.may_approve = false).passes();
}

#[test]
fn without_a_time_it_cannot_be_shown_to_be_lifted_by_others() {
    case().assisted().changes_requested_by("sal").without_time().approved_by("pia").is_held();
}
