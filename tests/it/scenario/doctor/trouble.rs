//! What keeps the doctor from looking.

use jiff::SignedDuration;
use seconder::cli::doctor::{Asked, Severity};
use seconder::config::Config;
use seconder::sandbox::{Fault, Matching, Reset};

use super::{only, the};
use crate::world::World;

#[test]
fn a_key_that_is_not_the_apps_is_an_error() {
    World::new().on_github().run(async |s| {
        let mut config = s.sound_config();
        config.github[0].private_key = s.forge.another_app("impostor").private_key_pem.into();
        let findings = s.doctor_with(&config, &Asked::default()).await;
        only(&findings, Severity::Error, "app-key", "does not accept the App's number and key");
        config.github[0].private_key = "no key".to_owned().into();
        let error = s.doctor_at(&config, &Asked::default(), s.clock()).await.unwrap_err();
        assert!(format!("{error:#}").contains("is not an RSA key in PEM form"), "{error:#}");
    });
}

#[test]
fn a_forge_that_does_not_answer_is_an_error() {
    World::new().on_github().impatient().run(async |s| {
        let until = s.forge.now() + SignedDuration::from_mins(10);
        let named = until.strftime("%Y-%m-%dT%H:%M").to_string();
        for (fault, says) in [
            (Fault::Status(401), "does not accept"),
            (Fault::Status(404), "does not accept"),
            (Fault::Status(500), "failed for now"),
            (Fault::ConnectionLost, "the connection broke"),
            (Fault::PrimaryLimit(Reset(until)), named.as_str()),
        ] {
            s.forge.faults().next(1, Matching::route("GET", "/app"), fault);
            s.expect_only(Severity::Error, "app-key", says).await;
            s.forge.faults().clear();
        }
        s.forge.advance(SignedDuration::from_mins(11));
        let mut config: Config = s.sound_config();
        config.github[0].api_url = "http://127.0.0.1:1".to_owned();
        let findings = s.doctor_with(&config, &Asked::default()).await;
        only(&findings, Severity::Error, "app-key", "GitHub cannot be reached");
    });
}

#[test]
fn what_fails_on_the_way_is_said_and_the_rest_is_looked_at() {
    World::new().on_github().run(async |s| {
        for (route, id) in [
            ("/app/hook/config", "webhook-url"),
            ("/app/hook/deliveries", "webhook-deliveries"),
            ("/repos/{owner}/{repo}/actions/permissions/workflow", "actions-approve"),
        ] {
            s.forge.faults().next(1, Matching::route("GET", route), Fault::Status(500));
            let findings = s.doctor().await;
            only(&findings, Severity::Warning, id, "could not be checked");
            assert_eq!(the(&findings, "required-check").severity, Severity::Ok);
        }
    });
}
