//! Webhooks: what is told to an App, signed, sent and recorded.

mod events;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::accounts::AccountId;
use super::apps::{Installation, Registered};
use super::faults::Fate;
use super::git::hex;
use super::gitlab;
use super::handle::Sandbox;
use super::repositories::RepositoryId;
use super::world::World;

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Not sent yet, or held back.
    Pending,
    /// Answered with this HTTP status.
    Answered(u16),
    /// No answer: refused, broken off, too slow, or lost on demand.
    Failed,
}

/// One attempt to deliver a webhook.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Number of the attempt.
    pub id: u64,
    /// The same for every attempt at one event.
    pub guid: String,
    /// `pull_request`, `push`, …
    pub event: String,
    /// `opened`, …, for events that have one.
    pub action: Option<String>,
    /// True if it was asked for again.
    pub redelivery: bool,
    /// The exact bytes sent, as text.
    pub body: String,
    /// How it ended.
    pub outcome: Outcome,
    pub(crate) at: Timestamp,
    pub(crate) app: u64,
    pub(crate) installation: u64,
    /// GitLab's hook that it is for; 0 on GitHub.
    pub(crate) hook: u64,
    /// `X-Gitlab-Event`.
    pub(crate) header: &'static str,
    pub(crate) repository: Option<RepositoryId>,
    pub(crate) answer: Option<String>,
    pub(crate) duration_seconds: f64,
}

impl Delivery {
    /// The payload.
    pub fn payload(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Something to tell, before it is known whom.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) action: Option<&'static str>,
    pub(crate) repository: Option<RepositoryId>,
    pub(crate) organization: Option<AccountId>,
    pub(crate) sender: AccountId,
    pub(crate) body: Value,
}

impl World {
    /// Tells every App that has an installation here.
    pub(crate) fn emit(&mut self, event: &Event) {
        let repository = event.repository.and_then(|id| self.repositories.get(&id));
        let concerned: Vec<Installation> = self
            .installations
            .values()
            .filter(|installation| installation.suspended_at.is_none())
            .filter(|installation| match (repository, event.organization) {
                (Some(repository), _) => installation.covers(repository),
                (None, Some(organization)) => installation.account == organization,
                (None, None) => false,
            })
            .cloned()
            .collect();
        for installation in concerned {
            self.emit_to(&installation, event);
        }
    }

    pub(crate) fn emit_to(&mut self, installation: &Installation, event: &Event) {
        // GitLab's own events are made where they happen; what is left has no counterpart there.
        if self.is_gitlab() {
            return;
        }
        let listens = self.apps.get(&installation.app).is_some_and(|app| app.webhook_url.is_some());
        if !listens {
            return;
        }
        let mut payload = event.body.clone();
        if let Some(action) = event.action {
            payload["action"] = json!(action);
        }
        let repository = event.repository.and_then(|id| self.repositories.get(&id));
        if let Some(repository) = repository {
            payload["repository"] = self.repository_json(repository);
        }
        let owner = repository.and_then(|repository| self.organization_of(repository)).map(|owner| owner.id);
        if let Some(organization) = owner.or(event.organization) {
            payload["organization"] = self.organization_json(organization);
        }
        payload["sender"] = self.account_or_ghost(event.sender);
        if payload.get("installation").is_none() {
            payload["installation"] = json!({ "id": installation.id, "node_id": format!("IN_{}", installation.id) });
        }
        let delivery = Delivery {
            id: self.next_id(),
            guid: uuid::Uuid::new_v4().to_string(),
            event: event.name.to_owned(),
            action: event.action.map(str::to_owned),
            redelivery: false,
            body: payload.to_string(),
            outcome: Outcome::Pending,
            at: self.now(),
            app: installation.app,
            installation: installation.id,
            hook: 0,
            header: "",
            repository: event.repository,
            answer: None,
            duration_seconds: 0.0,
        };
        self.enqueue(delivery);
    }

