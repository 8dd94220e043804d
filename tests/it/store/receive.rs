use seconder::gate::ids::AccountId;
use seconder::gate::witnessed::{Concern, SeenPush, Witness};
use seconder::store::{Error, Receipt, Store};

use super::*;

on_both!(
    a_redelivery_changes_nothing,
    the_same_name_from_another_forge_is_another_delivery,
    a_failing_delivery_leaves_nothing,
    one_failing_delivery_does_not_fail_its_neighbours,
    five_hundred_at_once_are_all_answered,
    the_same_delivery_many_times_at_once_counts_once,
    old_deliveries_are_swept,
);

/// A delivery that marks change `number` dirty and tells of its head.
fn about(guid: &str, number: i64) -> Delivery {
    let seen = SeenChange { pusher: Some(actor(10, "jo")), ..seen_change(number, sha('a')) };
    delivery(guid, vec![Witness::Change(seen)], vec![Concern::Change(change(number))])
}

/// A delivery that no database takes: it names an account that cannot be.
fn impossible(guid: &str, number: i64) -> Delivery {
    let mut delivery = about(guid, number);
    let mut pusher = actor(10, "jo");
    pusher.account = AccountId::new(host(), -1);
    let push = SeenPush { repo: repo(1), branch: "feature".into(), before: None, after: Some(sha('a')), pusher };
    delivery.witnessed.push(Witness::Push(push));
    delivery
}

/// Receives them all at once.
async fn receive_all(store: &Store, deliveries: Vec<Delivery>) -> Vec<Result<Receipt, Error>> {
    let receive = |delivery: Delivery| {
        let store = store.clone();
        tokio::spawn(async move { store.receive(&delivery, at(1)).await })
    };
    let tasks: Vec<_> = deliveries.into_iter().map(receive).collect();
    let mut receipts = Vec::new();
    for task in tasks {
        receipts.push(task.await.unwrap());
    }
    receipts
}

async fn a_redelivery_changes_nothing(store: Store) {
    assert_eq!(store.receive(&about("g", 7), at(1)).await.unwrap(), Receipt::New { dirtied: 1 });
    let claimed = store.claim(at(2), LEASE).await.unwrap().unwrap();
    store.finish(&claimed, at(3)).await.unwrap();
    assert_eq!(store.receive(&about("g", 8), at(4)).await.unwrap(), Receipt::Duplicate);
    assert_eq!(store.dirty_count().await.unwrap(), 0);
    assert_eq!(store.heads(&change(8)).await.unwrap(), []);
    assert_eq!(store.pushes(&change(7)).await.unwrap().len(), 1);
}

async fn the_same_name_from_another_forge_is_another_delivery(store: Store) {
    store.receive(&about("g", 7), at(1)).await.unwrap();
    let other = Delivery { host: "ghe.example.com".parse().unwrap(), ..about("g", 7) };
    assert_eq!(store.receive(&other, at(1)).await.unwrap(), Receipt::New { dirtied: 1 });
}

async fn a_failing_delivery_leaves_nothing(store: Store) {
    let error = store.receive(&impossible("g", 7), at(1)).await.unwrap_err();
    assert!(matches!(error, Error::Broken { .. }), "{error:?}");
    assert_eq!(store.heads(&change(7)).await.unwrap(), []);
    assert_eq!(store.repository(&repo(1)).await.unwrap(), None);
    assert_eq!(store.dirty_count().await.unwrap(), 0);
    // Nor its name: a redelivery, mended, is a new one.
    assert_eq!(store.receive(&about("g", 7), at(2)).await.unwrap(), Receipt::New { dirtied: 1 });
}

async fn one_failing_delivery_does_not_fail_its_neighbours(store: Store) {
    let deliveries: Vec<_> = (1..=60)
        .map(|number| {
            let guid = format!("g{number}");
            if number % 7 == 0 { impossible(&guid, number) } else { about(&guid, number) }
        })
        .collect();
    for (number, receipt) in (1..=60).zip(receive_all(&store, deliveries).await) {
        match receipt {
            Ok(receipt) => assert_eq!(receipt, Receipt::New { dirtied: 1 }),
            Err(error) => assert!(number % 7 == 0, "{number}: {error:?}"),
        }
        let heads = store.heads(&change(number)).await.unwrap().len();
        assert_eq!(heads, usize::from(number % 7 != 0), "{number}");
    }
    assert_eq!(store.dirty_count().await.unwrap(), 60 - 8);
}

async fn five_hundred_at_once_are_all_answered(store: Store) {
    let deliveries: Vec<_> = (1..=500).map(|number| about(&format!("g{number}"), number)).collect();
    for receipt in receive_all(&store, deliveries).await {
        assert_eq!(receipt.unwrap(), Receipt::New { dirtied: 1 });
    }
    assert_eq!(store.dirty_count().await.unwrap(), 500);
}

async fn the_same_delivery_many_times_at_once_counts_once(store: Store) {
    let receipts = receive_all(&store, (1..=20).map(|_| about("g", 7)).collect()).await;
    let mut receipts: Vec<_> = receipts.into_iter().map(Result::unwrap).collect();
    receipts.sort_by_key(|receipt| *receipt == Receipt::Duplicate);
    assert_eq!(receipts[0], Receipt::New { dirtied: 1 });
    assert_eq!(receipts[1..], [Receipt::Duplicate; 19]);
    assert_eq!(store.claim(at(2), LEASE).await.unwrap().unwrap().generation, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_in_the_file() {
    let (store, folder) = sqlite().await;
    five_hundred_at_once_are_all_answered(store.clone()).await;
    // Another process, while this one still has the file open and has folded nothing into it.
    let reopened = Store::open(&sqlite_url(&folder)).await.unwrap();
    assert_eq!(reopened.dirty_count().await.unwrap(), 500);
    for number in 1..=500 {
        let again = reopened.receive(&about(&format!("g{number}"), number), at(2)).await.unwrap();
        assert_eq!(again, Receipt::Duplicate);
    }
    store.close().await;
    let error = store.receive(&about("late", 1), at(3)).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}

async fn old_deliveries_are_swept(store: Store) {
    store.receive(&about("old", 1), at(1)).await.unwrap();
    store.receive(&about("new", 2), at(10)).await.unwrap();
    assert_eq!(store.sweep_deliveries(at(10)).await.unwrap(), 1);
    assert_eq!(store.receive(&about("new", 2), at(11)).await.unwrap(), Receipt::Duplicate);
    assert_eq!(store.receive(&about("old", 1), at(11)).await.unwrap(), Receipt::New { dirtied: 1 });
}
