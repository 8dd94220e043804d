//! Policy comes from the base, levels only add, and the gate guards the files that decide about it.

use std::fmt::Write as _;

use seconder::sandbox::NewCommit;

use crate::world::{REPOSITORY, World, claude};

const TWO_FOR_SQL: &str = "version: 1
rules:
- name: sql-needs-two
  when: { paths: [\"**/*.sql\"] }
  require: { approvals: 2, tier: \">= senior\" }
";

#[test]
fn a12_each_base_is_judged_by_its_own_policy_as_it_stands_now() {
    World::new().run(async |s| {
        s.branch("release");
        s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        let commit = NewCommit::new("Drop the table").file("drop.sql", "-- drop\n");
        let change = s.change("kim").with(commit).open().await;
        s.expect_pass(&change);
        s.put("release", s.policy_file(), TWO_FOR_SQL).await;
        s.expect_pass(&change);
        s.retarget("kim", &change, "release").await;
        s.expect_held(&change, "Needs 2 approvals for sql-needs-two");
    });
}

#[test]
fn a12_a_rule_that_reaches_the_base_later_counts_for_open_changes() {
    World::new().run(async |s| {
        let commit = NewCommit::new("Drop the table").file("drop.sql", "-- drop\n");
        let change = s.change("kim").with(commit).open().await;
        s.expect_pass(&change);
        s.put("main", s.policy_file(), TWO_FOR_SQL).await;
        s.expect_held(&change, "Needs 2 approvals for sql-needs-two");
    });
}

#[test]
fn a14_a_change_that_changes_nothing_cannot_be_approved_in_advance() {
    World::new().run(async |s| {
        let change = s.change("jo").with(NewCommit::new(claude("Prepare"))).open().await;
        s.approve("ana", &change).await;
        s.expect_held(&change, "Nothing to approve: the change is empty");
        s.push("jo", &change, "Skip the ledger").await;
        s.expect_refused(&change, "ana", "given for another commit");
    });
}

#[test]
fn a15_a_change_cannot_weaken_the_policy_that_judges_it() {
    World::new().run(async |s| {
        s.put("main", s.policy_file(), TWO_FOR_SQL).await;
        let commit =
            NewCommit::new("Drop the table").file("drop.sql", "-- drop\n").file(s.policy_file(), "version: 1\n");
        let change = s.change("kim").with(commit).open().await;
        s.approve("ana", &change).await;
        s.expect_held(&change, &format!("`sql-needs-two` (`{}`): 1 of 2 approvals", s.policy_file()));
        s.approve("lee", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a15_a_policy_is_never_changed_by_one_person_alone() {
    World::new().run(async |s| {
        let commit = NewCommit::new("Tidy up").file(s.policy_file(), "version: 1\n");
        let change = s.change("pat").with(commit).open().await;
        s.expect_held(&change, "Needs 1 approval for guarded-files");
        s.approve("mia", &change).await;
        s.expect_refused(&change, "mia", "does not meet `guarded-files`");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a15_a_repository_cannot_exempt_anybody_from_the_floor() {
    World::new().run(async |s| {
        let jo = s.who("jo").id;
        let policy = format!(
            "version: 1\nmode: preview\nbranches: [\"release/*\"]\nrules:\n- name: own\n  require: {{ approvals: 1 }}\n\
             exempt: [{{ name: all, accounts: [{jo}], paths: [\"**\"] }}]\n"
        );
        s.put("main", s.policy_file(), &policy).await;
        let declared = "AI disclosure: used Claude Code";
        let change = s.change("jo").commit("Retry failed payments").body(declared).open().await;
        s.expect_held(&change, "`ai-needs-senior` (`built-in policy`): 0 of 1 approvals");
    });
}

#[test]
fn a15_a_broken_policy_on_the_base_passes_nothing() {
    World::new().run(async |s| {
        let change = s.change("kim").commit("Retry failed payments").open().await;
        s.expect_pass(&change);
        s.put("main", s.policy_file(), "version: 1\nrulez: []\n").await;
        s.expect_held(&change, "Policy cannot be used");
    });
}

#[test]
fn a16_files_that_instruct_agents_or_run_in_ci_need_a_second_person() {
    let guarded = [
        "CLAUDE.md",
        "docs/agents.md",
        "CLAUDE.local.md",
        "services/pay/.claude/settings.json",
        ".agents/skills/deploy/SKILL.md",
        ".amazonq/rules/pay.md",
        ".continue/rules/pay.md",
        ".vscode/mcp.json",
        ".aider.conf.yml",
        ".github/prompts/fix.prompt.md",
        ".cursor/rules/pay.mdc",
        ".github/workflows/ci.yml",
        ".github/CODEOWNERS",
    ];
    World::new().run(async |s| {
        for (i, path) in guarded.iter().enumerate() {
            let commit = NewCommit::new("Tidy up").file(*path, "x\n");
            let change = s.change("pat").branch(&format!("tidy-{i}")).with(commit).open().await;
            s.expect_held(&change, "Needs 1 approval for guarded-files");
        }
    });
}

#[test]
fn a17_a_repository_that_drops_its_policy_still_has_the_floor() {
    World::new().run(async |s| {
        s.put("main", s.policy_file(), TWO_FOR_SQL).await;
        let change = s.assisted_change().await;
        s.remove("main", s.policy_file()).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a17_an_organisation_policy_that_is_gone_is_an_error() {
    World::new().run(async |s| {
        s.forge.repository(s.organisation_home());
        let change = s.change("kim").with(NewCommit::new("Drop").file("drop.sql", "-- drop\n")).open().await;
        s.expect_pass(&change);
        s.write_to(s.organisation_home(), "main", "seconder.yml", TWO_FOR_SQL).await;
        s.expect_held(&change, "Needs 2 approvals for sql-needs-two");
        s.forge.delete_repository(s.organisation_home());
        s.forge.edit_body(&s.who("kim"), REPOSITORY, change.number, "Drops the table.");
        s.quiet().await;
        s.expect_held(&change, "the organisation had a policy, and it is gone");
    });
}

#[test]
fn a17_an_organisation_policy_that_cannot_be_read_is_not_a_missing_one() {
    World::new().on_github().run(async |s| {
        let change = s.change("kim").with(NewCommit::new("Drop").file("drop.sql", "-- drop\n")).open().await;
        s.organisation_policy(TWO_FOR_SQL).await;
        s.expect_held(&change, "Needs 2 approvals for sql-needs-two");
        s.organisation_policy(&format!("version: 1\n# {}\n", "x".repeat(600_000))).await;
        s.expect_held(&change, "Policy cannot be used");
    });
}

#[test]
fn a36_a_list_of_files_that_is_cut_off_touches_everything() {
    World::new().on_github().run(async |s| {
        s.put("main", s.policy_file(), TWO_FOR_SQL).await;
        let mut commit = NewCommit::new("Reformat");
        let mut path = String::new();
        for i in 0..=3_000 {
            path.clear();
            write!(path, "src/generated/{i}.rs").unwrap();
            commit = commit.file(path.clone(), "// generated\n");
        }
        let change = s.change("kim").with(commit).open().await;
        s.expect_held(&change, "`sql-needs-two`");
        s.expect_held(&change, "`guarded-files`");
    });
}

#[test]
fn a37_moving_a_file_out_of_a_guarded_place_touches_that_place() {
    World::new().run(async |s| {
        let workflow = "on: push\njobs: {}\n# Long enough to be recognised when it moves.\n";
        s.put("main", ".github/workflows/ci.yml", workflow).await;
        let commit = NewCommit::new("Move").without(".github/workflows/ci.yml").file("docs/ci-example.yml", workflow);
        let change = s.change("pat").with(commit).open().await;
        s.expect_held(&change, "Needs 1 approval for guarded-files");
    });
}

#[test]
fn a37_moving_a_file_between_paths_touches_both() {
    World::new().run(async |s| {
        s.put("main", s.policy_file(), TWO_FOR_SQL).await;
        s.put("main", "schema.sql", "-- the schema, long enough to be recognised when it moves\n").await;
        let commit = NewCommit::new("Move")
            .without("schema.sql")
            .file("schema.txt", "-- the schema, long enough to be recognised when it moves\n");
        let change = s.change("kim").with(commit).open().await;
        s.expect_held(&change, "Needs 2 approvals for sql-needs-two");
    });
}
