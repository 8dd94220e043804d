//! However a queue brings its changes onto the branch.

use seconder::sandbox::NewGroup;

use super::two_approved;
use crate::world::{World, claude, numbers};

#[test]
fn changes_that_are_squashed_pass_as_a_group() {
    World::new().on_github().run(async |s| {
        let (first, second) = two_approved(s).await;
        let group = s.queue_as(&NewGroup::of(&numbers(&[&first, &second])).squashed()).await;
        s.expect_group_passes(&group);
    });
}

#[test]
fn changes_that_are_rebased_pass_as_a_group() {
    World::new().on_github().run(async |s| {
        let first = s.change("jo").commit(&claude("Retry")).commit("Log retries").open().await;
        s.approve("ana", &first).await;
        let second = s.change("sam").open().await;
        s.approve("kim", &second).await;
        let group = s.queue_as(&NewGroup::of(&numbers(&[&first, &second])).rebased()).await;
        s.expect_group_passes(&group);
    });
}

#[test]
fn a_squashed_change_that_waits_holds_its_group() {
    World::new().on_github().run(async |s| {
        let (first, _) = two_approved(s).await;
        let third = s.change("mia").open().await;
        let group = s.queue_as(&NewGroup::of(&numbers(&[&first, &third])).squashed()).await;
        s.expect_group_held(&group, &format!("#{}: Needs 1 approval for ai-needs-senior", third.number));
    });
}
