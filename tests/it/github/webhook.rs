//! Every payload that we have, old and new, parses to what it means.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use seconder::forge::event::{Delivery, Event, InstallationAction, MergeGroupAction};
use seconder::forge::github::webhook::{DeliveryHeaders, ParseError, parse};
use seconder::gate::change::{ActorKind, ChangeState};
use seconder::gate::ids::Host;
use serde_json::{Value, json};

use crate::shown::show;

const FOLDERS: [&str; 3] = ["webhooks", "webhooks-net", "webhooks-go-scm"];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/github")
}

fn payloads() -> Vec<(String, Vec<u8>)> {
    let mut payloads = Vec::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(fixtures().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let name = format!("{folder}/{}", path.file_stem().unwrap().to_str().unwrap());
                payloads.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    payloads.sort();
    payloads
}

fn host() -> Host {
    "github.com".parse().unwrap()
}

fn headers(event: &str) -> DeliveryHeaders {
    DeliveryHeaders { event: event.to_owned(), guid: "d1".to_owned(), app_id: None }
}

/// The event's name: in the file's name, except in the folder that names files in its own way.
fn event_of(name: &str) -> &str {
    let stem = name.rsplit_once('/').unwrap().1;
    match stem {
        "comment" => "issue_comment",
        "pr_edited" | "pr_opened" | "pr_sync" => "pull_request",
        "pr_review_edited" | "pr_review_submitted" => "pull_request_review",
        "push_branch_create" | "push_branch_delete" => "push",
        "merge_group_checks_requested" | "merge_group_destroyed" => "merge_group",
        stem => stem.split('.').next().unwrap(),
    }
}

fn payload(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(fixtures().join(format!("{name}.json"))).unwrap()).unwrap()
}

/// As an App would have been sent it.
fn with_installation(mut payload: Value) -> Value {
    if payload["installation"].is_null() {
        payload["installation"] = json!({ "id": 5 });
    }
    payload
}

#[track_caller]
fn parse_value(event: &str, payload: &Value) -> Delivery {
    parse(&headers(event), &host(), payload.to_string().as_bytes()).unwrap()
}

#[test]
fn payloads_without_installation_are_refused() {
    let mut refused = 0;
    for (name, body) in payloads() {
        let event = event_of(&name);
        let value: Value = serde_json::from_slice(&body).unwrap();
        let parsed = parse(&headers(event), &host(), &body);
        let belongs_to_none = matches!(event, "ping" | "github_app_authorization");
        if value["installation"].is_null() && !belongs_to_none {
            assert_eq!(parsed, Err(ParseError::NoInstallation { event: event.to_owned() }), "{name}");
            refused += 1;
        } else {
            assert!(parsed.is_ok(), "{name}: {parsed:?}");
        }
    }
    assert_eq!(refused, 69, "of the payloads that are kept, so many come from repository webhooks");
}

