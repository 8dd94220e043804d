//! One story that touches every operation a gate uses, held to what GitLab published of its API.

use std::collections::BTreeSet;

use seconder::sandbox::{Edition, NewCommit, Opinion, VerdictJob};
use serde_json::json;

use super::super::conformance::gitlab::{check, operation_of, operations};
use super::{PROJECT, bot, graphql, ok, request, told};

#[tokio::test]
async fn every_answer_fits_gitlabs_own_documents() {
    let (forge, number) = told(Edition::Ultimate).await;
    let (jo, ana) = (forge.user("jo"), forge.user("ana"));
    let acme = forge.organization("acme");
    forge.team(&acme, "senior", &[&ana]);
    forge.verdict_job(PROJECT, VerdictJob::of("http://127.0.0.1:1", "https://seconder.example"));
    forge.push(&jo, PROJECT, "fix", NewCommit::new("More").file("b.txt", "b\n"));
    forge.request_review(&jo, PROJECT, number, &ana);
    forge.review(&ana, PROJECT, number, Opinion::Approve, None);
    forge.label(&jo, PROJECT, number, "bug");
    forge.assign(&jo, PROJECT, number, &ana);
    let note = forge.comment(&ana, PROJECT, number, "hello");
    forge.line_comment(&ana, PROJECT, number, "b.txt", "why?");
    forge.edit_comment(&ana, note, "hello there");
    forge.require_check(PROJECT, "main", "seconder", None);
    forge.set_role("acme", &forge.bot_account(), 50);
    forge.settled().await;
    every_write(&forge, number, note).await;
    every_read(&forge, number).await;
    every_query(&forge, number, note).await;
    let calls = forge.calls();
    check(&calls);
    let seen: BTreeSet<String> = calls.iter().filter(|call| call.status < 400).filter_map(operation_of).collect();
    let unseen: Vec<String> = operations().into_iter().filter(|one| !seen.contains(one)).collect();
    assert_eq!(unseen, Vec::<String>::new(), "every operation of the list is served and checked");
}

async fn every_write(forge: &seconder::sandbox::Sandbox, number: u64, note: u64) {
    let client = bot(forge);
    let project = "/projects/acme%2Fpay";
    let request = request(number);
    let sha = forge.head(PROJECT, number);
    let description = json!({ "state": "pending", "name": "seconder-preview", "description": "waiting", "target_url": "https://seconder.example/c/1" });
    ok(client.post(&format!("{project}/statuses/{sha}"), description).await, 201);
    ok(client.post(&format!("{request}/approve"), json!({ "sha": sha })).await, 201);
    ok(client.post(&format!("{request}/unapprove"), json!({})).await, 201);
    let said = ok(client.post(&format!("{request}/notes"), json!({ "body": "waiting" })).await, 201);
    ok(client.put(&format!("{request}/notes/{}", said["id"]), json!({ "body": "passed" })).await, 200);
    ok(client.post(&format!("{request}/notes/{note}/award_emoji"), json!({ "name": "thumbsup" })).await, 201);
    ok(client.put(project, json!({ "only_allow_merge_if_pipeline_succeeds": true })).await, 200);
    ok(client.post(&format!("{project}/approvals"), json!({ "reset_approvals_on_push": true })).await, 201);
    let rule = json!({ "name": "Other", "approvals_required": 1, "user_ids": [forge.bot_account().id] });
    let rule = ok(client.post(&format!("{project}/approval_rules"), rule).await, 201);
    let rule_path = format!("{project}/approval_rules/{}", rule["id"]);
    ok(client.put(&rule_path, json!({ "name": "Another", "approvals_required": 1 })).await, 200);
    ok(client.get(&rule_path).await, 200);
    ok(client.delete(&rule_path).await, 204);
    let check = json!({ "name": "seconder", "external_url": "https://seconder.example/gitlab/check" });
    let check = ok(client.post(&format!("{project}/external_status_checks"), check).await, 201);
    let response = json!({ "sha": sha, "external_status_check_id": check["id"], "status": "passed" });
    ok(client.post(&format!("{request}/status_check_responses"), response).await, 201);
    ok(client.get(&format!("{request}/status_checks")).await, 200);
    let jobs = forge.jobs(PROJECT, number);
    let job = jobs.iter().find(|job| job.name == "seconder" && !job.retried).unwrap();
    ok(client.post(&format!("{project}/jobs/{}/retry", job.id), json!({})).await, 201);
    for place in [project, "/groups/acme"] {
        every_hook(forge, place).await;
    }
}

