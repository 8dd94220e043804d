use seconder::store::{HeadLock, Store};

use super::*;

on_both!(
    one_holds_and_others_wait,
    an_expired_lease_is_taken_over,
    a_lock_given_back_is_not_taken_over,
    a_renewed_lease_is_not_taken_over,
    heads_are_locked_by_repository,
    only_one_of_many_gets_it,
);

async fn one_holds_and_others_wait(store: Store) {
    let held = hold(&store, &sha('a'), at(0)).await;
    assert!(!held.taken_over);
    assert!(store.holds_head(&held).await.unwrap());
    assert_eq!(store.lock_head(&repo(1), &sha('a'), at(59), LEASE).await.unwrap(), HeadLock::Busy { until: at(60) });
    assert!(store.unlock_head(&held).await.unwrap());
    assert!(!store.holds_head(&held).await.unwrap());
    assert!(!store.unlock_head(&held).await.unwrap(), "it was given back already");
    assert!(!store.renew_head(&held, at(59), LEASE).await.unwrap());
    hold(&store, &sha('a'), at(59)).await;
}

async fn an_expired_lease_is_taken_over(store: Store) {
    let dead = hold(&store, &sha('a'), at(0)).await;
    assert!(store.holds_head(&dead).await.unwrap());
    let heir = hold(&store, &sha('a'), at(60)).await;
    assert!(heir.taken_over && heir.token > dead.token);
    assert!(!store.holds_head(&dead).await.unwrap());
    assert!(!store.renew_head(&dead, at(61), LEASE).await.unwrap());
    assert!(!store.unlock_head(&dead).await.unwrap());
    assert!(store.holds_head(&heir).await.unwrap());
}

async fn a_lock_given_back_is_not_taken_over(store: Store) {
    let first = hold(&store, &sha('a'), at(0)).await;
    let heir = hold(&store, &sha('a'), at(60)).await;
    assert!(heir.taken_over);
    store.unlock_head(&heir).await.unwrap();
    let next = hold(&store, &sha('a'), at(61)).await;
    assert!(!next.taken_over && next.token > first.token);
}

async fn a_renewed_lease_is_not_taken_over(store: Store) {
    let held = hold(&store, &sha('a'), at(0)).await;
    assert!(store.renew_head(&held, at(50), LEASE).await.unwrap());
    let busy = store.lock_head(&repo(1), &sha('a'), at(61), LEASE).await.unwrap();
    assert_eq!(busy, HeadLock::Busy { until: at(110) });
}

async fn heads_are_locked_by_repository(store: Store) {
    hold(&store, &sha('a'), at(0)).await;
    hold(&store, &sha('b'), at(0)).await;
    let elsewhere = store.lock_head(&repo(2), &sha('a'), at(0), LEASE).await.unwrap();
    assert!(matches!(elsewhere, HeadLock::Held(_)));
}

async fn only_one_of_many_gets_it(store: Store) {
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.lock_head(&repo(1), &sha('a'), at(0), LEASE).await.unwrap() })
        })
        .collect();
    let mut held = 0;
    for task in tasks {
        match task.await.unwrap() {
            HeadLock::Held(lease) => {
                assert!(!lease.taken_over);
                held += 1;
            }
            HeadLock::Busy { until } => assert_eq!(until, at(60)),
        }
    }
    assert_eq!(held, 1);
}
