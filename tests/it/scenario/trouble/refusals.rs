//! The forge does not let us: for now, until somebody grants something, or for good.

use jiff::SignedDuration;
use seconder::sandbox::{Fault, Opinion};

use crate::world::{REPOSITORY, Scene, World, claude};

#[test]
fn a_refused_token_is_renewed_once() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.take_calls();
        s.forge.faults().next(1, s.reading(), Fault::Status(401));
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        let tokens = s.forge.take_calls().iter().filter(|call| call.path.ends_with("/access_tokens")).count();
        assert_eq!(tokens, 1);
    });
}

#[test]
fn whoever_is_refused_comes_back_in_an_hour() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        for status in [401, 403, 404] {
            let refusals = if status == 401 { 2 } else { 1 };
            s.forge.faults().next(refusals, s.reading(), Fault::Status(status));
            let asked_at = s.forge.now();
            s.approve("ana", &change).await;
            s.expect_held(&change, "");
            let due = s.store.next_due(s.forge.now()).await.unwrap().unwrap();
            assert!(due.duration_since(asked_at) >= SignedDuration::from_mins(59), "{status}: {due}");
            s.patience().await;
            s.expect_pass(&change);
            s.push("jo", &change, &format!("After {status}")).await;
        }
    });
}

#[test]
fn a_permission_that_is_granted_is_used_at_once() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let acme = s.forge.organization("acme");
        s.forge.revoke_permission(&acme, "checks");
        // The token of before still holds; the next one does not.
        s.forge.advance(SignedDuration::from_hours(2));
        s.approve("ana", &change).await;
        s.expect_held(&change, "Needs 1 approval");
        s.forge.accept_permission(&acme, "checks", "write");
        s.quiet().await;
        s.expect_pass(&change);
        s.patience().await;
    });
}

#[test]
fn what_happened_during_a_suspension_is_seen_when_it_ends() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let acme = s.forge.organization("acme");
        s.forge.review(&s.who("ana"), REPOSITORY, change.number, Opinion::Approve, None);
        s.forge.suspend(&acme);
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval");
        s.forge.unsuspend(&acme);
        s.quiet().await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_deleted_repository_is_left_alone() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.review(&s.who("ana"), REPOSITORY, change.number, Opinion::Approve, None);
        s.forge.delete_repository(REPOSITORY);
        if s.is_gitlab() {
            // No delivery tells of it.
            s.minutes_pass(31).await;
        }
        s.quiet().await;
        assert_eq!(s.store.dirty_count().await.unwrap(), 0);
    });
}

#[test]
fn a_change_put_off_is_left_alone_when_its_repository_goes() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.faults().next(1, s.reading(), Fault::Status(403));
        s.approve("ana", &change).await;
        assert_eq!(s.store.dirty_count().await.unwrap(), 1);
        s.forge.delete_repository(REPOSITORY);
        if s.is_gitlab() {
            // No delivery tells of it.
            s.minutes_pass(31).await;
        }
        s.quiet().await;
        assert_eq!(s.store.dirty_count().await.unwrap(), 0);
    });
}

/// GitLab tells nobody that settings have moved: the next sweep finds out.
async fn until_rules_are_read(s: &Scene) {
    if s.is_gitlab() {
        s.minutes_pass(31).await;
    }
    s.quiet().await;
}

#[test]
fn a_branch_that_begins_to_require_the_check_gets_it() {
    World::new().run(async |s| {
        s.forge.push_commit(&s.who("kim"), REPOSITORY, "release", &s.forge.tip(REPOSITORY, "main").unwrap());
        let change = s.change("jo").commit(&claude("Retry")).to("release").open().await;
        s.expect_no_check(&change);
        let ruleset = s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        until_rules_are_read(s).await;
        s.expect_held(&change, "Needs 1 approval");
        s.approve("ana", &change).await;
        assert_eq!(s.check(&change).conclusion.as_deref(), Some("success"));
        s.forge.remove_ruleset(ruleset);
        until_rules_are_read(s).await;
        assert_eq!(s.check(&change).conclusion.as_deref(), Some("action_required"), "taken back");
    });
}

#[test]
fn asking_for_the_check_again_does_not_wait_out_a_refusal() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let run = s.check(&change).id;
        s.forge.faults().next(1, s.reading(), Fault::Status(404));
        s.approve("ana", &change).await;
        s.expect_held(&change, "Needs 1 approval");
        s.forge.rerun(&s.who("jo"), run);
        s.quiet().await;
        s.expect_pass(&change);
    });
}
