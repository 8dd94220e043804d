//! The client: one bot account with one token, limits, and calls that end in an answer or in an error that says what to do.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::header::{DATE, HeaderMap};
use http::{Method, StatusCode};
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::endpoints::Endpoints;
use super::mechanism::MechanismCache;
use super::publish::Where;
use super::rate::Limits;
pub(super) use crate::forge::transport::path;
use crate::forge::transport::transport;
use crate::forge::{Clock, Error, RateLimit};
use crate::gate::ids::{AccountId, Host, OwnerId, RepoId};

/// No answer that we ask for is as large as this; a larger one is refused rather than held in memory.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// How long names and numbers of namespaces, projects and our own account are believed without asking again.
const NAMES_BELIEVED_FOR: Duration = Duration::from_mins(10);

/// How to reach a GitLab as our bot account.
#[derive(Debug, Clone)]
pub struct GitLabConfig {
    /// `https://gitlab.com`, or where the pages of another instance are.
    pub url: String,
    /// The bot account's token, with the scope `api`.
    pub token: SecretString,
    /// Top-level groups that are served, by their paths. Empty: all that the bot account is a member of.
    pub owners: Vec<String>,
    /// The path, below a top-level group, of the project that holds the organisation's policy.
    pub policy_project: String,
    /// How long one call may take, from connecting to the last byte of the answer.
    pub request_timeout: Duration,
    /// The name of the check, `seconder`. The preview's is `NAME-preview`.
    pub check_name: String,
    /// Where deliveries are to go, by which our hooks are known.
    pub webhook_url: String,
    /// Is told who our account is, once that is known.
    pub bot: Arc<OnceLock<AccountId>>,
}

/// A GitLab, as our bot account sees it. Cheap to clone; all clones share limits and what is remembered.
#[derive(Clone)]
pub struct GitLab {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) endpoints: Endpoints,
    pub(super) config: GitLabConfig,
    clock: Clock,
    transport: reqwest::Client,
    limits: Limits,
    pub(super) mechanisms: MechanismCache,
    /// Top-level namespaces by their paths.
    pub(super) owners: Cache<String, OwnerId>,
    /// Which hook of which project or group recorded an event that may be sent again.
    pub(super) recorded: moka::sync::Cache<i64, String>,
    /// Webhooks of ours that were disabled when they were last listed: paths below `/api/v4`.
    pub(super) disabled: Mutex<BTreeSet<String>>,
    /// Whether the instance knows types of accounts, as far as it is known.
    pub(super) has_types: AtomicBool,
    /// Who may push to a project.
    pub(super) access: Cache<(RepoId, i64), bool>,
    /// Whether an account is a person's, where it was asked for.
    pub(super) kinds: moka::sync::Cache<i64, bool>,
    /// Whether our bot account had approved a change when it was last read or written.
    pub(super) approved: moka::sync::Cache<(RepoId, i64), bool>,
    /// Our note on a change for the check of a name, or that there is none.
    pub(super) bot_notes: moka::sync::Cache<(RepoId, i64, String), Option<i64>>,
    /// Projects that had no status check of ours.
    pub(super) without_status_checks: moka::sync::Cache<RepoId, ()>,
    /// Changes as they were last read.
    pub(super) places: moka::sync::Cache<(RepoId, i64), Where>,
    /// By how much GitLab's clock was ahead of ours when it last answered.
    ahead: Mutex<Option<SignedDuration>>,
}

impl fmt::Debug for GitLab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitLab").field("host", &self.shared.endpoints.host).finish_non_exhaustive()
    }
}

/// One call.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub method: Method,
    /// Below `/api/v4`; empty for GraphQL.
    pub path: String,
    pub body: Option<Value>,
    /// Whether it changes anything at GitLab.
    pub is_write: bool,
    /// For errors: what people would call it.
    pub what: String,
}

