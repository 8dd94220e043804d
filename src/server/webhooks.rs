//! Deliveries: verify, understand, store in one transaction, answer 202.

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};

use super::error::Refusal;
use super::{GitHubHooks, Server};
use crate::forge::event::{Delivery, Event};
use crate::forge::github::webhook::{DeliveryHeaders, SignatureError, parse, verify};
use crate::gate::witnessed::Witness;
use crate::store::{self, Admission, Receipt};
use crate::telemetry::DeliveryResult;

/// `POST /webhooks/github`.
pub(super) async fn github(State(server): State<Server>, request: Request) -> Result<StatusCode, Refusal> {
    let taken = match server.intake.take(request).await {
        Ok((headers, body, _room)) => take(&server, &headers, &body).await,
        Err(refusal) => Err(refusal),
    };
    match taken {
        Ok((event, result)) => {
            server.metrics.delivery(event, result);
            Ok(StatusCode::ACCEPTED)
        }
        Err(refusal) => {
            let is_ours = matches!(refusal, Refusal::Store(_) | Refusal::Busy);
            let result = if is_ours { DeliveryResult::Unavailable } else { DeliveryResult::Refused };
            server.metrics.delivery("refused", result);
            if let Refusal::Store(cause) = &refusal {
                tracing::error!(error = cause as &dyn std::error::Error, "a delivery could not be stored");
            } else {
                tracing::warn!(status = refusal.status().as_u16(), reason = %refusal, "delivery refused");
            }
            Err(refusal)
        }
    }
}

/// Takes a delivery in; gives its kind, for the metrics, and what became of it.
async fn take(server: &Server, headers: &HeaderMap, body: &Bytes) -> Result<(&'static str, DeliveryResult), Refusal> {
    let hooks = authenticate(server, headers, body)?;
    let headers = DeliveryHeaders::read(headers)?;
    if let Some(given) = headers.app_id.filter(|given| u64::try_from(*given) != Ok(hooks.app_id)) {
        return Err(Refusal::App { given, ours: hooks.app_id });
    }
    let delivery = parse(&headers, &hooks.host, body)?;
    let kind = delivery.event.kind();
    if matches!(delivery.event, Event::Ping | Event::Ignored { .. }) {
        return Ok((kind, DeliveryResult::Ignored));
    }
    let now = server.clock.now();
    let finding = match &delivery.event {
        Event::Report(report) => match report.finding(&hooks.check_name, now) {
            Some(finding) => Some(finding),
            None => return Ok((kind, DeliveryResult::Ignored)),
        },
        _ => None,
    };
    if let Some(origin) = &delivery.origin {
        let login = || origin.login.to_string();
        match hooks.owners.admit(&origin.owner, &origin.login, &server.store, now).await? {
            Admission::Served => {}
            Admission::NotServed => return Err(Refusal::Owner { login: login() }),
            Admission::Changed => return Err(Refusal::OwnerChanged { login: login() }),
        }
    }
    let mut stored = to_store(hooks, delivery);
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

/// The host whose secret signed the delivery. A GitHub Enterprise Server names itself in a header; the header chooses
/// among secrets, and the signature decides.
fn authenticate<'a>(server: &'a Server, headers: &HeaderMap, body: &[u8]) -> Result<&'a GitHubHooks, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let signature = text("x-hub-signature-256");
    let named = text("x-github-enterprise-host");
    let candidates =
        server.github.iter().filter(|hooks| named.is_none_or(|named| hooks.host.as_str().eq_ignore_ascii_case(named)));
    let mut refusal = SignatureError::Mismatch;
    for hooks in candidates {
        match verify(&hooks.secrets, body, signature) {
            Ok(()) => return Ok(hooks),
            Err(error) => refusal = error,
        }
    }
    Err(refusal.into())
}

fn to_store(hooks: &GitHubHooks, delivery: Delivery) -> store::Delivery {
    let listings = delivery.listings();
    let (owner, login, installation) = match delivery.origin {
        Some(origin) => (Some(origin.owner), Some(origin.login.to_string()), Some(origin.installation)),
        None => (None, None, None),
    };
    store::Delivery {
        host: hooks.host.clone(),
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
