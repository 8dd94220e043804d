//! An approval is bound to one commit and one base branch: what comes after it needs another one.

use jiff::SignedDuration;
use seconder::sandbox::{NewCommit, Opinion};

use crate::world::{REPOSITORY, World, claude};

#[test]
fn a04_a_push_after_the_approval_voids_it() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.push("jo", &change, "Skip the ledger").await;
        s.expect_refused(&change, "ana", "given for another commit");
    });
}

#[test]
fn a04_the_same_files_under_another_commit_need_another_approval() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let amended = NewCommit::new(claude("Retry, amended")).file("src/file_0.rs", "// same\n");
        s.force_push("jo", &change, amended).await;
        s.expect_refused(&change, "ana", "given for another commit");
    });
}

#[test]
fn a07_a_push_between_reading_and_approving_is_not_approved() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let read = s.head(&change);
        s.push("jo", &change, "Skip the ledger").await;
        // Ana presses the button on the page that she had opened before.
        s.review("ana", &change, Opinion::Approve, Some(&read)).await;
        s.expect_refused(&change, "ana", "given for another commit");
    });
}

#[test]
fn a07_a_commit_pushed_away_and_back_needs_another_approval() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let approved = s.head(&change);
        s.approve("ana", &change).await;
        s.force_push("jo", &change, NewCommit::new(claude("Something else")).file("src/b.rs", "// b\n")).await;
        s.forge.push_commit(&s.who("jo"), &change.home, &change.branch, &approved);
        s.quiet().await;
        assert_eq!(s.head(&change), approved);
        s.expect_refused(&change, "ana", "given before this commit was pushed again");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a08_updating_from_the_base_voids_the_approval() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.put("main", "src/other.rs", "// other\n").await;
        s.expect_pass(&change);
        s.forge.update_branch(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        s.expect_refused(&change, "ana", "given for another commit");
    });
}

#[test]
fn a09_a_merge_that_adds_code_of_its_own_is_new_and_its_makers_work() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.put("main", "src/other.rs", "// other\n").await;
        let base = s.forge.tip(REPOSITORY, "main").unwrap();
        let evil = NewCommit::new("Merge branch 'main'").merging(base).file("src/ledger.rs", "// skip the ledger\n");
        s.push_commit("kim", &change, evil).await;
        s.expect_refused(&change, "ana", "given for another commit");
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a10_merging_another_change_into_the_head_branch_voids_the_approval() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let tip = s.forge.tip(REPOSITORY, &change.branch).unwrap();
        let nested = NewCommit::new("Skip the ledger").onto(tip).file("src/ledger.rs", "// skip\n");
        let nested = s.change("sam").with(nested).to(&change.branch).open().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.merge(&s.who("jo"), REPOSITORY, nested.number).unwrap();
        s.quiet().await;
        s.expect_refused(&change, "ana", "given for another commit");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a11_an_approval_for_one_base_branch_does_not_count_for_another() {
    World::new().run(async |s| {
        s.branch("scratch");
        let change = s.change("jo").to("scratch").open().await;
        s.approve("ana", &change).await;
        s.expect_no_check(&change);
        s.retarget("jo", &change, "main").await;
        s.expect_refused(&change, "ana", "given before the base branch changed");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a11_a_green_check_does_not_outlive_the_base_it_was_for() {
    World::new().run(async |s| {
        s.branch("scratch");
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.retarget("jo", &change, "scratch").await;
        assert_eq!(s.check(&change).conclusion.as_deref(), Some("action_required"));
        s.retarget("jo", &change, "main").await;
        s.expect_refused(&change, "ana", "given before the base branch changed");
    });
}

#[test]
fn a13_a_change_that_is_reopened_with_other_code_is_judged_anew() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        let jo = s.who("jo");
        s.forge.delete_branch(&jo, REPOSITORY, &change.branch);
        let evil = NewCommit::new("Retry failed payments").file("src/ledger.rs", "// skip\n");
        s.forge.push(&jo, REPOSITORY, &change.branch, evil);
        s.forge.reopen(&jo, REPOSITORY, change.number);
        s.quiet().await;
        s.expect_refused(&change, "ana", "given for another commit");
    });
}

#[test]
fn a13_reopening_voids_the_approval_even_of_the_same_commit() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.forge.close(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        s.forge.reopen(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        s.expect_refused(&change, "ana", "given before the change was reopened");
    });
}

#[test]
fn a38_an_approval_of_a_draft_is_one_of_its_commit_and_no_more() {
    World::new().run(async |s| {
        let change = s.change("jo").draft().open().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.approve("ana", &change).await;
        s.push("jo", &change, "Skip the ledger").await;
        s.forge.ready(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        s.expect_refused(&change, "ana", "given for another commit");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a42_a_review_that_names_an_older_commit_counts_for_that_one_only() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let first = s.head(&change);
        s.push("jo", &change, "Skip the ledger").await;
        s.review("ana", &change, Opinion::Approve, Some(&first)).await;
        s.expect_refused(&change, "ana", "given for another commit");
        // Nor does it take away what she says about the head.
        s.approve("ana", &change).await;
        s.review("ana", &change, Opinion::Approve, Some(&first)).await;
        s.expect_pass(&change);
    });
}

#[test]
fn policy_bot_4_a_late_review_of_the_old_head_does_not_pass_the_new_one() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let old = s.head(&change);
        s.forge.faults().hold_webhooks();
        s.forge.push(
            &s.who("jo"),
            &change.home,
            &change.branch,
            NewCommit::new("Skip the ledger").file("a.rs", "// a\n"),
        );
        s.forge.review(&s.who("ana"), REPOSITORY, change.number, Opinion::Approve, Some(&old));
        // The review's delivery arrives before the push's.
        s.forge.faults().release_webhooks(|order| order.reverse());
        s.quiet().await;
        s.expect_refused(&change, "ana", "given for another commit");
    });
}

#[test]
fn policy_bot_5_an_approval_right_after_the_first_check_counts() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.expect_held(&change, "Needs 1 approval");
        // The approval bears the same second as the push, the opening and the check.
        if let Some(checked_at) = s.check(&change).completed_at {
            s.forge.advance(checked_at.duration_since(s.forge.now()) - SignedDuration::from_secs(1));
        }
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        // And before there was any check.
        let change = s.change("jo").open_at_once();
        s.forge.review(&s.who("ana"), REPOSITORY, change.number, Opinion::Approve, None);
        s.quiet().await;
        s.expect_pass(&change);
    });
}

#[test]
fn policy_bot_6_a_retarget_is_judged_without_another_push() {
    World::new().run(async |s| {
        s.branch("release");
        s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.retarget("jo", &change, "release").await;
        s.expect_refused(&change, "ana", "given before the base branch changed");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}
