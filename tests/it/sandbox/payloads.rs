//! Webhook payloads, compared with what GitHub sent to others.

use std::collections::BTreeMap;
use std::path::Path;

use axum::body::Bytes;
use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit as _, Mac as _};
use seconder::sandbox::{NewCommit, OpenPull, Opinion, Options, Sandbox};
use serde_json::Value;

use super::client::Receiver;

/// Every example of an event that was published, by `event.action`.
fn examples() -> BTreeMap<String, Vec<Value>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/github");
    let mut examples: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for folder in ["webhooks", "webhooks-net"] {
        for entry in std::fs::read_dir(fixtures.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let Some(text) = (path.extension().is_some_and(|ending| ending == "json"))
                .then(|| std::fs::read_to_string(&path).unwrap())
            else {
                continue;
            };
            let payload: Value = serde_json::from_str(&text).unwrap();
            let event = name.split('.').next().unwrap();
            let key = payload["action"].as_str().map_or(event.to_owned(), |action| format!("{event}.{action}"));
            examples.entry(key).or_default().push(payload);
        }
    }
    examples
}

/// What a gate reads, as pointers; the ones that start with `?` are there only sometimes on GitHub too.
#[expect(clippy::too_many_lines, reason = "a table")]
fn read_keys(event: &str) -> Vec<&'static str> {
    let mut keys = vec!["/sender/id", "/sender/login", "/sender/type"];
    let repository = [
        "/repository/id",
        "/repository/name",
        "/repository/full_name",
        "/repository/private",
        "/repository/owner/id",
        "/repository/owner/login",
        "/repository/default_branch",
    ];
    if !["installation", "membership", "organization"].iter().any(|without| event.starts_with(without)) {
        keys.extend(repository);
    }
    let pull = [
        "/pull_request/id",
        "/pull_request/number",
        "/pull_request/state",
        "/pull_request/title",
        "/pull_request/user/id",
        "/pull_request/user/login",
        "/pull_request/user/type",
        "/pull_request/head/ref",
        "/pull_request/head/sha",
        "/pull_request/head/repo/id",
        "/pull_request/base/ref",
        "/pull_request/base/sha",
        "/pull_request/base/repo/id",
        "/pull_request/draft",
        "/pull_request/labels",
        "/pull_request/assignees",
        "/pull_request/body",
        "/pull_request/author_association",
    ];
    let more: &[&str] = match event.split('.').next().unwrap_or_default() {
        "pull_request" => {
            &["/action", "/number", "/pull_request/merged", "/pull_request/commits", "/pull_request/changed_files"]
        }
        "pull_request_review" => &[
            "/action",
            "/review/id",
            "/review/state",
            "/review/commit_id",
            "/review/user/id",
            "/review/user/type",
            "/review/submitted_at",
            "/review/body",
        ],
        "pull_request_review_comment" => {
            &["/comment/id", "/comment/body", "/comment/user/id", "/comment/path", "/comment/commit_id"]
        }
        "issue_comment" => &[
            "/issue/number",
            "/issue/id",
            "/issue/user/id",
            "/issue/state",
            "/comment/id",
            "/comment/node_id",
            "/comment/body",
            "/comment/user/id",
            "/comment/user/type",
            "/comment/created_at",
            "/comment/updated_at",
        ],
        "push" => {
            &["/ref", "/before", "/after", "/forced", "/created", "/deleted", "/pusher/name", "/commits", "/base_ref"]
        }
        "check_run" => &[
            "/check_run/id",
            "/check_run/name",
            "/check_run/head_sha",
            "/check_run/status",
            "/check_run/external_id",
            "/check_run/app/id",
            "/check_run/check_suite/id",
            "/check_run/check_suite/head_sha",
            "/check_run/pull_requests",
        ],
        "status" => &["/sha", "/state", "/context", "/commit/sha"],
        "branch_protection_rule" => &["/rule/id", "/rule/name", "/rule/required_status_checks"],
        "merge_group" => &[
            "/merge_group/head_sha",
            "/merge_group/head_ref",
            "/merge_group/base_sha",
            "/merge_group/base_ref",
            "/merge_group/head_commit/id",
        ],
        "installation" => &[
            "/installation/id",
            "/installation/account/id",
            "/installation/account/login",
            "/installation/app_id",
            "/installation/permissions",
            "/installation/suspended_at",
        ],
        "membership" => &["/scope", "/member/id", "/team/id", "/team/slug", "/organization/id", "/organization/login"],
        "repository" => &["/changes"],
        "check_suite" => &[
            "/check_suite/id",
            "/check_suite/head_sha",
            "/check_suite/before",
            "/check_suite/after",
            "/check_suite/app/id",
            "/check_suite/head_commit/id",
        ],
        "repository_ruleset" => &[
            "/repository_ruleset/id",
            "/repository_ruleset/enforcement",
            "/repository_ruleset/rules",
            "/repository_ruleset/source_type",
        ],
        "installation_repositories" => {
            &["/installation/id", "/repository_selection", "/repositories_added", "/repositories_removed"]
        }
        "organization" => &["/membership/user/id", "/organization/id"],
        _ => &[],
    };
    keys.extend(more);
    if event.starts_with("pull_request") {
        keys.extend(pull);
        // Lists show less than one pull request alone.
        keys.retain(|key| event.starts_with("pull_request.") || !matches!(*key, "/pull_request/draft"));
    }
    match event {
        "pull_request.synchronize" => keys.extend(["/before", "/after"]),
        "pull_request.labeled" | "pull_request.unlabeled" => keys.push("/label/name"),
        "pull_request.assigned" | "pull_request.unassigned" => keys.push("/assignee/id"),
        "pull_request.review_requested" => keys.push("/requested_reviewer/id"),
        "issue_comment.edited" => keys.push("/changes/body/from"),
        "repository.renamed" => keys.push("/changes/repository/name/from"),
        "merge_group.destroyed" => keys.push("/reason"),
        "check_run.requested_action" => keys.push("/requested_action/identifier"),
        _ => {}
    }
    keys
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Keys at the top that every example has, and types of what a gate reads.
fn differences(event: &str, ours: &Value, theirs: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    let top = |payload: &Value| payload.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    for key in theirs.first().map(top).unwrap_or_default() {
        if theirs.iter().all(|one| one.get(&key).is_some()) && ours.get(&key).is_none() {
            found.push(format!("{event}: the examples have /{key}, we do not"));
        }
    }
    for key in read_keys(event) {
        let Some(own) = ours.pointer(key) else {
            found.push(format!("{event}: {key} is missing"));
            continue;
        };
        let mut kinds: Vec<&str> = theirs.iter().filter_map(|one| one.pointer(key)).map(kind).collect();
        kinds.dedup();
        if !kinds.is_empty() && !kinds.contains(&kind(own)) && kinds != ["null"] && kind(own) != "null" {
            found.push(format!("{event}: {key} is {} and not {kinds:?}", kind(own)));
        }
        if kinds.is_empty() && !theirs.is_empty() {
            found.push(format!("{event}: no example has {key}"));
        }
    }
    found
}

