//! Deliveries of GitHub: is this one genuine, and what does it tell? Pure; the route around it is the server's.
//!
//! Payloads are parsed leniently: unknown fields are ignored, and only what is used must be there. What GitHub says in
//! them is a hint to look again, except for the facts of [`crate::gate::witnessed`].

mod comment;
mod event;
mod payload;
mod signature;

pub use event::parse;
pub use signature::{SignatureError, claimed, verify};

use http::HeaderMap;

/// The headers of a delivery that are needed to understand it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryHeaders {
    /// `X-GitHub-Event`.
    pub event: String,
    /// `X-GitHub-Delivery`: the same when GitHub sends the delivery again.
    pub guid: String,
    /// The App that it was sent to: `X-GitHub-Hook-Installation-Target-ID`, where the target's type is `integration`.
    pub app_id: Option<i64>,
}

impl DeliveryHeaders {
    /// Takes them from a request.
    pub fn read(headers: &HeaderMap) -> Result<Self, ParseError> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let required = |name: &'static str| {
            let value = text(name).filter(|value| !value.is_empty() && value.len() <= 200);
            value.map(str::to_owned).ok_or(ParseError::Header { name })
        };
        let is_app = text("x-github-hook-installation-target-type") == Some("integration");
        let target = text("x-github-hook-installation-target-id").and_then(|id| id.parse().ok());
        Ok(Self {
            event: required("x-github-event")?,
            guid: required("x-github-delivery")?,
            app_id: target.filter(|_| is_app),
        })
    }
}

/// A delivery that cannot be understood. Carries names and places only, never what the payload holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// A header that GitHub always sends is missing or unreadable.
    #[error("the delivery has no usable {name} header; only GitHub's own deliveries are accepted here")]
    Header {
        /// Its name.
        name: &'static str,
    },
    /// The body is not JSON.
    #[error("the body is not JSON (line {line}, column {column}); set the webhook's content type to application/json")]
    NotJson {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
    },
    /// A part that we use is missing or of another kind.
    #[error("{event}: {path} is missing or not of the expected kind")]
    Payload {
        /// The event's name.
        event: String,
        /// Where, e.g. `pull_request.head.sha`.
        path: String,
    },
    /// It names no installation: it comes from a repository's or organisation's webhook, not from the App.
    #[error("{event}: the delivery names no installation; send it through the GitHub App, not a repository webhook")]
    NoInstallation {
        /// The event's name.
        event: String,
    },
}

#[cfg(test)]
mod tests;
