//! A repository is renamed, its name taken by another, or its default branch changed: numbers stay.

use seconder::sandbox::Permission;

use crate::world::{REPOSITORY, Scene, World};

/// The repository's owner renames it, and takes jo's and sam's rights along.
async fn renamed(s: &Scene) -> String {
    let name = s.forge.rename_repository(&s.who("pat"), REPOSITORY, "payments");
    s.quiet().await;
    name
}

#[test]
fn a_repository_that_is_renamed_keeps_its_approvals_and_its_merge_groups() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let group = if s.is_gitlab() { None } else { Some(s.queue(&[&change]).await) };
        let name = renamed(s).await;
        let change = change.in_repository(&name);
        s.expect_pass(&change);
        s.request_changes("lee", &change).await;
        s.expect_held(&change, "Held: lee asked for changes");
        if let Some(group) = group {
            let check = s.forge.check_run(&name, &group.head_sha, "seconder").unwrap();
            assert_eq!(check.conclusion.as_deref(), Some("action_required"));
        }
    });
}

#[test]
fn a_repository_whose_renaming_nobody_told_of_is_found_all_the_same() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let group = if s.is_gitlab() { None } else { Some(s.queue(&[&change]).await) };
        s.expect_refusals();
        s.forge.faults().lose_webhooks(1);
        let name = renamed(s).await;
        // Nothing but the old name is on record when the server starts.
        s.engine.catch_up().await;
        s.patience().await;
        let change = change.in_repository(&name);
        s.expect_pass(&change);
        s.tiers(&[("junior", &["jo", "sam", "ana"]), ("senior", &["kim"])]).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        if let Some(group) = group {
            let check = s.forge.check_run(&name, &group.head_sha, "seconder").unwrap();
            assert_eq!(check.conclusion.as_deref(), Some("action_required"));
        }
    });
}

#[test]
fn another_repository_under_the_old_name_is_not_taken_for_it() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let name = renamed(s).await;
        s.forge.repository(REPOSITORY);
        s.forge.grant(REPOSITORY, &s.who("jo"), Permission::Write);
        let other = s.change("jo").commit("Retry by hand").open().await;
        assert_eq!(other.number, change.number);
        s.expect_pass(&other);
        let change = change.in_repository(&name);
        s.request_changes("lee", &change).await;
        s.expect_held(&change, "Held: lee asked for changes");
        s.expect_pass(&other);
    });
}

#[test]
fn another_default_branch_governs_from_then_on() {
    World::new().run(async |s| {
        s.new_branch("next").await;
        let change = s.change("jo").to("next").open().await;
        s.expect_no_check(&change);
        s.forge.default_branch(&s.who("pat"), REPOSITORY, "next");
        if s.is_gitlab() {
            // No delivery tells of it.
            s.minutes_pass(31).await;
        }
        s.quiet().await;
        let check = s.check(&change);
        assert_eq!(check.title.as_deref(), Some("Needs 1 approval for ai-needs-senior"));
    });
}

#[test]
fn an_approval_stays_when_a_change_becomes_a_draft_again() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.forge.draft(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        assert_eq!(s.check(&change).conclusion.as_deref(), Some("success"));
        s.forge.ready(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        s.expect_pass(&change);
    });
}
