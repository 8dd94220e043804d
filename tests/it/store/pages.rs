//! What pages are made from, beside the decisions that they show.

use seconder::gate::change::ChangeState;
use seconder::gate::ids::Login;
use seconder::gate::page::{About, AboutRead, Grouped, Judged, OnCommit, Site};
use seconder::gate::verdict::{Outcome, Verdict};
use seconder::gate::witnessed::Witness;
use seconder::store::{Decision, Owners, PageUpdate, Recorded, Store};

use super::*;

on_both!(
    a_decision_brings_its_page,
    a_merge_groups_decision_is_told_from_the_changes_own,
    a_page_moves_without_its_decision,
    who_lost_the_head_leaves_no_page,
    a_merge_group_does_not_hide_the_changes_own_verdict,
    what_could_not_be_read_forgets_nothing_and_judges_no_head,
    a_closed_change_keeps_its_verdict,
    a_page_is_deleted_without_its_decisions,
    a_repository_that_is_not_looked_at_closes_its_pages,
    a_deleted_repository_has_no_pages,
    pages_are_deleted_a_while_after_their_changes_were_closed,
    a_repository_with_another_owner_is_private_until_a_read_says_otherwise,
    who_is_forgotten_stands_on_no_page,
    a_repository_is_private_until_a_read_says_otherwise,
    a_delivery_closes_pages_and_never_opens_them,
    a_late_read_does_not_open_what_a_delivery_closed,
    a_repository_is_found_by_its_newest_name,
    every_replica_has_the_same_key,
    an_owner_is_known_by_the_number_of_its_login,
);

/// A verdict that names account 5 only.
fn verdict(outcome: Outcome) -> Verdict {
    let by = serde_json::json!({ "account": "github.com/5", "login": "jo" });
    let json = serde_json::json!({
        "v": 1, "change": change(7), "head": sha('a'), "outcome": outcome, "level": "none", "problems": [], "rules": [],
        "approvals": [], "evidence": [], "is_contradicted": false, "first_seen": [],
        "holds": [{ "word": "review:1", "by": by, "was_dismissed": false, "url": null }],
        "contributions": { "people": [], "robots": [], "operator_is_unknown": false, "pusher_is_unknown": false },
    });
    serde_json::from_value(json).unwrap()
}

fn about(title: &str) -> About {
    let read = AboutRead {
        title: title.to_owned(),
        state: ChangeState::Open,
        is_draft: false,
        is_governed: true,
        opener: Some("jo".to_owned()),
        head: sha('a'),
        head_branch: "feature".to_owned(),
        has_own_branch: true,
        base: "main".to_owned(),
    };
    About {
        v: 1,
        web: "https://github.com".to_owned(),
        site: Site::GitHub,
        repo_name: "acme/pay".to_owned(),
        read: Some(read),
    }
}

fn judged(outcome: Outcome) -> Judged {
    Judged {
        v: 1,
        at: at(1),
        verdict: verdict(outcome),
        omitted: 0,
        is_preview: false,
        logins: [(account(6), Login::from("sam"))].into(),
        git_names: std::collections::BTreeMap::new(),
        quotes: std::collections::BTreeMap::new(),
        sources: vec![],
        snapshot: 4,
        insight: None,
        commit: OnCommit { changes: vec![(7, outcome)] },
    }
}

fn page(title: &str, outcome: Outcome) -> PageUpdate {
    PageUpdate { about: about(title), judged: judged(outcome), grouped: None, closed_at: None }
}

fn shown(page: PageUpdate) -> Decision {
    Decision { page: Some(page), ..decision(7, at(1)) }
}

fn title(about: &About) -> &str {
    about.read.as_ref().map_or("", |read| read.title.as_str())
}

async fn a_decision_brings_its_page(store: Store) {
    assert_eq!(store.page(&change(7)).await.unwrap(), None);
    let lease = hold(&store, &sha('a'), at(0)).await;
    store.record(&shown(page("Retry\0", Outcome::Held)), &lease).await.unwrap();
    let found = store.page(&change(7)).await.unwrap().unwrap();
    assert_eq!((title(&found.about), &found.judged), ("Retry\0", &judged(Outcome::Held)));
    assert_eq!((found.decision_count, found.decisions.len(), found.dirty_since), (1, 1, None));
    assert_eq!(store.page(&change(8)).await.unwrap(), None);
}

