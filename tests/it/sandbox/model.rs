//! What the model does: pushes, reviews, merging.

use seconder::sandbox::{MergeRefused, NewCommit, OpenPull, Opinion, Options, Sandbox};
use serde_json::{Value, json};

use super::client::{Client, Receiver};

const GATE: &str = include_str!("../../fixtures/github/graphql/pull_request_gate.graphql");

#[tokio::test]
async fn a_pull_request_is_read_checked_and_merged() {
    let github = Sandbox::start(Options::default()).await.unwrap();
    let hooks = Receiver::of(&github).await;
    github.organization("acme");
    github.repository("acme/pay");
    let (jo, ana) = (github.user("jo"), github.user("ana"));
    let app = github.app();
    github.require_check("acme/pay", "main", "seconder", Some(app.id));
    let trailer = "Fix rounding\n\nCo-authored-by: Ana <ana@example.com>";
    let sha = github.push(&jo, "acme/pay", "fix", NewCommit::new(trailer).file("src/a.rs", "one\ntwo\n"));
    let number = github.open_pull(&jo, "acme/pay", OpenPull::new("fix", "Fix rounding").body("By hand."));
    github.review(&ana, "acme/pay", number, Opinion::Approve, None);
    github.comment(&ana, "acme/pay", number, "fine");
    github.settled().await;
    let events = hooks.events().into_iter().filter(|event| event != "check_suite.requested").collect::<Vec<_>>();
    let told = ["push", "pull_request.opened", "pull_request_review.submitted", "issue_comment.created"];
    assert_eq!(events, [&["installation.created", "push", "repository_ruleset.created"][..], &told].concat());

    let client = Client::installation(&github, "acme").await;
    let variables = json!({ "owner": "acme", "name": "pay", "number": number, "appId": app.id });
    let answer = client.graphql(GATE, variables).await;
    assert_eq!(answer["errors"], json!(null));
    let pull = &answer["data"]["repository"]["pullRequest"];
    assert_eq!(pull["headRefOid"], json!(sha));
    assert_eq!(pull["author"], json!({ "__typename": "User", "login": "jo", "databaseId": jo.id }));
    let commit = &pull["commits"]["nodes"][0]["commit"];
    assert_eq!(commit["authors"]["nodes"][1]["user"]["login"], "ana");
    assert_eq!(pull["reviews"]["nodes"][0]["state"], "APPROVED");
    assert_eq!(
        pull["files"]["nodes"][0],
        json!({ "path": "src/a.rs", "changeType": "ADDED", "additions": 2, "deletions": 0 })
    );
    let suite = &pull["head"]["nodes"][0]["commit"]["checkSuites"]["nodes"][0];
    assert_eq!(suite["push"]["pusher"]["login"], "jo");

    assert!(github.merge(&ana, "acme/pay", number).is_err(), "a required check that is missing must block");
    let run = json!({ "name": "seconder", "head_sha": sha, "conclusion": "action_required", "output": { "title": "Waiting", "summary": "…" } });
    let created = client.post("/repos/acme/pay/check-runs", run).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert!(github.can_merge("acme/pay", number).is_err());
    let path = format!("/repos/acme/pay/check-runs/{}", created.body["id"]);
    let updated = client.patch(&path, json!({ "conclusion": "success" })).await;
    assert_eq!((updated.status, &updated.body["conclusion"]), (200, &json!("success")));
    github.merge(&ana, "acme/pay", number).unwrap();
    let states: Vec<_> =
        github.check_runs("acme/pay", &sha, "seconder").into_iter().map(|run| run.conclusion).collect();
    assert_eq!(states, [Some("action_required".to_owned()), Some("success".to_owned())]);
    let page = reqwest::get(format!("{}/acme/pay/pull/{number}", github.web_url())).await.unwrap();
    assert!(page.text().await.unwrap().contains("seconder: success"));
}

/// Organisation acme with one repository.
async fn world() -> Sandbox {
    let github = Sandbox::start(Options::default()).await.unwrap();
    github.organization("acme");
    github.repository("acme/pay");
    github
}

