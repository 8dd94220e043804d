//! Whose approval counts at all.

use super::{directory, person};
use crate::world::World;

const NOT_QUALIFIED: &str = "does not meet `ai-needs-senior`";

#[test]
fn somebody_who_has_left_never_approves() {
    let kim = person("kim", "attributes: { level: L6 }, active: false");
    World::new().directory(&directory(&kim, "")).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", NOT_QUALIFIED);
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn the_change_of_somebody_who_has_left_is_still_gated() {
    let kim = person("kim", "attributes: { level: L6 }, active: false");
    World::new().directory(&directory(&kim, "")).run(async |s| {
        let change = s.change("kim").open().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        let by_ana = s.change("ana").open().await;
        s.expect_pass(&by_ana);
    });
}

#[test]
fn a_contractor_counts_only_by_a_rule_of_their_own() {
    let people = person("con", "employment: contractor") + &person("kit", "employment: contractor, groups: [leads]");
    let rules = "- { id: leads, groups: [leads], tier: senior }\n";
    let text = directory(&people, rules)
        + "groups:\n- { id: leads, vouched: true }\ndefault: { employee: mid, contractor: principal }\n";
    World::new().directory(&text).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("con", &change).await;
        s.expect_refused(&change, "con", NOT_QUALIFIED);
        s.approve("kit", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_service_account_never_approves_whatever_its_level() {
    let deploy = person("deploy", "employment: service, attributes: { level: L7 }");
    let text = directory(&deploy, "") + "robots: [${scanner}]\n";
    World::new().directory(&text).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("deploy", &change).await;
        s.approve("scanner", &change).await;
        s.expect_refused(&change, "deploy", "not a person's account");
        s.expect_refused(&change, "scanner", "not a person's account");
    });
}

#[test]
fn a_service_account_is_below_every_tier_as_an_author() {
    let deploy = person("deploy", "employment: service, attributes: { level: L7 }");
    let floor =
        "version: 1\nrules:\n- name: machines\n  when: { author_tier: '= agent' }\n  require: { tier: '>= senior' }\n";
    World::new().directory(&directory(&deploy, "")).floor(floor).run(async |s| {
        let by_machine = s.change("deploy").commit("Bump the version").open().await;
        s.expect_held(&by_machine, "Needs 1 approval for machines");
        let by_jo = s.change("jo").commit("Fix a typo").open().await;
        s.expect_pass(&by_jo);
    });
}

#[test]
fn an_agents_approval_never_counts() {
    let claude = "- { id: kim, accounts: [${kim}, \"${claude[bot]}\"], attributes: { level: L6 } }\n";
    let claude = claude.replace("\"${claude[bot]}\"", "${claude[bot]}");
    World::new().directory(&directory(&claude, "")).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("Copilot", &change).await;
        s.expect_held(&change, "not a person's account");
        // Nor if the directory gives the agent to a senior.
        s.approve("claude[bot]", &change).await;
        let says = s.says(&change);
        assert_eq!(says.matches("not a person's account").count(), 2, "{says}");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn an_account_that_the_directory_does_not_know_never_approves_and_the_check_says_how_to_link_it() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("stranger", &change).await;
        s.expect_refused(&change, "stranger", "not linked to anybody in the directory");
        s.expect_held(&change, "add its number to a person in the directory file");
    });
}

#[test]
fn an_author_whom_the_directory_does_not_know_has_the_lowest_tier() {
    World::new().run(async |s| {
        let change = s.change("stranger").in_a_fork().open().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn the_approval_of_a_deleted_account_does_not_count() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.delete_account(&s.who("ana"));
        s.approve("sam", &change).await;
        // GitLab deletes its approval as well.
        s.expect_held(&change, if s.is_gitlab() { "Needs 1 approval" } else { "the account no longer exists" });
    });
}

#[test]
fn groups_that_contain_each_other_hold_the_same_people() {
    let kim = person("kim", "groups: [leads]");
    let rules = "- { id: staff, groups: [staff], tier: senior }\n";
    let groups =
        "groups:\n- { id: staff, vouched: true, groups: [leads] }\n- { id: leads, vouched: true, groups: [staff] }\n";
    World::new().directory(&(directory(&kim, rules) + groups)).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_directory_for_other_owners_vouches_for_nobody_here() {
    let text = directory("", "") + "tenants: [\"${host}/globex\"]\n";
    World::new().directory(&text).run(async |s| {
        let change = s.assisted_change().await;
        s.expect_held(&change, "Nobody in the directory can satisfy it");
        s.approve("ana", &change).await;
        s.expect_refused(&change, "ana", "not linked to anybody in the directory");
    });
}
