//! Exemptions: numbers and not names, every contributor, every path, and only of the file's own rules.

use seconder::sandbox::NewCommit;

use crate::world::{Scene, World};

const RENOVATE: i64 = 29_139_614;

fn lockfiles() -> String {
    format!(
        "version: 1\nrules: [{{ name: all, require: {{ approvals: 1 }} }}]\n\
         exempt: [{{ name: lockfiles, accounts: [{RENOVATE}], paths: ['**/*.lock'] }}]\n"
    )
}

/// A commit as Renovate makes it: GitHub links no bot's commits to its account, but the address bears the number.
fn bump(s: &Scene) -> NewCommit {
    let host = s.forge.web_url().replace("http://", "");
    let renovate = format!("renovate[bot] <{RENOVATE}+renovate[bot]@users.noreply.{host}>");
    NewCommit::new("Update the lock file").by(&renovate).file("Cargo.lock", "# 2\n")
}

#[test]
fn renovate_is_exempt_by_its_number() {
    World::new().on_github().run(async |s| {
        s.policy(&lockfiles()).await;
        let change = s.change("renovate[bot]").with(bump(s)).open().await;
        s.expect_pass(&change);
        s.expect_says(&change, "exempt by `lockfiles`");
    });
}

#[test]
fn another_account_of_that_name_is_not_exempt() {
    World::new().run(async |s| {
        s.policy(&lockfiles()).await;
        for name in ["renovate", "my-renovate[bot]"] {
            let lock = NewCommit::new("Update").file(format!("{}.lock", name.len()), "# 2\n");
            let change = s.change(name).with(lock).open().await;
            s.expect_held(&change, "Needs 1 approval for all");
        }
    });
}

#[test]
fn nobody_else_may_have_touched_an_exempt_change() {
    World::new().run(async |s| {
        s.policy(&lockfiles()).await;
        let change = s.change("renovate[bot]").with(bump(s)).open().await;
        s.expect_pass(&change);
        s.push_commit("jo", &change, NewCommit::new("Update more").file("web/yarn.lock", "# 3\n")).await;
        s.expect_held(&change, "Needs 1 approval for all");
        // Neither does it help that the commit bears Renovate's name.
        let forged = bump(s).file("a.lock", "# 4\n");
        let change = s.change("renovate[bot]").pushed_by("jo").with(forged).open().await;
        s.expect_held(&change, "Needs 1 approval for all");
    });
}

#[test]
fn every_path_of_an_exempt_change_must_match() {
    World::new().run(async |s| {
        s.policy(&lockfiles()).await;
        let change = s.change("renovate[bot]").with(bump(s).file("build.rs", "// too\n")).open().await;
        s.expect_held(&change, "Needs 1 approval for all");
    });
}

#[test]
fn the_old_name_of_a_renamed_file_must_match_as_well() {
    World::new().run(async |s| {
        s.policy(&lockfiles()).await;
        let text = "fn main() {\n    println!(\"a file long enough to be recognised\");\n}\n";
        s.write("acme/pay", "main", "src/main.rs", text).await;
        let moved = bump(s).without("src/main.rs").file("src/main.lock", text);
        let change = s.change("renovate[bot]").with(moved).open().await;
        s.expect_held(&change, "Needs 1 approval for all");
    });
}

#[test]
fn a_list_of_files_that_is_too_long_exempts_nobody() {
    World::new().on_github().run(async |s| {
        s.policy(&lockfiles()).await;
        let many = (0..3_001).fold(bump(s), |commit, n| commit.file(format!("locks/{n}.lock"), format!("# {n}\n")));
        let change = s.change("renovate[bot]").with(many).open().await;
        s.expect_held(&change, "`all` (`.github/seconder.yml`): 0 of 1");
    });
}
