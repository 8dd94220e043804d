use seconder::gate::finding::{By, Finding, Kind, Place, Required};
use seconder::gate::witnessed::{MovedRules, Witness};
use seconder::store::{FindingCount, Found, KnownRules, ReadRules, Store};

use super::*;

on_both!(
    the_same_finding_is_one_row,
    a_resolved_finding_opens_again_when_it_is_found_again,
    a_finding_names_nobody,
    a_redelivery_finds_nothing_twice,
    what_stands_on_a_head_is_resolved_when_no_open_change_has_it,
    rules_are_due_when_they_move,
    rules_that_move_while_they_are_read_stay_due,
    an_older_read_of_rules_changes_nothing,
    a_repository_that_is_gone_has_no_rules,
);

fn forged(second: i64) -> Finding {
    Finding {
        kind: Kind::ForeignStatus,
        repo: repo(1),
        place: Place::Commit(sha('a')),
        by: Some(By::Account(account(10))),
        at: at(second),
    }
}

async fn the_same_finding_is_one_row(store: Store) {
    assert_eq!(store.record_finding(&forged(1)).await.unwrap(), Found::New);
    assert_eq!(store.record_finding(&forged(5)).await.unwrap(), Found::Again);
    let other = Finding { by: Some(By::App(7)), kind: Kind::ForeignCheck, ..forged(3) };
    assert_eq!(store.record_finding(&other).await.unwrap(), Found::New);

    let found = store.findings(false, 10).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].by.as_deref(), Some("app:7"));
    assert_eq!((found[1].first_seen_at, found[1].last_seen_at, found[1].count), (at(1), at(5), 2));
    assert_eq!(found[1].place, Place::Commit(sha('a')));
    let counts = store.finding_counts().await.unwrap();
    let count = |kind, found| FindingCount { kind, found, open: 1 };
    assert_eq!(counts, [count(Kind::ForeignCheck, 1), count(Kind::ForeignStatus, 2)]);
}

async fn a_resolved_finding_opens_again_when_it_is_found_again(store: Store) {
    store.record_finding(&forged(1)).await.unwrap();
    let id = store.findings(true, 10).await.unwrap()[0].id;
    assert!(store.resolve_finding(id, at(5)).await.unwrap());
    assert!(!store.resolve_finding(id, at(6)).await.unwrap(), "it is resolved already");
    assert_eq!(store.findings(true, 10).await.unwrap(), []);
    assert_eq!(store.record_finding(&forged(4)).await.unwrap(), Found::Again, "this was before");
    assert_eq!(store.findings(true, 10).await.unwrap(), []);
    assert_eq!(store.record_finding(&forged(7)).await.unwrap(), Found::New);
    assert_eq!(store.findings(true, 10).await.unwrap()[0].id, id);
}

async fn a_finding_names_nobody(store: Store) {
    store.record_finding(&forged(1)).await.unwrap();
    let pseudonym = store.pseudonyms(&[account(10)]).await.unwrap()[&account(10)].clone();
    assert_eq!(store.findings(true, 10).await.unwrap()[0].by.as_deref(), Some(pseudonym.as_str()));
    store.forget_account(&account(10)).await.unwrap();
    assert_eq!(store.findings(true, 10).await.unwrap()[0].by.as_deref(), Some(pseudonym.as_str()));
    assert_ne!(store.pseudonyms(&[account(10)]).await.unwrap()[&account(10)], pseudonym);
}

async fn a_redelivery_finds_nothing_twice(store: Store) {
    let told = delivery("1", vec![Witness::Finding(Box::new(forged(1)))], vec![]);
    store.receive(&told, at(1)).await.unwrap();
    assert_eq!(store.receive(&told, at(2)).await.unwrap(), Receipt::Duplicate);
    assert_eq!(store.findings(true, 10).await.unwrap()[0].count, 1);
}

