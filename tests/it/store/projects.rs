use seconder::gate::command::{Ask, Said};
use seconder::gate::witnessed::{Concern, Listing, SeenCommand, SeenProject, SeenRepository, Witness};
use seconder::store::{KnownProject, ListingClaim, Store};

use super::*;

on_both!(
    a_project_waits_until_a_read_tells_whose_it_is,
    a_project_that_is_not_ours_is_asked_about_once_an_hour,
    a_known_project_takes_its_name_from_deliveries_and_its_owner_from_reads,
    a_project_under_another_group_is_asked_about_anew,
    a_late_read_of_a_project_changes_nothing,
    a_policy_project_concerns_all_of_its_owner,
    an_edited_comment_concerns_the_change_of_its_command,
);

fn project(id: i64, name: &str) -> SeenProject {
    SeenProject { repo: repo(id), name: name.into(), default_branch: Some("main".into()), is_public: None }
}

fn placed(id: i64, name: &str) -> SeenRepository {
    SeenRepository { name: name.into(), installation: 0, ..seen_repository(id) }
}

/// A delivery that leaves nothing behind but this.
fn told(guid: &str, witnessed: Vec<Witness>, concerns: Vec<Concern>) -> Delivery {
    Delivery { witnessed, owner: None, owner_login: None, installation: None, ..delivery(guid, vec![], concerns) }
}

async fn hear(store: &Store, guid: &str, seen: SeenProject, second: i64) {
    let facts = vec![Witness::Project(seen)];
    store.receive(&told(guid, facts, vec![Concern::Change(change(7))]), at(second)).await.unwrap();
}

/// The list that is owed, which is about project 1.
async fn owed(store: &Store, second: i64) -> Option<ListingClaim> {
    let claim = store.claim_listing(at(second), LEASE).await.unwrap()?;
    assert_eq!(claim.listing, Listing::Project(repo(1)));
    Some(claim)
}

async fn a_project_waits_until_a_read_tells_whose_it_is(store: Store) {
    assert_eq!(store.known_project(&repo(1), at(0)).await.unwrap(), KnownProject::Unknown);
    hear(&store, "1", project(1, "acme/pay"), 1).await;
    hear(&store, "2", project(1, "acme/pay"), 2).await;
    assert_eq!(store.claim(at(3), LEASE).await.unwrap(), None, "nobody knows whose rules hold");
    let list = owed(&store, 3).await.unwrap();
    assert_eq!(owed(&store, 3).await, None, "one list however many deliveries");
    assert!(store.found_project(&list, Some(&placed(1, "acme/pay")), at(4)).await.unwrap());
    let claim = store.claim(at(5), LEASE).await.unwrap().unwrap();
    assert_eq!((claim.change, claim.repository), (change(7), placed(1, "acme/pay")));
    assert_eq!(store.known_project(&repo(1), at(5)).await.unwrap(), KnownProject::Placed(placed(1, "acme/pay")));
    let next = store.claim_listing(at(5), LEASE).await.unwrap().unwrap();
    assert_eq!(next.listing, Listing::Changes(repo(1)));
}

async fn a_project_that_is_not_ours_is_asked_about_once_an_hour(store: Store) {
    hear(&store, "1", project(1, "other/pay"), 1).await;
    let list = owed(&store, 2).await.unwrap();
    assert!(store.found_project(&list, None, at(3)).await.unwrap());
    assert_eq!(store.dirty_count().await.unwrap(), 0, "nothing of it waits");
    assert_eq!(store.known_project(&repo(1), at(4)).await.unwrap(), KnownProject::Strange);
    assert_eq!(store.known_project(&repo(1), at(3 + 3600)).await.unwrap(), KnownProject::Unknown);
}

