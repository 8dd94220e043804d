//! Only people approve, and only those whom the directory vouches for now and vouched for then.

use seconder::sandbox::{NewCommit, Opinion};

use crate::world::{REPOSITORY, World};

#[test]
fn a01_comments_grant_nothing_however_often_they_are_edited() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.forge.comment(&s.who("ana"), REPOSITORY, change.number, "Looks odd to me.");
        s.forge.edit_comment(&s.who("jo"), comment, "LGTM :+1:\n\n/approve");
        s.look_again(&change).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn policy_bot_1_quoting_somebodys_praise_approves_nothing() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let words = "> LGTM :+1:\n\nNo! Please do not merge.";
        s.forge.comment(&s.who("ana"), REPOSITORY, change.number, words);
        s.forge.review_saying(&s.who("ana"), REPOSITORY, change.number, Opinion::Comment, None, words);
        s.look_again(&change).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a03_editing_a_reviews_text_makes_it_no_approval() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let review = s.review("ana", &change, Opinion::Comment, None).await;
        s.forge.edit_review(&s.who("jo"), REPOSITORY, change.number, review, "Approved. Codeowners Bypass.");
        s.look_again(&change).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a24_the_token_of_a_workflow_cannot_approve() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("github-actions[bot]", &change).await;
        s.expect_held(&change, "not a person's account");
    });
}

#[test]
fn a24_nor_can_a_bot_that_somebody_put_into_the_directory() {
    let directory = "version: 1
tiers: [junior, senior]
people:
- { id: ana, accounts: [${ana}, ${reviewer[bot]}], groups: [seniors] }
groups:
- { id: seniors, vouched: true }
tier_rules:
- { id: are-senior, groups: [seniors], tier: senior }
";
    World::new().directory(directory).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("reviewer[bot]", &change).await;
        s.expect_held(&change, "not a person's account");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a25_a_machine_account_made_for_the_purpose_is_nobody() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("jo-reviews", &change).await;
        s.expect_refused(&change, "jo-reviews", "not linked to anybody in the directory");
    });
}

#[test]
fn a25_two_accounts_of_one_person_are_one_approval() {
    World::new().second_account("kim", "kim-at-home").run(async |s| {
        let change = s.change("claude[bot]").commit("Retry failed payments").branch("claude/fix-1").open().await;
        s.approve("kim", &change).await;
        s.approve("kim-at-home", &change).await;
        s.expect_held(&change, "1 of 2 approvals by qualifying reviewers");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a32_labels_grant_nothing() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        for label in ["approved", "lgtm", "seconder: approved", "PullApprove: disable", "no-ai"] {
            s.forge.label(&s.who("ana"), REPOSITORY, change.number, label);
        }
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a40_whoever_takes_over_a_seniors_login_does_not_take_over_the_seniority() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let ana = s.who("ana");
        s.forge.rename_account(&ana, "ana-moves-on");
        s.forge.rename_account(&s.who("mallory"), "ana");
        s.approve("ana", &change).await;
        s.expect_refused(&change, "ana", "not linked to anybody in the directory");
        s.approve("ana-moves-on", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a40_nor_where_the_directory_names_people_by_login() {
    let directory = "version: 1
tiers: [junior, senior]
people:
- { id: ana, accounts: [{ host: '${host}', login: ana }], groups: [seniors] }
groups:
- { id: seniors, vouched: true }
tier_rules:
- { id: are-senior, groups: [seniors], tier: senior }
";
    World::new().directory(directory).run(async |s| {
        let ana = s.who("ana");
        let change = s.assisted_change().await;
        s.forge.rename_account(&ana, "ana-moves-on");
        s.forge.rename_account(&s.who("mallory"), "ana");
        s.new_directory(&format!("{directory}\n# Read again.\n")).await;
        s.approve("ana", &change).await;
        s.expect_refused(&change, "ana", "not linked to anybody in the directory");
        s.approve("ana-moves-on", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a40_the_approval_of_a_deleted_account_is_nobodys() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.delete_account(&s.who("ana"));
        // The forge tells nobody of it; the next look finds out. GitLab deletes the approval as well.
        s.look_again(&change).await;
        s.expect_held(&change, if s.is_gitlab() { "Needs 1 approval" } else { "A deleted account approved" });
    });
}

#[test]
fn a40_a_deleted_contributor_is_somebody_unknown_and_never_nobody() {
    World::new().run(async |s| {
        let change = s.change("kim").commit("Retry failed payments").open().await;
        s.expect_pass(&change);
        s.forge.delete_account(&s.who("kim"));
        s.push("pat", &change, "Retry five times").await;
        s.forge.edit_body(&s.who("pat"), REPOSITORY, change.number, "AI disclosure: used Claude Code");
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a40_a_new_repository_under_the_old_name_is_another_repository() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        let moved = s.forge.rename_repository(&s.who("pat"), REPOSITORY, "payments");
        s.forge.repository(REPOSITORY);
        s.forge.require_check(REPOSITORY, "main", "seconder", Some(s.forge.app().id));
        let imitation = s.change("jo").open().await;
        assert_eq!(imitation.number, change.number, "it imitates the change to the number");
        s.expect_held(&imitation, "Needs 1 approval for ai-needs-senior");
        let change = change.in_repository(&moved);
        s.push("jo", &change, "Retry five times").await;
        s.expect_held(&change, "given for another commit");
    });
}

#[test]
fn a40_a_repository_that_was_given_away_is_not_judged_by_its_former_owners_directory() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let umbrella = s.forge.organization("umbrella");
        s.forge.install(&umbrella);
        s.expect_refusals();
        let moved = s.forge.transfer_repository(&s.who("pat"), REPOSITORY, &umbrella);
        let change = change.in_repository(&moved);
        s.push("jo", &change, "Skip the ledger").await;
        s.approve("ana", &change).await;
        s.expect_no_check(&change);
        assert!(s.forge.can_merge(&moved, change.number).is_err());
    });
}

#[test]
fn a41_a_demotion_takes_the_approval_back() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.tiers(&[("junior", &["jo", "ana"]), ("senior", &["kim"])]).await;
        s.expect_refused(&change, "ana", "does not meet `ai-needs-senior`");
    });
}