async fn what_stands_on_a_head_is_resolved_when_no_open_change_has_it(store: Store) {
    let seen = |number| Witness::Change(seen_change(number, sha('a')));
    store.receive(&delivery("1", vec![seen(7), seen(8)], vec![]), at(0)).await.unwrap();
    store.record_finding(&forged(1)).await.unwrap();
    store.note_change(&known(7, sha('b'), at(2))).await.unwrap();
    assert_eq!(store.findings(true, 10).await.unwrap().len(), 1, "the other change still has this head");
    store.note_change(&KnownChange { state: ChangeState::Closed, ..known(8, sha('a'), at(3)) }).await.unwrap();
    assert_eq!(store.findings(false, 10).await.unwrap()[0].resolved_at, Some(at(3)));
}

fn moved(guid: &str, everywhere: bool) -> Delivery {
    let repo = (!everywhere).then(|| repo(1));
    let rules = MovedRules { owner: acme(), repo, by: Some(account(10)) };
    delivery(guid, vec![Witness::Rules(rules)], vec![])
}

fn read(repo: &RepoId, required: Required, second: i64) -> ReadRules<'_> {
    ReadRules {
        repo,
        branch: "main",
        required,
        read_at: at(second),
        next_read_at: at(second + 1000),
        found: None,
        mended: &[],
    }
}

async fn due(store: &Store, second: i64) -> Option<String> {
    let due = store.claim_rules(at(second), at(second + 60)).await.unwrap()?;
    Some(format!("{}@{}", due.repository.name, due.branch))
}

async fn rules_are_due_when_they_move(store: Store) {
    introduce(&store).await;
    assert_eq!(due(&store, 1).await, None);
    store.receive(&moved("1", true), at(2)).await.unwrap();
    assert_eq!(due(&store, 2).await.as_deref(), Some("acme/r1@main"));
    assert_eq!(due(&store, 3).await, None, "somebody is at it");
    assert_eq!(due(&store, 62).await.as_deref(), Some("acme/r1@main"), "somebody was at it");
    let known = store.known_rules(&repo(1), "main").await.unwrap();
    assert_eq!(known, Some(KnownRules { required: None, moved_by: Some(account(10)) }));

    store.note_rules(&read(&repo(1), Required::Pinned, 63)).await.unwrap();
    let known = store.known_rules(&repo(1), "main").await.unwrap();
    assert_eq!(known, Some(KnownRules { required: Some(Required::Pinned), moved_by: None }));
    assert_eq!(due(&store, 1062).await, None);
    assert!(due(&store, 1063).await.is_some(), "at times they are read without being told to");
}

async fn rules_that_move_while_they_are_read_stay_due(store: Store) {
    introduce(&store).await;
    store.receive(&moved("1", false), at(1)).await.unwrap();
    assert!(due(&store, 1).await.is_some());
    store.receive(&moved("2", false), at(3)).await.unwrap();
    store.note_rules(&read(&repo(1), Required::Pinned, 2)).await.unwrap();
    assert!(due(&store, 4).await.is_some());
}

async fn an_older_read_of_rules_changes_nothing(store: Store) {
    let repo = repo(1);
    store.note_rules(&read(&repo, Required::Pinned, 5)).await.unwrap();
    let found = Finding { kind: Kind::CheckNotRequired, place: Place::Branch("main".into()), ..forged(4) };
    let older = ReadRules { found: Some(found.clone()), ..read(&repo, Required::No, 4) };
    assert_eq!(store.note_rules(&older).await.unwrap(), None);
    assert_eq!(store.findings(true, 10).await.unwrap(), []);
    let newer = ReadRules { found: Some(found), ..read(&repo, Required::No, 6) };
    assert_eq!(store.note_rules(&newer).await.unwrap(), Some(Found::New));
    let mended = ReadRules { mended: &[Kind::CheckNotRequired], ..read(&repo, Required::Pinned, 7) };
    assert_eq!(store.note_rules(&mended).await.unwrap(), None);
    assert_eq!(store.findings(true, 10).await.unwrap(), []);
}

async fn a_repository_that_is_gone_has_no_rules(store: Store) {
    introduce(&store).await;
    store.receive(&moved("1", false), at(1)).await.unwrap();
    store.forget_repository(&repo(1), at(9)).await.unwrap();
    assert_eq!(due(&store, 2).await, None);
    assert_eq!(store.known_rules(&repo(1), "main").await.unwrap(), None);
}
