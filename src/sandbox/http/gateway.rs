//! What every API call passes: injected faults, the rate limit, `ETag`s, and the tap.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::Limited;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{credential, json_response, set};
use crate::sandbox::faults::{Fault, Reset, spoil};
use crate::sandbox::git::hex;
use crate::sandbox::gitlab;
use crate::sandbox::handle::Sandbox;
use crate::sandbox::tap::{Call, Credential};

/// Larger bodies are refused: no call of a gate comes near it.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// The version that an Enterprise Server tells with every answer.
const ENTERPRISE_VERSION: &str = "3.18.2";

/// One call, as it is being answered.
struct Passing {
    github: Sandbox,
    call: Call,
    fault: Option<Fault>,
    /// Whether it came the way that an Enterprise Server has.
    is_enterprise: bool,
}

/// The path of a call as it came, before routing took a prefix off it.
#[derive(Debug, Clone)]
pub(super) struct Arrived(pub(super) String);

pub(super) async fn pass(State(github): State<Sandbox>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let uri = parts.uri.clone();
    parts.extensions.insert(Arrived(uri.path().to_owned()));
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let path = uri.path();
    let is_gitlab = github.is_gitlab();
    let short = path.strip_prefix("/api/v3").or(path.strip_prefix("/api")).unwrap_or(path);
    let is_enterprise = !is_gitlab && path.starts_with("/api/");
    let path = if is_gitlab { path } else { short };
    let mut passing = arrive(&github, &parts.method, path, uri.query(), &parts.headers, &body);
    passing.is_enterprise = is_enterprise;
    if let Some(matched) = parts.extensions.get::<MatchedPath>().filter(|_| is_gitlab) {
        matched.as_str().clone_into(&mut passing.call.template);
    }
    let latency = github.world().faults.latency;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    if let Some(refused) = passing.refuse() {
        return passing.record(refused).await;
    }
    let keepable = parts.method == Method::GET;
    let conditions = parts.headers.get(header::IF_NONE_MATCH).cloned();
    let answered = next.run(Request::from_parts(parts, Body::from(body))).await;
    let Some(answered) = passing.spoil(answered).await else { return std::future::pending().await };
    let wanted = conditions.as_ref().and_then(|value| value.to_str().ok());
    let answered = if keepable { conditional(answered, wanted).await } else { answered };
    passing.record(answered).await
}

