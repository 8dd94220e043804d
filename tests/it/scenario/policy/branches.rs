//! Which bases are governed.

use super::two_people;
use crate::world::World;

#[test]
fn a_base_that_requires_our_check_is_governed_and_another_is_not() {
    World::new().on_github().run(async |s| {
        s.new_branch("release/1").await;
        s.new_branch("spike").await;
        s.forge.require_check("acme/pay", "release/1", "seconder", Some(s.forge.app().id));
        s.forge.require_check("acme/pay", "spike", "seconder", Some(4711));
        let released = s.change("jo").to("release/1").open().await;
        s.expect_held(&released, "Needs 1 approval for ai-needs-senior");
        let spiked = s.change("sam").to("spike").open().await;
        s.expect_no_check(&spiked);
    });
}

#[test]
fn the_policys_branches_are_governed() {
    let floor = two_people("all") + "branches: [main, 'release/*']\n";
    World::new().floor(&floor).run(async |s| {
        s.new_branch("release/1").await;
        s.new_branch("release/1/hotfix").await;
        let released = s.change("jo").to("release/1").open().await;
        assert_eq!(s.title(&released), "Needs 2 approvals for all");
        let elsewhere = s.change("sam").to("release/1/hotfix").open().await;
        s.expect_no_check(&elsewhere);
        let to_main = s.change("mia").open().await;
        s.expect_held(&to_main, "Needs 2 approvals for all");
    });
}

#[test]
fn a_repository_adds_branches_and_takes_none_away() {
    World::new().run(async |s| {
        s.new_branch("next").await;
        s.policy("version: 1\nbranches: [next]\n").await;
        let to_next = s.change("jo").to("next").open().await;
        assert_eq!(s.title(&to_next), "Needs 1 approval for ai-needs-senior");
        let to_main = s.change("sam").open().await;
        s.expect_held(&to_main, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn another_default_branch_is_governed_instead() {
    World::new().on_github().run(async |s| {
        s.new_branch("trunk").await;
        let change = s.change("jo").to("trunk").open().await;
        s.expect_no_check(&change);
        s.forge.default_branch(&s.who("keeper"), "acme/pay", "trunk");
        s.quiet().await;
        assert_eq!(s.title(&change), "Needs 1 approval for ai-needs-senior");
    });
}
