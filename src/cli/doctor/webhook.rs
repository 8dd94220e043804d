//! The webhook: whether the App's deliveries come here, and arrive.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::configuration::is_local;
use super::finding::Finding;
use crate::forge::github::{Error, Hook, RecordedDelivery};
use crate::gate::ids::Host;

/// GitHub itself waits no longer for an answer.
const WITHIN: Duration = Duration::from_secs(10);

/// Whether it leads here, signed and encrypted.
pub(super) fn settings(host: &Host, public_url: &str, read: &Result<Hook, Error>) -> Vec<Finding> {
    let hook = match read {
        Ok(hook) => hook,
        Err(error) => {
            return vec![Finding::unchecked("webhook-url", host, "the App's webhook", error, None)];
        }
    };
    let page = "on the App's settings page, under Webhook,";
    let expected = format!("{public_url}/webhooks/github");
    let mut found = Vec::new();
    if hook.url.trim_end_matches('/') == expected {
        found.push(Finding::ok("webhook-url", host, format!("the App's webhook leads to {expected}")));
    } else {
        let found_url = if hook.url.is_empty() { "nowhere".to_owned() } else { hook.url.clone() };
        found.push(
            Finding::error("webhook-url", host, format!("the App's webhook leads to {found_url}"))
                .why("the server hears of nothing; only sweeps find what happened")
                .remedy(format!("{page} set the URL to {expected}; or correct server.public_url")),
        );
    }
    if hook.content_type != "json" {
        found.push(
            Finding::error("webhook-form", host, format!("deliveries come as {:?}", hook.content_type))
                .why("the server refuses them")
                .remedy(format!("{page} set the content type to application/json")),
        );
    }
    if !hook.has_secret {
        found.push(
            Finding::error("webhook-unsigned", host, "deliveries are not signed")
                .why("the server refuses them: anybody could have sent them")
                .remedy(format!("{page} set the secret that stands in webhook_secrets")),
        );
    }
    if hook.is_insecure && !is_local(&hook.url) {
        found.push(
            Finding::warning("webhook-insecure", host, "GitHub does not check the server's certificate")
                .why("deliveries hold what is private, and could go to somebody else")
                .remedy(format!("{page} enable SSL verification")),
        );
    }
    found
}

/// What became of the last deliveries. One that arrived in a later attempt has arrived; those of installations that are
/// not served are refused, as they should be.
pub(super) fn deliveries(
    host: &Host,
    read: &Result<Vec<RecordedDelivery>, Error>,
    is_served: impl Fn(i64) -> bool,
) -> Finding {
    let id = "webhook-deliveries";
    let deliveries = match read {
        Ok(deliveries) => deliveries,
        Err(error) => {
            return Finding::unchecked(id, host, "the App's last deliveries", error, None);
        }
    };
    let ours = |one: &&RecordedDelivery| one.installation.is_none_or(&is_served);
    let deliveries: Vec<&RecordedDelivery> = deliveries.iter().filter(ours).collect();
    let taken: BTreeSet<&str> = deliveries.iter().filter(|one| one.is_taken).map(|one| one.guid.as_str()).collect();
    let mut failed: BTreeMap<&str, i64> = BTreeMap::new();
    for one in deliveries.iter().filter(|one| !taken.contains(one.guid.as_str())) {
        failed.entry(&one.guid).or_insert(one.status_code);
    }
    let all = failed.len() + taken.len();
    if all == 0 {
        return Finding::info(id, host, "GitHub has no delivery on record");
    }
    if failed.is_empty() {
        return Finding::ok(id, host, format!("the last {all} deliveries arrived"));
    }
    let mut codes: BTreeMap<i64, usize> = BTreeMap::new();
    for code in failed.values() {
        *codes.entry(*code).or_default() += 1;
    }
    let codes: Vec<String> = codes.iter().map(|(code, count)| format!("{count} × {}", meaning(*code))).collect();
    let found = format!("{} of the last {all} deliveries did not arrive: {}", failed.len(), codes.join(", "));
    let finding = if taken.is_empty() { Finding::error(id, host, found) } else { Finding::warning(id, host, found) };
    finding
        .why("a check is late until the delivery is sent again, which the server asks for every few minutes")
        .remedy("look at the App's settings page, under Advanced, Recent Deliveries, and at the server's log")
}

