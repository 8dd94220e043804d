//! Around the gate instead of through it: it cannot be prevented from here, and it does not stay unseen.

use crate::world::{REPOSITORY, World};

#[test]
fn a17_a_ruleset_that_is_lifted_for_a_moment_leaves_a_trace() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.delete_ruleset(&s.who("mia"), s.forge.rulesets(REPOSITORY)[0]);
        s.quiet().await;
        s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        s.forge.require_check(REPOSITORY, "main", "seconder", Some(s.forge.app().id));
        assert_eq!(s.found().await, [format!("merged_without_pass #{}", change.number)]);
        let all = s.store.findings(false, 10).await.unwrap();
        let lifted = all.iter().find(|one| one.kind.as_str() == "check_not_required").unwrap();
        assert_eq!(lifted.by, s.pseudonym("mia").await);
        assert!(lifted.resolved_at.is_some());
    });
}

#[test]
fn a18_a_ruleset_that_takes_the_check_from_anybody_raises_the_alarm_before_it_is_used() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let ruleset = s.forge.rulesets(REPOSITORY)[0];
        s.forge.edit_required_check(&s.who("mia"), ruleset, "seconder", None);
        assert_eq!(s.found().await, ["check_not_pinned main"]);
        // Now somebody else's green check counts for GitHub if it is the newest of the name.
        let other = s.forge.another_app("green-machine");
        let head = s.head(&change);
        s.forge.report_check(&other, REPOSITORY, &head, "seconder", "success");
        s.forge.merge(&s.who("jo"), REPOSITORY, change.number).unwrap();
        let found = s.found().await;
        assert!(found.contains(&format!("merged_without_pass #{}", change.number)), "{found:?}");
        let all = s.store.findings(false, 10).await.unwrap();
        assert!(all.iter().any(|one| one.kind.as_str() == "foreign_check"), "{all:?}");
    });
}

#[test]
fn a19_a_check_of_our_name_by_another_app_is_found() {
    World::new().on_github().run(async |s| {
        let other = s.forge.another_app("seconder-two");
        let change = s.assisted_change().await;
        s.forge.report_check(&other, REPOSITORY, &s.head(&change), "seconder", "success");
        s.look_again(&change).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        assert_eq!(s.only_finding().await.by, Some(format!("app:{}", other.id)));
    });
}

#[test]
fn a33_an_admin_who_merges_anyway_is_named() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.merge_anyway(&s.who("pat"), REPOSITORY, change.number).unwrap();
        assert_eq!(s.found().await, [format!("merged_without_pass #{}", change.number)]);
        assert_eq!(s.only_finding().await.by, s.pseudonym("pat").await);
    });
}

#[test]
fn a33_a_change_that_is_merged_anyway_cannot_excuse_itself_by_the_policy_that_it_brings() {
    let policy = |mode: &str| {
        format!(
            "version: 1\nmode: {mode}\nrules:\n- name: second-person\n  when: {{ assistance: \">= none\" }}\n  \
             require: {{ approvals: 1, tier: \">= senior\" }}\n"
        )
    };
    World::new().floor(&policy("preview")).run(async |s| {
        s.policy(&policy("enforce")).await;
        let commit = seconder::sandbox::NewCommit::new("Relax").file(s.policy_file(), policy("preview"));
        let change = s.change("jo").with(commit).open().await;
        s.expect_held(&change, "second-person");
        s.forge.merge_anyway(&s.who("jo"), REPOSITORY, change.number).unwrap();
        assert_eq!(s.found().await, [format!("merged_without_pass #{}", change.number)]);
    });
}

#[test]
fn a33_a_push_past_every_change_is_found() {
    World::new().run(async |s| {
        let commit = seconder::sandbox::NewCommit::new("Skip the ledger").file("src/ledger.rs", "");
        s.forge.push(&s.who("pat"), REPOSITORY, "main", commit);
        s.quiet().await;
        s.forge.advance(jiff::SignedDuration::from_mins(6));
        assert_eq!(s.found().await, ["direct_push push to main"]);
        assert_eq!(s.only_finding().await.by, s.pseudonym("pat").await);
    });
}

#[test]
fn a34_a_merge_through_the_api_on_behalf_of_a_bot_is_found() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.merge_anyway(&s.who("release-bot[bot]"), REPOSITORY, change.number).unwrap();
        assert_eq!(s.found().await, [format!("merged_without_pass #{}", change.number)]);
        assert_eq!(s.only_finding().await.by, s.pseudonym("release-bot[bot]").await);
    });
}