async fn everything_told() -> (Sandbox, Receiver) {
    let github = Sandbox::start(Options::default()).await.unwrap();
    let hooks = Receiver::of(&github).await;
    let acme = github.organization("acme");
    let (jo, ana, sam) = (github.user("jo"), github.user("ana"), github.user("sam"));
    github.repository("acme/pay");
    github.team(&acme, "senior", &[&ana]);
    github.leave_team(&sam, &acme, "senior", &ana);
    github.push(&jo, "acme/pay", "next", NewCommit::new("Next").file("n", "n"));
    github.push(&jo, "acme/pay", "fix", NewCommit::new("Fix").file("a", "a"));
    let number = github.open_pull(&jo, "acme/pay", OpenPull::new("fix", "Fix").body("text").draft());
    github.ready(&jo, "acme/pay", number);
    github.draft(&jo, "acme/pay", number);
    github.ready(&jo, "acme/pay", number);
    github.push(&jo, "acme/pay", "fix", NewCommit::new("More").file("b", "b"));
    github.label(&jo, "acme/pay", number, "bug");
    github.unlabel(&jo, "acme/pay", number, "bug");
    github.assign(&jo, "acme/pay", number, &ana);
    github.unassign(&jo, "acme/pay", number, &ana);
    github.request_review(&jo, "acme/pay", number, &ana);
    let review = github.review_saying(&ana, "acme/pay", number, Opinion::Approve, None, "ok");
    github.dismiss(&jo, "acme/pay", number, review, "no");
    let comment = github.comment(&ana, "acme/pay", number, "hello");
    github.edit_comment(&ana, comment, "hi");
    github.delete_comment(&ana, comment);
    github.line_comment(&ana, "acme/pay", number, "a", "why");
    github.retarget(&jo, "acme/pay", number, "next");
    github.retarget(&jo, "acme/pay", number, "main");
    github.close(&jo, "acme/pay", number);
    github.reopen(&jo, "acme/pay", number);
    let sha = github.head("acme/pay", number);
    let run = github.report_check(&github.app(), "acme/pay", &sha, "seconder", "success");
    github.rerun(&ana, run);
    github.press(&ana, run, "recheck");
    github.set_status(&jo, "acme/pay", &sha, "ci", "success");
    let group = github.merge_group(&jo, "acme/pay", &[number]);
    github.destroy_merge_group(&jo, &group, "dequeued");
    github.merge(&ana, "acme/pay", number).unwrap();
    github.delete_branch(&jo, "acme/pay", "fix");
    github.default_branch(&jo, "acme/pay", "next");
    github.rename_repository(&jo, "acme/pay", "pays");
    github.remove_member(&sam, &acme, &ana);
    github.repository("acme/web");
    github.select_repositories(&acme, &["acme/web"]);
    github.select_repositories(&acme, &["acme/web", "acme/pays"]);
    let ruleset = github.require_check("acme/pays", "main", "seconder", None);
    github.edit_required_check(&jo, ruleset, "seconder", Some(github.app().id));
    github.remove_ruleset(ruleset);
    github.protect(&jo, "acme/pays", "main", "seconder", None);
    github.protect(&jo, "acme/pays", "main", "seconder", Some(github.app().id));
    github.unprotect(&jo, "acme/pays", "main");
    github.suspend(&acme);
    github.unsuspend(&acme);
    github.uninstall(&acme);
    github.settled().await;
    (github, hooks)
}

