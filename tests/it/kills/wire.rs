//! What stands between the server and the forge: it sees all that passes, and kills the server at the right moment.
//!
//! Deliveries go through it to whichever server runs now, calls go through it to the sandbox. A request of a server that
//! was killed is dropped, or comes to the forge late.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::sync::Notify;

use super::moment::{Moment, Passing};
use crate::cli::process::Running;
use crate::history::Life;

/// Larger than anything that passes.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// The wire. Clones are the same one.
#[derive(Clone)]
pub(super) struct Wire {
    shared: Arc<Shared>,
}

struct Shared {
    forge: String,
    client: reqwest::Client,
    state: Mutex<Line>,
    struck: Notify,
    connected: Notify,
}

#[derive(Default)]
struct Line {
    server: Option<(String, Running)>,
    /// The next moment, and how many events pass before it.
    moment: Option<(Moment, u32)>,
    deliveries: BTreeMap<String, Delivered>,
    kills: BTreeMap<&'static str, u32>,
}

/// A delivery that passed.
#[derive(Debug, Clone)]
pub(super) struct Delivered {
    pub(super) event: String,
    repository: String,
    number: Option<u64>,
    branch: Option<String>,
    /// It leaves something behind, whatever it says: what cannot matter is answered and not kept.
    pub(super) matters: bool,
    /// The forge got a 2xx.
    pub(super) is_answered: bool,
}

impl Delivered {
    fn new(sent: &Sent) -> Self {
        let (event, payload) = (sent.header("x-github-event"), serde_json::from_slice(&sent.body));
        let payload: Value = payload.unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            repository: text(&payload["repository"]["full_name"]),
            number: payload["pull_request"]["number"].as_u64(),
            branch: text(&payload["ref"]).strip_prefix("refs/heads/").map(str::to_owned),
            matters: match event.as_str() {
                "pull_request" => true,
                "pull_request_review" => payload["review"]["state"] != "commented",
                _ => false,
            },
            event,
            is_answered: false,
        }
    }

    pub(super) fn is_about(&self, life: &Life) -> bool {
        let is_it = self.number == Some(life.number) || self.branch.as_ref() == Some(&life.branch);
        is_it && self.repository == life.repository
    }
}

/// A request that passes on.
struct Sent {
    method: Method,
    /// Path and query.
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Wire {
    /// Begins to pass calls on to the forge at this address. Gives the wire's own address, too.
    pub(super) async fn to(forge: String) -> (Self, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let wire = Self {
            shared: Arc::new(Shared {
                forge,
                client,
                state: Mutex::default(),
                struck: Notify::new(),
                connected: Notify::new(),
            }),
        };
        let routes = Router::new().fallback(pass).with_state(wire.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (wire, url)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.shared.state.lock().unwrap()
    }

    /// Where the server listens.
    pub(super) fn server(&self) -> String {
        self.line().server.as_ref().map(|(url, _)| url.clone()).expect("it runs")
    }

    /// Deliveries go to this server from now on.
    pub(super) fn connect(&self, url: String, server: Running) {
        self.line().server = Some((url, server));
        self.shared.connected.notify_waiters();
    }

    /// Kills the server when this moment comes, after so many others like it.
    pub(super) fn strike_at(&self, moment: Moment, passing: u32) {
        self.line().moment = Some((moment, passing));
        if moment.awaits().is_none() {
            self.strike_later(moment);
        }
    }

    /// Waits until the server was killed.
    pub(super) async fn struck(&self) {
        self.shared.struck.notified().await;
    }

    /// Kills the server now.
    pub(super) fn strike(&self, name: &'static str) {
        let mut line = self.line();
        if let Some((_, mut server)) = line.server.take() {
            server.kill();
            line.moment = None;
            *line.kills.entry(name).or_default() += 1;
            drop(line);
            self.shared.struck.notify_one();
        }
    }

    fn strike_later(&self, moment: Moment) {
        let wire = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(moment.after()).await;
            wire.strike(moment.name());
        });
    }

