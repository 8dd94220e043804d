//! The way to GitHub: one HTTP client, one octocrab per installation, tokens, limits and time limits.
//!
//! octocrab is the authenticated transport, and no more: calls are our own JSON to our own structs. It never retries,
//! as repeating a write is the caller's decision, and waiting is not done inside a call.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, DATE, ETAG, IF_NONE_MATCH, USER_AGENT};
use http::{HeaderMap, Method, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::EncodingKey;
use moka::future::Cache;
use octocrab::auth::AppAuth;
use octocrab::models::AppId;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::endpoints::Endpoints;
use super::rate::{Caller, RateLimits, Resource};
use super::records::NotesCache;
use super::rules::RulesCache;
use super::tokens::Tokens;
use super::wire::ErrorMessage;
pub(super) use crate::forge::transport::path;
use crate::forge::transport::{PRODUCT, transport};
use crate::forge::{Clock, Error, RateLimit};
use crate::gate::ids::Host;

/// The version of the REST interface that all calls ask for.
const API_VERSION: &str = "2022-11-28";

/// What GitHub answers with unless asked for something else.
const JSON: &str = "application/vnd.github+json";

/// The text of a difference, as git writes it.
pub(super) const DIFF: &str = "application/vnd.github.diff";

/// No answer that we ask for is as large as this; a larger one is refused rather than held in memory.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// How to reach a GitHub as its App.
#[derive(Debug, Clone)]
pub struct GitHubConfig {
    /// `https://api.github.com`, `https://HOST/api/v3`, or `https://api.SUBDOMAIN.ghe.com`.
    pub api_url: String,
    /// The App's id.
    pub app_id: u64,
    /// The App's private key, PEM.
    pub private_key: SecretString,
    /// How long one call may take, from connecting to the last byte of the answer.
    pub request_timeout: Duration,
    /// The name of the check, `seconder`. The preview's is `NAME-preview`.
    pub check_name: String,
}

/// A GitHub, as its App sees it. Cheap to clone; all clones share tokens and limits.
#[derive(Clone)]
pub struct GitHub {
    shared: Arc<Shared>,
}

struct Shared {
    endpoints: Endpoints,
    app_id: i64,
    check_name: String,
    clock: Clock,
    app: Octocrab,
    transport: reqwest::Client,
    tokens: Tokens,
    rates: RateLimits,
    rules: RulesCache,
    notes: NotesCache,
    /// By how much GitHub's clock was ahead of ours when it last answered.
    ahead: Mutex<Option<SignedDuration>>,
}

impl fmt::Debug for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHub").field("host", &self.shared.endpoints.host).finish_non_exhaustive()
    }
}

/// One call.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub method: Method,
    /// Below the REST prefix; or the GraphQL path itself.
    pub path: String,
    pub resource: Resource,
    /// JSON.
    pub body: Option<Vec<u8>>,
    /// Whether it changes anything at GitHub.
    pub is_write: bool,
    pub etag: Option<String>,
    /// The media type asked for.
    pub accept: &'static str,
    /// For errors: what people would call it.
    pub what: String,
}

impl Call {
    /// Reads something.
    pub(super) fn get(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            resource: Resource::Core,
            body: None,
            is_write: false,
            etag: None,
            accept: JSON,
            what: what.into(),
        }
    }

    /// Writes something.
    pub(super) fn write<B: Serialize>(
        method: Method,
        path: impl Into<String>,
        body: &B,
        what: impl Into<String>,
    ) -> Result<Self, Error> {
        Ok(Self { method, body: Some(to_json(body)?), is_write: true, ..Self::get(path, what) })
    }
}

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub(super) fn json<T: DeserializeOwned>(&self, what: &str) -> Result<T, Error> {
        from_json(&self.body, what)
    }

    pub(super) fn etag(&self) -> Option<String> {
        self.headers.get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned)
    }
}

