//! Every payload that we have, of hooks of projects, groups and instances, parses to what it means; and none ends us.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use proptest::prelude::*;
use seconder::forge::event::{Delivery, Event, ReportEvent};
use seconder::forge::gitlab::webhook::{Context, DeliveryHeaders, ParseError, parse};
use seconder::gate::finding::By;
use seconder::gate::ids::{AccountId, Host};
use serde_json::{Value, json};

use crate::shown::show;

const FOLDERS: [&str; 4] = ["webhooks-gitlab4j", "webhooks-go-gitlab", "webhooks-go-playground", "webhooks-go-scm"];

/// The number of our own account.
pub(super) const BOT: i64 = 4242;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gitlab")
}

fn payloads() -> Vec<(String, Vec<u8>)> {
    let mut payloads = Vec::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(fixtures().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{folder}/{}", path.file_stem().unwrap().to_str().unwrap());
            payloads.push((name, std::fs::read(&path).unwrap()));
        }
    }
    payloads.sort();
    payloads
}

pub(super) fn host() -> Host {
    "gitlab.com".parse().unwrap()
}

pub(super) fn payload(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(fixtures().join(format!("{name}.json"))).unwrap()).unwrap()
}

pub(super) fn parse_bytes(body: &[u8]) -> Result<Delivery, ParseError> {
    let (host, bot) = (host(), AccountId::new(host(), BOT));
    let context = Context { host: &host, policy_project: "seconder-policy", check_name: "seconder", bot: Some(&bot) };
    parse(&DeliveryHeaders::read(&http::HeaderMap::new()), &context, body)
}

#[track_caller]
pub(super) fn parse_value(payload: &Value) -> Delivery {
    parse_bytes(payload.to_string().as_bytes()).unwrap()
}

