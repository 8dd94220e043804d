//! Answers to the query for a change: what is taken from them, and what makes a read incomplete.

use seconder::forge::github::{Error, PolicyText, ReadOptions, Reading};
use seconder::gate::change::{ActorKind, Change, Files, Read, ReviewState};
use seconder::gate::plan::Conclusion;
use serde_json::{Value, json};

use super::script::{Script, repository};

const HEAD: &str = "1111111111111111111111111111111111111111";
const BASE: &str = "2222222222222222222222222222222222222222";

fn user(id: i64, login: &str) -> Value {
    json!({ "__typename": "User", "login": login, "databaseId": id })
}

fn list(nodes: Value) -> Value {
    let total = nodes.as_array().unwrap().len();
    let mut list = json!({ "totalCount": total, "pageInfo": { "hasNextPage": false, "endCursor": null } });
    list["nodes"] = nodes;
    list
}

fn commit(oid: &str) -> Value {
    let jo =
        json!({ "name": "Jo", "email": "jo@acme.example", "date": "2026-01-01T00:00:00+02:00", "user": user(2, "jo") });
    json!({ "commit": {
        "oid": oid, "message": "Pay\n", "committedViaWeb": false, "tree": { "oid": BASE },
        "author": jo, "committer": jo, "authors": list(json!([jo])), "parents": list(json!([{ "oid": BASE }])),
    } })
}

/// A whole answer, by the shape of GitHub's schema: one commit by jo, nothing else.
fn whole() -> Value {
    json!({ "data": {
        "rateLimit": { "cost": 2, "remaining": 4998, "resetAt": "2026-01-02T04:00:00Z" },
        "repository": {
            "databaseId": 8, "nameWithOwner": "acme/pay",
            "owner": { "__typename": "Organization", "login": "acme", "databaseId": 9 },
            "defaultBranchRef": { "name": "main" }, "policy": null, "basePolicy": null,
            "facts": {
                "state": "OPEN", "isDraft": false, "title": "Pay", "body": "", "changedFiles": 1,
                "author": user(2, "jo"), "editor": null, "lastEditedAt": null,
                "baseRefOid": BASE, "baseRef": { "target": { "oid": BASE } }, "headRefName": "pay",
                "headRepository": { "databaseId": 8 }, "labels": list(json!([])), "assignees": list(json!([])),
                "published": { "nodes": [{ "commit": { "oid": HEAD, "checkSuites": list(json!([])) } }] },
            },
            "pullRequest": {
                "headRefOid": HEAD, "baseRefName": "main", "commits": list(json!([commit(HEAD)])),
                "reviews": list(json!([])), "timelineItems": list(json!([])),
                "files": list(json!([{ "path": "pay.rs", "changeType": "ADDED" }])),
                "tip": { "pageInfo": { "hasPreviousPage": false }, "nodes": [
                    { "commit": { "oid": HEAD, "associatedPullRequests": list(json!([])) } },
                ] },
            },
        },
        "organisation": {
            "owner": { "__typename": "Organization", "login": "acme", "databaseId": 9 },
            "defaultBranchRef": { "name": "main" }, "policy": null,
        },
    } })
}

async fn read_answer(answer: &Value) -> Result<Reading, Error> {
    let script = Script::start().await;
    let github = script.client("");
    for _ in 0..3 {
        script.then(200, &[], answer);
    }
    github.read(&repository(&github), 7, &ReadOptions::default()).await
}

/// Reads the whole answer, altered at this place.
async fn read_with(place: &str, value: Value) -> Reading {
    read_answer(&altered(place, value)).await.unwrap()
}

fn altered(place: &str, value: Value) -> Value {
    let mut answer = whole();
    *answer.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value;
    answer
}

#[track_caller]
fn change(reading: Reading) -> Change {
    match reading.read {
        Read::Whole(change) => *change,
        Read::Incomplete { why } => panic!("incomplete: {why}"),
    }
}

#[track_caller]
fn why(reading: Reading) -> String {
    match reading.read {
        Read::Incomplete { why } => why,
        Read::Whole(change) => panic!("whole: {change:?}"),
    }
}

