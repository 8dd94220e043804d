//! Whether a branch requires our check, by rulesets and by classic protection.

use jiff::{SignedDuration, Timestamp};
use seconder::gate::finding::Required;
use serde_json::{Value, json};

use super::script::{Script, repository};
use super::town::{REPO, Town};

const RULES: &str = "GET /repos/acme/pay/rules/branches/main";
const BRANCH: &str = "GET /repos/acme/pay/branches/main";

async fn required(town: &Town, moved_at: Option<Timestamp>) -> Required {
    town.github.branch_rules(&town.repo, "main", moved_at).await.unwrap().required
}

#[tokio::test]
async fn required_checks_are_known_and_remembered() {
    let town = Town::new().await;
    assert_eq!(required(&town, None).await, Required::No);
    assert_eq!(town.calls(), [RULES, BRANCH]);
    town.forge.require_check(REPO, "main", "seconder", Some(town.forge.app().id));
    assert_eq!(required(&town, None).await, Required::No, "believed for a while");
    assert!(town.calls().is_empty());
    assert_eq!(required(&town, Some(town.forge.now())).await, Required::Pinned);
    assert_eq!(town.calls(), [RULES], "who is pinned by a ruleset need not ask further");
    town.forge.advance(SignedDuration::from_mins(11));
    assert_eq!(required(&town, None).await, Required::Pinned);
    assert_eq!(town.forge.take_calls().last().map(|call| call.status), Some(304), "asked by its ETag");
}

#[tokio::test]
async fn a_check_that_anybody_or_another_app_may_report_is_not_pinned() {
    let town = Town::new().await;
    let other = town.forge.another_app("other");
    let ruleset = town.forge.require_check(REPO, "main", "seconder", Some(other.id));
    assert_eq!(required(&town, None).await, Required::FromAnother);
    town.forge.edit_required_check(&town.ana, ruleset, "seconder", None);
    assert_eq!(required(&town, Some(town.forge.now())).await, Required::Unpinned);
    town.forge.edit_required_check(&town.ana, ruleset, "seconder/lint", Some(town.forge.app().id));
    assert_eq!(required(&town, Some(town.forge.now())).await, Required::No, "another name is another check");
}

#[tokio::test]
async fn classic_protection_counts() {
    let town = Town::new().await;
    let ours = Some(town.forge.app().id);
    town.forge.protect(&town.ana, REPO, "main", "seconder", None);
    assert_eq!(required(&town, None).await, Required::Unpinned);
    town.forge.protect(&town.ana, REPO, "main", "seconder", ours);
    assert_eq!(required(&town, Some(town.forge.now())).await, Required::Pinned);
    town.forge.advance(SignedDuration::from_mins(11));
    town.calls();
    assert_eq!(required(&town, None).await, Required::Pinned);
    let statuses: Vec<u16> = town.forge.take_calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [304, 304]);
    town.forge.unprotect(&town.ana, REPO, "main");
    assert_eq!(required(&town, Some(town.forge.now())).await, Required::No);
}

#[tokio::test]
async fn a_branch_that_is_not_there_is_not_protected() {
    let town = Town::new().await;
    let rules = town.github.branch_rules(&town.repo, "gone", None).await.unwrap();
    assert_eq!(rules.required, Required::No);
}

#[tokio::test]
async fn what_protection_says_is_understood_old_and_new() {
    let said =
        |checks: Value| json!({ "name": "main", "protection": { "enabled": true, "required_status_checks": checks } });
    let table = [
        (json!({ "name": "main" }), Required::No),
        (said(json!({ "enforcement_level": "off", "contexts": ["seconder"] })), Required::No),
        (said(json!({ "enforcement_level": "non_admins", "contexts": ["seconder"] })), Required::Unpinned),
        (said(json!({ "contexts": [], "checks": [{ "context": "seconder", "app_id": -1 }] })), Required::Unpinned),
        (said(json!({ "contexts": [], "checks": [{ "context": "seconder", "app_id": 77 }] })), Required::Pinned),
        (said(json!({ "contexts": [], "checks": [{ "context": "seconder", "app_id": 5 }] })), Required::FromAnother),
        (said(json!({ "contexts": ["ci"], "checks": [{ "context": "ci", "app_id": null }] })), Required::No),
    ];
    for (answer, expected) in table {
        let script = Script::start().await;
        let github = script.client("");
        script.then(200, &[], &json!([])).then(200, &[], &answer);
        let rules = github.branch_rules(&repository(&github), "main", None).await.unwrap();
        assert_eq!(rules.required, expected, "{answer}");
    }
}