fn propose(github: &Sandbox, branch: &str) -> u64 {
    let jo = github.user("jo");
    github.push(&jo, "acme/pay", branch, NewCommit::new(format!("Change {branch}")).file(branch, "x"));
    github.open_pull(&jo, "acme/pay", OpenPull::new(branch, branch))
}

async fn read(client: &Client, number: u64, fields: &str) -> Value {
    let query = format!(
        "query P($n: Int!) {{ repository(owner: \"acme\", name: \"pay\") {{ pullRequest(number: $n) {{ {fields} }} }} }}"
    );
    client.graphql(&query, json!({ "n": number })).await
}

#[tokio::test]
async fn reviews_and_comments_keep_their_history() {
    let github = world().await;
    let (jo, ana, sam) = (github.user("jo"), github.user("ana"), github.user("sam"));
    let number = propose(&github, "fix");
    let first = github.head("acme/pay", number);
    github.push(&jo, "acme/pay", "fix", NewCommit::new("More").file("more", "x"));
    github.review(&ana, "acme/pay", number, Opinion::Approve, Some(&first));
    let refused = github.review(&sam, "acme/pay", number, Opinion::RequestChanges, None);
    github.dismiss(&jo, "acme/pay", number, refused, "outdated");
    let comment = github.comment(&ana, "acme/pay", number, "/seconder approve");
    github.edit_comment(&sam, comment, "never mind");
    let gone = github.comment(&ana, "acme/pay", number, "typo");
    github.delete_comment(&sam, gone);
    github.assign(&sam, "acme/pay", number, &github.bot("Copilot"));
    let client = Client::installation(&github, "acme").await;
    let fields = "reviews(first: 9) { nodes { state commit { oid } } } comments(first: 9) { totalCount nodes { body author { login } editor { login } lastEditedAt includesCreatedEdit } } \
        assignees(first: 9) { totalCount } timelineItems(first: 9, itemTypes: [REVIEW_DISMISSED_EVENT, COMMENT_DELETED_EVENT, ASSIGNED_EVENT]) { nodes { __typename \
        ... on ReviewDismissedEvent { actor { login } previousReviewState dismissalMessage } ... on CommentDeletedEvent { actor { login } deletedCommentAuthor { login } } \
        ... on AssignedEvent { assignee { __typename ... on Bot { login } } } } }";
    let answer = read(&client, number, fields).await;
    let seen = &answer["data"]["repository"]["pullRequest"];
    assert_eq!(seen["reviews"]["nodes"][0], json!({ "state": "APPROVED", "commit": { "oid": first } }));
    assert_eq!(seen["reviews"]["nodes"][1]["state"], "DISMISSED");
    let comment = &seen["comments"]["nodes"][0];
    assert_eq!(
        (&seen["comments"]["totalCount"], &comment["author"]["login"], &comment["editor"]["login"]),
        (&json!(1), &json!("ana"), &json!("sam"))
    );
    assert!(comment["lastEditedAt"].is_string() && comment["includesCreatedEdit"] == true);
    assert_eq!(seen["assignees"]["totalCount"], 0, "a connection of users shows no bot");
    assert_eq!(
        seen["timelineItems"]["nodes"],
        json!([
            { "__typename": "ReviewDismissedEvent", "actor": { "login": "jo" }, "previousReviewState": "CHANGES_REQUESTED", "dismissalMessage": "outdated" },
            { "__typename": "CommentDeletedEvent", "actor": { "login": "sam" }, "deletedCommentAuthor": { "login": "ana" } },
            { "__typename": "AssignedEvent", "assignee": { "__typename": "Bot", "login": "copilot-swe-agent" } },
        ])
    );
}

