//! What people see in a browser.

use seconder::sandbox::{Edition, Opinion};
use serde_json::json;

use super::{PROJECT, bot, ok, request, told};

#[tokio::test]
async fn a_merge_requests_page_shows_it_with_its_checks() {
    let (forge, number) = told(Edition::Premium).await;
    forge.require_check(PROJECT, "main", "seconder", None);
    let sha = forge.head(PROJECT, number);
    let client = bot(&forge);
    let status = json!({ "state": "pending", "name": "seconder", "description": "Waiting for a senior approval" });
    ok(client.post(&format!("/projects/acme%2Fpay/statuses/{sha}"), status).await, 201);
    let note = json!({ "body": "<!-- seconder:check x -->\nOne approval is **missing**." });
    ok(client.post(&format!("{}/notes", request(number)), note).await, 201);
    forge.review(&forge.user("ana"), PROJECT, number, Opinion::Approve, None);
    let see = async |path: &str| {
        let answer = client.http.get(format!("{}{path}", forge.web_url())).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    };
    let page = see(&format!("/acme/pay/-/merge_requests/{number}")).await;
    for words in ["Waiting for a senior approval", "<strong>missing</strong>", "ana: approved", "Merging is blocked"] {
        assert!(page.contains(words), "{words:?} is missing:\n{page}");
    }
    let home = see("/").await;
    assert!(home.contains(&format!("/acme/pay/-/merge_requests/{number}")), "{home}");
    for path in [
        format!("/acme/pay/-/commit/{sha}"),
        "/acme/pay/-/tree/fix".to_owned(),
        "/acme/pay".to_owned(),
        "/acme".to_owned(),
    ] {
        see(&path).await;
    }
}
