//! What operators and load balancers see: health, metrics, and how deliveries are refused.

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::StatusCode;
use seconder::sandbox::{Delivery, Outcome};
use serde_json::Value;
use sha2::Sha256;
use tokio_util::sync::CancellationToken;

use crate::sandbox::client::hex;
use crate::world::{Scene, World};

/// An answer of the server.
struct Answer {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    text: String,
}

impl Answer {
    /// The problem that it tells of, which says nothing about the inside.
    #[track_caller]
    fn problem(&self, status: u16, says: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let problem: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().unwrap().contains(says), "{}", self.text);
        for inside in ["sqlite", "sqlx", "postgres", "seconder.db", "panicked", "src/", "closed"] {
            assert!(!self.text.to_lowercase().contains(inside), "{}", self.text);
        }
    }
}

async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn get(url: &str, path: &str) -> Answer {
    send(http().get(format!("{url}{path}"))).await
}

fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex(&mac.finalize().into_bytes()))
}

/// A delivery, genuine in every way, about to be sent.
fn delivery(s: &Scene, url: &str, event: &str, body: &str) -> reqwest::RequestBuilder {
    signed(&s.forge.app().webhook_secret, url, event, body)
}

fn signed(secret: &str, url: &str, event: &str, body: &str) -> reqwest::RequestBuilder {
    http()
        .post(format!("{url}/webhooks/github"))
        .header("x-github-event", event)
        .header("x-github-delivery", "5d4f7a1e-0000-4000-8000-000000000001")
        .header("x-hub-signature-256", sign(secret, body.as_bytes()))
        .header("content-type", "application/json")
        .body(body.to_owned())
}

fn opened(s: &Scene) -> Delivery {
    let deliveries = s.forge.deliveries();
    deliveries.into_iter().find(|one| one.event == "pull_request").unwrap()
}

#[test]
fn health_is_told_and_readiness_depends_on_the_store() {
    World::new().on_github().run(async |s| {
        let other = s.another_server().await;
        assert_eq!(get(&other.url, "/healthz").await.status, 200);
        assert_eq!(get(&other.url, "/readyz").await.status, 200);
        other.store.close().await;
        assert_eq!(get(&other.url, "/readyz").await.status, 200, "the store is not asked each time");
        s.forge.advance(jiff::SignedDuration::from_secs(1));
        let ready = get(&other.url, "/readyz").await;
        assert_eq!((ready.status.as_u16(), ready.text.as_str()), (503, "the store does not take writes\n"));
        assert_eq!(get(&other.url, "/healthz").await.status, 200, "it lives, and may get better");
        assert_eq!(get(&other.url, "/metrics").await.status, 200);
        assert_eq!(get(&s.url, "/readyz").await.status, 200);
    });
}

#[test]
fn metrics_count_what_happened() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.forge.comment(&s.who("mia"), &change.repository, change.number, "Nice.");
        s.quiet().await;
        s.forge.redeliver(opened(s).id);
        s.quiet().await;
        let answer = get(&s.url, "/metrics").await;
        assert!(answer.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
        for line in [
            r#"seconder_deliveries_total{forge="github",event="change_opened",result="Accepted"} 1"#,
            r#"seconder_deliveries_total{forge="github",event="change_opened",result="Duplicate"} 1"#,
            r#"seconder_deliveries_total{forge="github",event="review_submitted",result="Accepted"} 1"#,
            r#"seconder_evaluations_total{outcome="waiting"} 1"#,
            r#"seconder_evaluations_total{outcome="pass"} 1"#,
            r#"seconder_publications_total{action="created"} 1"#,
            r#"seconder_publications_total{action="updated"} 1"#,
            "seconder_event_to_check_seconds_count 2",
            "seconder_dirty_changes 0",
            "seconder_lists_owed 0",
            "seconder_redeliveries_total 0",
            "seconder_oldest_dirty_age_seconds 0.0",
            "seconder_directory_snapshot 1",
            "# EOF",
        ] {
            assert!(answer.text.lines().any(|told| told == line), "{line} is not in\n{}", answer.text);
        }
        for name in ["acme", "ana", "jo", "ghs_"] {
            assert!(!answer.text.contains(&format!("\"{name}")), "{}", answer.text);
        }
    });
}

#[test]
fn what_waits_and_for_how_long_is_a_metric() {
    World::new().on_github().run(async |s| {
        s.change("jo").open_at_once();
        s.forge.settled().await;
        s.forge.advance(jiff::SignedDuration::from_secs(90));
        let text = get(&s.url, "/metrics").await.text;
        assert!(text.contains("seconder_dirty_changes 1\n"), "{text}");
        let age = text.lines().find_map(|line| line.strip_prefix("seconder_oldest_dirty_age_seconds ")).unwrap();
        assert!(age.parse::<f64>().unwrap() >= 90.0);
    });
}

