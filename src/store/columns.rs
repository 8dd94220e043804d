//! Between the gate's types and columns. What comes back was stored by us, so anything unreadable is a broken store.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Error;
use crate::gate::ids::{CommitSha, Host, WordId};

/// A time from its milliseconds.
pub(super) fn time(ms: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(ms).map_err(|_| Error::broken(format!("{ms} is not a time in milliseconds")))
}

/// The end of a lease, in milliseconds; at most the last time there is.
pub(super) fn lease_end(now: Timestamp, lease: SignedDuration) -> i64 {
    now.saturating_add(lease).unwrap_or(Timestamp::MAX).as_millisecond()
}

pub(super) fn host(text: &str) -> Result<Host, Error> {
    text.parse().map_err(|error| Error::broken(format!("{error}")))
}

pub(super) fn sha(text: &str) -> Result<CommitSha, Error> {
    text.parse().map_err(|error| Error::broken(format!("{error}")))
}

pub(super) fn word_id(text: &str) -> Result<WordId, Error> {
    text.parse().map_err(|error| Error::broken(format!("{error}")))
}

/// The word by which a fieldless variant is known in JSON: `open`, `bot`, `action_required`.
pub(super) fn word<T: Serialize>(variant: &T) -> Result<String, Error> {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(Error::broken("a value that should be one word is not")),
    }
}

/// The variant of a word.
pub(super) fn variant<T: DeserializeOwned>(word: &str) -> Result<T, Error> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|error| Error::broken(format!("the word {word:?}: {error}")))
}

/// Bytes as lower-case hex.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// So many bytes from hex.
pub(super) fn from_hex<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let digits: Option<Vec<u8>> = hex.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let bytes: Vec<u8> = digits?.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    bytes.try_into().ok().filter(|_| hex.len() == N * 2)
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::broken(error.to_string()))
}

pub(super) fn from_json<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| Error::broken(format!("stored JSON: {error}")))
}