/// One payload has a blank at the end of most keys, as none of GitLab's own has.
#[test]
fn every_payload_means_something() {
    let mut table = String::new();
    for (name, body) in payloads() {
        match parse_bytes(&body) {
            Ok(delivery) => {
                assert_eq!(delivery.origin, None, "whose it is, no payload says in numbers");
                writeln!(table, "{name}: {}", show(&delivery).trim_end()).unwrap();
            }
            Err(error) => writeln!(table, "{name}: {error}").unwrap(),
        }
    }
    assert_snapshot!(table, @r"
    webhooks-gitlab4j/deployment-event: ignored []
    webhooks-gitlab4j/external-status-check-event: change_opened! [jc] change #20
    webhooks-gitlab4j/group-member-system-hook-event: people [] owner 78
    webhooks-gitlab4j/group-member-update-system-hook-event: people [] owner 17995
    webhooks-gitlab4j/job-event: ignored []
    webhooks-gitlab4j/merge-request-event: change_opened! [jc] change #1
    webhooks-gitlab4j/merge-request-system-hook-event: change_unknown [jc] change #1
    webhooks-gitlab4j/note-commit-event: ignored []
    webhooks-gitlab4j/note-merge-request-event: comment_created []
    webhooks-gitlab4j/pipeline-event: ignored []
    webhooks-gitlab4j/push-event: push [jp] repository 15
    webhooks-gitlab4j/push-system-hook-event: push [jp] repository 15
    webhooks-gitlab4j/repository-system-hook-event: ignored []
    webhooks-gitlab4j/tag-push-event: ignored []
    webhooks-gitlab4j/team-member-system-hook-event: people [j] repository 74
    webhooks-gitlab4j/team-member-update-system-hook-event: people [j] repository 74
    webhooks-gitlab4j/user-system-hook-event: ignored []
    webhooks-go-gitlab/deployment: ignored []
    webhooks-go-gitlab/group_merge_request: merge_request: object_attributes is missing or not of the expected kind
    webhooks-go-gitlab/member: people [] owner 100
    webhooks-go-gitlab/merge_request: change_opened! [jc] change #1
    webhooks-go-gitlab/note_merge_request: comment_created []
    webhooks-go-gitlab/push: push [jp] repository 15
    webhooks-go-gitlab/resource_access_token_group: ignored []
    webhooks-go-gitlab/resource_access_token_project: ignored []
    webhooks-go-gitlab/service_merge_request: change_pushed! [jc] change #2, head 6ef047571374
    webhooks-go-playground/comment-merge-request-event: comment_created []
    webhooks-go-playground/confidential-comment-event: ignored []
    webhooks-go-playground/deployment-event: ignored []
    webhooks-go-playground/merge-request-event: change_opened! [jc] change #1
    webhooks-go-playground/pipeline-event: ignored []
    webhooks-go-playground/push-event: push [jp] repository 15
    webhooks-go-playground/system-group-member-added: people [] owner 78
    webhooks-go-playground/system-group-member-removed: people [] owner 78
    webhooks-go-playground/system-group-member-updated: people [] owner 78
    webhooks-go-playground/system-merge-request-event: change_unknown [jc] change #1
    webhooks-go-playground/system-push-event: push [jp] repository 15
    webhooks-go-playground/system-team-member-added: people [j] repository 74
    webhooks-go-playground/system-team-member-removed: people [j] repository 74
    webhooks-go-playground/system-team-member-updated: people [j] repository 74
    webhooks-go-playground/system-user-removed: ignored []
    webhooks-go-scm/branch_create: push [jp] base feature
    webhooks-go-scm/branch_delete: push [jp] base feature
    webhooks-go-scm/merge_request_comment_create: comment_created []
    webhooks-go-scm/merge_request_subgroup: change_opened! [jc] change #1
    webhooks-go-scm/pipeline_hook: ignored []
    webhooks-go-scm/pull_request_close: change_closed [jc] change #1, head c4c79227ed61
    webhooks-go-scm/pull_request_create: change_opened! [jc] change #1
    webhooks-go-scm/pull_request_merge: change_closed [jc] change #1, head c4c79227ed61
    webhooks-go-scm/pull_request_reopen: change_reopened! [jc] change #1
    webhooks-go-scm/pull_request_review_ready: change_converted_to_draft [jc] change #3
    webhooks-go-scm/push: push [jp]
    webhooks-go-scm/push_merge: push [jp]
    webhooks-go-scm/review_comment_create: ignored []
    ");
}

/// A push to a branch of `acme/pay`, of one commit that modifies these files.
fn push(project: &str, branch: &str, files: &[&str]) -> Value {
    json!({
        "object_kind": "push", "event_name": "push", "ref": format!("refs/heads/{branch}"),
        "before": "a".repeat(40), "after": "b".repeat(40), "user_id": 4, "user_username": "jo", "project_id": 8,
        "project": { "id": 8, "path_with_namespace": project, "default_branch": "main", "visibility_level": 0 },
        "commits": [{ "id": "b".repeat(40), "added": [], "modified": files, "removed": [] }],
        "total_commits_count": 1,
    })
}

#[test]
fn a_push_reaches_as_far_as_the_policy_it_may_change() {
    let reach = |payload: &Value| show(&parse_value(payload));
    let policy = ".gitlab/seconder.yml";
    assert_snapshot!(reach(&push("acme/pay", "main", &["src/lib.rs"])), @"push [jp]");
    assert_snapshot!(reach(&push("acme/pay", "main", &[policy])), @"push [jp] repository 8");
    assert_snapshot!(reach(&push("acme/pay", "release/1", &[policy])), @"push [jp] base release/1");
    assert_snapshot!(reach(&push("acme/Seconder-Policy", "main", &["tiers.yml"])), @"push [jp] owner of 8");
    assert_snapshot!(reach(&push("acme/seconder-policy", "draft", &["tiers.yml"])), @"push [jp]");
    // Only below the top-level group: anybody may make such a project below their own subgroup.
    assert_snapshot!(reach(&push("acme/team/seconder-policy", "main", &["x.yml"])), @"push [jp]");
}

#[test]
fn a_push_whose_files_are_not_all_known_reaches_the_base() {
    let reach = |change: &dyn Fn(&mut Value)| {
        let mut payload = push("acme/pay", "release/1", &["src/lib.rs"]);
        change(&mut payload);
        show(&parse_value(&payload))
    };
    assert_snapshot!(reach(&|_| ()), @"push [jp]");
    assert_snapshot!(reach(&|push| push["total_commits_count"] = json!(21)), @"push [jp] base release/1");
    assert_snapshot!(reach(&|push| push["total_commits_count"] = Value::Null), @"push [jp] base release/1");
    assert_snapshot!(reach(&|push| push["commits"] = json!([])), @"push [jp] base release/1");
    assert_snapshot!(reach(&|push| push["before"] = json!("0".repeat(40))), @"push [jp] base release/1");
    assert_snapshot!(reach(&|push| push["after"] = json!("0".repeat(40))), @"push [jp] base release/1");
    // Hooks of an instance name no files.
    assert_snapshot!(reach(&|push| push["commits"][0] = json!({ "id": "b" })), @"push [jp] base release/1");
    assert_snapshot!(reach(&|push| push["user_id"] = Value::Null), @"push [j]");
}

/// A pipeline of `acme/pay` for merge request 7.
fn pipeline(source: &str, status: &str) -> Value {
    json!({
        "object_kind": "pipeline", "user": { "id": 4, "username": "jo" },
        "object_attributes": { "id": 31, "sha": "b".repeat(40), "source": source, "status": status },
        "merge_request": { "iid": 7, "target_project_id": 8 },
        "project": { "id": 8, "path_with_namespace": "acme/pay", "default_branch": "main" },
        "builds": [{ "id": 380, "name": "seconder", "user": { "id": 5, "username": "sam" } }],
    })
}

#[test]
fn a_pipeline_for_a_merge_request_is_looked_at_when_it_begins() {
    for status in ["created", "waiting_for_resource", "preparing", "pending"] {
        assert_eq!(show(&parse_value(&pipeline("merge_request_event", status))), "pipeline [j] change #7", "{status}");
    }
    for status in ["running", "success", "failed", "canceled", "skipped", "manual", "scheduled"] {
        assert_eq!(show(&parse_value(&pipeline("merge_request_event", status))), "ignored [] ", "{status}");
    }
    let mut of_fork = pipeline("merge_request_event", "pending");
    of_fork["project"]["id"] = json!(9);
    assert_eq!(show(&parse_value(&of_fork)), "pipeline [] change #7", "the project that is named is the fork");
}

#[test]
fn a_job_under_our_name_in_any_other_pipeline_is_reported() {
    let event = parse_value(&pipeline("push", "success")).event;
    let Event::Report(ReportEvent { name, by, commit, .. }) = event else { panic!("{event:?}") };
    assert_eq!((name.as_str(), commit.as_str()), ("seconder", "b".repeat(40).as_str()));
    assert_eq!(by, Some(By::Account(AccountId::new(host(), 5))));
    let mut other = pipeline("push", "success");
    other["builds"][0]["name"] = json!("test");
    assert_eq!(show(&parse_value(&other)), "ignored [] ");
    let mut ours = pipeline("push", "success");
    ours["builds"][0]["user"]["id"] = json!(BOT);
    assert_eq!(show(&parse_value(&ours)), "ignored [] ");
}

#[test]
fn hooks_of_an_instance_tell_of_projects() {
    let told = |name: &str| {
        show(&parse_value(&json!({
            "event_name": name, "project_id": 8, "path_with_namespace": "acme/pay", "project_visibility": "private",
        })))
    };
    assert_snapshot!(told("project_create"), @"repository [j] ");
    assert_snapshot!(told("project_destroy"), @"repository [g] ");
    assert_snapshot!(told("project_rename"), @"repository [j] repository 8");
    assert_snapshot!(told("project_transfer"), @"repository [j] repository 8");
    assert_snapshot!(told("project_update"), @"repository [j] repository 8");
    assert_snapshot!(told("project_sneezed"), @"ignored [] ");
}

#[test]
fn a_token_that_ends_is_told_of_unless_it_is_known_to_be_anothers() {
    let mut token = payload("webhooks-go-gitlab/resource_access_token_project");
    assert_eq!(parse_value(&token).event.kind(), "ignored", "it is of another account");
    token["object_attributes"]["user_id"] = json!(BOT);
    let event = parse_value(&token).event;
    let Event::TokenExpires(expires) = &event else { panic!("{event:?}") };
    let finding = expires.finding(jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((finding.repo.id, finding.kind.as_str()), (7, "token_expires"));
    token["object_attributes"]["user_id"] = Value::Null;
    assert_eq!(parse_value(&token).event.kind(), "token_expires", "it may be ours");
}

#[test]
fn errors_name_the_place_and_never_the_content() {
    let mut payload = payload("webhooks-go-gitlab/merge_request");
    let error = |payload: &Value| parse_bytes(payload.to_string().as_bytes()).unwrap_err().to_string();
    payload["object_attributes"]["iid"] = json!("glpat-secret");
    assert_snapshot!(error(&payload), @"merge_request: object_attributes.iid is missing or not of the expected kind");
    payload["object_attributes"]["iid"] = json!(-1);
    assert_snapshot!(error(&payload), @"merge_request: object_attributes.iid is missing or not of the expected kind");
    payload["object_attributes"]["iid"] = json!(1);
    payload["object_attributes"]["last_commit"]["id"] = json!("glpat-secret");
    assert_snapshot!(error(&payload), @"merge_request: last_commit.id is missing or not of the expected kind");
    payload["object_attributes"] = Value::Null;
    assert_snapshot!(error(&payload), @"merge_request: object_attributes is missing or not of the expected kind");
    assert_snapshot!(error(&json!({ "text": "a custom template" })), @"the body has neither object_kind nor event_name; remove the custom template from the webhook in GitLab, as only GitLab's own payloads are understood");
    assert_snapshot!(parse_bytes(b"payload=%7B%7D").unwrap_err(), @"the body is not JSON (line 1, column 1); only GitLab's own webhooks are understood here");
}

/// All places of a JSON value, by their pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(n, value)| places(value, &format!("{at}/{n}"), found));
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in whatever place of a real payload, the delivery is understood or refused, in words that hold
    /// nothing of it, and what it leads to is of the host that sent it.
    #[test]
    fn mutilated_payloads_are_understood_or_refused(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        instead in prop::sample::select(vec![
            json!(null), json!(0), json!(-7), json!(u64::MAX), json!(1.5), json!("glpat-secret"), json!("\u{0}\n"),
            json!([]), json!({}), json!([[1]]), json!({ "id": -1 }), json!(true),
        ]),
    ) {
        let all = payloads();
        let (_, body) = &all[which.index(all.len())];
        let mut payload: Value = serde_json::from_slice(body).unwrap();
        let mut found = Vec::new();
        places(&payload, "", &mut found);
        let place = &found[at.index(found.len())];
        *payload.pointer_mut(place).unwrap() = instead;
        match parse_bytes(payload.to_string().as_bytes()) {
            Ok(delivery) => {
                let _ = (show(&delivery), delivery.listings(), delivery.event.urgent(), delivery.event.hurries());
                if let Some(repository) = delivery.event.repository() {
                    prop_assert!(repository.repo.host == host() && repository.repo.id > 0);
                }
            }
            Err(error) => {
                let said = error.to_string();
                prop_assert!(!said.contains("glpat-secret") || place == "/object_kind" || place == "/event_name");
                prop_assert!(!said.contains(char::is_control), "{:?}", said);
            }
        }
    }

    #[test]
    fn bytes_of_any_kind_are_refused_or_ignored(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_bytes(&body);
    }
}
