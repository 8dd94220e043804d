//! Deliveries about what others report on commits.

use seconder::forge::event::{Event, ReportEvent, ReportKind};
use seconder::forge::github::webhook::{DeliveryHeaders, ParseError, parse};
use seconder::gate::finding::{By, Kind, Place};
use seconder::gate::ids::Host;
use serde_json::{Value, json};

const OURS: i64 = 77;

fn host() -> Host {
    "github.com".parse().unwrap()
}

fn payload(rest: &Value) -> Value {
    let mut payload = json!({
        "installation": { "id": 5 },
        "repository": { "id": 1, "full_name": "acme/pay", "owner": { "id": 9, "login": "acme" }, "default_branch": "main" },
        "sender": { "id": 10, "login": "jo", "type": "User" },
    });
    for (key, value) in rest.as_object().unwrap() {
        payload[key] = value.clone();
    }
    payload
}

fn told(event: &str, app_id: Option<i64>, rest: &Value) -> Result<Event, ParseError> {
    let headers = DeliveryHeaders { event: event.to_owned(), guid: "d1".to_owned(), app_id };
    parse(&headers, &host(), payload(rest).to_string().as_bytes()).map(|delivery| delivery.event)
}

fn run(action: &str, app: i64, name: &str) -> Value {
    json!({ "action": action, "check_run": { "head_sha": "a".repeat(40), "name": name, "app": { "id": app } } })
}

#[track_caller]
fn report(event: Event) -> ReportEvent {
    match event {
        Event::Report(report) => report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_check_of_another_app_is_a_report() {
    let now = jiff::Timestamp::UNIX_EPOCH;
    for action in ["created", "completed"] {
        let report = report(told("check_run", Some(OURS), &run(action, 5, "seconder")).unwrap());
        assert_eq!((report.kind, &report.by), (ReportKind::Check, &Some(By::App(5))));
        let finding = report.finding("seconder", now).unwrap();
        assert_eq!(finding.kind, Kind::ForeignCheck);
        assert_eq!(finding.place, Place::Commit("a".repeat(40).parse().unwrap()));
        assert_eq!(report.finding("seconder-preview", now), None);
    }
}

#[test]
fn our_own_check_tells_nothing_new() {
    for app_id in [Some(OURS), None] {
        let event = told("check_run", app_id, &run("completed", OURS, "seconder")).unwrap();
        assert!(matches!(event, Event::Ignored { .. }), "{event:?}");
    }
    let again = told("check_run", Some(OURS), &run("rerequested", OURS, "seconder")).unwrap();
    assert!(matches!(again, Event::Rerun(_)), "{again:?}");
    let theirs = told("check_run", Some(OURS), &run("rerequested", 5, "seconder")).unwrap();
    assert!(matches!(theirs, Event::Ignored { .. }), "{theirs:?}");
}

#[test]
fn a_status_is_a_report_whoever_sets_it() {
    let status = json!({ "sha": "b".repeat(40), "context": "seconder", "state": "success" });
    let event = told("status", Some(OURS), &status).unwrap();
    assert!(event.concerns().is_empty());
    let report = report(event);
    assert_eq!((report.kind, report.name.as_str()), (ReportKind::Status, "seconder"));
    assert!(matches!(&report.by, Some(By::Account(account)) if account.id == 10));
}

#[test]
fn a_report_without_its_parts_is_refused() {
    let error = told("status", Some(OURS), &json!({ "sha": "b".repeat(40) })).unwrap_err();
    assert!(matches!(&error, ParseError::Payload { path, .. } if path == "context"), "{error:?}");
    let error = told("check_run", Some(OURS), &json!({ "action": "created" })).unwrap_err();
    assert!(matches!(&error, ParseError::Payload { path, .. } if path == "check_run"), "{error:?}");
}
