use seconder::gate::change::ChangeState;
use seconder::gate::witnessed::{Concern, SeenPush, Witness};
use seconder::store::{ExpectedBase, KnownChange, Store};

use super::*;

on_both!(
    every_head_that_a_delivery_names_counts,
    a_late_delivery_does_not_overwrite_a_read,
    a_late_read_does_not_overwrite_a_newer_one,
    pushers_are_found_by_repository_and_head,
    a_commit_seen_twice_keeps_both_pushers,
    pushes_to_the_fork_count,
    pushes_of_commits_are_found_on_any_branch_of_the_repository,
    heads_are_unjudged_until_a_decision_is_made_on_them,
    zero_commits_are_no_heads,
    open_changes_share_a_head,
    a_head_witnessed_during_a_read_counts,
    a_repository_keeps_its_default_branch,
    the_newest_installation_holds,
    a_stack_once_seen_is_asked_about,
);

async fn receive(store: &Store, guid: &str, facts: Vec<Witness>, second: i64) {
    let receipt = store.receive(&delivery(guid, facts, vec![]), at(second)).await.unwrap();
    assert_eq!(receipt, Receipt::New { dirtied: 0 });
}

fn push(after: CommitSha, pusher: Actor) -> SeenPush {
    SeenPush { repo: repo(1), branch: "feature".into(), before: None, after: Some(after), pusher }
}

async fn every_head_that_a_delivery_names_counts(store: Store) {
    receive(&store, "1", vec![Witness::Change(seen_change(7, sha('a')))], 1).await;
    let synchronize = SeenChange { before: Some(sha('b')), ..seen_change(7, sha('c')) };
    receive(&store, "2", vec![Witness::Change(synchronize)], 2).await;
    store.note_change(&known(7, sha('d'), at(3))).await.unwrap();
    assert_eq!(store.heads(&change(7)).await.unwrap(), [sha('a'), sha('b'), sha('c'), sha('d')]);
    assert_eq!(store.heads(&change(8)).await.unwrap(), []);
}

async fn a_late_delivery_does_not_overwrite_a_read(store: Store) {
    introduce(&store).await;
    let read = KnownChange { state: ChangeState::Closed, base_branch: "next".into(), ..known(7, sha('b'), at(5)) };
    store.note_change(&read).await.unwrap();
    receive(&store, "late", vec![Witness::Change(seen_change(7, sha('a')))], 6).await;
    dirty(&store, 7, at(7)).await;
    let claimed = store.claim(at(7), LEASE).await.unwrap().unwrap();
    assert_eq!(claimed.known, Some(read));
    assert_eq!(store.heads(&change(7)).await.unwrap(), [sha('b'), sha('a')]);
    assert_eq!(
        store.mark_dirty(&[Concern::Base { repo: repo(1), branch: "main".into() }], false, at(8)).await.unwrap(),
        0
    );
}

async fn a_late_read_does_not_overwrite_a_newer_one(store: Store) {
    introduce(&store).await;
    let newer = known(7, sha('b'), at(5));
    store.note_change(&newer).await.unwrap();
    store.note_change(&known(7, sha('a'), at(4))).await.unwrap();
    dirty(&store, 7, at(6)).await;
    assert_eq!(store.claim(at(6), LEASE).await.unwrap().unwrap().known, Some(newer));
}

async fn pushers_are_found_by_repository_and_head(store: Store) {
    let seen = SeenChange { pusher: Some(actor(10, "jo")), ..seen_change(7, sha('a')) };
    let elsewhere = SeenPush { repo: repo(2), ..push(sha('a'), actor(13, "kim")) };
    let facts = vec![
        Witness::Change(seen),
        Witness::Push(push(sha('a'), actor(11, "sam"))),
        Witness::Push(push(sha('b'), actor(12, "ana"))),
        Witness::Push(elsewhere),
    ];
    receive(&store, "1", facts, 1).await;
    let pushes = store.pushes(&change(7)).await.unwrap();
    assert_eq!(pushes.iter().map(|push| push.pusher.clone()).collect::<Vec<_>>(), [actor(10, "jo"), actor(11, "sam")]);
    assert!(pushes.iter().all(|push| push.head == sha('a') && push.received_at == at(1)));

    // The push was told before the change had that head.
    receive(&store, "2", vec![Witness::Change(seen_change(7, sha('b')))], 2).await;
    let pushes = store.pushes(&change(7)).await.unwrap();
    assert!(pushes.iter().any(|push| push.head == sha('b') && push.pusher == actor(12, "ana")));
}

