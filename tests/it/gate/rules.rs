//! Which rules apply, what they ask for, and what stands in the way of judging.

use seconder::gate::change::{FileChange, Files};
use seconder::gate::policy::SourceLevel;
use seconder::gate::verdict::{Outcome, Problem, RuleResult};

use super::case::{Case, account, address, case, does_not_meet};

const EXEMPT: &str = "rules: [{ name: it, require: { approvals: 1 } }]\nexempt: [{ name: locks, accounts: [12], \
                      paths: [\"**/*.lock\"] }]";

/// What a rule lacks: approvals that count, approvals needed, and people who could still give one.
fn missing(case: &Case, rule: &str) -> (u32, u32, u32) {
    let verdict = case.verdict();
    match verdict.rules.iter().find(|one| one.name == rule).map(|one| &one.result) {
        Some(RuleResult::Missing { have, need, candidates, .. }) => (*have, *need, *candidates),
        other => panic!("{rule} is {other:?}"),
    }
}

#[test]
fn nothing_is_asked_of_a_change_without_assistance() {
    case().passes();
}

#[test]
fn an_agents_work_needs_a_second_person_whatever_the_operators_tier() {
    case().autonomous().all_by("pia").waits();
    case().autonomous().all_by("pia").approved_by("sam").passes();
    case().autonomous().all_by("pia").approved_by("pia").waits();
}

#[test]
fn every_rule_must_be_satisfied() {
    let two = "rules: [{ name: one, require: { tier: \">= senior\" } }, { name: two, require: { groups: [sre] } }]";
    case().policy(two).approved_by("sam").waits();
    case().policy(two).in_group("jo", "sre").approved_by("sam").waits();
    case().policy(two).in_group("max", "sre").approved_by("sam").approved_by("max").passes();
    case().policy(two).in_group("sam", "sre").approved_by("sam").passes();
}

#[test]
fn one_person_meets_all_conditions_of_a_rule() {
    let both = || case().requiring("tier: \">= senior\", groups: [sre, dba], training: [ai, privacy]");
    both().in_group("sam", "sre").trained("sam", "ai").approved_by("sam").waits_because(&does_not_meet("it"));
    both().trained("sam", "ai").trained("sam", "privacy").approved_by("sam").waits_because(&does_not_meet("it"));
    both().in_group("sam", "dba").trained("sam", "ai").trained("sam", "privacy").approved_by("sam").passes();
    let split = both().in_group("max", "sre").trained("max", "ai").trained("max", "privacy");
    split.approved_by("sam").approved_by("max").waits();
}

#[test]
fn groups_and_training_too_must_be_there_at_first_sight() {
    let joined = case().requiring("groups: [sre]").in_group("sam", "sre").approved_by("sam").when_of_tier("senior");
    joined.waits_because(&does_not_meet("it"));
    let learnt = case().requiring("training: [ai]").trained("sam", "ai").approved_by("sam").when_of_tier("senior");
    learnt.waits_because(&does_not_meet("it"));
}

#[test]
fn outranking_means_strictly_above_the_highest_contributor() {
    let outranking = || case().requiring("outranks_author: true");
    outranking().approved_by("max").passes();
    outranking().all_by("max").approved_by("max").waits();
    outranking().all_by("sam").approved_by("sal").waits_because(&does_not_meet("it"));
    outranking().all_by("sam").approved_by("pia").passes();
    outranking().commit_by(address("sam@acme.test")).approved_by("sal").waits_because(&does_not_meet("it"));
    outranking()
        .leaver("sam")
        .commit_by(address("sam@acme.test"))
        .approved_by("sal")
        .waits_because(&does_not_meet("it"));
}

#[test]
fn write_access_is_asked_for_only_if_the_policy_says_so() {
    case().assisted().approved_by("sam").who_can_push(Some(false)).passes();
    let writing = || case().requiring("write_access: true");
    writing().approved_by("sam").who_can_push(Some(true)).passes();
    writing().approved_by("sam").who_can_push(Some(false)).waits_because(&does_not_meet("it"));
    writing().approved_by("sam").who_can_push(None).waits_because(&does_not_meet("it"));
}

