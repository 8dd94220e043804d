//! From held to green, and back.

use crate::world::{World, claude};

#[test]
fn a_juniors_assisted_change_waits_for_a_senior() {
    World::new().run(async |s| {
        let change = s.change("jo").commit(&claude("Retry failed payments")).open().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.approve("sam", &change).await;
        s.expect_refused(&change, "sam", "does not meet `ai-needs-senior`");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.push("jo", &change, "Retry three times").await;
        s.expect_held(&change, "given for another commit");
    });
}

#[test]
fn a_change_without_evidence_needs_nobody() {
    World::new().run(async |s| {
        let change = s.change("jo").commit("Retry failed payments").open().await;
        s.expect_pass(&change);
    });
}
