//! Holding a change, letting it go, and saying that AI was used or was not.

use crate::world::World;
use jiff::SignedDuration;

#[test]
fn a_hold_stays_across_pushes_until_its_author_lifts_it() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve_by_command("ana", &change).await;
        s.expect_pass(&change);
        let hold = s.say("kim", &change, "/seconder hold Freeze until the audit is over").await;
        s.expect_held(&change, "Freeze until the audit is over");
        s.expect_reaction(&change, hold, "+1");
        s.push("jo", &change, "More").await;
        s.approve_by_command("ana", &change).await;
        s.expect_held(&change, "Freeze until the audit is over");
        let unhold = s.say("kim", &change, "/seconder unhold").await;
        s.expect_reaction(&change, unhold, "+1");
        s.expect_pass(&change);
    });
}

#[test]
fn a_hold_needs_a_reason() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.say("kim", &change, "/seconder hold").await;
        s.expect_answer(&change, comment, "confused", "needs a reason");
        s.expect_silent(&change, "kim");
    });
}

#[test]
fn lifting_what_nobody_held_is_answered() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.say("kim", &change, "/seconder unhold").await;
        s.expect_answer(&change, comment, "confused", "nothing to lift");
    });
}

#[test]
fn whoever_contributed_can_hold_but_not_approve() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.push("kim", &change, "Skip the ledger").await;
        s.approve_by_command("ana", &change).await;
        s.expect_pass(&change);
        s.say("kim", &change, "/seconder hold I was wrong").await;
        s.expect_held(&change, "I was wrong");
    });
}

#[test]
fn saying_that_ai_was_used_raises_the_level_for_good() {
    World::new().run(async |s| {
        let change = s.change("jo").commit("Retry failed payments").body("AI used: no").open().await;
        let comment = s.say("jo", &change, "/seconder assisted claude-code").await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.expect_reaction(&change, comment, "+1");
        s.forge.delete_comment(&s.who("jo"), comment);
        s.quiet().await;
        s.push("jo", &change, "More").await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn evidence_is_dismissed_by_a_senior_who_had_no_part_in_it() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.say("jo", &change, "/seconder not-assisted I only quoted it").await;
        s.expect_held(&change, "Needs 1 approval");
        // It names no commit: the check must have stood on it for five minutes.
        let soon = s.say("ana", &change, "/seconder not-assisted The trailer was copied by mistake").await;
        s.expect_answer(&change, soon, "confused", "five minutes");
        s.expect_held(&change, "Needs 1 approval");
        s.forge.advance(SignedDuration::from_mins(6));
        let refused = s.say("sam", &change, "/seconder not-assisted It looks fine").await;
        s.expect_answer(&change, refused, "confused", "ai-needs-senior");
        s.expect_held(&change, "Needs 1 approval");
        let comment = s.say("ana", &change, "/seconder not-assisted The trailer was copied by mistake").await;
        s.expect_reaction(&change, comment, "+1");
        s.expect_silent(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn what_is_found_later_was_not_dismissed() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.advance(SignedDuration::from_mins(6));
        s.say("ana", &change, "/seconder not-assisted The trailer was copied by mistake").await;
        s.expect_silent(&change, "Needs 1 approval for ai-needs-senior");
        s.push("jo", &change, "More\n\nCo-authored-by: Cursor <cursoragent@cursor.com>").await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}
