use seconder::gate::change::Actor;
use seconder::gate::command::{About, Ask, Fate, Said};
use seconder::gate::plan::Conclusion;
use seconder::gate::witnessed::{Listing, Misplaced, Place, SeenCommand, body_digest};
use seconder::store::{Answer, KeptCommand, Store};

use super::*;

on_both!(
    a_command_is_kept_as_it_was_first_told_of,
    a_command_that_a_sweep_found_gives_way_to_the_delivery_of_its_creation,
    a_comment_that_ended_before_it_began_stays_so,
    a_fate_only_gets_worse,
    a_name_is_resolved_once_against_the_heads_on_record,
    a_name_that_fits_two_heads_fits_none,
    without_a_name_the_newest_head_is_meant,
    a_head_has_to_carry_our_check_for_five_minutes,
    a_check_that_was_made_anew_begins_to_stand_anew,
    a_preview_stands_for_nothing,
    a_forgotten_repository_keeps_its_commands,
    what_a_command_dismisses_is_settled_once,
    what_stands_in_the_wrong_place_is_kept_until_it_is_answered
);

fn approve(named: Option<&str>) -> Said {
    Said { ask: Ask::Approve { named: named.map(str::to_owned) }, reason: None, is_bare: false }
}

fn hold(reason: &str) -> Said {
    Said { ask: Ask::Hold, reason: Some(reason.into()), is_bare: false }
}

fn kim() -> Actor {
    actor(3, "kim")
}

fn seen(comment: i64, said: Said) -> SeenCommand {
    SeenCommand {
        change: change(7),
        comment,
        node: format!("IC_{comment}"),
        author: kim(),
        via_app: None,
        said_at: at(400),
        said,
        body_digest: body_digest("text"),
        is_witnessed: true,
        url: None,
    }
}

async fn told(store: &Store, guid: &str, facts: Vec<Witness>) {
    store.receive(&delivery(guid, facts, vec![]), at(401)).await.unwrap();
}

async fn told_of(store: &Store, guid: &str, command: SeenCommand) {
    told(store, guid, vec![Witness::Command(Box::new(command))]).await;
}

/// A list of comments shows it.
async fn swept(store: &Store, command: &SeenCommand, now: Timestamp) {
    store.owe(&[Listing::Comments(repo(1))], now).await.unwrap();
    let list = store.claim_listing(now, LEASE).await.unwrap().unwrap();
    assert!(store.found_comments(&list, std::slice::from_ref(command), "", true, now).await.unwrap());
}

async fn head_seen(store: &Store, guid: &str, head: CommitSha, now: Timestamp) {
    let facts = vec![Witness::Change(seen_change(7, head))];
    store.receive(&delivery(guid, facts, vec![]), now).await.unwrap();
}

async fn only(store: &Store) -> KeptCommand {
    let mut kept = store.commands(&change(7)).await.unwrap();
    assert_eq!(kept.len(), 1);
    kept.remove(0)
}

async fn about(store: &Store) -> About {
    only(store).await.command.about
}

async fn ended(store: &Store, guid: &str, comment: i64, fate: Fate) {
    told(store, guid, vec![Witness::CommentFate { repo: repo(1), comment, fate, by: None }]).await;
}

async fn fate(store: &Store) -> Fate {
    only(store).await.command.fate
}

async fn a_command_is_kept_as_it_was_first_told_of(store: Store) {
    told_of(&store, "1", seen(5, hold("Freeze"))).await;
    told_of(&store, "2", seen(5, hold("Something else"))).await;
    let kept = only(&store).await;
    assert_eq!((kept.command.said, kept.command.author, kept.command.said_at), (hold("Freeze"), kim(), at(400)));
    assert_eq!((kept.command.about, kept.command.fate), (About::Unknown, Fate::Stands));
    assert_eq!((kept.node.as_str(), kept.body_digest, kept.received_at), ("IC_5", body_digest("text"), at(401)));
    assert_eq!(store.commands(&change(8)).await.unwrap(), []);
}

