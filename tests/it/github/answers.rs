//! Answers to the query for a change: what is taken from them, and what makes a read incomplete.

use seconder::forge::github::{Error, PolicyText, ReadOptions, Reading};
use seconder::gate::change::{ActorKind, Change, Files, Read, ReviewState};
use seconder::gate::plan::Conclusion;
use serde_json::{Value, json};

use super::script::{Script, repository};

pub(super) const HEAD: &str = "1111111111111111111111111111111111111111";
pub(super) const BASE: &str = "2222222222222222222222222222222222222222";

pub(super) fn user(id: i64, login: &str) -> Value {
    json!({ "__typename": "User", "login": login, "databaseId": id })
}

pub(super) fn list(nodes: Value) -> Value {
    let total = nodes.as_array().unwrap().len();
    let mut list = json!({ "totalCount": total, "pageInfo": { "hasNextPage": false, "endCursor": null } });
    list["nodes"] = nodes;
    list
}

pub(super) fn commit(oid: &str) -> Value {
    let jo =
        json!({ "name": "Jo", "email": "jo@acme.example", "date": "2026-01-01T00:00:00+02:00", "user": user(2, "jo") });
    json!({ "commit": {
        "oid": oid, "message": "Pay\n", "committedViaWeb": false, "tree": { "oid": BASE },
        "author": jo, "committer": jo, "authors": list(json!([jo])), "parents": list(json!([{ "oid": BASE }])),
    } })
}

/// A whole answer, by the shape of GitHub's schema: one commit by jo, nothing else.
pub(super) fn whole() -> Value {
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

pub(super) async fn read_answer(answer: &Value) -> Result<Reading, Error> {
    let script = Script::start().await;
    let github = script.client("");
    for _ in 0..3 {
        script.then(200, &[], answer);
    }
    github.read(&repository(&github), 7, &ReadOptions::default()).await
}

/// Reads the whole answer, altered at this place.
pub(super) async fn read_with(place: &str, value: Value) -> Reading {
    read_answer(&altered(place, value)).await.unwrap()
}

pub(super) fn altered(place: &str, value: Value) -> Value {
    let mut answer = whole();
    *answer.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value;
    answer
}

#[track_caller]
pub(super) fn change(reading: Reading) -> Change {
    match reading.read {
        Read::Whole(change) => *change,
        Read::Incomplete { why } => panic!("incomplete: {why}"),
    }
}

#[track_caller]
pub(super) fn why(reading: Reading) -> String {
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
