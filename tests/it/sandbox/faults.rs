//! Trouble on demand.

use std::time::Duration;

use jiff::SignedDuration;
use seconder::sandbox::{Fault, Matching, NewCommit, OpenPull, Options, Outcome, Reset, Sandbox};
use serde_json::json;

use super::client::{Client, Receiver};

/// One open pull request, and a client.
async fn world() -> (Sandbox, Client, u64, String) {
    let github = Sandbox::start(Options::default()).await.unwrap();
    github.organization("acme");
    let jo = github.user("jo");
    github.repository("acme/pay");
    let sha = github.push(&jo, "acme/pay", "fix", NewCommit::new("Fix").file("a", "a"));
    let number = github.open_pull(&jo, "acme/pay", OpenPull::new("fix", "Fix"));
    let client = Client::installation(&github, "acme").await;
    (github, client, number, sha)
}

fn run(sha: &str) -> serde_json::Value {
    json!({ "name": "seconder", "head_sha": sha, "conclusion": "success" })
}

#[tokio::test]
async fn a_refused_call_has_no_effect_and_a_late_failure_has() {
    let (github, client, _, sha) = world().await;
    let creating = || Matching::rest("POST", "/repos/acme/pay/check-runs");
    github.faults().next(1, creating(), Fault::Status(502));
    assert_eq!(client.post("/repos/acme/pay/check-runs", run(&sha)).await.status, 502);
    assert!(github.check_run("acme/pay", &sha, "seconder").is_none());
    github.faults().next(1, creating(), Fault::StatusAfterEffect(503));
    assert_eq!(client.post("/repos/acme/pay/check-runs", run(&sha)).await.status, 503);
    assert!(github.check_run("acme/pay", &sha, "seconder").is_some());
    assert_eq!(client.post("/repos/acme/pay/check-runs", run(&sha)).await.status, 201, "faults are used up");
}

#[tokio::test]
async fn a_call_that_is_never_answered_still_took_effect() {
    let (github, client, _, sha) = world().await;
    github.faults().next(1, Matching::any(), Fault::HangAfterEffect);
    let call = client
        .http
        .post(format!("{}/repos/acme/pay/check-runs", client.base))
        .json(&run(&sha))
        .bearer_auth(&client.token);
    let waiting = tokio::spawn(call.send());
    while github.check_run("acme/pay", &sha, "seconder").is_none() {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished());
    waiting.abort();
}

#[tokio::test]
async fn a_broken_answer_is_no_json() {
    let (github, client, ..) = world().await;
    github.faults().next(1, Matching::rest("GET", "/rate_limit"), Fault::BrokenAnswer);
    assert!(client.get("/rate_limit").await.body.is_null());
}

#[tokio::test]
async fn calls_before_the_named_reset_are_refused_and_counted() {
    let (github, client, number, _) = world().await;
    let path = format!("/repos/acme/pay/pulls/{number}");
    let reset = github.now() + SignedDuration::from_mins(5);
    github.faults().next(1, Matching::any(), Fault::PrimaryLimit(Reset(reset)));
    let limited = client.get(&path).await;
    assert_eq!((limited.status, &limited.headers["x-ratelimit-remaining"]), (403, &"0".parse().unwrap()));
    assert_eq!(limited.headers["x-ratelimit-reset"].to_str().unwrap(), reset.as_second().to_string());
    assert_eq!(github.faults().calls_before_reset(), 0);
    assert_eq!(client.get(&path).await.status, 403);
    let query = "{ rateLimit { remaining } }";
    assert!(client.graphql(query, json!({})).await["errors"].is_null(), "GraphQL has a budget of its own");
    github.faults().next(1, Matching::graphql(), Fault::PrimaryLimit(Reset(reset)));
    for _ in 0..2 {
        assert_eq!(client.graphql(query, json!({})).await["errors"][0]["type"], "RATE_LIMITED");
    }
    assert_eq!(github.faults().calls_before_reset(), 2);
    github.advance(SignedDuration::from_mins(5));
    assert_eq!(client.get(&path).await.status, 200);
    assert_eq!(github.faults().calls_before_reset(), 2);
}

#[tokio::test]
async fn a_secondary_limit_names_seconds() {
    let (github, client, ..) = world().await;
    github.faults().next(1, Matching::any(), Fault::SecondaryLimit { status: 429, retry_after: 7 });
    let limited = client.get("/rate_limit").await;
    assert_eq!((limited.status, limited.headers["retry-after"].to_str().unwrap()), (429, "7"));
    client.get("/repos/acme/pay/pulls").await;
    assert_eq!(github.faults().calls_before_reset(), 1);
    github.advance(SignedDuration::from_secs(7));
    client.get("/repos/acme/pay/pulls").await;
    assert_eq!(github.faults().calls_before_reset(), 1);
}