async fn a_command_that_a_sweep_found_gives_way_to_the_delivery_of_its_creation(store: Store) {
    let found = SeenCommand { is_witnessed: false, ..seen(5, hold("Edited into a hold")) };
    swept(&store, &found, at(402)).await;
    assert!(!only(&store).await.command.is_witnessed);
    told_of(&store, "1", seen(5, approve(None))).await;
    let kept = only(&store).await;
    assert!(kept.command.is_witnessed);
    assert_eq!(kept.command.said, approve(None));
    swept(&store, &found, at(403)).await;
    assert_eq!(only(&store).await, kept, "what a delivery told stays");
}

async fn a_comment_that_ended_before_it_began_stays_so(store: Store) {
    ended(&store, "1", 5, Fate::Deleted).await;
    ended(&store, "2", 5, Fate::Edited).await;
    told_of(&store, "3", seen(5, approve(None))).await;
    assert_eq!(fate(&store).await, Fate::Deleted);
    store.sweep_deliveries(at(402)).await.unwrap();
    told_of(&store, "3", seen(5, approve(None))).await;
    assert_eq!(fate(&store).await, Fate::Deleted, "what is on record is not told anew");
}

async fn a_fate_only_gets_worse(store: Store) {
    told_of(&store, "1", seen(5, approve(None))).await;
    ended(&store, "2", 5, Fate::Edited).await;
    assert_eq!(fate(&store).await, Fate::Edited);
    store.note_fates(&repo(1), &[(5, Fate::Stands)]).await.unwrap();
    assert_eq!(fate(&store).await, Fate::Edited);
    store.note_fates(&repo(1), &[(5, Fate::Deleted), (6, Fate::Edited)]).await.unwrap();
    ended(&store, "3", 5, Fate::Edited).await;
    assert_eq!(fate(&store).await, Fate::Deleted);
}

async fn a_name_is_resolved_once_against_the_heads_on_record(store: Store) {
    head_seen(&store, "1", sha('a'), at(1)).await;
    head_seen(&store, "2", sha('b'), at(2)).await;
    told_of(&store, "3", seen(5, approve(Some("aaaaaaaaaaaa")))).await;
    assert_eq!(about(&store).await, About::Named(sha('a')), "any head that the change ever had");
    told_of(&store, "4", SeenCommand { change: change(8), ..seen(6, approve(Some("aaaaaaaaaaaa"))) }).await;
    let other = store.commands(&change(8)).await.unwrap();
    assert_eq!(other[0].command.about, About::Unmatched, "the heads of another change are not its own");
    head_seen(&store, "5", sha('a'), at(9)).await;
    let of_eight = Witness::Change(seen_change(8, sha('a')));
    told(&store, "6", vec![of_eight]).await;
    assert_eq!(store.commands(&change(8)).await.unwrap(), other, "what comes later changes nothing");
}

async fn a_name_that_fits_two_heads_fits_none(store: Store) {
    let twins = ["1", "2"].map(|last| format!("{}{last}", "a".repeat(39)).parse::<CommitSha>().unwrap());
    for (guid, head) in ["1", "2"].iter().zip(&twins) {
        head_seen(&store, guid, head.clone(), at(1)).await;
    }
    told_of(&store, "3", seen(5, approve(Some("aaaaaaaaaaaa")))).await;
    assert_eq!(about(&store).await, About::Unmatched);
    told_of(&store, "4", SeenCommand { change: change(7), ..seen(6, approve(Some(twins[1].as_str()))) }).await;
    let kept = store.commands(&change(7)).await.unwrap();
    assert_eq!(kept[1].command.about, About::Named(twins[1].clone()));
}

async fn without_a_name_the_newest_head_is_meant(store: Store) {
    head_seen(&store, "1", sha('a'), at(1)).await;
    head_seen(&store, "2", sha('b'), at(2)).await;
    told_of(&store, "3", seen(5, approve(None))).await;
    assert_eq!(about(&store).await, About::Current { head: sha('b'), had_stood: false });
}

