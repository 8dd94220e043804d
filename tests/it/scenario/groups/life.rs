//! Groups come and go, and their deliveries in any order.

use seconder::sandbox::{Fault, Matching, NewGroup};

use super::two_approved;
use crate::world::{REPOSITORY, World};

/// GitHub leaves out what stands there, and does not say so.
fn nothing_at(path: &str) -> Fault {
    Fault::SilentNull(path.split('.').map(str::to_owned).collect())
}

#[test]
fn a_group_that_is_formed_again_gets_its_own_check() {
    World::new().on_github().run(async |s| {
        let (first, second) = two_approved(s).await;
        let group = s.queue(&[&first, &second]).await;
        s.expect_group_passes(&group);
        s.write(REPOSITORY, "main", "README.md", "News\n").await;
        let again = s.forge.rebuild_merge_group(&s.who("jo"), &group);
        s.quiet().await;
        assert_ne!(again.head_sha, group.head_sha);
        s.expect_group_passes(&again);
        s.forge.queue_merges(&again).unwrap();
    });
}

#[test]
fn nothing_more_is_said_about_a_group_that_was_dissolved() {
    World::new().on_github().run(async |s| {
        let (first, second) = two_approved(s).await;
        let group = s.queue(&[&first, &second]).await;
        s.forge.destroy_merge_group(&s.who("jo"), &group, "dequeued");
        s.quiet().await;
        let before = s.forge.check_runs(REPOSITORY, &group.head_sha, "seconder").len();
        s.request_changes("lee", &first).await;
        s.expect_held(&first, "Held: lee asked for changes");
        assert_eq!(s.forge.check_runs(REPOSITORY, &group.head_sha, "seconder").len(), before);
    });
}

#[test]
fn a_group_whose_end_was_told_before_its_beginning_stays_ended() {
    World::new().on_github().run(async |s| {
        let (first, _) = two_approved(s).await;
        s.forge.faults().hold_webhooks();
        let group = s.forge.merge_group(&s.who("jo"), REPOSITORY, &[first.number]);
        s.forge.destroy_merge_group(&s.who("jo"), &group, "dequeued");
        s.forge.faults().release_webhooks(|order| order.reverse());
        s.quiet().await;
        s.expect_no_group_check(&group);
    });
}

#[test]
fn a_delivery_that_is_sent_twice_changes_nothing() {
    World::new().on_github().run(async |s| {
        let (first, _) = two_approved(s).await;
        let group = s.queue(&[&first]).await;
        let before = s.forge.check_runs(REPOSITORY, &group.head_sha, "seconder").len();
        for delivery in s.forge.deliveries().iter().filter(|delivery| delivery.event == "merge_group") {
            s.forge.redeliver(delivery.id);
        }
        s.quiet().await;
        assert_eq!(s.forge.check_runs(REPOSITORY, &group.head_sha, "seconder").len(), before);
        s.forge.destroy_merge_group(&s.who("jo"), &group, "dequeued");
        for delivery in s.forge.deliveries().iter().filter(|delivery| delivery.event == "merge_group") {
            s.forge.redeliver(delivery.id);
        }
        s.quiet().await;
        assert_eq!(s.forge.check_runs(REPOSITORY, &group.head_sha, "seconder").len(), before);
    });
}

#[test]
fn a_group_on_record_is_judged_anew_when_the_server_starts() {
    World::new().on_github().run(async |s| {
        let (first, second) = two_approved(s).await;
        let group = s.queue(&[&first, &second]).await;
        s.expect_group_passes(&group);
        // While the server was away, ana left.
        s.restart_with_directory(
            "version: 1\ntiers: [junior, mid, senior, principal]\npeople:\n\
             - { id: kim, accounts: [${kim}] }\n- { id: jo, accounts: [${jo}] }\n\
             groups: [{ id: seniors, vouched: true, members: [kim] }]\n\
             tier_rules: [{ id: are-senior, groups: [seniors], tier: senior }]\n",
        )
        .await;
        s.expect_group_held(&group, &format!("#{}: Needs 1 approval for ai-needs-senior", first.number));
    });
}

#[test]
fn a_group_is_judged_by_two_servers_as_by_one() {
    World::new().on_github().on_postgres().run(async |s| {
        let (first, second) = two_approved(s).await;
        let other = s.another_server().await;
        let group = s.forge.merge_group(&s.who("jo"), REPOSITORY, &[first.number, second.number]);
        s.forge.settled().await;
        let (here, there) = tokio::join!(s.engine.run_until_idle(), other.engine.run_until_idle());
        here.unwrap();
        there.unwrap();
        s.patience().await;
        s.expect_group_passes(&group);
        s.request_changes("lee", &second).await;
        s.expect_group_held(&group, "Held: lee asked for changes");
    });
}