async fn every_hook(forge: &seconder::sandbox::Sandbox, place: &str) {
    let client = bot(forge);
    let hooks = format!("{place}/hooks");
    // Nobody listens there: it is recorded as failed.
    let new =
        json!({ "url": "http://127.0.0.1:1/hook", "merge_requests_events": true, "enable_ssl_verification": true });
    let hook = ok(client.post(&hooks, new).await, 201);
    let path = format!("{hooks}/{}", hook["id"]);
    ok(client.get(&hooks).await, 200);
    ok(client.get(&path).await, 200);
    ok(client.put(&path, json!({ "url": "http://127.0.0.1:1/hook", "note_events": true })).await, 200);
    ok(client.post(&format!("{path}/test/merge_requests_events"), json!({})).await, 201);
    forge.settled().await;
    let events = ok(client.get(&format!("{path}/events")).await, 200);
    ok(client.post(&format!("{path}/events/{}/resend", events[0]["id"]), json!({})).await, 201);
    forge.settled().await;
    ok(client.delete(&path).await, 204);
}

async fn every_read(forge: &seconder::sandbox::Sandbox, number: u64) {
    let client = bot(forge);
    let sha = forge.head(PROJECT, number);
    let request = request(number);
    let project = "/projects/acme%2Fpay";
    let (person, bot) = (forge.user("ana").id, forge.bot_account().id);
    let paths = [
        "/metadata".to_owned(),
        "/user".to_owned(),
        "/personal_access_tokens/self".to_owned(),
        "/users?username=ana".to_owned(),
        format!("/users/{person}"),
        format!("/users/{person}/projects"),
        "/namespaces/acme".to_owned(),
        format!("/groups/acme/members/all/{bot}"),
        "/groups?top_level_only=true".to_owned(),
        format!("{project}/repository/commits/{sha}/merge_requests"),
        "/projects?membership=true".to_owned(),
        project.to_owned(),
        format!("{project}/members/all"),
        format!("{project}/members/all/{bot}"),
        format!("{project}/events?action=pushed&sort=desc"),
        "/groups/acme".to_owned(),
        "/groups/acme/members".to_owned(),
        "/groups/acme/members/all".to_owned(),
        "/groups/acme/projects?include_subgroups=true".to_owned(),
        "/groups/acme/subgroups".to_owned(),
        format!("{project}/merge_requests?state=opened&order_by=updated_at&sort=asc"),
        request.clone(),
        format!("{request}/versions"),
        format!("{request}/commits"),
        format!("{request}/diffs"),
        format!("{request}/pipelines"),
        format!("{request}/reviewers"),
        format!("{request}/resource_state_events"),
        format!("{request}/approvals"),
        format!("{request}/approval_state"),
        format!("{request}/notes?sort=asc&order_by=created_at"),
        format!("{project}/repository/compare?from=main&to=fix"),
        format!("{project}/repository/commits/{sha}"),
        format!("{project}/repository/commits/{sha}/statuses?order_by=id&sort=desc"),
        format!("{project}/repository/commits/{sha}/merge_requests"),
        format!("{project}/repository/branches/main"),
        format!("{project}/repository/files/b%2Etxt/raw?ref=fix"),
        format!("{project}/approval_rules"),
        format!("{project}/approvals"),
        format!("{project}/protected_branches"),
        format!("{project}/external_status_checks"),
    ];
    for path in paths {
        let answer = client.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
}

async fn every_query(forge: &seconder::sandbox::Sandbox, number: u64, note: u64) {
    use seconder::forge::gitlab::query;
    let client = bot(forge);
    let found = ok(client.get(&request(number)).await, 200);
    let id = found["id"].clone();
    let variables = json!({ "id": format!("gid://gitlab/MergeRequest/{id}"), "base": "main", "head": "fix",
        "policy": ".gitlab/seconder.yml", "organisation": "acme/seconder-policy", "organisationPolicy": "seconder.yml",
        "n0": format!("gid://gitlab/Note/{note}"), "project": format!("gid://gitlab/Project/{}", found["project_id"]),
        "c0": found["sha"] });
    let documents = [
        query::change(1, true),
        query::change(1, false),
        query::more(true),
        query::notes(1, true),
        query::authors(1, true),
    ];
    for document in documents {
        let declared = variables.as_object().unwrap().clone().into_iter();
        let declared = declared.filter(|(name, _)| document.contains(&format!("${name}:")));
        let answer = graphql(&client, &document, declared.collect()).await;
        assert_eq!(answer.get("errors"), None, "{document}");
    }
}
