//! What calls look like on the wire, and what their failures mean.

use jiff::{SignedDuration, Timestamp};
use seconder::forge::github::{Error, GitHub};
use seconder::gate::plan::{Action, Annotation, Check, Conclusion};
use serde_json::{Value, json};

use super::script::{Script, repository};

fn check(annotations: usize) -> Check {
    let annotation = |line: usize| Annotation {
        path: ".github/seconder.yml".to_owned(),
        line: u32::try_from(line).unwrap(),
        column: 3,
        is_failure: line == 1,
        message: "unknown key".to_owned(),
    };
    Check {
        name: "seconder".to_owned(),
        head: "1".repeat(40).parse().unwrap(),
        conclusion: Conclusion::ActionRequired,
        title: "Waiting for a senior".to_owned(),
        summary: "**ai-needs-senior**: nobody yet".to_owned(),
        annotations: (1..=annotations).map(annotation).collect(),
        details_url: Some("https://seconder.example/c/1".to_owned()),
    }
}

fn run(id: i64) -> Value {
    json!({ "id": id, "name": "seconder", "status": "completed", "conclusion": "action_required",
            "external_id": "", "output": { "title": "Waiting for a senior" } })
}

#[tokio::test]
async fn calls_show_who_we_are_and_nothing_twice() {
    let script = Script::start().await;
    let github = script.client("");
    script.then(201, &[], &run(4));
    github.apply(&repository(&github), &Action::Create(check(0))).await.unwrap();
    let asked = script.asked().remove(0);
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/repos/acme/pay/check-runs"));
    let header = |name: &str| {
        let values: Vec<_> = asked.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
        values.join(" and ")
    };
    assert_eq!(header("authorization"), "Bearer ghs_token1");
    assert_eq!(header("user-agent"), format!("seconder/{}", env!("CARGO_PKG_VERSION")));
    assert_eq!(header("x-github-api-version"), "2022-11-28");
    assert_eq!(header("accept"), "application/vnd.github+json");
    assert_eq!(header("content-type"), "application/json");
}

#[tokio::test]
async fn enterprise_server_keeps_its_interfaces_elsewhere() {
    let script = Script::start().await;
    let github = script.client("/api/v3");
    assert_eq!(format!("http://{}", github.host()), script.url());
    script.then(201, &[], &run(4)).then(200, &[], &json!({ "data": { "u0": { "databaseId": 3 } } }));
    github.apply(&repository(&github), &Action::Create(check(0))).await.unwrap();
    let numbers = github.resolve_logins(5, &["Ana".into()]).await.unwrap();
    assert_eq!(numbers.get("ana"), Some(&3));
    let paths: Vec<_> = script.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths, ["/api/v3/repos/acme/pay/check-runs", "/api/graphql"]);
    assert_eq!(script.tokens(), 1);
}

/// Rules that settle the question with one answer.
fn pinned(github: &GitHub) -> Value {
    let check = json!({ "context": "seconder", "integration_id": github.app_id() });
    json!([{ "type": "required_status_checks", "parameters": { "required_status_checks": [check] } }])
}

#[tokio::test]
async fn no_address_from_outside_is_followed() {
    let (script, elsewhere) = (Script::start().await, Script::start().await);
    let github = script.client("");
    script.then(301, &[("location", elsewhere.url())], &json!({ "message": "Moved Permanently" }));
    let error = github.branch_rules(&repository(&github), "main", None).await.unwrap_err();
    assert!(matches!(error, Error::Transient { .. }), "{error:?}");
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let script = Script::start().await;
    let github = script.client("");
    let repo = repository(&github);
    let refused = json!({ "message": "Bad credentials" });
    script.then(401, &[], &refused).then(200, &[], &pinned(&github));
    assert!(github.branch_rules(&repo, "main", None).await.is_ok());
    assert_eq!(script.tokens(), 2);
    script.then(401, &[], &refused).then(401, &[], &refused);
    let error = github.branch_rules(&repo, "release", None).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error:?}");
    assert_eq!(script.tokens(), 3);
}

#[tokio::test]
async fn a_token_is_used_until_shortly_before_its_end() {
    let script = Script::start().await;
    let github = script.client("");
    let repo = repository(&github);
    for (minutes, tokens) in [(0, 1), (58, 1), (2, 2), (58, 2)] {
        script.advance(SignedDuration::from_mins(minutes));
        script.then(200, &[], &json!({ "check_runs": [] }));
        assert_eq!(github.find_published(&repo, &check(0).head, "seconder").await, Ok(None));
        assert_eq!(script.tokens(), tokens, "after {minutes} more minutes");
    }
    github.forget_installation(5).await;
    script.then(200, &[], &json!({ "check_runs": [] }));
    github.find_published(&repo, &check(0).head, "seconder").await.unwrap();
    assert_eq!(script.tokens(), 3);
}

