//! Asking for reasons, for help and for another look, and slips of the pen.

use seconder::sandbox::{Fault, Matching};

use crate::world::World;

#[test]
fn a_contributor_asks_why_and_is_told_what_is_missing() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.say("jo", &change, "/seconder why").await;
        s.expect_answer(&change, comment, "eyes", "ai-needs-senior");
        s.expect_answer(&change, comment, "eyes", "@jo");
    });
}

#[test]
fn help_shows_the_lines_to_copy() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.say("ana", &change, "/seconder help").await;
        s.expect_answer(&change, comment, "eyes", &format!("/seconder approve {}", s.short_head(&change)));
        let alone = s.say("ana", &change, "/seconder").await;
        s.expect_answer(&change, alone, "eyes", "/seconder hold REASON");
    });
}

#[test]
fn an_unknown_command_is_answered_with_what_was_probably_meant() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.say("ana", &change, &format!("/seconder aprove {}", s.short_head(&change))).await;
        s.expect_answer(&change, comment, "confused", &format!("/seconder approve {}", s.short_head(&change)));
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn two_decisions_in_one_comment_are_none() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let text = format!("/seconder approve {}\n/seconder hold Wait", s.short_head(&change));
        let comment = s.say("ana", &change, &text).await;
        s.expect_answer(&change, comment, "confused", "one command");
        s.expect_held(&change, "Needs 1 approval");
        s.expect_silent(&change, "Wait");
    });
}

#[test]
fn asking_for_another_look_does_not_wake_what_was_put_off() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        s.forge.faults().next(1, Matching::operation("Change"), Fault::Status(403));
        s.approve("ana", &change).await;
        s.expect_held(&change, "Needs 1 approval");
        s.calls().await;
        let stranger = s.say("mallory", &change, "/seconder recheck").await;
        let comment = s.say("jo", &change, "/seconder recheck").await;
        assert!(s.calls().await.is_empty(), "whoever can comment could keep a change from ever being put off");
        s.patience().await;
        s.expect_pass(&change);
        s.expect_reaction(&change, comment, "+1");
        s.expect_no_answer(&change, stranger);
    });
}

#[test]
fn what_is_quoted_or_code_says_nothing() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let head = s.short_head(&change);
        for text in [
            format!("> /seconder approve {head}"),
            format!("    /seconder approve {head}"),
            format!("```\n/seconder approve {head}\n```"),
            format!("<!-- \n/seconder approve {head}\n-->"),
            format!("Do not write `/seconder approve {head}` yet."),
        ] {
            let comment = s.say("ana", &change, &text).await;
            s.expect_no_answer(&change, comment);
        }
        s.expect_held(&change, "Needs 1 approval");
    });
}

/// Policy-bot's first decision error: a quoted approval beside a clear no.
#[test]
fn policy_bot_1_a_quoted_approval_beside_a_no_approves_nothing() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let quoted = format!("> LGTM :+1:\n> /seconder approve {}\n\nNo! Please do not merge.", s.short_head(&change));
        let comment = s.say("ana", &change, &quoted).await;
        s.say("ana", &change, ":+1:").await;
        s.say("ana", &change, "LGTM 👍").await;
        s.expect_no_answer(&change, comment);
        s.expect_held(&change, "Needs 1 approval");
    });
}
