//! Who approved, who did not, and what to do next.

use seconder::sandbox::{NewCommit, OpenPull};

use super::read;
use crate::world::{REPOSITORY, World, claude};

#[test]
fn of_a_change_that_needs_nobody() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Retry").open().await;
        insta::assert_snapshot!(read(s, &change), @r"
        [success] No sign of AI assistance; no approval needed
        ### Assistance: none
        - No sign of AI assistance was found. That does not prove that none was used.
        ");
    });
}

#[test]
fn of_a_change_that_waits_for_its_first_approval() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        insta::assert_snapshot!(read(s, &change), @r"
        [action_required] Needs 1 approval for ai-needs-senior
        ### Rules
        - `ai-needs-senior` (`built-in policy`): 0 of 1 approvals by qualifying reviewers.
        ### Next step
        - **Contributors**: ask a qualifying reviewer who had no part in this change to review `HEAD`.
        - **Reviewers**: submit an approving review of `HEAD`, or comment `/seconder approve HEAD` on a line of its own; a new push needs a new one.
        ### Assistance: assisted
        - `claude` in message of commit `HEAD`, line 3: `Co-Authored-By: Claude <noreply@anthropic.com>` (attributed)
        ");
    });
}

#[test]
fn of_approvals_that_do_not_count() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("lee", &change).await;
        s.push("jo", &change, "Retry three times").await;
        s.push("pat", &change, "Retry twice").await;
        for login in ["sam", "stranger", "pat", "Copilot"] {
            s.approve(login, &change).await;
        }
        let text = read(s, &change);
        let refused = text.split("### Approvals that do not count").nth(1).unwrap_or_default();
        let refused = refused.split("###").next().unwrap_or_default();
        let first = refused.split('`').nth(1).unwrap_or_default();
        insta::assert_snapshot!(refused.replace(first, "EARLIER").trim(), @r"
        - @lee approved `EARLIER`: given for another commit.
        - @sam approved `HEAD`: does not meet `ai-needs-senior`.
        - @stranger approved `HEAD`: the account is not linked to anybody in the directory.
        - @pat approved `HEAD`: contributed to this change (pusher).
        - @copilot-swe-agent approved `HEAD`: not a person's account.
        ");
    });
}

#[test]
fn of_a_change_that_passed() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("sam", &change).await;
        s.approve("ana", &change).await;
        insta::assert_snapshot!(read(s, &change), @r"
        [success] Approved by a qualifying reviewer
        ### Rules
        - `ai-needs-senior` (`built-in policy`): satisfied by 1 approval.
        ### Approvals that count
        - @ana approved `HEAD`: counts for `ai-needs-senior`.
        ### Approvals that do not count
        - @sam approved `HEAD`: does not meet `ai-needs-senior`.
        ### Assistance: assisted
        - `claude` in message of commit `HEAD`, line 3: `Co-Authored-By: Claude <noreply@anthropic.com>` (attributed)
        ");
    });
}

#[test]
fn of_a_change_that_somebody_holds() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let request = s.request_changes("kim", &change).await;
        s.forge.dismiss(&s.who("pat"), REPOSITORY, change.number, request, "Not now");
        s.quiet().await;
        insta::assert_snapshot!(read(s, &change), @r"
        [action_required] Held: kim asked for changes
        ### Held
        - @kim asked for changes. The review was dismissed; that does not lift the request. This holds the change until the same person approves, or until others who qualify do: one of a higher tier, or two.
        ### Rules
        - `ai-needs-senior` (`built-in policy`): satisfied by 1 approval.
        ### Approvals that count
        - @ana approved `HEAD`: counts for `ai-needs-senior`.
        ### Assistance: assisted
        - `claude` in message of commit `HEAD`, line 3: `Co-Authored-By: Claude <noreply@anthropic.com>` (attributed)
        ");
    });
}

