//! The documented examples of REST answers are understood.

use serde::de::DeserializeOwned;

use super::*;

macro_rules! example {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/github/rest-examples/", $name, ".json"))
    };
}

#[track_caller]
fn parse<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap()
}

#[test]
fn check_runs_are_understood() {
    let list: rest::CheckRuns = parse(example!("get_repos_owner_repo_commits_ref_check-runs.200.default"));
    let run = &list.check_runs[0];
    assert_eq!((run.id, run.name.as_str()), (4, "mighty_readme"));
    assert_eq!(conclusion(&run.status, run.conclusion.as_deref()), None, "neutral is never ours");
    let run: rest::CheckRun = parse(example!("post_repos_owner_repo_check-runs.201.example-of-completed-conclusion"));
    assert!(run.output.unwrap().title.is_some());
    let run: rest::CheckRun = parse(example!("post_repos_owner_repo_check-runs.201.example-of-in-progress-conclusion"));
    assert_eq!(conclusion(&run.status, run.conclusion.as_deref()), None);
}

#[test]
fn files_and_activity_are_understood() {
    let files: Vec<rest::File> = parse(example!("get_repos_owner_repo_pulls_pull_number_files.200.default"));
    assert_eq!(files[0].filename, "file1.txt");
    assert!(files[0].contents_url.as_ref().unwrap().ends_with("6dcb09b5b57875f334f61aebed695e2e4193db5e"));
    let log: Vec<rest::Activity> = parse(example!("get_repos_owner_repo_activity.200.default"));
    assert_eq!(log[0].actor.as_ref().unwrap().login, "octocat");
}

#[test]
fn installations_and_repositories_are_understood() {
    let installations: Vec<rest::Installation> = parse(example!("get_app_installations.200.default"));
    assert_eq!((installations[0].id, installations[0].suspended_at.as_deref()), (1, None));
    assert_eq!(installations[0].account.as_ref().unwrap().login, "octocat");
    let page: rest::Repositories = parse(example!("get_installation_repositories.200.default"));
    assert_eq!((page.total_count, page.repositories[0].full_name.as_str()), (1, "octocat/Hello-World"));
}

#[test]
fn rules_are_understood() {
    let rules: Vec<rest::BranchRule> = parse(example!("get_repos_owner_repo_rules_branches_branch.200.default"));
    assert_eq!(rules[0].kind, "commit_message_pattern");
    let checks: rest::RequiredChecks = parse(
        r#"{"strict_required_status_checks_policy": false, "required_status_checks": [{"context": "seconder"}]}"#,
    );
    assert_eq!(checks.required_status_checks[0].context, "seconder");
}

#[test]
fn only_what_we_publish_is_a_conclusion() {
    assert_eq!(conclusion("completed", Some("success")), Some(Conclusion::Success));
    assert_eq!(conclusion("COMPLETED", Some("ACTION_REQUIRED")), Some(Conclusion::ActionRequired));
    assert_eq!(conclusion("in_progress", Some("success")), None);
    for other in ["neutral", "skipped", "failure", "STALE", "cancelled", "timed_out"] {
        assert_eq!(conclusion("completed", Some(other)), None, "{other}");
    }
    assert_eq!(conclusion("completed", None), None);
}

#[test]
fn an_account_without_a_number_is_nobody() {
    let host = "github.com".parse().unwrap();
    let actor: Actor = parse(r#"{"__typename": "EnterpriseUserAccount", "login": "ana"}"#);
    assert_eq!(actor.of(&host), None);
    let actor: Actor = parse(r#"{"__typename": "Bot", "login": "helper", "databaseId": 5}"#);
    assert_eq!(actor.of(&host).unwrap().kind, ActorKind::Bot);
}

#[test]
fn big_integers_come_as_numbers_or_digits() {
    #[derive(Deserialize)]
    struct Id(#[serde(deserialize_with = "big_int")] i64);
    assert_eq!(parse::<Id>("4294967296").0, 4_294_967_296);
    assert_eq!(parse::<Id>("\"4294967296\"").0, 4_294_967_296);
    assert!(serde_json::from_str::<Id>("\"x\"").is_err());
}

#[test]
fn only_what_nothing_calls_private_is_public() {
    assert_eq!(is_public(Some(false), Some("public")), Some(true));
    assert_eq!(is_public(Some(false), None), Some(true));
    assert_eq!(is_public(None, Some("public")), Some(true));
    // GitHub calls an internal repository private; should it not, it is still none for everybody.
    for (private, visibility) in [(true, "internal"), (false, "internal"), (true, "private"), (true, "public")] {
        assert_eq!(is_public(Some(private), Some(visibility)), Some(false), "{private} {visibility}");
    }
    assert_eq!(is_public(None, None), None);
}
