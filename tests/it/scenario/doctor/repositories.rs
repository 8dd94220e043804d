//! Repositories: what is required, and what goes around it.

use seconder::cli::doctor::{Asked, Severity};
use seconder::sandbox::Settings;

use super::{bad, only, the};
use crate::world::{REPOSITORY, Scene, World};

fn named(name: &str) -> Asked {
    Asked { repositories: vec![name.to_owned()], ..Asked::default() }
}

fn the_ruleset(s: &Scene) -> u64 {
    s.forge.rulesets(REPOSITORY)[0]
}

#[test]
fn a_check_that_is_not_required_from_us_is_found() {
    World::new().on_github().run(async |s| {
        let ours = s.forge.app().id;
        let require = |s: &Scene, from| {
            s.forge.remove_ruleset(the_ruleset(s));
            s.forge.require_check(REPOSITORY, "main", "seconder", from);
        };
        require(s, None);
        let found = s.expect_only(Severity::Error, "required-check", "takes `seconder` from anybody").await;
        assert!(found.remedy.unwrap().contains("source seconder"));
        require(s, Some(ours + 1));
        s.expect_only(Severity::Error, "required-check", "from another App").await;
        s.forge.remove_ruleset(the_ruleset(s));
        // Of all that there are, not every one is meant to be gated; one that is named is.
        s.expect_only(Severity::Warning, "required-check", "`main` does not require `seconder`").await;
        let findings = s.doctor_with(&s.sound_config(), &named("Acme/Pay")).await;
        only(&findings, Severity::Error, "required-check", "`main` does not require `seconder`");
        s.forge.protect(&s.who("pat"), REPOSITORY, "main", "seconder", Some(ours));
        assert!(bad(&s.doctor().await).is_empty());
    });
}

#[test]
fn who_may_bypass_is_named() {
    World::new().on_github().run(async |s| {
        s.forge.let_bypass(the_ruleset(s), "Team", "always");
        s.expect_only(Severity::Warning, "ruleset-bypass", "can be bypassed by: Team (always)").await;
        // The App need not be able to change rules, and is then not told.
        s.forge.revoke_permission(&s.organisation("acme"), "administration");
        s.forge.accept_permission(&s.organisation("acme"), "administration", "read");
        s.quiet().await;
        let findings = s.doctor().await;
        assert!(bad(&findings).is_empty());
        assert!(the(&findings, "ruleset-bypass").found.starts_with("could not be checked"));
    });
}

#[test]
fn being_up_to_date_without_a_queue_costs_approvals() {
    World::new().on_github().run(async |s| {
        s.forge.require_up_to_date(the_ruleset(s));
        let found = s.expect_only(Severity::Warning, "strict-without-queue", "up to date").await;
        assert!(found.why.unwrap().contains("does not become a contributor"));
        s.forge.require_queue(the_ruleset(s));
        assert!(bad(&s.doctor().await).is_empty());
    });
}

#[test]
fn workflows_that_may_approve_are_found_in_the_repository_and_its_organisation() {
    World::new().on_github().run(async |s| {
        s.forge.settings(REPOSITORY, Settings { actions_may_approve: true, ..Settings::default() });
        s.expect_only(Severity::Warning, "actions-approve", "GitHub Actions may create and approve").await;
        s.forge.settings(
            REPOSITORY,
            Settings { allow_auto_merge: true, allow_update_branch: true, ..Settings::default() },
        );
        let findings = s.doctor().await;
        assert!(bad(&findings).is_empty());
        assert_eq!(the(&findings, "auto-merge").severity, Severity::Info);
        assert_eq!(the(&findings, "update-branch").severity, Severity::Info);
        s.forge.let_actions_approve(&s.organisation("acme"));
        s.forge.accept_permission(&s.organisation("acme"), "organization_administration", "read");
        s.quiet().await;
        let found = s.expect_only(Severity::Warning, "actions-approve", "GitHub Actions may create and approve").await;
        assert_eq!(found.about, "acme");
    });
}

#[test]
fn a_policy_that_cannot_be_used_is_said_with_its_line() {
    World::new().on_github().run(async |s| {
        s.put("main", ".github/seconder.yml", "version: 1\nmode: maybe\n").await;
        s.expect_only(Severity::Error, "policy-repository", "seconder.yml:2:").await;
    });
}

#[test]
fn a_repository_that_is_not_there_is_an_error_and_an_archived_one_is_passed_over() {
    World::new().on_github().run(async |s| {
        let findings = s.doctor_with(&s.sound_config(), &named("acme/nowhere")).await;
        only(&findings, Severity::Error, "repository", "does not exist, or the App or bot account does not reach it");
        let findings = s.doctor_with(&s.sound_config(), &named("other/pay")).await;
        only(&findings, Severity::Error, "repository", "does not exist, or the App or bot account does not reach it");
        s.forge.repository("acme/old");
        s.forge.archive(&s.who("pat"), "acme/old", true);
        s.quiet().await;
        let findings = s.doctor_with(&s.sound_config(), &named("acme/old")).await;
        assert!(bad(&findings).is_empty());
        assert_eq!(the(&findings, "archived").severity, Severity::Info);
    });
}

#[test]
fn of_many_repositories_some_are_looked_at_and_the_rest_is_counted() {
    World::new().on_github().run(async |s| {
        for number in 0..23 {
            s.forge.repository(&format!("acme/z{number}"));
        }
        s.quiet().await;
        let findings = s.doctor().await;
        assert!(the(&findings, "repositories").found.starts_with("4 more repositories"));
        assert_eq!(findings.0.iter().filter(|one| one.id == "required-check").count(), 20);
    });
}

#[test]
fn what_may_not_be_seen_is_never_called_sound() {
    World::new().on_github().run(async |s| {
        s.forge.revoke_permission(&s.organisation("acme"), "administration");
        let findings = s.doctor().await;
        only(&findings, Severity::Warning, "installation-permission", "*Administration* is missing");
        let unchecked: Vec<&str> = findings
            .0
            .iter()
            .filter(|one| one.about == REPOSITORY && one.found.starts_with("could not be checked"))
            .map(|one| one.id)
            .collect();
        assert_eq!(unchecked, ["ruleset-bypass", "actions-approve"]);
        let actions = findings.0.iter().find(|one| one.id == "actions-approve" && one.about == REPOSITORY).unwrap();
        assert!(actions.remedy.as_ref().unwrap().contains("*Administration*, read-only"));
    });
}
