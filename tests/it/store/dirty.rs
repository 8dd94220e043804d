use std::collections::BTreeMap;

use seconder::gate::change::ChangeState;
use seconder::gate::witnessed::{Concern, Witness};
use seconder::store::{Finish, KnownChange, Store};

use super::*;

on_both!(
    bursts_coalesce,
    an_event_during_a_run_is_not_lost,
    a_dead_worker_loses_its_claim,
    an_expired_lease_that_nobody_took_is_good,
    a_renewed_lease_keeps_others_away,
    postponed_changes_wait,
    an_event_does_not_hurry_a_postponed_change,
    urgent_changes_come_first,
    concerns_reach_the_open_changes,
    a_closed_change_is_claimed_once,
    a_change_of_an_unknown_repository_waits_for_it,
    a_claim_tells_what_is_known,
    next_due_counts_leases,
    the_oldest_dirty_change_is_told,
    a_forgotten_repository_is_left_alone,
    four_workers_claim_each_change_once,
);

async fn claim(store: &Store, second: i64) -> Option<seconder::store::Claim> {
    store.claim(at(second), LEASE).await.unwrap()
}

async fn bursts_coalesce(store: Store) {
    introduce(&store).await;
    for _ in 0..1000 {
        dirty(&store, 7, at(1)).await;
    }
    assert_eq!(store.dirty_count().await.unwrap(), 1);
    let claimed = claim(&store, 2).await.unwrap();
    assert_eq!((claimed.change.clone(), claimed.generation), (change(7), 1000));
    assert_eq!(claim(&store, 2).await, None);
    assert_eq!(store.finish(&claimed, at(3)).await.unwrap(), Finish::Clean);
    assert_eq!(store.dirty_count().await.unwrap(), 0);
    assert_eq!(claim(&store, 4).await, None);
}

async fn an_event_during_a_run_is_not_lost(store: Store) {
    introduce(&store).await;
    dirty(&store, 7, at(1)).await;
    let first = claim(&store, 2).await.unwrap();
    dirty(&store, 7, at(3)).await;
    assert_eq!(store.finish(&first, at(4)).await.unwrap(), Finish::DirtyAgain);
    assert_eq!(store.next_due(at(4)).await.unwrap(), Some(at(4)));
    let second = claim(&store, 4).await.unwrap();
    assert!(second.generation > first.generation && second.token > first.token);
    assert_eq!(store.finish(&first, at(5)).await.unwrap(), Finish::Lost, "a claim can be finished once");
    assert_eq!(store.finish(&second, at(5)).await.unwrap(), Finish::Clean);
}

async fn a_dead_worker_loses_its_claim(store: Store) {
    introduce(&store).await;
    dirty(&store, 7, at(1)).await;
    let dead = claim(&store, 2).await.unwrap();
    assert_eq!(claim(&store, 61).await, None, "the lease has a second left");
    let heir = claim(&store, 62).await.unwrap();
    assert!(heir.token > dead.token);
    assert!(!store.renew(&dead, at(63), LEASE).await.unwrap());
    assert!(!store.postpone(&dead, at(99), "late").await.unwrap());
    assert_eq!(store.finish(&dead, at(63)).await.unwrap(), Finish::Lost);
    assert_eq!(store.dirty_count().await.unwrap(), 1);
    assert_eq!(store.finish(&heir, at(64)).await.unwrap(), Finish::Clean);
}

async fn an_expired_lease_that_nobody_took_is_good(store: Store) {
    introduce(&store).await;
    dirty(&store, 7, at(1)).await;
    let slow = claim(&store, 2).await.unwrap();
    assert_eq!(store.finish(&slow, at(500)).await.unwrap(), Finish::Clean);
    assert_eq!(claim(&store, 501).await, None);
}

async fn a_renewed_lease_keeps_others_away(store: Store) {
    introduce(&store).await;
    dirty(&store, 7, at(1)).await;
    let claimed = claim(&store, 2).await.unwrap();
    assert!(store.renew(&claimed, at(50), LEASE).await.unwrap());
    assert_eq!(claim(&store, 100).await, None);
    assert_eq!(claim(&store, 110).await.unwrap().token, claimed.token + 1);
}

async fn postponed_changes_wait(store: Store) {
    introduce(&store).await;
    dirty(&store, 7, at(1)).await;
    let first = claim(&store, 2).await.unwrap();
    assert_eq!(first.attempts, 0);
    dirty(&store, 7, at(3)).await;
    assert!(store.postpone(&first, at(100), "rate limited\0").await.unwrap());
    assert_eq!(claim(&store, 99).await, None);
    assert_eq!(store.next_due(at(5)).await.unwrap(), Some(at(100)));
    let second = claim(&store, 100).await.unwrap();
    assert_eq!(second.attempts, 1);
    assert!(!store.postpone(&first, at(200), "late").await.unwrap());
    assert_eq!(store.finish(&second, at(101)).await.unwrap(), Finish::Clean);
    dirty(&store, 7, at(102)).await;
    assert_eq!(claim(&store, 102).await.unwrap().attempts, 0, "clean once, it starts anew");
}

