//! The HTTP side: routes, the gateway every API call goes through, and who is calling.

mod gateway;

use std::collections::BTreeMap;

use axum::Extension;
use axum::Router;
use axum::extract::{Query, RawPathParams, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, get, on, post};
use serde_json::{Value, json};

use super::apps;
use super::handle::Sandbox;
use super::pages::places;
use super::tap::Credential;
use super::world::World;
use super::{gitlab, graphql, pages, rest};

/// A call as handlers see it.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) caller: Credential,
    /// Bearer token as sent.
    pub(crate) token: String,
    pub(crate) path: BTreeMap<String, String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: Value,
    /// The media type asked for.
    pub(crate) accept: String,
    /// Address of this call without its query, for `Link` headers.
    pub(crate) address: String,
}

impl Ask {
    pub(crate) fn at(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Result<u64, Refusal> {
        self.at(name).parse().map_err(|_| Refusal::not_found())
    }

    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }
}

/// What a handler answers.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    /// Sent in the place of the body: a media type and a text.
    pub(crate) text: Option<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Answer {
    #[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
    pub(crate) fn ok(body: Value) -> Reply {
        Ok(Self { body, ..Self::default() })
    }

    #[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
    pub(crate) fn text(kind: &'static str, text: String) -> Reply {
        Ok(Self { text: Some((kind, text)), ..Self::default() })
    }

    #[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
    pub(crate) fn created(body: Value) -> Reply {
        Ok(Self { status: StatusCode::CREATED, body, ..Self::default() })
    }
}

pub(crate) type Reply = Result<Answer, Refusal>;

/// An error in the forge's shape.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    message: String,
    errors: Vec<Value>,
    location: Option<String>,
    /// The whole body, where it is not GitHub's.
    body: Option<Value>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new(), location: None, body: None }
    }

    /// An error in GitLab's shape: this body and nothing else.
    pub(crate) fn of_gitlab(status: StatusCode, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(status, "") }
    }

    /// What is not there and what may not be seen look alike.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    pub(crate) fn bad_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Bad credentials")
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "Resource not accessible by integration")
    }

    /// 301 to the same place below the repository's number.
    pub(crate) fn moved(world: &World, ask: &Ask, id: u64) -> Self {
        let named = format!("/repos/{}/{}", ask.at("owner"), ask.at("repo"));
        let below = ask.address.split_once(&named).map_or("", |(_, below)| below);
        let query: Vec<String> = ask.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let location = format!("{}/repositories/{id}{below}{query}", world.url);
        Self { location: Some(location), ..Self::new(StatusCode::MOVED_PERMANENTLY, "Moved Permanently") }
    }

    /// 422 with one field named, as GitHub does it.
    pub(crate) fn invalid(resource: &str, field: &str, code: &str) -> Self {
        let errors = vec![json!({ "resource": resource, "field": field, "code": code })];
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed") }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if let Some(body) = self.body {
            return json_response(self.status, &body);
        }
        let mut body = json!({
            "message": self.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": self.status.as_u16().to_string(),
        });
        if !self.errors.is_empty() {
            body["errors"] = Value::Array(self.errors);
        }
        let mut response = json_response(self.status, &body);
        if let Some(location) = self.location.and_then(|location| HeaderValue::from_str(&location).ok()) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        if self.status == StatusCode::NO_CONTENT {
            return self.status.into_response();
        }
        let mut response = match self.text {
            Some((kind, text)) => {
                (self.status, [(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response()
            }
            None => json_response(self.status, &self.body),
        };
        for (name, value) in &self.headers {
            set(&mut response, name, value);
        }
        response
    }
}

pub(crate) fn json_response(status: StatusCode, body: &Value) -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    (status, [kind], body.to_string()).into_response()
}

type Handler = fn(&mut World, &Ask) -> Reply;

/// A route of the REST API: reads the call, takes the lock, answers.
pub(crate) fn answer(method: MethodFilter, handler: Handler) -> MethodRouter<Sandbox> {
    on(
        method,
        async move |State(github): State<Sandbox>,
                    Extension(arrived): Extension<gateway::Arrived>,
                    path: RawPathParams,
                    query: Query<BTreeMap<String, String>>,
                    headers: HeaderMap,
                    body: axum::body::Bytes| {
            let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let body = match serde_json::from_slice(&body) {
                Ok(body) => body,
                Err(_) if body.is_empty() => Value::Null,
                Err(_) => return Refusal::new(StatusCode::BAD_REQUEST, "Problems parsing JSON").into_response(),
            };
            let address = format!("{}{}", github.api_url(), arrived.0);
            let token = bearer(&headers).unwrap_or_default().to_owned();
            let accept = headers.get(header::ACCEPT).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
            let done = github.act(|world| {
                let caller = credential(world, &headers)?;
                let ask = Ask { caller, token, path, query: query.0, body, accept, address };
                handler(world, &ask)
            });
            done.into_response()
        },
    )
}

/// The token shown: GitLab has a header of its own for it as well.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    if let Some(token) = headers.get("private-token") {
        return token.to_str().ok();
    }
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    ["bearer", "token"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then(|| token.trim())
}

/// Who calls: nothing shown is [`Credential::None`], something wrong shown is an error.
pub(crate) fn credential(world: &World, headers: &HeaderMap) -> Result<Credential, Refusal> {
    if world.is_gitlab() {
        return gitlab::credential(world, bearer(headers));
    }
    if !headers.contains_key(header::AUTHORIZATION) {
        return Ok(Credential::None);
    }
    let token = bearer(headers).ok_or_else(Refusal::bad_credentials)?;
    if token.starts_with("ghs_") {
        let known = world.tokens.get(token).ok_or_else(Refusal::bad_credentials)?;
        let installation = world.installations.get(&known.installation).ok_or_else(Refusal::bad_credentials)?;
        if world.now() >= known.expires_at {
            return Err(Refusal::bad_credentials());
        }
        if installation.suspended_at.is_some() {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "This installation has been suspended"));
        }
        return Ok(Credential::Installation(installation.id));
    }
    let refused = |reason: &str| Refusal::new(StatusCode::UNAUTHORIZED, reason);
    apps::check_jwt(token, &world.apps).map(Credential::App).map_err(refused)
}

/// Everything the sandbox answers. The API is served twice: as api.github.com does, and as GitHub Enterprise Server.
pub(crate) fn routes(github: Sandbox) -> Router {
    let gateway = axum::middleware::from_fn_with_state(github.clone(), gateway::pass);
    if github.is_gitlab() {
        return gitlab::routes().layer(gateway).merge(gitlab::pages()).with_state(github);
    }
    let api = Router::new()
        .merge(rest::routes())
        .nest("/api/v3", rest::routes())
        .route("/graphql", post(graphql::handle))
        .route("/api/graphql", post(graphql::handle))
        .layer(gateway);
    Router::new()
        .merge(api)
        .route("/", get(pages::home))
        .route("/{owner}", get(places::account))
        .route("/{owner}/{repo}", get(places::repository))
        .route("/{owner}/{repo}/pull/{number}", get(pages::pull))
        .route("/{owner}/{repo}/commit/{sha}", get(places::commit))
        .route("/{owner}/{repo}/tree/{*branch}", get(places::tree))
        .route("/{owner}/{repo}/labels/{label}", get(places::label))
        .fallback(async || Refusal::not_found())
        .with_state(github)
}

pub(crate) fn set(response: &mut Response, name: &'static str, value: &impl ToString) {
    if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}