async fn a_known_project_takes_its_name_from_deliveries_and_its_owner_from_reads(store: Store) {
    let facts = vec![Witness::Repository(placed(1, "acme/pay"))];
    store.receive(&told("0", facts, vec![]), at(0)).await.unwrap();
    hear(&store, "1", SeenProject { default_branch: Some("next".into()), ..project(1, "acme/sub/pay") }, 1).await;
    let renamed = SeenRepository { default_branch: Some("next".into()), ..placed(1, "acme/sub/pay") };
    assert_eq!(store.repository(&repo(1)).await.unwrap(), Some(renamed.clone()));
    assert_eq!(owed(&store, 2).await, None);
    hear(&store, "2", SeenProject { default_branch: None, is_public: Some(false), ..project(1, "Acme/sub/pay") }, 3)
        .await;
    let closed = SeenRepository { is_public: Some(false), name: "Acme/sub/pay".into(), ..renamed };
    assert_eq!(store.repository(&repo(1)).await.unwrap(), Some(closed));
    assert_eq!(owed(&store, 4).await, None);
}

async fn a_project_under_another_group_is_asked_about_anew(store: Store) {
    let facts = vec![Witness::Repository(placed(1, "acme/pay"))];
    store.receive(&told("0", facts, vec![]), at(0)).await.unwrap();
    hear(&store, "1", project(1, "beta/pay"), 1).await;
    assert_eq!(store.repository(&repo(1)).await.unwrap(), Some(placed(1, "acme/pay")), "a name says nothing");
    let list = owed(&store, 2).await.unwrap();
    let moved = SeenRepository { owner: OwnerId::new(host(), 901), ..placed(1, "beta/pay") };
    assert!(store.found_project(&list, Some(&moved), at(3)).await.unwrap());
    assert_eq!(store.repository(&repo(1)).await.unwrap(), Some(moved));
}

async fn a_late_read_of_a_project_changes_nothing(store: Store) {
    hear(&store, "1", project(1, "acme/pay"), 1).await;
    let late = owed(&store, 2).await.unwrap();
    let newer = owed(&store, 2 + 61).await.unwrap();
    assert!(!store.found_project(&late, None, at(64)).await.unwrap());
    assert_eq!(store.dirty_count().await.unwrap(), 1);
    assert!(store.found_project(&newer, Some(&placed(1, "acme/pay")), at(65)).await.unwrap());
    assert!(store.found_project(&newer, Some(&placed(2, "acme/pay")), at(66)).await.is_err(), "another project");
}

async fn a_policy_project_concerns_all_of_its_owner(store: Store) {
    let elsewhere = SeenRepository { owner: OwnerId::new(host(), 901), ..placed(3, "beta/pay") };
    let open = |id| SeenChange { key: ChangeKey { repo: repo(id), number: 7 }, ..seen_change(7, sha('a')) };
    let mut facts: Vec<Witness> = vec![Witness::Repository(placed(1, "acme/pay")), Witness::Repository(elsewhere)];
    facts.push(Witness::Repository(placed(2, "acme/seconder-policy")));
    facts.extend([1, 3].map(|id| Witness::Change(open(id))));
    store.receive(&told("1", facts, vec![]), at(1)).await.unwrap();
    assert_eq!(store.mark_dirty(&[Concern::OwnerOf(repo(9))], false, at(2)).await.unwrap(), 0);
    assert_eq!(store.mark_dirty(&[Concern::OwnerOf(repo(2))], false, at(2)).await.unwrap(), 1);
    assert_eq!(store.claim(at(3), LEASE).await.unwrap().unwrap().change, change(7));
}

fn hold(comment: i64) -> SeenCommand {
    SeenCommand {
        change: change(7),
        comment,
        node: format!("gid://gitlab/Note/{comment}"),
        author: actor(3, "kim"),
        via_app: None,
        said_at: at(2),
        said: Said { ask: Ask::Hold, reason: Some("wait".into()), is_bare: false },
        body_digest: "digest".into(),
        is_witnessed: true,
        url: None,
    }
}

async fn an_edited_comment_concerns_the_change_of_its_command(store: Store) {
    let edited = |comment| [Concern::Comment { repo: repo(1), comment }];
    introduce(&store).await;
    assert_eq!(store.mark_dirty(&edited(50), false, at(2)).await.unwrap(), 0);
    store.receive(&told("1", vec![Witness::Command(Box::new(hold(50)))], vec![]), at(3)).await.unwrap();
    assert_eq!(store.mark_dirty(&edited(50), false, at(4)).await.unwrap(), 1);
    assert_eq!(store.mark_dirty(&edited(51), false, at(4)).await.unwrap(), 0);
}
