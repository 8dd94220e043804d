//! Commit statuses, pipelines, the verdict job, and what they let merge.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use base64::Engine as _;
use seconder::sandbox::{Edition, NewCommit, OpenPull, Sandbox, VerdictJob};
use serde_json::{Value, json};

use super::{PROJECT, as_user, bot, ok, request, told};

async fn status(forge: &Sandbox, sha: &str, state: &str) -> u16 {
    let body = json!({ "state": state, "name": "seconder", "description": "waiting" });
    bot(forge).post(&format!("/projects/acme%2Fpay/statuses/{sha}"), body).await.status
}

#[tokio::test]
async fn a_status_goes_on_until_it_is_over_and_never_to_itself() {
    let (forge, number) = told(Edition::Free).await;
    let sha = forge.head(PROJECT, number);
    forge.require_check(PROJECT, "main", "seconder", None);
    forge.can_merge(PROJECT, number).expect_err("no pipeline is no success");
    assert_eq!(status(&forge, &sha, "pending").await, 201);
    assert_eq!(status(&forge, &sha, "pending").await, 400);
    assert_eq!(status(&forge, &sha, "success").await, 201);
    forge.can_merge(PROJECT, number).unwrap();
    assert_eq!(status(&forge, &sha, "pending").await, 201, "a new one, in place of the one that is over");
    forge.can_merge(PROJECT, number).unwrap_err();
    assert_eq!(forge.statuses(PROJECT, &sha).len(), 2);
    assert_eq!(forge.check_run(PROJECT, &sha, "seconder").unwrap().conclusion.as_deref(), Some("action_required"));
}

#[tokio::test]
async fn anothers_status_of_the_same_name_hides_ours() {
    let (forge, number) = told(Edition::Free).await;
    let sha = forge.head(PROJECT, number);
    forge.require_check(PROJECT, "main", "seconder", None);
    assert_eq!(status(&forge, &sha, "pending").await, 201);
    forge.set_status(&forge.user("dev"), PROJECT, &sha, "seconder", "success");
    forge.can_merge(PROJECT, number).expect("a commit status alone is advisory");
    let shown = ok(bot(&forge).get(&format!("/projects/acme%2Fpay/repository/commits/{sha}/statuses")).await, 200);
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_eq!(shown[0]["author"]["username"], "dev");
}

type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// A server that answers every ask alike, and keeps the claims it was shown.
async fn verdicts(answer: StatusCode) -> (String, Asked) {
    async fn asked(
        State((kept, answer)): State<(Asked, StatusCode)>,
        Query(query): Query<std::collections::BTreeMap<String, String>>,
        headers: HeaderMap,
    ) -> (StatusCode, &'static str) {
        let token = headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ");
        let claims = token.split('.').nth(1).unwrap();
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
        kept.lock().unwrap().push((query["merge_request"].clone(), serde_json::from_slice(&claims).unwrap()));
        (answer, "one approval is missing")
    }
    let kept = Asked::default();
    let routes = Router::new().route("/gitlab/verdict", get(asked)).with_state((Arc::clone(&kept), answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, kept)
}

#[tokio::test]
async fn the_verdict_job_asks_with_a_token_and_decides_over_forged_pipelines() {
    let (forge, _) = told(Edition::Free).await;
    let (url, asked) = verdicts(StatusCode::FORBIDDEN).await;
    forge.verdict_job(PROJECT, VerdictJob::of(url, "https://seconder.example"));
    let jo = forge.user("jo");
    let head = forge.push(&jo, PROJECT, "more", NewCommit::new("More").file("b.txt", "b\n"));
    let number = forge.open_pull(&jo, PROJECT, OpenPull::new("more", "More"));
    forge.settled().await;
    let (iid, claims) = asked.lock().unwrap().first().cloned().unwrap();
    assert_eq!(iid, number.to_string());
    assert_eq!((claims["sha"].clone(), claims["aud"].clone()), (json!(head), json!("https://seconder.example")));
    assert_eq!(claims["pipeline_source"], "merge_request_event");
    forge.can_merge(PROJECT, number).unwrap_err();
    forge.forge_pipeline(&forge.user("dev"), PROJECT, &head, "more", "seconder", "success");
    forge.can_merge(PROJECT, number).expect_err("pipelines of the merge request outrank others");
    let check = forge.check_run(PROJECT, &head, "seconder").unwrap();
    assert_eq!(
        (check.conclusion.as_deref(), check.title.as_deref()),
        (Some("action_required"), Some("one approval is missing"))
    );
    let jobs = forge.jobs(PROJECT, number);
    let job = jobs.iter().find(|job| job.source == "merge_request_event").unwrap();
    let again = ok(bot(&forge).post(&format!("/projects/acme%2Fpay/jobs/{}/retry", job.id), json!({})).await, 201);
    assert_ne!(again["id"], job.id);
    forge.settled().await;
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_passed_verdict_lets_merge_and_its_key_is_published() {
    let (forge, _) = told(Edition::Premium).await;
    let (url, asked) = verdicts(StatusCode::OK).await;
    forge.verdict_job(PROJECT, VerdictJob::of(url, "https://seconder.example"));
    forge.project_setting(PROJECT, "merge_pipelines_enabled", true);
    let jo = forge.user("jo");
    let head = forge.push(&jo, PROJECT, "more", NewCommit::new("More").file("b.txt", "b\n"));
    let number = forge.open_pull(&jo, PROJECT, OpenPull::new("more", "More"));
    forge.settled().await;
    let sha = asked.lock().unwrap()[0].1["sha"].as_str().unwrap().to_owned();
    assert_ne!(sha, head, "a merged result is another commit");
    let merged = ok(bot(&forge).get(&format!("/projects/acme%2Fpay/repository/commits/{sha}")).await, 200);
    assert_eq!(merged["parent_ids"][1], head);
    forge.can_merge(PROJECT, number).unwrap();
    let client = bot(&forge);
    let keys = client.send(client.http.get(format!("{}/oauth/discovery/keys", forge.web_url()))).await;
    assert_eq!(keys.body["keys"][0]["kty"], "RSA");
    assert_eq!(keys.body["keys"][0]["e"], "AQAB");
}

#[tokio::test]
async fn pipelines_of_a_fork_run_by_the_forks_configuration() {
    let (forge, _) = told(Edition::Free).await;
    let (url, asked) = verdicts(StatusCode::FORBIDDEN).await;
    forge.verdict_job(PROJECT, VerdictJob::of(url, "https://seconder.example"));
    let mallory = forge.user("mallory");
    let fork = forge.fork(&mallory, PROJECT);
    let own = NewCommit::new("More").file("b.txt", "b\n").file(".gitlab-ci.yml", "seconder:\n  script: exit 0\n");
    forge.push(&mallory, &fork, "more", own);
    let number = forge.open_pull(&mallory, PROJECT, OpenPull::new("more", "More").from_fork(&fork));
    forge.settled().await;
    assert!(asked.lock().unwrap().is_empty());
    forge.can_merge(PROJECT, number).expect("the fork's own job of that name succeeded");
    forge.set_role("acme", &forge.user("dev"), 30);
    ok(as_user(&forge, "dev").post(&format!("{}/pipelines", request(number)), json!({})).await, 201);
    forge.settled().await;
    let claims = asked.lock().unwrap()[0].1.clone();
    assert_ne!(claims["project_id"], claims["job_project_id"], "where it comes from, and where it runs");
    forge.can_merge(PROJECT, number).unwrap_err();
}
