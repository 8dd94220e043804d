//! GitHub's deliveries. What is refused, GitHub shows to whoever runs the App, with the reason.

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};

use super::{Taken, answer, finding, keep};
use crate::forge::event::Event;
use crate::forge::github::webhook::{DeliveryHeaders, SignatureError, claimed, parse, verify};
use crate::server::error::Refusal;
use crate::server::{GitHubHooks, Server};
use crate::store::Admission;
use crate::telemetry::DeliveryResult;

/// `POST /webhooks/github`.
pub(in crate::server) async fn github(State(server): State<Server>, request: Request) -> Result<StatusCode, Refusal> {
    let taken = match server.intake.take(request, plausible).await {
        Ok((headers, body, _room)) => take(&server, &headers, &body).await,
        Err(refusal) => Err(refusal),
    };
    answer(&server, "github", taken)
}

/// Whether a request looks like a delivery, before any of its body is read.
fn plausible(headers: &HeaderMap) -> Result<(), Refusal> {
    claimed(headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok()))?;
    DeliveryHeaders::read(headers)?;
    Ok(())
}

async fn take(server: &Server, headers: &HeaderMap, body: &Bytes) -> Result<Taken, Refusal> {
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
    let finding = match finding(&delivery.event, &hooks.check_name, now) {
        Ok(finding) => finding,
        Err(result) => return Ok((kind, result)),
    };
    if let Some(origin) = &delivery.origin {
        let login = || origin.login.to_string();
        match hooks.owners.admit(&origin.owner, &origin.login, &server.store, now).await? {
            Admission::Served => {}
            Admission::NotServed => return Err(Refusal::Owner { login: login() }),
            Admission::Changed => return Err(Refusal::OwnerChanged { login: login() }),
        }
    }
    keep(server, &hooks.host, delivery, finding, now).await
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
