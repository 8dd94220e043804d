//! A delivery: the first line is the event's name, the rest is the body.

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderValue};
use seconder::forge::event::{Delivery, Event};
use seconder::forge::github::webhook::{DeliveryHeaders, SignatureError, parse, verify};
use seconder::gate::ids::Host;
use seconder::gate::witnessed::Concern;
use secrecy::SecretString;
use serde_json::Value;
use sha2::Sha256;

const SECRET: &str = "a webhook secret";

/// Holds a delivery to what the server relies on.
pub fn hold(input: &[u8]) {
    let end = input.iter().position(|c| *c == b'\n').unwrap_or(input.len());
    let (event, body) = (&input[..end], input.get(end + 1..).unwrap_or_default());
    only_our_secret_opens_it(event, body);
    let Some(headers) = headers(event) else { return };
    let host: Host = "github.com".parse().unwrap();
    let told = parse(&headers, &host, body);
    assert_eq!(told, parse(&headers, &host, body), "the same delivery tells the same");
    match &told {
        Ok(delivery) => {
            is_sound(delivery, &headers, &host);
            form_does_not_matter(&headers, &host, body, delivery);
        }
        Err(error) => {
            let shown = error.to_string();
            assert!(!shown.contains(char::is_control) && shown.chars().count() < 600, "{shown:?}");
        }
    }
}

fn headers(event: &[u8]) -> Option<DeliveryHeaders> {
    let mut headers = HeaderMap::new();
    headers.insert("x-github-event", HeaderValue::from_bytes(event).ok()?);
    headers.insert("x-github-delivery", HeaderValue::from_static("11111111-2222-3333-4444-555555555555"));
    headers.insert("x-github-hook-installation-target-type", HeaderValue::from_static("integration"));
    headers.insert("x-github-hook-installation-target-id", HeaderValue::from_static("1"));
    DeliveryHeaders::read(&headers).ok()
}

fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    digest.iter().fold("sha256=".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn only_our_secret_opens_it(given: &[u8], body: &[u8]) {
    let secrets = [SecretString::from("the secret before"), SecretString::from(SECRET)];
    let right = signature(SECRET, body);
    assert_eq!(verify(&secrets, body, Some(&right)), Ok(()));
    let another = signature("another secret", body);
    assert_eq!(verify(&secrets, body, Some(&another)), Err(SignatureError::Mismatch));
    let longer = [body, b" "].concat();
    assert_eq!(verify(&secrets, &longer, Some(&right)), Err(SignatureError::Mismatch));
    // What is given as the event's name is as good a signature as any that a stranger makes up.
    let forged = str::from_utf8(given).ok().filter(|given| !given.eq_ignore_ascii_case(&right));
    assert!(verify(&secrets, body, forged).is_err(), "{forged:?}");
}

fn is_sound(delivery: &Delivery, headers: &DeliveryHeaders, host: &Host) {
    assert_eq!(delivery.id, headers.guid);
    let is_nobodys = matches!(delivery.event, Event::Ping | Event::Ignored { .. });
    assert!(delivery.origin.is_some() || is_nobodys, "{delivery:?} belongs to nobody");
    if let Some(origin) = &delivery.origin {
        assert!(origin.owner.host == *host && origin.owner.id > 0 && origin.installation > 0, "{origin:?}");
    }
    if let Some(repository) = delivery.event.repository() {
        assert!(repository.repo.host == *host && repository.repo.id > 0, "{repository:?}");
    }
    for concern in delivery.event.concerns() {
        let (at, id) = match &concern {
            Concern::Change(key) => (&key.repo.host, key.number.min(key.repo.id)),
            Concern::Head { repo, .. }
            | Concern::Base { repo, .. }
            | Concern::Repository(repo)
            | Concern::OwnerOf(repo) => (&repo.host, repo.id),
            Concern::Comment { repo, comment } => (&repo.host, repo.id.min(*comment)),
            Concern::Owner(owner) => (&owner.host, owner.id),
        };
        assert!(at == host && id > 0, "{concern:?}");
    }
    // All of it can be asked of every event.
    let _ = (delivery.event.kind(), delivery.event.witnessed(), delivery.event.urgent(), delivery.event.hurries());
    let _ = delivery.listings();
}

/// The order of keys and white space say nothing.
fn form_does_not_matter(headers: &DeliveryHeaders, host: &Host, body: &[u8], told: &Delivery) {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return };
    let written = serde_json::to_vec_pretty(&value).unwrap();
    assert_eq!(parse(headers, host, &written).as_ref(), Ok(told), "the form of a delivery says nothing");
}