#[tokio::test]
async fn no_call_is_made_before_the_reset() {
    let script = Script::start().await;
    let github = script.client("");
    let repo = repository(&github);
    let reset = script.now() + SignedDuration::from_mins(10);
    let reset_at = reset.as_second().to_string();
    let exhausted = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset_at.as_str())];
    script.then(403, &exhausted, &json!({ "message": "API rate limit exceeded" }));
    let limited = |until: Timestamp| Err(Error::RateLimited { until });
    assert_eq!(github.branch_rules(&repo, "main", None).await, limited(reset));
    script.advance(SignedDuration::from_secs(599));
    assert_eq!(github.branch_rules(&repo, "main", None).await, limited(reset));
    assert_eq!(script.asked().len(), 1, "refused here, without a call");
    script.advance(SignedDuration::from_secs(1));
    script.then(200, &[], &pinned(&github));
    assert!(github.branch_rules(&repo, "main", None).await.is_ok());
}

#[tokio::test]
async fn a_limit_that_graphql_reports_is_one() {
    let script = Script::start().await;
    let github = script.client("");
    let reset = script.now() + SignedDuration::from_mins(10);
    let reset_at = reset.as_second().to_string();
    let exhausted = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset_at.as_str())];
    let error = json!({ "errors": [{ "type": "RATE_LIMITED", "message": "API rate limit exceeded" }] });
    script.then(200, &exhausted, &error);
    let ask = async || github.resolve_logins(5, &["ana".into()]).await;
    assert_eq!(ask().await, Err(Error::RateLimited { until: reset }));
    assert_eq!(ask().await, Err(Error::RateLimited { until: reset }));
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn a_secondary_limit_that_graphql_only_words_stops_everything() {
    let script = Script::start().await;
    let github = script.client("");
    let error = json!({ "errors": [{ "message": "You have exceeded a secondary rate limit." }] });
    script.then(200, &[], &error);
    let until = script.now() + SignedDuration::from_secs(60);
    assert_eq!(github.resolve_logins(5, &["ana".into()]).await, Err(Error::RateLimited { until }));
    assert_eq!(github.branch_rules(&repository(&github), "main", None).await, Err(Error::RateLimited { until }));
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn failed_writes_are_uncertain_and_failed_reads_are_not() {
    let script = Script::start().await;
    let github = script.client("");
    let repo = repository(&github);
    for status in [500, 502, 503] {
        script.then(status, &[], &"").then(status, &[], &"");
        let error = github.apply(&repo, &Action::Create(check(0))).await.unwrap_err();
        assert!(matches!(error, Error::Uncertain { .. }), "{status}: {error:?}");
        let error = github.find_published(&repo, &check(0).head, "seconder").await.unwrap_err();
        assert!(matches!(error, Error::Transient { .. }), "{status}: {error:?}");
    }
    script.then(201, &[], &"<html>");
    let error = github.apply(&repo, &Action::Create(check(0))).await.unwrap_err();
    assert!(matches!(error, Error::Uncertain { .. }), "{error:?}");
    script.then(404, &[], &json!({ "message": "Not Found" }));
    let error = github.apply(&repo, &Action::Create(check(0))).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    script.then(403, &[], &json!({ "message": "Resource not accessible by integration" }));
    let error = github.apply(&repo, &Action::Create(check(0))).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden { .. }), "{error:?}");
    assert!(error.to_string().contains("check what our App or bot account may do"), "{error}");
}

#[tokio::test]
async fn annotations_follow_in_fifties_and_the_digest_comes_last() {
    let script = Script::start().await;
    let github = script.client("");
    for _ in 0..3 {
        script.then(200, &[], &run(4));
    }
    let check = check(120);
    github.apply(&repository(&github), &Action::Create(check.clone())).await.unwrap();
    let asked = script.asked();
    let calls: Vec<_> = asked.iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
    let update = "PATCH /repos/acme/pay/check-runs/4";
    assert_eq!(calls, ["POST /repos/acme/pay/check-runs", update, update]);
    let counts: Vec<_> =
        asked.iter().map(|asked| asked.body["output"]["annotations"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [50, 50, 20]);
    assert!(asked[0].body.get("external_id").is_none(), "until all of it stands, a reader must not take it for whole");
    assert_eq!(asked[2].body["external_id"], json!(check.external_id()));
    assert!(asked.iter().all(|asked| asked.body["conclusion"] == "action_required"));
    assert_eq!(asked[0].body["head_sha"], json!("1".repeat(40)));
}

#[tokio::test]
async fn an_update_says_all_that_a_check_says() {
    let script = Script::start().await;
    let github = script.client("");
    script.then(200, &[], &run(4));
    let action = Action::Update { check_run_id: 4, check: check(1), annotate: true };
    let published = github.apply(&repository(&github), &action).await.unwrap();
    assert_eq!((published.check_run_id, published.external_id), (4, None), "as the answer has it");
    let mut body = script.asked().remove(0).body;
    body["external_id"] = json!("DIGEST");
    insta::assert_json_snapshot!(body, @r#"
    {
      "conclusion": "action_required",
      "details_url": "https://seconder.example/c/1",
      "external_id": "DIGEST",
      "name": "seconder",
      "output": {
        "annotations": [
          {
            "annotation_level": "failure",
            "end_column": 3,
            "end_line": 1,
            "message": "unknown key",
            "path": ".github/seconder.yml",
            "start_column": 3,
            "start_line": 1
          }
        ],
        "summary": "**ai-needs-senior**: nobody yet",
        "title": "Waiting for a senior"
      },
      "status": "completed"
    }
    "#);
}
