//! Webhook payloads, compared with what GitLab sent to others: names and types of ours must occur there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use seconder::sandbox::{Edition, NewCommit, OpenPull, Opinion, VerdictJob};
use serde_json::Value;

use super::super::client::Receiver;
use super::{PROJECT, told};

/// What GitLab documents today and the samples, which are older, do not have yet.
const NEWER: [&str; 28] = [
    "/changes/assignees",
    "/expires_at",
    "/group_plan",
    "/commit/title",
    "/merge_request/assignee_ids",
    "/merge_request/blocking_discussions_resolved",
    "/merge_request/draft",
    "/merge_request/first_contribution",
    "/merge_request/human_time_change",
    "/merge_request/labels",
    "/merge_request/reviewer_ids",
    "/merge_request/source/ci_config_path",
    "/merge_request/state_id",
    "/merge_request/target/ci_config_path",
    "/merge_request/time_change",
    "/object_attributes/description",
    "/object_attributes/detailed_status",
    "/object_attributes/internal",
    "/object_attributes/protected_ref",
    "/object_attributes/system",
    "/object_attributes/system_action",
    "/changes/draft",
    "/changes/reviewers",
    "/changes/target_branch",
    "/project/ci_config_path",
    "/push_options",
    "/reviewers/*/re_requested",
    "/reviewers/*/state",
];

/// Kinds of values by path; positions in lists are `*`.
type Shape = BTreeMap<String, BTreeSet<&'static str>>;

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

fn add(shape: &mut Shape, path: &str, value: &Value) {
    shape.entry(path.to_owned()).or_default().insert(kind(value));
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| add(shape, &format!("{path}/{name}"), value)),
        Value::Array(items) => items.iter().for_each(|value| add(shape, &format!("{path}/*"), value)),
        _ => {}
    }
}

fn kind_of(payload: &Value) -> Option<&str> {
    payload["object_kind"].as_str().or(payload["event_name"].as_str())
}

/// What samples have, by kind of event.
fn samples() -> BTreeMap<String, Shape> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gitlab");
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    for folder in ["webhooks-gitlab4j", "webhooks-go-gitlab", "webhooks-go-playground", "webhooks-go-scm"] {
        for entry in std::fs::read_dir(fixtures.join(folder)).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let payload: Value = serde_json::from_str(&text).unwrap();
            let Some(kind) = kind_of(&payload) else { continue };
            // System hooks share the kinds and not the shapes; notes are of many things.
            let is_other =
                payload["object_attributes"]["noteable_type"].as_str().is_some_and(|of| of != "MergeRequest");
            if !is_other {
                add(shapes.entry(kind.to_owned()).or_default(), "", &payload);
            }
        }
    }
    shapes
}

/// What of ours no sample has, or has otherwise.
fn differences(event: &str, ours: &Value, theirs: &Shape) -> Vec<String> {
    let mut own = Shape::new();
    add(&mut own, "", ours);
    let mut found = Vec::new();
    for (path, kinds) in &own {
        let is_newer = NEWER.contains(&path.as_str());
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        match theirs.get(path) {
            None if theirs.contains_key(parent) && !is_newer => {
                found.push(format!("{event}: no sample has {path}"));
            }
            Some(wanted) if !wanted.contains("null") && !kinds.contains("null") && kinds.is_disjoint(wanted) => {
                found.push(format!("{event}: {path} is {kinds:?} and not {wanted:?}"));
            }
            _ => {}
        }
    }
    found
}

#[tokio::test]
async fn payloads_have_the_names_and_types_that_gitlab_sends() {
    let (forge, number) = told(Edition::Premium).await;
    let hooks = Receiver::of(&forge).await;
    let (jo, ana) = (forge.user("jo"), forge.user("ana"));
    let acme = forge.organization("acme");
    forge.team(&acme, "senior", &[&ana]);
    forge.remove_member(&jo, &acme, &ana);
    forge.verdict_job(PROJECT, VerdictJob::of("http://127.0.0.1:1", "https://seconder.example"));
    forge.push(&jo, PROJECT, "fix", NewCommit::new("More").file("b.txt", "b\n"));
    forge.push(&jo, PROJECT, "other", NewCommit::new("Other").file("c.txt", "c\n"));
    let other = forge.open_pull(&jo, PROJECT, OpenPull::new("other", "Other").body("text").draft());
    forge.ready(&jo, PROJECT, other);
    forge.label(&jo, PROJECT, number, "bug");
    forge.assign(&jo, PROJECT, number, &ana);
    forge.request_review(&jo, PROJECT, number, &ana);
    forge.review_saying(&ana, PROJECT, number, Opinion::Approve, None, "good");
    forge.unapprove(&ana, PROJECT, number);
    forge.line_comment(&ana, PROJECT, number, "b.txt", "why?");
    forge.edit_title(&jo, PROJECT, number, "Fix it");
    forge.close(&jo, PROJECT, other);
    forge.delete_branch(&jo, PROJECT, "other");
    forge.expire_token(&forge.bot_token(), forge.now(), Some(PROJECT));
    forge.settled().await;
    let samples = samples();
    let mut found = BTreeSet::new();
    let mut compared = BTreeSet::new();
    for (_, body) in hooks.taken() {
        let ours: Value = serde_json::from_slice(&body).unwrap();
        let kind = kind_of(&ours).unwrap().to_owned();
        if let Some(theirs) = samples.get(&kind) {
            found.extend(differences(&kind, &ours, theirs));
            compared.insert(kind);
        }
    }
    assert!(found.is_empty(), "{}", found.into_iter().collect::<Vec<_>>().join("\n"));
    let wanted = ["access_token", "merge_request", "note", "pipeline", "push", "user_add_to_group"];
    assert!(wanted.iter().all(|kind| compared.contains(*kind)), "only {compared:?} had samples to compare with");
}

#[test]
fn a_payload_that_differs_is_found() {
    let samples = samples();
    let ours = serde_json::json!({ "object_kind": "push", "user_id": "4", "pusher": "jo" });
    let found = differences("push", &ours, &samples["push"]);
    assert_eq!(found.len(), 2, "the name that no sample has, and the type: {found:?}");
}