#[test]
fn an_exemption_covers_only_listed_accounts_and_paths() {
    assert_eq!(account("renovate").id, 12);
    let exempt = || case().policy(EXEMPT).all_by("renovate").touching(&["a/Cargo.lock"]);
    exempt().passes();
    exempt().touching(&["a/Cargo.lock", "src/lib.rs"]).waits();
    exempt().pushed_by("jo").waits();
    exempt().commit_by(address("stranger@home.test")).waits();
    exempt().commit_by(address("bot@automation.test")).waits();
    exempt().nobody_saw_the_push().waits();
    exempt().with(|change| change.files = Files::Truncated { total: 4000 }).waits();
    let from_elsewhere = FileChange { path: "Cargo.lock".to_owned(), previous_path: Some("src/lib.rs".to_owned()) };
    exempt().with(|change| change.files = Files::Whole(vec![from_elsewhere])).waits();
}

#[test]
fn an_exemption_weakens_no_other_file() {
    let below = case().requiring("approvals: 1").repository_policy(EXEMPT).all_by("renovate").touching(&["Cargo.lock"]);
    below.waits();
    below.approved_by("sam").passes();
}

#[test]
fn a_list_of_files_that_is_not_whole_matches_every_path() {
    let infra = "rules: [{ name: infra, when: { paths: [\"infra/**\"] }, require: { approvals: 1 } }]";
    case().policy(infra).passes();
    let verdict = case().policy(infra).with(|change| change.files = Files::Truncated { total: 4000 }).waits();
    assert!(verdict.rules.iter().any(|rule| rule.name == "infra" && rule.result.is_missing()));
}

#[test]
fn an_empty_change_never_passes() {
    case().touching(&[]).waits();
    case().assisted().touching(&[]).approved_by("sam").waits();
}

#[test]
fn an_incomplete_read_never_passes() {
    let verdict = case().approved_by("sam").read_incompletely("the third page of files").errs();
    assert_eq!(verdict.problems, [Problem::Incomplete { why: "the third page of files".to_owned() }]);
    assert_eq!(verdict.head, None);
}

#[test]
fn a_broken_policy_is_an_error_whatever_is_approved() {
    let verdict = case().assisted().approved_by("sam").repository_policy("rulez: []").errs();
    assert!(matches!(&verdict.problems[..], [Problem::BrokenPolicy(found)] if found.line == 2));
    let mut none = case();
    none.files.clear();
    none.errs();
}

#[test]
fn an_error_is_worse_than_a_hold() {
    let verdict = case().assisted().changes_requested_by("sam").repository_policy("rulez: []").errs();
    assert_eq!(verdict.holds.len(), 1);
    assert!(Outcome::Error > Outcome::Held && Outcome::Held > Outcome::Waiting && Outcome::Waiting > Outcome::Pass);
}

#[test]
fn levels_only_add() {
    let mut case = case().assisted().approved_by("sam");
    case.passes();
    case.files.push((SourceLevel::Organisation, "version: 1\nrules: [{ name: o, require: { approvals: 2 } }]".into()));
    case.waits();
}

#[test]
fn it_is_known_how_many_people_could_still_approve() {
    let two = case().requiring("approvals: 2, tier: \">= senior\"");
    assert_eq!(missing(&two, "it"), (0, 2, 5));
    // Who approved already is not asked again, who contributed cannot be.
    assert_eq!(missing(&two.clone().approved_by("sam"), "it"), (1, 2, 4));
    assert_eq!(missing(&two.clone().pushed_by("sal").approved_by("sam"), "it"), (1, 2, 3));
    assert_eq!(missing(&two.leaver("sue").approved_by("sam").of_commit("before"), "it"), (0, 2, 4));
}

#[test]
fn nobody_may_be_able_to_satisfy_a_rule() {
    assert_eq!(missing(&case().requiring("groups: [sre]"), "it"), (0, 1, 0));
    assert_eq!(missing(&case().requiring("groups: [sre]").in_group("jo", "sre"), "it"), (0, 1, 0));
}