#[tokio::test]
async fn a_pinned_check_cannot_be_forged_and_an_open_one_can() {
    let github = world().await;
    let jo = github.user("jo");
    let ruleset = github.require_check("acme/pay", "main", "seconder", Some(github.app().id));
    let number = propose(&github, "fix");
    let sha = github.head("acme/pay", number);
    let other = github.another_app("other-ci");
    github.report_check(&other, "acme/pay", &sha, "seconder", "success");
    github.set_status(&jo, "acme/pay", &sha, "seconder", "success");
    assert_eq!(github.can_merge("acme/pay", number), Err(MergeRefused::Checks(vec!["seconder".to_owned()])));
    github.remove_ruleset(ruleset);
    github.require_check("acme/pay", "main", "seconder", None);
    assert_eq!(github.can_merge("acme/pay", number), Ok(()));
    github.set_status(&jo, "acme/pay", &sha, "seconder", "failure");
    assert!(github.can_merge("acme/pay", number).is_err(), "where both bear the name, both are required");
    let client = Client::installation(&github, "acme").await;
    let foreign = github.report_check(&other, "acme/pay", &sha, "theirs", "success");
    let answer =
        client.patch(&format!("/repos/acme/pay/check-runs/{foreign}"), json!({ "conclusion": "failure" })).await;
    assert_eq!(answer.status, 403, "an App changes its own runs only");
}

#[tokio::test]
async fn a_new_run_supersedes_the_older_of_its_name() {
    let github = world().await;
    github.require_check("acme/pay", "main", "seconder", Some(github.app().id));
    let number = propose(&github, "fix");
    let sha = github.head("acme/pay", number);
    let client = Client::installation(&github, "acme").await;
    let run = |conclusion: &str| json!({ "name": "seconder", "head_sha": sha, "conclusion": conclusion });
    for (conclusion, open) in
        [("success", true), ("failure", false), ("neutral", true), ("action_required", false), ("skipped", true)]
    {
        client.post("/repos/acme/pay/check-runs", run(conclusion)).await;
        assert_eq!(github.can_merge("acme/pay", number).is_ok(), open, "{conclusion}");
    }
    let path = format!("/repos/acme/pay/commits/{sha}/check-runs");
    assert_eq!(client.get(&path).await.body["total_count"], 1);
    assert_eq!(client.get(&format!("{path}?filter=all")).await.body["total_count"], 5);
    let wrong = [
        json!({ "head_sha": sha }),
        run("splendid"),
        json!({ "name": "x", "head_sha": "0".repeat(40) }),
        json!({ "name": "x", "head_sha": sha, "status": "completed" }),
    ];
    for body in wrong {
        let answer = client.post("/repos/acme/pay/check-runs", body).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
    }
    let suites =
        read(&client, number, "commits(last: 1) { nodes { commit { checkSuites(first: 9) { totalCount } } } }").await;
    assert_eq!(
        suites["data"]["repository"]["pullRequest"]["commits"]["nodes"][0]["commit"]["checkSuites"]["totalCount"],
        1
    );
}

#[tokio::test]
async fn a_merge_group_is_tested_as_a_whole() {
    let github = world().await;
    let hooks = Receiver::of(&github).await;
    let ana = github.user("ana");
    let numbers = [propose(&github, "one"), propose(&github, "two")];
    let group = github.merge_group(&ana, "acme/pay", &numbers);
    github.settled().await;
    let told = super::payloads::last(&hooks, "merge_group.checks_requested");
    assert_eq!(told["merge_group"]["head_sha"], json!(group.head_sha));
    let client = Client::installation(&github, "acme").await;
    let fields = "isInMergeQueue mergeQueueEntry { position headCommit { oid } baseCommit { oid } }";
    let entry = |answer: Value| answer["data"]["repository"]["pullRequest"].clone();
    let first = entry(read(&client, numbers[0], fields).await);
    let last = entry(read(&client, numbers[1], fields).await);
    assert_eq!((&first["isInMergeQueue"], &first["mergeQueueEntry"]["position"]), (&json!(true), &json!(1)));
    assert_eq!(first["mergeQueueEntry"]["baseCommit"]["oid"], json!(group.base_sha));
    assert_eq!(last["mergeQueueEntry"]["baseCommit"], first["mergeQueueEntry"]["headCommit"]);
    assert_eq!(last["mergeQueueEntry"]["headCommit"]["oid"], json!(group.head_sha));
    let files = client.get(&format!("/repos/acme/pay/compare/main...{}", group.head_sha)).await.body;
    assert_eq!(files["files"].as_array().unwrap().len(), 2, "the group holds both changes");
    github.destroy_merge_group(&ana, &group, "merged");
    github.settled().await;
    assert_eq!(super::payloads::last(&hooks, "merge_group.destroyed")["reason"], "merged");
    assert_eq!(github.tip("acme/pay", "main").unwrap(), group.head_sha);
    assert_eq!(super::payloads::last(&hooks, "pull_request.closed")["pull_request"]["merged"], true);
}

