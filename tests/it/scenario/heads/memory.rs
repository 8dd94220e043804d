//! What was seen once stays seen: by commit, tree, branch and change.

use seconder::sandbox::NewCommit;

use crate::world::{REPOSITORY, World, claude};

const ASSISTED: &str = "Assistance: assisted";

#[test]
fn amending_the_trailer_away_changes_nothing() {
    World::new().run(async |s| {
        let with = NewCommit::new(claude("Retry")).file("src/retry.rs", "// again\n");
        let change = s.change("jo").with(with).open().await;
        s.expect_held(&change, ASSISTED);
        s.force_push("jo", &change, NewCommit::new("Retry").file("src/retry.rs", "// again\n")).await;
        s.expect_held(&change, ASSISTED);
        s.expect_says(&change, "Co-Authored-By: Claude");
    });
}

#[test]
fn the_same_tree_is_recognised_on_another_branch() {
    World::new().run(async |s| {
        let with = NewCommit::new(claude("Retry")).file("src/retry.rs", "// again\n");
        let change = s.change("jo").with(with).branch("first").open().await;
        s.forge.close(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        let without = NewCommit::new("Retry").file("src/retry.rs", "// again\n");
        let other = s.change("sam").with(without).branch("second").open().await;
        s.expect_held(&other, ASSISTED);
        s.approve("jo", &other).await;
        s.expect_refused(&other, "jo", "contributed to this change");
    });
}

#[test]
fn the_same_commit_is_recognised_within_another_change() {
    World::new().run(async |s| {
        let change = s.change("jo").branch("first").open().await;
        s.expect_held(&change, ASSISTED);
        let head = s.head(&change);
        s.forge.push_commit(&s.who("sam"), REPOSITORY, "second", &head);
        let more = NewCommit::new("More").file("src/more.rs", "// more\n");
        let other = s.change("sam").branch("second").with(more).open().await;
        s.expect_held(&other, ASSISTED);
    });
}

#[test]
fn a_branch_keeps_its_evidence_when_it_is_proposed_again() {
    World::new().run(async |s| {
        let change = s.change("jo").branch("retry").open().await;
        s.expect_held(&change, ASSISTED);
        s.forge.close(&s.who("jo"), REPOSITORY, change.number);
        s.force_push("jo", &change, NewCommit::new("Retry").file("src/rewritten.rs", "// by hand\n")).await;
        let again = s.change("jo").branch("retry").commit("And again").open().await;
        s.expect_held(&again, ASSISTED);
    });
}

#[test]
fn a_branch_is_forgotten_once_its_work_is_merged() {
    World::new().run(async |s| {
        let change = s.change("jo").branch("develop").open().await;
        s.approve("ana", &change).await;
        s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        s.quiet().await;
        s.forge.delete_branch(&s.who("jo"), REPOSITORY, "develop");
        s.quiet().await;
        let next = s.change("sam").branch("develop").commit("Log retries").open().await;
        s.expect_pass(&next);
        s.expect_says(&next, "No sign of AI assistance");
    });
}

#[test]
fn a_description_that_is_taken_back_still_counts() {
    World::new().run(async |s| {
        let body = "Retries.\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)";
        let described = s.change("jo").commit("Retry").body(body).open().await;
        s.expect_held(&described, ASSISTED);
        s.forge.edit_body(&s.who("jo"), REPOSITORY, described.number, "Retries.");
        s.quiet().await;
        s.expect_held(&described, ASSISTED);
    });
}
