//! What rules ask for, and when.

use seconder::sandbox::{NewCommit, Permission};

use super::rules;
use crate::world::World;

const INFRA: &str = "- { name: infra, when: { paths: ['infra/**'] }, require: { tier: '>= senior' } }\n";
const TEXT: &str = "resource \"database\" \"payments\" {\n  size = \"large\"\n  region = \"north\"\n}\n";

#[test]
fn a_rule_on_paths_applies_where_they_are_touched() {
    World::new().floor(&rules(INFRA)).run(async |s| {
        let elsewhere = s.change("jo").commit("Retry").open().await;
        s.expect_pass(&elsewhere);
        let there = s.change("jo").with(NewCommit::new("Grow").file("infra/db.tf", TEXT)).open().await;
        s.expect_held(&there, "Needs 1 approval for infra");
        s.approve("ana", &there).await;
        s.expect_pass(&there);
    });
}

#[test]
fn a_file_that_was_moved_away_counts_by_its_old_path_for_one_call_more() {
    World::new().on_github().floor(&rules(INFRA)).run(async |s| {
        s.write("acme/pay", "main", "infra/db.tf", TEXT).await;
        s.calls().await;
        let moved = NewCommit::new("Tidy up").without("infra/db.tf").file("attic/db.tf", TEXT);
        let change = s.change("jo").with(moved).open().await;
        s.expect_held(&change, "Needs 1 approval for infra");
        let files: Vec<_> = s.calls().await.into_iter().filter(|call| call.path.ends_with("/files")).collect();
        assert_eq!(files.len(), 1, "{files:?}");
    });
}

#[test]
fn a_list_of_files_that_is_too_long_matches_every_path() {
    World::new().floor(&rules(INFRA)).run(async |s| {
        let many = (0..3_001).fold(NewCommit::new("Vendor a library"), |commit, n| {
            commit.file(format!("vendor/{n}.c"), format!("int f{n};\n"))
        });
        let change = s.change("jo").with(many).open().await;
        s.expect_held(&change, "`infra`");
        s.expect_held(&change, "`guarded-files` (`built in`): 0 of 1 approvals by qualifying reviewers. Not all files");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn an_undisclosed_change_is_unknown_until_its_opener_answers() {
    let floor = format!("{}disclosure: {{ required: true }}\n", seconder::gate::policy::schema::built_in());
    World::new().floor(&floor).run(async |s| {
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_held(&change, "the change does not say");
        s.forge.edit_body(&s.who("jo"), &change.repository, change.number, "AI used: no");
        s.quiet().await;
        s.expect_pass(&change);
        // An answer that somebody else wrote is none.
        s.forge.edit_body(&s.who("sam"), &change.repository, change.number, "AI used: no, none");
        s.quiet().await;
        s.expect_held(&change, "the change does not say");
        // But anybody may say yes, and that stays.
        s.forge.edit_body(&s.who("sam"), &change.repository, change.number, "AI used: yes");
        s.quiet().await;
        s.expect_held(&change, "Assistance: assisted");
        s.forge.edit_body(&s.who("jo"), &change.repository, change.number, "AI used: no");
        s.quiet().await;
        s.expect_held(&change, "Assistance: assisted");
    });
}

#[test]
fn whoever_must_outrank_the_author_stands_above_every_contributor() {
    let floor = rules("- { name: above, require: { outranks_author: true } }\n");
    World::new().floor(&floor).run(async |s| {
        let change = s.change("mia").commit("Retry").open().await;
        s.approve("jo", &change).await;
        s.expect_refused(&change, "jo", "does not meet `above`");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.push("kim", &change, "Retry twice").await;
        s.approve("ana", &change).await;
        s.expect_refused(&change, "ana", "does not meet `above`");
        s.approve("pat", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn each_approver_meets_every_condition_of_a_rule() {
    let directory = "version: 1\ntiers: [junior, senior]\ndefault: { employee: senior }\npeople:\n\
        - { id: ana, accounts: [${ana}], groups: [sre] }\n- { id: kim, accounts: [${kim}], training: [ai-review] }\n\
        - { id: lee, accounts: [${lee}], groups: [dba], training: [ai-review, privacy] }\n\
        groups: [{ id: sre }, { id: dba }]\n";
    let floor = rules("- { name: infra, require: { groups: [sre, dba], training: [ai-review] } }\n");
    World::new().directory(directory).floor(&floor).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "ana", "does not meet `infra`");
        s.expect_refused(&change, "kim", "does not meet `infra`");
        s.approve("lee", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn write_access_is_asked_for_only_where_the_policy_says_so() {
    let floor = rules("- { name: writers, require: { tier: '>= senior', write_access: true } }\n");
    World::new().floor(&floor).run(async |s| {
        s.forge.grant("acme/pay", &s.who("ana"), Permission::Read);
        s.forge.grant("acme/pay", &s.who("kim"), Permission::Write);
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_refused(&change, "ana", "does not meet `writers`");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_rule_that_nobody_can_satisfy_says_so() {
    let floor = rules(
        "- { name: sre, require: { groups: [sre] } }\n- { name: many, require: { approvals: 3, tier: '>= principal' } }\n",
    );
    World::new().floor(&floor).run(async |s| {
        let change = s.assisted_change().await;
        s.expect_held(&change, "**Nobody in the directory can satisfy it**");
        s.expect_held(&change, "**Too few people in the directory can satisfy it**");
    });
}

#[test]
fn the_check_names_whom_to_ask_only_if_the_organisation_wants_it() {
    World::new().names_candidates().run(async |s| {
        let change = s.assisted_change().await;
        s.expect_held(&change, "Ask for example ana, kim, lee, pat.");
        let by_kim = s.change("jo").pushed_by("kim").branch("kims").open().await;
        s.expect_held(&by_kim, "Ask for example ana, lee, pat.");
    });
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.expect_silent(&change, "Ask for example");
    });
}

#[test]
fn whom_to_ask_is_called_by_login_where_the_directory_has_one() {
    let directory = "version: 1\ntiers: [junior, senior]\ndefault: { employee: senior }\npeople:\n\
        - { id: e1001, accounts: [{ host: \"${host}\", login: kim }] }\n";
    World::new().directory(directory).names_candidates().run(async |s| {
        s.who("kim");
        let change = s.assisted_change().await;
        s.expect_held(&change, "Ask for example @kim.");
        s.expect_silent(&change, "e1001");
    });
}
