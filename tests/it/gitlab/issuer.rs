//! A GitLab that publishes the keys of its CI jobs' tokens, and signs such tokens.

use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::house::BEGIN;

/// The keys with which tokens are signed. Making one is slow.
fn key(which: usize) -> &'static EncodingKey {
    static KEYS: OnceLock<[EncodingKey; 2]> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        [(); 2].map(|()| {
            let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
            let der = AsDer::<Pkcs8V1Der<'static>>::as_der(&pair).unwrap();
            let pem = STANDARD.encode(der.as_ref());
            let pem = format!("-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n");
            EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
        })
    });
    &keys[which]
}

/// The public half of a key, under this name.
pub(super) fn public(which: usize, id: &str) -> Value {
    let mut key = Jwk::from_encoding_key(key(which), Algorithm::RS256).unwrap();
    key.common.key_id = Some(id.to_owned());
    serde_json::to_value(key).unwrap()
}

/// An instance, and what it publishes.
pub(super) struct Issuer {
    pub(super) url: String,
    keys: Arc<Published>,
}

struct Published {
    list: Mutex<String>,
    status: AtomicU16,
    asked: AtomicUsize,
}

impl Issuer {
    /// An instance that publishes key 0 as `k0`.
    pub(super) async fn new() -> Self {
        let list = json!({ "keys": [public(0, "k0")] }).to_string();
        let (status, asked) = (AtomicU16::new(200), AtomicUsize::new(0));
        let keys = Arc::new(Published { list: Mutex::new(list), status, asked });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/oauth/discovery/keys", get(list_keys)).with_state(Arc::clone(&keys));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, keys }
    }

    /// From now on, it publishes this.
    pub(super) fn publishes(&self, list: impl Into<String>) {
        *self.keys.list.lock().unwrap() = list.into();
    }

    /// From now on, it answers with this status.
    pub(super) fn answers(&self, status: u16) {
        self.keys.status.store(status, Ordering::Relaxed);
    }

    /// How often it was asked for its keys.
    pub(super) fn asked(&self) -> usize {
        self.keys.asked.load(Ordering::Relaxed)
    }

    /// What a job in project 8 says that tests this commit for merge request 7.
    pub(super) fn claims(&self, sha: &str) -> Value {
        json!({
            "iss": self.url, "aud": "https://seconder.example", "sub": "project_path:acme/pay:ref_type:branch:ref:pay",
            "iat": BEGIN, "nbf": BEGIN - 5, "exp": BEGIN + 3600,
            "project_id": "8", "job_project_id": "8", "job_id": "302", "pipeline_id": "574",
            "pipeline_source": "merge_request_event", "ref": "pay", "sha": sha,
        })
    }
}

async fn list_keys(State(keys): State<Arc<Published>>) -> (StatusCode, String) {
    keys.asked.fetch_add(1, Ordering::Relaxed);
    let status = StatusCode::from_u16(keys.status.load(Ordering::Relaxed)).unwrap();
    (status, keys.list.lock().unwrap().clone())
}

/// A token that says this, signed with a key of this number under this name.
pub(super) fn token(claims: &Value, which: usize, id: &str) -> String {
    let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::RS256) };
    jsonwebtoken::encode(&header, claims, key(which)).unwrap()
}