    /// How often it struck, by moment.
    pub(super) fn kills(&self) -> BTreeMap<&'static str, u32> {
        self.line().kills.clone()
    }

    /// Every delivery so far, by its GUID.
    pub(super) fn deliveries(&self) -> BTreeMap<String, Delivered> {
        self.line().deliveries.clone()
    }

    /// The moment that has come with this, if it has.
    fn comes(&self, passing: Passing) -> Option<Moment> {
        let mut line = self.line();
        let (moment, left) = line.moment.take_if(|(moment, _)| moment.awaits() == Some(passing))?;
        if left > 0 {
            line.moment = Some((moment, left - 1));
            return None;
        }
        Some(moment)
    }

    /// Where a server listens, once there is one: a load balancer holds back what comes while there is none.
    async fn running(&self) -> String {
        loop {
            let connected = self.shared.connected.notified();
            if let Some((url, _)) = &self.line().server {
                return url.clone();
            }
            connected.await;
        }
    }

    async fn deliver(&self, sent: Sent) -> Response {
        let guid = sent.header("x-github-delivery");
        let delivered = Delivered::new(&sent);
        self.line().deliveries.entry(guid.clone()).or_insert(delivered);
        let server = self.running().await;
        if let Some(moment) = self.comes(Passing::DeliverySent) {
            self.strike_later(moment);
        }
        let Some(answer) = self.forward(&server, sent).await else { return lost() };
        if let Some(moment) = self.comes(Passing::DeliveryAnswered) {
            self.strike(moment.name());
            if moment == Moment::Unanswered {
                return lost();
            }
        }
        if answer.status().is_success()
            && let Some(delivered) = self.line().deliveries.get_mut(&guid)
        {
            delivered.is_answered = true;
        }
        answer
    }

    async fn call(&self, sent: Sent) -> Response {
        let is_read = sent.target.ends_with("/graphql");
        let is_write = sent.method != Method::GET && sent.target.contains("/check-runs");
        if is_read && let Some(moment) = self.comes(Passing::ReadSent) {
            self.strike(moment.name());
            return lost();
        }
        if is_write && let Some(moment) = self.comes(Passing::WriteSent) {
            self.strike(moment.name());
            if let Moment::Late { created, updated } = moment {
                let (wire, after) = (self.clone(), if sent.method == Method::POST { created } else { updated });
                tokio::spawn(async move {
                    tokio::time::sleep(after).await;
                    wire.forward(&wire.shared.forge, sent).await;
                });
            }
            return lost();
        }
        let answer = self.forward(&self.shared.forge, sent).await.unwrap_or_else(lost);
        if is_write && let Some(moment) = self.comes(Passing::WriteDone) {
            if moment == Moment::Written {
                self.strike(moment.name());
            } else {
                self.strike_later(moment);
            }
        }
        answer
    }

    /// Passes a request on; `None` if no answer came.
    async fn forward(&self, to: &str, sent: Sent) -> Option<Response> {
        let Sent { method, target, mut headers, body } = sent;
        for hop in ["host", "content-length", "connection", "transfer-encoding", "accept-encoding"] {
            headers.remove(hop);
        }
        let request = self.shared.client.request(method, format!("{to}{target}")).headers(headers).body(body);
        let answer = request.send().await.ok()?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        for hop in ["content-length", "connection", "transfer-encoding"] {
            headers.remove(hop);
        }
        let body = answer.bytes().await.ok()?;
        let mut response = Response::new(Body::from(body));
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Some(response)
    }
}

impl Sent {
    fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }
}

async fn pass(State(wire): State<Wire>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else { return lost() };
    let is_delivery = target.starts_with("/webhooks/");
    let sent = Sent { method: parts.method, target, headers: parts.headers, body };
    if is_delivery { wire.deliver(sent).await } else { wire.call(sent).await }
}

/// What a sender sees when nobody answers.
fn lost() -> Response {
    StatusCode::BAD_GATEWAY.into_response()
}
