//! A server that answers as it is told and remembers what it was asked: for answers that no sound forge gives, and for
//! what a caller shows in its requests.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::{SignedDuration, Timestamp};
use seconder::forge::github::{GitHub, GitHubConfig};
use seconder::gate::ids::{OwnerId, RepoId};
use seconder::gate::witnessed::SeenRepository;
use serde_json::{Value, json};

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
    pub raw: Bytes,
}

impl Asked {
    pub(super) fn is_token_request(&self) -> bool {
        self.path.ends_with("/access_tokens")
    }
}

type Answer = (u16, Vec<(&'static str, String)>, String);

#[derive(Default)]
struct Stage {
    asked: Vec<Asked>,
    answers: VecDeque<Answer>,
    tokens: usize,
    now: Timestamp,
}

/// The server and the client's clock.
#[derive(Clone)]
pub(crate) struct Script {
    stage: Arc<Mutex<Stage>>,
    url: String,
}

static KEY: LazyLock<String> = LazyLock::new(|| {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64_STANDARD.encode(der.as_ref()))
});

impl Script {
    pub(crate) async fn start() -> Self {
        let stage = Arc::new(Mutex::new(Stage { now: "2026-01-02T03:04:05Z".parse().unwrap(), ..Stage::default() }));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&stage));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { stage, url }
    }

    /// What to answer next, in this order. Token requests are answered by themselves.
    pub(crate) fn then(&self, status: u16, headers: &[(&'static str, &str)], body: &impl ToString) -> &Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.stage.lock().unwrap().answers.push_back((status, headers, body.to_string()));
        self
    }

    /// All requests so far that were not for tokens.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        let stage = self.stage.lock().unwrap();
        stage.asked.iter().filter(|asked| !asked.is_token_request()).cloned().collect()
    }

    /// How many tokens were asked for.
    pub(super) fn tokens(&self) -> usize {
        self.stage.lock().unwrap().tokens
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn now(&self) -> Timestamp {
        self.stage.lock().unwrap().now
    }

    pub(super) fn advance(&self, by: SignedDuration) {
        let now = &mut self.stage.lock().unwrap().now;
        *now += by;
    }

    /// A client of this server, below this path.
    pub(super) fn client(&self, path: &str) -> GitHub {
        let config = GitHubConfig {
            api_url: format!("{}{path}", self.url),
            app_id: 77,
            private_key: KEY.as_str().into(),
            request_timeout: Duration::from_secs(20),
            check_name: "seconder".to_owned(),
        };
        let stage = Arc::clone(&self.stage);
        GitHub::new(config, Arc::new(move || stage.lock().unwrap().now)).unwrap()
    }
}

/// The repository that all scripts are about.
pub(super) fn repository(github: &GitHub) -> SeenRepository {
    SeenRepository {
        repo: RepoId::new(github.host().clone(), 8),
        owner: OwnerId::new(github.host().clone(), 9),
        name: "acme/pay".to_owned(),
        installation: 5,
        default_branch: Some("main".to_owned()),
        is_public: None,
    }
}

async fn answer(
    State(stage): State<Arc<Mutex<Stage>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut stage = stage.lock().unwrap();
    let path = uri.path_and_query().unwrap().to_string();
    let asked = Asked { method, path, headers, body: serde_json::from_slice(&body).unwrap_or_default(), raw: body };
    let is_token_request = asked.is_token_request();
    stage.asked.push(asked);
    if is_token_request {
        stage.tokens += 1;
        let expires_at = stage.now + SignedDuration::from_hours(1);
        let token = json!({ "token": format!("ghs_token{}", stage.tokens), "expires_at": expires_at });
        return (StatusCode::CREATED, token.to_string()).into_response();
    }
    let (status, headers, body) = stage
        .answers
        .pop_front()
        .unwrap_or_else(|| (418, Vec::new(), r#"{"message": "not in the script"}"#.to_owned()));
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