/// All payloads, those of repository webhooks completed by an installation: names tell the rest.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_payload_means_something() {
    let mut table = String::new();
    for (name, body) in payloads() {
        let mut payload = with_installation(serde_json::from_slice(&body).unwrap());
        if payload.get("repository").is_some_and(|repository| repository["full_name"].is_null()) {
            // One origin cuts these down to what it reads itself.
            payload["repository"]["full_name"] = json!("octocat/Hello-World");
            payload["repository"]["owner"]["id"] = json!(9);
            payload["sender"]["id"] = json!(9);
        }
        let delivery = parse_value(event_of(&name), &payload);
        writeln!(table, "{name}: {}", show(&delivery).trim_end()).unwrap();
    }
    assert_snapshot!(table, @r"
    webhooks-go-scm/comment: comment_created []
    webhooks-go-scm/merge_group_checks_requested: merge_group_checks_requested! [rq] change #2
    webhooks-go-scm/merge_group_destroyed: merge_group_destroyed [rq]
    webhooks-go-scm/pr_edited: change_edited [rc] change #1
    webhooks-go-scm/pr_opened: change_opened! [rc] change #1
    webhooks-go-scm/pr_review_edited: review_edited [rc]
    webhooks-go-scm/pr_review_submitted: review_submitted [rc]
    webhooks-go-scm/pr_sync: change_pushed! [rc] change #1, head d2b75aa7797e
    webhooks-go-scm/push_branch_create: push [rp] base feature-branch
    webhooks-go-scm/push_branch_delete: push [rp] base feature-branch
    webhooks-net/branch_protection_configuration.disabled: protection [ru] repository 123456789
    webhooks-net/custom_property_values.1.updated: ignored []
    webhooks-net/custom_property_values.updated: ignored []
    webhooks-net/installation.created.with-requester: installation_created [r] owner 21031067
    webhooks-net/issue_comment.created.with-installation: ignored []
    webhooks-net/membership.removed.with-deleted-team: people [] owner 38302899
    webhooks-net/merge_group.checks_requested: merge_group_checks_requested! [rq] change #104
    webhooks-net/merge_group.destroyed: merge_group_destroyed [rq]
    webhooks-net/organization.renamed: people [] owner 38302899
    webhooks-net/pull_request.opened.with-null-body: change_opened! [rc] change #2
    webhooks-net/pull_request.synchronize: change_pushed! [rc] change #2, head f95f852bd8fc
    webhooks-net/push.with-new-branch: push [rp] repository 186853002
    webhooks-net/push.with-no-username-committer: push [rp] repository 186853002
    webhooks-net/repository_ruleset.created: protection [ru] repository 709897116
    webhooks-net/repository_ruleset.deleted: protection [ru] repository 709897116
    webhooks-net/repository_ruleset.edited: protection [ru] repository 709897116
    webhooks-net/status.with-author-committer-null: status_reported [r]
    webhooks/branch_protection_rule.created.1: protection [ru] repository 640412585
    webhooks/branch_protection_rule.created.2: protection [ru] repository 17273051
    webhooks/branch_protection_rule.deleted.1: protection [ru] repository 17273051
    webhooks/branch_protection_rule.edited.1: protection [ru] repository 17273051
    webhooks/branch_protection_rule.edited.2: protection [ru] repository 17273051
    webhooks/check_run.completed.1: ignored []
    webhooks/check_run.completed.2: ignored []
    webhooks/check_run.completed.3: ignored []
    webhooks/check_run.created.1: ignored []
    webhooks/check_run.created.2: ignored []
    webhooks/check_run.created.3: ignored []
    webhooks/check_run.requested_action.1: ignored []
    webhooks/check_run.rerequested.1: rerun! [r] head d6fde92930d4
    webhooks/check_run.rerequested.2: rerun! [r] head d6fde92930d4
    webhooks/check_suite.completed.1: ignored []
    webhooks/check_suite.completed.2: ignored []
    webhooks/check_suite.completed.3: ignored []
    webhooks/check_suite.completed.4: ignored []
    webhooks/check_suite.requested.1: ignored []
    webhooks/check_suite.requested.2: ignored []
    webhooks/check_suite.requested.3: ignored []
    webhooks/check_suite.rerequested.1: rerun! [r] head ec26c3e57ca3
    webhooks/check_suite.rerequested.2: rerun! [r] head ec26c3e57ca3
    webhooks/deployment_review.requested.1: ignored []
    webhooks/github_app_authorization.revoked.1: ignored []
    webhooks/github_app_authorization.revoked.2: ignored []
    webhooks/installation.created.1: installation_created [r] owner 21031067
    webhooks/installation.created.2: installation_created [r] owner 21031067
    webhooks/installation.deleted.1: installation_deleted []
    webhooks/installation.deleted.2: installation_deleted []
    webhooks/installation.new_permissions_accepted.1: installation_permissions_accepted [r] owner 21031067
    webhooks/installation.suspend.1: installation_suspended []
    webhooks/installation.unsuspend.1: installation_unsuspended [] owner 21031067
    webhooks/installation_repositories.added.1: installation_repositories_added [r] repository 186853007
    webhooks/installation_repositories.added.2: installation_repositories_added [r] repository 186853007
    webhooks/installation_repositories.removed.1: installation_repositories_removed []
    webhooks/issue_comment.created.1: ignored []
    webhooks/issue_comment.created.2: ignored []
    webhooks/issue_comment.created.3: ignored []
    webhooks/issue_comment.created.4: ignored []
    webhooks/issue_comment.created.5: ignored []
    webhooks/issue_comment.deleted.1: ignored []
    webhooks/issue_comment.deleted.2: ignored []
    webhooks/issue_comment.edited.1: ignored []
    webhooks/issue_comment.edited.2: ignored []
    webhooks/member.added.1: people [r] repository 186853002
    webhooks/member.added.2: people [r] repository 186853002
    webhooks/member.added.3: people [r] repository 186853002
    webhooks/member.edited.1: people [r] repository 135493233
    webhooks/membership.added.1: people [] owner 38302899
    webhooks/membership.removed.1: people [] owner 38302899
    webhooks/membership.removed.2: people [] owner 38302899
    webhooks/membership.removed.3: people [] owner 38302899
    webhooks/membership.removed.4: people [] owner 38302899
    webhooks/merge_group.checks_requested.1: merge_group_checks_requested! [rq] change #104
    webhooks/merge_group.checks_requested.2: merge_group_checks_requested! [rq] change #104
    webhooks/organization.member_added.1: people [] owner 38302899
    webhooks/organization.member_added.2: people [] owner 38302899
    webhooks/organization.member_added.3: people [] owner 38302899
    webhooks/organization.member_invited.1: ignored []
    webhooks/organization.renamed.1: people [] owner 38302899
    webhooks/ping.event.1: ping []
    webhooks/ping.event.2: ping []
    webhooks/ping.event.3: ping []
    webhooks/ping.event.4: ping []
    webhooks/pull_request.assigned.1: change_assigned [rc] change #2
    webhooks/pull_request.assigned.2: change_assigned [rc] change #2
    webhooks/pull_request.closed.1: change_closed [rc] change #2, head ec26c3e57ca3
    webhooks/pull_request.closed.2: change_closed [rc] change #2, head ec26c3e57ca3
    webhooks/pull_request.converted_to_draft.1: change_converted_to_draft [rc] change #2
    webhooks/pull_request.converted_to_draft.2: change_converted_to_draft [rc] change #2
    webhooks/pull_request.converted_to_draft.3: change_converted_to_draft [rc] change #2
    webhooks/pull_request.labeled.1: change_labeled [rc] change #2
    webhooks/pull_request.labeled.2: change_labeled [rc] change #2
    webhooks/pull_request.locked.1: change_irrelevant [rc]
    webhooks/pull_request.locked.2: change_irrelevant [rc]
    webhooks/pull_request.opened.1: change_opened! [rc] change #2
    webhooks/pull_request.opened.2: change_opened! [rc] change #2
    webhooks/pull_request.opened.3: change_opened! [rc] change #2
    webhooks/pull_request.opened.4: change_opened! [rc] change #2
    webhooks/pull_request.ready_for_review.1: change_ready_for_review! [rc] change #2
    webhooks/pull_request.ready_for_review.2: change_ready_for_review! [rc] change #2
    webhooks/pull_request.ready_for_review.3: change_ready_for_review! [rc] change #2
    webhooks/pull_request.reopened.1: change_reopened! [rc] change #2
    webhooks/pull_request.reopened.2: change_reopened! [rc] change #2
    webhooks/pull_request.review_request_removed.1: change_irrelevant [rc]
    webhooks/pull_request.review_requested.1: change_irrelevant [rc]
    webhooks/pull_request.synchronize.1: change_pushed! [rc] change #2, head f95f852bd8fc
    webhooks/pull_request.unassigned.1: change_unassigned [rc] change #2
    webhooks/pull_request.unassigned.2: change_unassigned [rc] change #2
    webhooks/pull_request.unlabeled.1: change_unlabeled [rc]
    webhooks/pull_request.unlabeled.2: change_unlabeled [rc]
    webhooks/pull_request.unlocked.1: change_irrelevant [rc]
    webhooks/pull_request.unlocked.2: change_irrelevant [rc]
    webhooks/pull_request_review.dismissed.1: review_dismissed! [rc] change #2
    webhooks/pull_request_review.submitted.1: review_submitted [rc]
    webhooks/pull_request_review.submitted.2: review_submitted [rc]
    webhooks/pull_request_review.submitted.3: review_submitted [rc]
    webhooks/pull_request_review_comment.created.1: ignored []
    webhooks/pull_request_review_comment.created.2: ignored []
    webhooks/pull_request_review_comment.created.3: ignored []
    webhooks/pull_request_review_comment.deleted.1: ignored []
    webhooks/pull_request_review_comment.edited.1: ignored []
    webhooks/pull_request_review_thread.resolved.1: ignored []
    webhooks/pull_request_review_thread.resolved.2: ignored []
    webhooks/pull_request_review_thread.unresolved.1: ignored []
    webhooks/push.event.1: ignored []
    webhooks/push.event.2: ignored []
    webhooks/push.event.3: ignored []
    webhooks/push.event.4: ignored []
    webhooks/push.event.5: push [rp] repository 186853002
    webhooks/push.event.6: push [rp] repository 186853002
    webhooks/push.event.7: ignored []
    webhooks/repository.edited.1: repository [r]
    webhooks/repository.edited.2: repository [r] repository 186853261
    webhooks/repository.renamed.1: repository [r] repository 186853261
    webhooks/repository.transferred.1: repository [r] repository 186853261
    webhooks/repository.transferred.2: repository [r] repository 186853261
    webhooks/repository.transferred.3: repository [r] repository 186853261
    webhooks/status.event.1: status_reported [r]
    webhooks/status.event.2: status_reported [r]
    webhooks/status.event.3: status_reported [r]
    webhooks/status.event.4: status_reported [r]
    webhooks/team.added_to_repository.1: people [r] repository 186853261
    webhooks/team.added_to_repository.2: people [r] repository 186853261
    webhooks/team.created.1: people [] owner 38302899
    webhooks/team.deleted.1: people [] owner 38302899
    webhooks/team.edited.1: people [] owner 38302899
    webhooks/team.removed_from_repository.1: people [r] repository 186853261
    webhooks/team_add.event.1: people [r] repository 186853261
    webhooks/team_add.event.2: people [r] repository 186853261
    webhooks/team_add.event.3: people [r] repository 186853261
    ");
}