impl Call {
    /// Reads something.
    pub(super) fn get(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, is_write: false, what: what.into() }
    }

    /// Writes something.
    pub(super) fn write(method: Method, path: impl Into<String>, body: Value, what: impl Into<String>) -> Self {
        Self { method, body: Some(body), is_write: true, ..Self::get(path, what) }
    }

    /// Asks by GraphQL.
    pub(super) fn graphql(body: Value, what: impl Into<String>) -> Self {
        Self { method: Method::POST, body: Some(body), ..Self::get("", what) }
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
        let deserializer = &mut serde_json::Deserializer::from_slice(&self.body);
        serde_path_to_error::deserialize(deserializer)
            .map_err(|error| Error::broken(what, format!("GitLab's answer is not understood at {}", error.path())))
    }

    /// The number of the next page of a list, if there is one.
    /// <https://docs.gitlab.com/api/rest/#pagination>
    pub(super) fn next_page(&self) -> Option<u32> {
        self.headers.get("x-next-page")?.to_str().ok()?.trim().parse().ok()
    }

    /// How many entries a list has on all of its pages, where that is said.
    pub(super) fn total(&self) -> Option<usize> {
        self.headers.get("x-total")?.to_str().ok()?.trim().parse().ok()
    }
}

impl GitLab {
    /// Prepares the way; calls nothing.
    pub fn new(config: GitLabConfig, clock: Clock) -> Result<Self, Error> {
        let endpoints = Endpoints::of(&config.url)?;
        let transport = transport(config.request_timeout, endpoints.is_local)?;
        let shared = Shared {
            endpoints,
            config,
            clock,
            transport,
            limits: Limits::default(),
            mechanisms: MechanismCache::new(10_000),
            owners: Cache::builder().max_capacity(10_000).time_to_live(NAMES_BELIEVED_FOR).build(),
            recorded: moka::sync::Cache::new(100_000),
            disabled: Mutex::default(),
            has_types: AtomicBool::new(true),
            access: Cache::builder().max_capacity(100_000).time_to_live(NAMES_BELIEVED_FOR).build(),
            kinds: moka::sync::Cache::new(100_000),
            approved: moka::sync::Cache::new(100_000),
            bot_notes: moka::sync::Cache::new(100_000),
            without_status_checks: moka::sync::Cache::builder()
                .max_capacity(10_000)
                .time_to_live(NAMES_BELIEVED_FOR)
                .build(),
            places: moka::sync::Cache::new(100_000),
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
        self.shared.endpoints.web.clone()
    }

    /// Times before which GitLab wants no calls, as far as it told this process or others did.
    pub fn limits(&self) -> Vec<RateLimit> {
        self.shared.limits.standing(self.now())
    }

    /// Heeds a limit that GitLab named to another process, or to this one before it was started anew.
    pub fn heed(&self, until: Timestamp) {
        self.shared.limits.heed(until);
    }

    /// By how much GitLab's clock was ahead of ours when it last answered, if it told the time. Whole seconds, and what the
    /// answer was on its way.
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        *self.shared.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn check_name(&self) -> &str {
        &self.shared.config.check_name
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.shared.clock)()
    }

    /// Sends a call, and turns whatever is no success into an error.
    pub(super) async fn send(&self, call: &Call) -> Result<Answer, Error> {
        let answer = self.send_openly(call).await?;
        judge(call, answer)
    }

