//! The policy goes into preview, and comes out of it.

use seconder::sandbox::CheckRun;

use crate::world::{Change, REPOSITORY, Scene, World};

const FLOOR: &str = "version: 1\nmode: preview\nrules: [{ name: all, require: { approvals: 1 } }]\n";
const ENFORCED: &str = "version: 1\nmode: enforce\n";
const IN_PREVIEW: &str = "version: 1\nmode: preview\n";

fn preview(s: &Scene, change: &Change) -> CheckRun {
    s.forge.check_run(REPOSITORY, &s.head(change), "seconder-preview").unwrap()
}

#[test]
fn a_pass_of_before_the_preview_does_not_stay() {
    World::new().floor(FLOOR).run(async |s| {
        s.policy(ENFORCED).await;
        let (green, held) = (s.assisted_change().await, s.change("jo").branch("held").open().await);
        s.approve("sam", &green).await;
        s.expect_pass(&green);
        s.expect_held(&held, "Needs 1 approval for all");
        s.policy(IN_PREVIEW).await;
        for change in [&green, &held] {
            s.expect_held(change, "the policy is in preview");
            s.expect_says(change, "published as `seconder-preview`");
        }
        assert_eq!(preview(s, &green).conclusion.as_deref(), Some("success"));
        assert_eq!(preview(s, &held).title.as_deref(), Some("Needs 1 approval for all"));
        let new = s.change("jo").branch("new").open().await;
        s.expect_no_check(&new);
    });
}

#[test]
fn a_pass_of_the_preview_does_not_stay_when_the_policy_is_enforced() {
    World::new().floor(FLOOR).run(async |s| {
        let (green, held) = (s.assisted_change().await, s.change("jo").branch("held").open().await);
        s.approve("sam", &green).await;
        assert_eq!(preview(s, &green).conclusion.as_deref(), Some("success"));
        s.policy(ENFORCED).await;
        // Every open change is judged, and no further event was needed.
        s.expect_pass(&green);
        s.expect_held(&held, "Needs 1 approval for all");
        for change in [&green, &held] {
            let left = preview(s, change);
            assert_eq!(left.conclusion.as_deref(), Some("action_required"));
            assert_eq!(left.title.as_deref(), Some("Out of date: the policy is enforced"));
        }
    });
}

#[test]
fn what_is_withdrawn_is_withdrawn_once() {
    World::new().on_github().floor(FLOOR).run(async |s| {
        s.policy(ENFORCED).await;
        let change = s.assisted_change().await;
        s.policy(IN_PREVIEW).await;
        s.calls().await;
        s.look_again(&change).await;
        assert_eq!(s.calls().await.len(), 1, "one read, and nothing to write");
        s.policy(ENFORCED).await;
        s.expect_held(&change, "Needs 1 approval for all");
        s.approve("sam", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_policy_change_that_nobody_told_of_withdraws_as_well() {
    World::new().on_github().floor(FLOOR).run(async |s| {
        s.policy(ENFORCED).await;
        let change = s.assisted_change().await;
        s.approve("sam", &change).await;
        s.expect_pass(&change);
        s.unheard(async |s| s.policy(IN_PREVIEW).await).await;
        s.minutes_pass(31).await;
        s.expect_held(&change, "the policy is in preview");
    });
}
