//! The latest word of each person counts, and a change request outlives pushes and dismissals.

use seconder::sandbox::NewCommit;

use crate::world::{REPOSITORY, World};

#[test]
fn a30_a_dismissed_approval_counts_no_more() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let review = s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.dismiss(&s.who("pat"), REPOSITORY, change.number, review, "Not you.");
        s.quiet().await;
        s.expect_refused(&change, "ana", "the approval was dismissed");
    });
}

#[test]
fn a30_an_approval_that_its_author_took_back_counts_no_more() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.request_changes("ana", &change).await;
        s.expect_held(&change, "Held: ana asked for changes");
    });
}

#[test]
fn a30_dismissing_a_seniors_change_request_does_not_lift_it() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let request = s.request_changes("kim", &change).await;
        s.expect_held(&change, "Held: kim asked for changes");
        s.forge.dismiss(&s.who("jo"), REPOSITORY, change.number, request, "Done.");
        s.quiet().await;
        s.expect_held(&change, "The review was dismissed; that does not lift the request.");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a30_nor_does_a_push() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.request_changes("kim", &change).await;
        s.push("jo", &change, "Retry three times").await;
        s.approve("ana", &change).await;
        s.expect_held(&change, "Held: kim asked for changes");
    });
}

#[test]
fn a30_a_senior_cannot_overrule_another_alone_and_a_principal_can() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.request_changes("kim", &change).await;
        s.approve("ana", &change).await;
        s.expect_held(&change, "Held: kim asked for changes");
        s.approve("lee", &change).await;
        s.expect_pass(&change);
        let change = s.assisted_change().await;
        s.request_changes("kim", &change).await;
        s.approve("pat", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a30_nor_do_two_who_approved_before_there_was_anything_to_overrule() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.approve("lee", &change).await;
        s.expect_pass(&change);
        s.request_changes("kim", &change).await;
        s.expect_held(&change, "Held: kim asked for changes");
    });
}

#[test]
fn a30_a_reviewer_who_is_made_a_contributor_keeps_the_power_to_hold() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.request_changes("kim", &change).await;
        // Jo names kim as author of a commit, so that she counts as a contributor.
        let commit = NewCommit::new("Retry five times").by("kim <kim@example.com>").file("src/a.rs", "// a\n");
        s.push_commit("jo", &change, commit).await;
        s.approve("ana", &change).await;
        s.expect_held(&change, "Held: kim asked for changes");
    });
}

#[test]
fn a30_an_older_approval_does_not_come_back_when_a_later_word_is_dismissed() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let request = s.request_changes("ana", &change).await;
        s.forge.dismiss(&s.who("jo"), REPOSITORY, change.number, request, "Done.");
        s.quiet().await;
        s.expect_held(&change, "Held: ana asked for changes");
    });
}

#[test]
fn policy_bot_2_a_change_request_after_an_approval_is_the_word_that_counts() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.request_changes("ana", &change).await;
        s.expect_held(&change, "Held: ana asked for changes");
        s.push("jo", &change, "Retry three times").await;
        s.expect_held(&change, "Held: ana asked for changes");
    });
}

#[test]
fn policy_bot_7_a_push_after_the_approval_is_not_approved() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.push("jo", &change, "One thing more").await;
        s.expect_refused(&change, "ana", "given for another commit");
    });
}