async fn a_commit_seen_twice_keeps_both_pushers(store: Store) {
    let opened = |number, id, login| SeenChange { pusher: Some(actor(id, login)), ..seen_change(number, sha('a')) };
    receive(&store, "1", vec![Witness::Change(opened(7, 10, "jo"))], 1).await;
    receive(&store, "2", vec![Witness::Change(opened(8, 11, "sam"))], 2).await;
    receive(&store, "3", vec![Witness::Change(opened(8, 11, "sam"))], 3).await;
    let pushers: Vec<_> = store.pushes(&change(8)).await.unwrap().into_iter().map(|push| push.pusher).collect();
    assert_eq!(pushers, [actor(10, "jo"), actor(11, "sam")]);
}

async fn pushes_to_the_fork_count(store: Store) {
    let seen =
        SeenChange { head_branch: HeadBranch { repo: Some(repo(2)), ..branch("feature") }, ..seen_change(7, sha('a')) };
    let to = |id, pusher| Witness::Push(SeenPush { repo: repo(id), ..push(sha('a'), pusher) });
    let facts = vec![Witness::Change(seen), to(2, actor(10, "jo")), to(3, actor(11, "sam"))];
    receive(&store, "1", facts, 1).await;
    let pushers: Vec<_> = store.pushes(&change(7)).await.unwrap().into_iter().map(|push| push.pusher).collect();
    assert_eq!(pushers, [actor(10, "jo")], "a copy of the commit in an unrelated repository is nobody's doing here");
}

async fn pushes_of_commits_are_found_on_any_branch_of_the_repository(store: Store) {
    let other_branch = SeenPush { branch: "other".into(), ..push(sha('a'), actor(10, "jo")) };
    let elsewhere = SeenPush { repo: repo(2), ..push(sha('a'), actor(11, "sam")) };
    let facts = vec![
        Witness::Push(other_branch),
        Witness::Push(elsewhere),
        Witness::Push(push(sha('b'), actor(12, "ana"))),
        Witness::Push(push(sha('c'), actor(13, "kim"))),
    ];
    receive(&store, "1", facts, 1).await;
    let found = store.pushes_of(&repo(1), &[sha('a'), sha('c'), sha('d')]).await.unwrap();
    let mut pushers: Vec<_> = found.into_iter().map(|push| (push.head, push.pusher)).collect();
    pushers.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(pushers, [(sha('a'), actor(10, "jo")), (sha('c'), actor(13, "kim"))]);
    assert_eq!(store.pushes_of(&repo(1), &[]).await.unwrap(), []);
}

async fn heads_are_unjudged_until_a_decision_is_made_on_them(store: Store) {
    let moved = SeenChange { before: Some(sha('a')), ..seen_change(7, sha('b')) };
    receive(&store, "1", vec![Witness::Change(moved)], 1).await;
    receive(&store, "2", vec![Witness::Change(seen_change(8, sha('a')))], 2).await;
    assert_eq!(store.unjudged_heads(&change(7)).await.unwrap(), [sha('a'), sha('b')]);
    let judged = Decision { head: sha('b'), ..decision(7, at(3)) };
    let lease = hold(&store, &judged.head, at(3)).await;
    store.record(&judged, &lease).await.unwrap();
    assert_eq!(store.unjudged_heads(&change(7)).await.unwrap(), [sha('a')]);
    assert_eq!(store.unjudged_heads(&change(8)).await.unwrap(), [sha('a')]);
}