fn change_of(delivery: &Delivery) -> &seconder::gate::witnessed::SeenChange {
    match &delivery.event {
        Event::Change(event) => &event.change,
        Event::Review(event) => &event.change,
        other => panic!("not about a change: {other:?}"),
    }
}

#[test]
fn a_push_to_a_change_names_both_heads_and_the_pusher() {
    let payload = payload("webhooks/pull_request.synchronize.1");
    let delivery = parse_value("pull_request", &payload);
    let change = change_of(&delivery);
    assert_eq!(change.head.as_str(), payload["after"].as_str().unwrap());
    assert_eq!(change.before.as_ref().unwrap().as_str(), payload["before"].as_str().unwrap());
    let pusher = change.pusher.as_ref().unwrap();
    assert_eq!(pusher.account.to_string(), format!("github.com/{}", payload["sender"]["id"]));
    assert_eq!(pusher.kind, ActorKind::User);
    let origin = delivery.origin.unwrap();
    assert_eq!(origin.owner.id, payload["repository"]["owner"]["id"].as_i64().unwrap());
    assert_eq!(origin.installation, payload["installation"]["id"].as_i64().unwrap());
}

#[test]
fn opening_a_change_tells_who_pushed_only_if_it_comes_from_the_openers_fork() {
    let mut payload = payload("webhooks/pull_request.synchronize.1");
    payload["action"] = json!("opened");
    let pusher = |payload: &Value| change_of(&parse_value("pull_request", payload)).pusher.clone();
    payload["pull_request"]["head"]["repo"]["id"] = payload["repository"]["id"].clone();
    payload["pull_request"]["head"]["repo"]["owner"]["id"] = payload["sender"]["id"].clone();
    assert_eq!(pusher(&payload), None, "a push to the repository itself has a delivery of its own");
    payload["pull_request"]["head"]["repo"]["id"] = json!(1);
    let own = pusher(&payload).unwrap();
    assert_eq!(own.account.to_string(), format!("github.com/{}", payload["sender"]["id"]));
    payload["pull_request"]["head"]["repo"]["owner"]["id"] = json!(2);
    assert_eq!(pusher(&payload), None, "somebody else's fork");
    payload["pull_request"]["head"]["repo"] = Value::Null;
    assert_eq!(pusher(&payload), None, "a fork that is gone");
}

