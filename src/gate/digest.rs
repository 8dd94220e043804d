//! Digests: what a decision rested on, in 64 hex digits.

use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// SHA-256 of these bytes, lower-case hex.
pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The digest of a value's JSON form. Equal values have equal digests, because the gate's types hold ordered maps only.
pub fn of<T: Serialize>(value: &T) -> String {
    // Plain types: this cannot fail, and the digest of nothing would only cause a needless new record.
    sha256_hex(serde_json::to_vec(value).unwrap_or_default())
}
