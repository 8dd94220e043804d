//! `compose.yaml`.

use std::time::Duration;

use seconder::cli::serve::DRAIN;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use super::{configured, text};

fn compose() -> Value {
    serde_saphyr::from_str(&text("compose.yaml")).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(Map::keys).into_iter().flatten().map(String::as_str).collect()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

/// The services that run Seconder.
fn ours(compose: &Value) -> Vec<(&String, &Value)> {
    let services = compose["services"].as_object().unwrap().iter();
    let ours: Vec<_> = services.filter(|(_, service)| service["image"] == "seconder").collect();
    assert_eq!(ours.len(), 2);
    ours
}

fn variables(service: &Value) -> Vec<(String, String)> {
    let variables = service["environment"].as_object().unwrap().iter();
    variables.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

#[test]
fn the_server_takes_all_that_compose_tells_it() {
    let compose = compose();
    for (name, service) in ours(&compose) {
        let config = configured(&variables(service));
        assert_eq!(config.github[0].private_key.expose_secret(), "app.pem");
        assert_eq!(config.github[0].webhook_secrets[0].expose_secret(), "webhook-secrets");
        let store = if name == "seconder" { "store-url" } else { "sqlite:/var/lib/seconder/seconder.db" };
        assert_eq!(config.store_url.expose_secret(), store);
    }
}

#[test]
fn every_secret_comes_from_a_file_that_the_service_is_given() {
    let compose = compose();
    let known = keys(&compose["secrets"]);
    for service in compose["services"].as_object().unwrap().values() {
        let given = strings(&service["secrets"]);
        let named: Vec<String> = variables(service)
            .into_iter()
            .filter_map(|(_, value)| Some(value.strip_prefix("/run/secrets/")?.to_owned()))
            .collect();
        let mut sorted = (given.clone(), named.iter().map(String::as_str).collect::<Vec<_>>());
        sorted.0.sort_unstable();
        sorted.1.sort_unstable();
        assert_eq!(sorted.0, sorted.1, "what is given is what is read");
        assert!(given.iter().all(|secret| known.contains(secret)), "{given:?}");
    }
    for secret in compose["secrets"].as_object().unwrap().values() {
        assert!(secret["file"].as_str().unwrap().starts_with("./secrets/"));
    }
}

#[test]
fn services_wait_for_what_they_need_and_end_in_order() {
    let compose = compose();
    let seconds =
        |text: &Value| Duration::from_secs(text.as_str().unwrap().strip_suffix('s').unwrap().parse().unwrap());
    for (_, service) in ours(&compose) {
        assert!(seconds(&service["stop_grace_period"]) > DRAIN);
        assert_eq!((&service["restart"], &service["read_only"]), (&"unless-stopped".into(), &true.into()));
        for (needed, how) in service["depends_on"].as_object().into_iter().flatten() {
            assert_eq!(how["condition"], "service_healthy");
            assert!(compose["services"][needed]["healthcheck"]["test"].is_array(), "{needed}");
        }
    }
    let volumes = keys(&compose["volumes"]);
    for service in compose["services"].as_object().unwrap().values() {
        for volume in strings(&service["volumes"]) {
            let source = volume.split(':').next().unwrap();
            assert!(source.starts_with("./") || volumes.contains(&source), "{volume}");
        }
    }
}
