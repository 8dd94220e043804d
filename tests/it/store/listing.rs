use seconder::gate::command::{Ask, Said};
use seconder::gate::witnessed::{Listing, SeenCommand};
use seconder::store::{ListedChange, ListingClaim};

use super::*;

on_both!(
    a_list_is_owed_once_and_leased_to_one,
    a_pass_goes_on_from_the_page_that_was_stored,
    an_event_begins_a_pass_anew,
    it_is_owed_again_only_when_it_is_time,
    a_postponed_list_waits_for_its_time,
    what_the_list_of_installations_leaves_out_is_looked_into,
    repositories_that_are_missing_are_forgotten,
    changes_that_are_missing_are_looked_at,
    commands_that_were_found_are_kept_with_the_place,
);

fn repositories() -> Listing {
    Listing::Repositories { host: host(), installation: 77 }
}

fn changes() -> Listing {
    Listing::Changes(repo(1))
}

async fn claim(store: &Store, now: i64) -> ListingClaim {
    store.claim_listing(at(now), LEASE).await.unwrap().unwrap()
}

fn listed(number: i64, needs_look: bool) -> ListedChange {
    ListedChange { seen: seen_change(number, sha('a')), needs_look }
}

async fn a_list_is_owed_once_and_leased_to_one(store: Store) {
    store.owe(&[changes(), repositories()], at(1)).await.unwrap();
    store.owe(&[changes()], at(2)).await.unwrap();
    assert_eq!(store.owed_count().await.unwrap(), 2);
    let (first, second) = (claim(&store, 3).await, claim(&store, 3).await);
    assert_ne!(first.listing, second.listing);
    assert_eq!(store.claim_listing(at(4), LEASE).await.unwrap(), None);
    assert_eq!(store.next_listing(at(4)).await.unwrap(), Some(at(3) + LEASE), "then the leases end");
    assert!(store.renew_listing(&first, at(50), LEASE).await.unwrap());
    assert!(store.finish_listing(&second, None, at(51)).await.unwrap());
    assert!(!store.finish_listing(&second, None, at(51)).await.unwrap(), "it was given back");
    // The first one dies. Whoever takes over fences it off.
    let taken_over = claim(&store, 111).await;
    assert_eq!((taken_over.listing.clone(), taken_over.token), (first.listing.clone(), first.token + 1));
    assert!(!store.renew_listing(&first, at(112), LEASE).await.unwrap());
    assert!(!store.postpone_listing(&first, at(500), "late", true).await.unwrap());
    assert!(store.finish_listing(&taken_over, None, at(113)).await.unwrap());
    assert_eq!((store.owed_count().await.unwrap(), store.next_listing(at(114)).await.unwrap()), (0, None));
}

async fn a_pass_goes_on_from_the_page_that_was_stored(store: Store) {
    introduce(&store).await;
    store.owe(&[changes()], at(1)).await.unwrap();
    let first = claim(&store, 2).await;
    let found = [listed(1, true), listed(2, false)];
    assert_eq!(store.found_changes(&first, &repo(1), &found, Some("page 2"), at(3)).await.unwrap(), Some(1));
    assert_eq!(store.found_changes(&first, &repo(1), &found, None, at(4)).await.unwrap(), None, "not twice");
    let second = claim(&store, 5).await;
    assert_eq!((second.place.as_deref(), second.began_at), (Some("page 2"), at(2)));
    // The sweep comes round while the pass is under way.
    store.owe(&[changes()], at(6)).await.unwrap();
    assert_eq!(store.found_changes(&second, &repo(1), &[listed(3, true)], None, at(7)).await.unwrap(), Some(1));
    assert_eq!(claim(&store, 8).await.listing, Listing::Comments(repo(1)));
    assert_eq!(store.dirty_count().await.unwrap(), 2);
}

async fn an_event_begins_a_pass_anew(store: Store) {
    introduce(&store).await;
    store.owe(&[changes()], at(1)).await.unwrap();
    let first = claim(&store, 2).await;
    assert!(store.found_changes(&first, &repo(1), &[], Some("page 2"), at(3)).await.unwrap().is_some());
    let second = claim(&store, 4).await;
    let event = Delivery { listings: vec![changes()], ..delivery("unarchived", vec![], vec![]) };
    store.receive(&event, at(5)).await.unwrap();
    assert_eq!(store.found_changes(&second, &repo(1), &[listed(1, true)], None, at(6)).await.unwrap(), None);
    assert_eq!(store.dirty_count().await.unwrap(), 0, "what was seen before the event does not count");
    let anew = claim(&store, 7).await;
    assert_eq!((anew.place, anew.began_at), (None, at(7)));
    assert_eq!(store.receive(&event, at(8)).await.unwrap(), Receipt::Duplicate);
    assert_eq!(store.claim_listing(at(9), LEASE).await.unwrap(), None, "nor does a delivery that came before");
}

async fn it_is_owed_again_only_when_it_is_time(store: Store) {
    let every = SignedDuration::from_secs(100);
    assert!(store.owe_every(&changes(), every, at(1)).await.unwrap());
    assert!(!store.owe_every(&changes(), every, at(500)).await.unwrap(), "it is owed already");
    let first = claim(&store, 500).await;
    assert!(store.finish_listing(&first, Some("watermark"), at(510)).await.unwrap());
    assert!(!store.owe_every(&changes(), every, at(609)).await.unwrap());
    assert!(store.owe_every(&changes(), every, at(610)).await.unwrap());
    assert_eq!(claim(&store, 611).await.place.as_deref(), Some("watermark"));
}

