//! Levels only add: nothing below weakens anything above.

use super::{rules, two_people};
use crate::world::{World, claude};

#[test]
fn the_rules_of_all_levels_must_be_satisfied() {
    World::new().on_github().run(async |s| {
        s.organisation_policy(&rules("- { name: two-people, require: { approvals: 2 } }\n")).await;
        s.policy(&rules("- { name: principals, require: { tier: '>= principal' } }\n")).await;
        let change = s.assisted_change().await;
        for rule in ["`ai-needs-senior` (`built-in policy`)", "`two-people` (`.github:seconder.yml`)"] {
            s.expect_held(&change, rule);
        }
        s.expect_held(&change, "`principals` (`.github/seconder.yml`)");
        s.approve("ana", &change).await;
        s.expect_held(&change, "`ai-needs-senior` (`built-in policy`): satisfied");
        s.approve("kim", &change).await;
        s.expect_held(&change, "Needs 1 approval for principals");
        s.approve("pat", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_repository_cannot_weaken_what_stands_above_it() {
    World::new().run(async |s| {
        s.policy(
            "version: 1\nmode: preview\ndisclosure: { required: false }\nbranches: [elsewhere]\n\
             approve: { by: [review, command], sha: optional }\n\
             rules: [{ name: own, when: { assistance: autonomous }, require: { approvals: 1 } }]\n\
             exempt: [{ name: all-of-jo, accounts: [1, 2, 3] }]\n",
        )
        .await;
        let change = s.assisted_change().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        let preview = s.forge.check_run("acme/pay", &s.head(&change), "seconder-preview");
        assert!(preview.is_none(), "a repository cannot turn the check into a preview");
    });
}

#[test]
fn a_repository_cannot_exempt_anybody_from_the_floor() {
    World::new().on_github().floor(&two_people("of-the-floor")).run(async |s| {
        let jo = s.who("jo").id;
        s.policy(&format!("{}exempt: [{{ name: jo, accounts: [{jo}] }}]\n", two_people("own"))).await;
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_held(&change, "Needs 2 approvals for of-the-floor");
        s.expect_says(&change, "`own` (`.github/seconder.yml`): exempt by `jo`");
        s.approve("ana", &change).await;
        s.approve("sam", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_change_goes_by_the_policy_of_its_base_and_of_the_default_branch() {
    World::new().run(async |s| {
        s.new_branch("release/1").await;
        s.forge.require_check("acme/pay", "release/1", "seconder", Some(s.forge.app().id));
        s.policy(&rules("- { name: everywhere, require: { tier: '>= mid' } }\n")).await;
        s.policy_on("release/1", &two_people("releases")).await;
        let to_main = s.change("jo").commit("Retry").open().await;
        s.expect_held(&to_main, "Needs 1 approval for everywhere");
        s.expect_silent(&to_main, "releases");
        let to_release = s.change("sam").commit("Retry on the release").to("release/1").open().await;
        s.expect_held(&to_release, "`releases`");
        s.expect_held(&to_release, "`everywhere`");
        s.approve("mia", &to_release).await;
        s.approve("jo", &to_release).await;
        s.expect_pass(&to_release);
        s.approve("mia", &to_main).await;
        s.expect_pass(&to_main);
    });
}

#[test]
fn a_new_policy_counts_for_changes_that_are_open() {
    World::new().run(async |s| {
        s.new_branch("release/1").await;
        s.forge.require_check("acme/pay", "release/1", "seconder", Some(s.forge.app().id));
        let change = s.change("jo").commit("Retry").open().await;
        let released = s.change("jo").commit("Retry on the release").to("release/1").open().await;
        s.expect_pass(&change);
        s.expect_pass(&released);
        s.policy(&two_people("own")).await;
        s.expect_held(&change, "Needs 2 approvals for own");
        s.expect_held(&released, "Needs 2 approvals for own");
        s.policy("").await;
        s.expect_pass(&change);
        s.policy_on("release/1", &two_people("releases")).await;
        s.expect_pass(&change);
        s.expect_held(&released, "Needs 2 approvals for releases");
        s.organisation_policy(&two_people("of-all")).await;
        s.expect_held(&change, "Needs 2 approvals for of-all");
    });
}

#[test]
fn a_change_does_not_go_by_the_policy_that_it_brings_along() {
    World::new().run(async |s| {
        s.policy(&two_people("own")).await;
        let commit = seconder::sandbox::NewCommit::new(claude("Relax")).file(s.policy_file(), "version: 1\n");
        let change = s.change("jo").with(commit).open().await;
        s.expect_held(&change, "`own`");
        s.expect_held(&change, "`guarded-files`");
        s.approve("ana", &change).await;
        s.expect_held(&change, "Needs 1 approval for own");
        s.approve("sam", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn the_strictest_mode_counts() {
    World::new().floor("version: 1\nmode: preview\nrules: [{ name: all, require: { approvals: 1 } }]\n").run(
        async |s| {
            let change = s.assisted_change().await;
            s.expect_no_check(&change);
            let preview = s.forge.check_run("acme/pay", &s.head(&change), "seconder-preview").unwrap();
            assert_eq!(preview.conclusion.as_deref(), Some("action_required"));
            assert_eq!(preview.title.as_deref(), Some("Needs 1 approval for all"));
            s.organisation_policy("version: 1\nmode: enforce\n").await;
            s.expect_held(&change, "Needs 1 approval for all");
            s.approve("sam", &change).await;
            s.expect_pass(&change);
        },
    );
}
