//! Deliveries that cannot be had again. From time to time everything is listed, and what they would have told is found.

use super::pages;
use crate::world::{REPOSITORY, Scene, World, reads};

/// Something happens unheard, and the next sweep comes.
async fn swept(s: &mut Scene, happens: impl AsyncFnOnce(&Scene)) {
    s.unheard(happens).await;
    s.minutes_pass(31).await;
    s.patience().await;
}

#[test]
fn a_change_nobody_told_of() {
    World::new().run(async |s| {
        s.assisted_change().await;
        let mut opened = None;
        swept(s, async |s| opened = Some(s.open_in(REPOSITORY, "opened"))).await;
        s.expect_held(&opened.unwrap(), "Needs 1 approval");
    });
}

#[test]
fn a_push_nobody_told_of() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        swept(s, async |s| {
            s.push("jo", &change, "Retry three times").await;
        })
        .await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a_dismissal_nobody_told_of() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let review = s.approve("ana", &change).await;
        s.expect_pass(&change);
        swept(s, async |s| s.forge.dismiss(&s.who("pat"), REPOSITORY, change.number, review, "Look again")).await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn an_approval_nobody_told_of() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        swept(s, async |s| {
            s.approve("ana", &change).await;
        })
        .await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_retarget_nobody_told_of() {
    World::new().run(async |s| {
        s.branch("release");
        s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        swept(s, async |s| s.retarget("jo", &change, "release").await).await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a_close_nobody_told_of() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        swept(s, async |s| s.forge.close(&s.who("jo"), REPOSITORY, change.number)).await;
        s.calls().await;
        s.minutes_pass(31).await;
        assert_eq!(reads(&s.calls().await), 0, "that it is closed is on record now");
    });
}

#[test]
fn a_policy_push_nobody_told_of() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        swept(s, async |s| {
            s.policy("version: 1\nrules:\n- { name: two, require: { approvals: 2, tier: \">= senior\" } }\n").await;
        })
        .await;
        s.expect_held(&change, "two");
    });
}

#[test]
fn a_hold_nobody_told_of() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.minutes_pass(31).await;
        swept(s, async |s| {
            s.forge.comment(&s.who("kim"), REPOSITORY, change.number, "/seconder hold Not before Monday");
        })
        .await;
        s.expect_held(&change, "kim");
        s.expect_says(&change, "Not before Monday");
    });
}

#[test]
fn an_approval_by_command_that_nobody_told_of_grants_nothing() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.minutes_pass(31).await;
        swept(s, async |s| {
            let text = format!("/seconder approve {}", s.head(&change));
            s.forge.comment(&s.who("ana"), REPOSITORY, change.number, &text);
        })
        .await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a_check_that_says_something_else_than_we_left_is_put_right() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let app = s.forge.app();
        // Somebody has the App's key.
        s.forge.report_check(&app, REPOSITORY, &s.head(&change), "seconder", "success");
        s.minutes_pass(31).await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn what_waits_untouched_costs_no_more_than_the_lists() {
    World::new().on_github().run(async |s| {
        for n in 0..5 {
            s.change("jo").branch(&format!("waits-{n}")).open().await;
        }
        s.minutes_pass(31).await;
        s.calls().await;
        s.minutes_pass(31).await;
        let calls = s.calls().await;
        assert_eq!((reads(&calls), pages(&calls).len(), calls.len()), (0, 1, 6), "{calls:#?}");
        s.minutes_pass(4).await;
        assert_eq!(s.calls().await.len(), 0, "it is not time yet");
    });
}
