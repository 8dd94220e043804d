use seconder::gate::witnessed::Place;
use seconder::store::{Allowance, Answer, AnswerClaim, Store};

use super::*;

on_both!(
    a_comment_is_answered_once,
    an_answer_is_leased_to_one_worker,
    a_late_worker_changes_nothing,
    a_reply_that_may_have_arrived_is_known_to,
    silence_is_an_answer_too,
    an_answer_waits_for_its_time,
    answers_wait_for_a_repository_that_can_be_reached,
    no_more_is_written_than_allowed,
    what_does_not_fit_takes_nothing,
    answers_of_an_installation_are_put_off_together,
    a_change_is_due_once_its_time_has_come
);

fn answer(comment: i64) -> Answer {
    Answer {
        place: Place::Conversation,
        comment,
        since: at(1),
        reaction: Some("+1".into()),
        reply: Some("Counted.".into()),
    }
}

async fn settled(store: &Store, answers: &[Answer]) {
    introduce(store).await;
    settled_again(store, answers).await;
}

async fn settled_again(store: &Store, answers: &[Answer]) {
    store.settle_answers(&change(7), answers, at(1)).await.unwrap();
}

async fn claim(store: &Store, now: Timestamp) -> Option<AnswerClaim> {
    store.claim_answer(now, LEASE).await.unwrap()
}

async fn a_comment_is_answered_once(store: Store) {
    settled(&store, &[answer(5)]).await;
    let other = Answer { reply: Some("Something else.".into()), ..answer(5) };
    settled_again(&store, &[other]).await;
    let claimed = claim(&store, at(1)).await.unwrap();
    assert_eq!((claimed.answer.clone(), claimed.change.clone(), claimed.attempts), (answer(5), change(7), 0));
    assert_eq!(claimed.repository, seen_repository(1));
    assert!(store.finish_answer(&claimed, None).await.unwrap());
    settled_again(&store, &[answer(5)]).await;
    assert_eq!(claim(&store, at(900)).await, None);
    assert_eq!(store.settled_answers(&change(7)).await.unwrap(), [5].into());
}

async fn an_answer_is_leased_to_one_worker(store: Store) {
    settled(&store, &[answer(5)]).await;
    assert!(claim(&store, at(1)).await.is_some());
    assert_eq!(claim(&store, at(60)).await, None);
    assert_eq!(store.next_answer(at(2)).await.unwrap(), Some(at(61)));
    assert!(claim(&store, at(61)).await.is_some());
}

async fn a_late_worker_changes_nothing(store: Store) {
    settled(&store, &[answer(5)]).await;
    let late = claim(&store, at(1)).await.unwrap();
    let next = claim(&store, at(61)).await.unwrap();
    assert!(!store.reacted(&late).await.unwrap());
    assert!(!store.reply_sends(&late, at(62)).await.unwrap());
    assert!(!store.reply_failed(&late).await.unwrap());
    assert!(!store.postpone_answer(&late, at(500), 1, "late").await.unwrap());
    assert!(!store.finish_answer(&late, None).await.unwrap());
    assert!(store.reply_sends(&next, at(62)).await.unwrap());
}

async fn a_reply_that_may_have_arrived_is_known_to(store: Store) {
    settled(&store, &[answer(5)]).await;
    let first = claim(&store, at(1)).await.unwrap();
    assert!(store.reacted(&first).await.unwrap());
    assert!(store.reply_sends(&first, at(2)).await.unwrap());
    assert!(store.postpone_answer(&first, at(10), 1, "no\0answer").await.unwrap());
    let second = claim(&store, at(10)).await.unwrap();
    assert_eq!((second.reply_sent_at, second.attempts), (Some(at(2)), 1));
    assert_eq!(second.answer.reaction, None, "that is there already");
    assert!(store.reply_failed(&second).await.unwrap());
    assert!(store.postpone_answer(&second, at(20), 0, "waits").await.unwrap());
    let third = claim(&store, at(20)).await.unwrap();
    assert_eq!((third.reply_sent_at, third.attempts), (None, 1));
}

