//! Deliveries about what people write: what makes a command, and what ends one.

use seconder::forge::event::{Delivery, Event};
use seconder::forge::github::webhook::{DeliveryHeaders, ParseError, parse};
use seconder::gate::command::{Ask, Fate, Said};
use seconder::gate::ids::Host;
use seconder::gate::witnessed::{Concern, Misplaced, Place, SeenCommand, Witness, body_digest};
use serde_json::{Value, json};

const APP: i64 = 77;
const HEAD: &str = "1111111111111111111111111111111111111111";

fn host() -> Host {
    "github.com".parse().unwrap()
}

fn account(id: i64, login: &str) -> Value {
    json!({ "id": id, "login": login, "type": "User" })
}

fn delivered(event: &str, payload: &Value) -> Result<Delivery, ParseError> {
    let headers = DeliveryHeaders { event: event.to_owned(), guid: "d1".to_owned(), app_id: Some(APP) };
    parse(&headers, &host(), payload.to_string().as_bytes())
}

#[track_caller]
fn event(event: &str, payload: &Value) -> Event {
    delivered(event, payload).unwrap().event
}

fn repository() -> Value {
    json!({ "id": 8, "full_name": "acme/pay", "default_branch": "main", "owner": account(9, "acme") })
}

fn pull_request() -> Value {
    let end = |branch: &str| json!({ "ref": branch, "sha": HEAD, "repo": { "id": 8 } });
    json!({ "number": 7, "state": "open", "merged_at": null, "head": end("pay"), "base": end("main") })
}

/// kim says this in the conversation.
fn comment(action: &str, text: &str) -> Value {
    json!({
        "action": action,
        "installation": { "id": 5 },
        "repository": repository(),
        "issue": { "number": 7, "pull_request": {} },
        "sender": account(3, "kim"),
        "comment": {
            "id": 50, "node_id": "IC_50", "body": text, "user": account(3, "kim"),
            "created_at": "2026-01-02T03:04:05Z", "html_url": "https://github.com/acme/pay/pull/7#issuecomment-50",
            "performed_via_github_app": null,
        },
    })
}

fn command(payload: &Value) -> Option<SeenCommand> {
    match event("issue_comment", payload) {
        Event::Comment(event) => event.command.map(|command| *command),
        Event::Ignored { .. } => None,
        other => panic!("{other:?}"),
    }
}

fn change_concerned(event: &Event) -> bool {
    matches!(event.concerns().as_slice(), [Concern::Change(key)] if key.number == 7)
}

#[test]
fn a_comment_that_is_created_makes_a_command() {
    let text = "Looks right.\r\n\r\n/seconder approve 111111111111 fine";
    let said = comment("created", text);
    let seen = command(&said).unwrap();
    assert_eq!(seen.said.ask, Ask::Approve { named: Some("111111111111".to_owned()) });
    assert_eq!((seen.comment, seen.node.as_str(), seen.author.account.id, seen.via_app), (50, "IC_50", 3, None));
    assert_eq!(seen.said_at, "2026-01-02T03:04:05Z".parse().unwrap());
    assert_eq!(seen.body_digest, body_digest(&text.replace('\r', "")), "forges do not keep line ends apart");
    assert!(seen.is_witnessed && seen.url.is_some());
    let event = event("issue_comment", &said);
    assert!(change_concerned(&event) && event.urgent() && !event.hurries());
    assert!(matches!(event.witnessed().as_slice(), [Witness::Repository(_), Witness::Command(_)]));
}

#[test]
fn a_comment_without_a_command_leaves_nothing_behind() {
    for text in ["Nice.", "> /seconder approve", "`/seconder approve`", ""] {
        for action in ["created", "edited", "deleted"] {
            let event = event("issue_comment", &comment(action, text));
            assert!(event.witnessed().is_empty() && event.concerns().is_empty(), "{action} {text:?}");
        }
    }
}

#[test]
fn a_comment_on_a_plain_issue_is_none_of_ours() {
    let mut payload = comment("created", "/seconder approve");
    payload["issue"].as_object_mut().unwrap().remove("pull_request");
    assert!(matches!(event("issue_comment", &payload), Event::Ignored { .. }));
}

#[test]
fn asking_for_another_look_goes_first_and_hurries_nothing() {
    let event = event("issue_comment", &comment("created", "/seconder recheck"));
    assert!(change_concerned(&event) && event.urgent() && !event.hurries());
}

#[test]
fn the_author_is_whom_the_comment_names_and_nobody_else_can_have_created_it() {
    let mut payload = comment("created", "/seconder approve");
    payload["sender"] = account(4, "mallory");
    assert_eq!(command(&payload), None);
    payload["comment"]["user"] = Value::Null;
    assert_eq!(command(&payload), None);
}

#[test]
fn the_app_that_a_comment_was_written_through_is_kept() {
    let mut payload = comment("created", "/seconder approve");
    payload["comment"]["performed_via_github_app"] = json!({ "id": 12 });
    assert_eq!(command(&payload).unwrap().via_app, Some(12));
}

