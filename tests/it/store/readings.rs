use seconder::gate::membership::{GroupName, Kept, Reach, Reading, Source};
use seconder::store::{Pin, Store};

use super::*;

on_both!(
    what_is_known_of_a_group_is_kept,
    two_who_write_at_once_do_not_undo_each_other,
    a_group_is_pinned_when_first_seen,
);

fn seniors(reach: Reach) -> Source {
    Source { host: host(), group: GroupName::of("Acme/Seniors"), reach }
}

fn reading(members: &[i64], second: i64) -> Reading {
    Reading { members: members.iter().copied().collect(), read_at: at(second) }
}

async fn what_is_known_of_a_group_is_kept(store: Store) {
    assert!(store.readings().await.unwrap().is_empty());
    let first = Kept::first(reading(&[30, 4, 9_000_000_000], 1));
    let other = Kept::first(reading(&[], 2));
    assert!(store.keep_reading(&seniors(Reach::Direct), &first, None).await.unwrap());
    assert!(store.keep_reading(&seniors(Reach::All), &other, None).await.unwrap());
    let stored = store.reading(&seniors(Reach::Direct)).await.unwrap().unwrap();
    assert_eq!((&stored.kept, &stored.source), (&first, &seniors(Reach::Direct)));
    let held = Kept { held: Some(reading(&[1, 2], 4)), before: reading(&[7], 3), ..first };
    assert!(store.keep_reading(&stored.source, &held, Some(stored.version)).await.unwrap());
    let mut all = store.readings().await.unwrap();
    all.sort_by_key(|stored| stored.source.reach);
    assert_eq!(all.iter().map(|stored| &stored.kept).collect::<Vec<_>>(), [&held, &other]);
    let number = Source { group: GroupName::of("77"), ..seniors(Reach::Direct) };
    assert!(store.keep_reading(&number, &other, None).await.unwrap());
    assert_eq!(store.reading(&number).await.unwrap().unwrap().source.group, GroupName::Number(77));
}

async fn two_who_write_at_once_do_not_undo_each_other(store: Store) {
    let source = seniors(Reach::Direct);
    let [a, b] = [reading(&[1], 1), reading(&[2], 2)].map(Kept::first);
    assert!(store.keep_reading(&source, &a, None).await.unwrap());
    assert!(!store.keep_reading(&source, &b, None).await.unwrap(), "somebody was first");
    let seen = store.reading(&source).await.unwrap().unwrap();
    assert!(store.keep_reading(&source, &b, Some(seen.version)).await.unwrap());
    assert!(!store.keep_reading(&source, &a, Some(seen.version)).await.unwrap(), "it follows from an old one");
    assert_eq!(store.reading(&source).await.unwrap().unwrap().kept, b);
}

async fn a_group_is_pinned_when_first_seen(store: Store) {
    assert_eq!(store.pinned_group(&host(), "acme/seniors").await.unwrap(), None);
    assert_eq!(store.pin_group(&host(), "Acme/Seniors", 70, at(1)).await.unwrap(), Pin::Ours);
    assert_eq!(store.pin_group(&host(), "acme/seniors", 71, at(2)).await.unwrap(), Pin::Conflict { existing: 70 });
    assert_eq!(store.pinned_group(&host(), "ACME/seniors").await.unwrap(), Some(70));
    let elsewhere = "gitlab.example.com".parse().unwrap();
    assert_eq!(store.pinned_group(&elsewhere, "acme/seniors").await.unwrap(), None);
}
