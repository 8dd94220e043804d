//! Pushes to branches that require the check: a merge accounts for them, or somebody went around it.

use jiff::SignedDuration;
use seconder::sandbox::NewCommit;

use crate::world::{REPOSITORY, Scene, World};

const ASKED: &str = "/commits/";

/// Long enough for a push to be looked at.
fn time_passes(s: &Scene) {
    s.forge.advance(SignedDuration::from_mins(6));
}

fn is_asked(path: &str) -> bool {
    path.contains(ASKED) && (path.ends_with("/pulls") || path.ends_with("/merge_requests"))
}

fn asked(calls: &[seconder::sandbox::Call]) -> usize {
    calls.iter().filter(|call| is_asked(&call.path)).count()
}

#[test]
fn a_push_past_every_change_is_found_once_its_merge_does_not_come() {
    World::new().run(async |s| {
        s.put("main", "src/ledger.rs", "").await;
        assert_eq!(s.found().await, [""; 0], "its merge may be on its way");
        time_passes(s);
        assert_eq!(asked(&s.calls().await), 1);
        assert_eq!(s.found().await, ["direct_push push to main"]);
        time_passes(s);
        assert_eq!(asked(&s.calls().await), 0);
        assert_eq!(s.only_finding().await.count, 1);
    });
}

#[test]
fn a_merge_accounts_for_its_push_without_a_call_whichever_is_told_first() {
    World::new().run(async |s| {
        for (is_reversed, message) in [(false, "Fix a typo"), (true, "Fix another")] {
            let change = s.change("jo").commit(message).open().await;
            s.forge.faults().hold_webhooks();
            s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
            s.forge.faults().release_webhooks(|held| {
                if is_reversed {
                    held.reverse();
                }
            });
            s.calls().await;
            time_passes(s);
            assert_eq!(asked(&s.calls().await), 0);
            assert_eq!(s.found().await, [""; 0]);
        }
    });
}

#[test]
fn a_push_whose_merge_was_never_told_is_asked_about_and_no_finding() {
    World::new().run(async |s| {
        let change = s.change("jo").commit("Fix a typo").open().await;
        s.expect_refusals();
        s.calls().await;
        // Told last of a merge: that it is closed.
        s.forge.faults().hold_webhooks();
        s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        s.forge.faults().release_webhooks(|held| {
            held.pop();
        });
        s.quiet().await;
        time_passes(s);
        assert_eq!(asked(&s.calls().await), 1);
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn a_push_to_a_branch_that_does_not_require_the_check_is_nobodys_business() {
    World::new().on_github().run(async |s| {
        s.branch("sketch");
        s.put("sketch", "src/ledger.rs", "").await;
        s.branch("release");
        s.forge.protect(&s.who("pat"), REPOSITORY, "release", "seconder", None);
        s.change("jo").to("release").open().await;
        s.forge.unprotect(&s.who("pat"), REPOSITORY, "release");
        assert_eq!(s.found().await, ["check_not_required release"]);
        s.put("release", "src/ledger.rs", "").await;
        s.calls().await;
        time_passes(s);
        assert!(s.calls().await.is_empty());
        assert_eq!(s.found().await, ["check_not_required release"]);
    });
}

#[test]
fn a_change_merged_into_another_branch_does_not_account_for_a_push() {
    World::new().run(async |s| {
        s.branch("sketch");
        let change = s.change("jo").to("sketch").open().await;
        let tip = s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        s.quiet().await;
        s.forge.push_commit(&s.who("jo"), REPOSITORY, "main", &tip);
        s.quiet().await;
        time_passes(s);
        assert_eq!(s.found().await, ["direct_push push to main"]);
    });
}

#[test]
fn a_push_is_looked_at_later_when_the_forge_does_not_answer() {
    use seconder::sandbox::{Fault, Matching};
    World::new().run(async |s| {
        let tip = s.forge.push(&s.who("pat"), REPOSITORY, "main", NewCommit::new("Skip").file("b", "b"));
        s.quiet().await;
        time_passes(s);
        let asking = if s.is_gitlab() {
            Matching::route("GET", "/api/v4/projects/{id}/repository/commits/{sha}/merge_requests")
        } else {
            Matching::rest("GET", &format!("/repos/acme/pay/commits/{tip}/pulls"))
        };
        s.forge.faults().next(1, asking, Fault::Status(502));
        assert_eq!(s.found().await, [""; 0]);
        time_passes(s);
        assert_eq!(s.found().await, ["direct_push push to main"]);
    });
}
