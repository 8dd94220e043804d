//! Versions, approvals, notes: what happens when.

use seconder::sandbox::{Edition, NewCommit, Opinion};
use serde_json::json;

use super::{PROJECT, as_user, bot, graphql, ok, request, told};

#[tokio::test]
async fn every_push_makes_a_version_and_a_note_with_its_pusher() {
    let (forge, number) = told(Edition::Premium).await;
    let sam = forge.user("sam");
    let before = forge.head(PROJECT, number);
    let after = forge.push(&sam, PROJECT, "fix", NewCommit::new("More").file("b.txt", "b\n"));
    let client = bot(&forge);
    let versions = ok(client.get(&format!("{}/versions", request(number))).await, 200);
    let heads: Vec<&str> =
        versions.as_array().unwrap().iter().filter_map(|one| one["head_commit_sha"].as_str()).collect();
    assert_eq!(heads, [after.as_str(), before.as_str()], "newest first");
    let notes = ok(client.get(&format!("{}/notes?sort=asc", request(number))).await, 200);
    let added =
        notes.as_array().unwrap().iter().find(|note| note["body"].as_str().unwrap().starts_with("added 1 commit"));
    let added = added.expect("a note tells of the push");
    assert_eq!(added["author"]["username"], "sam");
    assert_eq!(added["system"], true);
    assert!(added["body"].as_str().unwrap().contains(&format!("&start_sha={before}")), "{added}");
    let whole = ok(client.get(&request(number)).await, 200);
    assert_eq!(whole["sha"], after);
    assert_eq!(whole["diff_refs"]["head_sha"], after);
}

#[tokio::test]
async fn approvals_fall_with_a_push_where_the_project_wants_it_and_stand_otherwise() {
    let (forge, number) = told(Edition::Premium).await;
    let (jo, kim) = (forge.user("jo"), forge.user("kim"));
    forge.review(&kim, PROJECT, number, Opinion::Approve, None);
    forge.push(&jo, PROJECT, "fix", NewCommit::new("More").file("b.txt", "b\n"));
    assert_eq!(forge.approvers(PROJECT, number), Vec::<String>::new());
    forge.approval_setting(PROJECT, "reset_approvals_on_push", false);
    forge.review(&kim, PROJECT, number, Opinion::Approve, None);
    forge.push(&jo, PROJECT, "fix", NewCommit::new("Still more").file("c.txt", "c\n"));
    assert_eq!(forge.approvers(PROJECT, number), ["kim"]);
    let client = bot(&forge);
    let approvals = ok(client.get(&format!("{}/approvals", request(number))).await, 200);
    let approved_at = approvals["approved_by"][0]["approved_at"].as_str().unwrap();
    let versions = ok(client.get(&format!("{}/versions", request(number))).await, 200);
    assert!(approved_at < versions[0]["created_at"].as_str().unwrap(), "it stands for the head before");
}

#[tokio::test]
async fn approving_wants_the_head_and_happens_once() {
    let (forge, number) = told(Edition::Premium).await;
    forge.set_role("acme", &forge.user("kim"), 30);
    let kim = as_user(&forge, "kim");
    let path = format!("{}/approve", request(number));
    let wrong = "0123456789012345678901234567890123456789";
    ok(kim.post(&path, json!({ "sha": wrong })).await, 409);
    ok(kim.post(&path, json!({ "sha": forge.head(PROJECT, number) })).await, 201);
    ok(kim.post(&path, json!({})).await, 401);
    ok(kim.post(&format!("{}/unapprove", request(number)), json!({})).await, 201);
    ok(kim.post(&format!("{}/unapprove", request(number)), json!({})).await, 404);
    ok(as_user(&forge, "jo").post(&path, json!({})).await, 403);
    forge.set_role("acme", &forge.user("jo"), 30);
    ok(as_user(&forge, "jo").post(&path, json!({})).await, 401);
}

#[tokio::test]
async fn a_rule_that_nobody_can_satisfy_lets_everything_pass() {
    let (forge, number) = told(Edition::Premium).await;
    forge.require_check(PROJECT, "main", "seconder", None);
    forge.can_merge(PROJECT, number).unwrap_err();
    let state = ok(bot(&forge).get(&format!("{}/approval_state", request(number))).await, 200);
    assert_eq!(state["rules"][0]["approved"], false);
    assert_eq!(state["rules"][0]["eligible_approvers"][0]["username"], "seconder-bot");
    forge.remove_bot(PROJECT);
    forge.can_merge(PROJECT, number).expect("GitLab fails open here");
}

#[tokio::test]
async fn the_bots_approval_lets_merge_and_falls_with_a_push() {
    let (forge, number) = told(Edition::Premium).await;
    forge.require_check(PROJECT, "main", "seconder", None);
    let client = bot(&forge);
    let head = forge.head(PROJECT, number);
    ok(client.post(&format!("{}/approve", request(number)), json!({ "sha": head })).await, 201);
    forge.can_merge(PROJECT, number).unwrap();
    forge.push(&forge.user("jo"), PROJECT, "fix", NewCommit::new("More").file("b.txt", "b\n"));
    forge.can_merge(PROJECT, number).unwrap_err();
}

