//! What takes more than the first call.

use seconder::forge::github::{Error, PolicyText, ReadOptions};
use seconder::gate::change::Files;
use serde_json::{Value, json};

use super::answers::{BASE, HEAD, altered, change, commit, list, user, whole, why};
use super::script::{Script, repository};

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
