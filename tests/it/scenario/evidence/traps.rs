//! What looks like a sign and is none.

use seconder::sandbox::NewCommit;

use crate::world::World;

const NONE: &str = "No sign of AI assistance was found";

#[test]
fn a_person_named_claude_is_a_person() {
    World::new().on_github().run(async |s| {
        let message = "Retry\n\nCo-authored-by: Claude Dupont <claude.dupont@mail.test>";
        let change = s.change("jo").commit(message).open().await;
        s.expect_pass(&change);
        s.expect_says(&change, NONE);
    });
}

#[test]
fn a_quoted_trailer_is_a_quotation() {
    World::new().on_github().run(async |s| {
        let body = "The bot wrote:\n\n> Co-Authored-By: Claude <noreply@anthropic.com>\n\n```\n\
            Co-Authored-By: Claude <noreply@anthropic.com>\n```\n";
        let message = "Say how trailers look\n\n> Co-Authored-By: Claude <noreply@anthropic.com>\n\nas in our guide.";
        let change = s.change("jo").commit(message).body(body).open().await;
        s.expect_pass(&change);
        s.expect_says(&change, NONE);
    });
}

#[test]
fn a_change_about_a_tool_is_not_by_it() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Support Claude and Copilot").branch("claude-retries").open().await;
        s.expect_pass(&change);
        s.expect_says(&change, NONE);
    });
}

#[test]
fn a_person_whom_an_old_projects_trailer_names_assisted() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Retry\n\nAssisted-by: Ana Smith <ana@example.com>").open().await;
        s.expect_pass(&change);
        s.expect_says(&change, NONE);
    });
}

#[test]
fn an_agent_that_only_rebased_is_shown_and_does_not_gate() {
    World::new().on_github().run(async |s| {
        let commit = NewCommit::new("Retry")
            .by("jo <jo@example.com>")
            .committer(seconder::sandbox::Signature::parse("Claude <noreply@anthropic.com>"))
            .file("src/a.rs", "// 1\n");
        let change = s.change("jo").with(commit).open().await;
        s.expect_pass(&change);
        s.expect_says(&change, "in committer of commit");
        s.expect_says(&change, "does not gate");
    });
}
