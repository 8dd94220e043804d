//! What is done, once.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use seconder::cli::connect::gitlab::{Known, Mark};
use seconder::forge::gitlab::Mechanism;
use seconder::sandbox::{Edition, Fault, GitLab, Matching};

use super::{PROJECT, Town, step, text, writes};

#[tokio::test]
async fn what_is_planned_is_done_and_a_second_run_changes_nothing() {
    for edition in [Edition::Community, Edition::Free, Edition::Premium, Edition::Ultimate] {
        let town = Town::of(edition).await.with_job();
        town.write_job();
        let planned = town.plan().await;
        let shown = town.apply().await;
        assert!(shown.is_applied && shown.failed.is_none(), "{edition:?}: {:?}", shown.failed);
        assert!(text(&shown).ends_with(": done\n"), "{}", text(&shown));
        let to_do = planned.plan.count(Mark::Create) + planned.plan.count(Mark::Change);
        assert_eq!(writes(&town.forge.take_calls()).len(), to_do);
        let before = town.undo_text();
        let again = town.apply().await;
        assert_eq!((again.plan.count(Mark::Create), again.plan.count(Mark::Change)), (0, 0), "{}", text(&again));
        assert_eq!(writes(&town.forge.take_calls()), Vec::<String>::new());
        assert_eq!((town.undo_text(), again.server_line), (before, None));
        // It results in what was promised.
        for (then, now) in planned.plan.worth.iter().zip(&again.plan.worth) {
            assert_eq!((&then.project, then.then), (&now.project, now.now), "{edition:?}");
        }
    }
}

#[tokio::test]
async fn a_token_with_too_few_rights_changes_nothing() {
    // Developers see approval rules, and may change nothing; Maintainers see no webhooks of groups.
    for (role, step_of, place) in [(30, "approval rule", PROJECT), (40, "webhook", "group acme")] {
        let town = Town::of(Edition::Premium).await.with_role(role);
        let shown = town.apply().await;
        assert!(shown.is_refused && !shown.is_applied, "{role}");
        let step = step(&shown, place, step_of);
        assert_eq!(step.mark, Mark::Cannot, "{role}: {step:?}");
        assert!(step.why.as_ref().unwrap().contains("takes the role"), "{step:?}");
        assert_eq!(writes(&town.forge.take_calls()), Vec::<String>::new());
        assert!(!town.asked.undo_file.exists());
        assert!(text(&shown).ends_with("nothing was changed: first see to what cannot be done\n"), "{}", text(&shown));
    }
}

#[tokio::test]
async fn a_token_that_may_only_read_is_refused_at_once() {
    let mut town = Town::of(Edition::Premium).await;
    let ana = town.forge.user("ana");
    town.asked.token = town.forge.token_with(&ana, &["read_api"]).into();
    let refused = town.run(&town.asked).await.unwrap_err();
    assert!(refused.to_string().contains("lacks the scope `api`"), "{refused:#}");
}

#[tokio::test]
async fn a_secret_is_made_where_the_server_has_none_and_is_shown_once() {
    let town = Town::of(Edition::Free).await;
    let shown = town.apply().await;
    let line = shown.server_line.clone().unwrap();
    let secret = line.strip_prefix("webhook_signing_tokens = [\"").unwrap().strip_suffix("\"]\n").unwrap();
    assert!(secret.starts_with("whsec_") && text(&shown).contains(secret));
    // Both projects' webhooks have the same, so that one line makes both known.
    let sent: Vec<_> = town.forge.calls().iter().filter_map(|call| call.request.clone()).collect();
    let given: Vec<_> = sent.iter().filter_map(|body| body["signing_token"].as_str()).collect();
    assert_eq!(given, [secret, secret]);
    assert!(!town.undo_text().contains(secret), "the undo file holds a secret");
}

#[tokio::test]
async fn a_secret_goes_to_a_file_that_nobody_else_may_read() {
    let mut town = Town::of(Edition::Premium).await;
    town.asked.secret_file = Some(town.file("secret"));
    let shown = town.apply().await;
    assert!(shown.server_line.is_none());
    let written = fs::read_to_string(town.file("secret")).unwrap();
    assert!(written.starts_with("webhook_signing_tokens = [\"whsec_"), "{written}");
    for file in [town.file("secret"), town.asked.undo_file.clone()] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn the_servers_own_secrets_are_used_where_it_has_some() {
    for (version, given) in [("19.2", "signing_token"), ("18.9", "token")] {
        let mut town = Town::new(GitLab { version: version.to_owned(), edition: Edition::Premium }).await;
        let known = Known { signing: vec!["whsec_c2lnbmVk".into()], tokens: vec!["sent along".into()] };
        town.asked.secrets = Some(known);
        assert!(town.apply().await.server_line.is_none());
        let calls = town.forge.calls();
        let hook = calls.iter().find(|call| call.method == "POST" && call.path.ends_with("/hooks")).unwrap();
        let body = hook.request.as_ref().unwrap();
        assert!(body.get(given).is_some(), "{version}: {body}");
        assert!(body.get("signing_token").is_none() || body.get("token").is_none(), "{body}");
    }
    // The server would refuse what this GitLab sends: it does not sign.
    let mut town = Town::new(GitLab { version: "18.9".to_owned(), edition: Edition::Premium }).await;
    town.asked.secrets = Some(Known { signing: vec!["whsec_c2lnbmVk".into()], tokens: Vec::new() });
    assert_eq!(step(&town.plan().await, "group acme", "webhook").mark, Mark::Cannot);
}

#[tokio::test]
async fn a_webhook_that_misses_something_is_completed() {
    let town = Town::of(Edition::Premium).await;
    town.forge.webhooks_to(super::HOOK);
    town.forge.webhook_secrets(seconder::sandbox::Secrets::Token);
    let shown = town.apply().await;
    let hook = step(&shown, "group acme", "webhook");
    assert_eq!((hook.mark, hook.says.as_str()), (Mark::Change, "signing token: none -> set"));
    assert_eq!(town.forge.hooks("acme").len(), 1);
    assert!(shown.server_line.is_some());
}

#[tokio::test]
async fn what_was_done_before_something_failed_is_on_record_and_the_secret_is_still_told() {
    let town = Town::of(Edition::Premium).await;
    town.forge.faults().next(1, Matching::rest("POST", "/api/v4/projects"), Fault::Status(403));
    let shown = town.apply().await;
    let failed = shown.failed.clone().unwrap();
    assert!(failed.starts_with("acme/pay: approval rule; what was done before is in "), "{failed}");
    assert!(shown.server_line.is_some() && text(&shown).ends_with(": not all of it was done\n"), "{}", text(&shown));
    let undone = town.undo(true).await;
    assert_eq!(undone.plan.steps.len(), 2);
    assert_eq!(town.forge.hooks("acme"), []);
}

#[tokio::test]
async fn a_rule_for_protected_branches_holds_nothing_where_none_is_protected() {
    let town = Town::of(Edition::Premium).await;
    town.apply().await;
    let now = async || town.run(&town.asked).await.unwrap().plan.worth[0].now;
    assert_eq!(now().await, Mechanism::BotApproval);
    town.forge.open_branch(PROJECT, "main");
    assert_eq!(now().await, Mechanism::None);
}
