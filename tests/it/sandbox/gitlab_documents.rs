//! The checker that holds calls to GitLab's documents: it finds what is wrong, and real documents agree with it.

use seconder::sandbox::{Call, Credential};
use serde_json::{Value, json};

use super::conformance::gitlab::{
    COST_LIMIT, answer_findings, check, document_cost, document_findings, findings, operation_of, operations,
};

fn call(method: &str, path: &str, status: u16) -> Call {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Call {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        status,
        request: None,
        response: None,
        credential: Credential::None,
        template: String::new(),
        faulty: false,
    }
}

fn answered(method: &str, path: &str, status: u16, response: Value) -> Call {
    Call { response: Some(response), ..call(method, path, status) }
}

fn sent(method: &str, path: &str, request: Value, status: u16, response: Value) -> Call {
    Call { request: Some(request), ..answered(method, path, status, response) }
}

/// Nothing is wrong with a call.
#[track_caller]
fn right(call: &Call) {
    assert_eq!(findings(call), Vec::<String>::new());
}

/// Exactly this is wrong with a call, besides its name.
#[track_caller]
fn wrong(call: &Call, what: &str) {
    assert_eq!(findings(call), vec![format!("{} {}: {what}", call.method, call.path)]);
}

fn jo() -> Value {
    json!({
        "id": 7, "username": "jo", "name": "Jo", "state": "active", "locked": false, "avatar_url": null,
        "web_url": "https://gitlab.example/jo",
    })
}

fn version() -> Value {
    json!({
        "id": 110, "head_commit_sha": "a".repeat(40), "base_commit_sha": "b".repeat(40),
        "start_commit_sha": "b".repeat(40), "created_at": "2026-07-26T14:44:48.926Z", "merge_request_id": 105,
        "state": "collected", "real_size": "1", "patch_id_sha": null,
    })
}

fn status() -> Value {
    json!({
        "id": 93, "sha": "a".repeat(40), "ref": "fix", "status": "success", "name": "seconder", "target_url": null,
        "description": null, "created_at": "2026-01-19T09:05:50.355Z", "started_at": null, "finished_at": null,
        "allow_failure": false, "coverage": null, "pipeline_id": 101, "author": jo(),
    })
}

const VERSIONS: &str = "/api/v4/projects/5/merge_requests/3/versions";
const STATUSES: &str = "/api/v4/projects/5/statuses/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[test]
fn a_read_that_gitlab_describes_is_right_below_any_root() {
    right(&answered("GET", VERSIONS, 200, json!([version()])));
    right(&answered("GET", &format!("/code{VERSIONS}?per_page=100&page=2"), 200, json!([])));
    right(&answered("GET", "/projects/acme%2Fpay/merge_requests/3/versions", 200, json!([version()])));
    assert_eq!(
        operation_of(&call("GET", VERSIONS, 200)).unwrap(),
        "GET /projects/{id}/merge_requests/{merge_request_iid}/versions"
    );
}

#[test]
fn an_operation_that_gitlab_does_not_describe_is_found_even_if_it_was_not_answered() {
    wrong(
        &answered("GET", "/api/v4/projects/5/seconds", 404, json!({ "message": "404" })),
        "no such operation is known",
    );
    wrong(&call("DELETE", VERSIONS, 204), "no such operation is known");
    // An empty part is no project, and a slash in a name is to be encoded.
    wrong(&call("GET", "/api/v4/projects/", 200), "no such operation is known");
    wrong(&call("GET", "/api/v4/projects/acme/pay", 200), "no such operation is known");
}

#[test]
fn signing_in_and_git_are_no_part_of_the_api() {
    right(&answered("GET", "/oauth/discovery/keys", 200, json!({ "keys": [] })));
    right(&call("GET", "/acme/pay.git/info/refs", 200));
}

#[test]
fn a_number_in_the_path_is_a_number() {
    let path = "/api/v4/projects/5/merge_requests/!3/versions";
    wrong(&answered("GET", path, 200, json!([])), "merge_request_iid in the path is !3, which is not integer");
}

