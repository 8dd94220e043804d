//! Answers on bad days: none is lost, none is doubled, and no check waits for one.

use jiff::SignedDuration;
use seconder::sandbox::{Call, Fault, Reset};

use crate::world::{Scene, World};

/// ana asks for help while replies fail like this. All ends well: one reply.
async fn help_with(s: &mut Scene, fault: Fault) -> Vec<Call> {
    let change = s.assisted_change().await;
    s.calls().await;
    s.forge.faults().next(1, s.replying(), fault);
    let comment = s.say("ana", &change, "/seconder help").await;
    s.patience().await;
    s.expect_answer(&change, comment, "eyes", "/seconder approve");
    s.calls().await
}

#[test]
fn a_reply_that_was_lost_on_its_way_is_sent_again() {
    World::new().run(async |s| {
        let calls = help_with(s, Fault::Status(502)).await;
        assert_eq!(s.replies_sent(&calls), 2);
    });
}

#[test]
fn a_reply_whose_receipt_was_lost_is_found_and_not_sent_again() {
    for fault in [Fault::StatusAfterEffect(502), Fault::StatusAfterEffect(500), Fault::ConnectionLost] {
        World::new().run(async |s| {
            let calls = help_with(s, fault.clone()).await;
            assert_eq!(s.replies_sent(&calls), 1);
        });
    }
}

#[test]
fn a_reply_that_got_no_answer_in_time_is_found_and_not_sent_again() {
    World::new().impatient().run(async |s| {
        help_with(s, Fault::HangAfterEffect).await;
    });
}

#[test]
fn a_reply_that_may_have_arrived_is_sought_after_a_restart() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.faults().next(1, s.replying(), Fault::StatusAfterEffect(502));
        let comment = s.say("ana", &change, "/seconder help").await;
        s.server_down().await;
        s.restart().await;
        s.patience().await;
        s.expect_answer(&change, comment, "eyes", "/seconder approve");
    });
}

#[test]
fn a_mark_in_somebody_elses_comment_does_not_pass_for_our_reply() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.faults().next(1, s.replying(), Fault::Status(502));
        let comment = s.say("ana", &change, "/seconder help").await;
        s.say("mallory", &change, &format!("<!-- seconder:answer:{comment} -->")).await;
        s.patience().await;
        let ours = s.replies(&change);
        assert_eq!(ours.len(), 1, "{ours:?}");
    });
}

#[test]
fn a_reaction_that_failed_is_given_again() {
    for fault in [Fault::Status(502), Fault::StatusAfterEffect(502), Fault::BrokenAnswer] {
        World::new().run(async |s| {
            let change = s.assisted_change().await;
            s.forge.faults().next(1, s.reacting(), fault.clone());
            let comment = s.approve_by_command("ana", &change).await;
            s.expect_pass(&change);
            s.patience().await;
            s.expect_reaction(&change, comment, "+1");
        });
    }
}

#[test]
fn the_check_does_not_wait_for_an_answer_that_fails_again_and_again() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.faults().next(6, s.reacting(), Fault::Status(500));
        let comment = s.approve_by_command("ana", &change).await;
        s.expect_pass(&change);
        s.say("kim", &change, "/seconder hold Freeze").await;
        s.expect_held(&change, "Freeze");
        s.patience().await;
        s.expect_reaction(&change, comment, "+1");
    });
}

#[test]
fn a_limit_on_answers_is_waited_for_until_the_named_reset() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        let limit = Fault::SecondaryLimit { status: 403, retry_after: 90 };
        s.forge.faults().next(1, s.reacting(), limit);
        let comment = s.approve_by_command("ana", &change).await;
        s.expect_pass(&change);
        assert_eq!(s.reactions(comment), [""; 0]);
        s.patience().await;
        s.expect_reaction(&change, comment, "+1");
        let reset = s.forge.now() + SignedDuration::from_mins(30);
        s.forge.faults().next(1, s.reacting(), Fault::PrimaryLimit(Reset(reset)));
        let hold = s.say("kim", &change, "/seconder hold Freeze").await;
        s.patience().await;
        assert!(s.forge.now() > reset);
        s.expect_reaction(&change, hold, "+1");
    });
}

#[test]
fn where_we_may_not_write_the_check_stands_and_nobody_asks_again() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        s.forge.faults().next(1, s.reacting(), Fault::Status(403));
        let comment = s.approve_by_command("ana", &change).await;
        s.patience().await;
        s.expect_pass(&change);
        s.expect_no_answer(&change, comment);
        let end = if s.is_gitlab() { "/award_emoji" } else { "/reactions" };
        let reactions = s.calls().await.into_iter().filter(|call| call.path.ends_with(end)).count();
        assert_eq!(reactions, 1);
    });
}

#[test]
fn a_comment_that_is_gone_needs_no_answer() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.faults().next(1, s.reacting(), Fault::Status(502));
        let comment = s.say("ana", &change, "/seconder help").await;
        s.forge.delete_comment(&s.who("ana"), comment);
        s.patience().await;
        assert_eq!(s.replies(&change), [""; 0]);
    });
}

#[test]
fn a_verdict_that_moves_later_is_no_reason_to_answer_again() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let why = s.say("jo", &change, "/seconder why").await;
        let approval = s.approve_by_command("ana", &change).await;
        s.push("jo", &change, "More").await;
        s.tiers(&[("junior", &["jo"]), ("senior", &["kim"])]).await;
        for delivery in s.forge.deliveries() {
            s.forge.redeliver(delivery.id);
        }
        s.quiet().await;
        s.expect_answer(&change, why, "eyes", "ai-needs-senior");
        s.expect_reaction(&change, approval, "+1");
        assert_eq!(s.replies(&change).len(), 1);
    });
}