#[test]
fn only_opened_and_pushed_tell_who_made_the_head() {
    for action in ["labeled", "reopened", "edited", "ready_for_review", "closed"] {
        let mut payload = payload("webhooks/pull_request.synchronize.1");
        payload["action"] = json!(action);
        let delivery = parse_value("pull_request", &payload);
        assert_eq!(change_of(&delivery).pusher, None, "{action}");
    }
}

#[test]
fn edits_are_told_apart() {
    let edited = |changes: Value| {
        let mut payload = with_installation(payload("webhooks-go-scm/pr_edited"));
        payload["changes"] = changes;
        show(&parse_value("pull_request", &payload))
    };
    let from = json!({ "from": "x" });
    assert_snapshot!(edited(json!({ "title": from })), @"change_retitled [rc]");
    assert_snapshot!(edited(json!({ "body": from })), @"change_edited [rc] change #1");
    assert_snapshot!(edited(json!({ "title": from, "body": from })), @"change_edited [rc] change #1");
    assert_snapshot!(edited(json!({ "base": { "ref": from, "sha": from }, "title": from })), @"change_retargeted! [rc] change #1");
}

#[test]
fn nulls_of_real_payloads_are_accepted() {
    let mut payload = payload("webhooks/pull_request.closed.1");
    payload["pull_request"]["head"]["repo"] = Value::Null;
    payload["pull_request"]["user"] = Value::Null;
    payload["pull_request"]["body"] = Value::Null;
    payload["sender"] = Value::Null;
    payload["pull_request"]["stack"] = Value::Null;
    payload["pull_request"]["merged_at"] = json!("2026-01-02T03:04:05Z");
    let delivery = parse_value("pull_request", &payload);
    let change = change_of(&delivery);
    assert_eq!(change.head_branch.repo, None);
    assert_eq!(change.state, ChangeState::Merged);
}

