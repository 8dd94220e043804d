//! What comes to the door that is no delivery, or a delivery of no sense: each is told why, and nothing is stored.

use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::world::{Scene, World, sign};

const GUID: &str = "5d4f7a1e-0000-4000-8000-000000000002";

/// A request to the webhook's address, genuine but for what a test changes.
struct Knock {
    method: reqwest::Method,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Knock {
    /// A delivery of this event with this body, signed as it is.
    fn of(s: &Scene, event: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let mut headers = HeaderMap::new();
        let value = |text: &str| HeaderValue::from_str(text).unwrap();
        headers.insert("content-type", value("application/json"));
        headers.insert("x-github-event", value(event));
        headers.insert("x-github-delivery", value(GUID));
        headers.insert("x-github-hook-installation-target-type", value("integration"));
        headers.insert("x-github-hook-installation-target-id", value(&s.forge.app().id.to_string()));
        headers.insert("x-hub-signature-256", value(&sign(&s.forge.app().webhook_secret, &body)));
        Self { method: reqwest::Method::POST, headers, body }
    }

    fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.insert(name, HeaderValue::from_bytes(value.as_ref()).unwrap());
        self
    }

    fn without(mut self, name: &'static str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Sends it: the status, and what is said.
    async fn knock(self, s: &Scene) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.request(self.method, format!("{}/webhooks/github", s.url));
        let answer = request.headers(self.headers).body(self.body).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let detail = serde_json::from_str::<Value>(&text).ok();
        (status, detail.and_then(|problem| Some(problem["detail"].as_str()?.to_owned())).unwrap_or(text))
    }

    #[track_caller]
    fn expect(self, s: &Scene, status: u16, says: &str) -> impl Future<Output = ()> {
        let from = std::panic::Location::caller();
        async move {
            let (given, said) = self.knock(s).await;
            assert!(given == status && said.contains(says), "{from}: {given}: {said}");
            assert!(!said.contains(char::is_control), "{from}: {said:?}");
        }
    }
}

/// A real delivery of an opened change, to be spoilt.
fn opened(s: &Scene) -> Value {
    let deliveries = s.forge.deliveries();
    let opened = deliveries.into_iter().find(|one| one.event == "pull_request").unwrap();
    serde_json::from_str(&opened.body).unwrap()
}

/// Nothing was stored by any of it, and each was counted.
async fn nothing_came_of(s: &Scene, refused: usize) {
    assert_eq!(s.store.dirty_count().await.unwrap(), 0);
    let metrics = reqwest::Client::builder().no_proxy().build().unwrap().get(format!("{}/metrics", s.url));
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    let counted =
        format!("seconder_deliveries_total{{forge=\"github\",event=\"refused\",result=\"Refused\"}} {refused}");
    assert!(metrics.lines().any(|line| line == counted), "{counted} is not in\n{metrics}");
}

#[test]
fn a_body_that_is_no_delivery_is_refused_with_the_remedy() {
    World::new().on_github().run(async |s| {
        s.assisted_change().await;
        let json = "set the webhook's content type to application/json";
        let form = "payload=%7B%22action%22%3A%22opened%22%7D";
        let form = Knock::of(s, "pull_request", form).header("content-type", "application/x-www-form-urlencoded");
        form.expect(s, 400, json).await;
        Knock::of(s, "pull_request", "").expect(s, 411, "no Content-Length").await;
        Knock::of(s, "pull_request", "<xml/>").expect(s, 400, json).await;
        Knock::of(s, "pull_request", "null").expect(s, 400, "pull_request: the payload is missing or not").await;
        Knock::of(s, "pull_request", "{}").expect(s, 400, "names no installation").await;
        Knock::of(s, "pull_request", b"{\"action\": \"\xff\xfe\"}".to_vec()).expect(s, 400, "not JSON (line 1").await;
        Knock::of(s, "pull_request", "{\"action\": \"a\", \"action\": \"b\"}").expect(s, 400, "pull_request: ").await;
        nothing_came_of(s, 7).await;
    });
}

#[test]
fn what_the_body_says_it_is_does_not_matter() {
    World::new().on_github().run(async |s| {
        // GitHub says application/json; what was signed is what counts.
        for kind in ["text/plain", "application/x-www-form-urlencoded", "\u{7f}"] {
            let ping = Knock::of(s, "ping", "{\"zen\": \"Keep it simple\"}").without("content-type");
            let ping = if kind == "\u{7f}" { ping } else { ping.header("content-type", kind) };
            ping.expect(s, 202, "").await;
        }
    });
}

