//! Agents that open changes, and whoever asked them to.

use seconder::sandbox::NewCommit;

use crate::world::{REPOSITORY, World};

fn work() -> NewCommit {
    NewCommit::new("Retry failed payments").file("src/retry.rs", "// again\n")
}

#[test]
fn an_agent_that_opens_a_change_is_platform_evidence() {
    World::new().run(async |s| {
        let change = s.change("claude[bot]").with(work()).open().await;
        s.expect_held(&change, "`claude` in the account that opened the change: ");
        s.expect_says(&change, "(platform)");
        s.expect_says(&change, "Assistance: autonomous");
    });
}

#[test]
fn an_agent_whose_operator_nobody_knows_takes_one_approval_more() {
    World::new().run(async |s| {
        let change = s.change("claude[bot]").with(work()).open().await;
        s.expect_says(&change, "nothing says who asked it to");
        s.approve("ana", &change).await;
        s.expect_held(&change, "1 of 2 approvals");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn whoever_assigned_the_agent_does_not_approve_its_work() {
    World::new().run(async |s| {
        let change = s.change("claude[bot]").with(work()).open().await;
        s.forge.assign(&s.who("kim"), REPOSITORY, change.number, &s.who("claude[bot]"));
        s.quiet().await;
        s.expect_silent(&change, "nothing says who asked it to");
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "asked an agent for this change");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn an_agents_second_commit_to_a_persons_change_needs_a_second_person() {
    World::new().run(async |s| {
        let change = s.change("ana").commit("Retry").open().await;
        s.expect_pass(&change);
        let fix = NewCommit::new("Fix").by("Claude <noreply@anthropic.com>").file("src/fix.rs", "// fix\n");
        s.push_commit("claude[bot]", &change, fix).await;
        s.expect_held(&change, "Needs 1 approval for agents-need-a-second-person");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_dependency_bot_is_no_agent() {
    // What passes at once has no note on GitLab, and so no such words.
    World::new().on_github().run(async |s| {
        let change = s.change("dependabot[bot]").with(work()).open().await;
        s.expect_pass(&change);
        s.expect_says(&change, "Assistance: none");
    });
}