impl GitHub {
    /// Prepares the way; calls nothing. Must be called within a Tokio runtime, as octocrab spawns its worker there.
    pub fn new(config: GitHubConfig, clock: Clock) -> Result<Self, Error> {
        let endpoints = Endpoints::of(&config.api_url)?;
        let wrong_id = || Error::broken("the App's id", "is not a positive number that GitHub gives");
        let app_id = i64::try_from(config.app_id).ok().filter(|id| *id > 0).ok_or_else(wrong_id)?;
        let transport = transport(config.request_timeout, endpoints.is_local)?;
        let wrong_key = |_| Error::broken("the App's private key", "is not an RSA key in PEM form");
        let pem = config.private_key.expose_secret().as_bytes();
        let key = EncodingKey::from_rsa_pem(pem).map_err(wrong_key)?;
        let auth = AuthState::App(AppAuth { app_id: AppId(config.app_id), key });
        let app = octocrab(&endpoints.origin, transport.clone(), auth);
        let shared = Shared {
            endpoints,
            app_id,
            check_name: config.check_name,
            clock,
            app,
            transport,
            tokens: Tokens::default(),
            rates: RateLimits::default(),
            rules: Cache::new(10_000),
            notes: NotesCache::new(20_000),
            ahead: Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The web host, by which accounts and repositories are keyed.
    pub fn host(&self) -> &Host {
        &self.shared.endpoints.host
    }

    /// Where its pages are, without a trailing slash.
    pub fn web_url(&self) -> String {
        let endpoints = &self.shared.endpoints;
        format!("{}://{}", endpoints.origin.scheme_str().unwrap_or("https"), endpoints.host)
    }

    /// The App's id: rulesets pin the check to it as `integration_id`.
    pub fn app_id(&self) -> i64 {
        self.shared.app_id
    }

    /// Forgets an installation that is gone or was suspended: its token is used no more.
    pub async fn forget_installation(&self, installation: i64) {
        self.shared.tokens.forget(installation).await;
    }

    /// Times before which GitHub wants no calls, as far as it told this process or others did.
    pub fn limits(&self) -> Vec<RateLimit> {
        self.shared.rates.standing(self.now())
    }

    /// Heeds a limit that GitHub named to another process, or to this one before it was started anew.
    pub fn heed(&self, installation: i64, counted: &str, until: Timestamp) {
        self.shared.rates.heed(installation, counted, until);
    }

    pub(super) fn check_name(&self) -> &str {
        &self.shared.check_name
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.shared.clock)()
    }

    pub(super) fn tokens(&self) -> &Tokens {
        &self.shared.tokens
    }

    pub(super) fn rules(&self) -> &RulesCache {
        &self.shared.rules
    }

    pub(super) fn notes_cache(&self) -> &NotesCache {
        &self.shared.notes
    }

    /// An octocrab that carries this token.
    pub(super) fn authorised(&self, token: SecretString) -> Octocrab {
        let Shared { endpoints, transport, .. } = self.shared.as_ref();
        octocrab(&endpoints.origin, transport.clone(), AuthState::AccessToken { token })
    }

    /// Sends a call as the App itself.
    pub(super) async fn send_as_app(&self, call: &Call) -> Result<Answer, Error> {
        self.shared.rates.check(Caller::App, call.resource, self.now())?;
        let answer = self.exchange(&self.shared.app, call).await?;
        self.judge(Caller::App, call, answer)
    }

    /// Sends a call as an installation. An expired or refused token is renewed once.
    pub(super) async fn send(&self, installation: i64, call: &Call) -> Result<Answer, Error> {
        let caller = Caller::Installation(installation);
        self.shared.rates.check(caller, call.resource, self.now())?;
        let session = self.session(installation).await?;
        let mut answer = self.exchange(&session.octocrab, call).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            let session = self.renewed_session(installation, &session).await?;
            answer = self.exchange(&session.octocrab, call).await?;
        }
        self.judge(caller, call, answer)
    }

    /// Puts a call on the wire and takes the whole answer.
    async fn exchange(&self, octocrab: &Octocrab, call: &Call) -> Result<Answer, Error> {
        let request = self.request(call)?;
        let response = octocrab.execute(request).await.map_err(|error| lost(call, &error))?;
        let (parts, body) = response.into_parts();
        self.compare_clocks(&parts.headers);
        let body =
            Limited::new(body, MAX_ANSWER_BYTES).collect().await.map_err(|_| unsure(call, "the answer broke off"))?;
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes().to_vec() })
    }

    /// By how much GitHub's clock was ahead of ours when it last answered, if it told the time. Whole seconds, and what the
    /// answer was on its way.
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        *self.shared.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compare_clocks(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let Some(date) = date.and_then(|date| rfc2822::parse(date).ok()) else { return };
        let ahead = date.timestamp().duration_since(self.now());
        *self.shared.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
    }

    fn request(&self, call: &Call) -> Result<http::Request<String>, Error> {
        let Endpoints { rest_prefix, graphql_path, .. } = &self.shared.endpoints;
        let path = match call.resource {
            Resource::Core => format!("{rest_prefix}{}", call.path),
            Resource::Graphql => (*graphql_path).to_owned(),
        };
        let mut request = http::Request::builder().method(call.method.clone()).uri(path);
        request =
            request.header(USER_AGENT, PRODUCT).header("x-github-api-version", API_VERSION).header(ACCEPT, call.accept);
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(etag) = &call.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let body = call.body.clone().unwrap_or_default();
        let unsound = || Error::broken(&call.what, "the call cannot be put into a request");
        let body = String::from_utf8(body).map_err(|_| unsound())?;
        request.body(body).map_err(|_| unsound())
    }

    /// Turns statuses into errors, and notes what the answer says about limits.
    fn judge(&self, caller: Caller, call: &Call, answer: Answer) -> Result<Answer, Error> {
        let status = answer.status;
        let message = if status.is_client_error() { message_of(&answer.body) } else { String::new() };
        let is_refusal = is_limited(status, &answer.headers, &message);
        let said = (status, &answer.headers);
        self.shared.rates.note(caller, call.resource, said, is_refusal, self.now())?;
        if status.is_success() || (status == StatusCode::NOT_MODIFIED && call.etag.is_some()) {
            return Ok(answer);
        }
        let what = call.what.clone();
        Err(match status {
            StatusCode::UNAUTHORIZED => Error::Unauthorized { what },
            StatusCode::FORBIDDEN => Error::Forbidden { what, why: message },
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS => {
                Error::NotFound { what }
            }
            StatusCode::NOT_ACCEPTABLE => Error::TooLarge { what },
            // GitHub may need too long for a difference as well.
            StatusCode::UNPROCESSABLE_ENTITY if call.accept == DIFF => Error::TooLarge { what },
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
                too_long(call, &format!("GitHub answered {status}"))
            }
            status if status.is_server_error() => unsure(call, &format!("GitHub answered {status}")),
            StatusCode::REQUEST_TIMEOUT => unsure(call, "GitHub timed out"),
            status if status.is_redirection() => {
                // It was renamed, and its new name is on its way to us.
                Error::Transient { what, why: "it has another name now".to_owned(), is_heavy: false }
            }
            status => Error::broken(what, format!("GitHub answered {status}: {message}")),
        })
    }

    /// Notes a limit that GraphQL reports within an answer that looks like a success.
    pub(super) fn limited_within(&self, installation: i64, headers: &HeaderMap) -> Error {
        let caller = Caller::Installation(installation);
        let noted = self.shared.rates.note(caller, Resource::Graphql, (StatusCode::OK, headers), true, self.now());
        noted.err().unwrap_or(Error::RateLimited { until: self.now() })
    }
}