    pub(crate) fn enqueue(&mut self, mut delivery: Delivery) {
        let fate = self.faults.fate();
        if fate == Fate::Lose {
            delivery.outcome = Outcome::Failed;
        }
        let index = self.deliveries.len();
        self.deliveries.push(delivery);
        match fate {
            Fate::Lose => {}
            Fate::Hold => self.faults.held.push_back(index),
            Fate::Send => self.outbox.push_back(index),
            Fate::Double => self.outbox.extend([index, index]),
        }
    }

    /// Sends an earlier delivery's bytes again, under the same GUID. `None` if there was none.
    pub(crate) fn redeliver(&mut self, id: u64) -> Option<u64> {
        let mut again = self.deliveries.iter().find(|delivery| delivery.id == id)?.clone();
        again.id = self.next_id();
        again.redelivery = true;
        again.outcome = Outcome::Pending;
        again.at = self.clock.tick();
        again.answer = None;
        let number = again.id;
        self.enqueue(again);
        Some(number)
    }

    /// URL, body and headers of a delivery.
    fn request(&self, index: usize) -> Option<Request> {
        let delivery = self.deliveries.get(index)?;
        if self.is_gitlab() {
            return gitlab::request(self, delivery);
        }
        let app = self.apps.get(&delivery.app)?;
        Some(Request { url: app.webhook_url.clone()?, body: delivery.body.clone(), headers: headers(app, delivery) })
    }
}

pub(crate) struct Request {
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// `sha256=…` over the exact bytes.
pub(crate) fn sign(secret: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body);
    format!("sha256={}", hex(&mac.finalize().into_bytes()))
}

pub(crate) fn headers(app: &Registered, delivery: &Delivery) -> Vec<(&'static str, String)> {
    vec![
        ("Accept", "*/*".to_owned()),
        ("Content-Type", "application/json".to_owned()),
        ("User-Agent", "GitHub-Hookshot/5a4d0b5".to_owned()),
        ("X-GitHub-Delivery", delivery.guid.clone()),
        ("X-GitHub-Event", delivery.event.clone()),
        ("X-GitHub-Hook-ID", (app.app.id + 500).to_string()),
        ("X-GitHub-Hook-Installation-Target-ID", app.app.id.to_string()),
        ("X-GitHub-Hook-Installation-Target-Type", "integration".to_owned()),
        ("X-Hub-Signature-256", sign(&app.app.webhook_secret, delivery.body.as_bytes())),
    ]
}

/// Sends what is in the outbox, one after the other, for as long as the sandbox lives.
pub(crate) async fn deliver(github: Sandbox, client: reqwest::Client) {
    loop {
        let woken = github.woken();
        tokio::pin!(woken);
        woken.as_mut().enable();
        let next = {
            let mut world = github.world();
            let index = world.outbox.pop_front();
            world.in_flight += usize::from(index.is_some());
            index.map(|index| (index, world.request(index)))
        };
        let Some((index, request)) = next else {
            woken.await;
            continue;
        };
        let (outcome, answer, seconds) = match request {
            Some(request) => send(&client, request).await,
            None => (Outcome::Failed, None, 0.0),
        };
        {
            let mut world = github.world();
            world.in_flight -= 1;
            if let Some(delivery) = world.deliveries.get_mut(index) {
                delivery.outcome = outcome;
                delivery.answer = answer;
                delivery.duration_seconds = seconds;
            }
            world.hook_answered(index);
        }
        github.delivered();
    }
}

async fn send(client: &reqwest::Client, request: Request) -> (Outcome, Option<String>, f64) {
    let started = std::time::Instant::now();
    let call =
        request.headers.into_iter().fold(client.post(request.url), |call, (name, value)| call.header(name, value));
    let (outcome, answer) = match call.body(request.body).send().await {
        Ok(answer) => (Outcome::Answered(answer.status().as_u16()), answer.text().await.ok()),
        Err(_) => (Outcome::Failed, None),
    };
    (outcome, answer, started.elapsed().as_secs_f64())
}
