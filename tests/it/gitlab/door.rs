//! What comes to GitLab's door: only what a configured host's secret vouches for is taken, and whatever is genuine is
//! answered with success, as GitLab disables hooks that fail.

use seconder::gate::ids::{ChangeKey, OwnerId, RepoId};
use seconder::gate::witnessed::{Listing, SeenRepository};
use serde_json::{Value, json};

use super::house::{House, Knock, TOKEN, at, gitlab, signing_token};

/// jo opened merge request 7 of this project, which has number 8.
fn opened(project: &str) -> Value {
    json!({
        "object_kind": "merge_request", "user": { "id": 4, "username": "jo" },
        "project": { "id": 8, "path_with_namespace": project, "default_branch": "main", "visibility_level": 0 },
        "object_attributes": {
            "iid": 7, "state": "opened", "action": "open", "source_branch": "pay", "target_branch": "main",
            "source_project_id": 8, "target_project_id": 8, "last_commit": { "id": "1".repeat(40) },
        },
        "changes": {},
    })
}

fn repo(house: &str) -> RepoId {
    RepoId::new(house.parse().unwrap(), 8)
}

const HOST: &str = "127.0.0.1:9";

#[tokio::test]
async fn a_server_with_a_gitlab_host_only_takes_its_deliveries_in() {
    let house = House::new().await;
    Knock::signed(&house, "d1", &opened("acme/pay")).expect(&house, 202, "").await;
    assert_eq!(house.counted("change_opened", "Accepted").await, 1);
    Knock::signed(&house, "d1", &opened("acme/pay")).expect(&house, 202, "").await;
    assert_eq!(house.counted("change_opened", "Duplicate").await, 1);
    assert_eq!(house.store.dirty_count().await.unwrap(), 1);
    // Whose the project is, a read has to tell first.
    let lease = jiff::SignedDuration::from_secs(60);
    assert_eq!(house.store.claim(house.now(), lease).await.unwrap(), None);
    let list = house.store.claim_listing(house.now(), lease).await.unwrap().unwrap();
    assert_eq!(list.listing, Listing::Project(repo(HOST)));
    house.store.found_project(&list, Some(&placed("acme/pay", 900)), house.now()).await.unwrap();
    let claim = house.store.claim(house.now(), lease).await.unwrap().unwrap();
    assert_eq!(claim.change, ChangeKey { repo: repo(HOST), number: 7 });
}

fn placed(name: &str, owner: i64) -> SeenRepository {
    SeenRepository {
        repo: repo(HOST),
        owner: OwnerId::new(HOST.parse().unwrap(), owner),
        name: name.to_owned(),
        installation: 0,
        default_branch: Some("main".to_owned()),
        is_public: None,
    }
}

/// A read tells whose the project is.
async fn place(house: &House, found: Option<&SeenRepository>) {
    let lease = jiff::SignedDuration::from_secs(60);
    while let Some(list) = house.store.claim_listing(house.now(), lease).await.unwrap() {
        match list.listing {
            Listing::Project(_) => assert!(house.store.found_project(&list, found, house.now()).await.unwrap()),
            _ => assert!(house.store.finish_listing(&list, None, house.now()).await.unwrap()),
        }
    }
}

#[tokio::test]
async fn what_is_not_genuine_is_refused_with_the_reason_and_leaves_nothing() {
    let house = House::new().await;
    let body = opened("acme/pay").to_string();
    Knock::with_token("another token of old", body.as_str()).expect(&house, 401, "X-Gitlab-Token does not match").await;
    Knock::with_token(TOKEN, body.as_str())
        .without("x-gitlab-token")
        .expect(&house, 401, "neither a webhook-signature")
        .await;
    Knock::signed_by(2, &house, "d1", body.as_str()).expect(&house, 401, "the signature does not match").await;
    let both = Knock::signed_by(2, &house, "d1", body.as_str()).header("x-gitlab-token", TOKEN);
    both.expect(&house, 401, "the signature does not match").await;
    let unsigned = Knock::with_token(TOKEN, body.as_str()).header("webhook-signature", "v1");
    unsigned.expect(&house, 401, "webhook-signature is not of the form").await;
    let late = Knock::signed(&house, "d1", &opened("acme/pay"));
    house.pass(301);
    late.expect(&house, 401, "more than five minutes").await;
    Knock::signed(&house, "d2", &opened("acme/pay"))
        .without("webhook-id")
        .expect(&house, 401, "no usable webhook-id")
        .await;
    assert_eq!(house.counted("refused", "Refused").await, 7);
    assert_eq!((house.store.dirty_count().await.unwrap(), house.store.owed_count().await.unwrap()), (0, 0));
}

