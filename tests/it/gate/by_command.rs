//! Approving, revoking, holding and unholding by command.

use seconder::gate::command::About;
use seconder::gate::contributors::Role;
use seconder::gate::detect::Level;
use seconder::gate::ids::WordId;
use seconder::gate::verdict::{Hearing, Refusal, RuleResult, Why};

use super::case::{Case, account, case, does_not_meet, minute, sha};
use super::said::current;

#[test]
fn a_senior_approves_by_command() {
    let verdict = case().assisted().says("sam", "approve").passes();
    assert_eq!(verdict.rules[0].result, RuleResult::Satisfied { by: vec![WordId::Comment(1)] });
    case().assisted().says("sam", "approve").is_accepted();
}

#[test]
fn reviews_and_commands_add_up_and_a_person_counts_once() {
    let two = || case().requiring("approvals: 2");
    two().approved_by("sam").says("sal", "approve").passes();
    two().approved_by("sam").says("sam", "approve").waits();
    two().also_owning("sam", "sam-at-home").says("sam", "approve").says("sam-at-home", "approve").waits();
}

#[test]
fn whoever_does_not_qualify_is_told_so() {
    let max = case().assisted().says("max", "approve");
    max.waits();
    max.does_not_count(&does_not_meet("ai-needs-senior"));
    let author = case().assisted().pushed_by("sam").says("sam", "approve");
    author.waits();
    author.does_not_count(&Why::Contributor { role: Role::Pusher });
    let elsewhere = case().assisted().also_owning("sam", "sam-at-home").pushed_by("sam").says("sam-at-home", "approve");
    elsewhere.does_not_count(&Why::Contributor { role: Role::Pusher });
    case().assisted().with_a_stale_directory().says("sam", "approve").does_not_count(&Why::StaleDirectory);
}

#[test]
fn strangers_and_robots_are_not_heard() {
    for who in ["eve", "copilot", "renovate", "ci-user", "agent-user", "importer", "org"] {
        let said = case().assisted().says(who, "approve");
        said.waits();
        said.is_unheard();
        assert!(said.verdict().approvals.is_empty());
    }
    let robots = case().assisted().also_owning("sam", "ci-user").says("ci-user", "approve");
    robots.waits();
    robots.is_unheard();
}

#[test]
fn a_contributor_whom_the_directory_does_not_know_is_heard_and_cannot_approve() {
    let eve = case().assisted().opened_by("eve").says("eve", "approve");
    eve.waits();
    eve.does_not_count(&Why::Contributor { role: Role::Opener });
}

#[test]
fn an_account_that_is_linked_later_does_not_make_an_old_command_count() {
    let mut linked = case().assisted().says("eve", "approve").remember().also_owning("sam", "eve");
    linked.waits();
    linked.does_not_count(&does_not_meet("ai-needs-senior"));
    linked.first_seen.clear();
    linked.passes();
}

#[test]
fn a_promotion_does_not_make_an_old_command_count() {
    case().assisted().says("sam", "approve").said_when_of_tier("mid").waits();
    case().assisted().says("sam", "approve").said_when_of_tier("senior").passes();
    case().assisted().says("sam", "approve").said_when_of_tier("senior").now_of_tier("sam", "mid").waits();
}

#[test]
fn only_a_comment_that_stands_as_it_was_seen_being_written_grants() {
    let said = || case().assisted().says("sam", "approve");
    for (case, why) in [
        (said().edited(), Why::Edited),
        (said().deleted(), Why::Deleted),
        (said().found_by_a_sweep(), Why::NotWitnessed),
        (said().by_email(), Why::ByEmail),
        (said().through_app(9), Why::ThroughApp),
    ] {
        case.waits();
        case.does_not_count(&why);
    }
}

#[test]
fn the_organisation_lists_apps_through_which_people_write() {
    let rule = "rules: [{ name: it, require: { approvals: 1 } }]";
    let listed = case().policy(&format!("{rule}\napprove: {{ apps: [9] }}"));
    listed.clone().says("sam", "approve").through_app(9).passes();
    listed.says("sam", "approve").through_app(8).does_not_count(&Why::ThroughApp);
}

#[test]
fn a_command_names_the_head() {
    let of = |about| case().assisted().says("sam", "approve").about(about);
    of(About::Named(sha("before"))).waits();
    of(About::Named(sha("before"))).does_not_count(&Why::OtherCommit);
    of(About::Unmatched).does_not_count(&Why::OtherCommit);
    of(current(true)).does_not_count(&Why::NoCommitNamed);
    of(About::Unknown).does_not_count(&Why::NoCommitNamed);
}

