//! Who sent a delivery: a signature over its raw bytes, or, of older hooks, a secret that is sent along as it is.
//!
//! <https://docs.gitlab.com/user/project/integrations/webhooks/>; the signature is that of
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;

/// How far the time in a signed delivery may be from ours, either way.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// What signing tokens begin with.
const PREFIX: &str = "whsec_";

/// The shortest key that is accepted, in bytes. GitLab's have 32.
const SHORTEST_KEY: usize = 24;

/// More signatures than this are not looked at: while a token is rotated, there are two.
const MOST_SIGNATURES: usize = 8;

/// Why a delivery is not accepted as genuine. Says nothing about the secrets or the expected signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The request has neither a signature nor a token.
    #[error(
        "the request has neither a webhook-signature nor an X-Gitlab-Token header; set a signing token, or a secret token, \
         in the webhook's settings in GitLab"
    )]
    Missing,
    /// The signature is no list of `v1,` and base64.
    #[error("webhook-signature is not of the form v1,<base64 of 32 bytes>")]
    Malformed,
    /// A header that is signed along is missing or unreadable.
    #[error("the request is signed and has no usable {name} header")]
    Header {
        /// Its name.
        name: &'static str,
    },
    /// It was signed too long ago, or will be.
    #[error(
        "the time in webhook-timestamp is more than five minutes from ours; it was sent again, or a clock is wrong"
    )]
    Time,
    /// No signing token gives this signature.
    #[error("the signature does not match; the signing token differs from the one in GitLab, or the body was altered")]
    Signature,
    /// The token is none of ours.
    #[error("X-Gitlab-Token does not match; the secret token differs from the one in the webhook's settings in GitLab")]
    Token,
    /// Plain tokens are not accepted.
    #[error(
        "only signed deliveries are accepted here, as no webhook_secret_tokens are configured; set the signing token in the \
         webhook's settings in GitLab"
    )]
    Unsigned,
    /// Signatures cannot be checked.
    #[error(
        "the delivery is signed, and no webhook_signing_tokens are configured; add the signing token of the webhook to them"
    )]
    NoSigningToken,
}

/// A key that deliveries are signed with.
pub struct SigningToken(SecretSlice<u8>);

/// A signing token that cannot be one. Does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no signing token: whsec_ and the base64 of at least 24 bytes, as GitLab shows it")]
pub struct InvalidToken;

impl SigningToken {
    /// Reads `whsec_…`.
    pub fn parse(token: &SecretString) -> Result<Self, InvalidToken> {
        let key = token.expose_secret().strip_prefix(PREFIX).ok_or(InvalidToken)?;
        let key = STANDARD.decode(key).map_err(|_| InvalidToken)?;
        if key.len() < SHORTEST_KEY { Err(InvalidToken) } else { Ok(Self(key.into())) }
    }
}

impl fmt::Debug for SigningToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningToken(…)")
    }
}

/// What one host's deliveries are known by.
#[derive(Debug, Default)]
pub struct Secrets {
    /// Keys that deliveries are signed with.
    pub signing: Vec<SigningToken>,
    /// Tokens that are sent along. Without any, only signed deliveries are accepted.
    pub tokens: Vec<SecretString>,
}

/// What a request claims to be known by, read before its body is.
pub enum Claimed {
    /// A signature. Nothing else in the request makes up for a wrong one.
    Signed {
        /// `webhook-id`.
        id: String,
        /// `webhook-timestamp` as it was sent.
        timestamp: String,
        /// The signatures, any of which will do.
        signatures: Vec<[u8; 32]>,
    },
    /// A token.
    Token(SecretString),
}

impl fmt::Debug for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signed { .. } => "Signed(…)",
            Self::Token(_) => "Token(…)",
        })
    }
}

impl Claimed {
    /// Takes it from a request's headers.
    pub fn read(headers: &HeaderMap) -> Result<Self, SignatureError> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
        if let Some(signature) = headers.get("webhook-signature") {
            let signatures = signatures(signature.to_str().map_err(|_| SignatureError::Malformed)?);
            let required = |name| text(name).map(str::to_owned).ok_or(SignatureError::Header { name });
            return match signatures {
                signatures if signatures.is_empty() => Err(SignatureError::Malformed),
                signatures => Ok(Self::Signed {
                    signatures,
                    id: required("webhook-id")?,
                    timestamp: required("webhook-timestamp")?,
                }),
            };
        }
        text("x-gitlab-token").map(|token| Self::Token(token.into())).ok_or(SignatureError::Missing)
    }
}

/// The signatures of the version that we know. Others beside them are for those who know others.
fn signatures(header: &str) -> Vec<[u8; 32]> {
    let one = |part: &str| STANDARD.decode(part.strip_prefix("v1,")?).ok()?.try_into().ok();
    header.split(' ').filter_map(one).take(MOST_SIGNATURES).collect()
}

/// Checks what a request claims against the secrets of one host, at this time.
///
/// All secrets are tried even if an early one fits, so that they can be rotated, and comparisons take constant time. A
/// signature that is wrong is not made up for by a token.
pub fn verify(secrets: &Secrets, claimed: &Claimed, body: &[u8], now: Timestamp) -> Result<(), SignatureError> {
    match claimed {
        Claimed::Signed { .. } if secrets.signing.is_empty() => Err(SignatureError::NoSigningToken),
        Claimed::Signed { id, timestamp, signatures } => {
            is_recent(timestamp, now)?;
            let is_ours = secrets.signing.iter().fold(false, |found, key| {
                found
                    | signatures
                        .iter()
                        .fold(false, |found, signature| found | fits(key, id, timestamp, body, signature))
            });
            if is_ours { Ok(()) } else { Err(SignatureError::Signature) }
        }
        Claimed::Token(_) if secrets.tokens.is_empty() => Err(SignatureError::Unsigned),
        Claimed::Token(given) => {
            let is_ours = secrets.tokens.iter().fold(false, |found, token| found | is_same(given, token));
            if is_ours { Ok(()) } else { Err(SignatureError::Token) }
        }
    }
}

fn is_recent(timestamp: &str, now: Timestamp) -> Result<(), SignatureError> {
    let wrong = SignatureError::Header { name: "webhook-timestamp" };
    let sent: i64 = timestamp.parse().map_err(|_| wrong)?;
    let sent = Timestamp::from_second(sent).map_err(|_| wrong)?;
    if now.duration_since(sent).abs() <= CLOCKS_DIFFER { Ok(()) } else { Err(SignatureError::Time) }
}

fn fits(key: &SigningToken, id: &str, timestamp: &str, body: &[u8], signature: &[u8; 32]) -> bool {
    // A key of any length is accepted; no key is then as good as a wrong one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.0.expose_secret()) else { return false };
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac.verify_slice(signature).is_ok()
}

/// Whether two secrets are the same, in a time that tells nothing of where they differ. An empty one is none.
fn is_same(given: &SecretString, ours: &SecretString) -> bool {
    let digest = |secret: &SecretString| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"x-gitlab-token").ok()?;
        mac.update(secret.expose_secret().as_bytes());
        Some(mac)
    };
    let (Some(given), Some(our_digest)) = (digest(given), digest(ours)) else { return false };
    !ours.expose_secret().is_empty() && given.verify_slice(&our_digest.finalize().into_bytes()).is_ok()
}
