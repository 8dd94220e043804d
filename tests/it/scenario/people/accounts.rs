//! Accounts and persons: several of one, renamed, given up and taken by somebody else; addresses in commits.

use seconder::sandbox::NewCommit;

use super::{directory, person};
use crate::world::{World, claude};

/// Two seniors must approve.
const TWO_SENIORS: &str = "version: 1\nrules:\n- name: two-seniors\n  require: { approvals: 2, tier: '>= senior' }\n";

#[test]
fn two_accounts_of_one_person_count_once() {
    World::new().second_account("ana", "ana-at-home").floor(TWO_SENIORS).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.approve("ana-at-home", &change).await;
        s.expect_held(&change, "Needs 1 approval for two-seniors");
        s.expect_refused(&change, "ana", "the same person said something else later");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn nobody_approves_their_own_change_under_another_account() {
    World::new().second_account("kim", "kim-at-home").run(async |s| {
        let change = s.change("jo").pushed_by("kim-at-home").open().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_new_login_is_the_same_person() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.rename_account(&s.who("ana"), "ana-smith");
        s.approve("ana-smith", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn whoever_takes_over_a_login_is_somebody_else() {
    let kim = "- { id: kim, accounts: [{ host: \"${host}\", login: kim }], attributes: { level: L6 } }\n";
    World::new().directory(&directory(kim, "")).run(async |s| {
        let kim = s.who("kim");
        let change = s.assisted_change().await;
        s.forge.rename_account(&kim, "kim-smith");
        // The login is free now, and somebody takes it.
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "not linked to anybody in the directory");
        s.approve("kim-smith", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_pinned_login_stays_with_its_account_when_the_file_is_read_again() {
    let kim = "- { id: kim, accounts: [{ host: \"${host}\", login: kim }], attributes: { level: L6 } }\n";
    World::new().directory(&directory(kim, "")).run(async |s| {
        let first = s.who("kim");
        let change = s.assisted_change().await;
        s.forge.rename_account(&first, "kim-smith");
        let more = kim.to_owned() + &person("mo", "attributes: { level: L1 }");
        s.new_directory(&directory(&more, "")).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "not linked to anybody in the directory");
    });
}

#[test]
fn an_address_in_a_commit_makes_its_owner_a_contributor() {
    let kim = person("kim", "attributes: { level: L6 }, emails: [kim@home.example]");
    World::new().directory(&directory(&kim, "")).run(async |s| {
        let commit =
            NewCommit::new(claude("Retry failed payments")).by("Kim <Kim@Home.example>").file("src/a.rs", "1\n");
        let change = s.change("jo").with(commit).open().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (commit author)");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn an_address_in_a_commit_lowers_the_authors_tier_and_never_raises_it() {
    let mo = person("mo", "attributes: { level: L3 }, emails: [mo@home.example]");
    let kim = person("kim", "attributes: { level: L6 }, emails: [kim@home.example]");
    World::new().directory(&directory(&(mo + &kim), "")).run(async |s| {
        let by_mo = NewCommit::new(claude("Retry")).by("Mo <mo@home.example>").file("src/a.rs", "1\n");
        let lowered = s.change("ana").with(by_mo).open().await;
        s.expect_held(&lowered, "Needs 1 approval for ai-needs-senior");
        let by_kim = NewCommit::new(claude("Retry")).by("Kim <kim@home.example>").file("src/b.rs", "1\n");
        let raised = s.change("jo").with(by_kim).open().await;
        s.expect_held(&raised, "Needs 1 approval for ai-needs-senior");
        let by_ana = s.change("ana").open().await;
        s.expect_pass(&by_ana);
    });
}