#[test]
fn a_group_whose_end_nobody_told_is_left_alone() {
    World::new().on_github().run(async |s| {
        let (first, _) = two_approved(s).await;
        let group = s.queue(&[&first]).await;
        s.expect_refusals();
        s.forge.faults().lose_webhooks(3);
        s.forge.queue_merges(&group).unwrap();
        s.quiet().await;
        s.forge.faults().lose_webhooks(0);
        let before = s.forge.check_runs(REPOSITORY, &group.head_sha, "seconder").len();
        s.look_again(&first).await;
        s.patience().await;
        assert_eq!(s.forge.check_runs(REPOSITORY, &group.head_sha, "seconder").len(), before);
        assert_eq!(s.group_check(&group).conclusion.as_deref(), Some("success"));
    });
}

#[test]
fn of_two_groups_the_second_answers_for_the_first_until_that_is_merged() {
    World::new().on_github().run(async |s| {
        let (first, second) = two_approved(s).await;
        let ahead = s.queue(&[&first]).await;
        let behind = s.queue_as(&NewGroup::of(&[second.number]).behind(&ahead)).await;
        s.expect_group_passes(&ahead);
        s.expect_group_passes(&behind);
        // A queue that only looks at the last of several commits would merge both on the second's word.
        s.request_changes("lee", &first).await;
        s.expect_group_held(&ahead, &format!("#{}: Held: lee asked for changes", first.number));
        s.expect_group_held(&behind, &format!("#{}: Held: lee asked for changes", first.number));
        s.approve("lee", &first).await;
        s.forge.queue_merges(&ahead).unwrap();
        s.quiet().await;
        s.look_again(&second).await;
        s.expect_group_passes(&behind);
        assert!(!s.group_check(&behind).summary.unwrap().contains(&format!("#{} ", first.number)));
        s.forge.queue_merges(&behind).unwrap();
    });
}

#[test]
fn a_group_that_cannot_be_read_does_not_hold_up_the_next() {
    World::new().on_github().run(async |s| {
        let (first, second) = two_approved(s).await;
        let ahead = s.queue(&[&first]).await;
        let behind = s.queue_as(&NewGroup::of(&[second.number]).behind(&ahead)).await;
        s.expect_group_passes(&behind);
        let of_ahead = Matching::operation("MergeQueue").with("head", ahead.head_sha.as_str());
        s.forge.faults().next(100, of_ahead, nothing_at("repository.object.associatedPullRequests"));
        s.request_changes("lee", &first).await;
        s.expect_group_held(&behind, &format!("#{}: Held: lee asked for changes", first.number));
        s.forge.faults().clear();
        s.patience().await;
        s.expect_group_held(&ahead, &format!("#{}: Held: lee asked for changes", first.number));
    });
}

#[test]
fn a_group_that_github_does_not_show_at_once_is_judged_all_the_same() {
    World::new().on_github().run(async |s| {
        let (first, _) = two_approved(s).await;
        let queue = || Matching::operation("MergeQueue");
        let compare = Matching::route("GET", "/repos/{owner}/{repo}/compare/{basehead}");
        for (calls, fault) in [
            (queue(), nothing_at("repository.object")),
            (queue(), nothing_at("repository.ref")),
            (compare, Fault::Status(404)),
        ] {
            s.forge.faults().next(1, calls.clone(), fault.clone());
            let group = s.queue(&[&first]).await;
            s.expect_group_passes(&group);
            // Nor is what is green already left so.
            s.forge.faults().next(1, calls, fault);
            s.request_changes("lee", &first).await;
            s.patience().await;
            s.expect_group_held(&group, &format!("#{}: Held: lee asked for changes", first.number));
            s.forge.destroy_merge_group(&s.who("jo"), &group, "dequeued");
            s.approve("lee", &first).await;
        }
    });
}

#[test]
fn a_group_that_github_never_shows_is_said_to_be_in_no_queue() {
    World::new().on_github().run(async |s| {
        let (first, _) = two_approved(s).await;
        let group = s.queue(&[&first]).await;
        s.expect_group_passes(&group);
        s.forge.faults().next(100, Matching::operation("MergeQueue"), nothing_at("repository.object"));
        s.look_again(&first).await;
        s.patience().await;
        s.expect_group_held(&group, "The merge queue does not hold this commit");
        // That is the end of it.
        s.forge.faults().clear();
        s.look_again(&first).await;
        s.expect_group_held(&group, "The merge queue does not hold this commit");
        s.expect_pass(&first);
    });
}
