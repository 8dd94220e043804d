use seconder::gate::suggestion::Applied;
use seconder::store::Store;

use super::*;

on_both!(
    what_was_suggested_is_remembered_by_change_and_branch,
    a_suggestion_is_remembered_once,
    a_branch_that_was_merged_forgets_it,
    the_head_before_is_known_where_a_delivery_named_it,
);

fn applied(commit: char, by: i64, lines: u32) -> Applied {
    Applied { commit: sha(commit), by: account(by), lines }
}

async fn what_was_suggested_is_remembered_by_change_and_branch(store: Store) {
    let both = [applied('a', 10, 4), applied('a', 11, 2)];
    store.note_suggestions(&change(7), &branch("feature"), &both).await.unwrap();
    for (number, name, found) in [(7, "feature", 2), (7, "renamed", 2), (8, "feature", 2), (8, "other", 0)] {
        let known = store.applied_suggestions(&change(number), &branch(name)).await.unwrap();
        assert_eq!(known.len(), found, "#{number} on {name}");
        assert!(known.iter().all(|one| both.contains(one)));
    }
    let elsewhere = ChangeKey { repo: repo(2), number: 7 };
    assert_eq!(store.applied_suggestions(&elsewhere, &branch("feature")).await.unwrap(), []);
}

async fn a_suggestion_is_remembered_once(store: Store) {
    for _ in 0..2 {
        store.note_suggestions(&change(7), &branch("feature"), &[applied('a', 10, 4)]).await.unwrap();
    }
    assert_eq!(store.applied_suggestions(&change(7), &branch("feature")).await.unwrap(), [applied('a', 10, 4)]);
}

async fn a_branch_that_was_merged_forgets_it(store: Store) {
    store.note_suggestions(&change(7), &branch("feature"), &[applied('a', 10, 4)]).await.unwrap();
    store.forget_branch(&repo(1), &branch("feature")).await.unwrap();
    assert_eq!(store.applied_suggestions(&change(8), &branch("feature")).await.unwrap(), []);
    assert_eq!(store.applied_suggestions(&change(7), &branch("feature")).await.unwrap().len(), 1);
}

async fn the_head_before_is_known_where_a_delivery_named_it(store: Store) {
    introduce(&store).await;
    // A read may see the head before its delivery comes.
    store.note_change(&known(7, sha('b'), at(1))).await.unwrap();
    assert!(store.previous_heads(&change(7)).await.unwrap().is_empty());
    let synchronize = SeenChange { before: Some(sha('a')), pusher: Some(actor(10, "kim")), ..seen_change(7, sha('b')) };
    let facts = vec![seconder::gate::witnessed::Witness::Change(synchronize)];
    store.receive(&delivery("1", facts, vec![]), at(2)).await.unwrap();
    let known: Vec<_> = store.previous_heads(&change(7)).await.unwrap().into_iter().collect();
    assert_eq!(known, [(sha('b'), sha('a'))]);
    let pushes = store.pushes(&change(7)).await.unwrap();
    assert_eq!(pushes.iter().map(|push| push.before.clone()).collect::<Vec<_>>(), [Some(sha('a'))]);
}
