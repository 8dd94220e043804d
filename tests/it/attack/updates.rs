//! Evil merges: what only looks like an update from the base makes contributors like any other push.

use seconder::sandbox::{NewCommit, Signature};

use crate::world::{Change, REPOSITORY, Scene, World, claude};

impl Scene {
    /// `main` moves, and a junior's assisted change stands beside it.
    async fn change_behind_its_base(&self) -> (Change, String) {
        let change = self.assisted_change().await;
        self.put("main", "src/other.rs", "// other\n").await;
        (change, self.forge.tip(REPOSITORY, "main").unwrap())
    }

    /// Kim approves, and is told that she contributed.
    async fn expect_kim_contributed(&self, change: &Change) {
        self.quiet().await;
        self.approve("kim", change).await;
        self.expect_refused(change, "kim", "contributed to this change (pusher)");
        self.approve("ana", change).await;
        self.expect_pass(change);
    }
}

/// A merge of this commit that leaves the change as it was, with the file that `main` has by now.
fn merge_of(base: &str) -> NewCommit {
    NewCommit::new("Merge branch 'main'").merging(base).file("src/other.rs", "// other\n")
}

#[test]
fn a09_conflicts_resolved_in_the_web_pages_can_hold_anything() {
    World::new().on_github().run(async |s| {
        let (change, _) = s.change_behind_its_base().await;
        let evil = [("src/ledger.rs", "// skip the ledger\n")];
        s.forge.resolve_conflicts(&s.who("kim"), REPOSITORY, change.number, &evil);
        s.expect_kim_contributed(&change).await;
    });
}

#[test]
fn a09_nor_may_they_change_what_the_change_held() {
    World::new().on_github().run(async |s| {
        let (change, _) = s.change_behind_its_base().await;
        let evil = [("src/file_0.rs", "// retry without end\n")];
        s.forge.resolve_conflicts(&s.who("kim"), REPOSITORY, change.number, &evil);
        s.expect_kim_contributed(&change).await;
    });
}

#[test]
fn a09_nor_drop_what_the_base_brought() {
    World::new().on_github().run(async |s| {
        let (change, base) = s.change_behind_its_base().await;
        let evil = NewCommit::new("Merge branch 'main'").merging(base).via_web();
        s.push_commit("kim", &change, evil).await;
        s.expect_kim_contributed(&change).await;
    });
}

#[test]
fn a08_a_merge_made_at_home_is_its_makers() {
    World::new().on_github().run(async |s| {
        let (change, _) = s.change_behind_its_base().await;
        // That GitHub made another one says nothing about it.
        s.forge.update_branch(&s.who("jo"), REPOSITORY, change.number);
        s.put("main", "src/more.rs", "// more\n").await;
        let base = s.forge.tip(REPOSITORY, "main").unwrap();
        s.push_commit("kim", &change, merge_of(&base).file("src/more.rs", "// more\n")).await;
        s.expect_kim_contributed(&change).await;
    });
}

#[test]
fn a08_so_is_one_with_the_forges_name_and_without_its_signature() {
    World::new().on_github().run(async |s| {
        let (change, base) = s.change_behind_its_base().await;
        let forged = merge_of(&base).committer(Signature::parse("GitHub <noreply@github.com>"));
        s.push_commit("kim", &change, forged).await;
        s.expect_kim_contributed(&change).await;
    });
}

#[test]
fn a08_so_is_one_with_the_forges_name_and_a_persons_signature() {
    World::new().on_github().run(async |s| {
        let (change, base) = s.change_behind_its_base().await;
        let forged = merge_of(&base).committer(Signature::parse("GitHub <noreply@github.com>")).signed();
        s.push_commit("kim", &change, forged).await;
        s.expect_kim_contributed(&change).await;
    });
}

