//! The comments of a repository, listed for commands that no delivery told of.

use jiff::SignedDuration;
use seconder::gate::command::Ask;
use seconder::gate::witnessed::body_digest;

use super::town::{REPO, Town, signed};

#[tokio::test]
async fn commands_are_found_in_the_comments_of_all_changes() {
    let town = Town::new().await;
    let (one, two) = (town.open("one"), town.open("two"));
    town.forge.advance(SignedDuration::from_mins(1));
    let since = town.forge.now();
    town.forge.comment(&town.jo, REPO, one, "Nice.");
    let hold = town.forge.comment(&town.ana, REPO, one, "/seconder hold Not before Monday");
    let why = town.forge.comment(&town.jo, REPO, two, "/seconder why");
    let edited = town.forge.comment(&town.jo, REPO, two, "Hm.");
    town.forge.advance(SignedDuration::from_mins(1));
    town.forge.edit_comment(&town.ana, edited, "/seconder hold In jo's name");
    town.calls();
    let found = town.github.comments_since(&town.repo, since).await.unwrap();
    assert_eq!(town.calls(), ["GET /repos/acme/pay/issues/comments"]);
    assert!(found.is_last);
    assert!(found.until > since, "the next list begins there");
    let told: Vec<_> = found.commands.iter().map(|seen| (seen.comment, seen.change.number)).collect();
    assert_eq!(told, [(signed(hold), signed(one)), (signed(why), signed(two))]);
    let seen = &found.commands[0];
    assert_eq!((&seen.said.ask, seen.said.reason.as_deref()), (&Ask::Hold, Some("Not before Monday")));
    assert_eq!((seen.author.account.id, seen.author.login.as_str()), (signed(town.ana.id), "ana"));
    assert_eq!(seen.body_digest, body_digest("/seconder hold Not before Monday"));
    assert!(!seen.is_witnessed, "nobody delivered it");
    let later = town.github.comments_since(&town.repo, town.forge.now() + SignedDuration::from_secs(5)).await.unwrap();
    assert_eq!(later.commands, []);
}

#[tokio::test]
async fn a_long_list_goes_on_from_its_last_comment() {
    let town = Town::new().await;
    let number = town.open("one");
    let since = town.forge.now();
    for n in 0..150 {
        town.forge.advance(SignedDuration::from_secs(1));
        town.forge.comment(&town.ana, REPO, number, &format!("/seconder hold {n}"));
    }
    let first = town.github.comments_since(&town.repo, since).await.unwrap();
    assert!(!first.is_last);
    assert!(first.commands.len() <= 100);
    let second = town.github.comments_since(&town.repo, first.until).await.unwrap();
    assert!(second.is_last);
    let mut all: Vec<_> = first.commands.iter().chain(&second.commands).map(|seen| seen.comment).collect();
    all.dedup();
    assert_eq!(all.len(), 150);
}
