//! Lists that break off, and lists that several could make.

use jiff::SignedDuration;
use seconder::sandbox::{Fault, Matching, Reset};

use super::pages;
use crate::world::{Change, REPOSITORY, Scene, World};

/// The sandbox's name for the place after the first fifty.
const AFTER_THE_FIRST_PAGE: &str = "Y3Vyc29yOnYyOjQ5";

/// A page holds fifty.
const MORE_THAN_A_PAGE: usize = 52;

/// Two pages of changes are opened while nobody listens.
async fn down_for_two_pages(s: &mut Scene) -> Vec<Change> {
    s.assisted_change().await;
    s.server_down().await;
    let opened = (0..MORE_THAN_A_PAGE).map(|n| s.open_in(REPOSITORY, &format!("work-{n}"))).collect();
    s.forge.settled().await;
    s.deliveries_are_forgotten();
    s.start().await;
    s.forge.take_calls();
    opened
}

#[test]
fn a_list_goes_on_where_the_rate_limit_stopped_it() {
    World::new().on_github().run(async |s| {
        let opened = down_for_two_pages(s).await;
        let reset = Reset(s.forge.now() + SignedDuration::from_mins(20));
        let second = Matching::operation("OpenChanges").with("after", AFTER_THE_FIRST_PAGE);
        s.forge.faults().next(1, second, Fault::PrimaryLimit(reset));
        s.patience().await;
        assert!(s.forge.now() > reset.0);
        let calls = s.forge.take_calls();
        let places: Vec<_> = pages(&calls).iter().map(|call| variable(call, "after")).collect();
        assert_eq!(places, [None, Some(AFTER_THE_FIRST_PAGE), Some(AFTER_THE_FIRST_PAGE)]);
        for change in opened {
            s.expect_held(&change, "Needs 1 approval");
        }
    });
}

fn variable<'a>(call: &'a seconder::sandbox::Call, name: &str) -> Option<&'a str> {
    call.request.as_ref().and_then(|request| request["variables"][name].as_str())
}

#[test]
fn whoever_takes_over_a_list_goes_on_where_the_dead_one_was() {
    World::new().on_github().run(async |s| {
        let opened = down_for_two_pages(s).await;
        // The second page is asked for, and whoever asked is gone.
        let second = Matching::operation("OpenChanges").with("after", AFTER_THE_FIRST_PAGE);
        s.forge.faults().next(1, second, Fault::Status(500));
        s.engine.run_until_idle().await.unwrap();
        let due = s.next_due().await.unwrap();
        s.forge.advance(due.duration_since(s.forge.now()) + SignedDuration::from_secs(1));
        let dead = s.store.claim_listing(s.forge.now(), SignedDuration::from_secs(15)).await.unwrap().unwrap();
        assert_eq!(dead.place.as_deref(), Some(AFTER_THE_FIRST_PAGE));
        let other = s.another_server().await;
        s.forge.take_calls();
        other.engine.run_until_idle().await.unwrap();
        assert_eq!(pages(&s.forge.take_calls()).len(), 0, "its lease has not ended");
        s.forge.advance(SignedDuration::from_secs(16));
        other.engine.run_until_idle().await.unwrap();
        assert_eq!(pages(&s.forge.take_calls()).len(), 1);
        assert!(!s.store.finish_listing(&dead, None, s.forge.now()).await.unwrap(), "the dead one has no say");
        s.patience().await;
        for change in opened {
            s.expect_held(&change, "Needs 1 approval");
        }
    });
}

/// Every call of a sweep, one after the other, meets with this.
fn meets_with(fault: impl Fn(&Scene) -> Fault) {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        for matching in [
            Matching::rest("GET", "/app/installations"),
            Matching::rest("GET", "/app/installations/"),
            Matching::rest("GET", "/installation/repositories"),
            Matching::operation("OpenChanges"),
            Matching::rest("GET", "/app/hook/deliveries"),
            Matching::rest("POST", "/app/hook/deliveries"),
            Matching::rest("POST", "/app/installations"),
        ] {
            s.server_down().await;
            s.push("jo", &change, "More").await;
            s.approve("ana", &change).await;
            let opened = s.open_in(REPOSITORY, &format!("after-{}", s.forge.deliveries().len()));
            s.forge.settled().await;
            s.forge.advance(SignedDuration::from_mins(10));
            s.forge.faults().next(1, matching, fault(s));
            s.restart().await;
            s.patience().await;
            s.expect_held(&opened, "Needs 1 approval");
            s.expect_pass(&change);
        }
    });
}

#[test]
fn a_bad_gateway_delays_a_list() {
    meets_with(|_| Fault::Status(502));
}

#[test]
fn an_answer_that_breaks_off_delays_a_list() {
    meets_with(|_| Fault::BrokenAnswer);
}

#[test]
fn no_list_is_asked_for_before_the_named_reset() {
    meets_with(|s| Fault::PrimaryLimit(Reset(s.forge.now() + SignedDuration::from_mins(30))));
    meets_with(|_| Fault::SecondaryLimit { status: 403, retry_after: 90 });
}

#[test]
fn a_list_with_a_hole_is_no_list() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.server_down().await;
        let opened = s.open_in(REPOSITORY, "opened");
        s.deliveries_are_forgotten();
        let path = ["repository", "pullRequests", "nodes", "1"].map(str::to_owned).to_vec();
        s.forge.faults().next(1, Matching::operation("OpenChanges"), Fault::SilentNull(path));
        s.restart().await;
        s.patience().await;
        s.expect_held(&opened, "Needs 1 approval");
        s.expect_pass(&change);
    });
}

#[test]
fn of_several_replicas_one_asks() {
    World::new().on_github().on_postgres().run(async |s| {
        s.assisted_change().await;
        let other = s.another_server().await;
        s.forge.advance(SignedDuration::from_hours(1));
        s.forge.take_calls();
        s.engine.sweep().await;
        other.engine.sweep().await;
        let (ours, theirs) = tokio::join!(s.engine.run_until_idle(), other.engine.run_until_idle());
        ours.and(theirs).unwrap();
        s.patience().await;
        let calls = s.forge.take_calls();
        let asked = |path: &str| calls.iter().filter(|call| call.method == "GET" && call.path == path).count();
        assert_eq!(pages(&calls).len(), 1);
        for path in ["/app/installations", "/installation/repositories", "/app/hook/deliveries"] {
            assert_eq!(asked(path), 1, "{path}");
        }
        // Neither has anything to do until it is time again.
        other.engine.sweep().await;
        s.minutes_pass(1).await;
        assert!(s.forge.take_calls().is_empty());
    });
}
