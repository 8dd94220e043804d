//! Merge groups: a commit of the queue gets the verdict of the changes that it holds.

mod life;
mod methods;

use crate::world::{Change, REPOSITORY, Scene, World};

/// Two changes of different people, each approved and green.
async fn two_approved(s: &Scene) -> (Change, Change) {
    let first = s.assisted_change().await;
    s.approve("ana", &first).await;
    let second = s.change("sam").open().await;
    s.approve("kim", &second).await;
    s.expect_pass(&first);
    s.expect_pass(&second);
    (first, second)
}

#[test]
fn a_group_of_approved_changes_passes_and_is_merged() {
    World::new().on_github().run(async |s| {
        let (first, second) = two_approved(s).await;
        let group = s.queue(&[&first, &second]).await;
        s.expect_group_passes(&group);
        let text = s.group_check(&group).summary.unwrap();
        assert!(text.contains(&format!("merge group of: #{} pass, #{} pass", first.number, second.number)), "{text}");
        s.forge.queue_merges(&group).unwrap();
        s.quiet().await;
        assert_eq!(s.forge.tip(REPOSITORY, "main").unwrap(), group.head_sha);
        s.hours_pass(24).await;
        s.expect_group_passes(&group);
    });
}

#[test]
fn one_change_without_an_approval_holds_the_whole_group_and_is_named() {
    World::new().on_github().run(async |s| {
        let first = s.assisted_change().await;
        s.approve("ana", &first).await;
        let second = s.change("sam").open().await;
        let group = s.queue(&[&first, &second]).await;
        s.expect_group_held(&group, &format!("#{}: Needs 1 approval for ai-needs-senior", second.number));
        // What has to be approved is the change's own head, not the group's commit.
        s.expect_group_held(&group, &format!("submit an approving review of `{}`", &s.head(&second)[..12]));
        s.approve("kim", &second).await;
        s.expect_group_passes(&group);
    });
}

#[test]
fn a_group_of_changes_without_assistance_passes_at_once() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Retry by hand").open().await;
        let group = s.queue(&[&change]).await;
        s.expect_group_passes(&group);
        assert_eq!(s.group_check(&group).title.unwrap(), "No sign of AI assistance; no approval needed");
    });
}

#[test]
fn whoever_made_one_change_may_have_approved_another() {
    World::new().on_github().run(async |s| {
        let first = s.change("ana").commit("Log retries").open().await;
        let second = s.assisted_change().await;
        s.approve("ana", &second).await;
        let group = s.queue(&[&first, &second]).await;
        s.expect_group_passes(&group);
    });
}

#[test]
fn an_approval_dismissed_while_queued_turns_the_group_red() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let review = s.approve("ana", &change).await;
        let group = s.queue(&[&change]).await;
        s.expect_group_passes(&group);
        s.forge.dismiss(&s.who("pat"), REPOSITORY, change.number, review, "Too quick");
        s.quiet().await;
        s.expect_group_held(&group, &format!("#{}: Needs 1 approval for ai-needs-senior", change.number));
    });
}

#[test]
fn a_change_request_while_queued_holds_the_group_until_it_is_lifted() {
    World::new().on_github().run(async |s| {
        let (first, second) = two_approved(s).await;
        let group = s.queue(&[&first, &second]).await;
        s.request_changes("lee", &first).await;
        s.expect_group_held(&group, &format!("#{}: Held: lee asked for changes", first.number));
        s.approve("lee", &first).await;
        s.expect_group_passes(&group);
    });
}

#[test]
fn the_directory_moves_and_the_group_with_it() {
    World::new().on_github().run(async |s| {
        let (first, second) = two_approved(s).await;
        let group = s.queue(&[&first, &second]).await;
        s.expect_group_passes(&group);
        s.tiers(&[("junior", &["jo", "sam", "ana"]), ("senior", &["kim", "lee"]), ("principal", &["pat"])]).await;
        s.expect_group_held(&group, &format!("#{}: Needs 1 approval for ai-needs-senior", first.number));
    });
}

#[test]
fn a_new_policy_on_the_base_holds_for_what_is_queued_already() {
    World::new().on_github().run(async |s| {
        let (first, second) = two_approved(s).await;
        let group = s.queue(&[&first, &second]).await;
        s.expect_group_passes(&group);
        s.policy("version: 1\nrules: [{ name: two, require: { approvals: 2, tier: '>= senior' } }]\n").await;
        s.expect_group_held(&group, "Needs 1 approval for two");
    });
}

#[test]
fn evidence_found_late_turns_the_group_red() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Retry by hand").open().await;
        let group = s.queue(&[&change]).await;
        s.expect_group_passes(&group);
        s.forge.edit_body(&s.who("jo"), REPOSITORY, change.number, "AI disclosure: used Claude Code");
        s.quiet().await;
        s.expect_group_held(&group, &format!("#{}: Needs 1 approval for ai-needs-senior", change.number));
    });
}

#[test]
fn a_group_for_a_branch_that_nobody_governs_gets_no_check() {
    World::new().on_github().run(async |s| {
        s.new_branch("spike").await;
        let change = s.change("jo").to("spike").open().await;
        let group = s.queue(&[&change]).await;
        s.expect_no_group_check(&group);
    });
}

#[test]
fn a_preview_of_a_group_stands_under_its_own_name() {
    World::new()
        .on_github()
        .floor("version: 1\nmode: preview\nrules: [{ name: seniors, require: { tier: '>= senior' } }]\n")
        .run(async |s| {
            let change = s.change("jo").open().await;
            let group = s.queue(&[&change]).await;
            s.expect_no_group_check(&group);
            let preview = s.forge.check_run(REPOSITORY, &group.head_sha, "seconder-preview").unwrap();
            assert_eq!(preview.conclusion.as_deref(), Some("action_required"));
            assert_eq!(preview.title.unwrap(), format!("#{}: Needs 1 approval for seniors", change.number));
        });
}

#[test]
fn a_change_that_is_in_no_group_costs_no_call_more() {
    World::new().on_github().run(async |s| {
        let (first, second) = two_approved(s).await;
        let group = s.queue(&[&first]).await;
        s.calls().await;
        s.approve("lee", &second).await;
        let calls = s.calls().await;
        assert!(calls.iter().all(|call| !call.document().is_some_and(|text| text.contains("mergeQueue"))));
        s.expect_group_passes(&group);
        s.approve("lee", &first).await;
        let calls = s.calls().await;
        assert!(calls.iter().any(|call| call.document().is_some_and(|text| text.contains("mergeQueue"))));
    });
}

#[test]
fn re_running_the_check_of_a_group_judges_it_anew() {
    World::new().on_github().run(async |s| {
        let (first, second) = two_approved(s).await;
        let group = s.queue(&[&first, &second]).await;
        s.calls().await;
        s.forge.rerun(&s.who("jo"), s.group_check(&group).id);
        assert!(!s.calls().await.is_empty());
        s.expect_group_passes(&group);
    });
}
