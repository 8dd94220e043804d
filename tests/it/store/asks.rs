use seconder::gate::witnessed::Witness;
use seconder::store::{Ask, KnownChange, SaidVerdict, Store, Told, UntrueAsk};

use super::*;

on_both!(
    a_job_is_told_what_was_said_of_the_head_that_it_tests,
    nothing_is_told_of_a_change_that_was_never_read,
    nothing_is_told_while_the_change_is_due,
    nothing_is_told_while_another_change_on_the_head_is_due,
    what_was_said_before_the_last_read_is_not_told,
    what_was_said_under_a_lost_lease_is_not_told,
    another_commit_is_looked_at_once_and_settled_for_good,
    a_job_that_was_told_what_is_no_longer_true_is_found,
    a_job_of_a_retried_pipeline_is_asked_about_by_its_last_ask,
    asks_are_kept_while_the_change_is_open,
);

fn by(job: i64, pipeline: i64, head: char) -> Ask {
    Ask { change: change(7), job, pipeline, sha: sha(head) }
}

fn said(passes: bool) -> SaidVerdict {
    let title = if passes { "kim approved" } else { "waiting for one approval" };
    SaidVerdict { passes, title: title.into(), url: Some("https://seconder.example/7".into()) }
}

/// Change 7 was read at head `a` at this time, and judged a second later.
async fn judged(store: &Store, passes: bool, second: i64) {
    store.note_change(&known(7, sha('a'), at(second))).await.unwrap();
    say(store, passes, second + 1).await;
}

async fn say(store: &Store, passes: bool, second: i64) {
    let lease = hold(store, &sha('a'), at(second)).await;
    assert!(store.say(&lease, &said(passes), at(second)).await.unwrap());
    store.unlock_head(&lease).await.unwrap();
}

/// What is due is dealt with, whatever it is.
async fn settle(store: &Store, second: i64) {
    while let Some(claim) = store.claim(at(second), LEASE).await.unwrap() {
        store.finish(&claim, at(second)).await.unwrap();
    }
}

async fn ask(store: &Store, job: i64, head: char, second: i64) -> Told {
    store.ask(&by(job, 100 + job, head), at(second)).await.unwrap()
}

async fn a_job_is_told_what_was_said_of_the_head_that_it_tests(store: Store) {
    introduce(&store).await;
    store.note_change(&known(7, sha('a'), at(1))).await.unwrap();
    assert_eq!(ask(&store, 1, 'a', 2).await, Told::Ungoverned, "it was read, and nobody said anything");
    say(&store, false, 3).await;
    assert_eq!(ask(&store, 1, 'a', 4).await, Told::Verdict(said(false)));
    say(&store, true, 5).await;
    let told = ask(&store, 1, 'a', 6).await;
    assert!(told == Told::Verdict(said(true)) && told.passes());
    store.note_change(&KnownChange { state: ChangeState::Closed, ..known(7, sha('a'), at(7)) }).await.unwrap();
    assert_eq!(ask(&store, 1, 'a', 8).await, Told::Closed);
}

async fn nothing_is_told_of_a_change_that_was_never_read(store: Store) {
    introduce(&store).await;
    assert_eq!(ask(&store, 1, 'a', 1).await, Told::Judging);
    store.receive(&delivery("1", vec![Witness::Change(seen_change(7, sha('a')))], vec![]), at(2)).await.unwrap();
    assert_eq!(ask(&store, 1, 'a', 3).await, Told::Judging);
    assert_eq!(store.dirty_count().await.unwrap(), 0, "an ask alone makes nothing of a number that a job made up");
}

async fn nothing_is_told_while_the_change_is_due(store: Store) {
    introduce(&store).await;
    judged(&store, true, 1).await;
    dirty(&store, 7, at(3)).await;
    assert_eq!(ask(&store, 1, 'a', 4).await, Told::Judging);
    let claim = store.claim(at(4), LEASE).await.unwrap().unwrap();
    assert_eq!(ask(&store, 1, 'a', 5).await, Told::Judging, "somebody is at it");
    store.finish(&claim, at(6)).await.unwrap();
    assert!(ask(&store, 1, 'a', 7).await.passes());
}

async fn nothing_is_told_while_another_change_on_the_head_is_due(store: Store) {
    introduce(&store).await;
    judged(&store, true, 1).await;
    store.note_change(&known(8, sha('a'), at(1))).await.unwrap();
    store.note_change(&known(9, sha('b'), at(1))).await.unwrap();
    dirty(&store, 9, at(3)).await;
    assert!(ask(&store, 1, 'a', 4).await.passes(), "it has another head");
    dirty(&store, 8, at(5)).await;
    assert_eq!(ask(&store, 1, 'a', 6).await, Told::Judging);
}

