//! Exactly what the configuration file and the environment say.
//!
//! The descriptions here are what an editor shows: `config/seconder.schema.json` is made from these types.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::de::{Error as _, IntoDeserializer as _};
use serde::{Deserialize, Deserializer};

pub(super) use super::overlay::parse;

/// The JSON schema of configuration files, for editors.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(File).to_value()
}

/// Seconder configuration: what a server needs to know to start. Every key can also be set in the environment, with `__`
/// between the parts: `SECONDER_STORE__URL`. Paths are relative to this file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Seconder configuration")]
pub(super) struct File {
    /// The HTTP server.
    pub(super) server: Server,
    /// The database.
    #[serde(default)]
    pub(super) store: Store,
    /// GitHub hosts, a table each.
    #[serde(default)]
    pub(super) github: Vec<GitHub>,
    /// GitLab hosts, a table each.
    #[serde(default)]
    pub(super) gitlab: Vec<GitLab>,
    /// Who is who, and how senior.
    #[serde(default)]
    pub(super) directory: Directory,
    /// AI tools besides those that are built in.
    #[serde(default)]
    pub(super) agents: Agents,
    /// What holds for all organisations and repositories.
    #[serde(default)]
    pub(super) policy: Policy,
    /// The check that is published.
    #[serde(default)]
    pub(super) check: Check,
    /// How changes are worked on.
    #[serde(default)]
    pub(super) engine: Engine,
    /// How often is looked for what no delivery told of.
    #[serde(default)]
    pub(super) sweep: Sweep,
    /// The page of each change.
    #[serde(default)]
    pub(super) pages: Pages,
}

/// The HTTP server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    /// Where to listen, `ADDRESS:PORT`.
    #[serde(default = "default_listen")]
    pub(super) listen: String,
    /// Where people and forges reach the server.
    #[schemars(regex(pattern = "^https?://"))]
    pub(super) public_url: String,
}

fn default_listen() -> String {
    "127.0.0.1:8080".to_owned()
}

/// The database.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    /// `sqlite:FILE`, or `postgres://USER@HOST/NAME` when several replicas share the work.
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    pub(super) url: Option<SecretString>,
    /// Or a file that holds it.
    pub(super) url_file: Option<String>,
}

/// A GitHub host.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GitHub {
    /// Base of its REST API: `https://HOST/api/v3` on a GitHub Enterprise Server.
    #[serde(default = "default_api_url")]
    pub(super) api_url: String,
    /// The App's number, from its settings page.
    #[serde(deserialize_with = "number")]
    pub(super) app_id: u64,
    /// The App's private key, PEM.
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    pub(super) private_key: Option<SecretString>,
    /// Or a file that holds it.
    pub(super) private_key_file: Option<String>,
    /// What deliveries are signed with. While a secret is rotated, both stand here.
    #[serde(default, deserialize_with = "list")]
    #[schemars(with = "Vec<String>")]
    pub(super) webhook_secrets: Vec<SecretString>,
    /// Or a file that holds them, one a line.
    pub(super) webhook_secrets_file: Option<String>,
    /// Logins or numbers of the owners whose installations are served.
    #[serde(default, deserialize_with = "list")]
    pub(super) owners: Vec<String>,
}

fn default_api_url() -> String {
    "https://api.github.com".to_owned()
}

/// A GitLab host.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GitLab {
    /// Its address, as people open it.
    #[serde(default = "default_gitlab_url")]
    #[schemars(regex(pattern = "^https?://"))]
    pub(super) url: String,
    /// The access token of the server's own account there.
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    pub(super) token: Option<SecretString>,
    /// Or a file that holds it.
    pub(super) token_file: Option<String>,
    /// What deliveries are signed with: `whsec_…`, as GitLab shows it. While a token is rotated, both stand here.
    #[serde(default, deserialize_with = "list")]
    #[schemars(with = "Vec<String>")]
    pub(super) webhook_signing_tokens: Vec<SecretString>,
    /// Or a file that holds them, one a line.
    pub(super) webhook_signing_tokens_file: Option<String>,
    /// Secret tokens of hooks that do not sign. Without any, only signed deliveries are taken.
    #[serde(default, deserialize_with = "list")]
    #[schemars(with = "Vec<String>")]
    pub(super) webhook_secret_tokens: Vec<SecretString>,
    /// Or a file that holds them, one a line.
    pub(super) webhook_secret_tokens_file: Option<String>,
    /// Paths or numbers of the top-level groups, and users, whose projects are served.
    #[serde(default, deserialize_with = "list")]
    pub(super) owners: Vec<String>,
    /// The project below each top-level group that holds the organisation's policy, `seconder.yml`.
    #[serde(default = "default_policy_project")]
    pub(super) policy_project: String,
    /// Whom tokens of CI jobs that ask for a verdict are made for. Without it: the server's `public_url`.
    pub(super) job_audience: Option<String>,
}

fn default_gitlab_url() -> String {
    "https://gitlab.com".to_owned()
}

fn default_policy_project() -> String {
    "seconder-policy".to_owned()
}

/// Who is who, and how senior.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Directory {
    /// Directory files, in order of precedence.
    #[serde(default, deserialize_with = "list")]
    pub(super) files: Vec<String>,
}

/// AI tools besides those that are built in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Agents {
    /// Files laid over the built-in catalogue of AI tools, each over those before it.
    #[serde(default, deserialize_with = "list")]
    pub(super) files: Vec<String>,
}

/// The page of each change.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Pages {
    /// Logins (or numbers) of owners whose signed pages show tiers. Without it: none.
    #[serde(default, deserialize_with = "list")]
    pub(super) tiers: Vec<String>,
}

/// What holds for all organisations and repositories.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    /// The floor's file, which no organisation and no repository can lower. Without it: the built-in policy.
    pub(super) floor: Option<String>,
    /// What it means when an organisation has no policy of its own.
    #[serde(default)]
    pub(super) organisation: OrganisationPolicy,
}

/// What it means when an organisation has no policy of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrganisationPolicy {
    /// It is accepted, unless there was one before: then it is an error.
    #[default]
    Optional,
    /// It is an error.
    Required,
}

/// The check that is published.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Check {
    /// Its name, which a ruleset requires.
    pub(super) name: String,
    /// Whether it names up to five people who could approve, to everybody who sees it.
    pub(super) names_candidates: bool,
}

impl Default for Check {
    fn default() -> Self {
        Self { name: "seconder".to_owned(), names_candidates: false }
    }
}

/// How changes are worked on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Engine {
    /// Changes judged at the same time.
    #[serde(deserialize_with = "number")]
    #[schemars(range(min = 1, max = 64))]
    pub(super) workers: usize,
    /// How long one request to a forge may take.
    #[serde(deserialize_with = "number")]
    #[schemars(range(min = 1, max = 60))]
    pub(super) request_timeout_seconds: u64,
}

impl Default for Engine {
    fn default() -> Self {
        Self { workers: 8, request_timeout_seconds: 10 }
    }
}

/// How often is looked for what no delivery told of.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sweep {
    /// How often all repositories and their open changes are listed.
    #[serde(deserialize_with = "number")]
    #[schemars(range(min = 1, max = 1440))]
    pub(super) changes_minutes: u64,
    /// How often the forge is asked for deliveries that did not arrive.
    #[serde(deserialize_with = "number")]
    #[schemars(range(min = 1, max = 1440))]
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