#[test]
fn a_parameter_of_a_query_is_known_and_of_its_type() {
    let list = |query: &str| answered("GET", &format!("/api/v4/projects/5/merge_requests?{query}"), 200, json!([]));
    right(&list("state=opened&updated_after=2026-01-01T00%3A00%3A00Z&iids[]=3&iids%5B%5D=4&view=simple"));
    wrong(&list("stat=opened"), "parameter stat is not known");
    wrong(&list("state=open"), "parameter state is open, which is not opened|closed|locked|merged|all");
    wrong(&list("view=full"), "parameter view is full, which is not simple");
    wrong(&list("updated_after=yesterday"), "parameter updated_after is yesterday, which is not time");
    wrong(&list("per_page=many"), "parameter per_page is many, which is not 1..100");
    wrong(&list("per_page=200"), "parameter per_page is 200, which is not 1..100");
    wrong(&list("iids[]=three"), "parameter iids is three, which is not [integer]");
    wrong(&list("draft=yes"), "parameter draft is yes, which is not boolean");
}

#[test]
fn a_list_that_is_not_paged_takes_no_page() {
    let path = "/api/v4/projects/5/merge_requests/3/reviewers?page=2";
    wrong(&answered("GET", path, 200, json!([])), "parameter page is not known");
}

#[test]
fn deliveries_of_a_hook_are_listed_by_the_score() {
    let events = |query: &str| answered("GET", &format!("/api/v4/projects/5/hooks/1/events?{query}"), 200, json!([]));
    right(&events("status=client_failure,server_failure&per_page=20&page=2"));
    wrong(&events("per_page=100"), "parameter per_page is 100, which is not 1..20");
}

#[test]
fn what_a_write_needs_is_given_in_the_query_or_in_the_body() {
    right(&sent("POST", STATUSES, json!({ "state": "success", "name": "seconder" }), 201, status()));
    right(&answered("POST", &format!("{STATUSES}?state=success"), 201, status()));
    wrong(&sent("POST", STATUSES, json!({ "name": "seconder" }), 201, status()), "parameter state is missing");
    wrong(&sent("POST", STATUSES, json!({ "state": "success", "url": "x" }), 201, status()), {
        "url in the body is not known"
    });
    wrong(&sent("POST", STATUSES, json!({ "state": "green" }), 201, status()), {
        "state is \"green\", which is not pending|running|success|failed|canceled|skipped"
    });
    wrong(&sent("POST", STATUSES, json!({ "state": "success", "pipeline_id": "1" }), 201, status()), {
        "pipeline_id is \"1\", which is not integer"
    });
    wrong(&sent("POST", STATUSES, json!(["success"]), 201, status()), "the body is no object");
}

#[test]
fn a_read_has_no_body() {
    let read = sent("GET", VERSIONS, json!({ "page": 2 }), 200, json!([]));
    wrong(&read, "page in the body is not known");
}

#[test]
fn a_call_that_was_refused_for_its_form_was_wrong_on_purpose() {
    right(&sent("POST", STATUSES, json!({}), 400, json!({ "error": "state is missing" })));
}

#[test]
fn a_refusal_says_why() {
    right(&answered("GET", VERSIONS, 404, json!({ "message": "404 Not found" })));
    wrong(&answered("GET", VERSIONS, 404, json!({})), "answer 404 has neither message nor error");
    wrong(&call("GET", VERSIONS, 401), "answer 401 has neither message nor error");
}

#[test]
fn a_status_that_gitlab_does_not_answer_with_is_found() {
    wrong(&answered("GET", VERSIONS, 202, json!([])), "status 202 is not known");
}