async fn zero_commits_are_no_heads(store: Store) {
    let opened = SeenChange { before: Some(sha('0')), ..seen_change(7, sha('a')) };
    let deleted = push(sha('0'), actor(10, "jo"));
    receive(&store, "1", vec![Witness::Change(opened), Witness::Push(deleted)], 1).await;
    assert_eq!(store.heads(&change(7)).await.unwrap(), [sha('a')]);
    assert_eq!(store.pushes(&change(7)).await.unwrap(), []);
}

async fn open_changes_share_a_head(store: Store) {
    introduce(&store).await;
    store.note_change(&known(7, sha('a'), at(1))).await.unwrap();
    store.note_change(&known(8, sha('a'), at(1))).await.unwrap();
    store.note_change(&KnownChange { state: ChangeState::Closed, ..known(9, sha('a'), at(1)) }).await.unwrap();
    store.note_change(&known(10, sha('a'), at(1))).await.unwrap();
    store.note_change(&known(10, sha('b'), at(2))).await.unwrap();
    receive(&store, "1", vec![Witness::Change(seen_change(11, sha('a')))], 3).await;
    assert_eq!(store.open_changes_on_head(&repo(1), &sha('a')).await.unwrap(), [change(7), change(8), change(11)]);
    assert_eq!(store.open_changes_on_head(&repo(2), &sha('a')).await.unwrap(), []);
}

async fn a_head_witnessed_during_a_read_counts(store: Store) {
    introduce(&store).await;
    // The read began at 5, a push was told at 6, and what was read is kept only then.
    receive(&store, "1", vec![Witness::Change(seen_change(7, sha('b')))], 6).await;
    store.note_change(&known(7, sha('a'), at(5))).await.unwrap();
    for head in [sha('a'), sha('b')] {
        assert_eq!(store.open_changes_on_head(&repo(1), &head).await.unwrap(), [change(7)]);
    }
    store.note_change(&known(7, sha('b'), at(7))).await.unwrap();
    assert_eq!(store.open_changes_on_head(&repo(1), &sha('a')).await.unwrap(), []);
}

async fn a_repository_keeps_its_default_branch(store: Store) {
    introduce(&store).await;
    let renamed = SeenRepository { name: "acme/new".into(), default_branch: None, ..seen_repository(1) };
    receive(&store, "1", vec![Witness::Repository(renamed.clone())], 1).await;
    let kept = SeenRepository { default_branch: Some("main".into()), ..renamed };
    assert_eq!(store.repository(&repo(1)).await.unwrap(), Some(kept));
    assert_eq!(store.repository(&repo(2)).await.unwrap(), None);
}

async fn the_newest_installation_holds(store: Store) {
    introduce(&store).await;
    assert_eq!(store.installation(&acme()).await.unwrap(), Some(77));
    let moved = SeenRepository { installation: 78, ..seen_repository(2) };
    receive(&store, "1", vec![Witness::Repository(moved)], 1).await;
    assert_eq!(store.installation(&acme()).await.unwrap(), Some(78));
    assert_eq!(store.installation(&OwnerId::new(host(), 901)).await.unwrap(), None);
}

async fn a_stack_once_seen_is_asked_about(store: Store) {
    assert_eq!(store.expected_base(&change(7)).await.unwrap(), None);
    let expected = |branch: &str, was_stacked| Some(ExpectedBase { branch: branch.to_owned(), was_stacked });
    let stacked = SeenChange { stack_base: Some("main".into()), ..seen_change(7, sha('a')) };
    receive(&store, "1", vec![Witness::Change(seen_change(7, sha('a')))], 1).await;
    let plain = store.expected_base(&change(7)).await.unwrap().unwrap();
    assert!(!plain.was_stacked);
    store.note_change(&known(7, sha('a'), at(2))).await.unwrap();
    // A delivery does not overwrite what was read, but that there is a stack is news to it.
    receive(&store, "2", vec![Witness::Change(stacked)], 3).await;
    assert_eq!(store.expected_base(&change(7)).await.unwrap(), expected(&plain.branch, true));
    store.note_change(&KnownChange { stack_base: Some("main".into()), ..known(7, sha('a'), at(4)) }).await.unwrap();
    assert_eq!(store.expected_base(&change(7)).await.unwrap(), expected("main", true));
}
