//! A check belongs to a commit: several changes on one head, and none of them may pass on another's approval.

use seconder::sandbox::Edition;

use crate::world::{Change, REPOSITORY, Scene, World};

/// Another change from the same branch.
async fn second(s: &Scene, first: &Change, base: &str) -> Change {
    let pull = seconder::sandbox::OpenPull::new(first.branch.clone(), "The same again").to(base);
    let number = s.forge.open_pull(&s.who("jo"), REPOSITORY, pull);
    s.quiet().await;
    Change { number, ..first.clone() }
}

#[test]
fn a20_a_second_change_on_an_approved_commit_turns_it_red() {
    World::new().run(async |s| {
        s.branch("release");
        s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        let first = s.assisted_change().await;
        s.approve("ana", &first).await;
        s.expect_pass(&first);
        let second = second(s, &first, "release").await;
        s.expect_held(&second, &format!("#{}: Needs 1 approval for ai-needs-senior", second.number));
        s.expect_held(&first, "The check of a commit is the worst of their verdicts.");
        s.approve("kim", &second).await;
        s.expect_pass(&first);
        s.expect_pass(&second);
    });
}

#[test]
fn a20_closing_the_unapproved_change_frees_the_approved_one() {
    World::new().run(async |s| {
        s.branch("release");
        s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        let first = s.assisted_change().await;
        s.approve("ana", &first).await;
        let second = second(s, &first, "release").await;
        s.expect_held(&first, "Needs 1 approval for ai-needs-senior");
        s.forge.close(&s.who("jo"), REPOSITORY, second.number);
        s.quiet().await;
        s.expect_pass(&first);
    });
}

#[test]
fn a20_an_approval_on_a_base_nobody_governs_passes_nothing_elsewhere() {
    World::new().run(async |s| {
        s.branch("scratch");
        let change = s.change("jo").to("scratch").open().await;
        s.approve("ana", &change).await;
        s.expect_no_check(&change);
        let governed = second(s, &change, "main").await;
        s.expect_held(&governed, "Needs 1 approval for ai-needs-senior");
    });
}

/// The first change and a second one on its head that no delivery told of.
async fn untold(s: &mut Scene) -> (Change, Change) {
    s.branch("release");
    s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
    let first = s.assisted_change().await;
    s.forge.faults().lose_webhooks(1);
    let second = second(s, &first, "release").await;
    s.expect_refusals();
    (first, second)
}

#[test]
fn a20_a_second_change_whose_delivery_was_lost_is_found_all_the_same() {
    // On a GitLab that has nothing but statuses of commits as well.
    for world in [World::new().on_github(), World::new().on_edition(Edition::Free)] {
        world.run(async |s| {
            let (first, second) = untold(s).await;
            s.approve("ana", &first).await;
            s.expect_held(&first, &format!("#{}: Needs 1 approval for ai-needs-senior", second.number));
        });
    }
}

#[test]
fn a20_where_each_change_needs_an_approval_of_the_bot_the_second_one_has_none() {
    World::new().on_gitlab().run(async |s| {
        let (first, second) = untold(s).await;
        s.approve("ana", &first).await;
        s.expect_pass(&first);
        assert!(s.forge.can_merge(REPOSITORY, first.number).is_ok());
        assert!(s.forge.can_merge(REPOSITORY, second.number).is_err());
        s.look_again(&second).await;
        s.expect_held(&first, &format!("#{}: Needs 1 approval for ai-needs-senior", second.number));
    });
}

#[test]
fn a20_a_clean_second_change_does_not_hide_the_assistance_of_the_first() {
    World::new().run(async |s| {
        // What the description declares belongs to one change; the commit they share is the same.
        let declared = "AI disclosure: used Claude Code";
        let first = s.change("jo").commit("Retry failed payments").body(declared).open().await;
        s.expect_held(&first, "Needs 1 approval for ai-needs-senior");
        s.forge.close(&s.who("jo"), REPOSITORY, first.number);
        let second = second(s, &first, "main").await;
        s.expect_held(&second, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn policy_bot_8_approving_one_of_two_changes_does_not_pass_the_other() {
    World::new().run(async |s| {
        s.branch("release");
        s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        let first = s.assisted_change().await;
        let second = second(s, &first, "release").await;
        s.approve("ana", &first).await;
        s.expect_held(&second, &format!("#{}: Needs 1 approval for ai-needs-senior", second.number));
        s.expect_held(&first, "Needs 1 approval for ai-needs-senior");
        s.approve("ana", &second).await;
        s.expect_pass(&first);
        s.expect_pass(&second);
    });
}
