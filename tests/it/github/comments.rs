//! Comments: read again beside a change, answered, and sought before an answer is repeated.

use seconder::forge::github::{CommentNow, CommentText, Error, ReadOptions, Reading};
use seconder::gate::change::Read;
use seconder::sandbox::{Fault, Matching};
use serde_json::{Value, json};

use super::answers::{user, whole, why};
use super::script::{Script, repository};
use super::town::{REPO, Town, signed};

fn asking(names: &[String]) -> ReadOptions {
    ReadOptions { comments: names.to_vec(), ..ReadOptions::default() }
}

fn name(comment: u64) -> String {
    format!("IC_{comment}")
}

fn text<'a>(reading: &'a Reading, name: &str) -> &'a CommentText {
    match &reading.comments[name] {
        CommentNow::There(text) => text,
        CommentNow::Gone => panic!("{name} is gone"),
    }
}

#[tokio::test]
async fn comments_are_read_with_the_change_in_one_call() {
    let town = Town::new().await;
    let number = town.open("pay");
    let comment = |text: &str| town.forge.comment(&town.ana, REPO, number, text);
    let [stays, edited, edited_back, deleted] = ["one", "two", "three", "four"].map(comment);
    let mailed = town.forge.comment_by_email(&town.ana, REPO, number, "five");
    town.forge.edit_comment(&town.jo, edited, "2");
    town.forge.edit_comment(&town.jo, edited_back, "3");
    town.forge.edit_comment(&town.jo, edited_back, "three");
    town.forge.delete_comment(&town.jo, deleted);
    let names = [stays, edited, edited_back, deleted, mailed].map(name);
    let reading = town.reading(number, &asking(&names)).await.unwrap();
    assert_eq!(town.calls(), ["POST /graphql"]);
    assert!(matches!(reading.read, Read::Whole(_)), "{:?}", reading.read);
    assert_eq!(
        reading.rate.as_ref().unwrap().cost,
        town.reading(number, &asking(&[])).await.unwrap().rate.unwrap().cost
    );
    let kept = text(&reading, &names[0]);
    assert_eq!((kept.id, kept.body.as_str(), kept.was_edited, kept.by_email), (signed(stays), "one", false, false));
    assert_eq!(kept.author.as_ref().unwrap().account.id, signed(town.ana.id));
    assert_eq!((text(&reading, &names[1]).body.as_str(), text(&reading, &names[1]).was_edited), ("2", true));
    assert_eq!((text(&reading, &names[2]).body.as_str(), text(&reading, &names[2]).was_edited), ("three", true));
    assert_eq!(reading.comments[&names[3]], CommentNow::Gone);
    assert!(text(&reading, &names[4]).by_email);
}

#[tokio::test]
async fn more_than_a_hundred_comments_are_read_in_parts() {
    let town = Town::new().await;
    let number = town.open("pay");
    let names: Vec<String> = (0..201).map(|_| name(town.forge.comment(&town.ana, REPO, number, "x"))).collect();
    town.calls();
    let reading = town.reading(number, &asking(&names)).await.unwrap();
    assert_eq!((town.calls().len(), reading.comments.len()), (3, 201));
    assert!(matches!(reading.read, Read::Whole(_)));
    assert!(reading.comments.values().all(|now| matches!(now, CommentNow::There(_))));
}

async fn read_asking(answer: &Value, names: &[&str]) -> Reading {
    let script = Script::start().await;
    let github = script.client("");
    script.then(200, &[], answer);
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    github.read(&repository(&github), 7, &asking(&names)).await.unwrap()
}

fn shown() -> Value {
    json!({ "fullDatabaseId": "50", "body": "x", "lastEditedAt": null, "createdViaEmail": false,
            "author": user(3, "kim"), "editor": null })
}

fn with_comments(comments: &Value) -> Value {
    let mut answer = whole();
    answer["data"]["comments"] = comments.clone();
    answer
}

