//! Deliveries about merge requests: what happened to them, who pushed, and who approved.

use insta::assert_snapshot;
use seconder::forge::event::Event;
use seconder::gate::change::{ActorKind, ChangeState};
use seconder::gate::witnessed::{ApprovalAction, SeenApproval, SeenChange, Witness};
use serde_json::{Value, json};

use super::webhook::{BOT, parse_value};
use crate::shown::show;

/// Somebody (jo, number 4) did this to merge request 7 of `acme/pay`, which kim (number 3) opened.
fn merge_request(action: &str, changes: Value) -> Value {
    let mut payload = json!({
        "object_kind": "merge_request", "event_type": "merge_request",
        "user": { "id": 4, "username": "jo" },
        "project": { "id": 8, "path_with_namespace": "acme/pay", "default_branch": "main", "visibility_level": 20 },
        "object_attributes": {
            "id": 99, "iid": 7, "author_id": 3, "state": "opened", "action": action, "source_branch": "pay",
            "target_branch": "main", "source_project_id": 9, "target_project_id": 8,
            "last_commit": { "id": "1".repeat(40) }, "updated_at": "2026-01-02 03:04:05 UTC",
        },
    });
    payload["changes"] = changes;
    payload
}

fn with(mut payload: Value, path: &str, value: Value) -> Value {
    let (parent, key) = path.rsplit_once('/').unwrap();
    payload.pointer_mut(parent).unwrap()[key] = value;
    payload
}

fn shown(action: &str, changes: Value) -> String {
    show(&parse_value(&merge_request(action, changes)))
}

fn change_of(payload: &Value) -> SeenChange {
    match parse_value(payload).event {
        Event::Change(event) => event.change,
        other => panic!("not about a change: {other:?}"),
    }
}

#[test]
fn what_happened_to_a_merge_request_is_told_apart() {
    let none = || json!({});
    assert_snapshot!(shown("open", none()), @"change_opened! [jc] change #7");
    assert_snapshot!(shown("reopen", none()), @"change_reopened! [jc] change #7");
    assert_snapshot!(shown("close", none()), @"change_closed [jc] change #7, head 111111111111");
    assert_snapshot!(shown("merge", none()), @"change_closed [jc] change #7, head 111111111111");
    assert_snapshot!(shown("update", none()), @"change_unknown [jc] change #7");
    assert_snapshot!(shown("some_new_action", none()), @"change_unknown [jc] change #7");
}

#[test]
fn updates_go_by_what_was_changed() {
    let moved = |previous: Value, current: Value| json!({ "previous": previous, "current": current });
    let update =
        |key: &str, change: Value| shown("update", json!({ key: change, "updated_at": moved(json!("a"), json!("b")) }));
    let ids = |ids: &[i64]| json!(ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>());
    assert_snapshot!(update("target_branch", moved(json!("main"), json!("next"))), @"change_retargeted! [jc] change #7");
    assert_snapshot!(update("draft", moved(json!(true), json!(false))), @"change_ready_for_review! [jc] change #7");
    assert_snapshot!(update("draft", moved(json!(false), json!(true))), @"change_converted_to_draft [jc] change #7");
    assert_snapshot!(update("description", moved(json!(""), json!("x"))), @"change_edited [jcd] change #7");
    assert_snapshot!(update("labels", moved(ids(&[1]), ids(&[1, 2]))), @"change_labeled [jc] change #7");
    assert_snapshot!(update("labels", moved(ids(&[1, 2]), ids(&[1]))), @"change_unlabeled [jc]");
    assert_snapshot!(update("assignees", moved(ids(&[]), ids(&[5]))), @"change_assigned [jc] change #7");
    assert_snapshot!(update("assignees", moved(ids(&[5]), ids(&[]))), @"change_unassigned [jc] change #7");
    assert_snapshot!(update("title", moved(json!("a"), json!("b"))), @"change_retitled [jc]");
    assert_snapshot!(update("reviewers", moved(ids(&[]), ids(&[5]))), @"change_irrelevant [jc]");
    assert_snapshot!(update("time_estimate", moved(json!(0), json!(1))), @"change_irrelevant [jc]");
    assert_snapshot!(update("something_new", moved(json!(0), json!(1))), @"change_unknown [jc] change #7");
    // Of several things, the one that matters.
    let both = json!({ "title": {}, "labels": moved(ids(&[1]), ids(&[])), "something_new": {} });
    assert_snapshot!(shown("update", both), @"change_unknown [jc] change #7");
    assert_snapshot!(shown("update", json!({ "title": {}, "description": {} })), @"change_edited [jcd] change #7");
}

