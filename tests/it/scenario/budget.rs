//! What a story costs in calls to the forge. Steady state: tokens and rules are known, as they are for most of an hour.

use seconder::sandbox::{Call, NewCommit, Opinion};

use crate::world::{REPOSITORY, World, claude};

const READ: &str = "Change";
const CREATE: &str = "POST /repos/acme/pay/check-runs";

/// Calls in the words of GitHub's documents: an operation, or a method and a path without numbers.
fn named(calls: &[Call]) -> Vec<String> {
    let path = |path: &str| path.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('/').to_owned();
    calls
        .iter()
        .map(|call| match call.operation() {
            Some(operation) => operation.to_owned(),
            None => format!("{} {}", call.method, path(&call.path)),
        })
        .collect()
}

const UPDATE: &str = "PATCH /repos/acme/pay/check-runs";

#[test]
fn an_opened_change_costs_a_read_and_a_write() {
    World::new().on_github().run(async |s| {
        s.calls().await;
        s.assisted_change().await;
        assert_eq!(named(&s.calls().await), [READ, CREATE]);
    });
}

#[test]
fn a_push_costs_a_read_and_a_write() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.calls().await;
        s.push("jo", &change, "Retry three times").await;
        assert_eq!(named(&s.calls().await), [READ, CREATE]);
    });
}

#[test]
fn a_review_costs_a_read_and_a_write_whether_it_counts_or_not() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        s.approve("sam", &change).await;
        assert_eq!(named(&s.calls().await), [READ, UPDATE]);
        s.expect_refused(&change, "sam", "does not meet");
        s.approve("ana", &change).await;
        assert_eq!(named(&s.calls().await), [READ, UPDATE]);
        s.expect_pass(&change);
    });
}

#[test]
fn where_nothing_changes_nothing_is_written() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        s.forge.label(&s.who("mia"), REPOSITORY, change.number, "payments");
        assert_eq!(named(&s.calls().await), [READ]);
    });
}

#[test]
fn what_cannot_matter_costs_nothing() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let (mia, head) = (s.who("mia"), s.head(&change));
        let other = s.forge.another_app("ci");
        s.calls().await;
        s.forge.comment(&mia, REPOSITORY, change.number, "Nice.");
        s.forge.line_comment(&mia, REPOSITORY, change.number, "src/file_0.rs", "Why?");
        s.review("mia", &change, Opinion::Comment, None).await;
        s.forge.set_status(&mia, REPOSITORY, &head, "ci/build", "success");
        s.forge.report_check(&other, REPOSITORY, &head, "build", "success");
        s.forge.edit_title(&s.who("jo"), REPOSITORY, change.number, "Retry payments that failed");
        s.forge.request_review(&s.who("jo"), REPOSITORY, change.number, &s.who("kim"));
        s.forge.push(&mia, REPOSITORY, "elsewhere", NewCommit::new("Another branch").file("b", "b"));
        assert_eq!(named(&s.calls().await), [""; 0]);
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a_redelivery_costs_nothing() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.calls().await;
        for delivery in s.forge.deliveries() {
            s.forge.redeliver(delivery.id);
        }
        assert_eq!(named(&s.calls().await), [""; 0]);
        s.expect_pass(&change);
    });
}

#[test]
fn fifty_events_at_once_are_one_look() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        let mia = s.who("mia");
        for n in 0..49 {
            s.forge.label(&mia, REPOSITORY, change.number, &format!("label-{n}"));
        }
        s.forge.review(&s.who("ana"), REPOSITORY, change.number, Opinion::Approve, None);
        assert_eq!(named(&s.calls().await), [READ, UPDATE]);
        s.expect_pass(&change);
    });
}

#[test]
fn a_thousand_comments_and_250_reviews_cost_four_calls() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let (mia, sam) = (s.who("mia"), s.who("sam"));
        // They are there; how their deliveries fare is another story.
        s.expect_refusals();
        s.forge.faults().lose_webhooks(1_250);
        for n in 0..1_000 {
            s.forge.comment(&mia, REPOSITORY, change.number, &format!("Comment {n}"));
        }
        for n in 0..250 {
            let opinion = if n % 2 == 0 { Opinion::Approve } else { Opinion::Comment };
            s.forge.review(&sam, REPOSITORY, change.number, opinion, None);
        }
        s.calls().await;
        s.approve("ana", &change).await;
        assert_eq!(named(&s.calls().await), [READ, READ, READ, UPDATE]);
        s.expect_pass(&change);
    });
}

#[test]
fn the_rules_of_another_branch_are_asked_for_once() {
    World::new().on_github().run(async |s| {
        s.forge.push_commit(&s.who("kim"), REPOSITORY, "release", &s.forge.tip(REPOSITORY, "main").unwrap());
        s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        s.calls().await;
        let change = s.change("jo").commit(&claude("Retry")).to("release").open().await;
        // The delivery told the base, so that its policy is asked for along with the change.
        assert_eq!(named(&s.calls().await), [READ, "GET /repos/acme/pay/rules/branches/release", CREATE]);
        s.approve("ana", &change).await;
        assert_eq!(named(&s.calls().await), [READ, UPDATE]);
        s.expect_pass(&change);
    });
}
