use seconder::gate::contributors::{Contribution, Role, Who};
use seconder::gate::witnessed::{SeenPush, Witness};
use seconder::store::Store;

use super::*;

on_both!(pseudonyms_are_stable, workers_agree_on_a_pseudonym, a_forgotten_account_leaves_somebody_unknown);

async fn pseudonyms_are_stable(store: Store) {
    let asked = [account(1), account(2), account(1)];
    let first = store.pseudonyms(&asked).await.unwrap();
    assert_eq!(first.len(), 2);
    assert_ne!(first[&account(1)], first[&account(2)]);
    assert!(first.values().all(|name| name.starts_with("p_") && name.len() == 34), "{first:?}");
    assert_eq!(store.pseudonyms(&asked).await.unwrap(), first);
}

async fn workers_agree_on_a_pseudonym(store: Store) {
    let ask = |store: Store| tokio::spawn(async move { store.pseudonyms(&[account(1)]).await.unwrap() });
    let tasks: Vec<_> = (0..10).map(|_| ask(store.clone())).collect();
    let mut all = BTreeSet::new();
    for task in tasks {
        all.extend(task.await.unwrap().into_values());
    }
    assert_eq!(all.len(), 1);
}

async fn a_forgotten_account_leaves_somebody_unknown(store: Store) {
    let push =
        SeenPush { repo: repo(1), branch: "b".into(), before: None, after: Some(sha('c')), pusher: actor(10, "jo") };
    store.receive(&delivery("1", vec![Witness::Push(push)], vec![]), at(0)).await.unwrap();
    let opener = |who| Contribution { who, role: Role::Opener };
    let lease = hold(&store, &sha('a'), at(0)).await;
    let contributors = BTreeSet::from([opener(Who::Account(account(10))), opener(Who::Account(account(11)))]);
    store.record(&Decision { contributors, ..decision(7, at(1)) }, &lease).await.unwrap();
    store.pin_login(&host(), "jo", 10, at(1)).await.unwrap();
    let before = store.pseudonyms(&[account(10)]).await.unwrap();

    store.forget_account(&account(10)).await.unwrap();

    let remembered = store.remembered(&change(7), &keys(&[('a', 'b')])).await.unwrap();
    assert_eq!(remembered.contributors, BTreeSet::from([opener(Who::Account(account(11))), opener(Who::Unknown)]));
    let pushed = store.remembered(&change(9), &keys(&[('c', 'd')])).await.unwrap().contributors;
    let somebody = Contribution { who: Who::Unknown, role: Role::Pusher };
    assert!(pushed.contains(&somebody), "{pushed:?}");
    assert!(store.pinned_logins(&host()).await.unwrap().is_empty());
    assert_eq!(store.decisions(&change(7), 10).await.unwrap().len(), 1, "decisions stay");
    assert_ne!(store.pseudonyms(&[account(10)]).await.unwrap(), before, "nobody can find the old one");
}