#[tokio::test]
async fn each_host_is_known_by_its_own_secrets_whatever_the_delivery_says() {
    let mut signing_only = gitlab("https://gitlab.example/below");
    signing_only.webhook_signing_tokens = vec![signing_token(2).into(), signing_token(3).into()];
    signing_only.webhook_secret_tokens = Vec::new();
    let house = House::with(vec![gitlab("http://127.0.0.1:9"), signing_only]).await;
    let claim = Knock::signed_by(3, &house, "d1", opened("acme/pay").to_string())
        .header("x-gitlab-instance", "http://127.0.0.1:9");
    claim.expect(&house, 202, "").await;
    let owed = house.store.claim_listing(house.now(), jiff::SignedDuration::from_secs(60)).await.unwrap().unwrap();
    assert_eq!(owed.listing, Listing::Project(repo("gitlab.example")));
    Knock::with_token("no token of anybody", "{}").expect(&house, 401, "X-Gitlab-Token does not match").await;
}

#[tokio::test]
async fn a_host_with_signing_tokens_only_takes_no_plain_token() {
    let mut signing_only = gitlab("http://127.0.0.1:9");
    signing_only.webhook_secret_tokens = Vec::new();
    let house = House::with(vec![signing_only]).await;
    Knock::with_token(TOKEN, "{}").expect(&house, 401, "only signed deliveries are accepted").await;
}

#[tokio::test]
async fn what_is_genuine_is_answered_with_success_whatever_it_says() {
    let house = House::new().await;
    for (body, event) in [
        ("", "unreadable"),
        ("<xml/>", "unreadable"),
        ("null", "unreadable"),
        ("{}", "unreadable"),
        ("{\"object_kind\": \"merge_request\"}", "unreadable"),
        ("{\"object_kind\": \"\\u0000\"}", "ignored"),
        ("{\"object_kind\": \"issue\", \"x\": []}", "ignored"),
    ] {
        let result = if event == "ignored" { "Ignored" } else { "Refused" };
        let before = house.counted(event, result).await;
        let knock = Knock::with_token(TOKEN, body).header("content-length", &body.len().to_string());
        knock.expect(&house, 202, "").await;
        assert_eq!(house.counted(event, result).await, before + 1, "{body}");
    }
    let deep = "[".repeat(200_000);
    Knock::with_token(TOKEN, format!("{{\"object_kind\": \"note\", \"user\": {deep}")).expect(&house, 202, "").await;
    assert_eq!((house.store.dirty_count().await.unwrap(), house.store.owed_count().await.unwrap()), (0, 0));
}

#[tokio::test]
async fn what_is_genuine_and_cannot_be_stored_is_to_be_sent_again() {
    let house = House::new().await;
    house.store.close().await;
    Knock::signed(&house, "d1", &opened("acme/pay")).expect(&house, 503, "could not be stored").await;
}

#[tokio::test]
async fn groups_that_are_not_served_leave_nothing_behind() {
    let house = House::new().await;
    Knock::signed(&house, "d1", &opened("beta/pay")).expect(&house, 202, "").await;
    Knock::signed(&house, "d2", &opened("acme-2/acme")).expect(&house, 202, "").await;
    assert_eq!(house.counted("change_opened", "Refused").await, 2);
    assert_eq!((house.store.dirty_count().await.unwrap(), house.store.owed_count().await.unwrap()), (0, 0));
}

