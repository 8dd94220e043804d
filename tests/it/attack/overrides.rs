//! A31: break-glass that opens too easily.

use jiff::SignedDuration;

use crate::world::{Change, Scene, World};

const FLOOR: &str = "version: 1
rules:
  - { name: ai-needs-senior, when: { assistance: \">= assisted\" }, require: { approvals: 1, tier: \">= senior\" } }
override: { by: { tier: \">= principal\" }, hours: 4 }
";

fn world() -> World {
    World::new().floor(FLOOR)
}

async fn waiting_for_a_while(s: &Scene) -> Change {
    let change = s.assisted_change().await;
    s.forge.advance(SignedDuration::from_mins(6));
    change
}

#[test]
fn a31_quoting_an_override_overrides_nothing() {
    world().run(async |s| {
        let change = waiting_for_a_while(s).await;
        for text in [
            "> /seconder override Payments are down",
            "Should I say `/seconder override Payments are down`?",
            "I will not /seconder override this.",
            "```\n/seconder override Payments are down\n```",
        ] {
            let comment = s.say("pat", &change, text).await;
            s.expect_no_answer(&change, comment);
        }
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a31_where_it_is_not_enabled_it_does_nothing() {
    World::new().run(async |s| {
        let change = waiting_for_a_while(s).await;
        let comment = s.say("pat", &change, "/seconder override Payments are down").await;
        s.expect_answer(&change, comment, "confused", "no policy");
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a31_it_needs_a_reason() {
    world().run(async |s| {
        let change = waiting_for_a_while(s).await;
        let comment = s.say("pat", &change, "/seconder override").await;
        s.expect_answer(&change, comment, "confused", "needs a reason");
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a31_only_those_whom_the_policy_names_can_do_it_and_never_a_contributor() {
    world().run(async |s| {
        let change = waiting_for_a_while(s).await;
        let comment = s.say("ana", &change, "/seconder override Payments are down").await;
        s.expect_answer(&change, comment, "confused", "let others override");
        s.push("pat", &change, "Skip the ledger").await;
        s.forge.advance(SignedDuration::from_mins(6));
        let comment = s.say("pat", &change, "/seconder override Payments are down").await;
        s.expect_answer(&change, comment, "confused", "contributed to this change");
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a31_it_is_for_one_head() {
    world().run(async |s| {
        let change = waiting_for_a_while(s).await;
        s.say("pat", &change, "/seconder override Payments are down").await;
        s.expect_pass(&change);
        s.push("jo", &change, "Skip the ledger").await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a31_it_is_for_a_head_that_could_be_seen() {
    world().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.say("pat", &change, "/seconder override Payments are down").await;
        s.expect_held(&change, "Needs 1 approval");
        assert_eq!(s.reactions(comment), ["confused"]);
    });
}

#[test]
fn a31_it_ends() {
    world().run(async |s| {
        let change = waiting_for_a_while(s).await;
        s.say("pat", &change, "/seconder override Payments are down").await;
        s.expect_pass(&change);
        s.forge.advance(SignedDuration::from_hours(5));
        s.look_again(&change).await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a31_an_edit_ends_it_and_keeps_nothing_open() {
    world().run(async |s| {
        let change = waiting_for_a_while(s).await;
        let comment = s.say("pat", &change, "/seconder override Payments are down").await;
        s.expect_pass(&change);
        s.forge.edit_comment(&s.who("sam"), comment, "/seconder override Payments are down again");
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a31_a_hold_is_not_overridden() {
    world().run(async |s| {
        let change = waiting_for_a_while(s).await;
        s.say("kim", &change, "/seconder hold Freeze").await;
        s.forge.advance(SignedDuration::from_mins(6));
        s.say("pat", &change, "/seconder override Payments are down").await;
        s.expect_held(&change, "Freeze");
    });
}
