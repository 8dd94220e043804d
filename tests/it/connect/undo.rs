//! Putting back what was changed.

use seconder::cli::connect::gitlab::Mark;
use seconder::sandbox::Edition;
use serde_json::Value;

use super::{PROJECT, Town, step, text, writes};
use crate::sandbox::client::Client;

/// Everything that can be changed, as ana sees it.
async fn standing(town: &Town) -> Vec<Value> {
    let client = Client::with(&town.forge, town.forge.user_token(&town.forge.user("ana")));
    let mut found = Vec::new();
    for path in [
        "/groups/acme/hooks",
        "/projects/acme%2Fpay",
        "/projects/acme%2Fpay/approvals",
        "/projects/acme%2Fpay/approval_rules",
        "/projects/acme%2Fpay/hooks",
    ] {
        found.push(client.get(&format!("/api/v4{path}")).await.body);
    }
    found
}

#[tokio::test]
async fn everything_is_as_it_was() {
    for edition in [Edition::Free, Edition::Premium] {
        let town = Town::of(edition).await.with_job();
        town.write_job();
        let before = standing(&town).await;
        assert!(town.apply().await.is_applied);
        let after = standing(&town).await;
        assert_ne!(after, before);
        // The plan alone changes nothing.
        let planned = town.undo(false).await;
        assert!(!planned.is_applied && text(&planned).ends_with(": nothing was changed: --apply does it\n"));
        assert_eq!(standing(&town).await, after);
        let undone = town.undo(true).await;
        assert!(undone.is_applied, "{}", text(&undone));
        assert_eq!(standing(&town).await, before);
        assert!(!town.asked.undo_file.exists(), "nothing is left to be undone");
    }
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_is_theirs() {
    let town = Town::of(Edition::Premium).await;
    town.apply().await;
    let kim = town.forge.user("kim");
    let client = Client::with(&town.forge, town.forge.user_token(&town.forge.user("ana")));
    let rules = client.get("/api/v4/projects/acme%2Fpay/approval_rules").await.body;
    town.forge.set_role(PROJECT, &kim, 30);
    town.forge.edit_approval_rule(rules[0]["id"].as_u64().unwrap(), &[&kim], 2);
    town.forge.approval_setting(PROJECT, "merge_requests_disable_committers_approval", false);
    let undone = town.undo(true).await;
    let rule = step(&undone, PROJECT, "approval rule");
    assert_eq!(rule.mark, Mark::Leave);
    assert_eq!(rule.says, "somebody changed approvals_required, user_ids meanwhile");
    let settings = step(&undone, PROJECT, "approval settings");
    assert_eq!(settings.mark, Mark::Change);
    assert!(settings.why.as_ref().unwrap().starts_with("somebody changed merge_requests_disable_committers_approval"));
    let rules = client.get("/api/v4/projects/acme%2Fpay/approval_rules").await.body;
    assert_eq!(rules[0]["approvals_required"], 2);
    // What nobody touched is gone.
    assert_eq!(town.forge.hooks("acme"), []);
    assert_eq!(client.get("/api/v4/projects/acme%2Fweb/approval_rules").await.body, Value::Array(Vec::new()));
}

#[tokio::test]
async fn what_is_gone_already_is_no_trouble() {
    let town = Town::of(Edition::Premium).await;
    town.apply().await;
    for (hook, _) in town.forge.hooks("acme") {
        town.forge.delete_hook(hook);
    }
    let undone = town.undo(true).await;
    assert_eq!(step(&undone, "group acme", "webhook").says, "is gone already");
    assert!(!town.asked.undo_file.exists());
}

#[tokio::test]
async fn two_runs_are_undone_together() {
    let town = Town::of(Edition::Free).await;
    let before = standing(&town).await;
    town.apply().await;
    town.forge.repository("acme/later");
    town.apply().await;
    town.forge.take_calls();
    town.undo(true).await;
    assert_eq!(writes(&town.forge.take_calls()).len(), 3);
    assert_eq!(standing(&town).await, before);
}

#[tokio::test]
async fn a_file_about_another_gitlab_is_not_continued() {
    let mut town = Town::of(Edition::Free).await;
    town.apply().await;
    let other = Town::of(Edition::Free).await;
    town.asked = super::Asked { undo_file: town.asked.undo_file.clone(), ..other.asked.clone() };
    town.asked.is_applied = true;
    let shown = other.run(&town.asked).await.unwrap();
    assert!(shown.failed.unwrap().contains("name another one"));
    assert_eq!(other.forge.hooks(PROJECT), []);
}
