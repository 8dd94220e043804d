//! A delivery of GitLab: its body.

use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use seconder::forge::event::{Delivery, Event};
use seconder::forge::gitlab::webhook::{Claimed, Context, DeliveryHeaders, Secrets, SigningToken, parse, verify};
use seconder::gate::ids::{AccountId, Host};
use seconder::gate::witnessed::Concern;
use secrecy::SecretString;
use serde_json::Value;

const TOKEN: &str = "a secret token";
const SIGNING_TOKEN: &str = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// Holds a delivery to what the server relies on.
pub fn hold(input: &[u8]) {
    nobody_signs_by_chance(input);
    let host: Host = "gitlab.com".parse().unwrap();
    let bot = AccountId::new(host.clone(), 4242);
    let context = Context { host: &host, policy_project: "seconder-policy", check_name: "seconder", bot: Some(&bot) };
    let headers = DeliveryHeaders::read(&HeaderMap::new());
    let told = parse(&headers, &context, input);
    assert_eq!(told, parse(&headers, &context, input), "the same delivery tells the same");
    match &told {
        Ok(delivery) => {
            is_sound(delivery, &host);
            form_does_not_matter(&headers, &context, input, delivery);
        }
        Err(error) => {
            let shown = error.to_string();
            assert!(!shown.contains(char::is_control) && shown.chars().count() < 600, "{shown:?}");
        }
    }
}

/// What stands in the headers is as good a secret as any that a stranger makes up.
fn nobody_signs_by_chance(input: &[u8]) {
    let signing = vec![SigningToken::parse(&SecretString::from(SIGNING_TOKEN)).unwrap()];
    let secrets = Secrets { signing, tokens: vec![SecretString::from(TOKEN)] };
    let Ok(value) = HeaderValue::from_bytes(&input[..input.len().min(200)]) else { return };
    for name in ["x-gitlab-token", "webhook-signature"] {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", HeaderValue::from_static("1"));
        headers.insert("webhook-timestamp", HeaderValue::from_static("0"));
        headers.insert(name, value.clone());
        let Ok(claimed) = Claimed::read(&headers) else { continue };
        let is_ours = name == "x-gitlab-token" && value.as_bytes() == TOKEN.as_bytes();
        assert_eq!(verify(&secrets, &claimed, input, Timestamp::UNIX_EPOCH).is_ok(), is_ours, "{value:?}");
    }
}

fn is_sound(delivery: &Delivery, host: &Host) {
    assert!(delivery.origin.is_none(), "whose it is, GitLab does not say in numbers");
    if let Some(repository) = delivery.event.repository() {
        assert!(
            repository.repo.host == *host && repository.repo.id > 0 && repository.owner.is_none(),
            "{repository:?}"
        );
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
    if let Event::Comment(event) = &delivery.event
        && let Some(command) = &event.command
    {
        assert!(!command.said.is_bare, "a bare /approve is GitLab's own");
    }
    // All of it can be asked of every event.
    let _ = (delivery.event.kind(), delivery.event.witnessed(), delivery.event.urgent(), delivery.event.hurries());
    let _ = delivery.listings();
}

/// The order of keys and white space say nothing, but for the name of a delivery that has none.
fn form_does_not_matter(headers: &DeliveryHeaders, context: &Context<'_>, input: &[u8], told: &Delivery) {
    let Ok(value) = serde_json::from_slice::<Value>(input) else { return };
    let written = serde_json::to_vec_pretty(&value).unwrap();
    let again = parse(headers, context, &written).map(|delivery| delivery.event);
    assert_eq!(again.as_ref(), Ok(&told.event), "the form of a delivery says nothing");
}