#[tokio::test]
async fn a_comment_is_gone_only_if_github_says_so_in_as_many_words() {
    let missing = json!([{ "type": "NOT_FOUND", "path": ["comments", 1], "message": "Could not resolve to a node" }]);
    let mut gone = with_comments(&json!([shown(), null]));
    gone["errors"] = missing.clone();
    let reading = read_asking(&gone, &["a", "b"]).await;
    assert_eq!(reading.comments["b"], CommentNow::Gone);
    assert_eq!(text(&reading, "a").id, 50);

    let silent = with_comments(&json!([shown(), null]));
    assert_eq!(why(read_asking(&silent, &["a", "b"]).await), "GitHub left out a comment");
    let mut contradictory = with_comments(&json!([shown(), shown()]));
    contradictory["errors"] = missing;
    assert_eq!(why(read_asking(&contradictory, &["a", "b"]).await), "GitHub left out a comment");
    let short = with_comments(&json!([shown()]));
    assert_eq!(why(read_asking(&short, &["a", "b"]).await), "GitHub left out a comment");
    assert_eq!(why(read_asking(&whole(), &["a"]).await), "GitHub left out a comment");
}

#[tokio::test]
async fn what_is_no_comment_is_none() {
    let reading = read_asking(&with_comments(&json!([{}])), &["a"]).await;
    assert_eq!(reading.comments["a"], CommentNow::Gone);
}

#[tokio::test]
async fn whoever_edited_a_comment_is_seen_although_nobody_is_named() {
    let mut anonymous = shown();
    anonymous["lastEditedAt"] = json!("2026-01-01T00:00:00Z");
    let mut undated = shown();
    undated["editor"] = json!({ "__typename": "User" });
    for comment in [anonymous, undated] {
        let reading = read_asking(&with_comments(&json!([comment])), &["a"]).await;
        assert!(text(&reading, "a").was_edited);
    }
    let mut ghost = shown();
    ghost["author"] = Value::Null;
    let reading = read_asking(&with_comments(&json!([ghost])), &["a"]).await;
    assert_eq!(text(&reading, "a").author, None);
}

#[tokio::test]
async fn a_reaction_may_be_repeated() {
    let town = Town::new().await;
    let number = town.open("pay");
    let comment = town.forge.comment(&town.ana, REPO, number, "/seconder approve");
    for _ in 0..2 {
        town.github.react(&town.repo, signed(comment), "+1").await.unwrap();
    }
    assert_eq!(town.forge.reactions(comment), [(format!("{}[bot]", town.forge.app().slug), "+1".to_owned())]);
    town.forge.delete_comment(&town.ana, comment);
    let error = town.github.react(&town.repo, signed(comment), "+1").await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn a_reply_is_found_by_its_mark_and_only_if_it_is_ours() {
    let town = Town::new().await;
    let number = town.open("pay");
    let since = town.forge.now();
    let has = async || town.github.has_commented(&town.repo, signed(number), since, "<!-- mark -->").await.unwrap();
    town.forge.comment(&town.jo, REPO, number, "As if: <!-- mark -->");
    town.forge.comment_via_app(&town.jo, town.forge.app().id, REPO, number, "In my name: <!-- mark -->");
    assert!(!has().await, "anybody can write a mark");
    town.github.comment(&town.repo, signed(number), "Another one.").await.unwrap();
    assert!(!has().await);
    town.forge.faults().next(1, Matching::rest("POST", "/repos/acme/pay/issues"), Fault::StatusAfterEffect(502));
    let error = town.github.comment(&town.repo, signed(number), "Counted.\n\n<!-- mark -->").await.unwrap_err();
    assert!(matches!(error, Error::Uncertain { .. }), "{error}");
    assert!(has().await);
    for _ in 0..150 {
        town.forge.comment(&town.jo, REPO, number, "Talk.");
    }
    town.calls();
    assert!(has().await, "however much is said");
    let late = town.forge.now();
    assert!(!town.github.has_commented(&town.repo, signed(number), late, "<!-- mark -->").await.unwrap());
}