async fn an_event_does_not_hurry_a_postponed_change(store: Store) {
    introduce(&store).await;
    dirty(&store, 7, at(1)).await;
    let claimed = claim(&store, 2).await.unwrap();
    assert!(store.postpone(&claimed, at(100), "rate limited").await.unwrap());
    dirty(&store, 7, at(3)).await;
    assert_eq!(claim(&store, 99).await, None);
    assert!(claim(&store, 100).await.unwrap().generation > claimed.generation);
}

async fn urgent_changes_come_first(store: Store) {
    introduce(&store).await;
    dirty(&store, 1, at(2)).await;
    dirty(&store, 2, at(1)).await;
    store.mark_dirty(&[Concern::Change(change(3))], true, at(3)).await.unwrap();
    dirty(&store, 3, at(4)).await;
    let mut order = Vec::new();
    while let Some(claimed) = claim(&store, 5).await {
        order.push((claimed.change.number, claimed.urgent));
    }
    assert_eq!(order, [(3, true), (2, false), (1, false)]);
}

async fn concerns_reach_the_open_changes(store: Store) {
    let facts = vec![
        Witness::Repository(SeenRepository { owner: OwnerId::new(host(), 901), ..seen_repository(2) }),
        Witness::Change(seen_change(1, sha('a'))),
        Witness::Change(SeenChange { base_branch: "release".into(), ..seen_change(2, sha('b')) }),
        Witness::Change(SeenChange {
            base_branch: "topic".into(),
            stack_base: Some("release".into()),
            ..seen_change(3, sha('c'))
        }),
        Witness::Change(SeenChange { state: ChangeState::Merged, ..seen_change(4, sha('a')) }),
        Witness::Change(SeenChange { key: ChangeKey { repo: repo(2), number: 5 }, ..seen_change(5, sha('a')) }),
    ];
    store.receive(&delivery("facts", facts, vec![]), at(0)).await.unwrap();

    let head = |head| Concern::Head { repo: repo(1), head };
    let base = |branch: &str| Concern::Base { repo: repo(1), branch: branch.into() };
    let elsewhere = OwnerId::new(host(), 902);
    for (concerns, expected) in [
        (vec![head(sha('a'))], vec![1]),
        (vec![head(sha('f'))], vec![]),
        (vec![base("main")], vec![1]),
        (vec![base("release")], vec![2, 3]),
        (vec![Concern::Repository(repo(1))], vec![1, 2, 3]),
        (vec![Concern::Owner(acme())], vec![1, 2, 3]),
        (vec![Concern::Owner(OwnerId::new(host(), 901))], vec![5]),
        (vec![Concern::Owner(elsewhere)], vec![]),
        (vec![base("main"), head(sha('a')), Concern::Change(change(1))], vec![1]),
        (vec![Concern::Change(change(4))], vec![4]),
    ] {
        let dirtied = store.mark_dirty(&concerns, false, at(1)).await.unwrap();
        assert_eq!(dirtied, expected.len() as u64, "{concerns:?}");
        let mut claimed = Vec::new();
        while let Some(next) = claim(&store, 1).await {
            assert_eq!(store.finish(&next, at(1)).await.unwrap(), Finish::Clean, "{concerns:?} counts each once");
            claimed.push(next.change.number);
        }
        assert_eq!(claimed, expected, "{concerns:?}");
    }
}

async fn a_closed_change_is_claimed_once(store: Store) {
    introduce(&store).await;
    store.note_change(&known(7, sha('a'), at(0))).await.unwrap();
    store.note_change(&KnownChange { state: ChangeState::Closed, ..known(7, sha('a'), at(1)) }).await.unwrap();
    let late = SeenChange { pusher: Some(actor(10, "jo")), ..seen_change(7, sha('a')) };
    let late = delivery("late", vec![Witness::Change(late)], vec![Concern::Change(change(7))]);
    assert_eq!(store.receive(&late, at(2)).await.unwrap(), Receipt::New { dirtied: 1 });
    let claimed = claim(&store, 2).await.unwrap();
    assert_eq!(claimed.known.as_ref().unwrap().state, ChangeState::Closed);
    assert_eq!(store.finish(&claimed, at(3)).await.unwrap(), Finish::Clean);
    assert_eq!(store.mark_dirty(&[Concern::Repository(repo(1))], false, at(4)).await.unwrap(), 0);
    assert_eq!(claim(&store, 4).await, None);
}

async fn a_change_of_an_unknown_repository_waits_for_it(store: Store) {
    dirty(&store, 7, at(1)).await;
    assert_eq!(store.dirty_count().await.unwrap(), 1);
    assert_eq!(claim(&store, 2).await, None);
    assert_eq!(store.next_due(at(2)).await.unwrap(), None);
    introduce(&store).await;
    assert_eq!(claim(&store, 2).await.unwrap().change, change(7));
}

