//! Whose approval counts.

use seconder::gate::verdict::{Counts, Why};

use super::case::{account, case, does_not_meet};

#[test]
fn a_senior_who_had_no_part_in_it_is_enough() {
    case().assisted().waits();
    case().assisted().approved_by("sam").passes();
    case().assisted().approved_by("pia").passes();
}

#[test]
fn somebody_of_a_lower_tier_is_not() {
    case().assisted().approved_by("max").waits_because(&does_not_meet("ai-needs-senior"));
}

#[test]
fn only_people_approve() {
    for robot in ["copilot", "renovate", "ci-user", "agent-user", "importer", "org"] {
        case().assisted().approved_by(robot).waits_because(&Why::NotAPerson);
        // Nor if the directory, by mistake, makes them a senior's.
        case().assisted().also_owning("sam", robot).approved_by(robot).waits_because(&Why::NotAPerson);
    }
    case().assisted().approved_by("sam").by_a_deleted_account().waits_because(&Why::DeletedAccount);
}

#[test]
fn only_people_of_the_directory_approve() {
    case().assisted().approved_by("eve").waits_because(&Why::NotInDirectory);
    let mut gone = case().assisted().approved_by("sam");
    gone.roster.accounts.remove(&account("sam"));
    gone.waits_because(&Why::NotInDirectory);
    // An account that names a person whom the directory no longer has.
    let mut dangling = case().assisted().approved_by("sam");
    dangling.roster.people.retain(|id, _| id.0 != "p-sam");
    dangling.waits_because(&Why::NotInDirectory);
}

#[test]
fn whoever_left_or_never_approves_does_not_count() {
    let not_met = does_not_meet("ai-needs-senior");
    case().assisted().leaver("sam").approved_by("sam").waits_because(&not_met);
    case().assisted().person("sam", |sam| sam.may_approve = false).approved_by("sam").waits_because(&not_met);
    case().assisted().person("sam", |sam| sam.grants.clear()).approved_by("sam").waits_because(&not_met);
    // Even where anybody's approval would do.
    case().requiring("approvals: 1").leaver("sam").approved_by("sam").waits_because(&does_not_meet("it"));
    case().requiring("approvals: 1").now_of_tier("sam", "agent").approved_by("sam").waits_because(&does_not_meet("it"));
}

#[test]
fn a_stale_directory_vouches_for_nobody() {
    case().assisted().with_a_stale_directory().approved_by("sam").waits_because(&Why::StaleDirectory);
}

#[test]
fn a_stale_directory_does_not_make_an_author_senior() {
    case().assisted().all_by("pia").passes();
    case().assisted().all_by("pia").with_a_stale_directory().waits();
    // Where no rule looks at people, its age does not matter.
    case().with_a_stale_directory().passes();
}

#[test]
fn a_person_counts_once() {
    let two = case().requiring("approvals: 2").also_owning("sam", "sam-at-home");
    two.clone().approved_by("sam").approved_by("sam-at-home").waits();
    two.approved_by("sam").approved_by("sal").passes();
}

#[test]
fn the_latest_word_wins() {
    case().assisted().approved_by("sam").changes_requested_by("sam").is_held();
    case().assisted().changes_requested_by("sam").approved_by("sam").passes();
    let sam = case().assisted().also_owning("sam", "sam-at-home");
    sam.clone().approved_by("sam").changes_requested_by("sam-at-home").is_held();
    sam.changes_requested_by("sam").approved_by("sam-at-home").passes();
}

#[test]
fn at_the_same_moment_the_negative_word_wins() {
    case().assisted().approved_by("sam").at(5).changes_requested_by("sam").at(5).is_held();
    case().assisted().changes_requested_by("sam").at(5).approved_by("sam").at(5).is_held();
    case().assisted().changes_requested_by("sam").without_time().approved_by("sam").at(5).is_held();
    case().assisted().changes_requested_by("sam").at(5).approved_by("sam").without_time().is_held();
}

#[test]
fn a_comment_is_no_word() {
    use seconder::gate::change::ReviewState::Commented;
    case().assisted().approved_by("sam").review("sam", Commented).passes();
    case().assisted().review("sam", Commented).waits();
}

#[test]
fn a_dismissed_approval_is_none() {
    use seconder::gate::change::ReviewState::DismissedApproval;
    case().assisted().review("sam", DismissedApproval).waits_because(&Why::Dismissed);
    case().assisted().approved_by("sam").review("sam", DismissedApproval).waits_because(&Why::Dismissed);
    case().assisted().review("sam", DismissedApproval).approved_by("sam").passes();
}

#[test]
fn a_robot_does_not_speak_for_the_person_who_owns_it() {
    let sam = || case().assisted().also_owning("sam", "ci-user");
    sam().changes_requested_by("sam").approved_by("ci-user").is_held();
    sam().approved_by("sam").approved_by("ci-user").passes();
}

#[test]
fn an_approver_must_have_qualified_when_the_approval_was_first_seen() {
    case().assisted().approved_by("sam").when_of_tier("mid").waits_because(&does_not_meet("ai-needs-senior"));
    case().assisted().approved_by("sam").when_of_tier("senior").passes();
}

#[test]
fn an_approver_must_qualify_now() {
    let demoted = case().assisted().approved_by("sam").when_of_tier("senior").now_of_tier("sam", "mid");
    demoted.waits_because(&does_not_meet("ai-needs-senior"));
}

#[test]
fn what_was_first_seen_is_handed_on_until_it_is_remembered() {
    let seen = |case: &super::case::Case| case.verdict().first_seen;
    let stranger = case().assisted().approved_by("eve");
    let [(review, standing)] = seen(&stranger).try_into().expect("one approval is new");
    // When the account is linked later, the approval that stood there before stays void.
    let mut linked = stranger.also_owning("sam", "eve");
    linked.first_seen.insert(review, standing);
    linked.waits_because(&does_not_meet("ai-needs-senior"));
    assert_eq!(seen(&linked), []);
    assert_eq!(seen(&case().assisted().approved_by("sam").of_commit("before")), []);
    assert_eq!(seen(&case().assisted().with_a_stale_directory().approved_by("sam")), []);
}

#[test]
fn native_reviews_count_unless_the_policy_says_otherwise() {
    let rule = "rules: [{ name: it, require: { approvals: 1 } }]";
    case()
        .policy(&format!("{rule}\napprove: {{ by: [command] }}"))
        .approved_by("sam")
        .waits_because(&Why::ReviewsDoNotCount);
    case().policy(&format!("{rule}\napprove: {{ by: [review] }}")).approved_by("sam").passes();
}

#[test]
fn each_approval_says_which_rules_it_counts_for() {
    let verdict = case()
        .policy("rules: [{ name: any, require: { approvals: 1 } }, { name: top, require: { tier: \">= principal\" } }]")
        .approved_by("sam")
        .waits();
    let counted = Counts::Counted { rules: vec!["any".to_owned()], not_met: vec!["top".to_owned()] };
    assert_eq!(verdict.approvals[0].standing, counted);
    let verdict = case().approved_by("sam").passes();
    assert_eq!(verdict.approvals[0].standing, Counts::NotCounted(Why::NotNeeded));
}
