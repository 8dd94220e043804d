//! A plain client, and a receiver of webhooks.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use seconder::sandbox::{App, Sandbox};

pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) base: String,
    pub(crate) token: String,
}

/// Status, headers and body of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

pub(crate) fn jwt(app: &App, issuer: u64, seconds_ahead: u64) -> String {
    let now = jsonwebtoken::get_current_timestamp();
    let claims = json!({ "iss": issuer.to_string(), "iat": now - 60, "exp": now + seconds_ahead });
    let key = EncodingKey::from_rsa_pem(app.private_key_pem.as_bytes()).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap()
}

impl Client {
    /// A client that shows this token.
    pub(crate) fn with(github: &Sandbox, token: String) -> Self {
        Self { http: reqwest::Client::builder().no_proxy().build().unwrap(), base: github.api_url(), token }
    }

    /// A client of the App itself.
    pub(crate) fn app(github: &Sandbox) -> Self {
        let app = github.app();
        Self::with(github, jwt(&app, app.id, 540))
    }

    /// A client of the App's installation on an account.
    pub(crate) async fn installation(github: &Sandbox, login: &str) -> Self {
        let number = github.installation(&github.organization(login));
        let answer = Self::app(github).post(&format!("/app/installations/{number}/access_tokens"), json!({})).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        Self::with(github, answer.body["token"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.http.post(format!("{}{path}", self.base)).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.http.patch(format!("{}{path}", self.base)).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.http.put(format!("{}{path}", self.base)).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.http.delete(format!("{}{path}", self.base))).await
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default();
        Answer { status, headers, body }
    }

    pub(crate) async fn graphql(&self, query: &str, variables: Value) -> Value {
        let answer = self.post("/graphql", json!({ "query": query, "variables": variables })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }
}

/// Takes webhooks and keeps them.
#[derive(Clone, Default)]
pub(crate) struct Receiver(Arc<Mutex<Vec<(HeaderMap, Bytes)>>>);

impl Receiver {
    /// Listens, and has the sandbox send here.
    pub(crate) async fn of(github: &Sandbox) -> Self {
        let receiver = Self::default();
        let kept = receiver.clone();
        let routes = Router::new().route(
            "/hook",
            axum::routing::post(async move |headers: HeaderMap, body: Bytes| {
                kept.0.lock().unwrap().push((headers, body));
                StatusCode::ACCEPTED
            }),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        github.webhooks_to(format!("http://{}/hook", listener.local_addr().unwrap()));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        receiver
    }

    pub(crate) fn taken(&self) -> Vec<(HeaderMap, Bytes)> {
        self.0.lock().unwrap().clone()
    }

    /// Event and action of everything that came.
    pub(crate) fn events(&self) -> Vec<String> {
        let name = |(headers, body): &(HeaderMap, Bytes)| {
            let event = headers["x-github-event"].to_str().unwrap().to_owned();
            let payload: Value = serde_json::from_slice(body).unwrap();
            payload["action"].as_str().map_or(event.clone(), |action| format!("{event}.{action}"))
        };
        self.0.lock().unwrap().iter().map(name).collect()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