#[tokio::test]
async fn an_ordinary_change_is_whole() {
    let reading = read_answer(&whole()).await.unwrap();
    assert_eq!(reading.published, None);
    assert_eq!(reading.rate.as_ref().unwrap().remaining, 4998);
    assert_eq!((&reading.policies.repository, &reading.policies.base), (&PolicyText::Absent, &None));
    let change = change(reading);
    assert_eq!(change.head.as_str(), HEAD);
    assert_eq!(change.commits.len(), 1);
    assert_eq!(change.commits[0].author.account.as_ref().unwrap().account.id, 2);
    assert_eq!(change.commits[0].author.date, Some("2025-12-31T22:00:00Z".parse().unwrap()));
    assert_eq!(change.commits[0].co_authors, []);
    assert!(matches!(&change.files, Files::Whole(files) if files[0].path == "pay.rs"));
}

/// Whatever is null, missing or cut short that must be there, the read says so and is not whole.
#[tokio::test]
async fn nothing_missing_is_passed_over() {
    let change = "/data/repository/pullRequest";
    let facts = "/data/repository/facts";
    let open = json!({ "hasNextPage": true, "endCursor": null });
    let gaps = [
        ("/data/repository", Value::Null),
        ("/data/repository/databaseId", Value::Null),
        ("/data/repository/owner", Value::Null),
        ("/data/repository/owner/databaseId", Value::Null),
        ("/data/repository/defaultBranchRef", Value::Null),
        (change, Value::Null),
        (facts, Value::Null),
        (&format!("{facts}/labels"), Value::Null),
        (&format!("{facts}/labels/nodes"), Value::Null),
        (&format!("{facts}/labels/pageInfo/hasNextPage"), json!(true)),
        (&format!("{facts}/assignees/pageInfo"), Value::Null),
        (&format!("{facts}/state"), json!("SOMETHING_NEW")),
        (&format!("{facts}/published/nodes"), Value::Null),
        (&format!("{facts}/published/nodes/0/commit/checkSuites"), Value::Null),
        (&format!("{facts}/published/nodes/0/commit/oid"), json!(BASE)),
        (&format!("{change}/headRefOid"), json!(BASE)),
        (&format!("{change}/commits"), Value::Null),
        (&format!("{change}/commits/nodes"), Value::Null),
        (&format!("{change}/commits/nodes/0"), Value::Null),
        (&format!("{change}/commits/pageInfo"), Value::Null),
        (&format!("{change}/commits/pageInfo"), open.clone()),
        (&format!("{change}/commits/totalCount"), json!(2)),
        (&format!("{change}/commits/nodes/0/commit/oid"), json!(BASE)),
        (&format!("{change}/commits/nodes/0/commit/authors/nodes"), json!([null])),
        (&format!("{change}/reviews"), Value::Null),
        (&format!("{change}/reviews/totalCount"), json!(1)),
        (&format!("{change}/reviews/nodes"), json!([null])),
        (&format!("{change}/reviews/pageInfo"), open.clone()),
        (&format!("{change}/timelineItems"), Value::Null),
        (&format!("{change}/timelineItems/nodes"), json!([null])),
        (&format!("{change}/files"), Value::Null),
        (&format!("{change}/files/nodes"), Value::Null),
        (&format!("{change}/tip"), Value::Null),
        (&format!("{change}/tip/nodes/0"), Value::Null),
        (&format!("{change}/tip/nodes/0/commit/oid"), json!(BASE)),
        (&format!("{change}/tip/nodes/0/commit/associatedPullRequests"), Value::Null),
    ];
    for (place, value) in gaps {
        match read_answer(&altered(place, value.clone())).await {
            Ok(Reading { read: Read::Incomplete { .. }, .. }) | Err(Error::Broken { .. }) => {}
            other => panic!("{place} = {value}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn errors_within_an_answer_are_never_passed_over() {
    let with_error = |kind: &str, path: Value| {
        let mut answer = whole();
        answer["errors"] = json!([{ "type": kind, "path": path, "message": "in GitHub's words" }]);
        answer
    };
    let error = with_error("INTERNAL", json!(["repository", "pullRequest", "files"]));
    let reading = read_answer(&error).await.unwrap();
    assert_eq!(why(reading), "GitHub reported an error at repository.pullRequest.files: in GitHub's words");
    let error = read_answer(&with_error("FORBIDDEN", json!(["repository", "pullRequest"]))).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden { .. }), "{error:?}");
    let error = read_answer(&with_error("NOT_FOUND", json!(["repository", "pullRequest"]))).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    let reading = read_answer(&with_error("NOT_FOUND", json!(["organisation", "policy"]))).await.unwrap();
    why(reading);
    let reading = read_answer(&with_error("INTERNAL", json!(["organisation"]))).await.unwrap();
    why(reading);
}

#[tokio::test]
async fn an_organisation_without_policy_repository_has_no_policy() {
    let mut answer = whole();
    answer["data"]["organisation"] = Value::Null;
    let reading = read_answer(&answer).await.unwrap();
    assert!(matches!(reading.policies.organisation, PolicyText::Unreadable { .. }), "nobody said that there is none");
    answer["errors"] = json!([{ "type": "NOT_FOUND", "path": ["organisation"], "message": "Could not resolve" }]);
    let reading = read_answer(&answer).await.unwrap();
    assert_eq!(reading.policies.organisation, PolicyText::Absent);
    change(reading);
}

#[tokio::test]
async fn a_policy_is_whole_text_or_unreadable() {
    let blob = |text: Value, is_truncated: bool, is_binary: bool| json!({ "__typename": "Blob", "oid": BASE, "text": text, "isTruncated": is_truncated, "isBinary": is_binary });
    let policy = async |object: Value| read_with("/data/repository/policy", object).await.policies.repository;
    let text = policy(blob(json!("version: 1\n"), false, false)).await;
    let PolicyText::Text { name, branch, text, .. } = text else { panic!("{text:?}") };
    assert_eq!((name.as_str(), branch.as_str()), ("acme/pay@main:.github/seconder.yml", "main"));
    assert_eq!(text, "version: 1\n");
    let tree = json!({ "__typename": "Tree", "oid": BASE });
    for object in
        [blob(json!("version: 1"), true, false), blob(Value::Null, false, true), blob(Value::Null, false, false), tree]
    {
        let read = policy(object.clone()).await;
        assert!(matches!(read, PolicyText::Unreadable { .. }), "{object}: {read:?}");
    }
}

#[tokio::test]
async fn a_policy_repository_of_another_owner_is_not_the_organisations() {
    let reading = read_with("/data/organisation/owner/databaseId", json!(10)).await;
    assert!(matches!(reading.policies.organisation, PolicyText::Unreadable { .. }));
}

#[tokio::test]
async fn more_files_than_github_gives_are_said_to_be_more() {
    let reading = read_with("/data/repository/facts/changedFiles", json!(3001)).await;
    assert_eq!(change(reading).files, Files::Truncated { total: 3001 });
    let reading = read_with("/data/repository/facts/changedFiles", json!(2)).await;
    assert_eq!(change(reading).files, Files::Truncated { total: 2 });
}

#[tokio::test]
async fn a_dismissed_review_remembers_what_it_said() {
    let review = |id: i64, state: &str| {
        json!({ "fullDatabaseId": id.to_string(), "state": state, "submittedAt": "2026-01-01T00:00:00Z", "url": "u",
                "authorCanPushToRepository": true, "author": user(3, "ana"), "commit": { "oid": HEAD } })
    };
    let dismissal = |id: i64, before: &str, at: &str| {
        json!({ "__typename": "ReviewDismissedEvent", "createdAt": at, "previousReviewState": before,
                "review": { "fullDatabaseId": id } })
    };
    let mut answer = whole();
    let states = ["APPROVED", "DISMISSED", "DISMISSED", "DISMISSED", "PENDING", "COMMENTED", "CHANGES_REQUESTED"];
    let reviews = (1..).zip(states).map(|(id, state)| review(id, state)).collect();
    answer["data"]["repository"]["pullRequest"]["reviews"] = list(reviews);
    answer["data"]["repository"]["pullRequest"]["timelineItems"] = list(json!([
        dismissal(2, "APPROVED", "2026-01-01T01:00:00Z"),
        dismissal(3, "CHANGES_REQUESTED", "2026-01-01T01:00:00Z"),
    ]));
    let change = change(read_answer(&answer).await.unwrap());
    let states: Vec<_> = change.reviews.iter().map(|review| (review.id, review.state)).collect();
    assert_eq!(
        states,
        [
            (1, ReviewState::Approved),
            (2, ReviewState::DismissedApproval),
            (3, ReviewState::DismissedChangesRequested),
            (4, ReviewState::DismissedUnknown),
            (6, ReviewState::Commented),
            (7, ReviewState::ChangesRequested),
        ]
    );
    assert_eq!(change.reviews[0].can_push, Some(true));
}

#[tokio::test]
async fn deleted_and_strange_accounts_are_told_apart() {
    assert_eq!(change(read_with("/data/repository/facts/author", Value::Null).await).opener, None);
    let bot = json!({ "__typename": "Bot", "login": "agent", "databaseId": 4 });
    let opener = change(read_with("/data/repository/facts/author", bot).await).opener.unwrap();
    assert_eq!(opener.kind, ActorKind::Bot);
    let newer = json!({ "__typename": "SomethingNew", "login": "x", "databaseId": 4 });
    let opener = change(read_with("/data/repository/facts/author", newer).await).opener.unwrap();
    assert_eq!(opener.kind, ActorKind::Other);
    assert_eq!(change(read_with("/data/repository/facts/headRepository", Value::Null).await).head_branch.repo, None);
}

#[tokio::test]
async fn whose_words_the_description_holds() {
    let edited_by = async |editor: Value| {
        let mut answer = whole();
        answer["data"]["repository"]["facts"]["lastEditedAt"] = json!("2026-01-01T00:00:00Z");
        answer["data"]["repository"]["facts"]["editor"] = editor;
        change(read_answer(&answer).await.unwrap()).body.edited_by_other
    };
    assert!(!change(read_answer(&whole()).await.unwrap()).body.edited_by_other);
    assert!(!edited_by(user(2, "jo")).await);
    assert!(edited_by(user(3, "ana")).await);
    assert!(edited_by(Value::Null).await, "an account that is gone is not the opener's");
}

#[tokio::test]
async fn our_newest_check_of_each_name_is_what_stands() {
    let run = |id: i64, name: &str, conclusion: &str| json!({ "databaseId": id, "name": name, "status": "COMPLETED", "conclusion": conclusion, "title": "t", "externalId": "d" });
    let runs = list(json!([
        run(5, "seconder", "SUCCESS"),
        run(4, "seconder", "ACTION_REQUIRED"),
        run(6, "other", "SUCCESS"),
        run(7, "seconder-preview", "NEUTRAL"),
    ]));
    let push = json!({ "nextSha": HEAD, "pusher": user(2, "jo") });
    let older = json!({ "nextSha": BASE, "pusher": user(3, "ana") });
    let suites = list(json!([
        { "push": push, "checkRuns": runs },
        { "push": older, "checkRuns": list(json!([])) },
        { "push": null, "checkRuns": list(json!([])) },
    ]));
    let reading = read_with("/data/repository/facts/published/nodes/0/commit/checkSuites", suites).await;
    let published = reading.published.clone().unwrap();
    assert_eq!((published.check_run_id, published.conclusion), (5, Some(Conclusion::Success)));
    assert_eq!(published.external_id.as_deref(), Some("d"));
    assert_eq!(reading.preview.as_ref().unwrap().conclusion, None, "a conclusion that we never publish");
    let pushers: Vec<_> = change(reading).head_pushers.into_iter().map(|pusher| pusher.account.id).collect();
    assert_eq!(pushers, [2], "only whoever pushed this very head");
}

#[tokio::test]
async fn what_happened_to_the_change_is_told() {
    let items = list(json!([
        { "__typename": "BaseRefChangedEvent", "createdAt": "2026-01-01T03:00:00Z" },
        { "__typename": "AutomaticBaseChangeSucceededEvent", "createdAt": "2026-01-01T01:00:00Z" },
        { "__typename": "ReopenedEvent", "createdAt": "2026-01-01T02:00:00Z" },
        { "__typename": "AssignedEvent", "createdAt": "2026-01-01T02:00:00Z", "actor": user(3, "ana"),
          "assignee": { "__typename": "Bot" } },
        { "__typename": "AssignedEvent", "createdAt": "2026-01-01T02:30:00Z", "actor": user(3, "ana"),
          "assignee": { "__typename": "Bot" } },
        { "__typename": "AssignedEvent", "createdAt": "2026-01-01T02:40:00Z", "actor": user(4, "kim"),
          "assignee": { "__typename": "User" } },
        { "__typename": "AssignedEvent", "createdAt": "2026-01-01T02:50:00Z", "actor": user(4, "kim") },
        { "__typename": "HeadRefForcePushedEvent", "createdAt": "2026-01-01T04:00:00Z", "actor": null,
          "beforeCommit": null, "afterCommit": { "oid": HEAD } },
    ]));
    let change = change(read_with("/data/repository/pullRequest/timelineItems", items).await);
    assert_eq!(change.base_changed_at, Some("2026-01-01T03:00:00Z".parse().unwrap()));
    assert_eq!(change.reopened_at, Some("2026-01-01T02:00:00Z".parse().unwrap()));
    assert_eq!(change.assigners.len(), 1);
    assert_eq!(change.force_pushes[0].after.as_ref().unwrap().as_str(), HEAD);
    assert_eq!(change.force_pushes[0].before, None);
}

#[tokio::test]
async fn only_open_changes_of_the_repository_share_a_head() {
    let other = |number: i64, state: &str, head: &str, repo: i64| json!({ "number": number, "state": state, "headRefOid": head, "repository": { "databaseId": repo } });
    let others = list(json!([
        other(7, "OPEN", HEAD, 8),
        other(8, "OPEN", HEAD, 8),
        other(9, "CLOSED", HEAD, 8),
        other(10, "OPEN", BASE, 8),
        other(11, "OPEN", HEAD, 99),
    ]));
    let place = "/data/repository/pullRequest/tip/nodes/0/commit/associatedPullRequests";
    let shared = change(read_with(place, others).await).same_head;
    assert_eq!(shared.into_iter().collect::<Vec<_>>(), [8]);
}

#[tokio::test]
async fn a_name_that_was_given_to_another_repository_is_not_ours() {
    let answer = altered("/data/repository/databaseId", json!(80));
    let error = read_answer(&answer).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn a_renamed_repository_is_read_again_under_its_name() {
    let script = Script::start().await;
    let github = script.client("");
    let answer = altered("/data/repository/nameWithOwner", json!("acme/payments"));
    script.then(200, &[], &answer).then(200, &[], &answer);
    let reading = github.read(&repository(&github), 7, &ReadOptions::default()).await.unwrap();
    assert_eq!(change(reading).repo_name, "acme/payments");
    let names: Vec<_> = script.asked().iter().map(|asked| asked.body["variables"]["name"].clone()).collect();
    assert_eq!(names, ["pay", "payments"]);
}

#[tokio::test]
async fn a_heavy_answer_is_asked_for_in_smaller_pages() {
    let script = Script::start().await;
    let github = script.client("");
    let timed_out = json!({ "data": null, "errors": [{ "message": "Something went wrong while executing your query. This may be the result of a timeout" }] });
    script.then(502, &[], &"").then(200, &[], &timed_out).then(200, &[], &whole());
    change(github.read(&repository(&github), 7, &ReadOptions::default()).await.unwrap());
    let sizes: Vec<_> = script.asked().iter().map(|asked| asked.body["variables"]["first"].clone()).collect();
    assert_eq!(sizes, [100, 50, 25]);
    for _ in 0..3 {
        script.then(504, &[], &"");
    }
    let error = github.read(&repository(&github), 7, &ReadOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::Transient { .. }), "{error:?}");
}

fn policy(text: &str) -> Value {
    json!({ "__typename": "Blob", "oid": BASE, "text": text, "isTruncated": false, "isBinary": false })
}

fn text_of(policy: Option<PolicyText>) -> (String, String) {
    match policy {
        Some(PolicyText::Text { name, text, .. }) => (name, text),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_policy_of_the_governing_base_is_read() {
    let name = "acme/pay@release/1:.github/seconder.yml".to_owned();
    let answer = altered("/data/repository/pullRequest/baseRefName", json!("release/1"));
    let read = async |options: ReadOptions, answers: &[&Value]| {
        let script = Script::start().await;
        let github = script.client("");
        for answer in answers {
            script.then(200, &[], answer);
        }
        let reading = github.read(&repository(&github), 7, &options).await.unwrap();
        (reading.policies.base.clone(), change(reading).stack_base, script.asked())
    };
    // Expected: in the same call, by the branch's full name.
    let mut expected = answer.clone();
    expected["data"]["repository"]["basePolicy"] = policy("expected");
    let options = ReadOptions { governing_base: Some("release/1".to_owned()), ..ReadOptions::default() };
    let (base, _, asked) = read(options, &[&expected]).await;
    assert_eq!(text_of(base), (name.clone(), "expected".to_owned()));
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].body["variables"]["basePolicy"], json!("refs/heads/release/1:.github/seconder.yml"));
    // Not expected: by one call more.
    let one = json!({ "data": { "repository": { "databaseId": 8, "policy": policy("sought") } } });
    let (base, _, asked) = read(ReadOptions::default(), &[&answer, &one]).await;
    assert_eq!(text_of(base), (name.clone(), "sought".to_owned()));
    assert_eq!(asked[1].body["variables"]["expression"], json!("refs/heads/release/1:.github/seconder.yml"));
    // A stack's base governs instead of the change's own.
    let options = ReadOptions { is_stacked: true, ..ReadOptions::default() };
    let stacked = json!({ "number": 7, "stack": { "id": 1, "size": 2, "base": { "ref": "release/1", "sha": BASE } } });
    let (base, stack_base, asked) = read(options.clone(), &[&whole(), &stacked, &one]).await;
    assert_eq!((text_of(base), stack_base.as_deref()), ((name, "sought".to_owned()), Some("release/1")));
    assert_eq!((asked.len(), asked[1].path.as_str()), (3, "/repos/acme/pay/pulls/7"));
    // What was witnessed to be stacked and is no longer is governed by its own base.
    let (base, stack_base, _) = read(options, &[&whole(), &json!({ "number": 7, "stack": null })]).await;
    assert_eq!((base, stack_base), (None, None));
}

#[tokio::test]
async fn old_names_of_renamed_files_are_read_when_asked_for() {
    let renamed = list(json!([{ "path": "new.rs", "changeType": "RENAMED" }]));
    let answer = altered("/data/repository/pullRequest/files", renamed);
    let file = |previous: Value, head: &str| json!([{ "filename": "new.rs", "previous_filename": previous, "contents_url": format!("u/new.rs?ref={head}") }]);
    let options = ReadOptions { previous_paths: true, ..ReadOptions::default() };
    let read = async |options: &ReadOptions, files: Value| {
        let script = Script::start().await;
        let github = script.client("");
        script.then(200, &[], &answer).then(200, &[], &files);
        let reading = github.read(&repository(&github), 7, options).await.unwrap();
        (reading, script.asked().len())
    };
    let (reading, calls) = read(&ReadOptions::default(), Value::Null).await;
    let Files::Whole(files) = change(reading).files else { panic!("not whole") };
    assert_eq!((files[0].previous_path.as_deref(), calls), (None, 1));
    let (reading, calls) = read(&options, file(json!("old.rs"), HEAD)).await;
    let Files::Whole(files) = change(reading).files else { panic!("not whole") };
    assert_eq!((files[0].previous_path.as_deref(), calls), (Some("old.rs"), 2));
    assert_eq!(why(read(&options, file(json!("old.rs"), BASE)).await.0), "the change moved while it was read");
    why(read(&options, file(Value::Null, HEAD)).await.0);
}

#[tokio::test]
async fn a_commit_with_very_many_authors_is_read_to_its_end() {
    let jo = |n: i64| json!({ "name": n.to_string(), "email": "e", "date": null, "user": user(n, "jo") });
    let page = |nodes: Value, cursor: Value| {
        let mut page = list(nodes);
        page["pageInfo"] = json!({ "hasNextPage": !cursor.is_null(), "endCursor": cursor });
        page
    };
    let place = "/data/repository/pullRequest/commits/nodes/0/commit/authors";
    let answer = altered(place, page(json!([jo(1)]), json!("a")));
    let commit = |authors: Value| json!({ "data": { "repository": { "object": { "authors": authors, "parents": list(json!([{ "oid": BASE }])) } } } });
    let script = Script::start().await;
    let github = script.client("");
    script.then(200, &[], &answer);
    script.then(200, &[], &commit(page(json!([jo(1), jo(2)]), json!("b"))));
    script.then(200, &[], &commit(page(json!([jo(3)]), Value::Null)));
    let change = change(github.read(&repository(&github), 7, &ReadOptions::default()).await.unwrap());
    let names: Vec<_> = change.commits[0].co_authors.iter().map(|author| author.name.as_str()).collect();
    assert_eq!(names, ["2", "3"]);
    assert_eq!(change.commits[0].parents.len(), 1);
    assert_eq!(script.asked()[2].body["variables"]["authorsAfter"], json!("b"));
}

#[tokio::test]
async fn the_activity_log_is_asked_when_nobody_saw_the_push() {
    let options = ReadOptions { seek_pushers: true, ..ReadOptions::default() };
    let log = json!([
        { "after": HEAD, "actor": { "login": "jo", "id": 2, "type": "User" } },
        { "after": BASE, "actor": { "login": "ana", "id": 3, "type": "User" } },
    ]);
    let script = Script::start().await;
    let github = script.client("");
    script.then(200, &[], &whole()).then(200, &[], &log);
    let reading = github.read(&repository(&github), 7, &options).await.unwrap();
    let pushers: Vec<_> = change(reading).head_pushers.into_iter().map(|pusher| pusher.account.id).collect();
    assert_eq!(pushers, [2]);
    assert_eq!(script.asked()[1].path, "/repos/acme/pay/activity?ref=refs%2Fheads%2Fpay&per_page=100");
}

#[tokio::test]
async fn pages_of_different_heads_do_not_belong_together() {
    let mut first = whole();
    let commits = &mut first["data"]["repository"]["pullRequest"]["commits"];
    commits["totalCount"] = json!(2);
    commits["pageInfo"] = json!({ "hasNextPage": true, "endCursor": "a" });
    let second = |head: &str| {
        let page = json!({ "headRefOid": head, "baseRefName": "main", "commits": list(json!([commit(BASE)])) });
        let mut answer = json!({ "data": { "repository": { "databaseId": 8, "pullRequest": page } } });
        answer["data"]["repository"]["pullRequest"]["commits"]["totalCount"] = json!(2);
        answer
    };
    let read = async |second: Value| {
        let script = Script::start().await;
        let github = script.client("");
        script.then(200, &[], &first).then(200, &[], &second);
        let reading = github.read(&repository(&github), 7, &ReadOptions::default()).await.unwrap();
        let variables = script.asked()[1].body["variables"].clone();
        assert_eq!((&variables["commitsAfter"], &variables["start"]), (&json!("a"), &json!(false)));
        assert_eq!((&variables["commits"], &variables["reviews"]), (&json!(true), &json!(false)), "only what is open");
        reading
    };
    assert_eq!(change(read(second(HEAD)).await).commits.len(), 2);
    assert_eq!(why(read(second(BASE)).await), "the change moved while it was read");
}
