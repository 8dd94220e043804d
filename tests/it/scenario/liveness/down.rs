//! The server is down for longer than the forge remembers its deliveries. It comes back, and everything is right.

use seconder::sandbox::NewCommit;

use crate::world::{Change, REPOSITORY, Scene, World};

/// Something happens while the server is down, and nobody will ever be told of it.
async fn while_down(s: &mut Scene, happens: impl AsyncFnOnce(&Scene)) {
    s.server_down().await;
    happens(s).await;
    s.forge.settled().await;
    s.deliveries_are_forgotten();
    s.restart().await;
    s.patience().await;
}

async fn green_change(s: &Scene) -> Change {
    let change = s.assisted_change().await;
    s.approve("ana", &change).await;
    s.expect_pass(&change);
    change
}

#[test]
fn a_change_opened_and_approved_meanwhile_is_judged() {
    World::new().run(async |s| {
        s.assisted_change().await;
        let mut opened = Vec::new();
        while_down(s, async |s| {
            opened = ["waits", "approved"].map(|branch| s.open_in(REPOSITORY, branch)).to_vec();
            s.approve("ana", &opened[1]).await;
        })
        .await;
        s.expect_held(&opened[0], "Needs 1 approval");
        s.expect_pass(&opened[1]);
    });
}

#[test]
fn a_push_meanwhile_leaves_no_head_unjudged() {
    World::new().run(async |s| {
        let change = green_change(s).await;
        while_down(s, async |s| {
            s.push("jo", &change, "Retry three times").await;
        })
        .await;
        s.expect_held(&change, "given for another commit");
    });
}

#[test]
fn an_approval_dismissed_meanwhile_is_a_pass_no_longer() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let review = s.approve("ana", &change).await;
        s.expect_pass(&change);
        while_down(s, async |s| {
            s.forge.dismiss(&s.who("pat"), REPOSITORY, change.number, review, "Look again");
        })
        .await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a_policy_pushed_meanwhile_governs() {
    World::new().run(async |s| {
        let change = green_change(s).await;
        while_down(s, async |s| {
            s.policy("version: 1\nrules:\n- { name: two, require: { approvals: 2, tier: \">= senior\" } }\n").await;
        })
        .await;
        s.expect_held(&change, "two");
    });
}

#[test]
fn a_change_retargeted_meanwhile_needs_its_approval_again() {
    World::new().run(async |s| {
        s.branch("release");
        s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        let change = green_change(s).await;
        while_down(s, async |s| s.retarget("jo", &change, "release").await).await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a_change_closed_meanwhile_is_done_with() {
    World::new().run(async |s| {
        let change = green_change(s).await;
        while_down(s, async |s| s.forge.close(&s.who("jo"), REPOSITORY, change.number)).await;
        let check = s.check(&change);
        assert_eq!(check.conclusion.as_deref(), Some("action_required"), "no pass is left for whoever reopens it");
    });
}

#[test]
fn a_repository_renamed_meanwhile_is_still_served() {
    World::new().run(async |s| {
        let change = green_change(s).await;
        let mut renamed = String::new();
        while_down(s, async |s| {
            renamed = s.forge.rename_repository(&s.who("pat"), REPOSITORY, "payments");
            s.forge.push(&s.who("jo"), &renamed, &change.branch, NewCommit::new("More").file("m", "m"));
        })
        .await;
        let change = change.in_repository(&renamed);
        s.expect_held(&change, "given for another commit");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_name_that_meanwhile_passed_to_another_repository_means_the_other_one() {
    World::new().run(async |s| {
        let change = green_change(s).await;
        let mut renamed = String::new();
        while_down(s, async |s| {
            renamed = s.forge.rename_repository(&s.who("pat"), REPOSITORY, "payments");
            s.forge.repository(REPOSITORY);
            s.forge.push(&s.who("jo"), &renamed, &change.branch, NewCommit::new("More").file("m", "m"));
        })
        .await;
        s.expect_held(&change.in_repository(&renamed), "given for another commit");
    });
}

#[test]
fn a_repository_transferred_away_meanwhile_is_left_alone() {
    World::new().run(async |s| {
        green_change(s).await;
        let evil = s.organisation("evil");
        while_down(s, async |s| {
            s.forge.transfer_repository(&s.who("pat"), REPOSITORY, &evil);
        })
        .await;
        // Nothing is retried, ever: the story ends quiet.
        assert_eq!(s.next_due().await, None);
        s.calls().await;
        s.minutes_pass(60).await;
        let calls = s.calls().await;
        assert!(calls.iter().all(|call| !call.path.contains("/repos/")), "{calls:#?}");
    });
}

#[test]
fn a_repository_that_came_meanwhile_is_served_with_its_changes() {
    World::new().run(async |s| {
        s.assisted_change().await;
        let mut opened = None;
        while_down(s, async |s| {
            s.forge.repository("evil/shop");
            let change = s.open_in("evil/shop", "work");
            let acme = s.organisation("acme");
            let home = s.forge.transfer_repository(&s.who("pat"), "evil/shop", &acme);
            s.forge.require_check(&home, "main", "seconder", Some(s.forge.app().id));
            opened = Some(change.in_repository(&home));
        })
        .await;
        let change = opened.unwrap();
        s.expect_held(&change, "Needs 1 approval");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}