async fn a_merge_groups_decision_is_told_from_the_changes_own(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    store.record(&shown(page("Retry", Outcome::Held)), &lease).await.unwrap();
    let mut of_group = Decision { outcome: "error".into(), ..shown(page("Retry", Outcome::Error)) };
    of_group.record["group"] = serde_json::json!({ "branch": "main" });
    store.record(&of_group, &lease).await.unwrap();
    let found = store.page(&change(7)).await.unwrap().unwrap();
    assert_eq!(found.decisions.iter().map(|one| one.is_group).collect::<Vec<_>>(), [true, false]);
}

async fn a_page_moves_without_its_decision(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    store.record(&shown(page("Retry", Outcome::Held)), &lease).await.unwrap();
    let again = store.record(&shown(page("Retry twice", Outcome::Held)), &lease).await.unwrap();
    assert!(matches!(again, Recorded::Same(_)), "{again:?}");
    let found = store.page(&change(7)).await.unwrap().unwrap();
    assert_eq!((title(&found.about), found.decision_count), ("Retry twice", 1));
}

async fn who_lost_the_head_leaves_no_page(store: Store) {
    let lost = hold(&store, &sha('a'), at(0)).await;
    hold(&store, &sha('a'), at(3600)).await;
    let recorded = store.record(&shown(page("Retry", Outcome::Held)), &lost).await.unwrap();
    assert_eq!((recorded, store.page(&change(7)).await.unwrap()), (Recorded::Lost, None));
}

async fn a_merge_group_does_not_hide_the_changes_own_verdict(store: Store) {
    let own = hold(&store, &sha('a'), at(0)).await;
    store.record(&shown(page("Retry", Outcome::Pass)), &own).await.unwrap();
    let lease = hold(&store, &sha('b'), at(0)).await;
    let grouped = Grouped {
        v: 1,
        at: at(2),
        head: sha('b'),
        branch: "main".to_owned(),
        verdict: verdict(Outcome::Error),
        commit: OnCommit::default(),
    };
    let update = PageUpdate { grouped: Some(grouped.clone()), ..page("Retry", Outcome::Waiting) };
    store.record(&Decision { head: sha('b'), ..shown(update) }, &lease).await.unwrap();
    let found = store.page(&change(7)).await.unwrap().unwrap();
    assert_eq!((found.judged.verdict.outcome, found.grouped), (Outcome::Pass, Some(grouped.clone())));
    store.record(&shown(page("Retry", Outcome::Held)), &own).await.unwrap();
    let found = store.page(&change(7)).await.unwrap().unwrap();
    assert_eq!((found.judged.verdict.outcome, found.grouped), (Outcome::Held, Some(grouped)));
}

async fn what_could_not_be_read_forgets_nothing_and_judges_no_head(store: Store) {
    store.note_change(&known(7, sha('a'), at(0))).await.unwrap();
    let lease = hold(&store, &sha('a'), at(0)).await;
    let unread =
        PageUpdate { about: About::unread("acme/pay", "https://github.com", Site::GitHub), ..page("", Outcome::Error) };
    let unread = Decision { known: None, memory_keys: None, outcome: "error".into(), ..shown(unread) };
    store.record(&unread, &lease).await.unwrap();
    assert_eq!(store.unjudged_heads(&change(7)).await.unwrap(), [sha('a')]);
    assert_eq!(store.latest_judgement(&change(7)).await.unwrap(), None);
    assert_eq!(store.page(&change(7)).await.unwrap().unwrap().about.read, None);
    store.record(&shown(page("Retry", Outcome::Held)), &lease).await.unwrap();
    store.record(&unread, &lease).await.unwrap();
    let found = store.page(&change(7)).await.unwrap().unwrap();
    assert_eq!((title(&found.about), found.judged.verdict.outcome), ("Retry", Outcome::Error));
    assert_eq!(store.unjudged_heads(&change(7)).await.unwrap(), []);
    let latest = store.latest_judgement(&change(7)).await.unwrap().unwrap();
    assert!(latest.was_read && latest.outcome == "waiting", "{latest:?}");
}

