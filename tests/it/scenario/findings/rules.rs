//! Rules that required our check and do not any more, or that take it from anybody.

use crate::world::{REPOSITORY, World, claude};

const RULES: &str = "/repos/acme/pay/rules/branches/main";

#[test]
fn a_ruleset_that_is_removed_is_found_and_put_right_when_it_is_back() {
    World::new().on_github().run(async |s| {
        s.calls().await;
        let ruleset = s.forge.rulesets(REPOSITORY)[0];
        s.forge.delete_ruleset(&s.who("mia"), ruleset);
        assert_eq!(s.found().await, ["check_not_required main"]);
        assert_eq!(s.only_finding().await.by, s.pseudonym("mia").await);
        s.forge.require_check(REPOSITORY, "main", "seconder", Some(s.forge.app().id));
        assert_eq!(s.found().await, [""; 0]);
        assert_eq!(s.store.findings(false, 10).await.unwrap().len(), 1, "it stays on record");
    });
}

#[test]
fn rules_are_read_once_when_they_move() {
    World::new().on_github().run(async |s| {
        s.assisted_change().await;
        let paths: Vec<String> = s.calls().await.into_iter().map(|call| call.path).collect();
        assert!(!paths.iter().any(|path| path == RULES), "they were read when they were made: {paths:?}");
        let ruleset = s.forge.rulesets(REPOSITORY)[0];
        s.forge.edit_required_check(&s.who("pat"), ruleset, "seconder", Some(s.forge.app().id));
        let paths: Vec<String> = s.calls().await.into_iter().map(|call| call.path).collect();
        assert_eq!(paths.iter().filter(|path| *path == RULES).count(), 1, "{paths:?}");
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn a_ruleset_that_takes_the_check_from_anybody_is_found() {
    World::new().on_github().run(async |s| {
        s.calls().await;
        let ruleset = s.forge.rulesets(REPOSITORY)[0];
        s.forge.edit_required_check(&s.who("mia"), ruleset, "seconder", None);
        assert_eq!(s.found().await, ["check_not_pinned main"]);
        let other = s.forge.another_app("green-machine");
        s.forge.edit_required_check(&s.who("mia"), ruleset, "seconder", Some(other.id));
        assert_eq!(s.found().await, ["check_not_pinned main"]);
        assert_eq!(s.only_finding().await.count, 2);
        s.forge.edit_required_check(&s.who("pat"), ruleset, "seconder", Some(s.forge.app().id));
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn a_ruleset_that_was_removed_unheard_is_found_within_a_day() {
    World::new().on_github().run(async |s| {
        s.calls().await;
        s.expect_refusals();
        s.forge.faults().lose_webhooks(1);
        s.forge.remove_ruleset(s.forge.rulesets(REPOSITORY)[0]);
        assert_eq!(s.found().await, [""; 0]);
        s.hours_pass(25).await;
        assert_eq!(s.found().await, ["check_not_required main"]);
        assert_eq!(s.only_finding().await.by, None, "nobody saw who did it");
    });
}

#[test]
fn classic_branch_protection_makes_a_branch_governed() {
    World::new().on_github().run(async |s| {
        s.branch("release");
        let change = s.change("jo").commit(&claude("Retry")).to("release").open().await;
        s.expect_no_check(&change);
        s.forge.protect(&s.who("pat"), REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        assert_eq!(s.found().await, [""; 0]);
        s.forge.unprotect(&s.who("mia"), REPOSITORY, "release");
        assert_eq!(s.found().await, ["check_not_required release"]);
        assert_eq!(s.only_finding().await.by, s.pseudonym("mia").await);
    });
}

#[test]
fn a_branch_that_never_required_the_check_is_no_finding() {
    World::new().on_github().run(async |s| {
        s.branch("sketch");
        s.change("jo").commit(&claude("Retry")).to("sketch").open().await;
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn rules_that_cannot_be_read_are_read_later() {
    use seconder::sandbox::{Fault, Matching};
    World::new().on_github().run(async |s| {
        s.calls().await;
        let ruleset = s.forge.rulesets(REPOSITORY)[0];
        s.forge.faults().next(1, Matching::rest("GET", RULES), Fault::Status(502));
        s.forge.remove_ruleset(ruleset);
        assert_eq!(s.found().await, [""; 0]);
        s.forge.advance(jiff::SignedDuration::from_mins(6));
        assert_eq!(s.found().await, ["check_not_required main"]);
    });
}
