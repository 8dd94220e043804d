use std::collections::BTreeMap;

use seconder::store::{Pin, Store};

use super::*;

on_both!(
    an_owner_is_pinned_when_first_seen,
    a_login_is_pinned_when_first_seen,
    snapshots_are_numbered_by_content,
    snapshots_taken_at_once_get_one_number,
    policies_are_remembered_by_owner,
);

async fn an_owner_is_pinned_when_first_seen(store: Store) {
    assert_eq!(store.pin_owner(&host(), "Acme", 900, at(1)).await.unwrap(), Pin::Ours);
    assert_eq!(store.pin_owner(&host(), "acme", 900, at(2)).await.unwrap(), Pin::Ours);
    assert_eq!(store.pin_owner(&host(), "ACME", 901, at(3)).await.unwrap(), Pin::Conflict { existing: 900 });
    assert_eq!(store.pin_owner(&host(), "acme", 900, at(4)).await.unwrap(), Pin::Ours);
    let elsewhere = "ghe.example.com".parse().unwrap();
    assert_eq!(store.pin_owner(&elsewhere, "acme", 1, at(5)).await.unwrap(), Pin::Ours);
}

async fn a_login_is_pinned_when_first_seen(store: Store) {
    assert_eq!(store.pin_login(&host(), "Ana", 10, at(1)).await.unwrap(), Pin::Ours);
    assert_eq!(store.pin_login(&host(), "jo", 11, at(1)).await.unwrap(), Pin::Ours);
    assert_eq!(store.pin_login(&host(), "ana", 12, at(2)).await.unwrap(), Pin::Conflict { existing: 10 });
    let pins = BTreeMap::from([("ana".to_owned(), 10), ("jo".to_owned(), 11)]);
    assert_eq!(store.pinned_logins(&host()).await.unwrap(), pins);
    let elsewhere = "ghe.example.com".parse().unwrap();
    assert!(store.pinned_logins(&elsewhere).await.unwrap().is_empty());
}

async fn snapshots_are_numbered_by_content(store: Store) {
    let mut numbers = Vec::new();
    for (digest, second) in [("a", 1), ("a", 2), ("b", 3), ("b", 4), ("a", 5)] {
        numbers.push(store.snapshot(digest, at(second)).await.unwrap());
    }
    assert_eq!(numbers, [1, 1, 2, 2, 3]);
}

async fn snapshots_taken_at_once_get_one_number(store: Store) {
    let take = |store: Store| tokio::spawn(async move { store.snapshot("a", at(1)).await.unwrap() });
    let tasks: Vec<_> = (0..10).map(|_| take(store.clone())).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 1);
    }
}

async fn policies_are_remembered_by_owner(store: Store) {
    introduce(&store).await;
    assert!(!store.organisation_policy_seen(&acme()).await.unwrap());
    store.saw_organisation_policy(&acme(), "one", at(1)).await.unwrap();
    store.saw_organisation_policy(&acme(), "two", at(2)).await.unwrap();
    assert!(store.organisation_policy_seen(&acme()).await.unwrap());
    // A delivery that brings the owner's login does not make it forgotten.
    store
        .receive(&Delivery { owner_login: Some("renamed".into()), ..delivery("1", vec![], vec![]) }, at(3))
        .await
        .unwrap();
    assert!(store.organisation_policy_seen(&acme()).await.unwrap());
    assert!(!store.organisation_policy_seen(&OwnerId::new(host(), 901)).await.unwrap());
}