#[tokio::test]
async fn the_hourly_budget_runs_out_and_comes_back() {
    let github = Sandbox::start(Options { rate_limit: 2, ..Options::default() }).await.unwrap();
    github.organization("acme");
    github.repository("acme/pay");
    let client = Client::installation(&github, "acme").await;
    let first = client.get("/repos/acme/pay/pulls").await;
    assert_eq!(first.headers["x-ratelimit-remaining"], "1");
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let again = client.http.get(format!("{}/repos/acme/pay/pulls", client.base)).header("if-none-match", &tag);
    let unchanged = client.send(again).await;
    assert_eq!((unchanged.status, &unchanged.headers["x-ratelimit-remaining"]), (304, &"1".parse().unwrap()));
    assert_eq!(client.get("/repos/acme/pay/activity").await.status, 200);
    assert_eq!(client.get("/repos/acme/pay/pulls").await.status, 403);
    assert_eq!(client.get("/rate_limit").await.body["rate"]["remaining"], 0, "asking is free");
    github.advance(SignedDuration::from_hours(1));
    let renewed = Client::installation(&github, "acme").await;
    assert_eq!(renewed.get("/repos/acme/pay/pulls").await.status, 200);
}

#[tokio::test]
async fn graphql_answers_can_be_partial_with_and_without_a_word() {
    let (github, client, number, _) = world().await;
    let query = "query Head($n: Int!) { repository(owner: \"acme\", name: \"pay\") { pullRequest(number: $n) { headRefOid reviews(first: 5) { totalCount } } } }";
    let path = ["repository", "pullRequest", "reviews"].map(str::to_owned).to_vec();
    github.faults().next(1, Matching::operation("Head"), Fault::Partial(path.clone()));
    github.faults().next(1, Matching::graphql(), Fault::SilentNull(path));
    let loud = client.graphql(query, json!({ "n": number })).await;
    assert!(loud["data"]["repository"]["pullRequest"]["headRefOid"].is_string());
    assert!(loud["data"]["repository"]["pullRequest"]["reviews"].is_null());
    assert_eq!(loud["errors"][0]["path"], json!(["repository", "pullRequest", "reviews"]));
    let silent = client.graphql(query, json!({ "n": number })).await;
    assert!(silent["data"]["repository"]["pullRequest"]["reviews"].is_null());
    assert!(silent["errors"].is_null());
    assert!(
        client.graphql(query, json!({ "n": number })).await["data"]["repository"]["pullRequest"]["reviews"].is_object()
    );
}

#[tokio::test]
async fn every_call_takes_as_long_as_it_is_told() {
    let (github, client, ..) = world().await;
    github.faults().latency(Duration::from_millis(30));
    let started = std::time::Instant::now();
    client.get("/rate_limit").await;
    assert!(started.elapsed() >= Duration::from_millis(30));
}

#[tokio::test]
async fn webhooks_are_lost_doubled_and_reordered() {
    let (github, client, number, _) = world().await;
    let hooks = Receiver::of(&github).await;
    let ana = github.user("ana");
    let say = |text: &str| github.comment(&ana, "acme/pay", number, text);
    github.faults().lose_webhooks(1);
    say("lost");
    github.settled().await;
    assert!(hooks.events().is_empty());
    assert_eq!(github.deliveries().last().unwrap().outcome, Outcome::Failed);
    github.faults().double_webhooks(1);
    say("twice");
    github.settled().await;
    let guids: Vec<_> = hooks.taken().iter().map(|(headers, _)| headers["x-github-delivery"].clone()).collect();
    assert_eq!((guids.len(), &guids[0]), (2, &guids[1]));
    github.faults().hold_webhooks();
    say("first");
    say("second");
    github.settled().await;
    assert_eq!(hooks.taken().len(), 2, "held back");
    github.faults().release_webhooks(|order| order.reverse());
    github.settled().await;
    let texts: Vec<_> = hooks
        .taken()
        .iter()
        .skip(2)
        .map(|(_, body)| {
            let payload: serde_json::Value = serde_json::from_slice(body).unwrap();
            payload["comment"]["body"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(texts, ["second", "first"]);
    // What was lost can be found by its GUID, and asked for again.
    let app = Client::app(&github);
    let listed = app.get("/app/hook/deliveries?per_page=100").await.body;
    let lost = listed.as_array().unwrap().iter().find(|one| one["status"] != "OK").unwrap().clone();
    assert_eq!(lost["status_code"], 0);
    assert_eq!(app.post(&format!("/app/hook/deliveries/{}/attempts", lost["id"]), json!({})).await.status, 202);
    github.settled().await;
    let (headers, _) = hooks.taken().last().unwrap().clone();
    assert_eq!(headers["x-github-delivery"].to_str().unwrap(), lost["guid"].as_str().unwrap());
    assert_eq!(client.get("/rate_limit").await.status, 200);
}
