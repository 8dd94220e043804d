use seconder::store::{Limit, Store};

use super::*;

on_both!(a_limit_holds_until_it_ends, the_later_of_two_limits_holds, a_limit_is_never_kept_for_shorter);

fn limit(installation: i64, counted: &str, second: i64) -> Limit {
    Limit { host: host(), installation, counted: counted.into(), until: at(second) }
}

async fn a_limit_holds_until_it_ends(store: Store) {
    let (first, second) = (limit(5, "rest", 10), limit(0, "graphql", 20));
    store.keep_limit(&first).await.unwrap();
    store.keep_limit(&second).await.unwrap();
    let mut both = store.limits(at(9)).await.unwrap();
    both.sort_by_key(|limit| limit.until);
    assert_eq!(both, [first, second.clone()]);
    assert_eq!(store.limits(at(10)).await.unwrap(), [second]);
    assert_eq!(store.limits(at(20)).await.unwrap(), []);
}

async fn the_later_of_two_limits_holds(store: Store) {
    for second in [10, 30, 20] {
        store.keep_limit(&limit(5, "rest", second)).await.unwrap();
    }
    assert_eq!(store.limits(at(0)).await.unwrap(), [limit(5, "rest", 30)]);
}

async fn a_limit_is_never_kept_for_shorter(store: Store) {
    let until = at(10) + SignedDuration::from_micros(1_200);
    store.keep_limit(&Limit { until, ..limit(5, "all", 0) }).await.unwrap();
    let kept = store.limits(at(10)).await.unwrap()[0].until;
    assert!(kept >= until && kept < until + SignedDuration::from_millis(1), "{kept}");
}
