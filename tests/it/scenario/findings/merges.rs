//! Merges, looked at afterwards.

use seconder::sandbox::{NewCommit, OpenPull};

use crate::world::{REPOSITORY, World, claude};

#[test]
fn a_change_that_was_merged_properly_is_no_finding() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn a_change_that_github_merges_the_moment_it_is_green_is_no_finding() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.enable_auto_merge(&s.who("jo"), REPOSITORY, change.number);
        s.approve("ana", &change).await;
        assert!(s.forge.merge(&s.who("jo"), REPOSITORY, change.number).is_err(), "it is merged");
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn a_change_without_ai_that_passed_at_once_is_no_finding() {
    World::new().run(async |s| {
        let change = s.change("jo").commit("Fix a typo").open().await;
        s.expect_pass(&change);
        s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn a_change_that_was_merged_while_waiting_is_found_once() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.merge_anyway(&s.who("pat"), REPOSITORY, change.number).unwrap();
        assert_eq!(s.found().await, [format!("merged_without_pass #{}", change.number)]);
        // Later events of the merged change find nothing anew.
        s.forge.label(&s.who("mia"), REPOSITORY, change.number, "payments");
        for delivery in s.forge.deliveries() {
            s.forge.redeliver(delivery.id);
        }
        let finding = s.only_finding().await;
        assert_eq!((finding.count, finding.by), (1, s.pseudonym("pat").await));
    });
}

#[test]
fn a_change_that_was_green_once_but_not_when_it_was_merged_is_found() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.request_changes("kim", &change).await;
        s.expect_held(&change, "Held: kim asked for changes");
        s.forge.advance(jiff::SignedDuration::from_mins(5));
        s.forge.merge_anyway(&s.who("pat"), REPOSITORY, change.number).unwrap();
        assert_eq!(s.found().await, [format!("merged_without_pass #{}", change.number)]);
    });
}

#[test]
fn a_push_after_green_that_is_merged_before_anybody_looks_is_found() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.forge.faults().hold_webhooks();
        s.push("jo", &change, "Skip the ledger").await;
        s.forge.merge_anyway(&s.who("pat"), REPOSITORY, change.number).unwrap();
        s.forge.faults().release_webhooks(|_| ());
        assert_eq!(s.found().await, [format!("merged_without_pass #{}", change.number)]);
    });
}

#[test]
fn a_change_that_was_merged_before_it_was_ever_looked_at_is_found() {
    World::new().run(async |s| {
        s.quiet().await;
        s.forge.faults().hold_webhooks();
        let change = s.change("jo").open_at_once();
        s.forge.merge_anyway(&s.who("pat"), REPOSITORY, change.number).unwrap();
        s.forge.faults().release_webhooks(|_| ());
        assert_eq!(s.found().await, [format!("merged_without_pass #{}", change.number)]);
    });
}

#[test]
fn a_change_that_was_merged_before_we_came_is_no_finding() {
    World::new().on_github().run(async |s| {
        let acme = s.forge.organization("acme");
        s.forge.uninstall(&acme);
        s.forge.repository("acme/web");
        s.forge.push(&s.who("jo"), "acme/web", "fix", NewCommit::new(claude("Fix")).file("a", "a"));
        let number = s.forge.open_pull(&s.who("jo"), "acme/web", OpenPull::new("fix", "Fix"));
        s.forge.merge(&s.who("jo"), "acme/web", number).unwrap();
        s.forge.install(&acme);
        s.calls().await;
        s.forge.label(&s.who("mia"), "acme/web", number, "payments");
        assert_eq!(s.calls().await.len(), 1, "it is looked at");
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn a_merge_into_a_branch_that_is_not_governed_is_no_finding() {
    World::new().run(async |s| {
        s.branch("sketch");
        let change = s.change("jo").commit(&claude("Retry")).to("sketch").open().await;
        s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn a_preview_holds_nothing_back_and_finds_nothing() {
    let floor = "version: 1\nmode: preview\nrules:\n- name: ai-needs-senior\n  when: { assistance: \">= assisted\" }\n  \
                 require: { approvals: 1, tier: \">= senior\" }\n";
    World::new().floor(floor).run(async |s| {
        let change = s.assisted_change().await;
        s.forge.merge_anyway(&s.who("pat"), REPOSITORY, change.number).unwrap();
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn an_approval_that_was_withdrawn_before_anybody_looked_again_is_the_window_that_no_check_closes() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let review = s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.faults().hold_webhooks();
        s.forge.dismiss(&s.who("ana"), REPOSITORY, change.number, review, "I was wrong");
        s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        s.forge.faults().release_webhooks(|_| ());
        assert_eq!(s.found().await, [format!("merged_on_stale_pass #{}", change.number)]);
    });
}

#[test]
fn an_objection_after_the_merge_is_not_held_against_it() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.forge.faults().hold_webhooks();
        s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        s.request_changes("kim", &change).await;
        s.forge.faults().release_webhooks(|_| ());
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn a_directory_that_moved_after_the_merge_is_not_held_against_it() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.forge.faults().hold_webhooks();
        s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        s.tiers(&[("junior", &["jo", "ana"]), ("senior", &["kim"])]).await;
        s.forge.faults().release_webhooks(|_| ());
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn an_override_that_ended_after_the_merge_is_not_held_against_it() {
    let floor = "version: 1\noverride: { by: { tier: \">= principal\" }, hours: 4 }\nrules:\n  \
                 - { name: r, when: { assistance: \">= assisted\" }, require: { approvals: 1, tier: \">= senior\" } }\n";
    World::new().floor(floor).run(async |s| {
        let change = s.assisted_change().await;
        s.forge.advance(jiff::SignedDuration::from_mins(6));
        s.say("pat", &change, "/seconder override Payments are down").await;
        s.expect_pass(&change);
        s.forge.faults().hold_webhooks();
        s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        s.forge.advance(jiff::SignedDuration::from_hours(5));
        s.forge.faults().release_webhooks(|_| ());
        assert_eq!(s.found().await, [""; 0]);
    });
}
