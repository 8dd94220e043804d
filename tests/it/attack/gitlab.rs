//! Ways around the gate that only a GitLab has.

use seconder::sandbox::{Edition, Opinion, VerdictJob};

use crate::world::{Change, PUBLIC_URL, REPOSITORY, Scene, World};

impl Scene {
    /// A job of the project's pipelines asks for the verdict from now on.
    fn asks_by_job(&self) {
        self.forge.verdict_job(REPOSITORY, VerdictJob::of(&self.url, PUBLIC_URL));
    }

    /// GitLab would not merge it now.
    #[track_caller]
    fn expect_blocked(&self, change: &Change) {
        assert!(self.forge.can_merge(&change.repository, change.number).is_err(), "GitLab would have merged");
    }

    #[track_caller]
    fn expect_free(&self, change: &Change) {
        let can = self.forge.can_merge(&change.repository, change.number);
        assert!(
            can.is_ok(),
            "GitLab does not merge: {can:?}\n{:#?}\n{}",
            self.forge.jobs(REPOSITORY, change.number),
            self.so_far()
        );
    }
}

#[test]
fn a04_gitlab_keeps_an_approval_over_a_push_and_it_counts_no_more_all_the_same() {
    World::new().on_gitlab().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.push("jo", &change, "Skip the ledger").await;
        assert!(s.forge.approvers(REPOSITORY, change.number).contains(&"ana".to_owned()));
        s.expect_refused(&change, "ana", "given for another commit");
        s.expect_blocked(&change);
    });
}

#[test]
fn a07_an_approval_that_no_delivery_told_of_is_bound_by_its_time() {
    World::new().on_gitlab().run(async |s| {
        s.expect_refusals();
        let change = s.assisted_change().await;
        s.forge.advance(jiff::SignedDuration::from_mins(1));
        s.forge.faults().lose_webhooks(100);
        s.forge.review(&s.who("ana"), REPOSITORY, change.number, Opinion::Approve, None);
        s.forge.faults().lose_no_more_webhooks();
        s.look_again(&change).await;
        s.expect_pass(&change);
        s.push("jo", &change, "Skip the ledger").await;
        s.expect_refused(&change, "ana", "given for another commit");
    });
}