#[tokio::test]
async fn graphql_tells_edits_system_notes_and_kinds_of_users() {
    let (forge, number) = told(Edition::Premium).await;
    let (jo, ana) = (forge.user("jo"), forge.user("ana"));
    forge.push(&jo, PROJECT, "main", NewCommit::new("Policy").file(".gitlab/seconder.yml", "version: 1\n"));
    let note = forge.comment(&ana, PROJECT, number, "hello");
    let untouched = forge.comment(&ana, PROJECT, number, "hello again");
    forge.edit_comment(&jo, note, "goodbye");
    forge.review(&ana, PROJECT, number, Opinion::RequestChanges, None);
    let client = bot(&forge);
    let id = ok(client.get(&request(number)).await, 200)["id"].clone();
    let query = r#"query Change($mr: MergeRequestID!, $edited: NoteID!, $untouched: NoteID!, $users: [ID!]) {
      mergeRequest(id: $mr) { id iid diffHeadSha
        targetProject { id fullPath visibility repository { rootRef
          blobs(paths: [".gitlab/seconder.yml", "none"], ref: "main") { nodes { path oid rawTextBlob rawSize } } } }
        notes(filter: ONLY_ACTIVITY, first: 1) { pageInfo { hasNextPage endCursor } nodes { id body system createdAt author { id } } }
        approvedBy { nodes { id } }
        reviewers { nodes { id mergeRequestInteraction { reviewState } } } }
      a: note(id: $edited) { id body system internal imported lastEditedAt lastEditedBy { id } createdAt author { id } }
      b: note(id: $untouched) { lastEditedAt lastEditedBy { id } }
      users(ids: $users) { nodes { id username state bot type name } }
      metadata { version enterprise } currentUser { username } }"#;
    let gid = |kind: &str, id: u64| format!("gid://gitlab/{kind}/{id}");
    let variables = json!({ "mr": format!("gid://gitlab/MergeRequest/{id}"), "edited": gid("Note", note),
        "untouched": gid("Note", untouched), "users": [gid("User", forge.bot_account().id), gid("User", ana.id)] });
    let answer = graphql(&client, query, variables).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let data = &answer["data"];
    assert_eq!(data["mergeRequest"]["diffHeadSha"], forge.head(PROJECT, number));
    let blobs = &data["mergeRequest"]["targetProject"]["repository"]["blobs"]["nodes"];
    assert_eq!(blobs.as_array().unwrap().len(), 1, "what is not there is left out");
    assert_eq!(blobs[0]["rawTextBlob"], "version: 1\n");
    assert_eq!(
        data["mergeRequest"]["reviewers"]["nodes"][0]["mergeRequestInteraction"]["reviewState"],
        "REQUESTED_CHANGES"
    );
    assert_eq!(data["mergeRequest"]["notes"]["nodes"][0]["body"], "requested changes");
    assert_eq!(data["a"]["lastEditedBy"]["id"], gid("User", jo.id));
    assert_eq!(data["a"]["author"]["id"], gid("User", ana.id));
    assert_eq!(data["b"]["lastEditedAt"], json!(null));
    let kinds: Vec<_> = data["users"]["nodes"].as_array().unwrap().iter().map(|user| user["type"].clone()).collect();
    assert_eq!(kinds, ["SERVICE_ACCOUNT", "HUMAN"]);
    assert_eq!(data["currentUser"]["username"], "seconder-bot");
    let wrong = graphql(&client, "{ currentUser { shoeSize } }", json!({})).await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "undefinedField");
}

#[tokio::test]
async fn only_owners_say_when_a_note_was_written_and_only_maintainers_edit_those_of_others() {
    let (forge, number) = told(Edition::Free).await;
    for (login, role) in [("dev", 30), ("keeper", 40), ("owner", 50)] {
        forge.set_role("acme", &forge.user(login), role);
    }
    let path = format!("{}/notes", request(number));
    let past = json!({ "body": "long ago", "created_at": "2020-01-01T00:00:00Z" });
    let by_dev = ok(as_user(&forge, "dev").post(&path, past.clone()).await, 201);
    assert_ne!(by_dev["created_at"], "2020-01-01T00:00:00.000Z");
    let by_owner = ok(as_user(&forge, "owner").post(&path, past).await, 201);
    assert_eq!(by_owner["created_at"], "2020-01-01T00:00:00.000Z");
    let edit = format!("{path}/{}", by_owner["id"]);
    ok(as_user(&forge, "dev").put(&edit, json!({ "body": "mine" })).await, 403);
    ok(as_user(&forge, "keeper").put(&edit, json!({ "body": "mine" })).await, 200);
}