#[test]
fn where_no_commit_need_be_named_the_head_must_have_stood() {
    let rule = "rules: [{ name: it, require: { approvals: 1 } }]\napprove: { sha: optional }";
    let said = |about| case().policy(rule).says("sam", "approve").about(about);
    said(current(true)).passes();
    said(current(false)).waits();
    said(current(false)).does_not_count(&Why::TooSoon);
    said(About::Current { head: sha("before"), had_stood: true }).does_not_count(&Why::OtherCommit);
    said(About::Unknown).does_not_count(&Why::NoCommitNamed);
}

#[test]
fn a_command_is_bound_to_base_reopening_and_push() {
    let at = |minutes| case().assisted().says("sam", "approve").said_at(minutes);
    for (moved, why) in [
        (at(20).with(|change| change.base_changed_at = Some(minute(20))), Why::BeforeRetarget),
        (at(20).with(|change| change.reopened_at = Some(minute(20))), Why::BeforeReopen),
        (at(20).force_pushed("jo", "head", 20), Why::BeforePush),
    ] {
        moved.waits();
        moved.does_not_count(&why);
        moved.said_at(21).passes();
    }
}

#[test]
fn the_policy_may_take_reviews_only() {
    let reviews = "rules: [{ name: it, require: { approvals: 1 } }]\napprove: { by: [review] }";
    let said = case().policy(reviews).says("sam", "approve");
    said.waits();
    said.does_not_count(&Why::CommandsDoNotCount);
    // Nor does it take the review away that counts.
    case().policy(reviews).approved_by("sam").says("sam", "approve").passes();
    let commands = "rules: [{ name: it, require: { approvals: 1 } }]\napprove: { by: [command] }";
    case().policy(commands).says("sam", "approve").approved_by("sam").passes();
}

#[test]
fn a_command_does_not_show_write_access() {
    let said = case().requiring("write_access: true").says("sam", "approve");
    said.waits();
    said.does_not_count(&Why::NoWriteAccessShown { rules: vec!["it".to_owned()] });
    case().requiring("write_access: true").approved_by("sam").who_can_push(Some(true)).passes();
}

#[test]
fn a_bare_approval_counts_where_the_organisation_enabled_it() {
    let bare = |policy: &str| {
        let policy = format!("rules: [{{ name: it, require: {{ approvals: 1 }} }}]\n{policy}");
        case().policy(&policy).says("sam", "approve").last_command(|command| command.said.is_bare = true)
    };
    bare("").waits();
    bare("").is_unheard();
    bare("approve: { bare: true }").passes();
}

#[test]
fn revoking_takes_back_every_approval_before_it() {
    case().assisted().says("sam", "approve").says("sam", "revoke").waits();
    case().assisted().approved_by("sam").says("sam", "revoke").waits();
    case().assisted().says("sam", "revoke").says("sam", "approve").passes();
    case().assisted().says("sam", "approve").says("sam", "revoke").approved_by("sam").passes();
    case().assisted().also_owning("sam", "sam-at-home").approved_by("sam").says("sam-at-home", "revoke").waits();
    // One's own, and nobody else's.
    case().assisted().says("sam", "approve").says("sal", "revoke").passes();
    // Said of whatever head.
    case()
        .assisted()
        .approved_by("sam")
        .says("sam", "revoke")
        .about(About::Current { head: sha("before"), had_stood: true })
        .waits();
}

#[test]
fn at_the_same_moment_the_word_against_wins() {
    case().assisted().says("sam", "approve").said_at(5).says("sam", "revoke").said_at(5).waits();
    case().assisted().says("sam", "revoke").said_at(5).says("sam", "approve").said_at(5).waits();
    case().assisted().says("sam", "hold it").said_at(5).says("sam", "unhold").said_at(5).is_held();
}

#[test]
fn what_withholds_counts_whatever_became_of_it() {
    for words in ["revoke", "hold it breaks"] {
        let said = || case().assisted().approved_by("sam").says("sam", words);
        for case in [
            said(),
            said().edited(),
            said().deleted(),
            said().found_by_a_sweep(),
            said().by_email(),
            said().through_app(9),
            said().about(About::Unknown),
        ] {
            assert_ne!(case.verdict().outcome, seconder::gate::verdict::Outcome::Pass, "{words}");
            case.is_accepted();
        }
    }
    let declared = || case().says("sam", "assisted aider");
    for case in
        [declared(), declared().edited(), declared().deleted(), declared().found_by_a_sweep(), declared().by_email()]
    {
        assert_eq!(case.waits().level, Level::Assisted);
    }
}