async fn a_closed_change_keeps_its_verdict(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    let closed = known(7, sha('a'), at(5));
    // Nothing was ever judged, so that there is no page to keep it.
    store.note_shown(&closed, &about("Retry"), Some(at(4))).await.unwrap();
    assert_eq!(store.page(&change(7)).await.unwrap(), None);
    store.record(&shown(page("Retry", Outcome::Held)), &lease).await.unwrap();
    store.note_shown(&closed, &about("Retry no more"), Some(at(4))).await.unwrap();
    let found = store.page(&change(7)).await.unwrap().unwrap();
    assert_eq!((title(&found.about), found.closed_at), ("Retry no more", Some(at(4))));
    assert_eq!(found.judged.verdict.outcome, Outcome::Held);
    store.record(&shown(page("Retry", Outcome::Held)), &lease).await.unwrap();
    assert_eq!(store.page(&change(7)).await.unwrap().unwrap().closed_at, None, "opened again");
}

async fn a_page_is_deleted_without_its_decisions(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    store.record(&shown(page("Retry", Outcome::Held)), &lease).await.unwrap();
    store.forget_page(&change(7)).await.unwrap();
    assert_eq!(store.page(&change(7)).await.unwrap(), None);
    assert_eq!(store.decisions(&change(7), 10).await.unwrap().len(), 1);
}

async fn a_repository_that_is_not_looked_at_closes_its_pages(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    store.record(&shown(page("Retry", Outcome::Held)), &lease).await.unwrap();
    for seconds in [9, 10] {
        store.forget_repository(&repo(1), at(seconds)).await.unwrap();
        assert_eq!(store.page(&change(7)).await.unwrap().unwrap().closed_at, Some(at(9)));
    }
    store.record(&shown(page("Retry", Outcome::Held)), &lease).await.unwrap();
    assert_eq!(store.page(&change(7)).await.unwrap().unwrap().closed_at, None, "it came back");
}

async fn a_deleted_repository_has_no_pages(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    store.record(&shown(page("Retry", Outcome::Held)), &lease).await.unwrap();
    let witnessed = vec![Witness::Gone(repo(1))];
    store.receive(&Delivery { witnessed, ..delivery("gone", vec![], vec![]) }, at(9)).await.unwrap();
    assert_eq!(store.page(&change(7)).await.unwrap(), None);
    assert_eq!(store.decisions(&change(7), 10).await.unwrap().len(), 1);
}

async fn pages_are_deleted_a_while_after_their_changes_were_closed(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    store.record(&shown(page("Retry", Outcome::Held)), &lease).await.unwrap();
    assert_eq!(store.sweep_pages(at(99)).await.unwrap(), 0, "it is open");
    store.note_shown(&known(7, sha('a'), at(5)), &about("Retry"), Some(at(5))).await.unwrap();
    assert_eq!(store.sweep_pages(at(5)).await.unwrap(), 0);
    assert_eq!(store.sweep_pages(at(6)).await.unwrap(), 1);
    assert_eq!(store.page(&change(7)).await.unwrap(), None);
    assert_eq!(store.decisions(&change(7), 10).await.unwrap().len(), 1);
}

async fn a_repository_with_another_owner_is_private_until_a_read_says_otherwise(store: Store) {
    seen(&store, None, 1).await;
    store.note_visibility(&repo(1), true, at(2)).await.unwrap();
    let seen = seen_repository(1);
    let transferred = SeenRepository { owner: OwnerId::new(host(), seen.owner.id + 1), ..seen };
    let witnessed = vec![Witness::Repository(transferred)];
    store.receive(&Delivery { witnessed, ..delivery("moved", vec![], vec![]) }, at(5)).await.unwrap();
    assert!(!is_public(&store).await);
    store.note_visibility(&repo(1), true, at(4)).await.unwrap();
    assert!(!is_public(&store).await, "that was read before");
    store.note_visibility(&repo(1), true, at(6)).await.unwrap();
    assert!(is_public(&store).await);
}

async fn who_is_forgotten_stands_on_no_page(store: Store) {
    let lease = hold(&store, &sha('a'), at(0)).await;
    for (forgotten, is_there) in [(5, false), (6, false), (55, true), (7, true)] {
        let mut page = page("Retry", Outcome::Held);
        // Whoever writes this does not thereby name anybody.
        page.judged.quotes.insert("1".to_owned(), "\"account\":\"github.com/7\",\"github.com/7\":".to_owned());
        store.record(&shown(page), &lease).await.unwrap();
        store.forget_account(&account(forgotten)).await.unwrap();
        assert_eq!(store.page(&change(7)).await.unwrap().is_some(), is_there, "{forgotten}");
    }
}