#[test]
fn a_push_to_a_merge_request_names_both_heads_and_the_pusher() {
    let payload = with(merge_request("update", json!({})), "/object_attributes/oldrev", json!("2".repeat(40)));
    assert_snapshot!(show(&parse_value(&payload)), @"change_pushed! [jc] change #7, head 222222222222");
    let change = change_of(&payload);
    assert_eq!((change.head.as_str(), change.head_branch.name.as_str()), ("1".repeat(40).as_str(), "pay"));
    assert_eq!(change.head_branch.repo.unwrap().id, 9);
    let pusher = change.pusher.unwrap();
    assert_eq!((pusher.account.to_string().as_str(), pusher.login.as_str()), ("gitlab.com/4", "jo"));
    assert_eq!(pusher.kind, ActorKind::Other, "payloads do not tell people from bots");
    let nameless = with(payload, "/user", json!({ "username": "jo" }));
    assert_eq!(change_of(&nameless).pusher, None, "a name is nobody");
}

#[test]
fn opening_tells_nobody_for_a_pusher() {
    let payload = with(merge_request("open", json!({})), "/object_attributes/oldrev", json!("2".repeat(40)));
    let change = change_of(&payload);
    assert_eq!((change.pusher, change.before), (None, None));
}

#[test]
fn states_and_forks_that_are_gone_are_understood() {
    let state =
        |state: Value| change_of(&with(merge_request("merge", json!({})), "/object_attributes/state", state)).state;
    assert_eq!(state(json!("merged")), ChangeState::Merged);
    assert_eq!(state(json!(null)), ChangeState::Merged);
    assert_eq!(state(json!("closed")), ChangeState::Closed);
    assert_eq!(state(json!("locked")), ChangeState::Open);
    let gone = with(merge_request("open", json!({})), "/object_attributes/source_project_id", json!(null));
    assert_eq!(change_of(&gone).head_branch.repo, None);
    let headless = with(merge_request("open", json!({})), "/object_attributes/last_commit", json!(null));
    assert_snapshot!(show(&parse_value(&headless)), @"change_headless [j] change #7");
}

#[test]
fn who_edited_a_description_is_witnessed() {
    let edited = merge_request("update", json!({ "description": { "previous": "", "current": "x" } }));
    let edits = |payload: &Value| {
        let facts = parse_value(payload).event.witnessed();
        facts.into_iter().find_map(|fact| match fact {
            Witness::Described(edit) => Some((edit.change.number, edit.by.id, edit.at.unwrap().to_string())),
            _ => None,
        })
    };
    assert_eq!(edits(&edited), Some((7, 4, "2026-01-02T03:04:05Z".to_owned())));
    assert_eq!(edits(&with(edited.clone(), "/user", json!(null))), None);
    let pushed = with(edited, "/object_attributes/oldrev", json!("2".repeat(40)));
    assert!(edits(&pushed).is_some(), "also beside a push");
}

fn approval(payload: &Value) -> Option<SeenApproval> {
    match parse_value(payload).event {
        Event::Approval(event) => Some(*event.approval),
        _ => None,
    }
}

#[test]
fn approvals_are_witnessed_with_the_head_that_was_seen() {
    for (action, expected) in [
        ("approval", ApprovalAction::Given),
        ("approved", ApprovalAction::Given),
        ("unapproval", ApprovalAction::Withdrawn),
        ("unapproved", ApprovalAction::Withdrawn),
    ] {
        let seen = approval(&merge_request(action, json!({}))).unwrap();
        assert_eq!((seen.action, seen.by.account.id, seen.change.number), (expected, 4, 7), "{action}");
        assert_eq!(seen.head.as_str(), "1".repeat(40));
        assert_eq!(seen.at.unwrap().to_string(), "2026-01-02T03:04:05Z");
    }
    assert_snapshot!(shown("approved", json!({})), @"approval_given! [jca] change #7");
    assert_snapshot!(shown("unapproval", json!({})), @"approval_withdrawn! [jca] change #7");
    let dated =
        with(merge_request("approved", json!({})), "/object_attributes/actioned_at", json!("2026-01-02T03:04:09Z"));
    assert_eq!(approval(&dated).unwrap().at.unwrap().to_string(), "2026-01-02T03:04:09Z");
}

/// When a push resets approvals, GitLab names the pusher as the user, and does not say whose approvals it took back.
#[test]
fn approvals_that_the_forge_resets_are_nobodys_act() {
    let among_attributes = with(merge_request("unapproved", json!({})), "/object_attributes/system", json!(true));
    let mut beside = merge_request("unapproval", json!({}));
    beside["system"] = json!(true);
    for payload in [among_attributes, beside] {
        assert_eq!(approval(&payload), None);
        assert_eq!(show(&parse_value(&payload)), "approvals_reset [j] change #7");
    }
    let nameless = with(merge_request("approved", json!({})), "/user/id", json!(null));
    assert_snapshot!(show(&parse_value(&nameless)), @"approvals_reset [j] change #7");
}

#[test]
fn our_own_approvals_tell_nothing_new() {
    let ours = with(merge_request("approved", json!({})), "/user/id", json!(BOT));
    assert_snapshot!(show(&parse_value(&ours)), @"ignored [] ");
}
