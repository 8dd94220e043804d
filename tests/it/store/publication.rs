use jiff::SignedDuration;
use seconder::gate::plan::Conclusion;
use seconder::store::{Publication, PublicationState, Store};

use super::*;

on_both!(
    an_intention_comes_before_the_check_stands,
    another_intention_is_uncertain,
    who_lost_the_head_publishes_nothing,
    when_a_check_was_a_success_is_remembered,
);

async fn publication(store: &Store) -> Option<Publication> {
    store.publication(&repo(1), &sha('a'), "seconder").await.unwrap()
}

async fn an_intention_comes_before_the_check_stands(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    assert_eq!(publication(&store).await, None);
    assert!(!store.stand(&lease, "seconder", "d1", 5, at(1)).await.unwrap(), "nothing was intended");
    assert!(store.intend(&lease, "seconder", "d1", Conclusion::ActionRequired, at(1)).await.unwrap());
    let intended = Publication {
        check_run_id: None,
        digest: "d1".into(),
        conclusion: Conclusion::ActionRequired,
        state: PublicationState::Intended,
        at: at(1),
    };
    assert_eq!(publication(&store).await, Some(intended.clone()));
    assert!(store.stand(&lease, "seconder", "d1", 5, at(2)).await.unwrap());
    let standing = Publication { check_run_id: Some(5), state: PublicationState::Standing, at: at(2), ..intended };
    assert_eq!(publication(&store).await, Some(standing));
    assert_eq!(store.publication(&repo(1), &sha('a'), "seconder-preview").await.unwrap(), None);
    assert_eq!(store.publication(&repo(1), &sha('b'), "seconder").await.unwrap(), None);
}

async fn another_intention_is_uncertain(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    store.intend(&lease, "seconder", "d1", Conclusion::ActionRequired, at(1)).await.unwrap();
    store.stand(&lease, "seconder", "d1", 5, at(2)).await.unwrap();
    assert!(store.intend(&lease, "seconder", "d2", Conclusion::Success, at(3)).await.unwrap());
    let uncertain = publication(&store).await.unwrap();
    assert_eq!((uncertain.check_run_id, uncertain.state), (Some(5), PublicationState::Intended));
    assert_eq!((uncertain.digest.as_str(), uncertain.conclusion), ("d2", Conclusion::Success));
    assert!(!store.stand(&lease, "seconder", "d1", 5, at(4)).await.unwrap(), "that is not what is meant now");
    assert_eq!(publication(&store).await, Some(uncertain));
}

async fn who_lost_the_head_publishes_nothing(store: Store) {
    let dead = hold(&store, &sha('a'), at(0)).await;
    store.intend(&dead, "seconder", "d1", Conclusion::Success, at(1)).await.unwrap();
    hold(&store, &sha('a'), at(60)).await;
    assert!(!store.stand(&dead, "seconder", "d1", 5, at(61)).await.unwrap());
    assert!(!store.intend(&dead, "seconder", "d2", Conclusion::Success, at(61)).await.unwrap());
    let uncertain = publication(&store).await.unwrap();
    assert_eq!((uncertain.state, uncertain.at), (PublicationState::Intended, at(1)));
}

async fn when_a_check_was_a_success_is_remembered(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    let was = async |second| {
        let give = SignedDuration::from_secs(2);
        store.was_success(&repo(1), &sha('a'), "seconder", at(second), give).await.unwrap()
    };
    let publish = async |conclusion, second| {
        assert!(store.intend(&lease, "seconder", "d", conclusion, at(second)).await.unwrap());
    };
    assert_eq!(was(5).await, None, "nothing was published");
    publish(Conclusion::ActionRequired, 5).await;
    assert_eq!(was(9).await, Some(false));
    publish(Conclusion::Success, 10).await;
    publish(Conclusion::Success, 20).await;
    assert_eq!((was(7).await, was(8).await, was(15).await), (Some(false), Some(true), Some(true)));
    publish(Conclusion::ActionRequired, 30).await;
    assert_eq!((was(25).await, was(32).await, was(33).await), (Some(true), Some(true), Some(false)));
}
