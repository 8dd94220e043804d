//! Deliveries that the sandbox would not send.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use super::Scene;

/// What a delivery is about, in words that hold for both forges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// A change was opened.
    Opened,
    /// Somebody approved a change.
    Approved,
    /// Somebody wrote into the conversation of a change.
    Said,
}

/// A delivery as somebody else might send it.
pub(crate) struct Forged<'a> {
    pub(crate) told: Told,
    pub(crate) guid: &'a str,
    pub(crate) body: &'a str,
    pub(crate) signature: Option<String>,
}

impl Scene {
    /// Sends a payload as GitHub would, signed with the App's secret. Gives the status of the answer.
    pub(crate) async fn deliver(&self, event: &str, payload: &Value) -> u16 {
        let body = payload.to_string();
        let guid = format!("made-up-{}", self.forge.deliveries().len());
        let signature = Some(self.signature(&guid, &body));
        self.request(event, &guid, &body, signature).await
    }

    /// Sends a delivery as somebody else might. Gives the status of the answer.
    pub(crate) async fn send(&self, forged: Forged<'_>) -> u16 {
        let event = if self.is_gitlab() { "" } else { forged.told.on_github().0 };
        self.request(event, forged.guid, forged.body, forged.signature).await
    }

    async fn request(&self, event: &str, guid: &str, body: &str, signature: Option<String>) -> u16 {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let name = if self.is_gitlab() { "gitlab" } else { "github" };
        let mut call = client.post(format!("{}/webhooks/{name}", self.url)).header("content-type", "application/json");
        if self.is_gitlab() {
            call =
                call.header("webhook-id", guid).header("webhook-timestamp", self.forge.now().as_second().to_string());
        } else {
            call = call.header("x-github-event", event).header("x-github-delivery", guid);
        }
        if let Some(signature) = signature {
            let header = if self.is_gitlab() { "webhook-signature" } else { "x-hub-signature-256" };
            call = call.header(header, signature);
        }
        let answer = call.body(body.to_owned()).send().await.unwrap();
        self.quiet().await;
        answer.status().as_u16()
    }

    /// As the forge signs a delivery now. GitLab signs its id as well.
    pub(crate) fn signature(&self, guid: &str, body: &str) -> String {
        if !self.is_gitlab() {
            return sign(&self.forge.app().webhook_secret, body);
        }
        let token = self.forge.signing_token();
        let key = STANDARD.decode(token.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{guid}.{}.{body}", self.forge.now().as_second()).as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// The payload of the newest delivery of this kind.
    pub(crate) fn told(&self, told: Told) -> String {
        self.all_told(told).pop().expect("there was such a delivery")
    }

    /// The payloads of all deliveries of this kind, oldest first.
    pub(crate) fn all_told(&self, told: Told) -> Vec<String> {
        let is_of_kind = |event: &str, action: &str| {
            if self.is_gitlab() {
                told.on_gitlab().contains(&(event, action))
            } else {
                told.on_github() == (event, action)
            }
        };
        let deliveries = self.forge.deliveries().into_iter();
        let of_kind = deliveries.filter(|one| is_of_kind(&one.event, one.action.as_deref().unwrap_or_default()));
        of_kind.map(|one| one.body).collect()
    }

    /// The payload says that somebody else did it.
    pub(crate) fn in_the_name_of(&self, payload: &mut Value, login: &str) {
        let id = Value::from(self.who(login).id);
        for place in ["/sender/id", "/review/user/id", "/comment/user/id", "/user/id", "/object_attributes/author_id"] {
            if let Some(found) = payload.pointer_mut(place) {
                *found = id.clone();
            }
        }
    }

    /// The payload of a comment says that it says something else.
    pub(crate) fn saying(&self, payload: &mut Value, text: &str) {
        let place = if self.is_gitlab() { "/object_attributes/note" } else { "/comment/body" };
        *payload.pointer_mut(place).unwrap() = text.into();
        if self.is_gitlab() {
            payload["object_attributes"]["description"] = text.into();
        }
    }
}

impl Told {
    fn on_github(self) -> (&'static str, &'static str) {
        match self {
            Self::Opened => ("pull_request", "opened"),
            Self::Approved => ("pull_request_review", "submitted"),
            Self::Said => ("issue_comment", "created"),
        }
    }

    fn on_gitlab(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Opened => &[("merge_request", "open")],
            Self::Approved => &[("merge_request", "approval"), ("merge_request", "approved")],
            Self::Said => &[("note", "create")],
        }
    }
}

/// As GitHub signs: HMAC-SHA256 over the exact bytes.
pub(crate) fn sign(secret: &str, body: impl AsRef<[u8]>) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_ref());
    let hex = mac.finalize().into_bytes().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    format!("sha256={hex}")
}