#[test]
fn a22_a_status_of_our_name_by_a_developer_merges_nothing() {
    World::new().on_gitlab().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.set_status(&s.who("jo"), REPOSITORY, &s.head(&change), "seconder", "success");
        s.quiet().await;
        s.expect_blocked(&change);
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a22_an_extra_pipeline_with_a_green_job_of_our_name_merges_nothing() {
    World::new().on_edition(Edition::Free).run(async |s| {
        s.asks_by_job();
        let change = s.assisted_change().await;
        let head = s.head(&change);
        s.forge.forge_pipeline(&s.who("jo"), REPOSITORY, &head, &change.branch, "seconder", "success");
        s.quiet().await;
        s.expect_blocked(&change);
    });
}

#[test]
fn a_job_that_asks_is_told_to_wait_and_asks_again_once_the_change_may_pass() {
    World::new().on_edition(Edition::Free).run(async |s| {
        s.asks_by_job();
        let change = s.assisted_change().await;
        s.expect_blocked(&change);
        s.approve("ana", &change).await;
        s.expect_free(&change);
        // What was true is no more: the job that had succeeded runs again, and fails.
        s.forge.unapprove(&s.who("ana"), REPOSITORY, change.number);
        s.quiet().await;
        s.expect_blocked(&change);
        s.approve("ana", &change).await;
        s.expect_free(&change);
        s.push("jo", &change, "Skip the ledger").await;
        s.expect_blocked(&change);
    });
}

#[test]
fn a26_an_approval_by_a_service_account_counts_for_nothing() {
    World::new().on_gitlab().run(async |s| {
        let change = s.assisted_change().await;
        let robot = s.forge.bot("duo-reviewer");
        s.forge.set_role(REPOSITORY, &robot, 30);
        s.forge.review(&robot, REPOSITORY, change.number, Opinion::Approve, None);
        s.quiet().await;
        s.expect_refused(&change, "duo-reviewer", "not a person's account");
    });
}

#[test]
fn a02_a_maintainer_who_writes_a_command_into_somebodys_note_approves_nothing() {
    World::new().on_gitlab().run(async |s| {
        let change = s.assisted_change().await;
        let note = s.say("ana", &change, "I will have a look.").await;
        let line = format!("/seconder approve {}", s.short_head(&change));
        s.forge.edit_comment(&s.who("pat"), note, &line);
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a01_a_note_that_not_everybody_sees_approves_nothing() {
    World::new().on_gitlab().run(async |s| {
        let change = s.assisted_change().await;
        let line = format!("/seconder approve {}", s.short_head(&change));
        s.forge.internal_note(&s.who("ana"), REPOSITORY, change.number, &line);
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn gitlabs_own_quick_actions_are_left_alone() {
    World::new().on_gitlab().run(async |s| {
        let change = s.assisted_change().await;
        let note = s.say("sam", &change, "Let us see.\n\n/approve").await;
        s.expect_no_answer(&change, note);
    });
}

#[test]
fn a22_where_only_a_commit_status_holds_a_change_back_the_check_says_that_it_is_advisory() {
    World::new().on_edition(Edition::Free).run(async |s| {
        let change = s.assisted_change().await;
        s.expect_says(&change, "every developer of the project can set a commit status");
    });
    World::new().on_gitlab().run(async |s| {
        let change = s.assisted_change().await;
        s.expect_says(&change, "Enforced by an approval that only this bot can give.");
    });
}

#[test]
fn there_is_one_note_of_ours_however_often_the_verdict_changes() {
    World::new().on_gitlab().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.push("jo", &change, "Retry three times").await;
        s.approve("kim", &change).await;
        s.expect_pass(&change);
        let bot = s.forge.bot_account().login;
        let ours = s.forge.comments(REPOSITORY, change.number).into_iter().filter(|(_, login, _)| *login == bot);
        assert_eq!(ours.count(), 1);
    });
}

#[test]
fn opening_a_change_takes_seven_calls_at_most_and_noise_none() {
    World::new().on_gitlab().run(async |s| {
        // The project's settings are known.
        s.assisted_change().await;
        s.calls().await;
        let change = s.assisted_change().await;
        let calls = s.calls().await;
        assert!(calls.len() <= 7, "{:#?}", calls.iter().map(|call| (&call.method, &call.path)).collect::<Vec<_>>());
        s.say("sam", &change, "Nice.").await;
        let calls = s.calls().await;
        assert!(calls.is_empty(), "{:#?}", calls.iter().map(|call| (&call.method, &call.path)).collect::<Vec<_>>());
    });
}

#[test]
fn looking_again_at_what_is_as_it_was_writes_nothing() {
    World::new().on_gitlab().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        for _ in 0..2 {
            s.look_again(&change).await;
            let written: Vec<String> =
                s.calls().await.iter().map(|call| format!("{} {}", call.method, call.path)).collect();
            let written: Vec<&String> =
                written.iter().filter(|call| !call.starts_with("GET") && !call.ends_with("graphql")).collect();
            assert_eq!(written, [""; 0], "{}", s.says(&change));
        }
    });
}

#[test]
fn a_policy_of_the_group_holds_where_a_rule_of_the_project_would_open_of_itself() {
    World::new().on_edition(Edition::Ultimate).run(async |s| {
        s.forge.policy_rule(REPOSITORY, "Seconder for all", &[&s.forge.bot_account()]);
        let change = s.assisted_change().await;
        s.expect_held(&change, "Needs 1 approval");
        s.expect_says(&change, "Enforced by an approval that only this bot can give.");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
        assert!(s.forge.can_merge(REPOSITORY, change.number).is_ok());
        let other = s.assisted_change().await;
        s.forge.remove_bot(REPOSITORY);
        assert!(s.forge.can_merge(REPOSITORY, other.number).is_err());
        s.forge.return_bot(REPOSITORY);
    });
}

#[test]
fn a23_a_status_check_shows_the_verdict_and_never_waits_for_people() {
    World::new().on_edition(Edition::Ultimate).run(async |s| {
        s.forge.status_check(REPOSITORY, "seconder");
        let change = s.assisted_change().await;
        let shows = |s: &Scene| s.forge.status_check_answer(REPOSITORY, change.number);
        assert_eq!(shows(s), "failed");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
        assert_eq!(shows(s), "passed");
        s.request_changes("ana", &change).await;
        s.expect_held(&change, "@ana");
        assert_eq!(shows(s), "failed");
    });
}

#[test]
fn a_status_check_that_is_added_after_the_pass_is_answered_at_the_next_look() {
    World::new().on_edition(Edition::Ultimate).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("kim", &change).await;
        s.expect_pass(&change);
        s.forge.status_check(REPOSITORY, "seconder");
        s.look_again(&change).await;
        assert_eq!(s.forge.status_check_answer(REPOSITORY, change.number), "passed");
    });
}

#[test]
fn a_policy_alone_is_satisfied_and_said_to_be_worth_what_it_says() {
    World::new().on_edition(Edition::Ultimate).run(async |s| {
        for rule in s.forge.rulesets(REPOSITORY) {
            s.forge.remove_ruleset(rule);
        }
        s.forge.policy_rule(REPOSITORY, "Seconder for all", &[&s.forge.bot_account()]);
        let change = s.assisted_change().await;
        s.expect_says(&change, "as far as the policy makes no exceptions");
        s.expect_blocked(&change);
        s.approve("kim", &change).await;
        s.expect_free(&change);
    });
}
