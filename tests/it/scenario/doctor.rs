//! `seconder doctor`: all is well, and then exactly one thing is not.

mod app;
mod gitlab;
mod here;
mod repositories;
mod trouble;

use seconder::cli::doctor::{Asked, Finding, Findings, Severity, examine};
use seconder::cli::progress::Progress;
use seconder::clock::Clock;
use seconder::config::Config;

use crate::world::{Scene, World};

impl Scene {
    /// The configuration as it should be.
    pub(super) fn sound_config(&self) -> Config {
        Config { public_url: self.url.clone(), ..self.config() }
    }

    pub(super) async fn doctor(&self) -> Findings {
        self.doctor_with(&self.sound_config(), &Asked::default()).await
    }

    pub(super) async fn doctor_with(&self, config: &Config, asked: &Asked) -> Findings {
        self.doctor_at(config, asked, self.clock()).await.unwrap()
    }

    /// What it finds. It leaves no trace: not at the forge, not in the store.
    pub(super) async fn doctor_at(&self, config: &Config, asked: &Asked, clock: Clock) -> anyhow::Result<Findings> {
        self.calls().await;
        let rows = self.rows().await;
        let findings = examine(config, clock, asked, &Progress::default()).await;
        let calls = self.calls_outside();
        let writes: Vec<&str> = calls
            .iter()
            .filter(|call| call.method != "GET" && !call.is_graphql())
            .map(|call| call.path.as_str())
            .filter(|path| !path.ends_with("/access_tokens"))
            .collect();
        assert_eq!(writes, Vec::<&str>::new());
        assert_eq!(self.rows().await, rows, "the store was written to");
        findings
    }

    /// Of all that is looked at, this alone is not as it should be.
    pub(super) async fn expect_only(&self, severity: Severity, id: &str, says: &str) -> Finding {
        only(&self.doctor().await, severity, id, says)
    }
}

/// The only warning or error.
#[track_caller]
pub(super) fn only(findings: &Findings, severity: Severity, id: &str, says: &str) -> Finding {
    let bad: Vec<&Finding> = bad(findings);
    let [found] = bad.as_slice() else { panic!("not one finding: {bad:#?}") };
    assert_eq!((found.severity, found.id), (severity, id), "{found:?}");
    assert!(found.found.contains(says), "{}", found.found);
    assert!(found.why.is_some() && found.remedy.is_some(), "without a reason or a remedy: {found:?}");
    assert_eq!(findings.is_sound(), severity != Severity::Error);
    (*found).clone()
}

pub(super) fn bad(findings: &Findings) -> Vec<&Finding> {
    findings.0.iter().filter(|finding| finding.severity >= Severity::Warning).collect()
}

/// The finding of this kind, whatever its severity.
#[track_caller]
pub(super) fn the<'a>(findings: &'a Findings, id: &str) -> &'a Finding {
    let found = findings.0.iter().find(|finding| finding.id == id);
    found.unwrap_or_else(|| panic!("nothing about {id}: {findings:#?}"))
}

pub(super) fn text(findings: &Findings) -> String {
    let mut out = Vec::new();
    findings.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn where_all_is_well_there_is_no_warning() {
    World::new().on_github().run(async |s| {
        s.assisted_change().await;
        let findings = s.doctor().await;
        assert_eq!(bad(&findings), Vec::<&Finding>::new());
        let sound = [
            "app-event",
            "app-key",
            "app-permission",
            "clock",
            "directory-file",
            "installation-permission",
            "policy-floor",
            "policy-repository",
            "rate-limit",
            "reachable",
            "required-check",
            "secret-file",
            "store",
            "store-room",
            "webhook-deliveries",
            "webhook-secret",
            "webhook-url",
        ];
        for id in sound {
            assert_eq!(the(&findings, id).severity, Severity::Ok, "{:?}", the(&findings, id));
        }
        // What the App may not see is not called sound.
        assert!(the(&findings, "actions-approve").found.starts_with("could not be checked"));
        let text = text(&findings);
        assert!(text.ends_with("\n0 errors, 0 warnings\n"), "{text}");
        let json = findings.to_json();
        assert_eq!((&json["v"], &json["errors"], &json["warnings"]), (&1.into(), &0.into(), &0.into()));
        assert_eq!(json["findings"].as_array().unwrap().len(), findings.0.len());
    });
}

#[test]
fn a_store_in_postgresql_and_an_enterprise_server_are_well_too() {
    World::new().on_github().on_postgres().on_enterprise_server().run(async |s| {
        // It has no merge queues.
        s.forge.unsubscribe("merge_group");
        s.forge.ask_permission("merge_queues", None);
        let findings = s.doctor().await;
        assert_eq!(bad(&findings), Vec::<&Finding>::new());
        assert!(the(&findings, "server-version").found.contains("GitHub Enterprise Server 3.18.2"));
    });
}

#[test]
fn the_order_is_the_same_every_time_and_nothing_secret_is_said() {
    World::new().on_github().run(async |s| {
        for name in ["a", "b", "c", "d", "e", "f"] {
            s.forge.repository(&format!("acme/{name}"));
        }
        let asked = Asked::default();
        let findings = s.doctor_with(&s.sound_config(), &asked).await;
        let order =
            |findings: &Findings| -> Vec<_> { findings.0.iter().map(|one| (one.about.clone(), one.id)).collect() };
        for _ in 0..3 {
            assert_eq!(order(&s.doctor().await), order(&findings));
        }
        let said = text(&findings) + &findings.to_json().to_string();
        let app = s.forge.app();
        let key = app.private_key_pem.lines().nth(1).unwrap();
        for secret in [app.webhook_secret.as_str(), key, "PRIVATE KEY", "ghs_"] {
            assert!(!said.contains(secret), "{secret}");
        }
    });
}