#[test]
fn of_an_agents_change_that_nobody_answers_for() {
    World::new().on_github().run(async |s| {
        let change = s
            .change("claude[bot]")
            .with(NewCommit::new("Retry").by("jo <jo@example.com>").file("a.rs", "1"))
            .open()
            .await;
        insta::assert_snapshot!(read(s, &change), @r"
        [action_required] Needs 2 or more approvals for 2 rules
        ### Rules
        - `ai-needs-senior` (`built-in policy`): 0 of 2 approvals by qualifying reviewers.
        - `agents-need-a-second-person` (`built-in policy`): 0 of 2 approvals by qualifying reviewers.
        - An agent made this change and nothing says who asked it to, so every rule asks for one approval more than usual.
        ### Next step
        - **Contributors**: ask a qualifying reviewer who had no part in this change to review `HEAD`.
        - **Reviewers**: submit an approving review of `HEAD`, or comment `/seconder approve HEAD` on a line of its own; a new push needs a new one.
        ### Assistance: autonomous
        - `claude` in the account that opened the change: `claude` (platform)
        ");
    });
}

#[test]
fn of_two_changes_with_one_head() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.forge.push_commit(&s.who("jo"), REPOSITORY, "copy", &s.head(&change));
        s.forge.open_pull(&s.who("jo"), REPOSITORY, OpenPull::new("copy", "The same again"));
        s.quiet().await;
        insta::assert_snapshot!(read(s, &change), @r"
        [action_required] #2: Needs 1 approval for ai-needs-senior
        This commit is the head of several open changes: #2 waiting, #1 pass.
        The check of a commit is the worst of their verdicts.
        ## #2
        ### Rules
        - `ai-needs-senior` (`built-in policy`): 0 of 1 approvals by qualifying reviewers.
        ### Next step
        - **Contributors**: ask a qualifying reviewer who had no part in this change to review `HEAD`.
        - **Reviewers**: submit an approving review of `HEAD`, or comment `/seconder approve HEAD` on a line of its own; a new push needs a new one.
        ### Assistance: assisted
        - `claude` in message of commit `HEAD`, line 3: `Co-Authored-By: Claude <noreply@anthropic.com>` (attributed)
        ## #1
        ### Rules
        - `ai-needs-senior` (`built-in policy`): satisfied by 1 approval.
        ### Approvals that count
        - @ana approved `HEAD`: counts for `ai-needs-senior`.
        ### Assistance: assisted
        - `claude` in message of commit `HEAD`, line 3: `Co-Authored-By: Claude <noreply@anthropic.com>` (attributed)
        ");
    });
}

#[test]
fn of_a_change_to_a_guarded_file() {
    World::new().on_github().run(async |s| {
        let commit = NewCommit::new(claude("Run it nightly")).file(".github/workflows/nightly.yml", "on: schedule\n");
        let change = s.change("jo").with(commit).open().await;
        insta::assert_snapshot!(read(s, &change), @r"
        [action_required] Needs 1 or more approvals for 2 rules
        ### Rules
        - `ai-needs-senior` (`built-in policy`): 0 of 1 approvals by qualifying reviewers.
        - `guarded-files` (`built in`): 0 of 1 approvals by qualifying reviewers. The change touches `.github/workflows/nightly.yml`, which decides what this check, or an agent, may do.
        ### Next step
        - **Contributors**: ask a qualifying reviewer who had no part in this change to review `HEAD`.
        - **Reviewers**: submit an approving review of `HEAD`, or comment `/seconder approve HEAD` on a line of its own; a new push needs a new one.
        ### Assistance: assisted
        - `claude` in message of commit `HEAD`, line 3: `Co-Authored-By: Claude <noreply@anthropic.com>` (attributed)
        ");
    });
}

#[test]
fn of_a_change_that_was_closed() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.forge.close(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        insta::assert_snapshot!(read(s, &change), @r"
        [action_required] No open change with a governed base
        This commit was judged as part of a change that is closed, or that now targets a branch which the policy does not govern. Reopen or retarget the change to have it judged again.
        ");
    });
}
