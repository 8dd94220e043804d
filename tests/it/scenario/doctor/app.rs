//! The App, its webhook and its installations.

use jiff::SignedDuration;
use seconder::cli::doctor::{Asked, Severity};
use seconder::clock::Clock;
use seconder::config::Config;
use seconder::sandbox::Webhook;

use super::{bad, only, the};
use crate::world::{Scene, World};

#[test]
fn the_clock_may_be_half_a_minute_off_and_not_a_whole_one() {
    World::new().on_github().run(async |s| {
        let at = async |s: &Scene, seconds: i64| {
            let github = s.forge.clone();
            let clock = Clock::from_fn(move || github.now() + SignedDuration::from_secs(seconds));
            s.doctor_at(&s.sound_config(), &Asked::default(), clock).await.unwrap()
        };
        assert!(bad(&at(s, 20).await).is_empty());
        only(&at(s, 45).await, Severity::Warning, "clock", "clock is 45 seconds ahead of");
        only(&at(s, -75).await, Severity::Error, "clock", "clock is 75 seconds behind");
    });
}

#[test]
fn permissions_that_the_app_lacks_are_named_with_what_they_are_for() {
    World::new().on_github().run(async |s| {
        for (permission, level, severity, says) in [
            ("checks", Some("read"), Severity::Error, "*Checks* is read-only; it should be read and write"),
            ("contents", None, Severity::Error, "*Contents* is missing"),
            ("issues", Some("read"), Severity::Warning, "*Issues* is read-only"),
            ("issues", None, Severity::Error, "*Issues* is missing"),
            ("administration", None, Severity::Warning, "*Administration* is missing"),
            ("merge_queues", None, Severity::Warning, "*Merge queues* is missing"),
        ] {
            s.forge.ask_permission(permission, level);
            let found = s.expect_only(severity, "app-permission", says).await;
            assert!(found.remedy.unwrap().contains("Permissions & events"));
            s.forge.ask_permission(permission, Some("write"));
        }
        s.forge.ask_permission("workflows", Some("write"));
        let findings = s.doctor().await;
        assert!(the(&findings, "app-excess").found.contains("workflows: write"));
    });
}

#[test]
fn an_event_that_the_app_is_not_told_of_is_named() {
    World::new().on_github().run(async |s| {
        s.forge.unsubscribe("team_add");
        s.expect_only(Severity::Warning, "app-event", "*Team add*").await;
    });
    World::new().on_github().run(async |s| {
        s.forge.unsubscribe("pull_request_review");
        s.expect_only(Severity::Error, "app-event", "*Pull request review*").await;
    });
}

#[test]
fn a_webhook_that_leads_elsewhere_or_is_not_safe_is_an_error() {
    World::new().on_github().run(async |s| {
        s.expect_refusals();
        let url = format!("{}/webhooks/github", s.url);
        s.forge.webhooks_to(format!("{}/webhook", s.url));
        let found = s.expect_only(Severity::Error, "webhook-url", "/webhook").await;
        assert!(found.remedy.unwrap().contains(&url));
        s.forge.webhooks_to(url);
        let set = |form: &str, has_secret| Webhook { content_type: form.to_owned(), has_secret, insecure_ssl: false };
        s.forge.webhook_settings(set("form", true));
        s.expect_only(Severity::Error, "webhook-form", "\"form\"").await;
        s.forge.webhook_settings(set("json", false));
        s.expect_only(Severity::Error, "webhook-unsigned", "not signed").await;
        // On this machine, nobody is in between.
        s.forge.webhook_settings(Webhook { insecure_ssl: true, ..Webhook::default() });
        assert!(bad(&s.doctor().await).is_empty());
    });
}

#[test]
fn deliveries_that_did_not_arrive_are_counted_until_they_do() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.server_down().await;
        s.forge.comment(&s.who("jo"), &change.repository, change.number, "Hello");
        let findings = s.doctor().await;
        let found = the(&findings, "webhook-deliveries");
        assert_eq!(found.severity, Severity::Warning);
        assert!(found.found.starts_with("1 of the last") && found.found.contains("no answer"), "{}", found.found);
        assert_eq!(the(&findings, "reachable").severity, Severity::Warning);
        assert!(the(&findings, "reachable").found.contains("cannot be reached"));
        s.restart().await;
        s.minutes_pass(10).await;
        assert!(bad(&s.doctor().await).is_empty());
    });
}

#[test]
fn owners_and_installations_have_to_agree() {
    World::new().on_github().run(async |s| {
        s.expect_refusals();
        s.forge.repository("other/web");
        let findings = s.doctor().await;
        assert!(bad(&findings).is_empty());
        assert!(the(&findings, "installation-stranger").found.contains("other, which is not among"));
        let mut config: Config = s.sound_config();
        config.github[0].owners.push("nobody".to_owned());
        let findings = s.doctor_with(&config, &Asked::default()).await;
        only(&findings, Severity::Error, "installation-missing", "the App is not installed there");
        s.forge.suspend(&s.organisation("acme"));
        s.expect_only(Severity::Error, "installation-suspended", "suspended").await;
        s.forge.unsuspend(&s.organisation("acme"));
        s.quiet().await;
    });
}

#[test]
fn a_permission_that_an_owner_has_not_accepted_is_the_owners_to_accept() {
    World::new().on_github().run(async |s| {
        s.forge.revoke_permission(&s.organisation("acme"), "members");
        let found = s.expect_only(Severity::Warning, "installation-permission", "*Members* is missing").await;
        assert!(found.remedy.unwrap().contains("an owner of acme accepts"));
    });
}

#[test]
fn what_is_left_of_the_hour_is_looked_at() {
    World::new().on_github().run(async |s| {
        s.forge.spend(&s.organisation("acme"), 4_600);
        s.expect_only(Severity::Warning, "rate-limit", "of 5000 REST calls are left").await;
    });
}

#[test]
fn a_persons_account_need_not_grant_what_only_organisations_can() {
    World::new().on_github().run(async |s| {
        // The server itself does not serve it.
        s.expect_refusals();
        let pat = s.who("pat");
        s.forge.repository("pat/notes");
        s.forge.require_check("pat/notes", "main", "seconder", Some(s.forge.app().id));
        s.forge.revoke_permission(&pat, "members");
        let mut config: Config = s.sound_config();
        config.github[0].owners.push("pat".to_owned());
        let findings = s.doctor_with(&config, &Asked::default()).await;
        let about_pat: Vec<_> = bad(&findings).into_iter().filter(|one| one.about.starts_with("pat")).collect();
        assert!(about_pat.is_empty(), "{about_pat:?}");
        assert_eq!(the(&findings, "installation-permission").severity, Severity::Ok);
    });
}
