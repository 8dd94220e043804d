//! The signature of a delivery: HMAC-SHA256 over its raw bytes.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Why a delivery is not accepted as genuine. Says nothing about the secret or the expected signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No webhook secret is configured, so that nothing can be accepted.
    #[error("no webhook secret is configured, so no delivery can be accepted")]
    NoSecret,
    /// The request has no `X-Hub-Signature-256`.
    #[error("the request has no X-Hub-Signature-256 header; set a webhook secret in the GitHub App")]
    Missing,
    /// The header is not `sha256=` and 64 hex digits.
    #[error("X-Hub-Signature-256 is not of the form sha256=<64 hex digits>")]
    Malformed,
    /// No secret gives this signature.
    #[error("the signature does not match; the secret differs from the one in the GitHub App, or the body was altered")]
    Mismatch,
}

/// Checks `X-Hub-Signature-256` against every secret, so that secrets can be rotated without losing deliveries.
///
/// The comparison takes constant time, and all secrets are tried even if an early one fits. The older SHA-1 header
/// is not looked at. Empty secrets are as good as none.
pub fn verify(secrets: &[SecretString], body: &[u8], header: Option<&str>) -> Result<(), SignatureError> {
    let given = claimed(header)?;
    let mut is_genuine = false;
    let mut is_configured = false;
    for secret in secrets.iter().map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty()) {
        is_configured = true;
        // A key of any length is accepted; no key is then as good as a wrong one.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { continue };
        mac.update(body);
        is_genuine |= mac.verify_slice(&given).is_ok();
    }
    match (is_configured, is_genuine) {
        (false, _) => Err(SignatureError::NoSecret),
        (true, false) => Err(SignatureError::Mismatch),
        (true, true) => Ok(()),
    }
}

/// The signature that a request claims to have, read before its body is.
pub fn claimed(header: Option<&str>) -> Result<[u8; 32], SignatureError> {
    let header = header.ok_or(SignatureError::Missing)?;
    let digits = header.strip_prefix("sha256=").ok_or(SignatureError::Malformed)?;
    decode_hex(digits).ok_or(SignatureError::Malformed)
}

fn decode_hex(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let digit = |c: u8| char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}