fn arrive(
    github: &Sandbox,
    method: &Method,
    path: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Passing {
    let request: Option<Value> = serde_json::from_slice(body).ok();
    let mut world = github.world();
    let fault = world.faults.take(method.as_str(), path, request.as_ref());
    let call = Call {
        method: method.to_string(),
        path: path.to_owned(),
        query: query.unwrap_or_default().to_owned(),
        template: String::new(),
        status: 0,
        request,
        response: None,
        credential: credential(&world, headers).unwrap_or(Credential::None),
        faulty: fault.is_some(),
    };
    match fault {
        Some(Fault::PrimaryLimit(Reset(until))) => {
            world.faults.limited.insert((call.credential, call.resource()), until);
        }
        Some(Fault::SecondaryLimit { retry_after, .. }) => {
            let now = world.now();
            let wait = SignedDuration::from_secs(retry_after.into());
            world.faults.told_to_wait.insert(call.credential, now.saturating_add(wait).unwrap_or(now));
        }
        _ => {}
    }
    drop(world);
    Passing { github: github.clone(), call, fault, is_enterprise: false }
}

impl Passing {
    /// The answer to a call that is not let through.
    fn refuse(&mut self) -> Option<Response> {
        let status = |code: u16| StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match self.fault {
            Some(Fault::Status(code)) => {
                let words = if self.github.is_gitlab() { "500 Internal Server Error" } else { "Server Error" };
                return Some(json_response(status(code), &json!({ "message": words })));
            }
            Some(Fault::PrimaryLimit(Reset(until))) => return Some(self.limited(until)),
            Some(Fault::SecondaryLimit { retry_after, .. }) if self.github.is_gitlab() => {
                return Some(gitlab::too_many(i64::from(retry_after)));
            }
            Some(Fault::SecondaryLimit { status: code, retry_after }) => {
                let body = json!({
                    "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                    "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
                });
                let mut response = json_response(status(code), &body);
                set(&mut response, "retry-after", &retry_after);
                return Some(response);
            }
            _ => {}
        }
        let until = self.over_budget()?;
        self.call.faulty = true;
        Some(self.limited(until))
    }

    /// The reset to wait for, if a limit is in force; asking for the rate limit itself is free.
    fn over_budget(&self) -> Option<Timestamp> {
        if self.call.path == "/rate_limit" {
            return None;
        }
        let mut world = self.github.world();
        let now = world.now();
        if let Some(until) = world.faults.still_limited(&self.call, now) {
            return Some(until);
        }
        let id = self.payer()?;
        let budget = world.budget(id, self.call.resource());
        (budget.used >= world.rate_limit).then_some(budget.reset)
    }

    /// Whose budget pays for the call.
    fn payer(&self) -> Option<u64> {
        match self.call.credential {
            Credential::Installation(id) | Credential::User(id) => Some(id),
            Credential::None | Credential::App(_) => None,
        }
    }

    fn limited(&self, until: Timestamp) -> Response {
        if self.github.is_gitlab() {
            let wait = until.duration_since(self.github.now()).as_secs();
            let mut response = gitlab::too_many(wait);
            set(&mut response, "ratelimit-remaining", &0);
            set(&mut response, "ratelimit-reset", &until.as_second());
            return response;
        }
        let message = "API rate limit exceeded for installation.";
        let mut response = if self.call.is_graphql() {
            json_response(StatusCode::OK, &json!({ "errors": [{ "type": "RATE_LIMITED", "message": message }] }))
        } else {
            json_response(
                StatusCode::FORBIDDEN,
                &json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }),
            )
        };
        set(&mut response, "x-ratelimit-resource", &self.call.resource().as_str());
        set(&mut response, "x-ratelimit-remaining", &0);
        set(&mut response, "x-ratelimit-reset", &until.as_second());
        response
    }

    /// Does to an answer what the fault says; `None` if there is to be none at all.
    async fn spoil(&mut self, answered: Response) -> Option<Response> {
        let Some(fault) = self.fault.clone() else { return Some(answered) };
        match fault {
            Fault::HangAfterEffect => {
                self.github.world().tap.push(self.call.clone());
                None
            }
            Fault::StatusAfterEffect(code) => {
                let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                Some(json_response(status, &json!({ "message": "Server Error" })))
            }
            Fault::Partial(path) | Fault::SilentNull(path) | Fault::NotYetThere(path) => {
                let error = match self.fault {
                    Some(Fault::Partial(_)) => Some(("", "Something went wrong while executing your query.")),
                    Some(Fault::NotYetThere(_)) => Some(("NOT_FOUND", "Could not resolve to a node.")),
                    _ => None,
                };
                let (parts, body) = answered.into_parts();
                let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
                let mut json = serde_json::from_slice(&bytes).unwrap_or_default();
                spoil(&mut json, &path, error);
                Some(json_response(parts.status, &json))
            }
            _ => Some(answered),
        }
    }

    /// Adds the rate limit, writes the call down, and lets the answer go.
    async fn record(mut self, response: Response) -> Response {
        let (mut parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
        self.call.status = parts.status.as_u16();
        self.call.response = serde_json::from_slice(&bytes).ok();
        let budget = self.settle();
        parts.headers.remove(header::CONTENT_LENGTH);
        let sent = match self.fault {
            Some(Fault::BrokenAnswer) if self.call.response.is_some() => Body::from(bytes.slice(..bytes.len() / 2)),
            // A body that fails when it is sent: the server then closes the connection.
            Some(Fault::BrokenAnswer | Fault::ConnectionLost) => Body::new(Limited::new(Body::from(bytes), 1)),
            _ => Body::from(bytes),
        };
        let mut response = Response::from_parts(parts, sent);
        for (name, value) in budget {
            if !response.headers().contains_key(name) {
                set(&mut response, name, &value);
            }
        }
        if self.github.is_gitlab() {
            set(&mut response, "x-request-id", &uuid::Uuid::new_v4().simple());
            set(&mut response, "date", &self.github.world().now().strftime("%a, %d %b %Y %H:%M:%S GMT"));
            return response;
        }
        if matches!(self.call.credential, Credential::Installation(_)) {
            set(&mut response, "x-ratelimit-resource", &self.call.resource().as_str());
        }
        set(&mut response, "x-github-request-id", &uuid::Uuid::new_v4().simple());
        set(&mut response, "x-github-api-version-selected", &"2022-11-28");
        set(&mut response, "date", &self.github.world().now().strftime("%a, %d %b %Y %H:%M:%S GMT"));
        if self.is_enterprise {
            set(&mut response, "x-github-enterprise-version", &ENTERPRISE_VERSION);
        }
        response
    }

    fn settle(&self) -> Vec<(&'static str, i64)> {
        let mut world = self.github.world();
        world.tap.push(self.call.clone());
        let Some(id) = self.payer() else { return Vec::new() };
        let free = self.call.status == 304 || self.call.path == "/rate_limit";
        let resource = self.call.resource();
        world.spend(id, resource, u32::from(!free));
        let budget = world.budget(id, resource);
        let limit = world.rate_limit;
        if world.is_gitlab() {
            return vec![
                ("ratelimit-limit", i64::from(limit)),
                ("ratelimit-observed", i64::from(budget.used)),
                ("ratelimit-remaining", i64::from(limit.saturating_sub(budget.used))),
                ("ratelimit-reset", budget.reset.as_second()),
            ];
        }
        vec![
            ("x-ratelimit-limit", i64::from(limit)),
            ("x-ratelimit-remaining", i64::from(limit.saturating_sub(budget.used))),
            ("x-ratelimit-used", i64::from(budget.used)),
            ("x-ratelimit-reset", budget.reset.as_second()),
        ]
    }
}

/// `ETag` on answers that can be kept, 304 where the caller has the same one already.
async fn conditional(response: Response, wanted: Option<&str>) -> Response {
    if response.status() != StatusCode::OK {
        return response;
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    let tag = format!("W/\"{}\"", hex(digest.as_ref()));
    let same = wanted.is_some_and(|wanted| wanted.split(',').any(|one| one.trim() == tag));
    let mut response =
        if same { StatusCode::NOT_MODIFIED.into_response() } else { Response::from_parts(parts, Body::from(bytes)) };
    set(&mut response, "etag", &tag);
    response
}
