//! Digests: what a decision rested on, in 64 hex digits.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// SHA-256 of these bytes, lower-case hex.
pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
