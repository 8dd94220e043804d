use seconder::gate::plan::Conclusion;
use seconder::store::{Publication, PublicationState, Store};

use super::*;

on_both!(
    an_intention_comes_before_the_check_stands,
    another_intention_is_uncertain,
    who_lost_the_head_publishes_nothing
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
