//! What the model does: pushes, reviews, merging.

use seconder::sandbox::{GitHub, NewCommit, OpenPull, Opinion, Options};
use serde_json::json;

use super::client::{Client, Receiver};

const GATE: &str = include_str!("../../fixtures/github/graphql/pull_request_gate.graphql");

#[tokio::test]
async fn a_pull_request_is_read_checked_and_merged() {
    let github = GitHub::start(Options::default()).await.unwrap();
    let hooks = Receiver::of(&github).await;
    github.organization("acme");
    github.repository("acme/pay");
    let (jo, ana) = (github.user("jo"), github.user("ana"));
    let app = github.app();
    github.require_check("acme/pay", "main", "seconder", Some(app.id));
    let trailer = "Fix rounding\n\nCo-authored-by: Ana <ana@example.com>";
    let sha = github.push(&jo, "acme/pay", "fix", NewCommit::new(trailer).file("src/a.rs", "one\ntwo\n"));
    let number = github.open_pull(&jo, "acme/pay", OpenPull::new("fix", "Fix rounding").body("By hand."));
    github.review(&ana, "acme/pay", number, Opinion::Approve, None);
    github.comment(&ana, "acme/pay", number, "fine");
    github.settled().await;
    assert_eq!(
        hooks.events(),
        [
            "installation.created",
            "push",
            "push",
            "pull_request.opened",
            "pull_request_review.submitted",
            "issue_comment.created"
        ]
    );

    let client = Client::installation(&github, "acme").await;
    let variables = json!({ "owner": "acme", "name": "pay", "number": number, "appId": app.id });
    let answer = client.graphql(GATE, variables).await;
    assert_eq!(answer["errors"], json!(null));
    let pull = &answer["data"]["repository"]["pullRequest"];
    assert_eq!(pull["headRefOid"], json!(sha));
    assert_eq!(pull["author"], json!({ "__typename": "User", "login": "jo", "databaseId": jo.id }));
    let commit = &pull["commits"]["nodes"][0]["commit"];
    assert_eq!(commit["authors"]["nodes"][1]["user"]["login"], "ana");
    assert_eq!(pull["reviews"]["nodes"][0]["state"], "APPROVED");
    assert_eq!(
        pull["files"]["nodes"][0],
        json!({ "path": "src/a.rs", "changeType": "ADDED", "additions": 2, "deletions": 0 })
    );
    let suite = &pull["head"]["nodes"][0]["commit"]["checkSuites"]["nodes"][0];
    assert_eq!(suite["push"]["pusher"]["login"], "jo");

    assert!(github.merge(&ana, "acme/pay", number).is_err(), "a required check that is missing must block");
    let run = json!({ "name": "seconder", "head_sha": sha, "conclusion": "action_required", "output": { "title": "Waiting", "summary": "…" } });
    let created = client.post("/repos/acme/pay/check-runs", run).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert!(github.can_merge("acme/pay", number).is_err());
    let path = format!("/repos/acme/pay/check-runs/{}", created.body["id"]);
    let updated = client.patch(&path, json!({ "conclusion": "success" })).await;
    assert_eq!((updated.status, &updated.body["conclusion"]), (200, &json!("success")));
    github.merge(&ana, "acme/pay", number).unwrap();
    let states: Vec<_> =
        github.check_runs("acme/pay", &sha, "seconder").into_iter().map(|run| run.conclusion).collect();
    assert_eq!(states, [Some("action_required".to_owned()), Some("success".to_owned())]);
    let page = reqwest::get(format!("{}/acme/pay/pull/{number}", github.web_url())).await.unwrap();
    assert!(page.text().await.unwrap().contains("seconder: success"));
}
