//! Every kind of call, failing in every way, one after the other.

use jiff::SignedDuration;
use seconder::sandbox::{Fault, Matching, NewCommit, Opinion, Reset};

use super::check_runs;
use crate::world::{Change, REPOSITORY, Scene, World, claude};

/// What can happen to a call. The times that GitHub names count from now.
fn faults(s: &Scene) -> Vec<Fault> {
    let reset = Reset(s.forge.now() + SignedDuration::from_mins(10));
    vec![
        Fault::Status(500),
        Fault::Status(502),
        Fault::StatusAfterEffect(502),
        Fault::StatusAfterEffect(504),
        Fault::ConnectionLost,
        Fault::BrokenAnswer,
        Fault::HangAfterEffect,
        Fault::PrimaryLimit(reset),
        Fault::SecondaryLimit { status: 403, retry_after: 90 },
        Fault::SecondaryLimit { status: 429, retry_after: 90 },
    ]
}

const FAULTS: usize = 10;

/// A change is approved while a call fails, and pushed to again afterwards, for each fault.
async fn approvals_come_through(s: &Scene, change: &Change, matching: Matching, before: impl Fn(&Scene)) {
    for n in 0..FAULTS {
        let fault = faults(s).swap_remove(n);
        before(s);
        s.forge.faults().next(1, matching.clone(), fault.clone());
        s.approve("ana", change).await;
        let stands = s.check(change);
        assert_ne!(stands.conclusion.as_deref(), None, "{fault:?}");
        s.patience().await;
        s.expect_pass(change);
        assert_eq!(check_runs(s, change).len(), 1, "{fault:?}");
        assert!(s.forge.calls().iter().any(|call| call.faulty), "no call was hit by {fault:?}");
        s.forge.take_calls();
        s.push("jo", change, &format!("Attempt {n}")).await;
        s.patience().await;
        s.expect_held(change, "given for another commit");
    }
}

#[test]
fn a_token_is_asked_for_until_it_comes() {
    World::new().on_github().impatient().run(async |s| {
        let change = s.assisted_change().await;
        s.patience().await;
        let asking = Matching::rest("POST", "/app/installations");
        approvals_come_through(s, &change, asking, |s| s.forge.advance(SignedDuration::from_hours(2))).await;
    });
}

#[test]
fn a_change_is_read_until_it_is_known() {
    World::new().impatient().run(async |s| {
        let change = s.assisted_change().await;
        s.patience().await;
        let reading = s.reading();
        approvals_come_through(s, &change, reading, |_| ()).await;
    });
}

#[test]
fn further_pages_are_read_until_they_are_known() {
    World::new().impatient().run(async |s| {
        let mut change = s.change("jo");
        for n in 0..101 {
            change = change.commit(&claude(&format!("Step {n}")));
        }
        let change = change.open().await;
        s.patience().await;
        let turning = Matching::operation(if s.is_gitlab() { "More" } else { "Change" });
        let turning = if s.is_gitlab() { turning } else { turning.with("start", false) };
        approvals_come_through(s, &change, turning, |_| ()).await;
    });
}

#[test]
fn a_check_is_updated_until_it_stands() {
    World::new().impatient().run(async |s| {
        let change = s.assisted_change().await;
        s.patience().await;
        let updating = s.publishing_again();
        approvals_come_through(s, &change, updating, |_| ()).await;
    });
}

#[test]
fn the_rules_of_a_branch_are_asked_for_until_they_are_known() {
    World::new().impatient().run(async |s| {
        s.forge.push_commit(&s.who("kim"), REPOSITORY, "release", &s.forge.tip(REPOSITORY, "main").unwrap());
        s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        let change = s.change("jo").commit(&claude("Retry")).to("release").open().await;
        s.patience().await;
        let settings = Matching::route("GET", "/api/v4/projects/{id}/approval_rules");
        let asking = if s.is_gitlab() { settings } else { Matching::rest("GET", "/repos/acme/pay/rules") };
        approvals_come_through(s, &change, asking, |s| s.forge.advance(SignedDuration::from_mins(11))).await;
    });
}

#[test]
fn a_check_is_created_once_and_until_it_stands() {
    World::new().impatient().run(async |s| {
        let change = s.assisted_change().await;
        s.patience().await;
        for n in 0..FAULTS {
            let fault = faults(s).swap_remove(n);
            s.forge.faults().next(1, s.publishing(), fault.clone());
            s.push("jo", &change, &format!("Attempt {n}")).await;
            s.patience().await;
            s.expect_held(&change, "Needs 1 approval");
            assert_eq!(check_runs(s, &change).len(), 1, "{fault:?}");
            s.approve("ana", &change).await;
            s.patience().await;
            s.expect_pass(&change);
            assert_eq!(check_runs(s, &change).len(), 1, "{fault:?}");
        }
    });
}

#[test]
fn the_verdict_stays_as_it_was_while_the_forge_is_away() {
    World::new().run(async |s| {
        let (waiting, approved) = (s.assisted_change().await, s.assisted_change().await);
        s.approve("ana", &approved).await;
        s.forge.faults().next(1_000, Matching::any(), Fault::Status(502));
        s.approve("ana", &waiting).await;
        s.forge.review(&s.who("kim"), REPOSITORY, approved.number, Opinion::RequestChanges, None);
        for _ in 0..6 {
            s.quiet().await;
            s.expect_held(&waiting, "Needs 1 approval");
            s.expect_pass(&approved);
            s.forge.advance(SignedDuration::from_mins(6));
        }
        s.forge.faults().clear();
        s.patience().await;
        s.expect_pass(&waiting);
        s.expect_held(&approved, "@kim");
    });
}

#[test]
fn a_limit_of_one_installation_stops_its_changes_and_no_others() {
    World::new().run(async |s| {
        let (first, second) = (s.assisted_change().await, s.assisted_change().await);
        let reset = s.forge.now() + SignedDuration::from_mins(30);
        s.forge.faults().next(1, Matching::graphql(), Fault::PrimaryLimit(Reset(reset)));
        s.approve("ana", &first).await;
        s.approve("ana", &second).await;
        s.push_commit("jo", &second, NewCommit::new("More").file("c", "c")).await;
        let refused = s.calls().await;
        // Of a GitLab, five things are asked at once.
        let refused = refused.iter().filter(|call| call.faulty).count();
        assert!(refused <= if s.is_gitlab() { 5 } else { 1 }, "once it is known, nobody asks");
        s.patience().await;
        assert!(s.forge.now() > reset);
        s.expect_pass(&first);
        s.expect_held(&second, "given for another commit");
    });
}