#[tokio::test]
async fn a_stacked_pull_request_follows_its_base() {
    let github = world().await;
    let (jo, ana) = (github.user("jo"), github.user("ana"));
    let below = propose(&github, "one");
    github.push(
        &jo,
        "acme/pay",
        "two",
        NewCommit::new("On top").onto(github.tip("acme/pay", "one").unwrap()).file("two", "x"),
    );
    let above = github.open_pull(&jo, "acme/pay", OpenPull::new("two", "Two").to("one"));
    github.merge(&ana, "acme/pay", below).unwrap();
    github.delete_branch(&jo, "acme/pay", "one");
    let client = Client::installation(&github, "acme").await;
    let fields = "baseRefName state timelineItems(first: 9) { nodes { __typename ... on AutomaticBaseChangeSucceededEvent { oldBase newBase } } }";
    let answer = read(&client, above, fields).await;
    let seen = &answer["data"]["repository"]["pullRequest"];
    assert_eq!((&seen["baseRefName"], &seen["state"]), (&json!("main"), &json!("OPEN")));
    assert_eq!(seen["timelineItems"]["nodes"][0]["newBase"], "main");
}

#[tokio::test]
async fn names_change_and_numbers_stay() {
    let github = world().await;
    let jo = github.user("jo");
    let number = propose(&github, "fix");
    assert_eq!(github.rename_repository(&jo, "acme/pay", "money"), "acme/money");
    let client = Client::installation(&github, "acme").await;
    let path = format!("/repos/acme/pay/pulls/{number}");
    assert_eq!(client.get(&path).await.status, 200, "a redirect leads to the new place");
    let statuses: Vec<u16> = github.calls().iter().map(|call| call.status).collect();
    assert!(statuses.ends_with(&[301, 200]), "{statuses:?}");
    let query = "query R($follow: Boolean!) { repository(owner: \"acme\", name: \"pay\", followRenames: $follow) { nameWithOwner } }";
    let followed = client.graphql(query, json!({ "follow": true })).await;
    assert_eq!(followed["data"]["repository"]["nameWithOwner"], "acme/money");
    assert!(client.graphql(query, json!({ "follow": false })).await["data"]["repository"].is_null());
    github.repository("acme/pay");
    assert_eq!(client.get(&path).await.status, 404, "a new repository takes the name over");
    let fork = github.fork(&jo, "acme/money");
    github.push(&jo, &fork, "far", NewCommit::new("Far").file("far", "x"));
    let far = github.open_pull(&jo, "acme/money", OpenPull::new("far", "Far").from_fork(&fork));
    // Before the fork is gone: the description does not know that a head's repository can be null, as it can.
    crate::sandbox::conformance::check(&github.calls());
    github.delete_repository(&fork);
    let seen = client.get(&format!("/repos/acme/money/pulls/{far}")).await.body;
    assert!(seen["head"]["repo"].is_null(), "the fork is gone, its pull request is not");
}