#[test]
fn voiding_an_approval_leaves_the_one_before_it() {
    case().assisted().approved_by("sam").says("sam", "approve").edited().passes();
    case().assisted().approved_by("sam").says("sam", "revoke").says("sam", "approve").edited().waits();
}

/// One senior approved; another holds the change.
fn held() -> Case {
    case().assisted().approved_by("sam").says("sal", "hold it breaks the build")
}

#[test]
fn a_hold_holds_whatever_others_approved() {
    let verdict = held().is_held();
    assert_eq!(verdict.holds.len(), 1);
    assert_eq!(verdict.holds[0].reason.as_deref(), Some("it breaks the build"));
    held().is_accepted();
}

#[test]
fn a_hold_takes_back_ones_own_approval_for_good() {
    case().assisted().approved_by("sal").says("sal", "hold it").is_held();
    case().assisted().approved_by("sal").says("sal", "hold it").says("sal", "unhold").waits();
    case().assisted().says("sal", "hold it").says("sal", "unhold").waits();
}

#[test]
fn a_hold_holds_across_heads_bases_and_reopening() {
    held().about(About::Named(sha("before"))).is_held();
    held().with(|change| change.base_changed_at = Some(minute(25))).approved_by("sam").is_held();
    held().with(|change| change.reopened_at = Some(minute(25))).approved_by("sam").is_held();
}

#[test]
fn a_hold_holds_where_no_rule_applies() {
    case().passes();
    case().says("sal", "hold it").is_held();
    // A native change request does not: that is between people and the forge.
    case().changes_requested_by("sal").passes();
}

#[test]
fn contributors_keep_the_power_to_hold() {
    case().all_by("sal").says("sal", "hold not yet").is_held();
    let outranked = case().requiring("approvals: 1, outranks_author: true").opened_by("sal");
    outranked.approved_by("pia").says("sal", "hold it").is_held();
}

#[test]
fn whoever_does_not_qualify_cannot_hold() {
    let approved = || case().assisted().approved_by("sam");
    let rules = vec!["ai-needs-senior".to_owned(), "agents-need-a-second-person".to_owned()];
    for (who, why) in [("max", Why::DoesNotMeet { rules: rules.clone() }), ("jo", Why::DoesNotMeet { rules })] {
        let said = approved().says(who, "hold it");
        said.passes();
        said.does_not_count(&why);
    }
    for who in ["eve", "copilot", "ci-user", "agent-user"] {
        let said = approved().says(who, "hold it");
        said.passes();
        said.is_unheard();
    }
    let gone = approved().leaver("sal").says("sal", "hold it");
    gone.passes();
}

#[test]
fn a_hold_ends_when_its_author_stops_qualifying() {
    held().now_of_tier("sal", "mid").passes();
    held().person("sal", |sal| sal.may_approve = false).passes();
}

#[test]
fn the_same_person_lifts_a_hold() {
    held().says("sal", "unhold").passes();
    held().says("sal", "unhold").is_accepted();
    held().says("sal", "approve").passes();
    held().approved_by("sal").passes();
    held().also_owning("sal", "sam-at-home").says("sam-at-home", "unhold").passes();
    held().pushed_by("sal").says("sal", "unhold").passes();
    held().says("sal", "unhold").says("sal", "hold again").is_held();
    // Also one's own change request.
    case().assisted().approved_by("sam").changes_requested_by("sal").says("sal", "unhold").passes();
}

#[test]
fn an_unhold_that_is_void_lifts_nothing() {
    let said = || held().says("sal", "unhold");
    for (case, why) in [
        (said().edited(), Why::Edited),
        (said().deleted(), Why::Deleted),
        (said().found_by_a_sweep(), Why::NotWitnessed),
        (said().by_email(), Why::ByEmail),
        (said().through_app(9), Why::ThroughApp),
    ] {
        case.is_held();
        case.does_not_count(&why);
    }
    let approved = || held().says("sal", "approve");
    approved().edited().is_held();
    approved().about(current(true)).is_held();
    approved().about(About::Unmatched).is_held();
}

