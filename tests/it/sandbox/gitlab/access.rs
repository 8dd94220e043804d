//! Tokens, roles, editions, pages of lists, limits.

use seconder::sandbox::{Edition, Fault, GitLab, Matching, NewCommit};
use serde_json::json;

use super::{PROJECT, as_user, bot, ok, request, start, told};

#[tokio::test]
async fn tokens_that_do_not_hold_are_refused() {
    let (forge, number) = told(Edition::Premium).await;
    let mut client = bot(&forge);
    ok(client.get("/user").await, 200);
    let token = forge.token_with(&forge.bot_account(), &["read_api"]);
    client.token = token.clone();
    ok(client.get(&request(number)).await, 200);
    let refused = ok(client.post(&format!("{}/notes", request(number)), json!({ "body": "x" })).await, 403);
    assert_eq!(refused["error"], "insufficient_scope");
    forge.expire_token(&token, forge.now(), None);
    assert_eq!(ok(client.get("/user").await, 401)["error"], "invalid_token");
    client.token = "glpat-unknown".to_owned();
    ok(client.get("/user").await, 401);
}

#[tokio::test]
async fn what_may_not_be_seen_is_not_there() {
    let (forge, _) = told(Edition::Free).await;
    forge.private_repository("acme/vault");
    let client = as_user(&forge, "stranger");
    assert_eq!(ok(client.get("/projects/acme%2Fvault").await, 404)["message"], "404 Project Not Found");
    ok(client.put("/projects/acme%2Fpay", json!({})).await, 403);
    ok(bot(&forge).get("/projects/acme%2Fvault").await, 200);
}

#[tokio::test]
async fn an_edition_has_what_is_paid_for() {
    for (edition, rules, checks) in [
        (Edition::Community, 404, 404),
        (Edition::Free, 404, 404),
        (Edition::Premium, 200, 404),
        (Edition::Ultimate, 200, 200),
    ] {
        let (forge, _) = told(edition).await;
        let client = bot(&forge);
        ok(client.get("/projects/acme%2Fpay/approval_rules").await, rules);
        ok(client.get("/projects/acme%2Fpay/external_status_checks").await, checks);
        let metadata = ok(client.get("/metadata").await, 200);
        assert_eq!(metadata["enterprise"], edition > Edition::Community);
    }
    let old = start(GitLab { version: "17.2".to_owned(), edition: Edition::Free }).await;
    assert_eq!(ok(bot(&old).get("/metadata").await, 200)["version"], "17.2.0-ee");
}

#[tokio::test]
async fn lists_come_in_pages_that_tell_of_the_others() {
    let (forge, number) = told(Edition::Free).await;
    for round in 0..3 {
        forge.comment(&forge.user("ana"), PROJECT, number, &format!("note {round}"));
    }
    let first = bot(&forge).get(&format!("{}/notes?per_page=2", request(number))).await;
    assert_eq!(first.headers["x-next-page"], "2");
    assert_eq!(first.headers["x-total"], "3");
    assert!(first.headers["link"].to_str().unwrap().contains("rel=\"next\""));
    let last = bot(&forge).get(&format!("{}/notes?per_page=2&page=2", request(number))).await;
    assert_eq!(last.headers["x-next-page"], "");
    let keyset = bot(&forge).get("/projects?pagination=keyset&order_by=id&per_page=100").await;
    assert!(keyset.headers.get("x-total").is_none());
    assert_eq!(keyset.status, 200);
}

#[tokio::test]
async fn faults_hit_by_path_and_by_route() {
    let (forge, number) = told(Edition::Free).await;
    let client = bot(&forge);
    forge.faults().next(1, Matching::rest("GET", "/api/v4/projects/"), Fault::Status(502));
    assert_eq!(client.get(&request(number)).await.status, 502);
    let template = "/api/v4/projects/{id}/merge_requests/{merge_request_iid}/versions";
    let limited = Fault::SecondaryLimit { status: 429, retry_after: 7 };
    forge.faults().next(1, Matching::route("GET", template), limited);
    ok(client.get(&request(number)).await, 200);
    let refused = client.get(&format!("{}/versions", request(number))).await;
    assert_eq!((refused.status, refused.headers["retry-after"].to_str().unwrap()), (429, "7"));
    let calls = forge.take_calls();
    assert_eq!(calls.last().unwrap().template, template);
}

#[tokio::test]
async fn files_are_written_where_the_role_allows() {
    let (forge, _) = told(Edition::Free).await;
    forge.set_role("acme", &forge.user("dev"), 30);
    let dev = as_user(&forge, "dev");
    let file = "/projects/acme%2Fpay/repository/files/ci%2Fx.yml";
    let body =
        |branch: &str| json!({ "branch": branch, "commit_message": "Add it", "content": "x", "start_branch": "main" });
    ok(dev.post(file, body("main")).await, 403);
    ok(dev.post(file, body("topic")).await, 201);
    let raw = dev.get(&format!("{file}/raw?ref=topic")).await;
    assert_eq!(raw.status, 200);
    forge.push(&forge.user("dev"), PROJECT, "topic", NewCommit::new("On").file("y", "y"));
}