#[test]
fn nesting_without_an_end_is_refused_and_ends_nothing() {
    World::new().on_github().run(async |s| {
        s.assisted_change().await;
        let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
        for body in [
            deep("[", "]"),
            deep("{\"a\":", "}"),
            "[".repeat(1_000_000),
            format!(
                "{{\"installation\": {{\"id\": 1}}, \"action\": \"edited\", \"changes\": {{\"a\": {}}}}}",
                deep("[", "]")
            ),
        ] {
            let (status, said) = Knock::of(s, "pull_request", body).knock(s).await;
            assert_eq!(status, 400, "{said}");
        }
        nothing_came_of(s, 4).await;
    });
}

#[test]
fn headers_that_are_missing_or_garbled_are_named() {
    World::new().on_github().run(async |s| {
        s.assisted_change().await;
        let knock = || Knock::of(s, "pull_request", opened(s).to_string());
        knock().without("x-github-event").expect(s, 400, "no usable x-github-event header").await;
        knock().header("x-github-event", "").expect(s, 400, "no usable x-github-event header").await;
        knock().header("x-github-event", "pull_request\u{e9}").expect(s, 400, "no usable x-github-event").await;
        knock().header("x-github-event", "x".repeat(201)).expect(s, 400, "no usable x-github-event header").await;
        knock().without("x-github-delivery").expect(s, 400, "no usable x-github-delivery header").await;
        knock().header("x-github-delivery", b"\xff\xff").expect(s, 400, "no usable x-github-delivery").await;
        knock().without("x-hub-signature-256").expect(s, 401, "no X-Hub-Signature-256 header").await;
        knock().header("x-hub-signature-256", "sha256=x").expect(s, 401, "not of the form").await;
        knock().header("x-hub-signature-256", b"sha256=\xff").expect(s, 401, "X-Hub-Signature-256").await;
        knock().header("x-github-enterprise-host", "ghe.example.com").expect(s, 401, "does not match").await;
        nothing_came_of(s, 10).await;
    });
}

#[test]
fn other_methods_are_not_for_this_door() {
    World::new().on_github().run(async |s| {
        for method in ["GET", "PUT", "DELETE", "PATCH", "BREW"] {
            let mut knock = Knock::of(s, "ping", "{}");
            knock.method = method.parse().unwrap();
            let (status, _) = knock.knock(s).await;
            assert_eq!(status, 405, "{method}");
        }
    });
}

#[test]
fn numbers_that_no_forge_gives_are_refused_with_their_place() {
    World::new().on_github().run(async |s| {
        s.assisted_change().await;
        let places = [
            "/installation/id",
            "/repository/id",
            "/repository/owner/id",
            "/pull_request/number",
            "/sender/id",
            "/pull_request/head/repo/id",
        ];
        let absurd =
            [json!(0), json!(-1), json!(u64::MAX), json!(1.5), json!(1e300), json!("1"), json!([1]), json!(null)];
        let mut refused = 0;
        for place in places {
            for id in &absurd {
                let mut body = opened(s);
                *body.pointer_mut(place).unwrap() = id.clone();
                let path = place[1..].replace('/', ".");
                Knock::of(s, "pull_request", body.to_string()).expect(s, 400, &path).await;
                refused += 1;
            }
        }
        nothing_came_of(s, refused).await;
    });
}

#[test]
fn deliveries_to_another_app_are_refused_even_under_our_secret() {
    World::new().on_github().run(async |s| {
        s.assisted_change().await;
        let knock = || Knock::of(s, "pull_request", opened(s).to_string());
        let other = (s.forge.app().id + 1).to_string();
        let says = format!("is for the App {other}, and this server is the App {}", s.forge.app().id);
        knock().header("x-github-hook-installation-target-id", &other).expect(s, 403, &says).await;
        knock().header("x-github-hook-installation-target-id", "-1").expect(s, 403, "is for the App -1").await;
        nothing_came_of(s, 2).await;
        // A repository's own webhook names no installation, whatever its secret.
        let mut body = opened(s);
        body.as_object_mut().unwrap().remove("installation");
        let repository = Knock::of(s, "pull_request", body.to_string())
            .header("x-github-hook-installation-target-type", "repository");
        repository.expect(s, 400, "send it through the GitHub App").await;
        nothing_came_of(s, 3).await;
    });
}
