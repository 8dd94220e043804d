//! Two people: whoever shaped a change cannot approve it, whatever name the work carries.

use seconder::sandbox::NewCommit;

use crate::world::{REPOSITORY, World, claude};

#[test]
fn a05_a_reviewer_who_pushed_cannot_approve() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.push("kim", &change, "Retry five times").await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a05_nor_once_the_push_was_pushed_away() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.push("kim", &change, "Retry five times").await;
        let clean = NewCommit::new(claude("Retry failed payments, again")).file("src/retry.rs", "// again\n");
        s.force_push("jo", &change, clean).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a05_nor_if_nobody_looked_before_it_was_pushed_away() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let hidden = NewCommit::new("Retry five times").file("src/retry.rs", "// five\n");
        s.forge.push(&s.who("kim"), &change.home, &change.branch, hidden);
        let clean = NewCommit::new(claude("Retry failed payments, again")).file("src/retry.rs", "// again\n");
        s.force_push("jo", &change, clean).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a05_whoever_opened_anothers_work_cannot_approve_it_by_a_command() {
    World::new().run(async |s| {
        // No forge lets her approve by a review, and none looks at comments.
        let work = NewCommit::new(claude("Retry failed payments")).by("jo <jo@example.com>").file("a.rs", "// a\n");
        let change = s.change("kim").pushed_by("jo").with(work).open().await;
        s.approve_by_command("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (opener)");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a06_a_reviewer_who_pushed_under_a_false_name_cannot_approve() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let commit =
            NewCommit::new("Retry five times").by("Nobody <nobody@nowhere.example>").file("src/a.rs", "// a\n");
        s.push_commit("kim", &change, commit).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a06_an_author_whose_commit_another_rebased_cannot_approve() {
    World::new().run(async |s| {
        let commit = NewCommit::new(claude("Retry failed payments"))
            .by("kim <kim@example.com>")
            .committer(seconder::sandbox::Signature::parse("jo <jo@example.com>"))
            .file("src/retry.rs", "// rebased\n");
        let change = s.change("jo").with(commit).open().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (commit author)");
    });
}

#[test]
fn a06_a_borrowed_name_does_not_make_the_author_senior() {
    World::new().run(async |s| {
        let commit = NewCommit::new(claude("Retry failed payments")).by("pat <pat@example.com>").file("a.rs", "// a\n");
        let change = s.change("jo").with(commit).open().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.approve("pat", &change).await;
        s.expect_refused(&change, "pat", "contributed to this change (commit author)");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a06_work_that_a_reviewer_smuggled_in_through_another_branch_is_the_reviewers() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        // Kim writes it in jo's name on a branch of her own, and jo merges that branch.
        let smuggled = NewCommit::new("Skip the ledger").by("jo <jo@example.com>").file("src/ledger.rs", "// skip\n");
        let tip = s.forge.push(&s.who("kim"), REPOSITORY, "kim-wip", smuggled);
        let merge = NewCommit::new("Merge branch 'kim-wip'").merging(tip).file("src/ledger.rs", "// skip\n");
        s.push_commit("jo", &change, merge).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a25_a_second_account_is_the_same_person() {
    World::new().second_account("kim", "kim-at-home").run(async |s| {
        let change = s.assisted_change().await;
        s.push("kim-at-home", &change, "Retry five times").await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a26_whoever_asked_the_agent_for_it_cannot_approve() {
    World::new().run(async |s| {
        let change = s.change("Copilot").commit("Retry failed payments").branch("copilot/fix-1").open().await;
        s.forge.assign(&s.who("Copilot"), REPOSITORY, change.number, &s.who("kim"));
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "asked an agent for this change");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a26_an_operator_who_steps_back_stays_the_operator() {
    World::new().run(async |s| {
        let change = s.change("Copilot").commit("Retry failed payments").branch("copilot/fix-1").open().await;
        s.forge.assign(&s.who("Copilot"), REPOSITORY, change.number, &s.who("kim"));
        s.quiet().await;
        s.forge.unassign(&s.who("kim"), REPOSITORY, change.number, &s.who("kim"));
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "asked an agent for this change");
    });
}

#[test]
fn a26_an_agent_whose_operator_nobody_knows_needs_one_approval_more() {
    World::new().run(async |s| {
        let change = s.change("claude[bot]").commit("Retry failed payments").branch("claude/fix-1").open().await;
        s.expect_held(&change, "nothing says who asked it to");
        s.approve("kim", &change).await;
        s.expect_held(&change, "1 of 2 approvals by qualifying reviewers");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a26_a_name_in_a_commit_does_not_settle_who_asked_the_agent() {
    // On a GitLab the co-author costs an approval of its own, below.
    World::new().on_github().run(async |s| {
        // Told to by kim, the agent writes a commit as if Copilot had, for ana.
        let forged = NewCommit::new("Retry failed payments\n\nCo-authored-by: ana <ana@example.com>")
            .by("copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>")
            .file("src/retry.rs", "// retry\n");
        let change = s.change("claude[bot]").with(forged).branch("claude/fix-1").open().await;
        s.approve("kim", &change).await;
        s.expect_held(&change, "1 of 2 approvals by qualifying reviewers");
        s.approve("lee", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a26_a_co_author_whom_gitlab_does_not_name_cannot_be_the_only_approver() {
    World::new().on_gitlab().run(async |s| {
        let message = "Retry failed payments\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n\
                       Co-authored-by: Kim <kim@home.example>";
        let change = s.change("jo").commit(message).open().await;
        s.approve("kim", &change).await;
        s.expect_held(&change, "1 of 2 approvals by qualifying reviewers");
        s.expect_says(&change, "does not tell whose the address of a co-author is");
        s.approve("lee", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a26_a_co_author_whom_the_directory_names_is_nobody_unknown() {
    let directory = "\
version: 1
tiers: [junior, senior]
people:
- { id: jo, accounts: [${jo}] }
- { id: kim, accounts: [${kim}], emails: [kim@home.example] }
- { id: lee, accounts: [${lee}] }
groups: [{ id: seniors, vouched: true, members: [kim, lee] }]
tier_rules: [{ id: seniors, groups: [seniors], tier: senior }]
";
    World::new().directory(directory).on_gitlab().run(async |s| {
        let message = "Retry failed payments\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n\
                       Co-authored-by: Kim <kim@home.example>";
        let change = s.change("jo").commit(message).open().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change");
        s.approve("lee", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a26_a_seniors_own_agent_needs_a_second_person_all_the_same() {
    World::new().run(async |s| {
        let commit = NewCommit::new("Drop the table").by("Claude <noreply@anthropic.com>").file("a.sql", "-- drop\n");
        let change = s.change("pat").with(commit).open().await;
        s.expect_held(&change, "Needs 1 approval for agents-need-a-second-person");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a27_everybody_who_asked_the_agent_for_something_contributed() {
    World::new().on_github().run(async |s| {
        let change = s.change("Copilot").commit("Retry failed payments").branch("copilot/fix-1").open().await;
        s.forge.assign(&s.who("Copilot"), REPOSITORY, change.number, &s.who("kim"));
        // Ana asks for more in a comment; the platform names her in the commit that follows.
        let message = "Retry five times\n\nCo-authored-by: ana <ana@example.com>";
        s.push("Copilot", &change, message).await;
        s.approve("ana", &change).await;
        s.expect_refused(&change, "ana", "this change");
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "asked an agent for this change");
        s.approve("lee", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a38_a_maintainer_who_pushed_to_the_fork_cannot_approve() {
    World::new().run(async |s| {
        let change = s.change("jo").in_a_fork().open().await;
        s.push("kim", &change, "Retry five times").await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a38_what_a_junior_pushed_is_the_juniors_although_a_senior_opened_it() {
    World::new().run(async |s| {
        // Jo pushed it in kim's name, before there was any change.
        let commit = NewCommit::new(claude("Retry failed payments")).by("kim <kim@example.com>").file("a.rs", "// a\n");
        let change = s.change("kim").pushed_by("jo").with(commit).open().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a38_work_from_a_juniors_fork_is_the_juniors_although_a_senior_opened_it() {
    World::new().run(async |s| {
        // Jo wrote it in kim's name; GitHub tells nobody who pushes to a fork.
        let commit = NewCommit::new(claude("Retry failed payments")).by("kim <kim@example.com>").file("a.rs", "// a\n");
        let change = s.change("kim").pushed_by("jo").with(commit).in_a_fork().open().await;
        s.expect_held(&change, "Nobody saw who pushed this commit");
        s.approve("ana", &change).await;
        s.expect_held(&change, "1 of 2 approvals by qualifying reviewers");
        s.approve("lee", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn policy_bot_3_a_commit_under_an_unlinked_address_does_not_hide_its_author() {
    World::new().run(async |s| {
        let commit =
            NewCommit::new(claude("Retry failed payments")).by("Kim <kim@home.example>").file("a.rs", "// a\n");
        let change = s.change("jo").pushed_by("kim").with(commit).open().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}