#[test]
fn our_own_comments_say_nothing() {
    let mut payload = comment("created", "/seconder approve");
    payload["comment"]["performed_via_github_app"] = json!({ "id": APP });
    assert_eq!(command(&payload).unwrap().via_app, Some(APP), "a person through our App is still somebody else");
    let bot = json!({ "id": 70, "login": "seconder[bot]", "type": "Bot" });
    (payload["comment"]["user"], payload["sender"]) = (bot.clone(), bot);
    assert!(matches!(event("issue_comment", &payload), Event::Ignored { .. }));
}

fn fate(payload: &Value) -> Option<Fate> {
    let facts = event("issue_comment", payload).witnessed();
    facts.iter().find_map(|fact| match fact {
        Witness::CommentFate { comment: 50, fate, .. } => Some(*fate),
        _ => None,
    })
}

#[test]
fn editing_or_deleting_what_granted_something_is_looked_at() {
    let mut edited = comment("edited", "Never mind.");
    edited["changes"] = json!({ "body": { "from": "/seconder approve 111111111111" } });
    edited["sender"] = account(4, "mallory");
    let deleted = comment("deleted", "/seconder unhold");
    for (payload, ends) in [(&edited, Fate::Edited), (&deleted, Fate::Deleted)] {
        assert_eq!(fate(payload), Some(ends));
        let event = event("issue_comment", payload);
        assert!(change_concerned(&event) && event.urgent());
    }
}

#[test]
fn editing_what_withheld_something_is_kept_but_moves_nothing() {
    let mut edited = comment("edited", "Never mind.");
    edited["changes"] = json!({ "body": { "from": "/seconder hold Freeze" } });
    assert_eq!(fate(&edited), Some(Fate::Edited));
    assert!(event("issue_comment", &edited).concerns().is_empty());
}

#[test]
fn a_comment_that_is_edited_into_a_command_makes_none() {
    let mut edited = comment("edited", "/seconder approve");
    edited["changes"] = json!({ "body": { "from": "Nice." } });
    assert_eq!((command(&edited), fate(&edited)), (None, None));
}

#[test]
fn what_a_command_needs_has_to_be_there() {
    for field in ["node_id", "created_at"] {
        let mut payload = comment("created", "/seconder approve");
        payload["comment"].as_object_mut().unwrap().remove(field);
        let path = format!("comment.{field}");
        let expected = ParseError::Payload { event: "issue_comment".to_owned(), path };
        assert_eq!(delivered("issue_comment", &payload), Err(expected));
    }
}

fn misplaced(name: &str, payload: &Value) -> Option<Misplaced> {
    let event = event(name, payload);
    let found = event.witnessed().into_iter().find_map(|fact| match fact {
        Witness::Misplaced(misplaced) => Some(*misplaced),
        _ => None,
    });
    assert_eq!(found.is_some(), change_concerned(&event));
    found
}

#[test]
fn a_command_in_a_review_is_noticed_where_it_was_submitted() {
    let review = |action: &str, state: &str, body: Value| {
        json!({
            "action": action, "installation": { "id": 5 }, "repository": repository(), "pull_request": pull_request(),
            "sender": account(3, "kim"),
            "review": {
                "id": 60, "state": state, "body": body, "user": account(3, "kim"),
                "submitted_at": "2026-01-02T03:04:05Z", "html_url": "https://github.com/acme/pay/pull/7#r60",
            },
        })
    };
    let name = "pull_request_review";
    let seen = misplaced(name, &review("submitted", "commented", json!("/seconder hold Wait"))).unwrap();
    assert_eq!((seen.place, seen.id, seen.author.account.id), (Place::Review, 60, 3));
    assert_eq!(seen.said, Said { ask: Ask::Hold, reason: Some("Wait".to_owned()), is_bare: false });
    assert_eq!(misplaced(name, &review("submitted", "commented", Value::Null)), None);
    let edited = event(name, &review("edited", "commented", json!("/seconder hold Wait")));
    assert!(edited.concerns().is_empty());
    let approved = event(name, &review("submitted", "approved", json!("Fine.")));
    assert!(change_concerned(&approved));
}

#[test]
fn a_command_on_a_line_is_noticed_and_other_talk_there_is_not() {
    let on_line = |text: &str| {
        let mut payload = comment("created", text);
        payload["pull_request"] = pull_request();
        payload.as_object_mut().unwrap().remove("issue");
        payload
    };
    let name = "pull_request_review_comment";
    let seen = misplaced(name, &on_line("/seconder revoke")).unwrap();
    assert_eq!((seen.place, seen.id, seen.said.ask), (Place::Line, 50, Ask::Revoke));
    assert!(matches!(event(name, &on_line("Why?")), Event::Ignored { .. }));
    let mut edited = on_line("/seconder revoke");
    edited["action"] = json!("edited");
    assert!(matches!(event(name, &edited), Event::Ignored { .. }));
}