async fn seen(store: &Store, is_public: Option<bool>, seconds: i64) {
    let repository = SeenRepository { is_public, ..seen_repository(1) };
    let facts = vec![Witness::Repository(repository)];
    let guid = format!("{is_public:?}-{seconds}");
    store.receive(&Delivery { witnessed: facts, ..delivery(&guid, vec![], vec![]) }, at(seconds)).await.unwrap();
}

async fn is_public(store: &Store) -> bool {
    store.page_repository(&repo(1)).await.unwrap().unwrap().is_public
}

async fn a_repository_is_private_until_a_read_says_otherwise(store: Store) {
    assert_eq!(store.page_repository(&repo(1)).await.unwrap(), None);
    seen(&store, None, 1).await;
    assert!(!is_public(&store).await);
    store.note_visibility(&repo(1), true, at(2)).await.unwrap();
    assert!(is_public(&store).await);
    store.note_visibility(&repo(1), false, at(2)).await.unwrap();
    assert!(!is_public(&store).await, "of two at the same moment");
}

async fn a_delivery_closes_pages_and_never_opens_them(store: Store) {
    seen(&store, Some(true), 1).await;
    assert!(!is_public(&store).await);
    store.note_visibility(&repo(1), true, at(2)).await.unwrap();
    seen(&store, Some(true), 3).await;
    seen(&store, None, 4).await;
    assert!(is_public(&store).await);
    seen(&store, Some(false), 5).await;
    assert!(!is_public(&store).await);
    seen(&store, Some(true), 6).await;
    assert!(!is_public(&store).await);
}

async fn a_late_read_does_not_open_what_a_delivery_closed(store: Store) {
    seen(&store, Some(false), 5).await;
    for began in [4, 5] {
        store.note_visibility(&repo(1), true, at(began)).await.unwrap();
        assert!(!is_public(&store).await);
    }
    store.note_visibility(&repo(1), true, at(6)).await.unwrap();
    assert!(is_public(&store).await);
}

async fn a_repository_is_found_by_its_newest_name(store: Store) {
    let name = |id, name: &str| SeenRepository { name: name.to_owned(), ..seen_repository(id) };
    for (guid, seen, seconds) in [("1", name(1, "acme/Pay"), 1), ("2", name(2, "acme/pay"), 2)] {
        let witnessed = vec![Witness::Repository(seen)];
        store.receive(&Delivery { witnessed, ..delivery(guid, vec![], vec![]) }, at(seconds)).await.unwrap();
    }
    let found = store.page_repository_named(&host(), "ACME/pay").await.unwrap().unwrap();
    assert_eq!((found.repo, found.name.as_str()), (repo(2), "acme/pay"));
    for unknown in ["acme/wallet", "acme/pay\0", "%", "acme/pa_"] {
        let found = store.page_repository_named(&host(), unknown).await.unwrap();
        assert_eq!(found.is_some(), unknown.starts_with("acme/pay"), "{unknown:?}");
    }
    let elsewhere = "ghe.example.com".parse().unwrap();
    assert_eq!(store.page_repository_named(&elsewhere, "acme/pay").await.unwrap(), None);
}

async fn every_replica_has_the_same_key(store: Store) {
    let (first, second) = tokio::join!(store.link_key([1; 32]), store.link_key([2; 32]));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.sign(&change(7)), second.sign(&change(7)));
    let third = store.link_key([3; 32]).await.unwrap();
    assert!(third.opens(&change(7), &first.sign(&change(7))));
}

async fn an_owner_is_known_by_the_number_of_its_login(store: Store) {
    let owner = |id| OwnerId::new(host(), id);
    let shown = Owners::new(&["Acme".to_owned(), "77".to_owned()]);
    assert!(!shown.hold(&owner(900), &store).await.unwrap(), "nobody showed the login yet");
    store.pin_owner(&host(), "acme", 900, at(1)).await.unwrap();
    assert!(shown.hold(&owner(900), &store).await.unwrap() && shown.hold(&owner(77), &store).await.unwrap());
    assert!(!shown.hold(&owner(901), &store).await.unwrap());
    let elsewhere = OwnerId::new("ghe.example.com".parse().unwrap(), 900);
    assert!(!shown.hold(&elsewhere, &store).await.unwrap());
}