#[test]
fn an_answer_that_gitlab_would_not_give_is_found() {
    let with = |name: &str, value: Value| {
        let mut version = version();
        version[name] = value;
        answered("GET", VERSIONS, 200, json!([version]))
    };
    wrong(&with("id", json!("110")), "answer 200: it[0].id is \"110\", which is not integer");
    wrong(&with("id", Value::Null), "answer 200: it[0].id is null, which is not integer");
    wrong(&with("head_commit_sha", json!("abc")), "answer 200: it[0].head_commit_sha is \"abc\", which is not sha");
    wrong(&with("created_at", json!("today")), "answer 200: it[0].created_at is \"today\", which is not time");
    wrong(&with("pusher", json!(7)), "answer 200: it[0].pusher is not known");
    wrong(&answered("GET", VERSIONS, 200, version()), "answer 200: it is no list");
    wrong(&call("GET", VERSIONS, 200), "answer 200 has no body");
    let mut version = version();
    version.as_object_mut().unwrap().remove("state");
    wrong(&answered("GET", VERSIONS, 200, json!([version])), "answer 200: it[0].state is missing");
}

#[test]
fn an_answer_is_looked_through_to_its_people() {
    let approvals = |user: Value| {
        let approved = json!([{ "user": user, "approved_at": "2026-01-01T10:00:00Z" }]);
        let answer = json!({
            "user_has_approved": false, "user_can_approve": true, "approved": true, "approved_by": approved,
        });
        answered("GET", "/api/v4/projects/5/merge_requests/3/approvals", 200, answer)
    };
    right(&approvals(jo()));
    wrong(&approvals(json!({ "id": 7, "username": "jo", "name": "Jo", "state": "active" })), {
        "answer 200: it.approved_by[0].user.web_url is missing"
    });
}

#[test]
fn what_is_deleted_and_what_is_raw_have_bodies_of_their_own() {
    right(&call("DELETE", "/api/v4/projects/5/hooks/1", 204));
    wrong(&answered("DELETE", "/api/v4/projects/5/hooks/1", 204, json!({})), "answer 204 has a body");
    right(&call("GET", "/api/v4/projects/5/repository/files/README.md/raw?ref=main", 200));
}

#[test]
fn every_operation_can_be_told_from_its_path() {
    let example = |part: &str| {
        match part {
            "{branch}" | "{file_path}" | "{trigger}" | "{sha}" => "x",
            part if part.starts_with('{') => "1",
            part => return part.to_owned(),
        }
        .to_owned()
    };
    for operation in operations() {
        let (method, template) = operation.split_once(' ').unwrap();
        let path = template.split('/').map(example).collect::<Vec<_>>().join("/");
        assert_eq!(operation_of(&call(method, &format!("/api/v4{path}"), 200)), Some(operation.clone()));
    }
}

