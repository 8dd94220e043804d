//! Deliveries about notes: what makes a command, and what ends one.

use insta::assert_snapshot;
use seconder::forge::event::Event;
use seconder::gate::command::{Ask, Fate};
use seconder::gate::witnessed::{Concern, Misplaced, Place, SeenCommand, Witness, body_digest};
use serde_json::{Value, json};

use super::webhook::{BOT, parse_value};
use crate::shown::show;

/// kim says this on merge request 7.
fn note(action: &str, text: &str) -> Value {
    json!({
        "object_kind": "note", "event_type": "note", "user": { "id": 3, "username": "kim" },
        "project_id": 8, "project": { "id": 8, "path_with_namespace": "acme/pay", "default_branch": "main" },
        "object_attributes": {
            "id": 50, "note": text, "noteable_type": "MergeRequest", "author_id": 3, "system": false, "action": action,
            "type": null, "created_at": "2026-01-02 03:04:05 UTC",
            "url": "https://gitlab.com/acme/pay/-/merge_requests/7#note_50",
        },
        "merge_request": {
            "id": 99, "iid": 7, "state": "opened", "source_branch": "pay", "target_branch": "main",
            "source_project_id": 8, "target_project_id": 8, "last_commit": { "id": "1".repeat(40) },
        },
    })
}

fn with(mut payload: Value, key: &str, value: Value) -> Value {
    payload["object_attributes"][key] = value;
    payload
}

fn command(payload: &Value) -> Option<SeenCommand> {
    match parse_value(payload).event {
        Event::Comment(event) => event.command.map(|command| *command),
        _ => None,
    }
}

fn misplaced(payload: &Value) -> Option<Misplaced> {
    match parse_value(payload).event {
        Event::LineComment(event) => Some(*event.misplaced),
        _ => None,
    }
}

#[test]
fn a_note_that_is_created_makes_a_command() {
    let text = "Looks right.\n\n/seconder approve 111111111111 fine";
    let payload = note("create", text);
    assert_snapshot!(show(&parse_value(&payload)), @"comment_created! [jo] change #7");
    let seen = command(&payload).unwrap();
    assert_eq!((seen.comment, seen.change.number, seen.author.account.id), (50, 7, 3));
    assert_eq!(
        (seen.said_at.to_string().as_str(), seen.node.as_str()),
        ("2026-01-02T03:04:05Z", "gid://gitlab/Note/50")
    );
    assert_eq!(seen.body_digest, body_digest(text));
    assert!(seen.is_witnessed && seen.via_app.is_none());
    assert!(matches!(seen.said.ask, Ask::Approve { named: Some(_) }));
    let threaded = command(&with(payload.clone(), "type", json!("DiscussionNote"))).unwrap();
    assert_eq!(threaded.node, "gid://gitlab/DiscussionNote/50");
    // Versions before 16.11 say of no note what was done, as they tell of new ones only.
    assert!(command(&with(payload, "action", json!(null))).is_some());
}

#[test]
fn people_talking_to_people_leave_nothing_behind() {
    assert_snapshot!(show(&parse_value(&note("create", "Looks right."))), @"comment_created [] ");
}

#[test]
fn quick_actions_of_gitlab_are_left_alone() {
    for text in
        ["/approve", "/approve 111111111111", "/approve\n/merge", "/approve\n\n/approve", "/unapprove", "/assign @jo"]
    {
        assert_eq!(command(&note("create", text)), None, "{text}");
    }
    let both = command(&note("create", "/approve\n/seconder hold not yet")).unwrap();
    assert_eq!(both.said.ask, Ask::Hold);
}

#[test]
fn what_not_everybody_can_read_or_gitlab_wrote_says_nothing() {
    let text = "/seconder hold not yet";
    for (key, value) in [
        ("system", json!(true)),
        ("internal", json!(true)),
        ("confidential", json!(true)),
        ("noteable_type", json!("Issue")),
        ("noteable_type", json!("Commit")),
        ("noteable_type", json!(null)),
        ("author_id", json!(BOT)),
    ] {
        assert_eq!(show(&parse_value(&with(note("create", text), key, value.clone()))), "ignored [] ", "{key} {value}");
    }
    let mut confidential = note("create", text);
    confidential["event_type"] = json!("confidential_note");
    assert_eq!(show(&parse_value(&confidential)), "ignored [] ");
}

#[test]
fn nobody_speaks_in_anothers_name() {
    let text = "/seconder hold not yet";
    assert_eq!(command(&with(note("create", text), "author_id", json!(4))), None);
    assert_eq!(command(&with(note("create", text), "author_id", json!(null))), None);
    let mut unnumbered = note("create", text);
    unnumbered["user"] = json!({ "username": "kim" });
    assert_eq!(command(&unnumbered).unwrap().author.account.id, 3, "old versions number the author only");
}

#[test]
fn an_edited_note_makes_no_command_and_may_end_one() {
    for text in ["never mind", "/seconder approve 111111111111"] {
        let payload = note("update", text);
        assert_eq!(command(&payload), None);
        let event = parse_value(&payload).event;
        let fates: Vec<_> = event
            .witnessed()
            .into_iter()
            .filter_map(|fact| match fact {
                Witness::CommentFate { comment, fate, by, .. } => Some((comment, fate, by.unwrap().id)),
                _ => None,
            })
            .collect();
        assert_eq!(fates, [(50, Fate::Edited, 3)], "what it said before is not told");
        assert!(matches!(event.concerns().as_slice(), [Concern::Comment { comment: 50, .. }]));
    }
    assert_eq!(show(&parse_value(&note("destroy", "/seconder approve 111111111111"))), "ignored [] ");
}

#[test]
fn a_command_on_a_line_is_answered_and_not_obeyed() {
    let payload = with(note("create", "/seconder approve 111111111111"), "type", json!("DiffNote"));
    assert_snapshot!(show(&parse_value(&payload)), @"line_comment_created [jcm] change #7");
    let seen = misplaced(&payload).unwrap();
    assert_eq!((seen.place, seen.id, seen.author.account.id), (Place::Line, 50, 3));
    for (action, text) in
        [("create", "looks odd"), ("create", "/approve"), ("update", "/seconder approve 111111111111")]
    {
        let payload = with(note(action, text), "type", json!("DiffNote"));
        assert_eq!(show(&parse_value(&payload)), "ignored [] ", "{action} {text}");
    }
}
