//! Squashing a branch makes one commit of many, with a message of the squasher's choice. Nothing is lost by it.

use seconder::sandbox::NewCommit;

use crate::world::{Change, REPOSITORY, Scene, World, claude};

impl Scene {
    /// One commit on top of main, with the tree that the head has, in the words and the name of the squasher.
    async fn squash(&self, login: &str, change: &Change, message: &str) {
        let base = self.forge.tip(REPOSITORY, "main").unwrap();
        let mut squashed = NewCommit::new(message).onto(base);
        for (path, text) in self.forge.files(&change.home, &self.head(change)) {
            squashed = squashed.file(path, text);
        }
        let before = self.head(change);
        self.force_push(login, change, squashed).await;
        let files = |sha: &str| self.forge.files(&change.home, sha);
        assert_eq!(files(&before), files(&self.head(change)), "the tree is the same");
    }
}

#[test]
fn evidence_in_a_message_that_was_dropped_stays() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Retry").commit(&claude("Retry failed payments")).open().await;
        s.squash("jo", &change, "Retry failed payments").await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.expect_says(&change, "Claude");
    });
}

#[test]
fn so_it_does_if_nobody_looked_before() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Retry failed payments").open().await;
        s.expect_pass(&change);
        let tip = s.forge.tip(REPOSITORY, "main").unwrap();
        let text = "// three times\n";
        let assisted = NewCommit::new(claude("Retry three times")).file("src/retry.rs", text);
        s.forge.push(&s.who("jo"), REPOSITORY, &change.branch, assisted);
        let squashed = NewCommit::new("Retry three times").onto(tip).file("src/retry.rs", text);
        s.force_push("jo", &change, squashed).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn so_it_does_in_another_change_with_the_same_tree() {
    World::new().on_github().run(async |s| {
        let commit = NewCommit::new(claude("Retry failed payments")).file("src/retry.rs", "// retry\n");
        let first = s.change("jo").with(commit).open().await;
        s.forge.close(&s.who("jo"), REPOSITORY, first.number);
        let again = NewCommit::new("Retry failed payments").file("src/retry.rs", "// retry\n");
        let second = s.change("jo").with(again).branch("clean").open().await;
        s.expect_held(&second, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn the_authors_of_squashed_commits_stay_contributors() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.push("kim", &change, "Retry five times").await;
        s.squash("jo", &change, &claude("Retry failed payments")).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn so_do_co_authors_whose_names_were_dropped() {
    World::new().on_github().run(async |s| {
        let message = format!("{}\nCo-authored-by: kim <kim@example.com>", claude("Retry failed payments"));
        let change = s.change("jo").commit(&message).open().await;
        s.squash("jo", &change, &claude("Retry failed payments")).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (co-author)");
    });
}

#[test]
fn whoever_squashes_pushes_and_the_approval_of_the_same_tree_is_void() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.push("jo", &change, "Retry five times").await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.squash("kim", &change, &claude("Retry failed payments")).await;
        s.expect_refused(&change, "ana", "given for another commit");
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn the_co_authors_of_a_squash_are_contributors_of_what_it_is_proposed_as() {
    World::new().on_github().run(async |s| {
        // GitHub proposes all of them when it squashes; whoever proposes that commit elsewhere, proposes their work.
        let message = format!("{}\nCo-authored-by: kim <kim@example.com>", claude("Retry failed payments (#1)"));
        let squashed = NewCommit::new(message).file("src/retry.rs", "// retry\n").via_web();
        let change = s.change("jo").with(squashed).open().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (co-author)");
    });
}