#[tokio::test]
async fn long_lists_end_where_githubs_do() {
    let github = world().await;
    let jo = github.user("jo");
    let commits = (0..260).map(|n| NewCommit::new(format!("Commit {n}")).file("count", n.to_string())).collect();
    github.push_all(&jo, "acme/pay", "long", commits);
    let wide = (0..3_010).fold(NewCommit::new("Wide"), |commit, n| commit.file(format!("many/{n:04}"), n.to_string()));
    github.push(&jo, "acme/pay", "long", wide);
    let number = github.open_pull(&jo, "acme/pay", OpenPull::new("long", "Long"));
    let client = Client::installation(&github, "acme").await;
    let count = async |list: &str| {
        let (mut total, mut page) = (0, 1);
        loop {
            let answer = client.get(&format!("/repos/acme/pay/pulls/{number}/{list}?per_page=100&page={page}")).await;
            total += answer.body.as_array().unwrap().len();
            let link = answer.headers.get("link").map_or("", |link| link.to_str().unwrap());
            if !link.contains("rel=\"next\"") {
                return total;
            }
            page += 1;
        }
    };
    assert_eq!((count("commits").await, count("files").await), (250, 3_000));
    let first = read(&client, number, "changedFiles commits(first: 100) { totalCount pageInfo { hasNextPage endCursor } nodes { commit { message } } }").await;
    let first = &first["data"]["repository"]["pullRequest"];
    assert_eq!((&first["changedFiles"], &first["commits"]["totalCount"]), (&json!(3_011), &json!(261)));
    let cursor = first["commits"]["pageInfo"]["endCursor"].as_str().unwrap();
    let second = read(
        &client,
        number,
        &format!("commits(first: 100, after: \"{cursor}\") {{ nodes {{ commit {{ message }} }} }}"),
    )
    .await;
    assert_eq!(second["data"]["repository"]["pullRequest"]["commits"]["nodes"][0]["commit"]["message"], "Commit 100");
    let last = read(
        &client,
        number,
        "commits(last: 2) { pageInfo { hasPreviousPage hasNextPage } nodes { commit { message } } }",
    )
    .await;
    let last = &last["data"]["repository"]["pullRequest"]["commits"];
    assert_eq!(
        (&last["pageInfo"]["hasPreviousPage"], &last["nodes"][1]["commit"]["message"]),
        (&json!(true), &json!("Wide"))
    );
}

#[tokio::test]
async fn graphql_refuses_what_github_refuses() {
    let github = world().await;
    let number = propose(&github, "fix");
    let client = Client::installation(&github, "acme").await;
    for (fields, kind) in [
        ("commits(first: 101) { totalCount }", "EXCESSIVE_PAGINATION"),
        ("commits { totalCount }", "MISSING_PAGINATION_BOUNDARIES"),
        ("reviews(first: 1, after: \"junk\") { totalCount }", "INVALID_CURSOR_ARGUMENTS"),
    ] {
        let answer = read(&client, number, fields).await;
        assert_eq!(answer["errors"][0]["type"], kind, "{answer}");
    }
    let unknown = read(&client, number, "headRefOid colour").await;
    assert_eq!(unknown["errors"][0]["message"], "Field 'colour' doesn't exist on type 'PullRequest'");
    assert!(unknown.get("data").is_none(), "the whole document is refused");
    let missing = read(&client, 999, "headRefOid").await;
    assert_eq!(
        (&missing["errors"][0]["type"], &missing["errors"][0]["path"]),
        (&json!("NOT_FOUND"), &json!(["repository", "pullRequest"]))
    );
    let broken = client.graphql("query {", json!({})).await;
    assert!(broken["errors"][0]["message"].as_str().unwrap().starts_with("Parse error"));
    let endless = client.graphql("query { ...A } fragment A on Query { ...A }", json!({})).await;
    assert!(endless["errors"].is_array());
    let written = client.graphql("mutation { deleteRef(input: {}) { clientMutationId } }", json!({})).await;
    assert_eq!(written["errors"][0]["type"], "FORBIDDEN");
}

#[tokio::test]
async fn a_document_costs_what_the_formula_says() {
    let github = world().await;
    let number = propose(&github, "fix");
    let client = Client::installation(&github, "acme").await;
    let variables = json!({ "owner": "acme", "name": "pay", "number": number, "appId": 1 });
    let answer = client.graphql(GATE, variables).await;
    // 210 requests for connections, counted by hand from the document.
    assert_eq!(answer["data"]["rateLimit"]["cost"], 2);
    let greedy = "{ repository(owner: \"acme\", name: \"pay\") { pullRequests(first: 100) { nodes { commits(first: 100) { nodes { commit { parents(first: 100) { totalCount } } } } } } } }";
    assert_eq!(client.graphql(greedy, json!({})).await["errors"][0]["type"], "MAX_NODE_LIMIT_EXCEEDED");
}