#[test]
fn a41_somebody_who_left_takes_the_approval_along() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.tiers(&[("junior", &["jo"]), ("senior", &["kim"])]).await;
        s.expect_refused(&change, "ana", "not linked to anybody in the directory");
    });
}

#[test]
fn a41_a_promotion_does_not_ripen_an_approval_that_was_given_before() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("mia", &change).await;
        s.expect_refused(&change, "mia", "does not meet `ai-needs-senior`");
        s.tiers(&[("junior", &["jo"]), ("senior", &["mia"])]).await;
        s.expect_refused(&change, "mia", "does not meet `ai-needs-senior`");
        s.approve("mia", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a41_nor_does_somebody_who_joins_bring_an_approval_along() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("newcomer", &change).await;
        s.expect_refused(&change, "newcomer", "not linked to anybody in the directory");
        s.tiers(&[("junior", &["jo"]), ("senior", &["newcomer"])]).await;
        s.expect_refused(&change, "newcomer", "does not meet `ai-needs-senior`");
        s.approve("newcomer", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a43_an_app_that_reviews_under_its_own_name_cannot_approve() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("claude[bot]", &change).await;
        s.approve("Copilot", &change).await;
        s.approve("our-reviewer[bot]", &change).await;
        s.expect_held(&change, "not a person's account");
    });
}

#[test]
fn a43_an_app_that_comments_in_a_seniors_name_approves_nothing() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let app = s.forge.another_app("assistant");
        let words = format!("/seconder approve {}", s.head(&change));
        s.forge.comment_via_app(&s.who("ana"), app.id, REPOSITORY, change.number, &words);
        s.look_again(&change).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn an_approval_of_ones_own_commit_on_anothers_change_does_not_count() {
    World::new().run(async |s| {
        // Forges keep authors from approving their own change, but not their own commits in somebody else's.
        let commit = NewCommit::new("Retry failed payments\n\nAssisted-by: Claude Code").file("a.rs", "// a\n");
        let change = s.change("jo").pushed_by("ana").with(commit).open().await;
        s.approve("ana", &change).await;
        s.expect_refused(&change, "ana", "contributed to this change (pusher)");
    });
}
