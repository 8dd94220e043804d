//! Several changes with one head commit.

use seconder::sandbox::OpenPull;

use crate::world::{Change, REPOSITORY, Scene, World};

/// Opens another change whose head is this one's head.
async fn twin(s: &Scene, of: &Change, by: &str, branch: &str, base: &str) -> Change {
    let by = s.who(by);
    s.forge.push_commit(&by, REPOSITORY, branch, &s.head(of));
    let number = s.forge.open_pull(&by, REPOSITORY, OpenPull::new(branch, "The same again").to(base));
    s.quiet().await;
    Change { repository: REPOSITORY.to_owned(), number, home: REPOSITORY.to_owned(), branch: branch.to_owned() }
}

#[test]
fn the_worst_of_several_verdicts_counts_and_the_check_names_its_change() {
    World::new().run(async |s| {
        let first = s.assisted_change().await;
        s.approve("ana", &first).await;
        s.expect_pass(&first);
        let second = twin(s, &first, "jo", "copy", "main").await;
        s.expect_held(&first, &format!("#{}: Needs 1 approval for ai-needs-senior", second.number));
        s.expect_says(&first, &format!("#{} waiting, #{} pass", second.number, first.number));
        s.approve("kim", &second).await;
        s.expect_pass(&first);
        s.expect_pass(&second);
        s.request_changes("lee", &first).await;
        s.expect_held(&second, &format!("#{}: Held: lee asked for changes", first.number));
    });
}

#[test]
fn whoever_opened_a_twin_contributed_to_that_one_only() {
    World::new().run(async |s| {
        let first = s.assisted_change().await;
        let second = twin(s, &first, "ana", "copy", "main").await;
        s.approve("kim", &second).await;
        s.approve("kim", &first).await;
        s.expect_pass(&first);
    });
}

#[test]
fn a_twin_that_is_closed_does_not_count_any_more() {
    World::new().run(async |s| {
        let first = s.assisted_change().await;
        s.approve("ana", &first).await;
        let second = twin(s, &first, "jo", "copy", "main").await;
        s.expect_held(&first, "Needs 1 approval");
        s.forge.close(&s.who("jo"), REPOSITORY, second.number);
        s.quiet().await;
        s.expect_pass(&first);
    });
}

#[test]
fn a_twin_with_an_ungoverned_base_contributes_nothing() {
    World::new().run(async |s| {
        s.new_branch("spike").await;
        let first = s.assisted_change().await;
        s.approve("ana", &first).await;
        let second = twin(s, &first, "jo", "copy", "spike").await;
        s.expect_pass(&first);
        // Nor does it keep a success alive.
        s.forge.close(&s.who("jo"), REPOSITORY, first.number);
        s.quiet().await;
        assert_eq!(s.title(&second), "No open change with a governed base");
    });
}

#[test]
fn an_ungoverned_change_never_makes_a_success_that_another_could_use() {
    World::new().run(async |s| {
        s.new_branch("spike").await;
        let spiked = s.change("jo").to("spike").open().await;
        s.approve("ana", &spiked).await;
        s.expect_no_check(&spiked);
        let real = twin(s, &spiked, "jo", "copy", "main").await;
        s.expect_held(&real, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn each_governed_base_asks_for_its_own_rules() {
    World::new().run(async |s| {
        s.new_branch("release/1").await;
        s.forge.require_check(REPOSITORY, "release/1", "seconder", Some(s.forge.app().id));
        let to_main = s.assisted_change().await;
        s.approve("ana", &to_main).await;
        let to_release = twin(s, &to_main, "jo", "backport", "release/1").await;
        s.policy_on("release/1", "version: 1\nrules: [{ name: releases, require: { tier: '>= principal' } }]\n").await;
        s.approve("kim", &to_release).await;
        s.expect_held(&to_main, &format!("#{}: Needs 1 approval for releases", to_release.number));
        s.approve("pat", &to_release).await;
        s.expect_pass(&to_main);
        s.expect_pass(&to_release);
    });
}