async fn a_claim_tells_what_is_known(store: Store) {
    let seen = Witness::Change(seen_change(7, sha('a')));
    let concern = Concern::Change(change(7));
    store.receive(&delivery("1", vec![seen], vec![concern]), at(1)).await.unwrap();
    let first = claim(&store, 2).await.unwrap();
    assert_eq!(first.repository, seen_repository(1));
    assert_eq!((first.known.clone(), first.latest_head.clone()), (None, Some(sha('a'))));
    let read = KnownChange { stack_base: Some("next".into()), ..known(7, sha('a'), at(2)) };
    store.note_change(&read).await.unwrap();
    store.finish(&first, at(2)).await.unwrap();
    let seen = Witness::Change(seen_change(7, sha('b')));
    store.receive(&delivery("2", vec![seen], vec![Concern::Change(change(7))]), at(3)).await.unwrap();
    let second = claim(&store, 4).await.unwrap();
    assert_eq!((second.known, second.latest_head), (Some(read), Some(sha('b'))));
}

async fn next_due_counts_leases(store: Store) {
    introduce(&store).await;
    assert_eq!(store.next_due(at(0)).await.unwrap(), None);
    dirty(&store, 7, at(1)).await;
    assert_eq!(store.next_due(at(9)).await.unwrap(), Some(at(9)), "overdue is due now");
    claim(&store, 10).await.unwrap();
    assert_eq!(store.next_due(at(10)).await.unwrap(), Some(at(70)));
    assert_eq!(claim(&store, 69).await, None);
    assert!(claim(&store, 70).await.is_some());
}

async fn the_oldest_dirty_change_is_told(store: Store) {
    introduce(&store).await;
    assert_eq!(store.oldest_dirty().await.unwrap(), None);
    dirty(&store, 1, at(1)).await;
    dirty(&store, 2, at(2)).await;
    dirty(&store, 1, at(3)).await;
    assert_eq!(store.oldest_dirty().await.unwrap(), Some(at(1)));
    let first = claim(&store, 4).await.unwrap();
    assert_eq!(first.change, change(1));
    store.finish(&first, at(5)).await.unwrap();
    assert_eq!(store.oldest_dirty().await.unwrap(), Some(at(2)));
    dirty(&store, 1, at(6)).await;
    assert_eq!(store.oldest_dirty().await.unwrap(), Some(at(2)));
    let second = claim(&store, 7).await.unwrap();
    store.finish(&second, at(8)).await.unwrap();
    assert_eq!(store.oldest_dirty().await.unwrap(), Some(at(6)));
}

async fn a_forgotten_repository_is_left_alone(store: Store) {
    introduce(&store).await;
    store.note_change(&known(7, sha('a'), at(0))).await.unwrap();
    dirty(&store, 7, at(1)).await;
    dirty(&store, 8, at(1)).await;
    let claimed = claim(&store, 2).await.unwrap();
    store.forget_repository(&repo(1), at(9)).await.unwrap();
    assert_eq!(store.dirty_count().await.unwrap(), 0);
    assert_eq!(store.finish(&claimed, at(3)).await.unwrap(), Finish::Lost);
    assert_eq!(store.repository(&repo(1)).await.unwrap(), None);
    assert_eq!(store.heads(&change(7)).await.unwrap(), [sha('a')], "what was witnessed stays");

    // It was not gone after all: a worker from before must not be taken for one of now.
    store.receive(&delivery("back", vec![], vec![Concern::Change(change(7))]), at(4)).await.unwrap();
    let again = claim(&store, 5).await.unwrap();
    assert!(again.token > claimed.token);
    assert_eq!(store.finish(&claimed, at(6)).await.unwrap(), Finish::Lost);
    assert_eq!(store.finish(&again, at(6)).await.unwrap(), Finish::Clean);
}

async fn four_workers_claim_each_change_once(store: Store) {
    introduce(&store).await;
    let all: Vec<_> = (1..=200).map(|number| Concern::Change(change(number))).collect();
    assert_eq!(store.mark_dirty(&all, false, at(1)).await.unwrap(), 200);
    let work = |store: Store| async move {
        let mut mine = Vec::new();
        while let Some(claimed) = claim(&store, 2).await {
            mine.push(claimed.change.number);
            assert_eq!(store.finish(&claimed, at(2)).await.unwrap(), Finish::Clean);
        }
        mine
    };
    let workers: Vec<_> = (0..4).map(|_| tokio::spawn(work(store.clone()))).collect();
    let mut times = BTreeMap::new();
    for worker in workers {
        for number in worker.await.unwrap() {
            *times.entry(number).or_insert(0) += 1;
        }
    }
    assert_eq!(times, (1..=200).map(|number| (number, 1)).collect());
    assert_eq!(store.dirty_count().await.unwrap(), 0);
}