#[test]
fn a_higher_tier_or_two_lift_a_hold() {
    for held in [held(), case().assisted().approved_by("sam").changes_requested_by("sal")] {
        held.clone().says("pia", "unhold").passes();
        held.clone().says("pia", "unhold").edited().is_held();
        held.clone().says("pia", "unhold").said_when_of_tier("senior").is_held();
        held.clone().says("pia", "unhold").with_a_stale_directory().is_held();
        held.clone().says("sue", "unhold").is_held();
        held.clone().says("sue", "unhold").says("sue", "unhold").is_held();
        held.clone().says("sue", "unhold").says("sam", "unhold").passes();
        held.clone().says("sue", "unhold").approved_by("sam").passes();
        held.clone().says("sue", "unhold").says("max", "unhold").is_held();
        held.clone().says("eve", "unhold").says("sue", "unhold").is_held();
        held.clone().pushed_by("pia").says("pia", "unhold").is_held();
        held.clone().says("pia", "unhold").said_at(5).is_held();
        held.clone().says("pia", "approve").passes();
        // Across heads.
        held.clone().says("pia", "unhold").about(About::Named(sha("before"))).passes();
        // Whoever holds it since has changed their mind.
        let again = held.says("pia", "unhold").says("pia", "hold now I see it").is_held();
        assert_eq!(again.holds.len(), 2);
    }
}

#[test]
fn those_who_lift_it_qualify_under_the_same_rule() {
    let policy = "rules: [{ name: top, require: { tier: \">= principal\" } }]";
    let held = case().policy(policy).approved_by("pat").says("pia", "hold it");
    held.clone().says("max", "unhold").says("sam", "unhold").is_held();
    let level = held.repository_policy("rules: [{ name: any, require: { approvals: 1 } }]");
    level.clone().says("max", "unhold").says("sam", "unhold").is_held();
    level.says("pat", "unhold").is_held();
}

#[test]
fn a_command_lifts_nothing_where_write_access_is_asked_for() {
    let asked = || case().requiring("tier: \">= senior\", write_access: true");
    let held = || asked().approved_by("sam").who_can_push(Some(true)).says("sal", "hold it");
    held().says("pia", "unhold").is_held();
    held().approved_by("pia").is_held();
    held().approved_by("pia").who_can_push(Some(true)).passes();
    held().says("sal", "unhold").passes();
}

#[test]
fn lifting_says_what_it_lifts() {
    case().says("sal", "unhold").is_refused(&Refusal::NothingToLift);
    case().says("sal", "hold it").says("sue", "unhold").said_at(5).is_refused(&Refusal::NothingToLift);
    held().says("sue", "unhold").is_accepted();
    let rules = vec!["ai-needs-senior".to_owned(), "agents-need-a-second-person".to_owned()];
    held().says("max", "unhold").does_not_count(&Why::DoesNotMeet { rules });
    held().pushed_by("sue").says("sue", "unhold").does_not_count(&Why::Contributor { role: Role::Pusher });
    held().says("eve", "unhold").is_unheard();
}

#[test]
fn contributors_and_colleagues_declare_assistance() {
    for who in ["jo", "max", "pia"] {
        let verdict = case().says(who, "assisted Claude Code").waits();
        assert_eq!(verdict.level, Level::Assisted);
        assert_eq!(verdict.evidence[0].tool, "Claude Code");
    }
    let stranger = case().says("eve", "assisted");
    stranger.passes();
    stranger.is_unheard();
    assert_eq!(case().opened_by("eve").says("eve", "assisted").waits().level, Level::Assisted);
    for robot in ["copilot", "ci-user"] {
        case().says(robot, "assisted").passes();
    }
}

#[test]
fn questions_are_told_and_change_nothing() {
    for words in ["why", "recheck", "help"] {
        let asked = case().assisted().says("jo", words);
        asked.waits();
        assert_eq!(asked.outcome().hearing, Hearing::Told);
        case().assisted().says("eve", words).is_unheard();
    }
    let mistaken = case().says("jo", "aprove");
    assert!(matches!(mistaken.outcome().hearing, Hearing::Refused(Refusal::Mistaken(_))));
}

#[test]
fn what_is_granted_is_first_seen_once() {
    let seen = |case: Case| case.verdict().first_seen.into_iter().map(|(word, _)| word).collect::<Vec<_>>();
    let all = case().assisted().approved_by("sam").says("sal", "approve").says("sue", "unhold").says("pia", "hold it");
    let expected = [WordId::Review(1), WordId::Comment(1), WordId::Comment(2)];
    assert_eq!(seen(all.clone()), expected);
    assert_eq!(seen(all.remember()), []);
    assert_eq!(seen(case().says("sal", "approve").about(About::Named(sha("before")))), []);
    assert_eq!(seen(case().says("sal", "approve").with_a_stale_directory()), []);
}

#[test]
fn a_robots_command_does_not_take_its_owners_word_away() {
    let mut owned = case().assisted().also_owning("sam", "ci-user").approved_by("sam");
    owned = owned.says("ci-user", "revoke").says("ci-user", "hold it");
    owned.passes();
    assert_eq!(owned.commands[0].author.account, account("ci-user"));
}
