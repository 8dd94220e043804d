//! The small git, and what follows from pushes.

use seconder::sandbox::{NewCommit, OpenPull, Opinion, Options, Sandbox, Signature};
use serde_json::{Value, json};

use super::client::{Client, Receiver};
use super::payloads::last;

async fn world() -> Sandbox {
    let github = Sandbox::start(Options::default()).await.unwrap();
    github.organization("acme");
    github.repository("acme/pay");
    github
}

async fn pull(client: &Client, number: u64, fields: &str) -> Value {
    let query = format!(
        "query P($n: Int!) {{ repository(owner: \"acme\", name: \"pay\") {{ pullRequest(number: $n) {{ {fields} }} }} }}"
    );
    let answer = client.graphql(&query, json!({ "n": number })).await;
    assert!(answer["errors"].is_null(), "{}", answer["errors"]);
    answer["data"]["repository"]["pullRequest"].clone()
}

#[tokio::test]
async fn object_ids_are_those_of_git() {
    let github = world().await;
    let jo = github.user("jo");
    let at = "2026-01-02T03:04:05Z".parse().unwrap();
    let who = Signature::parse("Jo <jo@example.com>").at(at);
    let commit = NewCommit::new("One\n").file("b/c.txt", "hello\n").file("a.txt", "hello\n").without("README.md");
    let root = github.tip("acme/pay", "main").unwrap();
    let sha = github.push(&jo, "acme/pay", "main", commit.author(who.clone()).committer(who));
    let client = Client::installation(&github, "acme").await;
    let trees = client.get(&format!("/repos/acme/pay/git/trees/{sha}?recursive=1")).await.body;
    // `git hash-object` and `git write-tree` said so.
    assert_eq!(trees["tree"][0]["sha"], "ce013625030ba8dba906f756967f9e9ca394464a");
    assert_eq!(trees["sha"], TREE);
    let text = format!(
        "tree {TREE}\nparent {root}\nauthor Jo <jo@example.com> 1767323045 +0000\ncommitter Jo <jo@example.com> 1767323045 +0000\n\nOne\n"
    );
    let object = format!("commit {}\0{text}", text.len());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, object.as_bytes());
    assert_eq!(sha, super::client::hex(digest.as_ref()));
}

const TREE: &str = "880265b0e4a093524a9bc57546fa05fe1a303e95";

#[tokio::test]
async fn a_change_is_measured_from_where_it_left_the_base() {
    let github = world().await;
    let (jo, ana) = (github.user("jo"), github.user("ana"));
    let long = "one\ntwo\nthree\nfour\n";
    github.push(
        &jo,
        "acme/pay",
        "main",
        NewCommit::new("Base").file("old.rs", long).file("gone.rs", "x\n").file("kept.rs", "a\nb\n"),
    );
    github.push(
        &jo,
        "acme/pay",
        "fix",
        NewCommit::new("Move").without("old.rs").file("new.rs", format!("{long}five\n")).without("gone.rs"),
    );
    github.push(&jo, "acme/pay", "fix", NewCommit::new("Change").file("kept.rs", "a\nc\n"));
    github.push(&ana, "acme/pay", "main", NewCommit::new("Elsewhere").file("other.rs", "o\n"));
    let number = github.open_pull(&jo, "acme/pay", OpenPull::new("fix", "Fix"));
    let client = Client::installation(&github, "acme").await;
    let files = client.get(&format!("/repos/acme/pay/pulls/{number}/files")).await.body;
    let brief: Vec<_> = files
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["filename"].as_str().unwrap(), file["status"].as_str().unwrap()))
        .collect();
    assert_eq!(brief, [("gone.rs", "removed"), ("kept.rs", "modified"), ("new.rs", "renamed")]);
    assert_eq!(
        (&files[2]["previous_filename"], &files[2]["additions"], &files[2]["deletions"]),
        (&json!("old.rs"), &json!(1), &json!(0))
    );
    assert_eq!((&files[1]["additions"], &files[1]["deletions"]), (&json!(1), &json!(1)));
    let commits = client.get(&format!("/repos/acme/pay/pulls/{number}/commits")).await.body;
    let messages: Vec<_> =
        commits.as_array().unwrap().iter().map(|one| one["commit"]["message"].as_str().unwrap()).collect();
    assert_eq!(messages, ["Move", "Change"]);
    let compared = client.get("/repos/acme/pay/compare/main...fix").await.body;
    assert_eq!(
        (&compared["status"], &compared["ahead_by"], &compared["behind_by"]),
        (&json!("diverged"), &json!(2), &json!(1))
    );

    let merged = github.update_branch(&ana, "acme/pay", number);
    let after = client.get(&format!("/repos/acme/pay/pulls/{number}/files")).await.body;
    assert_eq!(after.as_array().unwrap().len(), 3, "taking in the base changes nothing in the difference");
    let head = pull(&client, number, "commits(last: 1) { nodes { commit { oid committedViaWeb parents(first: 3) { totalCount } committer { name email user { login } } signature { wasSignedByGitHub } } } }").await;
    let head = &head["commits"]["nodes"][0]["commit"];
    assert_eq!(
        (&head["oid"], &head["committedViaWeb"], &head["parents"]["totalCount"]),
        (&json!(merged), &json!(true), &json!(2))
    );
    assert_eq!(head["committer"], json!({ "name": "GitHub", "email": "noreply@github.com", "user": null }));
    assert_eq!(head["signature"]["wasSignedByGitHub"], true);
}

