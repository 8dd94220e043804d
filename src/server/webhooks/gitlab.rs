//! GitLab's deliveries. A hook whose deliveries fail is disabled, for good after a while, and nobody hears of anything then:
//! so whatever is genuine is answered 202, also if it makes no sense or is none of ours, and only what cannot be stored is
//! not. <https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks>

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use super::{Taken, answer, finding, keep};
use crate::forge::event::{Delivery, Event, NamedRepository};
use crate::forge::gitlab::webhook::{Claimed, Context, DeliveryHeaders, SignatureError, parse, verify};
use crate::gate::finding::Kind;
use crate::server::error::Refusal;
use crate::server::{GitLabHooks, Server};
use crate::store::{Admission, KnownProject};
use crate::telemetry::DeliveryResult;

/// `POST /webhooks/gitlab`.
pub(in crate::server) async fn gitlab(State(server): State<Server>, request: Request) -> Result<StatusCode, Refusal> {
    let taken = match server.intake.take(request, plausible).await {
        Ok((headers, body, _room)) => take(&server, &headers, &body).await,
        Err(refusal) => Err(refusal),
    };
    answer(&server, "gitlab", taken)
}

/// Whether a request looks like a delivery, before any of its body is read.
fn plausible(headers: &HeaderMap) -> Result<(), Refusal> {
    Claimed::read(headers)?;
    Ok(())
}

async fn take(server: &Server, headers: &HeaderMap, body: &Bytes) -> Result<Taken, Refusal> {
    let now = server.clock.now();
    let hooks = authenticate(server, headers, body, now)?;
    let context = Context {
        host: &hooks.host,
        policy_project: &hooks.policy_project,
        check_name: &hooks.check_name,
        bot: hooks.bot.get(),
    };
    let delivery = match parse(&DeliveryHeaders::read(headers), &context, body) {
        Ok(delivery) => delivery,
        Err(error) => {
            tracing::warn!(host = %hooks.host, reason = %error, "a delivery was not understood");
            return Ok(("unreadable", DeliveryResult::Refused));
        }
    };
    let kind = delivery.event.kind();
    if matches!(delivery.event, Event::Ignored { .. }) {
        return Ok((kind, DeliveryResult::Ignored));
    }
    if matches!(delivery.event, Event::TokenExpires(_)) {
        tracing::warn!(host = %hooks.host, "{}", Kind::TokenExpires.advice());
    }
    let finding = match finding(&delivery.event, &hooks.check_name, now) {
        Ok(finding) => finding,
        Err(result) => return Ok((kind, result)),
    };
    let Some(is_unknown) = admit(server, hooks, &delivery, now).await? else {
        return Ok((kind, DeliveryResult::Refused));
    };
    let taken = keep(server, &hooks.host, delivery, finding, now).await?;
    if is_unknown {
        server.wake.lists();
    }
    Ok(taken)
}

/// The host whose secret the request knows. A delivery names its instance in a header, which anybody may write.
fn authenticate<'a>(
    server: &'a Server,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<&'a GitLabHooks, Refusal> {
    let claimed = Claimed::read(headers)?;
    let mut refusal = SignatureError::Missing;
    for hooks in server.gitlab.iter() {
        match verify(&hooks.secrets, &claimed, body, now) {
            Ok(()) => return Ok(hooks),
            // Of several hosts, those say most whose secrets are of the kind that was used.
            Err(SignatureError::Unsigned | SignatureError::NoSigningToken) if refusal != SignatureError::Missing => {}
            Err(error) => refusal = error,
        }
    }
    Err(refusal.into())
}

/// Whether what the delivery is about is served, or may turn out to be: `None` if not, and else whether that is yet to be
/// found out. A project is known by its number; of one that is not, the first part of its path says whether it is worth
/// asking.
async fn admit(
    server: &Server,
    hooks: &GitLabHooks,
    delivery: &Delivery,
    now: Timestamp,
) -> Result<Option<bool>, Refusal> {
    let Some(named) = delivery.event.repository() else { return Ok(Some(false)) };
    let admitted = match server.store.known_project(&named.repo, now).await? {
        KnownProject::Placed(placed) => {
            let owner = placed.owner.clone();
            let login = NamedRepository::from(placed).owner_login();
            match hooks.owners.admit(&owner, &login, &server.store, now).await? {
                Admission::Served => Some(login != named.owner_login()),
                Admission::NotServed | Admission::Changed => None,
            }
        }
        KnownProject::Unknown => hooks.owners.may_hold(&named.owner_login()).then_some(true),
        KnownProject::Strange => None,
    };
    if admitted.is_none() {
        let owner = named.owner_login();
        tracing::warn!(host = %hooks.host, %owner, "a delivery is for a group that is not served; add it to `owners`");
    }
    Ok(admitted)
}