const QUERY: &str = "query Gate($id: MergeRequestID!) { mergeRequest(id: $id) {
    diffHeadSha
    notes(filter: ONLY_ACTIVITY, first: 100) {
        pageInfo { hasNextPage endCursor }
        nodes { id createdAt systemNoteMetadata { action } author { id username bot } }
    }
    targetProject { repository { rootRef blobs(paths: [\".gitlab/seconder.yml\"]) { nodes { path oid rawSize } } } }
} }";

fn asked(query: &str, response: Value) -> Call {
    let request = json!({ "query": query, "variables": { "id": "gid://gitlab/MergeRequest/105" } });
    sent("POST", "/api/graphql", request, 200, response)
}

fn gate() -> Value {
    let author = json!({ "id": "gid://gitlab/User/7", "username": "jo", "bot": false });
    let note = json!({
        "id": "gid://gitlab/Note/301", "createdAt": "2026-01-01T10:00:00Z", "systemNoteMetadata": { "action": "commit" },
        "author": author,
    });
    let blob = json!({ "path": ".gitlab/seconder.yml", "oid": "c".repeat(40), "rawSize": "12" });
    json!({ "data": { "mergeRequest": {
        "diffHeadSha": "a".repeat(40),
        "notes": { "pageInfo": { "hasNextPage": false, "endCursor": null }, "nodes": [note] },
        "targetProject": { "repository": { "rootRef": "main", "blobs": { "nodes": [blob] } } },
    } } })
}

#[test]
fn a_query_that_fits_the_schema_is_right() {
    right(&asked(QUERY, gate()));
    right(&asked(QUERY, json!({ "data": { "mergeRequest": null } })));
}

#[test]
fn a_query_costs_what_gitlab_counts() {
    // Each field one, and one more where Git is asked; accounts of a change are five.
    assert_eq!(document_cost("{ metadata { version } }"), 2);
    assert_eq!(document_cost("{ mergeRequest(id: 1) { iid diffHeadSha } }"), 1 + 1 + 2);
    assert_eq!(document_cost("{ mergeRequest(id: 1) { reviewers { nodes { id } } } }"), 1 + 5 + 1 + 1);
    // A list that is looked up costs a hundredth more with each of the items asked for, 100 where nothing is said.
    let notes = |first: &str| format!("{{ mergeRequest(id: 1) {{ notes{first} {{ nodes {{ id body }} }} }} }}");
    assert_eq!(document_cost(&notes("(first: 50)")), 1 + 4 + 2);
    assert_eq!(document_cost(&notes("(first: 100)")), 1 + 4 * 2);
    assert_eq!(document_cost(&notes("")), 1 + 4 * 2);
    let fragment = "query { note(id: 1) { ...Of } } fragment Of on Note { id ... on Note { body } }";
    assert_eq!(document_cost(fragment), 1 + 1 + 1);
    assert!(document_cost(QUERY) < COST_LIMIT);
}

#[test]
fn a_query_that_does_not_fit_the_schema_is_found() {
    for query in [
        "{ mergeRequest(id: 5) { lastEditedBy { id } } }",
        "{ mergeRequest(iid: \"5\") { id } }",
        "{ mergeRequest(id: \"gid://gitlab/MergeRequest/1\") { notes(filter: ONLY_SYSTEM) { nodes { id } } } }",
        "{ project(id: \"gid://gitlab/Project/1\") { id } }",
    ] {
        let found = document_findings(query);
        assert!(found.len() == 1 && found[0].contains("does not fit the schema"), "{query}: {found:?}");
    }
    assert_eq!(document_findings(QUERY), Vec::<String>::new());
}

#[test]
fn an_answer_to_a_query_that_gitlab_would_not_give_is_found() {
    let with = |pointer: &str, value: Value| {
        let mut answer = gate();
        *answer.pointer_mut(&format!("/data/mergeRequest/{pointer}")).unwrap() = value;
        asked(QUERY, answer)
    };
    let blob = "targetProject/repository/blobs/nodes/0";
    wrong(&with(&format!("{blob}/rawSize"), json!(12)), {
        "mergeRequest.targetProject.repository.blobs.nodes.0.rawSize is 12, which is no BigInt"
    });
    wrong(&with("notes/nodes/0/id", json!("301")), "mergeRequest.notes.nodes.0.id is \"301\", which is no NoteID");
    wrong(&with("notes/nodes/0/author/id", json!("gid://gitlab/Note/7")), {
        "mergeRequest.notes.nodes.0.author.id is \"gid://gitlab/Note/7\", which is no UserID"
    });
    wrong(&with("notes/nodes/0/createdAt", json!("now")), {
        "mergeRequest.notes.nodes.0.createdAt is \"now\", which is no Time"
    });
    wrong(&with("targetProject", Value::Null), "mergeRequest.targetProject is null, which the schema rules out");
}

#[test]
#[should_panic(expected = "2 findings in 4 calls:")]
fn a_story_fails_with_everything_that_is_wrong_in_it() {
    let faulty = Call { faulty: true, ..call("GET", "/api/v4/nothing", 200) };
    let unanswered = call("GET", "/api/v4/nothing", 0);
    check(&[call("GET", "/api/v4/nothing", 200), asked("{ nothing }", json!({ "data": {} })), faulty, unanswered]);
}

/// Documents of others agree with the facts, but for what is listed with them.
#[test]
fn real_documents_agree_with_the_facts() {
    for document in DOCUMENTS {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/gitlab/rest-gitlab4j");
        let text = std::fs::read_to_string(format!("{folder}/{}.json", document.name)).unwrap();
        let found = answer_findings(document.operation, document.status, &serde_json::from_str(&text).unwrap());
        let found: Vec<&str> = found.iter().filter_map(|one| one.split_once(": it")).map(|(_, what)| what).collect();
        assert_eq!(found, document.but_for, "{}: {}", document.name, document.why);
    }
}

struct Document {
    name: &'static str,
    /// What it is an answer of.
    operation: &'static str,
    status: u16,
    /// What the facts say against it.
    but_for: &'static [&'static str],
    /// Why the facts stand all the same.
    why: &'static str,
}

impl Document {
    const fn new(name: &'static str, operation: &'static str, status: u16) -> Self {
        Self { name, operation, status, but_for: &[], why: "it agrees" }
    }

    const fn but_for(self, but_for: &'static [&'static str], why: &'static str) -> Self {
        Self { but_for, why, ..self }
    }
}

