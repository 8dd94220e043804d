//! A35: a merge group is tested on a commit of its own, and may hold several changes. It passes by what it holds.

use seconder::sandbox::{NewCommit, NewGroup};

use crate::world::{REPOSITORY, World, numbers};

#[test]
fn a35_a_name_that_speaks_of_an_approved_change_helps_no_other() {
    World::new().on_github().run(async |s| {
        let approved = s.assisted_change().await;
        s.approve("ana", &approved).await;
        let waiting = s.change("sam").open().await;
        let forged = NewGroup::of(&numbers(&[&waiting])).named_after(approved.number);
        let group = s.queue_as(&forged).await;
        s.expect_group_held(&group, &format!("#{}: Needs 1 approval for ai-needs-senior", waiting.number));
        s.expect_pass(&approved);
    });
}

#[test]
fn a35_an_approved_change_does_not_carry_one_that_waits_before_it() {
    World::new().on_github().run(async |s| {
        let waiting = s.change("sam").open().await;
        let approved = s.assisted_change().await;
        s.approve("ana", &approved).await;
        let group = s.queue(&[&waiting, &approved]).await;
        s.expect_group_held(&group, &format!("#{}: Needs 1 approval for ai-needs-senior", waiting.number));
    });
}

#[test]
fn a35_a_commit_smuggled_into_the_group_is_found() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        for smuggled in [
            NewCommit::new("Merge pull request #1").file("src/door.rs", "open\n").via_web(),
            NewCommit::new("Open a door").file("src/door.rs", "open\n"),
        ] {
            let group = s.queue_as(&NewGroup::of(&[change.number]).smuggling(smuggled.clone())).await;
            s.expect_group_held(&group, "Merge group holds a foreign commit");
            s.forge.destroy_merge_group(&s.who("jo"), &group, "dequeued");
            let group = s.queue_as(&NewGroup::of(&[change.number]).smuggling(smuggled).squashed()).await;
            s.expect_group_held(&group, "Merge group holds a foreign commit");
            s.forge.destroy_merge_group(&s.who("jo"), &group, "dequeued");
        }
    });
}

#[test]
fn a35_a_member_that_is_pushed_to_while_queued_fails_its_group() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let group = s.queue(&[&change]).await;
        s.expect_group_passes(&group);
        s.push("jo", &change, "Retry three times").await;
        s.expect_group_held(&group, "Pushed to after it was queued");
        // Approving the new head does not approve what the group holds.
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.expect_group_held(&group, "Pushed to after it was queued");
    });
}

#[test]
fn a35_a_squash_of_a_head_that_was_pushed_away_fails() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        // Nobody looks at the group before the push: it holds the former head, and a squash does not show which.
        s.forge.faults().hold_webhooks();
        let group = s.forge.queue(&s.who("jo"), REPOSITORY, &NewGroup::of(&[change.number]).squashed());
        s.forge.faults().release_webhooks(|_| {});
        s.forge.settled().await;
        s.push("jo", &change, "Retry three times").await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.expect_group_held(&group, "Pushed to after it was queued");
    });
}

#[test]
fn a35_a_member_that_goes_elsewhere_meanwhile_fails_its_group() {
    World::new().on_github().run(async |s| {
        s.new_branch("spike").await;
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let group = s.queue(&[&change]).await;
        s.expect_group_passes(&group);
        s.retarget("jo", &change, "spike").await;
        s.expect_group_held(&group, "Queued for another branch");
        s.retarget("jo", &change, "main").await;
        s.expect_group_held(&group, "given before the base branch changed");
    });
}

#[test]
fn a35_a_member_that_is_closed_fails_its_group() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let group = s.queue(&[&change]).await;
        s.forge.close(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        s.expect_group_held(&group, "Queued, but not open any more");
    });
}

#[test]
fn a35_a_group_that_the_queue_does_not_know_fails() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.forge.faults().hold_webhooks();
        let group = s.forge.merge_group(&s.who("jo"), REPOSITORY, &[change.number]);
        s.forge.lose_merge_group(&group);
        s.forge.faults().release_webhooks(|_| {});
        s.patience().await;
        let check = s.group_check(&group);
        assert_eq!(check.conclusion.as_deref(), Some("action_required"));
        assert!(check.title.unwrap().contains("The merge queue does not hold this commit"));
        s.expect_pass(&change);
    });
}

#[test]
fn a35_a_broken_policy_is_no_reason_to_let_a_group_pass() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Retry by hand").open().await;
        s.write(REPOSITORY, "main", ".github/seconder.yml", "rulez: []\n").await;
        let group = s.queue(&[&change]).await;
        s.expect_group_held(&group, "Policy cannot be used");
    });
}

#[test]
fn a35_an_organisation_policy_that_is_missing_lets_no_group_pass() {
    World::new().on_github().requires_organisation_policy().run(async |s| {
        let change = s.change("jo").commit("Retry by hand").open().await;
        let group = s.queue(&[&change]).await;
        s.expect_group_held(&group, "the organisation has no policy, and this server requires one");
    });
}

#[test]
fn a35_a_change_opened_on_the_commit_of_a_group_shares_its_check() {
    World::new().on_github().run(async |s| {
        s.new_branch("release").await;
        s.policy_on("release", "version: 1\nrules: [{ name: releases, require: { tier: '>= principal' } }]\n").await;
        s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let group = s.queue(&[&change]).await;
        s.expect_group_passes(&group);
        // The queue's commit is approved for main. Somebody proposes it to another branch.
        s.forge.push_commit(&s.who("sam"), REPOSITORY, "copy", &group.head_sha);
        let pull = seconder::sandbox::OpenPull::new("copy", "The same again").to("release");
        let number = s.forge.open_pull(&s.who("sam"), REPOSITORY, pull);
        s.quiet().await;
        s.expect_group_held(&group, &format!("also the head of open changes, which count as well: #{number} waiting"));
        assert!(s.forge.can_merge(REPOSITORY, number).is_err());
    });
}

#[test]
fn policy_bot_merge_groups_are_judged_again_and_not_waved_through() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let group = s.queue(&[&change]).await;
        s.expect_group_held(&group, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a35_a_merged_group_proposed_to_another_branch_does_not_keep_its_green() {
    for is_end_told_first in [false, true] {
        World::new().on_github().run(async |s| {
            s.new_branch("release").await;
            s.policy_on("release", "version: 1\nrules: [{ name: releases, require: { tier: '>= principal' } }]\n")
                .await;
            s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
            let change = s.assisted_change().await;
            s.approve("ana", &change).await;
            let group = s.queue(&[&change]).await;
            s.expect_group_passes(&group);
            if !is_end_told_first {
                s.expect_refusals();
                s.forge.faults().lose_webhooks(100);
            }
            s.forge.queue_merges(&group).unwrap();
            s.quiet().await;
            s.forge.faults().lose_no_more_webhooks();
            let pull = seconder::sandbox::OpenPull::new("main", "Release it").to("release");
            let number = s.forge.open_pull(&s.who("sam"), REPOSITORY, pull);
            s.quiet().await;
            assert_eq!(s.forge.head(REPOSITORY, number), group.head_sha);
            assert_eq!(s.group_check(&group).conclusion.as_deref(), Some("action_required"));
            assert!(s.forge.can_merge(REPOSITORY, number).is_err());
            for delivery in s.forge.deliveries().iter().filter(|delivery| delivery.event == "merge_group") {
                s.forge.redeliver(delivery.id);
            }
            s.quiet().await;
            assert!(s.forge.can_merge(REPOSITORY, number).is_err());
        });
    }
}