#[tokio::test]
async fn a_push_moves_the_head_and_a_forced_one_is_on_record() {
    let github = world().await;
    let hooks = Receiver::of(&github).await;
    let (jo, ana) = (github.user("jo"), github.user("ana"));
    let first = github.push(&jo, "acme/pay", "fix", NewCommit::new("One").file("a", "1"));
    let number = github.open_pull(&jo, "acme/pay", OpenPull::new("fix", "Fix"));
    github.review(&ana, "acme/pay", number, Opinion::Approve, None);
    let second = github.push(&ana, "acme/pay", "fix", NewCommit::new("Two").file("a", "2"));
    github.settled().await;
    let told = last(&hooks, "pull_request.synchronize");
    assert_eq!(
        (&told["before"], &told["after"], &told["sender"]["login"]),
        (&json!(first), &json!(second), &json!("ana"))
    );
    let third = github.force_push(&jo, "acme/pay", "fix", NewCommit::new("Two, again").file("a", "3"));
    github.settled().await;
    let push = last(&hooks, "push");
    assert_eq!(
        (&push["forced"], &push["pusher"]["name"], &push["commits"].as_array().unwrap().len()),
        (&json!(true), &json!("jo"), &1)
    );
    let client = Client::installation(&github, "acme").await;
    let seen = pull(&client, number, "headRefOid reviews(first: 9) { nodes { commit { oid } } } commits(first: 9) { totalCount } \
        timelineItems(first: 9, itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT]) { nodes { __typename ... on HeadRefForcePushedEvent { actor { login } beforeCommit { oid } afterCommit { oid } } } }").await;
    assert_eq!((&seen["headRefOid"], &seen["commits"]["totalCount"]), (&json!(third), &json!(2)));
    assert_eq!(seen["reviews"]["nodes"][0]["commit"]["oid"], json!(first), "a review stays with its commit");
    assert_eq!(
        seen["timelineItems"]["nodes"],
        json!([{ "__typename": "HeadRefForcePushedEvent", "actor": { "login": "jo" }, "beforeCommit": { "oid": second }, "afterCommit": { "oid": third } }])
    );
    let log = client.get("/repos/acme/pay/activity?ref=fix").await.body;
    let kinds: Vec<_> = log.as_array().unwrap().iter().map(|one| one["activity_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["force_push", "push", "branch_creation"]);
}

#[tokio::test]
async fn a_fork_pushes_without_a_push_event_or_a_suite() {
    let github = world().await;
    let hooks = Receiver::of(&github).await;
    let sam = github.user("sam");
    let fork = github.fork(&sam, "acme/pay");
    github.push(&sam, &fork, "fix", NewCommit::new("From afar").file("a", "1"));
    let number = github.open_pull(&sam, "acme/pay", OpenPull::new("fix", "Fix").from_fork(&fork));
    let head = github.push(&sam, &fork, "fix", NewCommit::new("More").file("a", "2"));
    github.settled().await;
    assert_eq!(hooks.events(), ["pull_request.opened", "pull_request.synchronize"]);
    let client = Client::installation(&github, "acme").await;
    let fields = "isCrossRepository headRepository { nameWithOwner } headRepositoryOwner { login } \
        commits(last: 1) { nodes { commit { oid checkSuites(first: 1) { nodes { push { pusher { login } } } } } } }";
    let seen = pull(&client, number, fields).await;
    assert_eq!((&seen["isCrossRepository"], &seen["headRepositoryOwner"]["login"]), (&json!(true), &json!("sam")));
    assert_eq!(seen["commits"]["nodes"][0]["commit"]["checkSuites"]["nodes"], json!([]));
    let made = client.post("/repos/acme/pay/check-runs", json!({ "name": "seconder", "head_sha": head })).await;
    assert_eq!(made.status, 201, "a fork's head can be reported on");
    let seen = pull(&client, number, fields).await;
    assert_eq!(seen["commits"]["nodes"][0]["commit"]["checkSuites"]["nodes"], json!([{ "push": null }]));
}

#[tokio::test]
async fn addresses_link_commits_to_accounts() {
    let github = world().await;
    let (jo, ana) = (github.user("jo"), github.user("ana"));
    let bot = github.bot("dependabot[bot]");
    github.verify_email(&ana, "ana@work.example");
    let message = format!(
        "Fix\n\nCo-authored-by: Ana <ANA@work.example>\nCo-authored-by: Nobody <nobody@example.org>\nCo-authored-by: Jo <{}+old-name@users.noreply.github.com>",
        jo.id
    );
    github.push(
        &jo,
        "acme/pay",
        "fix",
        NewCommit::new(message).by(&format!("dependabot[bot] <{}>", bot.email)).file("a", "1"),
    );
    let number = github.open_pull(&bot, "acme/pay", OpenPull::new("fix", "Fix"));
    github.rename_account(&jo, "joanna");
    let client = Client::installation(&github, "acme").await;
    let fields = "author { __typename login ... on Bot { databaseId } } commits(first: 1) { nodes { commit { authors(first: 9) { nodes { email user { login } } } } } }";
    let seen = pull(&client, number, fields).await;
    assert_eq!(seen["author"], json!({ "__typename": "Bot", "login": "dependabot", "databaseId": 49_699_333 }));
    let authors = seen["commits"]["nodes"][0]["commit"]["authors"]["nodes"].as_array().unwrap().clone();
    let logins: Vec<_> = authors.iter().map(|one| one["user"]["login"].as_str()).collect();
    assert_eq!(logins, [None, Some("ana"), None, Some("joanna")]);
    let listed = client.get(&format!("/repos/acme/pay/pulls/{number}/commits")).await.body;
    assert_eq!(
        (&listed[0]["author"]["login"], &listed[0]["author"]["type"]),
        (&json!("dependabot[bot]"), &json!("Bot"))
    );
    github.delete_account(&bot);
    assert!(pull(&client, number, "author { login }").await["author"].is_null(), "a ghost");
}
