//! Approving by a command, and taking it back.

use jiff::SignedDuration;
use seconder::sandbox::{Fault, Matching};

use crate::world::{REPOSITORY, World};

/// Where a commit need not be named.
const WITHOUT_SHA: &str = "version: 1\napprove: { by: [review, command], sha: optional }\n";

/// A floor like the built-in one that leaves it to others whether a commit must be named.
const LENIENT_FLOOR: &str = "version: 1
rules:
  - name: ai-needs-senior
    when: { assistance: \">= assisted\", author_tier: \"< senior\" }
    require: { approvals: 1, tier: \">= senior\" }
approve: { by: [review, command], sha: optional }
";

#[test]
fn a_senior_approves_the_head_that_the_check_names() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let line = format!("/seconder approve {}", s.short_head(&change));
        s.expect_held(&change, &line);
        let comment = s.say("ana", &change, &format!("Nice work.\n\n{line} tests are fine")).await;
        s.expect_pass(&change);
        s.expect_reaction(&change, comment, "+1");
    });
}

#[test]
fn the_whole_commit_and_the_short_word_do_as_well() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.say("ana", &change, &format!("/second {}", s.head(&change))).await;
        s.expect_pass(&change);
        s.expect_reaction(&change, comment, "+1");
    });
}

#[test]
fn a_push_voids_an_approval_by_command() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.approve_by_command("ana", &change).await;
        s.expect_pass(&change);
        s.push("jo", &change, "Skip the ledger").await;
        s.expect_held(&change, "given for another commit");
        s.expect_reaction(&change, comment, "+1");
        s.approve_by_command("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn an_approval_of_an_older_head_is_refused_with_the_line_for_the_new_one() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let old = s.short_head(&change);
        s.push("jo", &change, "Skip the ledger").await;
        let comment = s.say("ana", &change, &format!("/seconder approve {old}")).await;
        s.expect_answer(&change, comment, "confused", &format!("/seconder approve {}", s.short_head(&change)));
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a_commit_that_the_change_never_had_is_refused() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.say("ana", &change, "/seconder approve 123456789abc").await;
        s.expect_answer(&change, comment, "confused", "/seconder approve");
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a_commit_has_to_be_named_unless_the_policy_says_otherwise() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.advance(SignedDuration::from_hours(1));
        let comment = s.say("ana", &change, "/seconder approve").await;
        let line = format!("/seconder approve {}", s.short_head(&change));
        s.expect_answer(&change, comment, "confused", &line);
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn without_a_commit_the_head_must_have_carried_the_check_for_five_minutes() {
    World::new().floor(LENIENT_FLOOR).run(async |s| {
        s.policy(WITHOUT_SHA).await;
        let change = s.assisted_change().await;
        s.forge.advance(SignedDuration::from_mins(4));
        let early = s.say("ana", &change, "/seconder approve").await;
        s.expect_answer(&change, early, "confused", "/seconder approve");
        s.expect_held(&change, "Needs 1 approval");
        s.forge.advance(SignedDuration::from_mins(2));
        let late = s.say("ana", &change, "/seconder approve").await;
        s.expect_reaction(&change, late, "+1");
        s.expect_pass(&change);
    });
}

#[test]
fn an_approval_is_taken_back() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve_by_command("ana", &change).await;
        s.expect_pass(&change);
        let comment = s.say("ana", &change, "/seconder revoke").await;
        s.expect_held(&change, "Needs 1 approval");
        s.expect_reaction(&change, comment, "+1");
    });
}

#[test]
fn a_contributor_is_told_that_the_command_does_not_count_and_why() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.push("kim", &change, "Skip the ledger").await;
        let comment = s.approve_by_command("kim", &change).await;
        s.expect_answer(&change, comment, "confused", "contributed to this change");
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn whoever_does_not_qualify_is_told_the_rule_and_never_a_tier() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.approve_by_command("sam", &change).await;
        s.expect_answer(&change, comment, "confused", "ai-needs-senior");
        let said = s.replies(&change).join("\n") + &s.says(&change);
        for tier in ["junior", "principal"] {
            assert!(!said.contains(tier), "{said}");
        }
    });
}

#[test]
fn a_bare_approve_is_somebody_elses_unless_the_organisation_wants_it() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let bare = format!("/approve {}", s.short_head(&change));
        let comment = s.say("ana", &change, &bare).await;
        s.expect_no_answer(&change, comment);
        s.expect_held(&change, "Needs 1 approval");
        s.organisation_policy("version: 1\napprove: { bare: true }\n").await;
        let comment = s.say("ana", &change, &bare).await;
        s.expect_pass(&change);
        s.expect_reaction(&change, comment, "+1");
    });
}

#[test]
fn a_stranger_is_not_heard() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        for text in ["/seconder approve", "/seconder why", "/seconder help", "/seconder frobnicate"] {
            let comment = s.say("mallory", &change, text).await;
            s.expect_no_answer(&change, comment);
        }
        let comment = s.approve_by_command("mallory", &change).await;
        s.expect_no_answer(&change, comment);
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn commands_on_a_closed_change_are_not_heard_even_after_it_is_opened_again() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.close(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        let comment = s.approve_by_command("ana", &change).await;
        s.expect_no_answer(&change, comment);
        s.forge.reopen(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        s.expect_no_answer(&change, comment);
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a_retarget_voids_an_approval_by_command() {
    World::new().run(async |s| {
        s.branch("release");
        s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        let change = s.assisted_change().await;
        s.approve_by_command("ana", &change).await;
        s.expect_pass(&change);
        s.retarget("jo", &change, "release").await;
        s.expect_held(&change, "before the base branch changed");
    });
}

#[test]
fn a_command_and_a_review_of_two_people_add_up_and_of_one_do_not() {
    let two = "version: 1\nrules:\n  - { name: two, when: { assistance: \">= assisted\" }, \
               require: { approvals: 2, tier: \">= senior\" } }\n";
    World::new().run(async |s| {
        s.policy(two).await;
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.approve_by_command("ana", &change).await;
        s.expect_held(&change, "Needs 1 approval for two");
        s.approve_by_command("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_comment_that_the_forge_is_slow_to_show_is_waited_for() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let not_yet = Fault::NotYetThere(vec!["comments".to_owned(), "0".to_owned()]);
        s.forge.faults().next(2, Matching::operation("Change"), not_yet);
        let comment = s.approve_by_command("ana", &change).await;
        s.patience().await;
        s.expect_pass(&change);
        s.expect_reaction(&change, comment, "+1");
    });
}

#[test]
fn comments_that_are_not_read_whole_are_not_taken_for_deleted() {
    for fault in [Fault::SilentNull, Fault::Partial] {
        World::new().run(async |s| {
            let change = s.assisted_change().await;
            s.approve_by_command("ana", &change).await;
            let place = vec!["comments".to_owned(), "0".to_owned()];
            s.forge.faults().next(2, Matching::operation("Change"), fault(place));
            s.look_again(&change).await;
            s.patience().await;
            s.expect_pass(&change);
        });
    }
}