const DOCUMENTS: [Document; 13] = [
    Document::new("approval-rule", "POST /projects/{id}/approval_rules", 201),
    Document::new("approval-state", "GET /projects/{id}/merge_requests/{merge_request_iid}/approval_state", 200),
    Document::new("approvals", "GET /projects/{id}/merge_requests/{merge_request_iid}/approvals", 200).but_for(
        &[".approved is missing", ".user_can_approve is missing", ".user_has_approved is missing"],
        "of 2016, before every edition told them",
    ),
    Document::new("commit-status", "POST /projects/{id}/statuses/{sha}", 201),
    Document::new("external-status-checks", "GET /projects/{id}/external_status_checks", 200),
    Document::new(
        "external-status-check-result",
        "POST /projects/{id}/merge_requests/{merge_request_iid}/status_check_responses",
        201,
    ),
    Document::new("members", "GET /groups/{id}/members/all", 200).but_for(
        &[
            "[0].expires_at is \"2012-10-22T14:13:35Z\", which is not date",
            "[1].expires_at is \"2012-10-22T14:13:35Z\", which is not date",
            "[2].expires_at is \"2012-10-22T14:13:35Z\", which is not date",
        ],
        "an example that GitLab's page corrected: a membership expires on a day",
    ),
    Document::new("merge-request", "GET /projects/{id}/merge_requests/{merge_request_iid}", 200).but_for(
        &[
            ".assignee.web_url is missing",
            ".assignee.created_at is not known",
            ".assignee.email is not known",
            ".author.web_url is missing",
            ".author.created_at is not known",
            ".author.email is not known",
            ".changes_count is missing",
            ".description is missing",
            ".head_pipeline.user.web_url is missing",
            ".head_pipeline.user.email is not known",
            ".sha is missing",
            ".source_project_id is missing",
            ".target_project_id is missing",
            ".web_url is missing",
        ],
        "cut down, and its people are of an API before version 4, which showed addresses",
    ),
    Document::new("merge-request-diffs", "GET /projects/{id}/merge_requests/{merge_request_iid}/versions", 200),
    Document::new("merge-request-note", "PUT /projects/{id}/merge_requests/{merge_request_iid}/notes/{note_id}", 200)
        .but_for(
            &[
                ".author.web_url is missing",
                ".author.created_at is not known",
                ".author.email is not known",
                ".internal is missing",
                ".resolvable is missing",
            ],
            "of 2013: the author as above, and before notes could be internal or resolved",
        ),
    Document::new("merge-request-versions", "GET /projects/{id}/merge_requests/{merge_request_iid}/versions", 200),
    Document::new("note", "PUT /projects/{id}/merge_requests/{merge_request_iid}/notes/{note_id}", 200).but_for(
        &[
            ".author.created_at is not known",
            ".author.email is not known",
            ".noteable_iid is missing",
            ".downvote is not known",
            ".upvote is not known",
        ],
        "of a snippet, which has no iid, with the author as above and votes that notes no longer have",
    ),
    Document::new("project-approvals-config", "GET /projects/{id}/approvals", 200),
];