#[test]
fn a08_so_is_one_that_the_forge_signed_for_a_person() {
    World::new().on_github().run(async |s| {
        let (change, base) = s.change_behind_its_base().await;
        // As in a codespace: the key is GitHub's, the commit is not.
        let own = merge_of(&base).via_web().committer(Signature::parse("kim <kim@example.com>"));
        s.push_commit("kim", &change, own).await;
        s.expect_kim_contributed(&change).await;
    });
}

#[test]
fn a08_a_merge_of_three_is_no_update() {
    World::new().on_github().run(async |s| {
        let (change, base) = s.change_behind_its_base().await;
        let octopus = merge_of(&base).merging(s.forge.tip(REPOSITORY, "main").unwrap()).via_web();
        s.push_commit("kim", &change, octopus).await;
        s.expect_kim_contributed(&change).await;
    });
}

#[test]
fn a10_an_update_from_a_branch_of_ones_own_is_none() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        // Sam writes it in jo's name, and kim makes it the base for a moment and presses the button.
        let smuggled = NewCommit::new("Skip the ledger").by("jo <jo@example.com>").file("src/ledger.rs", "// skip\n");
        s.forge.push(&s.who("sam"), REPOSITORY, "wip", smuggled);
        s.retarget("kim", &change, "wip").await;
        s.forge.update_branch(&s.who("kim"), REPOSITORY, change.number);
        s.quiet().await;
        s.retarget("kim", &change, "main").await;
        s.expect_kim_contributed(&change).await;
    });
}

#[test]
fn a10_nor_is_the_merge_of_another_change_into_the_head_branch() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let tip = s.forge.tip(REPOSITORY, &change.branch).unwrap();
        let nested =
            NewCommit::new("Skip the ledger").by("jo <jo@example.com>").onto(tip).file("src/ledger.rs", "//\n");
        let nested = s.change("sam").with(nested).to(&change.branch).open().await;
        s.forge.merge(&s.who("kim"), REPOSITORY, nested.number).unwrap();
        s.expect_kim_contributed(&change).await;
    });
}

#[test]
fn a08_work_does_not_hide_behind_an_update_that_came_with_it() {
    World::new().on_github().run(async |s| {
        let (change, base) = s.change_behind_its_base().await;
        // Kim works in jo's name in a fork of her own, which tells us nothing, and GitHub updates her branch there.
        let fork = s.forge.fork(&s.who("kim"), REPOSITORY);
        let tip = s.head(&change);
        s.forge.push_commit(&s.who("kim"), &fork, "wip", &tip);
        let work = NewCommit::new("Skip the ledger").by("jo <jo@example.com>").file("src/ledger.rs", "// skip\n");
        s.forge.push(&s.who("kim"), &fork, "wip", work);
        let update = s.forge.push(&s.who("kim"), &fork, "wip", merge_of(&base).via_web());
        s.forge.push_commit(&s.who("kim"), REPOSITORY, &change.branch, &update);
        s.expect_kim_contributed(&change).await;
    });
}

#[test]
fn a08_going_back_to_an_update_takes_away_what_came_after() {
    World::new().on_github().run(async |s| {
        let (change, _) = s.change_behind_its_base().await;
        let update = s.forge.update_branch(&s.who("kim"), REPOSITORY, change.number);
        s.quiet().await;
        s.push("jo", &change, "Check the ledger").await;
        s.forge.push_commit(&s.who("kim"), REPOSITORY, &change.branch, &update);
        s.expect_kim_contributed(&change).await;
    });
}

#[test]
fn a08_evidence_in_an_updates_message_is_evidence() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Retry failed payments").open().await;
        s.expect_pass(&change);
        s.put("main", "src/other.rs", "// other\n").await;
        let base = s.forge.tip(REPOSITORY, "main").unwrap();
        let message = claude("Merge branch 'main'");
        let update = NewCommit::new(message).merging(base).file("src/other.rs", "// other\n").via_web();
        s.push_commit("kim", &change, update).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}