#[tokio::test]
async fn payloads_have_the_keys_that_github_sends() {
    let (_github, hooks) = everything_told().await;
    let examples = examples();
    let mut found = Vec::new();
    let mut compared = 0;
    for ((_, body), event) in hooks.taken().iter().zip(hooks.events()) {
        let ours: Value = serde_json::from_slice(body).unwrap();
        assert!(ours["installation"]["id"].is_u64(), "{event}: an App's delivery names its installation");
        let theirs = examples.get(&event).map(Vec::as_slice).unwrap_or_default();
        compared += usize::from(!theirs.is_empty());
        found.extend(differences(&event, &ours, theirs));
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(compared > 30, "only {compared} deliveries had an example to compare with");
}

#[tokio::test]
async fn deliveries_are_signed_over_their_exact_bytes() {
    let (github, hooks) = everything_told().await;
    let secret = github.app().webhook_secret;
    for (headers, body) in hooks.taken() {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(&body);
        let hex = super::client::hex(&mac.finalize().into_bytes());
        assert_eq!(header(&headers, "x-hub-signature-256"), format!("sha256={hex}"));
        assert!(header(&headers, "user-agent").starts_with("GitHub-Hookshot/"));
        assert_eq!(header(&headers, "x-github-hook-installation-target-type"), "integration");
        assert_eq!(header(&headers, "x-github-hook-installation-target-id"), github.app().id.to_string());
        assert!(uuid::Uuid::parse_str(header(&headers, "x-github-delivery")).is_ok());
        assert!(!header(&headers, "x-github-hook-id").is_empty());
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The payload of the last delivery of an event.
pub(super) fn last(hooks: &Receiver, event: &str) -> Value {
    let taken: Vec<(HeaderMap, Bytes)> = hooks.taken();
    let found = taken.iter().zip(hooks.events()).rfind(|(_, name)| name == event);
    serde_json::from_slice(&found.unwrap().0.1).unwrap()
}

#[test]
fn a_payload_that_differs_is_found() {
    let examples = examples();
    let theirs = &examples["push"];
    let mut ours = theirs[0].clone();
    assert_eq!(differences("push", &ours, theirs), Vec::<String>::new());
    ours["forced"] = Value::from("yes");
    ours.as_object_mut().unwrap().remove("pusher");
    assert_eq!(differences("push", &ours, theirs).len(), 3, "the key at the top, the key that is read, and its type");
}
