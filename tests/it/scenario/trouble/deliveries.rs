//! Webhooks that are lost, doubled and out of order.

use seconder::sandbox::Opinion;

use crate::world::{REPOSITORY, World};

#[test]
fn a_lost_approval_counts_with_the_next_delivery() {
    World::new().run(async |s| {
        s.expect_refusals();
        let change = s.assisted_change().await;
        s.forge.faults().lose_webhooks(1);
        s.approve("ana", &change).await;
        s.expect_held(&change, "Needs 1 approval");
        s.forge.label(&s.who("mia"), REPOSITORY, change.number, "payments");
        s.quiet().await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_lost_push_never_leaves_a_new_head_green() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_refusals();
        s.forge.faults().hold_webhooks();
        s.push("jo", &change, "Retry three times").await;
        s.forge.faults().release_webhooks(Vec::clear);
        s.expect_no_check(&change);
        s.forge.label(&s.who("mia"), REPOSITORY, change.number, "payments");
        s.quiet().await;
        s.expect_held(&change, "given for another commit");
    });
}

#[test]
fn doubled_deliveries_count_once() {
    World::new().run(async |s| {
        s.forge.faults().double_webhooks(100);
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.push("jo", &change, "Retry three times").await;
        s.expect_held(&change, "given for another commit");
    });
}

/// Opens, approves, pushes and withdraws, and has all of it told in this order.
fn told(order: impl Fn(&mut Vec<usize>)) {
    World::new().run(async |s| {
        s.forge.faults().hold_webhooks();
        let (held, approved) = (s.change("jo").open_at_once(), s.change("jo").open_at_once());
        let (ana, kim) = (s.who("ana"), s.who("kim"));
        s.forge.review(&ana, REPOSITORY, held.number, Opinion::Approve, None);
        s.push("jo", &held, "Retry three times").await;
        s.push("jo", &approved, "Retry three times").await;
        s.forge.review(&kim, REPOSITORY, approved.number, Opinion::RequestChanges, None);
        s.forge.review(&kim, REPOSITORY, approved.number, Opinion::Approve, None);
        s.forge.faults().release_webhooks(&order);
        s.quiet().await;
        s.expect_held(&held, "given for another commit");
        s.expect_pass(&approved);
    });
}

#[test]
fn the_order_of_deliveries_does_not_matter() {
    told(|_| ());
    told(|order| order.reverse());
    told(|order| order.rotate_left(5));
    told(|order| order.sort_by_key(|position| position % 3));
}