/// Retargeted to a branch that is not governed, the change is read, and nothing is said.
async fn what_was_said_before_the_last_read_is_not_told(store: Store) {
    introduce(&store).await;
    judged(&store, true, 1).await;
    let elsewhere = KnownChange { base_branch: "sandbox".into(), ..known(7, sha('a'), at(5)) };
    store.note_change(&elsewhere).await.unwrap();
    assert_eq!(ask(&store, 1, 'a', 6).await, Told::Ungoverned);
}

async fn what_was_said_under_a_lost_lease_is_not_told(store: Store) {
    introduce(&store).await;
    judged(&store, false, 1).await;
    let lost = hold(&store, &sha('a'), at(3)).await;
    let newer = hold(&store, &sha('a'), at(3 + 61)).await;
    assert!(!store.say(&lost, &said(true), at(65)).await.unwrap());
    assert_eq!(ask(&store, 1, 'a', 66).await, Told::Verdict(said(false)));
    assert!(store.say(&newer, &said(true), at(67)).await.unwrap());
}

async fn another_commit_is_looked_at_once_and_settled_for_good(store: Store) {
    introduce(&store).await;
    judged(&store, true, 1).await;
    for second in 2..4 {
        assert_eq!(ask(&store, 1, 'd', second).await, if second == 2 { Told::Unchecked } else { Told::Judging });
    }
    assert_eq!(ask(&store, 2, 'e', 4).await, Told::Judging, "it is due by now");
    assert_eq!(store.tested_commits(&change(7)).await.unwrap(), [sha('d')]);
    settle(&store, 5).await;
    assert_eq!(ask(&store, 1, 'd', 6).await, Told::Unchecked);
    assert_eq!(store.dirty_count().await.unwrap(), 0, "once is enough");
    store.settle_commit(&change(7), &sha('d'), Some(&sha('a')), at(7)).await.unwrap();
    assert!(ask(&store, 1, 'd', 8).await.passes());
    assert_eq!(store.tested_commits(&change(7)).await.unwrap(), []);

    // A merge of a head that the change had before, and of none.
    for (digit, head) in [('e', Some(sha('c'))), ('f', None)] {
        assert_eq!(ask(&store, 3, digit, 9).await, Told::Unchecked);
        settle(&store, 9).await;
        store.settle_commit(&change(7), &sha(digit), head.as_ref(), at(10)).await.unwrap();
        assert_eq!(ask(&store, 3, digit, 11).await, Told::OtherCommit { head: sha('a') });
    }
}

async fn a_job_that_was_told_what_is_no_longer_true_is_found(store: Store) {
    introduce(&store).await;
    judged(&store, false, 1).await;
    assert_eq!(store.untrue_asks(&change(7)).await.unwrap(), []);
    ask(&store, 1, 'a', 3).await;
    ask(&store, 2, 'b', 3).await;
    settle(&store, 3).await;
    assert_eq!(store.untrue_asks(&change(7)).await.unwrap(), []);
    say(&store, true, 4).await;
    let untrue = |job, passed| UntrueAsk { job, pipeline: 100 + job, passed };
    assert_eq!(store.untrue_asks(&change(7)).await.unwrap(), [untrue(1, false)]);
    store.forget_ask(&change(7), 1).await.unwrap();
    assert_eq!(store.untrue_asks(&change(7)).await.unwrap(), []);
    assert!(ask(&store, 3, 'a', 5).await.passes());
    assert_eq!(store.untrue_asks(&change(7)).await.unwrap(), []);
    say(&store, false, 6).await;
    assert_eq!(store.untrue_asks(&change(7)).await.unwrap(), [untrue(3, true)]);
    dirty(&store, 7, at(7)).await;
    assert_eq!(store.untrue_asks(&change(7)).await.unwrap(), [], "it is not known what is true");
}

async fn a_job_of_a_retried_pipeline_is_asked_about_by_its_last_ask(store: Store) {
    introduce(&store).await;
    judged(&store, false, 1).await;
    store.ask(&by(1, 100, 'a'), at(3)).await.unwrap();
    say(&store, true, 4).await;
    store.ask(&by(2, 100, 'a'), at(5)).await.unwrap();
    assert_eq!(store.untrue_asks(&change(7)).await.unwrap(), [], "somebody ran it again by hand");
}

async fn asks_are_kept_while_the_change_is_open(store: Store) {
    introduce(&store).await;
    judged(&store, true, 1).await;
    ask(&store, 1, 'a', 3).await;
    store.sweep_deliveries(at(1000)).await.unwrap();
    say(&store, false, 1001).await;
    assert_eq!(store.untrue_asks(&change(7)).await.unwrap().len(), 1);
    store.note_change(&KnownChange { state: ChangeState::Merged, ..known(7, sha('a'), at(1002)) }).await.unwrap();
    store.sweep_deliveries(at(2000)).await.unwrap();
    store.note_change(&known(7, sha('a'), at(2001))).await.unwrap();
    say(&store, false, 2002).await;
    assert_eq!(store.untrue_asks(&change(7)).await.unwrap(), []);
}
