use seconder::gate::detect::Level;
use seconder::store::{Error, Recorded, Remembered, Store};

use super::*;

on_both!(
    a_decision_is_recorded_once,
    every_digest_and_the_outcome_make_it_new,
    decisions_are_told_apart_by_head,
    who_lost_the_head_leaves_no_trace,
    who_gave_the_head_back_leaves_no_trace,
    the_lease_must_be_of_the_head,
    a_decision_notes_the_change,
);

fn new(recorded: Recorded) -> i64 {
    match recorded {
        Recorded::New(id) => id,
        other => panic!("{other:?} is not new"),
    }
}

async fn a_decision_is_recorded_once(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    let id = new(store.record(&decision(7, at(1)), &lease).await.unwrap());
    // Only time has passed.
    assert_eq!(store.record(&decision(7, at(2)), &lease).await.unwrap(), Recorded::Same(id));
    let on_record = store.decisions(&change(7), 10).await.unwrap();
    let [only] = on_record.as_slice() else { panic!("{on_record:?}") };
    let given = decision(7, at(1));
    assert_eq!((only.id, &only.change, &only.head), (id, &given.change, &given.head));
    assert_eq!((only.outcome.as_str(), only.level, &only.digests), ("waiting", Level::Assisted, &given.digests));
    assert_eq!((only.snapshot_number, only.decided_at), (4, at(1)));
    assert_eq!(only.record, given.record.to_string());
}

async fn every_digest_and_the_outcome_make_it_new(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    let mut next = decision(7, at(1));
    let mut last = new(store.record(&next, &lease).await.unwrap());
    let moves: [fn(&mut Decision); 6] = [
        |next| next.outcome = "pass".into(),
        |next| next.digests.facts = "moved".into(),
        |next| next.digests.policy = "moved".into(),
        |next| next.digests.roster = "moved".into(),
        |next| next.digests.catalogue = "moved".into(),
        |next| next.digests.check = "moved".into(),
    ];
    for make_move in moves {
        make_move(&mut next);
        let id = new(store.record(&next, &lease).await.unwrap());
        assert!(id > last);
        last = id;
    }
    // What an earlier decision said is news again.
    new(store.record(&decision(7, at(1)), &lease).await.unwrap());
    let ids: Vec<_> = store.decisions(&change(7), 2).await.unwrap().iter().map(|decision| decision.id).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids[0] > ids[1] && ids[1] == last, "newest first");
}

async fn decisions_are_told_apart_by_head(store: Store) {
    let a = hold(&store, &sha('a'), at(0)).await;
    let b = hold(&store, &sha('b'), at(0)).await;
    let first = new(store.record(&decision(7, at(1)), &a).await.unwrap());
    new(store.record(&Decision { head: sha('b'), ..decision(7, at(2)) }, &b).await.unwrap());
    new(store.record(&decision(8, at(2)), &a).await.unwrap());
    assert_eq!(store.record(&decision(7, at(3)), &a).await.unwrap(), Recorded::Same(first));
}

async fn who_lost_the_head_leaves_no_trace(store: Store) {
    introduce(&store).await;
    let dead = hold(&store, &sha('a'), at(0)).await;
    let heir = hold(&store, &sha('a'), at(60)).await;
    let late = Decision { evidence: vec![trailer('a')], ..decision(7, at(61)) };
    assert_eq!(store.record(&late, &dead).await.unwrap(), Recorded::Lost);
    assert_eq!(store.decisions(&change(7), 10).await.unwrap(), []);
    let remembered = store.remembered(&change(7), late.memory_keys.as_ref().unwrap()).await.unwrap();
    assert_eq!(remembered, Remembered::default());
    assert_eq!(store.open_changes_on_head(&repo(1), &sha('a')).await.unwrap(), []);
    new(store.record(&late, &heir).await.unwrap());
}

async fn who_gave_the_head_back_leaves_no_trace(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    store.unlock_head(&lease).await.unwrap();
    assert_eq!(store.record(&decision(7, at(1)), &lease).await.unwrap(), Recorded::Lost);
}

async fn the_lease_must_be_of_the_head(store: Store) {
    let lease = hold(&store, &sha('b'), at(0)).await;
    let error = store.record(&decision(7, at(1)), &lease).await.unwrap_err();
    assert!(matches!(error, Error::Broken { .. }), "{error:?}");
}

async fn a_decision_notes_the_change(store: Store) {
    introduce(&store).await;
    let lease = hold(&store, &sha('a'), at(0)).await;
    store.record(&decision(7, at(1)), &lease).await.unwrap();
    assert_eq!(store.open_changes_on_head(&repo(1), &sha('a')).await.unwrap(), [change(7)]);
    dirty(&store, 7, at(2)).await;
    assert_eq!(store.claim(at(2), LEASE).await.unwrap().unwrap().known, Some(known(7, sha('a'), at(1))));
}
