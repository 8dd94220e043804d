//! What a forge, or somebody pretending to be one, is told when a delivery or a question is not taken: RFC 9457 problem details.
//! Internal text is logged, never answered.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::forge::github::webhook::{ParseError, SignatureError};
use crate::forge::gitlab;
use crate::store;

/// When something that is not possible now is worth another try.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("10");

/// Why a delivery was not taken, or a job not answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// No host's secret signed it.
    #[error("{0}")]
    Signature(#[from] SignatureError),
    /// No host of GitLab's knows it.
    #[error("{0}")]
    GitLab(#[from] gitlab::webhook::SignatureError),
    /// A job shows no token.
    #[error("no id token was sent; send the job's: Authorization: Bearer $SECONDER_ID_TOKEN")]
    NoToken,
    /// A job's token is of an instance that is not configured.
    #[error("the id token is of a GitLab that this server is not configured for; see `url` in its configuration")]
    Issuer,
    /// A job's token is not believed.
    #[error("{0}")]
    Job(#[from] gitlab::job_token::TokenError),
    /// It is not said about which change a job asks.
    #[error("say which merge request is meant: ?merge_request=$CI_MERGE_REQUEST_IID")]
    MergeRequest,
    /// It cannot be understood.
    #[error("{0}")]
    Parse(#[from] ParseError),
    /// Its body could not be taken in whole.
    #[error("{}", if *.too_large { "the delivery is larger than any that forges send" } else { "the body broke off" })]
    Body {
        /// Whether there was more of it than is read.
        too_large: bool,
    },
    /// It does not say how long it is.
    #[error("the delivery has no Content-Length; forges send one, so whatever stands in between has to keep it")]
    Length,
    /// It stopped coming in the middle.
    #[error("the rest of the delivery did not come; send it again")]
    Stalled,
    /// It was sent to another App.
    #[error(
        "the delivery is for the App {given}, and this server is the App {ours}; set this one's webhook address only"
    )]
    App {
        /// The App that the delivery names.
        given: i64,
        /// The App that is configured.
        ours: u64,
    },
    /// It is for an owner that this server does not serve.
    #[error("this server does not serve {login}; add the owner to `owners` in its configuration")]
    Owner {
        /// The owner's login.
        login: String,
    },
    /// The owner's login is configured, but belongs to another account than when it was first seen.
    #[error("the login {login} now belongs to another account than the one this server serves")]
    OwnerChanged {
        /// The owner's login.
        login: String,
    },
    /// Too much is under way. The forge shows the delivery as failed, and it can be sent again.
    #[error("too many deliveries are under way; send it again later")]
    Busy,
    /// It could not be stored. The forge shows the delivery as failed, and it can be sent again.
    #[error("the delivery could not be stored; send it again later")]
    Store(#[from] store::Error),
}

impl Refusal {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Job(gitlab::job_token::TokenError::Keys { .. }) | Self::Busy | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Signature(_) | Self::GitLab(_) | Self::NoToken | Self::Issuer | Self::Job(_) => {
                StatusCode::UNAUTHORIZED
            }
            Self::MergeRequest | Self::Parse(_) | Self::Body { too_large: false } => StatusCode::BAD_REQUEST,
            Self::Length => StatusCode::LENGTH_REQUIRED,
            Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::Body { too_large: true } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::App { .. } | Self::Owner { .. } | Self::OwnerChanged { .. } => StatusCode::FORBIDDEN,
        }
    }
}

#[derive(Serialize)]
struct Problem {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let title = status.canonical_reason().unwrap_or("Refused");
        let problem = Problem { r#type: "about:blank", title, status: status.as_u16(), detail: self.to_string() };
        let mut response = (status, Json(problem)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        response
    }
}
