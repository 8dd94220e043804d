//! Every channel: the check says where the sign was found and how strong it is.

use seconder::sandbox::NewCommit;

use crate::world::{REPOSITORY, World, claude};

const ASSISTED: &str = "Assistance: assisted";

#[test]
fn a_trailer_is_shown_with_its_commit_and_line() {
    World::new().run(async |s| {
        let change = s.change("jo").commit(&claude("Retry failed payments")).open().await;
        let sha = &s.head(&change)[..12];
        s.expect_held(&change, &format!("`claude` in message of commit `{sha}`, line 3: `"));
        s.expect_says(&change, "Claude <noreply@anthropic.com>` (attributed)");
    });
}

#[test]
fn a_tool_as_the_author_of_a_commit_makes_the_change_an_agents() {
    World::new().run(async |s| {
        let commit = NewCommit::new("Retry").by("Claude <noreply@anthropic.com>").file("src/a.rs", "// 1\n");
        let change = s.change("ana").with(commit).open().await;
        s.expect_held(&change, "Assistance: autonomous");
        s.expect_held(&change, "Needs 1 approval for agents-need-a-second-person");
        s.expect_says(&change, "in author of commit");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_footer_in_the_description_is_shown_with_its_line() {
    World::new().run(async |s| {
        let body = "Retries.\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)";
        let change = s.change("jo").commit("Retry").body(body).open().await;
        s.expect_held(&change, "`claude` in description, line 3: ");
        s.expect_says(&change, "(attributed)");
        s.expect_says(&change, ASSISTED);
    });
}

#[test]
fn an_agents_branch_is_context() {
    World::new().run(async |s| {
        let change = s.change("jo").commit("Retry").branch("codex/retry-failed-payments").open().await;
        s.expect_held(&change, "`codex` in the branch name: `codex/retry-failed-payments` (context)");
        s.expect_says(&change, ASSISTED);
    });
}

#[test]
fn a_label_that_says_so_counts_and_stays_when_it_is_taken_off() {
    World::new().run(async |s| {
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_pass(&change);
        s.forge.label(&s.who("sam"), REPOSITORY, change.number, "ai-assisted");
        s.quiet().await;
        s.expect_held(&change, "in a label: `ai-assisted` (declared)");
        s.forge.unlabel(&s.who("jo"), REPOSITORY, change.number, "ai-assisted");
        s.quiet().await;
        s.expect_held(&change, ASSISTED);
    });
}

#[test]
fn a_tools_own_label_is_shown_and_does_not_gate() {
    // What passes at once has no note on GitLab, and so no such words.
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Retry").open().await;
        s.forge.label(&s.who("sam"), REPOSITORY, change.number, "codex");
        s.quiet().await;
        s.expect_pass(&change);
        s.expect_says(&change, "`codex` in a label: `codex` (hint, does not gate)");
    });
}

#[test]
fn a_declaration_counts() {
    World::new().run(async |s| {
        let body =
            "Retries.\n\n### Was this patch authored or co-authored using generative AI tooling?\n\nYes (Claude Code)";
        let change = s.change("jo").commit("Retry").body(body).open().await;
        s.expect_held(&change, "`claude` in description, line ");
        s.expect_says(&change, "(declared)");
        s.expect_says(&change, ASSISTED);
    });
}

#[test]
fn a_declared_no_cancels_nothing_and_the_contradiction_is_shown() {
    World::new().run(async |s| {
        let change = s.change("jo").commit(&claude("Retry")).body("AI used: no").open().await;
        s.expect_held(&change, ASSISTED);
        s.expect_says(&change, "declares that no AI was used, which contradicts the evidence");
    });
}

#[test]
fn evidence_that_comes_later_voids_a_success() {
    World::new().run(async |s| {
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_pass(&change);
        s.push("jo", &change, &claude("Retry three times")).await;
        s.expect_held(&change, ASSISTED);
        s.push("jo", &change, "Tidy up").await;
        s.expect_held(&change, ASSISTED);
    });
}