#[test]
fn a_delivery_is_refused_without_the_right_signature() {
    World::new().on_github().run(async |s| {
        s.assisted_change().await;
        let body = opened(s).body;
        let altered = body.replacen("open", "shut", 1);
        let signed = |signature: &str| {
            let request = http().post(format!("{}/webhooks/github", s.url)).header("x-hub-signature-256", signature);
            request.header("x-github-event", "pull_request").header("x-github-delivery", "x").body(altered.clone())
        };
        send(signed(&sign(&s.forge.app().webhook_secret, body.as_bytes()))).await.problem(401, "does not match");
        send(signed(&sign("another secret", altered.as_bytes()))).await.problem(401, "does not match");
        send(signed("sha256=")).await.problem(401, "not of the form");
        let unsigned = http().post(format!("{}/webhooks/github", s.url)).body(body.clone());
        send(unsigned).await.problem(401, "no X-Hub-Signature-256");
        assert_eq!(s.store.dirty_count().await.unwrap(), 0, "nothing was stored");
    });
}

#[test]
fn a_delivery_that_makes_no_sense_is_refused_with_the_place() {
    World::new().on_github().run(async |s| {
        s.assisted_change().await;
        send(delivery(s, &s.url, "pull_request", "{\"action\": }")).await.problem(400, "line 1, column 12");
        send(delivery(s, &s.url, "pull_request", "[]")).await.problem(400, "pull_request");
        let headless = opened(s).body.replace("\"sha\"", "\"hash\"");
        send(delivery(s, &s.url, "pull_request", &headless)).await.problem(400, "pull_request.head");
    });
}

#[test]
fn other_owners_are_refused_and_unknown_events_are_not() {
    World::new().on_github().run(async |s| {
        s.expect_refusals();
        s.assisted_change().await;
        // Anybody can install the App.
        s.forge.repository("evil/pay");
        s.forge.settled().await;
        let theirs = s.forge.deliveries().into_iter().rfind(|one| one.event == "push").unwrap();
        assert_eq!(theirs.outcome, Outcome::Answered(403));
        send(delivery(s, &s.url, &theirs.event, &theirs.body)).await.problem(403, "does not serve evil");
        let answer = send(delivery(s, &s.url, "sponsorship", "{\"installation\": {\"id\": 1}}")).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, ""));
    });
}

#[test]
fn a_store_that_is_away_makes_the_forge_send_again() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let other = s.another_server().await;
        other.store.close().await;
        let body = opened(s).body;
        send(delivery(s, &other.url, "pull_request", &body)).await.problem(503, "send it again later");
        assert_eq!(send(delivery(s, &s.url, "pull_request", &body)).await.status, 202);
    });
}

#[test]
fn a_server_that_can_no_longer_store_deliveries_is_not_ready_and_ends_to_be_started_anew() {
    World::new().on_github().run(async |s| {
        let ready = s.without_its_writer().await;
        assert!(ready.store.ping_writable().await.is_err());
        let ended = ready.run(CancellationToken::new()).await.unwrap_err();
        assert!(ended.to_string().contains("deliveries can no longer be stored"), "{ended}");
    });
}

#[test]
fn the_largest_delivery_that_github_sends_is_read() {
    World::new().on_github().run(async |s| {
        let largest = " ".repeat(25 * 1024 * 1024);
        send(delivery(s, &s.url, "sponsorship", &largest)).await.problem(400, "");
    });
}

#[test]
fn every_answer_carries_the_id_of_its_request() {
    World::new().on_github().run(async |s| {
        let (first, second) = (get(&s.url, "/healthz").await, get(&s.url, "/healthz").await);
        let id = |answer: &Answer| answer.headers["x-request-id"].to_str().unwrap().to_owned();
        assert_ne!(id(&first), id(&second));
        let named = http().get(format!("{}/healthz", s.url)).header("x-request-id", "from-the-load-balancer");
        assert_eq!(id(&send(named).await), "from-the-load-balancer");
        let refused = send(http().post(format!("{}/webhooks/github", s.url))).await;
        assert!(!id(&refused).is_empty());
    });
}

#[test]
fn a_header_chooses_among_hosts_and_the_signature_decides() {
    World::new().on_github().run(async |s| {
        s.assisted_change().await;
        let mut config = s.config();
        let mut enterprise = config.github[0].clone();
        enterprise.api_url = "https://ghe.example.com/api/v3".to_owned();
        enterprise.webhook_secrets = vec!["the enterprise's own".to_owned().into()];
        config.github.push(enterprise);
        let both = s.server_with(config, s.clock()).await;
        let (cloud, theirs) = (s.forge.app().webhook_secret, "the enterprise's own");
        for (secret, host, status) in [
            (theirs, Some("ghe.example.com"), 202),
            (theirs, Some("GHE.example.com"), 202),
            (&cloud, Some("ghe.example.com"), 401),
            (theirs, Some("ghe.example.org"), 401),
            (theirs, None, 202),
            (&cloud, None, 202),
            ("nobody's", None, 401),
        ] {
            let mut ping = signed(secret, &both.url, "ping", "{\"zen\": \"Design for failure.\"}");
            if let Some(host) = host {
                ping = ping.header("x-github-enterprise-host", host);
            }
            assert_eq!(send(ping).await.status, status, "{host:?}");
        }
    });
}
