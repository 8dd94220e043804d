//! The check itself: nobody else can set it, nothing that merges is ever published by mistake, absence blocks.

use seconder::sandbox::{Fault, Matching, OpenPull};

use crate::world::{REPOSITORY, World};

const CHECKS: &str = "/repos/acme/pay/check-runs";

#[test]
fn a17_without_a_check_nothing_merges() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        let acme = s.forge.organization("acme");
        s.forge.uninstall(&acme);
        s.calls().await;
        s.push("jo", &change, "Skip the ledger").await;
        s.expect_no_check(&change);
        assert!(s.forge.can_merge(REPOSITORY, change.number).is_err());
        assert_eq!(s.calls().await.len(), 0, "nobody asks where nobody is let in");
    });
}

#[test]
fn a17_a_suspended_app_catches_up_when_it_may_again() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let acme = s.forge.organization("acme");
        s.forge.suspend(&acme);
        s.request_changes("kim", &change).await;
        s.forge.unsuspend(&acme);
        s.patience().await;
        s.expect_held(&change, "Held: kim asked for changes");
    });
}

#[test]
fn a18_a_status_of_our_name_by_somebody_with_write_access_merges_nothing() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.set_status(&s.who("jo"), REPOSITORY, &s.head(&change), "seconder", "success");
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a18_another_apps_check_of_our_name_merges_nothing_and_does_not_confuse_ours() {
    World::new().run(async |s| {
        let other = s.forge.another_app("green-machine");
        let change = s.assisted_change().await;
        let head = s.head(&change);
        s.forge.report_check(&other, REPOSITORY, &head, "seconder", "success");
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.report_check(&other, REPOSITORY, &head, "seconder", "success");
        s.request_changes("kim", &change).await;
        s.expect_held(&change, "Held: kim asked for changes");
    });
}

#[test]
fn a18_a_check_that_stands_before_ours_is_not_taken_for_ours() {
    World::new().run(async |s| {
        let other = s.forge.another_app("green-machine");
        s.forge.faults().hold_webhooks();
        let change = s.change("jo").open_at_once();
        s.forge.report_check(&other, REPOSITORY, &s.head(&change), "seconder", "success");
        s.forge.faults().release_webhooks(|_| ());
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a18_running_the_check_again_gives_the_same_answer() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let run = s.forge.check_run(REPOSITORY, &s.head(&change), "seconder").unwrap();
        s.forge.rerun(&s.who("jo"), run.id);
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a19_a_check_on_the_same_commit_in_the_authors_fork_is_not_ours() {
    World::new().on_github().run(async |s| {
        // Mallory installs the App on an account of hers, and forks.
        let mallory = s.who("mallory");
        s.forge.install(&mallory);
        s.expect_refusals();
        let change = s.change("mallory").in_a_fork().open().await;
        s.forge.open_pull(&mallory, &change.home, OpenPull::new(change.branch.clone(), "The same at home"));
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        let in_fork = s.forge.check_run(&change.home, &s.head(&change), "seconder");
        assert!(in_fork.is_none(), "nothing is published for an owner who is not served");
    });
}

#[test]
fn a19_another_apps_copy_of_our_check_does_not_stand_for_ours() {
    World::new().on_github().run(async |s| {
        let other = s.forge.another_app("seconder-two");
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let (junior, senior) = ([("junior", &["jo", "ana"][..]), ("senior", &["kim"])], [("senior", &["ana"][..])]);
        s.tiers(&junior).await;
        s.expect_refused(&change, "ana", "does not meet `ai-needs-senior`");
        let waiting = s.check(&change);
        s.tiers(&senior).await;
        s.expect_pass(&change);
        // The copy says what will have to be said again, to the digest in its external id; GitHub looks at ours.
        s.forge.copy_check(&other, &waiting);
        s.tiers(&junior).await;
        s.expect_refused(&change, "ana", "does not meet `ai-needs-senior`");
    });
}

#[test]
fn a21_nothing_that_merges_is_published_except_success_for_a_pass() {
    World::new().run(async |s| {
        let change = s.change("jo").draft().open().await;
        s.request_changes("kim", &change).await;
        s.forge.ready(&s.who("jo"), REPOSITORY, change.number);
        s.approve("kim", &change).await;
        s.expect_pass(&change);
        s.forge.close(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        let runs = s.forge.check_runs(REPOSITORY, &s.head(&change), "seconder");
        let conclusions: Vec<_> = runs.iter().map(|run| run.conclusion.as_deref().unwrap_or("none")).collect();
        assert_eq!(conclusions.iter().filter(|conclusion| **conclusion == "success").count(), 1, "{conclusions:?}");
        let expected = |conclusion: &&str| matches!(*conclusion, "success" | "action_required");
        assert!(conclusions.iter().all(expected), "{conclusions:?}");
        assert_eq!(conclusions.last(), Some(&"action_required"), "closing takes the success back");
    });
}

#[test]
fn a45_a_write_that_took_effect_without_an_answer_does_not_leave_a_stale_success() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.faults().next(1, Matching::rest("PATCH", CHECKS), Fault::StatusAfterEffect(502));
        s.approve("ana", &change).await;
        // It is green, and we do not know it; meanwhile kim objects.
        s.expect_pass(&change);
        s.request_changes("kim", &change).await;
        s.patience().await;
        s.expect_held(&change, "Held: kim asked for changes");
    });
}

#[test]
fn a45_a_withdrawal_that_fails_is_tried_until_it_stands() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.faults().next(5, Matching::rest("PATCH", CHECKS), Fault::Status(502));
        s.request_changes("kim", &change).await;
        s.patience().await;
        s.expect_held(&change, "Held: kim asked for changes");
    });
}

#[test]
fn a45_an_answer_that_breaks_off_publishes_one_check_and_not_two() {
    World::new().run(async |s| {
        s.forge.faults().next(1, Matching::rest("POST", CHECKS), Fault::BrokenAnswer);
        let change = s.assisted_change().await;
        s.patience().await;
        let runs = s.forge.check_runs(REPOSITORY, &s.head(&change), "seconder");
        assert!(runs.iter().all(|run| run.id == runs[0].id), "{runs:?}");
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}