fn meaning(code: i64) -> String {
    match code {
        0 => "no answer (nobody reached the server, or in vain)".to_owned(),
        401 => "401 (the secret is another one)".to_owned(),
        403 => "403 (from an owner who is not in `owners`)".to_owned(),
        413 => "413 (a proxy refuses their size; GitHub sends up to 25 MB)".to_owned(),
        502..=504 => format!("{code} (the server was down, or its store)"),
        other => other.to_string(),
    }
}

/// Asks the server how it is, by the address that everybody uses. The status of its answer, or why there is none.
pub(super) async fn knock(public_url: &str) -> Result<u16, String> {
    let builder = reqwest::Client::builder().timeout(WITHIN).redirect(reqwest::redirect::Policy::none());
    let builder = if is_local(public_url) { builder.no_proxy() } else { builder };
    let client = builder.build().map_err(|error| error.to_string())?;
    let answered = client.get(format!("{public_url}/healthz")).send().await;
    answered.map(|answer| answer.status().as_u16()).map_err(|error| reason(&error))
}

fn reason(error: &reqwest::Error) -> String {
    match error {
        error if error.is_timeout() => "it did not answer in time".to_owned(),
        error if error.is_connect() => "it cannot be reached".to_owned(),
        _ => "the answer broke off".to_owned(),
    }
}

/// Whether the server is there.
pub(super) fn reachable(public_url: &str, knocked: &Result<u16, String>) -> Finding {
    let (id, about) = ("reachable", "server");
    let found = match knocked {
        Ok(200) => return Finding::ok(id, about, format!("it answers at {public_url}")),
        Ok(status) => format!("{public_url}/healthz answered {status}"),
        Err(why) => format!("{public_url}/healthz: {why}"),
    };
    Finding::warning(id, about, found)
        .why(
            "if the last deliveries arrived, only this machine does not get there, which does no harm; if they did not, nobody \
             does",
        )
        .remedy("start it with `seconder serve`; check server.public_url, the proxy in front of the server, and the firewall")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn attempt(guid: &str, status_code: i64, installation: i64) -> RecordedDelivery {
        RecordedDelivery {
            id: 1,
            guid: guid.to_owned(),
            delivered_at: jiff::Timestamp::UNIX_EPOCH,
            is_taken: status_code == 202,
            status_code,
            is_repeated: false,
            installation: Some(installation),
        }
    }

    #[track_caller]
    fn check(attempts: &[(&str, i64, i64)], severity: Severity, says: &str) {
        let read = Ok(attempts.iter().map(|(guid, code, installation)| attempt(guid, *code, *installation)).collect());
        let found = deliveries(&"github.com".parse().unwrap(), &read, |installation| installation == 7);
        assert_eq!(found.severity, severity, "{found:?}");
        assert!(found.found.contains(says), "{}", found.found);
    }

    #[test]
    fn a_delivery_counts_once_and_by_its_best_attempt() {
        check(&[], Severity::Info, "no delivery on record");
        check(&[("a", 202, 7)], Severity::Ok, "the last 1 deliveries arrived");
        check(&[("a", 202, 7), ("a", 502, 7)], Severity::Ok, "the last 1 deliveries arrived");
        check(&[("a", 202, 7), ("b", 401, 7), ("b", 401, 7)], Severity::Warning, "1 of the last 2 deliveries");
        check(&[("a", 202, 7), ("b", 401, 7)], Severity::Warning, "1 × 401 (the secret is another one)");
        check(&[("a", 0, 7), ("b", 0, 7)], Severity::Error, "2 of the last 2 deliveries did not arrive: 2 × no answer");
        check(&[("a", 202, 7), ("b", 403, 8)], Severity::Ok, "the last 1 deliveries arrived");
    }

    #[test]
    fn an_answer_other_than_well_is_not_well() {
        for (knocked, severity) in [
            (Ok(200), Severity::Ok),
            (Ok(302), Severity::Warning),
            (Ok(503), Severity::Warning),
            (Err("it cannot be reached".to_owned()), Severity::Warning),
        ] {
            assert_eq!(reachable("https://seconder.example.com", &knocked).severity, severity, "{knocked:?}");
        }
    }
}
