//! One story that touches every route and every query, held to GitHub's own documents.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use seconder::sandbox::{NewCommit, OpenPull, Opinion, Options, Permission, Sandbox};
use serde_json::{Value, json};

use super::client::{Client, Receiver};
use super::conformance::{self, operation_of, operations};

/// Operations of the document that the sandbox does not serve.
const NOT_SERVED: [&str; 1] = ["POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule"];

/// A repository with a bit of everything; returns the pull request's number and head.
fn told(github: &Sandbox) -> (u64, String) {
    let acme = github.organization("acme");
    let (jo, ana, sam) = (github.user("jo"), github.user("ana"), github.user("sam"));
    let copilot = github.bot("Copilot");
    github.private_repository("acme/pay");
    github.team(&acme, "senior", &[&ana, &sam]);
    github.team(&acme, "staff", &[]);
    github.nest_team(&acme, "senior", "staff");
    github.grant("acme/pay", &jo, Permission::Write);
    github.push(&jo, "acme/pay", "main", NewCommit::new("Add a file").file("src/old.rs", "one\ntwo\nthree\n"));
    github.push(&jo, "acme/pay", "release", NewCommit::new("Cut a release").file("VERSION", "1\n"));
    let change = NewCommit::new("Rename\n\nCo-authored-by: Sam <sam@example.com>")
        .without("src/old.rs")
        .file("src/new.rs", "one\ntwo\nthree\nfour\n");
    github.push(&jo, "acme/pay", "fix", change.signed());
    let author = format!("Copilot <{}>", copilot.email);
    github.push(
        &copilot,
        "acme/pay",
        "fix",
        NewCommit::new("By an agent").by(&author).file("src/more.rs", "x\n").via_web(),
    );
    let number = github.open_pull(&jo, "acme/pay", OpenPull::new("fix", "Fix").body("- [x] by hand").draft());
    github.ready(&jo, "acme/pay", number);
    github.draft(&jo, "acme/pay", number);
    github.ready(&jo, "acme/pay", number);
    github.label(&jo, "acme/pay", number, "bug");
    github.assign(&ana, "acme/pay", number, &copilot);
    github.assign(&ana, "acme/pay", number, &jo);
    github.request_review(&jo, "acme/pay", number, &sam);
    let review = github.review_saying(&ana, "acme/pay", number, Opinion::Approve, None, "good");
    github.review(&sam, "acme/pay", number, Opinion::RequestChanges, None);
    github.edit_review(&ana, "acme/pay", number, review, "very good");
    github.dismiss(&jo, "acme/pay", number, review, "too early");
    let comment = github.comment(&ana, "acme/pay", number, "hello");
    github.edit_comment(&jo, comment, "goodbye");
    let gone = github.comment(&ana, "acme/pay", number, "oops");
    github.delete_comment(&jo, gone);
    github.comment(&ana, "acme/pay", number, "still here");
    github.line_comment(&ana, "acme/pay", number, "src/new.rs", "why four?");
    github.retarget(&jo, "acme/pay", number, "release");
    github.retarget(&jo, "acme/pay", number, "main");
    github.close(&jo, "acme/pay", number);
    github.reopen(&jo, "acme/pay", number);
    github.edit_body(&ana, "acme/pay", number, "- [ ] by hand");
    github.edit_title(&jo, "acme/pay", number, "Fix it");
    github.force_push(&jo, "acme/pay", "fix", NewCommit::new("By hand after all").file("src/more.rs", "y\n"));
    github.accept_permission(&acme, "organization_administration", "read");
    github.require_check("acme/pay", "main", "seconder", Some(github.app().id));
    github.protect(&ana, "acme/pay", "release", "seconder", None);
    let sha = github.head("acme/pay", number);
    github.write_ref(&jo, "acme/pay", "refs/notes/ai", &NewCommit::new("Notes").file(&sha, "{}"));
    github.set_status(&jo, "acme/pay", &sha, "seconder", "success");
    (number, sha)
}

