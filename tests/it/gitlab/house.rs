//! A server with a GitLab host and no other, as it is started, with a clock of its own. Nothing is behind it: what GitLab
//! would be asked, nobody answers.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use seconder::cli::serve::{self, Ready};
use seconder::clock::Clock;
use seconder::config::{Config, EngineLimits, GitLabHost, OrganisationPolicy, Sweep};
use seconder::store::Store;
use secrecy::SecretString;
use serde_json::Value;
use sha2::Sha256;
use tokio_util::sync::CancellationToken;

/// When every story begins, in seconds since 1970.
pub(super) const BEGIN: i64 = 1_800_000_000;

/// The secret token of the host.
pub(super) const TOKEN: &str = "a secret token of old";

/// A server, and what is in its store.
pub(super) struct House {
    pub(super) url: String,
    pub(super) store: Store,
    seconds: Arc<AtomicI64>,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

/// The signing token that repeats this byte.
pub(super) fn signing_token(byte: u8) -> String {
    format!("whsec_{}", STANDARD.encode([byte; 32]))
}

/// The host that answers nobody, with signing token 1 and a secret token.
pub(super) fn gitlab(url: &str) -> GitLabHost {
    GitLabHost {
        url: url.to_owned(),
        token: SecretString::from("glpat-example"),
        webhook_signing_tokens: vec![signing_token(1).into()],
        webhook_secret_tokens: vec![TOKEN.into()],
        owners: vec!["acme".to_owned()],
        policy_project: "seconder-policy".to_owned(),
        job_audience: "https://seconder.example".to_owned(),
    }
}

impl House {
    pub(super) async fn new() -> Self {
        Self::with(vec![gitlab("http://127.0.0.1:9")]).await
    }

    pub(super) async fn with(gitlab: Vec<GitLabHost>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let within = Duration::from_secs(5);
        let config = Config {
            listen: "127.0.0.1:0".to_owned(),
            public_url: "https://seconder.example".to_owned(),
            store_url: SecretString::from(format!("sqlite:{}", folder.path().join("seconder.db").display())),
            github: Vec::new(),
            gitlab,
            directory_files: vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("config/directory.yml")],
            agents_files: Vec::new(),
            floor: None,
            organisation_policy: OrganisationPolicy::Optional,
            check_name: "seconder".to_owned(),
            names_candidates: false,
            engine: EngineLimits { workers: 1, request_timeout: within, lease: within * 3 },
            sweep: Sweep { changes_every: Duration::from_mins(30), deliveries_every: Duration::from_mins(5) },
            tiers_shown_for: Vec::new(),
        };
        let seconds = Arc::new(AtomicI64::new(0));
        let clock = Clock::from_fn({
            let seconds = Arc::clone(&seconds);
            move || at(seconds.load(Ordering::Relaxed))
        });
        let ready = serve::prepare(config, clock).await.unwrap();
        let (url, store) = (format!("http://{}", ready.address().unwrap()), ready.store.clone());
        let stop = CancellationToken::new();
        tokio::spawn(Ready::serve_only(ready, stop.clone()));
        Self { url, store, seconds, stop, _folder: folder }
    }

    /// So many seconds pass.
    pub(super) fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> Timestamp {
        at(self.seconds.load(Ordering::Relaxed))
    }

    /// How often deliveries of this kind had this result.
    pub(super) async fn counted(&self, event: &str, result: &str) -> u64 {
        let metrics = client().get(format!("{}/metrics", self.url)).send().await.unwrap().text().await.unwrap();
        let name = format!("seconder_deliveries_total{{forge=\"gitlab\",event=\"{event}\",result=\"{result}\"}} ");
        metrics.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |count| count.parse().unwrap())
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// So many seconds into the story.
pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(BEGIN + second).unwrap()
}

pub(super) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A request to the webhook's address, genuine but for what a test changes.
pub(super) struct Knock {
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Knock {
    /// A delivery with this body, signed as a hook signs that has signing token 1.
    pub(super) fn signed(house: &House, id: &str, body: &Value) -> Self {
        Self::signed_by(1, house, id, body.to_string())
    }

    pub(super) fn signed_by(byte: u8, house: &House, id: &str, body: impl Into<Vec<u8>>) -> Self {
        let (body, timestamp) = (body.into(), house.now().as_second().to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(&[byte; 32]).unwrap();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(&body);
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        Self { headers: HeaderMap::new(), body }
            .header("webhook-id", id)
            .header("webhook-timestamp", &timestamp)
            .header("webhook-signature", &signature)
    }

    /// A delivery with this body, as an older hook sends it.
    pub(super) fn with_token(token: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { headers: HeaderMap::new(), body: body.into() }.header("x-gitlab-token", token)
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    pub(super) fn without(mut self, name: &'static str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Sends it: the status, and what is said.
    pub(super) async fn knock(self, house: &House) -> (u16, String) {
        let request = client().post(format!("{}/webhooks/gitlab", house.url)).headers(self.headers).body(self.body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let problem = serde_json::from_str::<Value>(&text).ok();
        (status, problem.and_then(|problem| Some(problem["detail"].as_str()?.to_owned())).unwrap_or(text))
    }

    #[track_caller]
    pub(super) fn expect(self, house: &House, status: u16, says: &str) -> impl Future<Output = ()> {
        let from = std::panic::Location::caller();
        async move {
            let (given, said) = self.knock(house).await;
            assert!(given == status && said.contains(says), "{from}: {given}: {said}");
        }
    }
}
