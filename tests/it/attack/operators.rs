//! A26 once more: what does not settle who asked an agent.

use seconder::sandbox::NewCommit;

use crate::world::{REPOSITORY, World};

const WITH_ROBOT: &str = "version: 1\n\
    tiers: [junior, senior]\n\
    people:\n\
    - { id: sam, accounts: [${sam}] }\n\
    - { id: kim, accounts: [${kim}], groups: [seniors] }\n\
    groups:\n\
    - { id: seniors, vouched: true }\n\
    tier_rules:\n\
    - { id: are-senior, groups: [seniors], tier: senior }\n\
    robots: [${ci}]\n";

#[test]
fn a26_anybodys_assignment_does_not_settle_who_asked_the_agent() {
    World::new().run(async |s| {
        let change = s.change("claude[bot]").commit("Retry").branch("claude/retry").open().await;
        s.approve("kim", &change).await;
        s.expect_held(&change, "1 of 2 approvals");
        s.forge.assign(&s.who("jo"), REPOSITORY, change.number, &s.who("jo"));
        s.quiet().await;
        s.expect_held(&change, "1 of 2 approvals");
    });
}

#[test]
fn a26_whoever_assigns_the_agent_asked_for_it() {
    World::new().run(async |s| {
        let change = s.change("claude[bot]").commit("Retry").branch("claude/retry").open().await;
        s.forge.assign(&s.who("kim"), REPOSITORY, change.number, &s.who("claude[bot]"));
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "asked an agent for this change");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn somebody_assigned_to_review_an_agents_change_can_approve_it() {
    World::new().run(async |s| {
        let change = s.change("claude[bot]").commit("Retry").branch("claude/retry").open().await;
        s.forge.assign(&s.who("jo"), REPOSITORY, change.number, &s.who("claude[bot]"));
        s.forge.assign(&s.who("ana"), REPOSITORY, change.number, &s.who("ana"));
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a26_a_forged_commit_does_not_settle_it_for_a_robot_either() {
    World::new().directory(WITH_ROBOT).on_github().run(async |s| {
        let forged = NewCommit::new(format!("More\n\nCo-authored-by: sam <{}>", s.who("sam").email))
            .by("copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>")
            .file("src/b.rs", "// b\n");
        let by_agent = NewCommit::new("Retry").by("Claude <noreply@anthropic.com>").file("src/a.rs", "// a\n");
        let change = s.change("ci").with(by_agent).with(forged).open().await;
        s.approve("kim", &change).await;
        s.expect_held(&change, "1 of 2 approvals");
    });
}
