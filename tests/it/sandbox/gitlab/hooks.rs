//! Webhooks: what they carry, how they are signed, what failing does to them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::SignedDuration;
use seconder::sandbox::{Edition, GitLab, NewCommit, OpenPull, Opinion, Sandbox, Secrets};
use serde_json::{Value, json};

use super::super::client::Receiver;
use super::{PROJECT, bot, ok, start, told};

fn header(headers: &axum::http::HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Kind and action of everything that came.
fn kinds(hooks: &Receiver) -> Vec<String> {
    let kind = |body: &[u8]| {
        let payload: Value = serde_json::from_slice(body).unwrap();
        let kind = payload["object_kind"].as_str().or(payload["event_name"].as_str()).unwrap_or_default().to_owned();
        payload["object_attributes"]["action"].as_str().map_or(kind.clone(), |action| format!("{kind}.{action}"))
    };
    hooks.taken().iter().map(|(_, body)| kind(body)).collect()
}

#[tokio::test]
async fn what_people_do_is_told_in_order() {
    let (forge, number) = told(Edition::Premium).await;
    let hooks = Receiver::of(&forge).await;
    let (jo, ana) = (forge.user("jo"), forge.user("ana"));
    forge.require_check(PROJECT, "main", "seconder", None);
    forge.review(&ana, PROJECT, number, Opinion::Approve, None);
    let note = forge.comment(&ana, PROJECT, number, "hello");
    forge.edit_comment(&ana, note, "hi");
    forge.delete_comment(&ana, note);
    let before = forge.head(PROJECT, number);
    forge.push(&jo, PROJECT, "fix", NewCommit::new("More").file("b.txt", "b\n"));
    forge.close(&jo, PROJECT, number);
    forge.reopen(&jo, PROJECT, number);
    forge.settled().await;
    let told = kinds(&hooks);
    let wanted = [
        "merge_request.approval",
        "note.create",
        "note.update",
        "push",
        "merge_request.update",
        "merge_request.unapproval",
        "merge_request.close",
        "merge_request.reopen",
    ];
    assert_eq!(told, wanted);
    let update: Value = serde_json::from_slice(&hooks.taken()[4].1).unwrap();
    assert_eq!(update["object_attributes"]["oldrev"], json!(before));
    assert_eq!(update["object_attributes"]["last_commit"]["id"], json!(forge.head(PROJECT, number)));
    let removed: Value = serde_json::from_slice(&hooks.taken()[5].1).unwrap();
    assert_eq!(removed["object_attributes"]["system_action"], "approvals_reset_on_push");
}

#[tokio::test]
async fn deliveries_are_signed_or_carry_the_secret() {
    let (forge, number) = told(Edition::Free).await;
    let hooks = Receiver::of(&forge).await;
    forge.comment(&forge.user("ana"), PROJECT, number, "hello");
    forge.settled().await;
    let (headers, body) = hooks.taken().first().cloned().unwrap();
    let key = STANDARD.decode(forge.signing_token().trim_start_matches("whsec_")).unwrap();
    assert_eq!(key.len(), 32);
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    let (id, at) = (header(&headers, "webhook-id"), header(&headers, "webhook-timestamp"));
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(&body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(header(&headers, "webhook-signature"), signature);
    assert_eq!(header(&headers, "idempotency-key"), id);
    assert_eq!(header(&headers, "x-gitlab-event"), "Note Hook");
    assert_eq!(header(&headers, "x-gitlab-instance"), forge.web_url());
    assert_eq!(header(&headers, "x-gitlab-token"), "");
    forge.webhook_secrets(Secrets::Token);
    forge.comment(&forge.user("ana"), PROJECT, number, "hello again");
    forge.settled().await;
    let (headers, _) = hooks.taken().last().cloned().unwrap();
    assert_eq!(header(&headers, "x-gitlab-token"), forge.secret_token());
    assert_eq!(header(&headers, "webhook-signature"), "");
}

#[tokio::test]
async fn groups_have_hooks_only_where_they_are_paid_for() {
    for (edition, place) in [(Edition::Free, PROJECT), (Edition::Premium, "acme")] {
        let (forge, _) = told(edition).await;
        let hooks = Receiver::of(&forge).await;
        assert_eq!(forge.hooks(place).len(), 1);
        forge.repository("acme/later");
        let jo = forge.user("jo");
        forge.push(&jo, "acme/later", "fix", NewCommit::new("Fix").file("a", "a"));
        forge.open_pull(&jo, "acme/later", OpenPull::new("fix", "Fix"));
        forge.team(&forge.organization("acme"), "senior", &[&jo]);
        forge.settled().await;
        let told = kinds(&hooks);
        assert!(told.contains(&"merge_request.open".to_owned()), "{told:?}");
        assert_eq!(told.contains(&"user_add_to_group".to_owned()), edition == Edition::Premium, "{told:?}");
    }
}

/// A hook where nobody listens, failed so many times.
async fn failing(forge: &Sandbox, times: usize) -> u64 {
    forge.webhooks_to("http://127.0.0.1:1/hook");
    for _ in 0..times {
        forge.comment(&forge.user("ana"), PROJECT, 1, "hello");
        forge.settled().await;
        forge.advance(SignedDuration::from_hours(25));
    }
    forge.hooks("acme")[0].0
}

#[tokio::test]
async fn a_hook_that_fails_is_disabled_for_a_while_and_then_for_good() {
    let (forge, _) = told(Edition::Premium).await;
    forge.set_role("acme", &forge.bot_account(), 50);
    let hook = failing(&forge, 3).await;
    let client = bot(&forge);
    let path = format!("/groups/acme/hooks/{hook}");
    assert_eq!(ok(client.get(&path).await, 200)["alert_status"], "executable");
    forge.comment(&forge.user("ana"), PROJECT, 1, "hello");
    forge.settled().await;
    assert_eq!(ok(client.get(&path).await, 200)["alert_status"], "temporarily_disabled");
    let sent = forge.deliveries().len();
    forge.comment(&forge.user("ana"), PROJECT, 1, "while it is away");
    forge.settled().await;
    assert_eq!(forge.deliveries().len(), sent, "nothing is sent, and nothing recorded");
    forge.advance(SignedDuration::from_hours(25));
    failing(&forge, 36).await;
    assert_eq!(ok(client.get(&path).await, 200)["alert_status"], "disabled");
    let hooks = Receiver::of(&forge).await;
    let listening = ok(client.get("/groups/acme/hooks").await, 200);
    let url = listening[1]["url"].clone();
    ok(client.put(&path, json!({ "url": url })).await, 200);
    ok(client.post(&format!("{path}/test/push_events"), json!({})).await, 201);
    forge.settled().await;
    assert_eq!(kinds(&hooks), ["push"]);
    assert_eq!(ok(client.get(&path).await, 200)["alert_status"], "executable");
}

#[tokio::test]
async fn what_was_lost_can_be_asked_for_and_sent_again() {
    let (forge, number) = told(Edition::Free).await;
    forge.promote_bot(PROJECT);
    let hooks = Receiver::of(&forge).await;
    forge.faults().lose_webhooks(1);
    forge.comment(&forge.user("ana"), PROJECT, number, "hello");
    forge.settled().await;
    assert!(hooks.taken().is_empty());
    let client = bot(&forge);
    let path = format!("/projects/acme%2Fpay/hooks/{}", forge.hooks(PROJECT)[0].0);
    let events = ok(client.get(&format!("{path}/events?status=server_failure")).await, 200);
    assert_eq!(events[0]["trigger"], "note_hooks");
    assert_eq!(events[0]["request_data"]["object_attributes"]["note"], "hello");
    ok(client.post(&format!("{path}/events/{}/resend", events[0]["id"]), json!({})).await, 201);
    forge.settled().await;
    let (headers, _) = hooks.taken().first().cloned().unwrap();
    assert_eq!(events[0]["request_headers"]["Idempotency-Key"], json!(header(&headers, "webhook-id")));
    let old = start(GitLab { version: "17.2".to_owned(), edition: Edition::Free }).await;
    old.repository(PROJECT);
    old.promote_bot(PROJECT);
    old.webhooks_to("http://127.0.0.1:1/hook");
    let path = format!("/projects/acme%2Fpay/hooks/{}/events", old.hooks(PROJECT)[0].0);
    ok(bot(&old).get(&path).await, 404);
}
