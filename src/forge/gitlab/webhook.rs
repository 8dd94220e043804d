//! Deliveries of GitLab: is this one genuine, and what does it tell? Pure; the route around it is the server's.
//!
//! Hooks of projects, of groups and of a whole instance (system hooks) send nearly the same bodies, and several hooks may
//! tell of one thing. Payloads are parsed leniently: unknown fields are ignored, and only what is used must be there. What
//! GitLab says in them is a hint to look again, except for the facts of [`crate::gate::witnessed`].
//!
//! <https://docs.gitlab.com/user/project/integrations/webhook_events/>,
//! <https://docs.gitlab.com/administration/system_hooks/>

mod change;
mod event;
mod note;
mod payload;
mod pipeline;
mod project;
mod push;
mod signature;

use http::HeaderMap;
use sha2::{Digest as _, Sha256};

use crate::gate::ids::{AccountId, Host};

pub use event::parse;
pub use signature::{Claimed, InvalidToken, Secrets, SignatureError, SigningToken, verify};

/// The longest name of a delivery that is taken from a header, in bytes. GitLab's have 36.
const LONGEST_ID: usize = 200;

/// What the parser has to know of the host that sent a delivery.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The host whose secret matched, never one that the payload names.
    pub host: &'a Host,
    /// The name of the project below each top-level group that holds the organisation's policy.
    pub policy_project: &'a str,
    /// The name under which we report on commits.
    pub check_name: &'a str,
    /// Our own account there, once it is known: what it does tells nothing new.
    pub bot: Option<&'a AccountId>,
}

/// The headers of a delivery that are needed to tell it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryHeaders {
    /// `webhook-id`, or else `Idempotency-Key`: the same when GitLab sends the delivery again.
    id: Option<String>,
    /// `X-Gitlab-Webhook-UUID`: of the hook, not of the delivery.
    hook: Option<String>,
}

impl DeliveryHeaders {
    /// Takes them from a request. None has to be there: versions before 17.4 name no delivery.
    pub fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.filter(|value| !value.is_empty() && value.len() <= LONGEST_ID).map(str::to_owned)
        };
        Self { id: text("webhook-id").or_else(|| text("idempotency-key")), hook: text("x-gitlab-webhook-uuid") }
    }

    /// The name of the delivery with this body. `X-Gitlab-Event-UUID` would not do: deliveries that lead to each other share
    /// it. <https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers>
    pub fn id(&self, body: &[u8]) -> String {
        if let Some(id) = &self.id {
            return id.clone();
        }
        let mut digest = Sha256::new();
        digest.update(self.hook.as_deref().unwrap_or_default());
        digest.update([0]);
        digest.update(body);
        digest.finalize().iter().fold("digest-".to_owned(), |text, byte| format!("{text}{byte:02x}"))
    }
}

/// A delivery that cannot be understood. Carries names and places only, never what the payload holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The body is not JSON.
    #[error("the body is not JSON (line {line}, column {column}); only GitLab's own webhooks are understood here")]
    NotJson {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
    },
    /// It does not say what it is.
    #[error(
        "the body has neither object_kind nor event_name; remove the custom template from the webhook in GitLab, as only \
         GitLab's own payloads are understood"
    )]
    Kind,
    /// A part that we use is missing or of another kind.
    #[error("{event}: {path} is missing or not of the expected kind")]
    Payload {
        /// The event's name.
        event: String,
        /// Where, e.g. `object_attributes.iid`.
        path: String,
    },
}

#[cfg(test)]
mod tests;
