//! Digests: how the record says which inputs a decision rested on.

use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// SHA-256 of bytes, in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// SHA-256 of a value's JSON form. Equal values have equal digests because the gate's types hold ordered maps only.
pub fn of<T: Serialize>(value: &T) -> String {
    hex(&serde_json::to_vec(value).unwrap_or_default())
}
