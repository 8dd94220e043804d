//! Deliveries that failed, and that the forge still remembers. They are asked for again, and come as any other does.

use std::collections::BTreeMap;

use seconder::sandbox::{Call, Outcome};
use secrecy::SecretString;

use super::pages;
use crate::world::{REPOSITORY, Scene, World, reads};

/// Attempts that were asked for.
fn asked(calls: &[Call]) -> usize {
    calls.iter().filter(|call| call.path.ends_with("/attempts") || call.path.ends_with("/resend")).count()
}

impl Scene {
    /// A GitLab shows the record of a group's hooks to its owners.
    pub(in crate::scenario) fn shows_deliveries(&self) {
        if self.is_gitlab() {
            self.forge.set_role("acme", &self.forge.bot_account(), 50);
        }
    }
}

#[test]
fn deliveries_that_could_not_be_stored_come_again() {
    World::new().run(async |s| {
        s.expect_refusals();
        s.shows_deliveries();
        let change = s.assisted_change().await;
        s.minutes_pass(31).await;
        let broken = s.another_server().await;
        broken.store.close().await;
        s.deliver_to(&broken.url);
        s.approve("ana", &change).await;
        s.push("jo", &change, "Retry three times").await;
        assert_eq!(s.forge.deliveries().last().unwrap().outcome, Outcome::Answered(503));
        s.deliver_to(&s.url);
        s.calls().await;
        s.minutes_pass(5).await;
        s.expect_held(&change, "given for another commit");
        let calls = s.calls().await;
        assert!(asked(&calls) >= 2);
        assert_eq!(pages(&calls).len(), 0, "no list was needed");
        s.minutes_pass(5).await;
        assert_eq!(asked(&s.calls().await), 0, "what came is not asked for again");
    });
}

#[test]
fn deliveries_that_nobody_answered_come_again() {
    World::new().run(async |s| {
        s.expect_refusals();
        s.shows_deliveries();
        let change = s.assisted_change().await;
        s.minutes_pass(31).await;
        s.forge.faults().lose_webhooks(1);
        s.approve("ana", &change).await;
        s.expect_held(&change, "Needs 1 approval");
        s.minutes_pass(5).await;
        s.expect_pass(&change);
    });
}

#[test]
fn whoever_pushed_while_the_server_was_down_is_witnessed_all_the_same() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.server_down().await;
        s.push("kim", &change, "Tidy up").await;
        s.restart().await;
        s.patience().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn what_is_refused_every_time_is_not_asked_for_for_ever() {
    World::new().on_github().run(async |s| {
        s.expect_refusals();
        let change = s.assisted_change().await;
        let mut config = s.config();
        config.github[0].webhook_secrets = vec![SecretString::from("another secret")];
        let deaf = s.server_with(config, s.clock()).await;
        s.deliver_to(&deaf.url);
        let before = s.forge.deliveries().len();
        s.push("jo", &change, "Retry three times").await;
        for _ in 0..40 {
            s.minutes_pass(10).await;
        }
        let mut attempts: BTreeMap<String, usize> = BTreeMap::new();
        let unheard: Vec<_> = s.forge.deliveries().into_iter().skip(before).collect();
        assert!(unheard.iter().all(|delivery| delivery.outcome == Outcome::Answered(401)));
        for delivery in unheard {
            *attempts.entry(delivery.guid).or_default() += 1;
        }
        assert!(attempts.values().all(|attempts| *attempts <= 5), "{attempts:?}");
        assert!(attempts.values().any(|attempts| *attempts == 5), "{attempts:?}");
        // What no delivery told of was found by the list.
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn only_what_came_since_the_last_time_is_asked_about() {
    World::new().on_github().run(async |s| {
        for n in 0..40 {
            s.open_in(REPOSITORY, &format!("work-{n}"));
        }
        let asked = |calls: &[Call]| calls.iter().filter(|call| call.path == "/app/hook/deliveries").count();
        s.calls().await;
        s.minutes_pass(6).await;
        assert!(asked(&s.calls().await) > 1);
        s.change("jo").open().await;
        s.minutes_pass(6).await;
        s.calls().await;
        s.minutes_pass(6).await;
        let calls = s.calls().await;
        assert_eq!((asked(&calls), reads(&calls)), (1, 0));
    });
}

#[test]
fn a_redelivery_that_comes_too_late_to_matter_changes_nothing() {
    World::new().on_github().run(async |s: &mut Scene| {
        s.expect_refusals();
        let change = s.assisted_change().await;
        s.forge.faults().lose_webhooks(1);
        let review = s.approve("ana", &change).await;
        s.forge.dismiss(&s.who("pat"), REPOSITORY, change.number, review, "Look again");
        s.quiet().await;
        s.minutes_pass(6).await;
        s.expect_held(&change, "Needs 1 approval");
    });
}