    /// Sends a call whose refusals mean something to the caller: statuses of 400 to 422 are answers.
    pub(super) async fn send_openly(&self, call: &Call) -> Result<Answer, Error> {
        let now = self.now();
        self.shared.limits.check(now)?;
        let answer = self.exchange(call).await?;
        self.compare_clocks(&answer.headers);
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return Err(self.shared.limits.refused(&answer.headers, now));
        }
        self.shared.limits.note(&answer.headers, now);
        if answer.status == StatusCode::UNAUTHORIZED && !call.is_write {
            return Err(Error::Unauthorized { what: call.what.clone() });
        }
        if answer.status.is_server_error() {
            return Err(unsure(call, &format!("GitLab answered {}", answer.status)));
        }
        Ok(answer)
    }

    /// All pages of a list, a hundred entries each. A list without end is an error.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        segments: &[&str],
        parameters: &[(&str, &str)],
        what: &str,
        most_pages: u32,
    ) -> Result<Vec<T>, Error> {
        self.list_by(segments, parameters, what, (most_pages, "100")).await
    }

    /// As [`GitLab::list`], with so many entries on a page.
    pub(super) async fn list_by<T: DeserializeOwned>(
        &self,
        segments: &[&str],
        parameters: &[(&str, &str)],
        what: &str,
        (most_pages, per_page): (u32, &str),
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut page = 1;
        loop {
            let number = page.to_string();
            let mut asked = parameters.to_vec();
            asked.extend([("per_page", per_page), ("page", number.as_str())]);
            let answer = self.send(&Call::get(path(segments, &asked), what)).await?;
            all.extend(answer.json::<Vec<T>>(what)?);
            match answer.next_page() {
                None => return Ok(all),
                Some(next) if next > page && next <= most_pages => page = next,
                Some(_) => return Err(Error::broken(what, "the list does not end")),
            }
        }
    }

    async fn exchange(&self, call: &Call) -> Result<Answer, Error> {
        let endpoints = &self.shared.endpoints;
        let url = if call.path.is_empty() { endpoints.graphql() } else { endpoints.rest(&call.path) };
        let mut request = self
            .shared
            .transport
            .request(call.method.clone(), url)
            .bearer_auth(self.shared.config.token.expose_secret());
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let mut response = request.send().await.map_err(|error| lost(call, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| unsure(call, "the answer broke off"))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(Error::TooLarge { what: call.what.clone() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }

    fn compare_clocks(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let Some(date) = date.and_then(|date| rfc2822::parse(date).ok()) else { return };
        let ahead = date.timestamp().duration_since(self.now());
        *self.shared.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
    }
}

/// Turns statuses into errors.
pub(super) fn judge(call: &Call, answer: Answer) -> Result<Answer, Error> {
    let status = answer.status;
    if status.is_success() {
        return Ok(answer);
    }
    let what = call.what.clone();
    Err(match status {
        StatusCode::UNAUTHORIZED => Error::Unauthorized { what },
        StatusCode::FORBIDDEN => Error::Forbidden { what, why: message_of(&answer.body) },
        StatusCode::NOT_FOUND | StatusCode::GONE => Error::NotFound { what },
        StatusCode::CONFLICT => Error::Transient { what, why: message_of(&answer.body), is_heavy: false },
        StatusCode::REQUEST_TIMEOUT => unsure(call, "GitLab timed out"),
        // No address from outside is ever followed with a token. A project is asked for by its number, so that only an
        // instance that moved as a whole redirects.
        status if status.is_redirection() => Error::broken(what, "GitLab has moved; correct its address"),
        status => Error::broken(what, format!("GitLab answered {status}: {}", message_of(&answer.body))),
    })
}

/// A call whose fate is not known: harmless for a read, uncertain for a write.
fn unsure(call: &Call, why: &str) -> Error {
    let (what, why) = (call.what.clone(), why.to_owned());
    if call.is_write { Error::Uncertain { what, why } } else { Error::Transient { what, why, is_heavy: false } }
}

/// An exchange that ended without an answer.
fn lost(call: &Call, error: &reqwest::Error) -> Error {
    let what = call.what.clone();
    if error.is_connect() {
        Error::Transient { what, why: "GitLab cannot be reached".to_owned(), is_heavy: false }
    } else if error.is_builder() {
        Error::broken(what, "the call cannot be put into a request")
    } else if error.is_timeout() {
        unsure(call, "GitLab did not answer in time")
    } else {
        unsure(call, "the connection broke")
    }
}

/// What an error answer says, cut to a length that fits a log line: `message` or `error`, text or an object.
fn message_of(body: &[u8]) -> String {
    let error: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = ["message", "error"].iter().find_map(|key| error.get(key)).cloned().unwrap_or_default();
    let text = said.as_str().map_or_else(|| said.to_string(), str::to_owned);
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
