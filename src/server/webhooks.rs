//! Deliveries: verify, understand, store in one transaction, answer 202.

mod github;
mod gitlab;

use axum::http::StatusCode;
use jiff::Timestamp;

pub(super) use github::github;
pub(super) use gitlab::gitlab;

use super::Server;
use super::error::Refusal;
use crate::forge::event::{Delivery, Event};
use crate::gate::finding::Finding;
use crate::gate::ids::Host;
use crate::gate::witnessed::Witness;
use crate::store::{self, Receipt};
use crate::telemetry::DeliveryResult;

/// What was taken in: its kind, for the metrics, and what became of it.
type Taken = (&'static str, DeliveryResult);

/// Counts a delivery, says in the log why one was not taken, and answers.
fn answer(server: &Server, forge: &'static str, taken: Result<Taken, Refusal>) -> Result<StatusCode, Refusal> {
    match taken {
        Ok((event, result)) => {
            server.metrics.delivery(forge, event, result);
            Ok(StatusCode::ACCEPTED)
        }
        Err(refusal) => {
            let is_ours = matches!(refusal, Refusal::Store(_) | Refusal::Busy);
            let result = if is_ours { DeliveryResult::Unavailable } else { DeliveryResult::Refused };
            server.metrics.delivery(forge, "refused", result);
            if let Refusal::Store(cause) = &refusal {
                tracing::error!(error = cause as &dyn std::error::Error, "a delivery could not be stored");
            } else {
                tracing::warn!(status = refusal.status().as_u16(), reason = %refusal, "delivery refused");
            }
            Err(refusal)
        }
    }
}

/// What somebody should look at, of events that are looked at only then. `Err` if there is nothing.
fn finding(event: &Event, check_name: &str, now: Timestamp) -> Result<Option<Finding>, DeliveryResult> {
    let found = match event {
        Event::Report(report) => report.finding(check_name, now),
        Event::TokenExpires(token) => token.finding(now),
        _ => return Ok(None),
    };
    found.map(Some).ok_or(DeliveryResult::Ignored)
}

/// Stores what a delivery leaves behind, if anything, and wakes whoever has to do with it.
async fn keep(
    server: &Server,
    host: &Host,
    delivery: Delivery,
    finding: Option<Finding>,
    now: Timestamp,
) -> Result<Taken, Refusal> {
    let kind = delivery.event.kind();
    let mut stored = to_store(host, delivery);
    if let Some(finding) = &finding {
        stored.witnessed.push(Witness::Finding(Box::new(finding.clone())));
    }
    if stored.witnessed.is_empty() && stored.concerns.is_empty() && stored.listings.is_empty() {
        return Ok((kind, DeliveryResult::Ignored));
    }
    match server.store.receive(&stored, now).await? {
        Receipt::Duplicate => Ok((kind, DeliveryResult::Duplicate)),
        Receipt::New { dirtied } => {
            if dirtied > 0 {
                server.wake.changes();
            }
            if !stored.listings.is_empty() {
                server.wake.lists();
            }
            tracing::info!(event = kind, guid = stored.guid, dirtied, "delivery taken");
            if let Some(finding) = finding {
                let (kind, commit) = (finding.kind.as_str(), finding.place.commit().map(tracing::field::display));
                tracing::warn!(kind, repository = %finding.repo, commit, "{}", finding.kind.advice());
            }
            Ok((kind, DeliveryResult::Accepted))
        }
    }
}

fn to_store(host: &Host, delivery: Delivery) -> store::Delivery {
    let listings = delivery.listings();
    let (owner, login, installation) = match delivery.origin {
        Some(origin) => (Some(origin.owner), Some(origin.login.to_string()), Some(origin.installation)),
        None => (None, None, None),
    };
    store::Delivery {
        host: host.clone(),
        guid: delivery.id,
        event: delivery.event.kind().to_owned(),
        action: None,
        owner,
        owner_login: login,
        installation,
        witnessed: delivery.event.witnessed(),
        concerns: delivery.event.concerns(),
        listings,
        urgent: delivery.event.urgent(),
        hurry: delivery.event.hurries(),
    }
}
