//! GitHub Apps, their installations and tokens, and the check of a JWT.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock, PoisonError};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::accounts::AccountId;
use super::repositories::{Repository, RepositoryId};

/// Seconds that a JWT may at most be valid for.
const MAX_JWT_SECONDS: u64 = 600;

/// What the maker of a GitHub App is given.
#[derive(Clone)]
pub struct App {
    /// The App's number: `iss` of its JWTs, `integration_id` in rulesets.
    pub id: u64,
    /// Its name in URLs; its bot's login is `slug[bot]`.
    pub slug: String,
    /// PKCS#8, PEM.
    pub private_key_pem: String,
    /// Key of the HMAC on webhooks.
    pub webhook_secret: String,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("id", &self.id).field("slug", &self.slug).finish_non_exhaustive()
    }
}

pub(crate) type Permissions = BTreeMap<String, String>;

#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) app: App,
    pub(crate) owner: AccountId,
    pub(crate) bot: AccountId,
    pub(crate) public_key: Vec<u8>,
    pub(crate) webhook_url: Option<String>,
    pub(crate) webhook: Webhook,
    pub(crate) permissions: Permissions,
    pub(crate) events: Vec<String>,
    pub(crate) created_at: Timestamp,
}

/// How the App's settings have its webhooks sent.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// `json` or `form`.
    pub content_type: String,
    /// Whether certificates go unchecked.
    pub insecure_ssl: bool,
    /// Whether a secret is set, with which deliveries are signed.
    pub has_secret: bool,
}

impl Default for Webhook {
    fn default() -> Self {
        Self { content_type: "json".to_owned(), insecure_ssl: false, has_secret: true }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Installation {
    pub(crate) id: u64,
    pub(crate) app: u64,
    pub(crate) account: AccountId,
    /// The repositories chosen; all of the account's when not set.
    pub(crate) selected: Option<BTreeSet<RepositoryId>>,
    pub(crate) permissions: Permissions,
    pub(crate) suspended_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
}

impl Installation {
    pub(crate) fn covers(&self, repository: &Repository) -> bool {
        let chosen = self.selected.as_ref().is_none_or(|selected| selected.contains(&repository.id));
        self.account == repository.owner && chosen
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) installation: u64,
    pub(crate) expires_at: Timestamp,
    pub(crate) repositories: Option<BTreeSet<RepositoryId>>,
    pub(crate) permissions: Permissions,
}

/// Events every App of the sandbox is subscribed to at first.
pub(crate) const EVENTS: [&str; 18] = [
    "branch_protection_configuration",
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "issue_comment",
    "member",
    "membership",
    "merge_group",
    "organization",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
    "repository",
    "repository_ruleset",
    "status",
    "team",
    "team_add",
];

/// What a gate asks for (webhook payloads and tokens repeat it).
pub(crate) fn default_permissions() -> Permissions {
    let pairs = [
        ("checks", "write"),
        ("contents", "read"),
        ("issues", "write"),
        ("members", "read"),
        ("merge_queues", "read"),
        ("metadata", "read"),
        ("pull_requests", "write"),
        ("statuses", "write"),
        ("administration", "write"),
    ];
    pairs.into_iter().map(|(name, level)| (name.to_owned(), level.to_owned())).collect()
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) private_pem: String,
    /// PKCS#1 `RSAPublicKey`, DER.
    pub(crate) public_der: Vec<u8>,
}

/// The key of the nth App of a sandbox. Keys are made once per process: making one is slow, and no sandbox trusts
/// another's tokens.
pub(crate) fn key(index: usize) -> Option<Key> {
    static KEYS: OnceLock<Mutex<Vec<Key>>> = OnceLock::new();
    let mut keys = KEYS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    while keys.len() <= index {
        keys.push(generate()?);
    }
    keys.get(index).cloned()
}

fn generate() -> Option<Key> {
    let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
    let private = AsDer::<Pkcs8V1Der<'static>>::as_der(&pair).ok()?;
    let text = base64::engine::general_purpose::STANDARD.encode(private.as_ref());
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Some(Key { private_pem: pem, public_der: pair.public_key().as_ref().to_vec() })
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: serde_json::Value,
    exp: u64,
}

/// Why a JWT is refused, in GitHub's words.
pub(crate) fn check_jwt(jwt: &str, apps: &BTreeMap<u64, Registered>) -> Result<u64, &'static str> {
    const UNREADABLE: &str = "A JSON web token could not be decoded";
    let issuer = jsonwebtoken::dangerous::insecure_decode::<Claims>(jwt).map_err(|_| UNREADABLE)?.claims.iss;
    let number = issuer.as_u64().or_else(|| issuer.as_str().and_then(|text| text.parse().ok()));
    let id = number.ok_or("'Issuer' claim ('iss') must be an Integer")?;
    let registered = apps.get(&id).ok_or("Integration not found")?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.leeway = 0;
    validation.required_spec_claims = std::iter::once("exp".to_owned()).collect();
    let key = DecodingKey::from_rsa_der(&registered.public_key);
    let claims = jsonwebtoken::decode::<Claims>(jwt, &key, &validation)
        .map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::ExpiredSignature => {
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
            }
            _ => UNREADABLE,
        })?
        .claims;
    // The real clock, not the sandbox's: the client's library signs with the time of the machine.
    if claims.exp > jsonwebtoken::get_current_timestamp() + MAX_JWT_SECONDS {
        return Err("'Expiration time' claim ('exp') is too far in the future");
    }
    Ok(id)
}