#[test]
fn the_base_of_a_stack_is_read() {
    let mut payload = payload("webhooks/pull_request.synchronize.1");
    payload["action"] = json!("stacked");
    payload["pull_request"]["stack"] =
        json!({ "id": 1, "number": 2, "size": 3, "position": 2, "base": { "ref": "main", "sha": "0".repeat(40) } });
    let delivery = parse_value("pull_request", &payload);
    assert_eq!(change_of(&delivery).stack_base.as_deref(), Some("main"));
    assert_eq!(delivery.event.kind(), "change_restacked");
}

/// A push to the default branch of `acme/pay`, of one commit that modifies these files.
fn push(repository: &str, branch: &str, files: &[&str]) -> Value {
    json!({
        "ref": format!("refs/heads/{branch}"), "before": "a".repeat(40), "after": "b".repeat(40), "forced": false,
        "commits": [{ "id": "b".repeat(40), "added": [], "modified": files, "removed": [] }],
        "repository": { "id": 1, "full_name": repository, "owner": { "id": 2, "login": "acme" }, "default_branch": "main" },
        "installation": { "id": 3 }, "sender": { "id": 4, "login": "jo", "type": "User" },
    })
}

#[test]
fn a_push_reaches_as_far_as_the_policy_it_may_change() {
    let reach = |payload: &Value| show(&parse_value("push", payload));
    let policy = ".github/seconder.yml";
    assert_snapshot!(reach(&push("acme/pay", "main", &["src/lib.rs"])), @"push [rp]");
    assert_snapshot!(reach(&push("acme/pay", "main", &[policy])), @"push [rp] repository 1");
    assert_snapshot!(reach(&push("acme/pay", "release/1", &[policy])), @"push [rp] base release/1");
    assert_snapshot!(reach(&push("acme/.github", "main", &["seconder.yml"])), @"push [rp] owner 2");
    assert_snapshot!(reach(&push("acme/.github", "main", &["README.md"])), @"push [rp]");
}

