//! Members of groups: whole, or an error.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use seconder::forge::Error;
use seconder::forge::gitlab::{GitLab, GitLabConfig};
use seconder::gate::membership::Reach;
use serde_json::{Value, json};

use crate::github::script::Script;

pub(super) fn client(script: &Script) -> GitLab {
    let config = GitLabConfig {
        url: script.url().to_owned(),
        token: "t".into(),
        owners: Vec::new(),
        policy_project: "seconder-policy".to_owned(),
        request_timeout: Duration::from_secs(20),
        check_name: "seconder".to_owned(),
        webhook_url: String::new(),
        bot: Arc::default(),
    };
    GitLab::new(config, Arc::new(|| "2026-11-23T10:00:00Z".parse().unwrap())).unwrap()
}

fn page(ids: std::ops::Range<i64>) -> Value {
    ids.map(|id| json!({ "id": id, "state": "active", "username": "x", "access_level": 30 })).collect()
}

/// All of these are people.
fn people(ids: std::ops::Range<i64>) -> Value {
    let user =
        |id: i64| json!({ "id": format!("gid://gitlab/User/{id}"), "username": "x", "bot": false, "type": "HUMAN" });
    json!({ "data": { "users": { "nodes": ids.map(user).collect::<Vec<_>>() } } })
}

async fn read(script: &Script) -> Result<BTreeSet<i64>, Error> {
    client(script).group_members(7, Reach::Direct).await
}

#[tokio::test]
async fn every_page_is_read_and_kinds_are_asked_a_hundred_at_once() {
    let script = Script::start().await;
    script.then(200, &[("x-next-page", "2"), ("x-total", "101")], &page(1..101));
    script.then(200, &[("x-next-page", ""), ("x-total", "101")], &page(101..102));
    script.then(200, &[], &people(1..101)).then(200, &[], &people(101..102));
    assert_eq!(read(&script).await.unwrap(), (1..102).collect());
    let paths: Vec<String> = script.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(
        paths,
        [
            "/api/v4/groups/7/members?per_page=100&page=1",
            "/api/v4/groups/7/members?per_page=100&page=2",
            "/api/graphql",
            "/api/graphql",
        ]
    );
}

#[tokio::test]
async fn a_full_page_without_a_word_of_the_next_is_not_the_last() {
    let script = Script::start().await;
    script.then(200, &[], &page(1..101)).then(200, &[], &page(101..103));
    script.then(200, &[], &people(1..101)).then(200, &[], &people(101..103));
    assert_eq!(read(&script).await.unwrap().len(), 102);
}

#[tokio::test]
async fn a_list_that_changes_while_it_is_read_is_none() {
    // Somebody left: others moved to a page that was read already.
    let moved: [[(&str, &str); 2]; 2] =
        [[("x-next-page", "2"), ("x-total", "150")], [("x-next-page", ""), ("x-total", "149")]];
    let lacking: [[(&str, &str); 2]; 2] =
        [[("x-next-page", "2"), ("x-total", "151")], [("x-next-page", ""), ("x-total", "151")]];
    // Each is as many as it says in the end, or does not say to change.
    for (headers, rest) in [(moved, 101..150), (lacking, 101..151)] {
        let script = Script::start().await;
        script.then(200, &headers[0], &page(1..101)).then(200, &headers[1], &page(rest));
        assert!(matches!(read(&script).await, Err(Error::Transient { .. })), "{headers:?}");
    }
    let script = Script::start().await;
    script.then(200, &[("x-next-page", "2")], &page(1..101)).then(200, &[], &page(100..110));
    assert!(matches!(read(&script).await, Err(Error::Transient { .. })), "one of them twice");
}

#[tokio::test]
async fn whoever_is_not_known_to_be_a_person_is_an_error_and_a_bot_is_none() {
    let script = Script::start().await;
    script.then(200, &[], &page(1..4));
    let kinds = json!({ "data": { "users": { "nodes": [
        { "id": "gid://gitlab/User/1", "username": "a", "bot": false, "type": "HUMAN" },
        { "id": "gid://gitlab/User/2", "username": "b", "bot": true, "type": "PROJECT_BOT" },
        { "id": "gid://gitlab/User/3", "username": "c", "bot": false, "type": "SERVICE_USER" },
    ] } } });
    script.then(200, &[], &kinds);
    assert_eq!(read(&script).await.unwrap(), BTreeSet::from([1]));
    let script = Script::start().await;
    script.then(200, &[], &page(1..4)).then(200, &[], &people(1..3));
    assert!(matches!(read(&script).await, Err(Error::Broken { .. })));
}

#[tokio::test]
async fn a_path_that_leads_to_another_group_is_nobodys() {
    let group = |path: &str| json!({ "id": 7, "name": "x", "path": "x", "full_path": path, "web_url": "x", "visibility": "private" });
    let script = Script::start().await;
    script.then(200, &[], &group("Acme/Seniors")).then(200, &[], &group("acme/leads"));
    let client = client(&script);
    assert_eq!(client.group_number("acme/seniors").await.unwrap(), 7);
    assert!(matches!(client.group_number("acme/seniors").await, Err(Error::NotFound { .. })));
}
