use seconder::gate::witnessed::SeenGroup;
use seconder::store::{GroupMember, Store};

use super::*;

on_both!(
    a_group_is_found_by_its_members,
    a_group_without_a_name_may_hold_any_change_into_its_branch,
    a_group_that_is_gone_does_not_come_back,
    asking_the_queue_settles_who_is_in_it,
    whoever_lost_the_group_binds_nothing,
    a_look_at_the_groups_commit_reaches_its_members,
    groups_that_ended_are_forgotten_in_time,
    a_repository_that_is_gone_takes_its_groups_along,
);

fn group(head: char, named: Option<i64>, is_gone: bool) -> Witness {
    Witness::Group(SeenGroup { repo: repo(1), head: sha(head), base_branch: "main".into(), named, is_gone })
}

async fn told(store: &Store, guid: &str, facts: Vec<Witness>, second: i64) {
    store.receive(&delivery(guid, facts, vec![]), at(second)).await.unwrap();
}

async fn heads(store: &Store, number: i64) -> Vec<CommitSha> {
    store.live_groups_of(&change(number)).await.unwrap().into_iter().map(|group| group.head).collect()
}

fn member(number: i64, head: Option<char>) -> GroupMember {
    GroupMember { number, head: head.map(sha) }
}

async fn members(store: &Store, head: char) -> Vec<GroupMember> {
    store.group_members(&repo(1), &sha(head)).await.unwrap()
}

async fn a_group_is_found_by_its_members(store: Store) {
    told(&store, "1", vec![group('e', Some(7), false)], 1).await;
    told(&store, "2", vec![group('f', Some(7), false)], 2).await;
    assert_eq!(heads(&store, 7).await, [sha('e'), sha('f')]);
    assert_eq!(heads(&store, 8).await, []);
    let live = store.live_group(&repo(1), &sha('e')).await.unwrap().unwrap();
    assert_eq!((live.base_branch.as_str(), live.seen_at), ("main", at(1)));
    assert_eq!(store.live_group(&repo(2), &sha('e')).await.unwrap(), None);
    assert_eq!(members(&store, 'e').await, [member(7, None)]);
}

async fn a_group_without_a_name_may_hold_any_change_into_its_branch(store: Store) {
    store.note_change(&known(7, sha('a'), at(1))).await.unwrap();
    store.note_change(&KnownChange { base_branch: "next".into(), ..known(8, sha('b'), at(1)) }).await.unwrap();
    store.note_change(&KnownChange { state: ChangeState::Closed, ..known(9, sha('c'), at(1)) }).await.unwrap();
    told(&store, "1", vec![group('e', None, false)], 2).await;
    assert_eq!(members(&store, 'e').await, [member(7, None)]);
}

async fn a_group_that_is_gone_does_not_come_back(store: Store) {
    told(&store, "1", vec![group('e', Some(7), false)], 1).await;
    told(&store, "2", vec![group('e', Some(7), true)], 2).await;
    assert_eq!(heads(&store, 7).await, []);
    told(&store, "3", vec![group('e', Some(7), false)], 3).await;
    assert_eq!(heads(&store, 7).await, []);
    // The other way round as well.
    told(&store, "4", vec![group('f', Some(7), true)], 4).await;
    told(&store, "5", vec![group('f', Some(7), false)], 5).await;
    assert_eq!(heads(&store, 7).await, []);
    assert_eq!(store.live_group(&repo(1), &sha('f')).await.unwrap(), None);
}

async fn asking_the_queue_settles_who_is_in_it(store: Store) {
    told(&store, "1", vec![group('e', Some(7), false)], 1).await;
    let lease = hold(&store, &sha('e'), at(2)).await;
    assert!(store.bind_group(&lease, &[member(8, Some('a')), member(9, None)]).await.unwrap());
    assert_eq!(members(&store, 'e').await, [member(8, Some('a')), member(9, None)]);
    assert_eq!(heads(&store, 7).await, []);
    // The head that was found first holds on; what was not certain may become so.
    assert!(store.bind_group(&lease, &[member(8, Some('b')), member(9, Some('c'))]).await.unwrap());
    assert_eq!(members(&store, 'e').await, [member(8, Some('a')), member(9, Some('c'))]);
    // What came before in the queue is merged: its head is still known, should it matter.
    assert!(store.bind_group(&lease, &[member(9, Some('c'))]).await.unwrap());
    assert_eq!(members(&store, 'e').await, [member(8, Some('a')), member(9, Some('c'))]);
}

async fn whoever_lost_the_group_binds_nothing(store: Store) {
    told(&store, "1", vec![group('e', Some(7), false)], 1).await;
    let dead = hold(&store, &sha('e'), at(2)).await;
    hold(&store, &sha('e'), at(100)).await;
    assert!(!store.bind_group(&dead, &[member(8, Some('a'))]).await.unwrap());
    assert_eq!(members(&store, 'e').await, [member(7, None)]);
}

async fn a_look_at_the_groups_commit_reaches_its_members(store: Store) {
    told(&store, "1", vec![group('e', Some(7), false)], 1).await;
    let concern = Concern::Head { repo: repo(1), head: sha('e') };
    assert_eq!(store.mark_dirty(std::slice::from_ref(&concern), true, at(2)).await.unwrap(), 1);
    store.end_group(&repo(1), &sha('e'), at(3)).await.unwrap();
    assert_eq!(store.mark_dirty(&[concern], true, at(4)).await.unwrap(), 0);
}

async fn groups_that_ended_are_forgotten_in_time(store: Store) {
    told(&store, "1", vec![group('e', Some(7), false), group('f', Some(7), false)], 1).await;
    store.end_group(&repo(1), &sha('e'), at(2)).await.unwrap();
    assert_eq!(store.sweep_groups(at(2)).await.unwrap(), 0);
    assert_eq!(store.sweep_groups(at(3)).await.unwrap(), 1);
    assert_eq!(members(&store, 'e').await, []);
    assert_eq!(heads(&store, 7).await, [sha('f')]);
}

async fn a_repository_that_is_gone_takes_its_groups_along(store: Store) {
    told(&store, "1", vec![group('e', Some(7), false)], 1).await;
    store.forget_repository(&repo(1), at(9)).await.unwrap();
    assert_eq!(heads(&store, 7).await, []);
    assert_eq!(members(&store, 'e').await, []);
}
