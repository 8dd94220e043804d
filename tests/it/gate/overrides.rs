//! `override`: an allowed person lets the change pass in an emergency, for a while.

use seconder::gate::command::About;
use seconder::gate::contributors::Role;
use seconder::gate::ids::WordId;
use seconder::gate::verdict::{Refusal, RuleResult, Why};

use super::case::{Case, case, minute, sha};
use super::said::current;

const POLICY: &str = "rules: [{ name: it, require: { approvals: 2, tier: \">= senior\" } }]
override: { by: { tier: \">= principal\" }, hours: 2 }";

/// The override is given ten minutes after the change was opened, and judged a minute later.
fn overridden() -> Case {
    let mut case = case().policy(POLICY).says("pia", "override the site is down");
    case.now = minute(11);
    case
}

#[test]
fn an_allowed_person_overrides_for_a_while() {
    let verdict = overridden().passes();
    let until = minute(130);
    assert_eq!(verdict.rules[0].result, RuleResult::Overridden { by: WordId::Comment(1), until });
    assert_eq!(verdict.look_again_at, Some(until));
    overridden().is_accepted();
    let mut later = overridden();
    later.now = minute(129);
    later.passes();
    later.now = minute(130);
    later.waits();
    later.is_refused(&Refusal::Ended { at: until });
    assert_eq!(later.verdict().look_again_at, None);
}

#[test]
fn where_enough_approved_it_is_not_needed() {
    let verdict = overridden().approved_by("sam").approved_by("sal").passes();
    assert!(matches!(verdict.rules[0].result, RuleResult::Satisfied { .. }));
    assert_eq!(verdict.look_again_at, None);
}

#[test]
fn nobody_else_overrides() {
    let by = |who: &str| {
        let mut case = case().policy(POLICY).says(who, "override now");
        case.now = minute(11);
        case
    };
    by("sam").waits();
    by("sam").is_refused(&Refusal::MayNotOverride);
    by("eve").waits();
    by("eve").is_unheard();
    by("copilot").waits();
    let author = overridden().pushed_by("pia");
    author.waits();
    author.does_not_count(&Why::Contributor { role: Role::Pusher });
    overridden().said_when_of_tier("senior").waits();
    overridden().leaver("pia").waits();
    let mut stale = overridden();
    stale.roster.snapshot.fresh_until = Some(minute(1));
    stale.waits();
}

#[test]
fn both_conditions_hold() {
    let policy = "rules: [{ name: it, require: { approvals: 1 } }]
override: { by: { tier: \">= principal\", groups: [oncall] } }";
    let said = |case: Case| {
        let mut said = case.policy(policy).says("pia", "override now");
        said.now = minute(11);
        said
    };
    said(case()).waits();
    said(case()).is_refused(&Refusal::MayNotOverride);
    said(case().in_group("pia", "oncall")).passes();
    let mut sam = case().policy(policy).in_group("sam", "oncall").says("sam", "override now");
    sam.now = minute(11);
    sam.waits();
}

#[test]
fn without_a_policy_that_says_so_nobody_overrides() {
    let said = case().assisted().says("pia", "override now");
    said.waits();
    said.is_refused(&Refusal::NoOverride);
}

#[test]
fn it_counts_only_as_it_was_written() {
    for (case, why) in [
        (overridden().edited(), Why::Edited),
        (overridden().deleted(), Why::Deleted),
        (overridden().found_by_a_sweep(), Why::NotWitnessed),
        (overridden().by_email(), Why::ByEmail),
        (overridden().through_app(9), Why::ThroughApp),
    ] {
        case.waits();
        case.does_not_count(&why);
    }
}

#[test]
fn it_is_bound_to_head_and_base() {
    for (case, why) in [
        (overridden().about(About::Current { head: sha("before"), had_stood: true }), Why::OtherCommit),
        (overridden().about(current(false)), Why::TooSoon),
        (overridden().about(About::Unknown), Why::OtherCommit),
        (overridden().with(|change| change.base_changed_at = Some(minute(10))), Why::BeforeRetarget),
        (overridden().with(|change| change.reopened_at = Some(minute(10))), Why::BeforeReopen),
        (overridden().force_pushed("jo", "head", 10), Why::BeforePush),
    ] {
        case.waits();
        case.does_not_count(&why);
    }
}

#[test]
fn it_lifts_no_hold_and_no_error() {
    overridden().says("sal", "hold it").is_held();
    overridden().changes_requested_by("sal").is_held();
    overridden().repository_policy("rulez: []").errs();
    overridden().touching(&[]).waits();
    overridden().read_incompletely("a page was missing").errs();
}

#[test]
fn it_does_not_switch_off_the_guard() {
    overridden().touching(&["AGENTS.md"]).waits();
    overridden().touching(&["AGENTS.md"]).approved_by("pat").passes();
}

#[test]
fn whoever_gave_it_takes_it_back() {
    overridden().says("pia", "revoke").waits();
    overridden().says("pia", "revoke").said_at(10).waits();
    overridden().says("pia", "revoke").said_at(9).passes();
    overridden().says("pat", "revoke").passes();
}

#[test]
fn an_override_of_a_repository_does_not_lift_rules_above_it() {
    let of_repository = "rules: [{ name: own, require: { approvals: 1 } }]\noverride: { by: { tier: \">= senior\" } }";
    let said = |case: Case| {
        let mut said = case.repository_policy(of_repository).says("sam", "override now");
        said.now = minute(11);
        said
    };
    let verdict = said(case().policy("rules: [{ name: floor, require: { approvals: 1 } }]")).waits();
    assert!(verdict.rules[0].result.is_missing());
    assert!(matches!(verdict.rules[1].result, RuleResult::Overridden { .. }));
    said(case()).passes();
}

#[test]
fn an_override_of_the_floor_covers_what_is_below() {
    let below = overridden().repository_policy("rules: [{ name: own, require: { approvals: 1 } }]");
    below.passes();
}

#[test]
fn of_two_overrides_the_longer_one_counts() {
    let again = overridden().says("pat", "override still down");
    assert_eq!(again.passes().look_again_at, Some(minute(140)));
}