#[test]
fn a_push_whose_files_are_not_all_known_reaches_the_base() {
    let reach = |change: &dyn Fn(&mut Value)| {
        let mut payload = push("acme/pay", "release/1", &["src/lib.rs"]);
        change(&mut payload);
        show(&parse_value("push", &payload))
    };
    assert_snapshot!(reach(&|_| ()), @"push [rp]");
    assert_snapshot!(reach(&|push| push["forced"] = json!(true)), @"push [rp] base release/1");
    assert_snapshot!(reach(&|push| push["commits"] = json!([])), @"push [rp] base release/1");
    assert_snapshot!(reach(&|push| push["before"] = json!("0".repeat(40))), @"push [rp] base release/1");
    assert_snapshot!(reach(&|push| {
        let commit = push["commits"][0].clone();
        push["commits"] = Value::Array(vec![commit; 2048]);
    }), @"push [rp] base release/1");
}

#[test]
fn only_our_own_check_is_run_again() {
    let body = payload("webhooks/check_run.rerequested.1");
    let app_id = body["check_run"]["app"]["id"].as_i64().unwrap();
    let kind = |app_id| {
        let headers = DeliveryHeaders { app_id, ..headers("check_run") };
        parse(&headers, &host(), body.to_string().as_bytes()).unwrap().event.kind()
    };
    assert_eq!(kind(Some(app_id)), "rerun");
    assert_eq!(kind(None), "rerun");
    assert_eq!(kind(Some(app_id + 1)), "ignored");
}

#[test]
fn installations_tell_what_they_reach() {
    let read = |name: &str| match parse_value(event_of(name), &payload(name)).event {
        Event::Installation(event) => event,
        other => panic!("{other:?}"),
    };
    let created = read("webhooks/installation.created.1");
    assert_eq!(
        (created.action, created.repositories.len(), created.removed.len()),
        (InstallationAction::Created, 1, 0)
    );
    let deleted = read("webhooks/installation.deleted.1");
    assert_eq!((deleted.action, deleted.repositories.len()), (InstallationAction::Deleted, 0));
    assert!(!deleted.removed.is_empty());
    let removed = read("webhooks/installation_repositories.removed.1");
    assert_eq!(removed.action, InstallationAction::RepositoriesRemoved);
    assert!(removed.repositories.is_empty() && !removed.removed.is_empty());
}

#[test]
fn merge_groups_are_carried() {
    let event = parse_value("merge_group", &payload("webhooks-net/merge_group.destroyed")).event;
    let Event::MergeGroup(group) = event else { panic!("{event:?}") };
    assert_eq!(group.base_branch, "main");
    assert_eq!(group.named, Some(104));
    assert_eq!(group.action, MergeGroupAction::Destroyed { reason: Some("merged".to_owned()) });
}

#[test]
fn errors_name_the_place_and_never_the_content() {
    let mut payload = payload("webhooks/pull_request.synchronize.1");
    payload["pull_request"]["number"] = json!("ghs_secret");
    let parse = |payload: &[u8]| parse(&headers("pull_request"), &host(), payload).unwrap_err().to_string();
    assert_snapshot!(parse(payload.to_string().as_bytes()), @"pull_request: pull_request.number is missing or not of the expected kind");
    payload["pull_request"]["number"] = json!(1);
    payload["pull_request"]["head"]["sha"] = json!("ghs_secret");
    assert_snapshot!(parse(payload.to_string().as_bytes()), @"pull_request: pull_request.head.sha is missing or not of the expected kind");
    payload["pull_request"] = Value::Null;
    assert_snapshot!(parse(payload.to_string().as_bytes()), @"pull_request: pull_request is missing or not of the expected kind");
    assert_snapshot!(parse(b"payload=%7B%7D"), @"the body is not JSON (line 1, column 1); set the webhook's content type to application/json");
}

#[test]
fn unknown_events_and_actions_are_ignored_or_looked_at() {
    let ignored = parse_value("workflow_run", &with_installation(json!({ "action": "completed", "workflow_run": 7 })));
    assert_eq!(ignored.event, Event::Ignored { event: "workflow_run".into(), action: Some("completed".into()) });
    let mut payload = payload("webhooks/pull_request.synchronize.1");
    payload["action"] = json!("some_new_action");
    assert!(!parse_value("pull_request", &payload).event.concerns().is_empty(), "it may matter");
}