async fn silence_is_an_answer_too(store: Store) {
    settled(&store, &[Answer { reaction: None, reply: None, ..answer(5) }]).await;
    assert_eq!(claim(&store, at(9)).await, None);
    assert_eq!(store.settled_answers(&change(7)).await.unwrap(), [5].into());
}

async fn an_answer_waits_for_its_time(store: Store) {
    settled(&store, &[answer(5), answer(6)]).await;
    let first = claim(&store, at(1)).await.unwrap();
    store.postpone_answer(&first, at(30), 1, "failed").await.unwrap();
    assert_eq!(claim(&store, at(2)).await.unwrap().answer.comment, 6);
    assert_eq!(claim(&store, at(29)).await, None);
    assert_eq!(claim(&store, at(30)).await.unwrap().answer.comment, 5);
}

async fn answers_wait_for_a_repository_that_can_be_reached(store: Store) {
    settled(&store, &[answer(5)]).await;
    store.forget_repository(&repo(1), at(9)).await.unwrap();
    assert_eq!(claim(&store, at(9)).await, None);
    assert_eq!(store.next_answer(at(9)).await.unwrap(), None);
    store.receive(&delivery("again", vec![], vec![]), at(10)).await.unwrap();
    assert!(claim(&store, at(11)).await.is_some());
}

const FEW: Allowance = Allowance { a_minute: 3, an_hour: 5 };

async fn allowed(store: &Store, amount: i64, now: Timestamp) -> Option<Timestamp> {
    store.allow_content(&host(), 77, amount, FEW, now).await.unwrap()
}

async fn no_more_is_written_than_allowed(store: Store) {
    // A minute that begins with the story.
    let minute = |n: i64| Timestamp::from_second(at(0).as_second().div_euclid(60) * 60 + n * 60).unwrap();
    assert_eq!(allowed(&store, 2, minute(0)).await, None);
    assert_eq!(allowed(&store, 1, minute(0)).await, None);
    assert_eq!(allowed(&store, 1, minute(0)).await, Some(minute(1)));
    assert_eq!(allowed(&store, 1, minute(1)).await, Some(minute(2)), "any minute, not only those of the clock");
    assert_eq!(allowed(&store, 2, minute(2)).await, None);
    assert_eq!(allowed(&store, 1, minute(20)).await, Some(minute(21)), "the hour is full");
    assert_eq!(store.allow_content(&host(), 78, 3, FEW, minute(20)).await.unwrap(), None, "by installation");
    assert_eq!(allowed(&store, 1, minute(61)).await, None);
}

async fn what_does_not_fit_takes_nothing(store: Store) {
    assert_eq!(allowed(&store, 2, at(0)).await, None);
    assert!(allowed(&store, 2, at(0)).await.is_some());
    assert_eq!(allowed(&store, 1, at(0)).await, None);
}

async fn answers_of_an_installation_are_put_off_together(store: Store) {
    settled(&store, &[answer(5), answer(6)]).await;
    assert_eq!(store.hold_answers(&host(), 77, at(100)).await.unwrap(), 2);
    assert_eq!(store.hold_answers(&host(), 78, at(200)).await.unwrap(), 0);
    assert_eq!(claim(&store, at(99)).await, None);
    assert!(claim(&store, at(100)).await.is_some());
}

async fn a_change_is_due_once_its_time_has_come(store: Store) {
    introduce(&store).await;
    let lease = hold(&store, &sha('a'), at(0)).await;
    let ends = |at| Decision { look_again_at: at, ..decision(7, super::at(1)) };
    store.record(&ends(Some(at(100))), &lease).await.unwrap();
    assert_eq!(store.mark_due(at(99)).await.unwrap(), 0);
    assert_eq!(store.dirty_count().await.unwrap(), 0);
    assert_eq!(store.mark_due(at(100)).await.unwrap(), 1);
    assert_eq!(store.dirty_count().await.unwrap(), 1);
    assert_eq!(store.mark_due(at(100)).await.unwrap(), 0, "once");
    store.record(&ends(Some(at(200))), &lease).await.unwrap();
    store.record(&ends(None), &lease).await.unwrap();
    assert_eq!(store.mark_due(at(300)).await.unwrap(), 0, "it ended by other means");
}