#[tokio::test]
async fn a_commit_leads_to_the_pull_requests_it_is_in() {
    let github = world().await;
    let ana = github.user("ana");
    let (one, two) = (propose(&github, "one"), propose(&github, "two"));
    let sha = github.head("acme/pay", one);
    github.push_commit(&ana, "acme/pay", "same", &sha);
    let same = github.open_pull(&ana, "acme/pay", OpenPull::new("same", "The same again"));
    let client = Client::installation(&github, "acme").await;
    let numbers = async || {
        let listed = client.get(&format!("/repos/acme/pay/commits/{sha}/pulls")).await.body;
        listed.as_array().unwrap().iter().map(|pull| pull["number"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(numbers().await, [one, same]);
    github.merge(&ana, "acme/pay", one).unwrap();
    assert_eq!(numbers().await, [one], "on the default branch, only the one that brought it there");
    github.close(&ana, "acme/pay", two);
    assert_eq!(numbers().await, [one]);
}

#[tokio::test]
async fn pages_show_what_people_wrote_as_text() {
    let github = world().await;
    let jo = github.user("jo");
    let number = propose(&github, "fix");
    github.edit_title(&jo, "acme/pay", number, "<script>alert(1)</script>");
    github.comment(&jo, "acme/pay", number, "<img src=x>");
    for path in ["/".to_owned(), format!("/acme/pay/pull/{number}")] {
        let page = reqwest::get(format!("{}{path}", github.web_url())).await.unwrap().text().await.unwrap();
        assert!(page.contains("&#60;script&#62;"), "{page}");
        assert!(!page.contains("<script") && !page.contains("<img"));
    }
}

#[tokio::test]
async fn auto_merge_happens_the_moment_a_check_allows_it() {
    let github = world().await;
    let hooks = Receiver::of(&github).await;
    let (ana, sam) = (github.user("ana"), github.user("sam"));
    github.require_check("acme/pay", "main", "seconder", Some(github.app().id));
    let number = propose(&github, "fix");
    let head = github.head("acme/pay", number);
    github.enable_auto_merge(&ana, "acme/pay", number);
    let client = Client::installation(&github, "acme").await;
    let waiting = read(&client, number, "state autoMergeRequest { enabledBy { login } }").await;
    let expected = json!({ "state": "OPEN", "autoMergeRequest": { "enabledBy": { "login": "ana" } } });
    assert_eq!(waiting["data"]["repository"]["pullRequest"], expected);
    let shown = client.get(&format!("/repos/acme/pay/pulls/{number}")).await.body;
    assert_eq!(shown["auto_merge"]["enabled_by"]["login"], "ana");
    let run = |head: &str| json!({ "name": "seconder", "head_sha": head, "conclusion": "success" });
    client.post("/repos/acme/pay/check-runs", run(&head)).await;
    github.settled().await;
    let closed = super::payloads::last(&hooks, "pull_request.closed");
    assert_eq!((&closed["pull_request"]["merged"], &closed["sender"]["login"]), (&json!(true), &json!("ana")));

    let fork = github.fork(&sam, "acme/pay");
    github.push(&sam, &fork, "far", NewCommit::new("Far").file("far", "1"));
    let number = github.open_pull(&sam, "acme/pay", OpenPull::new("far", "Far").from_fork(&fork));
    github.enable_auto_merge(&ana, "acme/pay", number);
    let head = github.push(&sam, &fork, "far", NewCommit::new("Farther").file("far", "2"));
    client.post("/repos/acme/pay/check-runs", run(&head)).await;
    let kept = read(&client, number, "state autoMergeRequest { enabledAt }").await;
    let called_off = json!({ "state": "OPEN", "autoMergeRequest": null });
    assert_eq!(kept["data"]["repository"]["pullRequest"], called_off, "a push by a stranger calls it off");
    crate::sandbox::conformance::check(&github.calls());
}