async fn every_read(client: &Client, number: u64, sha: &str, run: &Value) {
    let tree = client.get(&format!("/repos/acme/pay/git/trees/{sha}?recursive=1")).await.body;
    let blob = tree["tree"][0]["sha"].as_str().unwrap().to_owned();
    let ruleset = client.get("/repos/acme/pay/rulesets").await.body[0]["id"].clone();
    let paths = [
        "/installation/repositories".to_owned(),
        "/rate_limit".to_owned(),
        "/users/jo".to_owned(),
        "/users/nobody".to_owned(),
        "/orgs/acme/members?role=admin".to_owned(),
        "/orgs/acme/members".to_owned(),
        "/orgs/acme/teams?per_page=1".to_owned(),
        "/orgs/acme/teams/staff/members".to_owned(),
        "/repos/acme/pay".to_owned(),
        "/repos/acme/pay/actions/permissions/workflow".to_owned(),
        "/orgs/acme/actions/permissions/workflow".to_owned(),
        "/repos/acme/pay/rulesets".to_owned(),
        format!("/repos/acme/pay/rulesets/{ruleset}"),
        "/repos/acme/pay/rules/branches/main".to_owned(),
        "/repos/acme/pay/branches/main".to_owned(),
        "/repos/acme/pay/branches/release".to_owned(),
        "/repos/acme/pay/branches/none".to_owned(),
        "/repos/acme/pay/collaborators/jo/permission".to_owned(),
        format!("/repos/acme/pay/commits/{sha}/check-runs?check_name=seconder"),
        format!("/repos/acme/pay/commits/{sha}/pulls"),
        "/repos/acme/pay/pulls?state=all&sort=updated&direction=desc".to_owned(),
        format!("/repos/acme/pay/pulls/{number}"),
        format!("/repos/acme/pay/pulls/{number}/commits?per_page=1&page=1"),
        format!("/repos/acme/pay/pulls/{number}/files"),
        format!("/repos/acme/pay/pulls/{number}/reviews"),
        format!("/repos/acme/pay/issues/{number}/comments"),
        "/repos/acme/pay/issues/comments?sort=updated&direction=desc&since=2020-01-01T00:00:00Z".to_owned(),
        "/repos/acme/pay/contents/src/old.rs?ref=main".to_owned(),
        "/repos/acme/pay/contents/src".to_owned(),
        "/repos/acme/pay/contents/none.txt".to_owned(),
        "/repos/acme/pay/compare/main...fix".to_owned(),
        "/repos/acme/pay/compare/main...fix?per_page=1&page=2".to_owned(),
        "/repos/acme/pay/activity?ref=refs/heads/fix&activity_type=force_push".to_owned(),
        "/repos/acme/pay/activity".to_owned(),
        "/repos/acme/pay/git/ref/heads/main".to_owned(),
        format!("/repos/acme/pay/git/trees/{sha}"),
        format!("/repos/acme/pay/git/blobs/{blob}"),
        "/repos/acme/none/pulls".to_owned(),
    ];
    for path in paths {
        let answer = client.get(&path).await;
        assert!(matches!(answer.status, 200 | 404), "{path}: {} {}", answer.status, answer.body);
        assert_eq!(answer.status == 404, path.contains("none") || path.contains("nobody"), "{path}: {}", answer.body);
    }
    assert!(run["id"].is_u64());
}