/// Its path says nothing where numbers are configured: a read has to tell, and not for every delivery.
#[tokio::test]
async fn a_group_that_is_configured_by_its_number_is_found_by_a_read() {
    let numbered = gitlab("http://127.0.0.1:9");
    let house = House::with(vec![seconder::config::GitLabHost { owners: vec!["900".to_owned()], ..numbered }]).await;
    Knock::signed(&house, "d1", &opened("any/pay")).expect(&house, 202, "").await;
    assert_eq!(house.store.owed_count().await.unwrap(), 1);
    place(&house, None).await;
    assert_eq!(house.store.dirty_count().await.unwrap(), 0);
    Knock::signed(&house, "d2", &opened("any/pay")).expect(&house, 202, "").await;
    assert_eq!(house.counted("change_opened", "Refused").await, 1);
    house.pass(3600);
    Knock::signed(&house, "d3", &opened("any/pay")).expect(&house, 202, "").await;
    place(&house, Some(&placed("any/pay", 900))).await;
    assert_eq!(house.store.dirty_count().await.unwrap(), 1);
}

/// A path that was given up can be taken by anybody: what a read told of the number holds.
#[tokio::test]
async fn a_known_project_is_served_by_its_owners_number_and_not_by_its_path() {
    let house = House::new().await;
    Knock::signed(&house, "d1", &opened("acme/pay")).expect(&house, 202, "").await;
    place(&house, Some(&placed("acme/pay", 900))).await;
    Knock::signed(&house, "d2", &opened("acme/pay")).expect(&house, 202, "").await;
    assert_eq!(house.counted("change_opened", "Accepted").await, 2);
    // Another group has this path by now, and the read shows it.
    Knock::signed(&house, "d3", &opened("beta/pay")).expect(&house, 202, "").await;
    assert_eq!(house.store.owed_count().await.unwrap(), 1, "the path is another: who owns it now?");
    place(&house, Some(&placed("acme/pay", 901))).await;
    Knock::signed(&house, "d4", &opened("acme/pay")).expect(&house, 202, "").await;
    assert_eq!(house.counted("change_opened", "Refused").await, 1);
    assert_eq!(house.store.repository(&repo(HOST)).await.unwrap().unwrap().owner.id, 901);
}

#[tokio::test]
async fn a_job_under_our_name_and_a_token_that_ends_are_found() {
    let house = House::new().await;
    let project = json!({ "id": 8, "path_with_namespace": "acme/pay" });
    let pipeline = json!({
        "object_kind": "pipeline", "project": project, "user": { "id": 4 },
        "object_attributes": { "sha": "b".repeat(40), "source": "push", "status": "success" },
        "builds": [{ "name": "seconder", "user": { "id": 4 } }],
    });
    let token = json!({ "object_kind": "access_token", "project": project, "object_attributes": { "user_id": 90 } });
    Knock::signed(&house, "d1", &pipeline).expect(&house, 202, "").await;
    Knock::signed(&house, "d2", &token).expect(&house, 202, "").await;
    let counts = house.store.finding_counts().await.unwrap();
    let found: Vec<_> = counts.iter().filter(|count| count.found > 0).map(|count| count.kind.as_str()).collect();
    assert_eq!(found, ["foreign_status", "token_expires"]);
    let group = json!({ "object_kind": "access_token", "group": { "group_id": 35 }, "object_attributes": {} });
    Knock::signed(&house, "d3", &group).expect(&house, 202, "").await;
    assert_eq!(house.counted("token_expires", "Ignored").await, 1, "it is in the log");
}

#[tokio::test]
async fn deliveries_without_a_name_are_told_apart_by_what_they_say() {
    let house = House::new().await;
    for _ in 0..2 {
        let knock = Knock::with_token(TOKEN, opened("acme/pay").to_string()).header("x-gitlab-webhook-uuid", "h1");
        knock.expect(&house, 202, "").await;
    }
    let other = Knock::with_token(TOKEN, opened("acme/pay").to_string()).header("x-gitlab-webhook-uuid", "h2");
    other.expect(&house, 202, "").await;
    assert_eq!(house.counted("change_opened", "Duplicate").await, 1);
    assert_eq!(house.counted("change_opened", "Accepted").await, 2);
    assert_eq!(house.now(), at(0));
}
