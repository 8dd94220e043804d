//! A change is retargeted, closed, reopened, merged, drafted, rewritten; it comes from a fork, or builds on another.

use seconder::sandbox::{NewCommit, Opinion};

use crate::world::{Change, REPOSITORY, Scene, World, claude};

async fn retarget(s: &Scene, change: &Change, base: &str) {
    s.forge.retarget(&s.who("jo"), REPOSITORY, change.number, base);
    s.quiet().await;
}

#[test]
fn a_success_is_withdrawn_when_the_change_goes_to_an_ungoverned_base_and_its_approvals_stay_void() {
    World::new().run(async |s| {
        s.new_branch("spike").await;
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        retarget(s, &change, "spike").await;
        assert_eq!(s.check(&change).conclusion.as_deref(), Some("action_required"));
        assert_eq!(s.title(&change), "No open change with a governed base");
        retarget(s, &change, "main").await;
        s.expect_refused(&change, "ana", "given before the base branch changed");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn an_approval_for_another_base_does_not_count() {
    World::new().run(async |s| {
        s.new_branch("spike").await;
        let change = s.change("jo").to("spike").open().await;
        s.approve("ana", &change).await;
        s.expect_no_check(&change);
        retarget(s, &change, "main").await;
        s.expect_refused(&change, "ana", "given before the base branch changed");
    });
}

#[test]
fn closing_withdraws_a_success_and_reopening_voids_approvals() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.close(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        assert_eq!(s.title(&change), "No open change with a governed base");
        assert_eq!(s.check(&change).conclusion.as_deref(), Some("action_required"));
        s.forge.reopen(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        s.expect_refused(&change, "ana", "given before the change was reopened");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_branch_that_is_deleted_closes_its_change() {
    World::new().run(async |s| {
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_pass(&change);
        s.forge.delete_branch(&s.who("jo"), REPOSITORY, &change.branch);
        s.quiet().await;
        assert_eq!(s.title(&change), "No open change with a governed base");
    });
}

#[test]
fn the_check_of_a_merged_change_stays_as_it_was() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        s.quiet().await;
        s.hours_pass(24).await;
        assert_eq!(s.check(&change).conclusion.as_deref(), Some("success"));
        assert_eq!(s.title(&change), "Approved by a qualifying reviewer");
    });
}

#[test]
fn a_draft_is_judged_and_its_approval_counts_when_it_is_ready() {
    World::new().run(async |s| {
        let change = s.change("jo").draft().open().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.approve("ana", &change).await;
        s.forge.ready(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_change_from_a_fork_is_judged_like_any_other() {
    World::new().run(async |s| {
        let change = s.change("jo").in_a_fork().open().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.push("jo", &change, "Retry three times").await;
        s.expect_refused(&change, "ana", "given for another commit");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.delete_repository(&change.home);
        s.write(REPOSITORY, "main", "README.md", "Another\n").await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_change_on_top_of_another_is_judged_once_it_goes_to_a_governed_base() {
    World::new().run(async |s| {
        let lower = s.change("jo").branch("lower").open().await;
        let upper = s.change("sam").branch("upper").to("lower").commit("Log retries").open().await;
        s.expect_no_check(&upper);
        s.approve("ana", &lower).await;
        s.expect_pass(&lower);
        s.forge.merge(&s.who("jo"), REPOSITORY, lower.number).unwrap();
        s.quiet().await;
        s.forge.retarget(&s.who("sam"), REPOSITORY, upper.number, "main");
        s.quiet().await;
        s.expect_pass(&upper);
        s.expect_says(&upper, "No sign of AI assistance");
    });
}

#[test]
fn a_change_that_still_holds_another_ones_commits_answers_for_them() {
    World::new().run(async |s| {
        s.change("jo").branch("lower").open().await;
        let upper = s.change("sam").branch("upper").to("lower").commit("Log retries").open().await;
        s.forge.retarget(&s.who("sam"), REPOSITORY, upper.number, "main");
        s.quiet().await;
        s.expect_held(&upper, "Needs 1 approval for ai-needs-senior");
        s.approve("jo", &upper).await;
        s.expect_refused(&upper, "jo", "contributed to this change");
    });
}

#[test]
fn an_approval_is_void_once_its_commit_was_pushed_away_and_back() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let first = s.head(&change);
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.force_push("jo", &change, NewCommit::new("Something else").file("src/a.rs", "// else\n")).await;
        s.expect_refused(&change, "ana", "given for another commit");
        s.forge.push_commit(&s.who("jo"), REPOSITORY, &change.branch, &first);
        s.quiet().await;
        assert_eq!(s.head(&change), first);
        s.expect_refused(&change, "ana", "given before this commit was pushed again");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn an_approval_of_an_older_commit_does_not_count_whenever_it_is_given() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let first = s.head(&change);
        s.push("jo", &change, &claude("Retry three times")).await;
        s.review("ana", &change, Opinion::Approve, Some(&first)).await;
        s.expect_refused(&change, "ana", "given for another commit");
    });
}

#[test]
fn whoever_pushes_to_the_branch_becomes_a_contributor() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.push_commit("kim", &change, NewCommit::new("Fix").by("jo <jo@example.com>").file("src/b.rs", "1\n")).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}