async fn a_postponed_list_waits_for_its_time(store: Store) {
    store.owe(&[changes()], at(1)).await.unwrap();
    let first = claim(&store, 2).await;
    assert!(store.postpone_listing(&first, at(60), "rate\0limited", false).await.unwrap());
    assert_eq!(store.claim_listing(at(59), LEASE).await.unwrap(), None);
    store.owe(&[changes()], at(59)).await.unwrap();
    assert_eq!(store.next_listing(at(59)).await.unwrap(), Some(at(60)), "the sweep does not hurry it");
    let again = claim(&store, 60).await;
    assert_eq!(again.attempts, 0);
    assert!(store.postpone_listing(&again, at(61), "bad gateway", true).await.unwrap());
    assert_eq!(claim(&store, 61).await.attempts, 1);
}

async fn what_the_list_of_installations_leaves_out_is_looked_into(store: Store) {
    introduce(&store).await;
    store.owe(&[Listing::Installations(host())], at(1)).await.unwrap();
    let all = claim(&store, 2).await;
    assert!(store.found_installations(&all, &host(), &[78], at(3)).await.unwrap());
    let next = [claim(&store, 4).await.listing, claim(&store, 4).await.listing];
    assert_eq!(next, [77, 78].map(|installation| Listing::Repositories { host: host(), installation }));
    assert_eq!(store.installations(&host()).await.unwrap(), BTreeSet::from([77]));
}

async fn repositories_that_are_missing_are_forgotten(store: Store) {
    introduce(&store).await;
    dirty(&store, 1, at(1)).await;
    store.owe(&[repositories()], at(1)).await.unwrap();
    let list = claim(&store, 2).await;
    // Repository 3 comes while the list is on its way.
    let added = vec![Witness::Repository(seen_repository(3))];
    store.receive(&delivery("added", added, vec![]), at(3)).await.unwrap();
    assert!(store.found_repositories(&list, &host(), 77, &[seen_repository(2)], at(4)).await.unwrap());
    assert_eq!(store.repository(&repo(1)).await.unwrap(), None);
    assert_eq!(store.dirty_count().await.unwrap(), 0, "its changes are left alone");
    assert!(store.repository(&repo(2)).await.unwrap().is_some());
    assert!(store.repository(&repo(3)).await.unwrap().is_some());
    assert_eq!(claim(&store, 5).await.listing, Listing::Changes(repo(2)));
    assert!(!store.found_repositories(&list, &host(), 77, &[], at(6)).await.unwrap(), "the claim is spent");
    assert!(store.repository(&repo(2)).await.unwrap().is_some());
}

async fn changes_that_are_missing_are_looked_at(store: Store) {
    introduce(&store).await;
    for number in [1, 2, 3] {
        store.note_change(&known(number, sha('a'), at(1))).await.unwrap();
    }
    store.note_change(&KnownChange { state: ChangeState::Closed, ..known(4, sha('a'), at(1)) }).await.unwrap();
    store.owe(&[changes()], at(2)).await.unwrap();
    let first = claim(&store, 3).await;
    store.found_changes(&first, &repo(1), &[listed(1, false)], Some("2"), at(4)).await.unwrap();
    // Number 5 is opened while the list is on its way.
    store.note_change(&known(5, sha('a'), at(5))).await.unwrap();
    let second = claim(&store, 6).await;
    assert_eq!(store.found_changes(&second, &repo(1), &[listed(3, false)], None, at(7)).await.unwrap(), Some(1));
    assert_eq!(store.claim(at(8), LEASE).await.unwrap().unwrap().change, change(2));
}

async fn commands_that_were_found_are_kept_with_the_place(store: Store) {
    introduce(&store).await;
    let hold = SeenCommand {
        change: change(7),
        comment: 5,
        node: "IC_5".into(),
        author: actor(3, "kim"),
        via_app: None,
        said_at: at(1),
        said: Said { ask: Ask::Hold, reason: Some("Freeze".into()), is_bare: false },
        body_digest: "digest".into(),
        is_witnessed: false,
        url: None,
    };
    store.owe(&[changes()], at(1)).await.unwrap();
    let list = claim(&store, 2).await;
    store.found_changes(&list, &repo(1), &[listed(7, false)], None, at(3)).await.unwrap();
    let comments = claim(&store, 4).await;
    assert_eq!(comments.listing, Listing::Comments(repo(1)), "where there are changes, there may be comments");
    let found = std::slice::from_ref(&hold);
    assert!(store.found_comments(&comments, found, "until 1", false, at(5)).await.unwrap());
    assert!(!store.found_comments(&comments, found, "late", true, at(5)).await.unwrap());
    let rest = claim(&store, 6).await;
    assert_eq!(rest.place.as_deref(), Some("until 1"));
    assert!(store.found_comments(&rest, &[], "until 2", true, at(7)).await.unwrap());
    assert_eq!(store.owed_count().await.unwrap(), 0);
    assert_eq!(store.commands(&change(7)).await.unwrap().len(), 1);
    assert_eq!(store.claim(at(8), LEASE).await.unwrap().unwrap().change, change(7));
    store.owe(&[Listing::Comments(repo(1))], at(9)).await.unwrap();
    assert_eq!(claim(&store, 9).await.place.as_deref(), Some("until 2"), "the next pass begins there");
}
