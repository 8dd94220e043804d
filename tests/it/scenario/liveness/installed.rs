//! The App comes, goes, and is let in elsewhere.

use seconder::sandbox::NewCommit;

use crate::world::{REPOSITORY, World};

const SHOP: &str = "acme/shop";

#[test]
fn changes_that_were_open_before_the_app_came_need_no_further_event() {
    World::new().on_github().run(async |s| {
        let acme = s.organisation("acme");
        s.forge.uninstall(&acme);
        s.quiet().await;
        let (held, approved) = (s.open_in(REPOSITORY, "held"), s.open_in(REPOSITORY, "approved"));
        s.approve("ana", &approved).await;
        s.expect_no_check(&approved);
        s.forge.install(&acme);
        s.patience().await;
        s.expect_held(&held, "Needs 1 approval");
        s.expect_pass(&approved);
    });
}

#[test]
fn repositories_come_with_their_changes_and_go_with_them() {
    World::new().on_github().run(async |s| {
        let acme = s.organisation("acme");
        s.forge.select_repositories(&acme, &[REPOSITORY]);
        s.forge.repository(SHOP);
        s.forge.require_check(SHOP, "main", "seconder", Some(s.forge.app().id));
        let theirs = s.open_in(SHOP, "theirs");
        s.quiet().await;
        s.expect_no_check(&theirs);
        s.forge.select_repositories(&acme, &[REPOSITORY, SHOP]);
        s.patience().await;
        s.expect_held(&theirs, "Needs 1 approval");
        // A change is about to be judged when its repository is taken away.
        let ours = s.open_in(REPOSITORY, "ours");
        s.forge.settled().await;
        s.forge.select_repositories(&acme, &[SHOP]);
        s.quiet().await;
        assert_eq!(s.next_due().await, None, "nobody knocks where nobody is let in");
        s.forge.select_repositories(&acme, &[REPOSITORY, SHOP]);
        s.patience().await;
        s.expect_held(&ours, "Needs 1 approval");
    });
}

#[test]
fn what_happened_while_suspended_is_judged_and_nothing_is_tried_meanwhile() {
    World::new().on_github().run(async |s| {
        let green = s.assisted_change().await;
        let review = s.approve("ana", &green).await;
        s.expect_pass(&green);
        let acme = s.organisation("acme");
        let late = s.open_in(REPOSITORY, "late");
        s.forge.settled().await;
        s.forge.suspend(&acme);
        s.quiet().await;
        s.forge.dismiss(&s.who("pat"), REPOSITORY, green.number, review, "Look again");
        let opened = s.open_in(REPOSITORY, "opened");
        s.forge.settled().await;
        assert_eq!(s.next_due().await, None, "nothing is tried again and again");
        s.calls().await;
        s.minutes_pass(60).await;
        assert!(s.calls().await.iter().all(|call| call.path.starts_with("/app")), "only whether it is over is asked");
        s.forge.unsuspend(&acme);
        s.patience().await;
        s.expect_held(&green, "Needs 1 approval");
        s.expect_held(&late, "Needs 1 approval");
        s.expect_held(&opened, "Needs 1 approval");
    });
}

#[test]
fn nobody_gets_rid_of_evidence_by_taking_the_app_away_for_a_while() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let acme = s.organisation("acme");
        s.forge.uninstall(&acme);
        s.quiet().await;
        s.force_push("jo", &change, NewCommit::new("All by hand").file("src/hand.rs", "// hand")).await;
        s.forge.install(&acme);
        s.patience().await;
        s.expect_held(&change, "Needs 1 approval");
        s.expect_says(&change, "Claude");
    });
}

#[test]
fn an_archived_repository_is_left_alone_until_it_is_writable_again() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let late = s.open_in(REPOSITORY, "late");
        s.forge.settled().await;
        s.forge.archive(&s.who("pat"), REPOSITORY, true);
        s.quiet().await;
        assert_eq!(s.next_due().await, None, "nothing is tried again and again");
        s.minutes_pass(31).await;
        assert_eq!(s.next_due().await, None);
        s.expect_no_check(&late);
        s.forge.archive(&s.who("pat"), REPOSITORY, false);
        s.patience().await;
        s.expect_held(&late, "Needs 1 approval");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn nothing_of_other_owners_is_ever_listed() {
    World::new().on_github().run(async |s| {
        s.expect_refusals();
        s.assisted_change().await;
        s.forge.repository("evil/pay");
        s.open_in("evil/pay", "theirs");
        s.quiet().await;
        s.forge.take_calls();
        s.minutes_pass(31).await;
        let theirs = s.forge.installation(&s.organisation("evil"));
        let calls = s.forge.take_calls();
        assert!(calls.iter().any(|call| call.path == "/app/installations"));
        for call in &calls {
            assert!(!call.path.contains(&format!("/app/installations/{theirs}")), "{call:?}");
            assert!(!call.path.ends_with("/attempts"), "what was refused for its owner is asked for again: {call:?}");
        }
        assert_eq!(super::pages(&calls).len(), 1);
    });
}

#[test]
fn a_rename_that_nobody_told_of_is_found() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.unheard(async |s| {
            s.forge.rename_repository(&s.who("pat"), REPOSITORY, "payments");
            s.forge.push(&s.who("jo"), "acme/payments", &change.branch, NewCommit::new("More").file("m", "m"));
        })
        .await;
        s.minutes_pass(31).await;
        s.patience().await;
        s.expect_held(&change.in_repository("acme/payments"), "Needs 1 approval");
    });
}
