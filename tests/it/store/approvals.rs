use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use seconder::gate::witnessed::{ApprovalAction, SeenApproval, SeenEdit, Witness};
use seconder::store::Store;

use super::*;

on_both!(
    the_last_act_of_each_account_holds,
    what_comes_late_does_not_undo_what_came_after_it,
    acts_without_a_time_go_by_when_they_were_heard_of,
    a_delivery_through_two_hooks_is_one_act,
    editors_of_a_description_are_remembered,
);

fn act(by: i64, action: ApprovalAction, head: char, second: Option<i64>) -> SeenApproval {
    SeenApproval { change: change(7), by: actor(by, "kim"), action, head: sha(head), at: second.map(at) }
}

async fn hear(store: &Store, guid: &str, seen: &SeenApproval, second: i64) {
    let facts = vec![Witness::Approval(Box::new(seen.clone()))];
    store.receive(&delivery(guid, facts, vec![]), at(second)).await.unwrap();
}

/// By account: what was done last, and on which head.
async fn last(store: &Store) -> Vec<(i64, ApprovalAction, CommitSha)> {
    let approvals = store.approvals(&change(7)).await.unwrap();
    approvals.into_iter().map(|last| (last.by.account.id, last.action, last.head)).collect()
}

async fn the_last_act_of_each_account_holds(store: Store) {
    use ApprovalAction::{Given, Withdrawn};
    assert_eq!(last(&store).await, []);
    hear(&store, "1", &act(10, Given, 'a', Some(1)), 1).await;
    hear(&store, "2", &act(11, Given, 'a', Some(2)), 2).await;
    hear(&store, "3", &act(11, Withdrawn, 'b', Some(3)), 3).await;
    hear(&store, "4", &act(10, Given, 'b', Some(4)), 4).await;
    assert_eq!(last(&store).await, [(10, Given, sha('b')), (11, Withdrawn, sha('b'))]);
    let approvals = store.approvals(&change(7)).await.unwrap();
    assert_eq!((approvals[0].at, approvals[0].received_at, &approvals[0].by), (at(4), at(4), &actor(10, "kim")));
    assert_eq!(store.approvals(&change(8)).await.unwrap(), []);
}

async fn what_comes_late_does_not_undo_what_came_after_it(store: Store) {
    use ApprovalAction::{Given, Withdrawn};
    hear(&store, "2", &act(10, Withdrawn, 'a', Some(2)), 5).await;
    hear(&store, "1", &act(10, Given, 'a', Some(1)), 6).await;
    assert_eq!(last(&store).await, [(10, Withdrawn, sha('a'))]);
}

async fn acts_without_a_time_go_by_when_they_were_heard_of(store: Store) {
    use ApprovalAction::{Given, Withdrawn};
    hear(&store, "1", &act(10, Given, 'a', None), 1).await;
    hear(&store, "2", &act(10, Withdrawn, 'a', None), 2).await;
    assert_eq!(last(&store).await, [(10, Withdrawn, sha('a'))]);
    // Of what came in one moment, that holds which grants nothing.
    hear(&store, "3", &act(11, Withdrawn, 'a', None), 3).await;
    hear(&store, "4", &act(11, Given, 'a', None), 3).await;
    assert_eq!(last(&store).await[1], (11, Withdrawn, sha('a')));
}

/// A project's hook and its group's tell of the same act, under names of their own.
async fn a_delivery_through_two_hooks_is_one_act(store: Store) {
    use ApprovalAction::{Given, Withdrawn};
    hear(&store, "project-1", &act(10, Given, 'a', Some(1)), 1).await;
    hear(&store, "project-2", &act(10, Withdrawn, 'a', Some(2)), 2).await;
    hear(&store, "group-1", &act(10, Given, 'a', Some(1)), 3).await;
    assert_eq!(last(&store).await, [(10, Withdrawn, sha('a'))]);
}

async fn editors_of_a_description_are_remembered(store: Store) {
    let edit = |by, second: Option<i64>| {
        Witness::Described(SeenEdit { change: change(7), by: account(by), at: second.map(at) })
    };
    store.receive(&delivery("2", vec![edit(11, Some(2))], vec![]), at(9)).await.unwrap();
    store.receive(&delivery("1", vec![edit(10, Some(1)), edit(10, Some(1))], vec![]), at(9)).await.unwrap();
    store.receive(&delivery("3", vec![edit(12, None)], vec![]), at(10)).await.unwrap();
    let edits = store.description_edits(&change(7)).await.unwrap();
    assert_eq!(edits, [(account(10), at(1)), (account(11), at(2)), (account(12), at(10))]);
}

/// Acts of a few accounts on a few heads, each at a time of its own.
fn history() -> impl Strategy<Value = Vec<SeenApproval>> {
    let action = prop_oneof![Just(ApprovalAction::Given), Just(ApprovalAction::Withdrawn)];
    let one = (1..4_i64, action, prop::sample::select(vec!['a', 'b', 'c']));
    prop::collection::vec(one, 1..8).prop_map(|acts| {
        let number = |(second, (by, action, head))| act(by, action, head, Some(i64::try_from(second).unwrap_or(0)));
        acts.into_iter().enumerate().map(number).collect()
    })
}

/// In whatever order they come, and however often, the same holds: what was done last.
#[test]
fn neither_order_nor_repetition_of_acts_matters() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let shuffled = history().prop_flat_map(|acts| {
        let twice: Vec<SeenApproval> = acts.iter().chain(&acts).cloned().collect();
        (Just(acts), Just(twice).prop_shuffle())
    });
    let tried = TestRunner::new(config).run(&shuffled, |(acts, told)| {
        let expected: BTreeMap<i64, _> = acts.iter().map(|act| (act.by.account.id, (act.action, &act.head))).collect();
        let expected: Vec<_> = expected.into_iter().map(|(by, (action, head))| (by, action, head.clone())).collect();
        let held = runtime.block_on(async {
            let (store, _folder) = sqlite().await;
            for (n, act) in told.iter().enumerate() {
                hear(&store, &n.to_string(), act, 100 + i64::try_from(n).unwrap_or(0)).await;
            }
            last(&store).await
        });
        prop_assert_eq!(held, expected);
        Ok(())
    });
    tried.unwrap();
}
