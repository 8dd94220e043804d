//! Exactly what the configuration file and the environment say.

use secrecy::SecretString;
use serde::de::{Error as _, IntoDeserializer as _};
use serde::{Deserialize, Deserializer};

pub(super) use super::overlay::parse;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) server: Server,
    #[serde(default)]
    pub(super) store: Store,
    #[serde(default)]
    pub(super) github: Vec<GitHub>,
    #[serde(default)]
    pub(super) directory: Directory,
    #[serde(default)]
    pub(super) policy: Policy,
    #[serde(default)]
    pub(super) check: Check,
    #[serde(default)]
    pub(super) engine: Engine,
    #[serde(default)]
    pub(super) sweep: Sweep,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    #[serde(default = "default_listen")]
    pub(super) listen: String,
    pub(super) public_url: String,
}

fn default_listen() -> String {
    "127.0.0.1:8080".to_owned()
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    #[serde(default, deserialize_with = "secret")]
    pub(super) url: Option<SecretString>,
    pub(super) url_file: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GitHub {
    #[serde(default = "default_api_url")]
    pub(super) api_url: String,
    #[serde(deserialize_with = "number")]
    pub(super) app_id: u64,
    #[serde(default, deserialize_with = "secret")]
    pub(super) private_key: Option<SecretString>,
    pub(super) private_key_file: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub(super) webhook_secrets: Vec<SecretString>,
    pub(super) webhook_secrets_file: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub(super) owners: Vec<String>,
}

fn default_api_url() -> String {
    "https://api.github.com".to_owned()
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Directory {
    #[serde(default, deserialize_with = "list")]
    pub(super) files: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    pub(super) floor: Option<String>,
    #[serde(default)]
    pub(super) organisation: OrganisationPolicy,
}

/// What it means when an organisation has no policy of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrganisationPolicy {
    /// It is accepted, unless there was one before: then it is an error.
    #[default]
    Optional,
    /// It is an error.
    Required,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) names_candidates: bool,
}

impl Default for Check {
    fn default() -> Self {
        Self { name: "seconder".to_owned(), names_candidates: false }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Engine {
    #[serde(deserialize_with = "number")]
    pub(super) workers: usize,
    #[serde(deserialize_with = "number")]
    pub(super) request_timeout_seconds: u64,
}

impl Default for Engine {
    fn default() -> Self {
        Self { workers: 8, request_timeout_seconds: 10 }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sweep {
    #[serde(deserialize_with = "number")]
    pub(super) changes_minutes: u64,
    #[serde(deserialize_with = "number")]
    pub(super) deliveries_minutes: u64,
}

impl Default for Sweep {
    fn default() -> Self {
        Self { changes_minutes: 30, deliveries_minutes: 5 }
    }
}

/// A secret. No error repeats what was given in its place.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected text in quotes")]
    enum Given {
        Text(String),
    }
    let Given::Text(secret) = Given::deserialize(deserializer)?;
    Ok(Some(secret.into()))
}

/// A number, or, from the environment, its digits.
fn number<'de, D: Deserializer<'de>, N: TryFrom<u64>>(deserializer: D) -> Result<N, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a whole number")]
    enum Given {
        Number(u64),
        Digits(String),
    }
    let number = match Given::deserialize(deserializer)? {
        Given::Number(number) => number,
        Given::Digits(digits) => {
            digits.trim().parse().map_err(|_| D::Error::custom(format!("expected a whole number, found {digits:?}")))?
        }
    };
    N::try_from(number).map_err(|_| D::Error::custom(format!("the number {number} is too large")))
}

/// A list, or, from the environment, its items separated by commas.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a list, e.g. [\"…\"]")]
    enum Given {
        List(Vec<String>),
        Commas(String),
    }
    let items = match Given::deserialize(deserializer)? {
        Given::List(items) => items,
        Given::Commas(items) => items.split(',').map(|item| item.trim().to_owned()).collect(),
    };
    items.into_iter().map(|item| T::deserialize(item.into_deserializer())).collect()
}