/// A call whose fate is not known: harmless for a read, uncertain for a write.
fn unsure(call: &Call, why: &str) -> Error {
    let (what, why) = (call.what.clone(), why.to_owned());
    if call.is_write { Error::Uncertain { what, why } } else { Error::Transient { what, why, is_heavy: false } }
}

/// A call that took GitHub too long. Of reads, only GraphQL ones have a size that can be lowered.
fn too_long(call: &Call, why: &str) -> Error {
    match unsure(call, why) {
        Error::Transient { what, why, .. } => {
            Error::Transient { what, why, is_heavy: call.resource == Resource::Graphql }
        }
        error => error,
    }
}

/// An exchange that ended without an answer.
fn lost(call: &Call, error: &octocrab::Error) -> Error {
    let transport = transport_error(error);
    let what = call.what.clone();
    match transport {
        Some(error) if error.is_connect() => {
            Error::Transient { what, why: "GitHub cannot be reached".to_owned(), is_heavy: false }
        }
        Some(error) if error.is_timeout() => too_long(call, "GitHub did not answer in time"),
        Some(error) if error.is_builder() => Error::broken(what, "the call cannot be put into a request"),
        // Only making the App's own token fails before anything is sent.
        None if matches!(error, octocrab::Error::JWT { .. }) => Error::Unauthorized { what },
        _ => unsure(call, "the connection broke"),
    }
}

/// The HTTP client's own error, however deep octocrab has wrapped it.
fn transport_error(error: &octocrab::Error) -> Option<&reqwest::Error> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            return Some(error);
        }
        cause = error.source();
    }
    None
}

/// octocrab over our own HTTP client. Not by its usual constructor, which sends its own name as the user agent.
fn octocrab(origin: &Uri, transport: reqwest::Client, auth: AuthState) -> Octocrab {
    let builder = OctocrabBuilder::new_empty()
        .with_service(ReqwestConnector::new(transport))
        .with_layer(&BaseUriLayer::new(origin.clone()))
        .with_auth(auth);
    let Ok(octocrab) = builder.build();
    octocrab
}

/// Whether GitHub refuses because of a limit: it says so by headers, and for secondary limits at times by words only.
fn is_limited(status: StatusCode, headers: &HeaderMap, message: &str) -> bool {
    let is_exhausted = headers.get("x-ratelimit-remaining").is_some_and(|left| left.as_bytes() == b"0");
    match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN => {
            is_exhausted || headers.contains_key("retry-after") || message.to_ascii_lowercase().contains("rate limit")
        }
        _ => false,
    }
}

/// The `message` of an error answer, cut to a length that fits a log line.
fn message_of(body: &[u8]) -> String {
    let error: ErrorMessage = serde_json::from_slice(body).unwrap_or_default();
    error.message.chars().filter(|c| !c.is_control()).take(200).collect()
}

pub(super) fn to_json<B: Serialize>(body: &B) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(body).map_err(|_| Error::broken("a call to GitHub", "its body cannot be written as JSON"))
}

pub(super) fn from_json<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, Error> {
    let deserializer = &mut serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(deserializer)
        .map_err(|error| Error::broken(what, format!("GitHub's answer is not understood at {}", error.path())))
}