/// Our check appears on the head at this time, or is brought up to date.
async fn published(store: &Store, name: &str, run: i64, now: Timestamp) {
    let lease = super::hold(store, &sha('a'), now).await;
    let digest = format!("{run}-{now}");
    assert!(store.intend(&lease, name, &digest, Conclusion::ActionRequired, now).await.unwrap());
    assert!(store.stand(&lease, name, &digest, run, now).await.unwrap());
    store.unlock_head(&lease).await.unwrap();
}

async fn had_stood(store: &Store, comment: i64, said_at: Timestamp) -> bool {
    told_of(store, &comment.to_string(), SeenCommand { said_at, ..seen(comment, approve(None)) }).await;
    let kept = store.commands(&change(7)).await.unwrap();
    match &kept.iter().find(|kept| kept.command.comment == comment).unwrap().command.about {
        About::Current { had_stood, .. } => *had_stood,
        other => panic!("{other:?}"),
    }
}

async fn a_head_has_to_carry_our_check_for_five_minutes(store: Store) {
    head_seen(&store, "head", sha('a'), at(1)).await;
    published(&store, "seconder", 50, at(10)).await;
    published(&store, "seconder", 50, at(200)).await;
    assert!(!had_stood(&store, 5, at(309)).await);
    assert!(had_stood(&store, 6, at(310)).await, "bringing it up to date is no interruption");
}

async fn a_check_that_was_made_anew_begins_to_stand_anew(store: Store) {
    head_seen(&store, "head", sha('a'), at(1)).await;
    published(&store, "seconder", 50, at(10)).await;
    published(&store, "seconder", 51, at(200)).await;
    assert!(!had_stood(&store, 5, at(499)).await);
    assert!(had_stood(&store, 6, at(500)).await);
}

async fn a_preview_stands_for_nothing(store: Store) {
    head_seen(&store, "head", sha('a'), at(1)).await;
    published(&store, "seconder-preview", 50, at(10)).await;
    assert!(!had_stood(&store, 5, at(5000)).await);
}

async fn a_forgotten_repository_keeps_its_commands(store: Store) {
    told_of(&store, "1", seen(5, hold("Freeze"))).await;
    store.forget_repository(&repo(1), at(9)).await.unwrap();
    assert_eq!(only(&store).await.command.said, hold("Freeze"));
}

async fn what_a_command_dismisses_is_settled_once(store: Store) {
    told_of(&store, "1", seen(5, approve(None))).await;
    let lease = super::hold(&store, &sha('a'), at(0)).await;
    let finds = |found: &[&str]| {
        let found = found.iter().map(|digest| (*digest).to_owned()).collect();
        Decision { dismisses: vec![(5, found)], ..decision(7, at(1)) }
    };
    assert_eq!(only(&store).await.covers, None);
    store.record(&finds(&["e1", "e2"]), &lease).await.unwrap();
    store.record(&finds(&["e3"]), &lease).await.unwrap();
    assert_eq!(only(&store).await.covers, Some(vec!["e1".to_owned(), "e2".to_owned()]));
}

async fn what_stands_in_the_wrong_place_is_kept_until_it_is_answered(store: Store) {
    let misplaced = |place, id| Misplaced {
        change: change(7),
        place,
        id,
        author: kim(),
        said: approve(None),
        said_at: at(400),
        url: Some("https://github.com/acme/r1/pull/7#r5".into()),
    };
    let all = [misplaced(Place::Line, 5), misplaced(Place::Review, 5)];
    let facts = || all.iter().map(|one| Witness::Misplaced(Box::new(one.clone()))).collect();
    told(&store, "1", facts()).await;
    told(&store, "2", facts()).await;
    assert_eq!(store.unanswered_misplaced(&change(7)).await.unwrap(), all);
    assert_eq!(store.commands(&change(7)).await.unwrap(), [], "nobody obeys it");
    let answer =
        Answer { place: Place::Line, comment: 5, since: at(400), reaction: None, reply: Some("Not here.".into()) };
    store.settle_answers(&change(7), &[answer], at(402)).await.unwrap();
    assert_eq!(store.unanswered_misplaced(&change(7)).await.unwrap(), [misplaced(Place::Review, 5)]);
}