/// Does every write, and returns the check run made.
async fn every_write(github: &Sandbox, client: &Client, number: u64, sha: &str) -> Value {
    let waiting = json!({
        "name": "seconder", "head_sha": sha, "status": "completed", "conclusion": "action_required", "external_id": "pr:1:x",
        "output": { "title": "Waiting", "summary": "One approval is missing.", "annotations": [
            { "path": "src/more.rs", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "here" } ] },
        "actions": [{ "label": "Recheck", "description": "Look again", "identifier": "recheck" }],
    });
    let run = client.post("/repos/acme/pay/check-runs", waiting).await;
    assert_eq!(run.status, 201, "{}", run.body);
    let path = format!("/repos/acme/pay/check-runs/{}", run.body["id"]);
    client.patch(&path, json!({ "status": "in_progress" })).await;
    client.patch(&path, json!({ "status": "completed", "conclusion": "success" })).await;
    client.post(&format!("/repos/acme/pay/statuses/{sha}"), json!({ "state": "pending", "context": "seconder" })).await;
    let comment = client.post(&format!("/repos/acme/pay/issues/{number}/comments"), json!({ "body": "why" })).await;
    assert_eq!(comment.status, 201, "{}", comment.body);
    let path = format!("/repos/acme/pay/issues/comments/{}", comment.body["id"]);
    client.patch(&path, json!({ "body": "because" })).await;
    assert_eq!(client.get(&path).await.body["body"], "because");
    let reactions = format!("{path}/reactions");
    assert_eq!(client.post(&reactions, json!({ "content": "+1" })).await.status, 201);
    assert_eq!(client.post(&reactions, json!({ "content": "+1" })).await.status, 200);
    let asked = client
        .post(&format!("/repos/acme/pay/pulls/{number}/requested_reviewers"), json!({ "reviewers": ["ana"] }))
        .await;
    assert_eq!(asked.status, 201, "{}", asked.body);
    let ruleset = json!({
        "name": "Seconder", "target": "branch", "enforcement": "active",
        "conditions": { "ref_name": { "include": ["~DEFAULT_BRANCH"], "exclude": [] } },
        "rules": [{ "type": "required_status_checks", "parameters": { "strict_required_status_checks_policy": false,
            "required_status_checks": [{ "context": "seconder", "integration_id": github.app().id }] } }],
    });
    let made = client.post("/repos/acme/pay/rulesets", ruleset.clone()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = format!("/repos/acme/pay/rulesets/{}", made.body["id"]);
    assert_eq!(client.put(&path, json!({ "enforcement": "disabled" })).await.status, 200);
    // Not granted: refused in GitHub's shape.
    assert_eq!(client.post("/orgs/acme/rulesets", ruleset).await.status, 403);
    run.body
}

async fn every_query(github: &Sandbox, client: &Client, number: u64, run: &Value) {
    let app = github.app().id;
    let documents = [
        (
            include_str!("../../fixtures/github/graphql/pull_request_gate.graphql"),
            json!({ "owner": "acme", "name": "pay", "number": number, "appId": app }),
        ),
        (
            include_str!("../../fixtures/github/graphql/open_pull_requests_sweep.graphql"),
            json!({ "owner": "acme", "name": "pay", "appId": app }),
        ),
        (include_str!("../../fixtures/github/graphql/directory.graphql"), json!({ "org": "acme" })),
        (include_str!("../../fixtures/github/graphql/git_notes.graphql"), json!({ "owner": "acme", "name": "pay" })),
        (
            include_str!("../../fixtures/github/graphql/check_is_required.graphql"),
            json!({ "id": run["node_id"], "n": number }),
        ),
        (MORE, json!({ "number": number, "app": app })),
    ];
    for (document, variables) in documents {
        let answer = client.graphql(document, variables).await;
        let errors = answer["errors"].as_array().map_or(0, Vec::len);
        assert_eq!(errors, usize::from(document == MORE), "{}", answer["errors"]);
    }
}

/// What a gate asks for beyond the documents above; `missing` is meant to be so.
const MORE: &str = r#"
query More($number: Int!, $app: Int!) {
  user(login: "jo") { databaseId }
  missing: repository(owner: "acme", name: "absent") { databaseId }
  repository(owner: "acme", name: "pay") {
    databaseId isPrivate owner { __typename login ... on Organization { databaseId } }
    defaultBranchRef { name target { oid } }
    policy: object(expression: "main:README.md") { __typename ... on Blob { oid text isTruncated byteSize } }
    head: object(expression: "HEAD:README.md") { __typename ... on Blob { oid text } }
    full: object(expression: "refs/heads/main:absent.yml") { __typename ... on Blob { text } }
    pullRequest(number: $number) {
      commits(last: 1) { nodes { commit {
        tree { oid }
        associatedPullRequests(first: 10) { nodes { number } }
        checkSuites(first: 1, filterBy: { appId: $app, checkName: "seconder" }) { nodes {
          checkRuns(first: 1, filterBy: { appId: $app, checkName: "seconder" }) {
            nodes { databaseId name status conclusion title summary externalId } } } }
      } } }
      reviews(first: 1) { edges { cursor node { author { __typename ... on User { databaseId } } } } pageInfo { hasNextPage endCursor } }
    }
  }
}"#;

#[tokio::test]
async fn every_answer_fits_githubs_own_documents() {
    let github = Sandbox::start(Options::default()).await.unwrap();
    let _hooks = Receiver::of(&github).await;
    let (number, sha) = told(&github);
    github.settled().await;
    let client = Client::installation(&github, "acme").await;
    let run = every_write(&github, &client, number, &sha).await;
    every_read(&client, number, &sha, &run).await;
    every_query(&github, &client, number, &run).await;
    let app = Client::app(&github);
    for path in [
        "/app",
        "/app/installations",
        "/repos/acme/pay/installation",
        "/app/hook/config",
        "/app/hook/deliveries?per_page=2",
    ] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
    let installations = app.get("/app/installations").await;
    assert_eq!(app.get(&format!("/app/installations/{}", installations.body[0]["id"])).await.status, 200);
    let newest = app.get("/app/hook/deliveries?per_page=1").await;
    let path = format!("/app/hook/deliveries/{}", newest.body[0]["id"]);
    assert_eq!(app.get(&path).await.status, 200);
    assert_eq!(app.post(&format!("{path}/attempts"), json!({})).await.status, 202);
    github.settled().await;
    github.advance(SignedDuration::from_hours(2));
    assert_eq!(client.get("/rate_limit").await.status, 401, "the token has expired");

    let calls = github.calls();
    conformance::check(&calls);
    let seen: BTreeSet<String> = calls.iter().filter_map(operation_of).collect();
    let unseen: Vec<String> = operations().into_iter().filter(|one| !seen.contains(one)).collect();
    assert_eq!(unseen, NOT_SERVED, "every operation of the document is served and checked");
}
