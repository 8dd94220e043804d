//! What would be done.

use seconder::cli::connect::gitlab::{Mark, VerdictJob};
use seconder::forge::gitlab::Mechanism;
use seconder::sandbox::{Edition, GitLab};

use super::{PROJECT, Town, step, steps, text};

#[tokio::test]
async fn on_premium_a_group_gets_its_webhook_and_each_project_a_rule_that_only_the_bot_can_satisfy() {
    let town = Town::of(Edition::Premium).await;
    let shown = town.plan().await;
    assert_eq!(steps(&shown, "group acme"), ["create webhook"]);
    for project in [PROJECT, "acme/web"] {
        let expected = ["leave webhook", "leave bot account", "create approval rule", "change approval settings"];
        assert_eq!(steps(&shown, project), expected);
    }
    let settings = step(&shown, PROJECT, "approval settings");
    assert!(settings.says.contains("disable_overriding_approvers_per_merge_request: false -> true"), "{settings:?}");
    let worth = &shown.plan.worth[0];
    assert_eq!((worth.now, worth.then), (Mechanism::None, Mechanism::BotApproval));
    let text = text(&shown);
    assert!(text.contains(": GitLab 19.2.0-ee\nas @ana, whose token ends on "), "{text}");
    assert!(text.contains("\n  create  webhook: none -> https://seconder.example.com/webhooks/gitlab for "), "{text}");
    assert!(text.contains("\n  then: Enforced by an approval that only this bot can give.\n"), "{text}");
    assert!(text.ends_with("\n3 to create, 2 to change, 4 to leave: nothing was changed: --apply does it\n"), "{text}");
    let json = shown.to_json();
    assert_eq!((&json["v"], &json["applied"], &json["steps"][0]["mark"]), (&1.into(), &false.into(), &"create".into()));
}

#[tokio::test]
async fn on_free_each_project_gets_its_own_webhook_and_the_plan_says_that_nothing_is_enforced() {
    for edition in [Edition::Community, Edition::Free] {
        let town = Town::of(edition).await;
        let shown = town.plan().await;
        assert_eq!(steps(&shown, "group acme"), ["leave webhook"], "{edition:?}");
        assert_eq!(steps(&shown, PROJECT), ["create webhook", "leave bot account", "leave approval rule"]);
        let worth = &shown.plan.worth[0];
        assert_eq!((worth.then, worth.hint.is_some()), (Mechanism::None, true));
        assert!(text(&shown).contains("  = Advisory: nothing in this project's settings"));
    }
}

#[tokio::test]
async fn on_free_a_verdict_job_makes_gitlab_wait() {
    let town = Town::of(Edition::Free).await.with_job();
    let shown = town.plan().await;
    // The file has to be there first, and is shown.
    assert_eq!(step(&shown, PROJECT, "verdict job").mark, Mark::Cannot);
    assert!(text(&shown).contains("\nseconder.yml in acme/ci, the job:\n"), "{}", text(&shown));
    town.write_job();
    let shown = town.plan().await;
    let job = step(&shown, PROJECT, "verdict job");
    assert_eq!(job.mark, Mark::Change);
    assert!(job.says.contains("ci_config_path: \"\" -> \"seconder.yml@acme/ci\""), "{}", job.says);
    assert!(job.says.contains("only_allow_merge_if_pipeline_succeeds: false -> true"), "{}", job.says);
    let of_pay = shown.plan.worth.iter().find(|worth| worth.project == PROJECT).unwrap();
    assert_eq!(of_pay.then, Mechanism::VerdictJob);
    // The project that holds the job is not bound by a file of its own.
    assert_eq!(step(&shown, "acme/ci", "verdict job").mark, Mark::Leave);
    let of_ci = shown.plan.worth.iter().find(|worth| worth.project == "acme/ci").unwrap();
    assert_eq!(of_ci.then, Mechanism::None);
}

#[tokio::test]
async fn on_premium_a_verdict_job_stands_beside_the_rule() {
    let town = Town::of(Edition::Premium).await.with_job();
    town.write_job();
    let shown = town.plan().await;
    let of_pay = shown.plan.worth.iter().find(|worth| worth.project == PROJECT).unwrap();
    assert_eq!((of_pay.then, of_pay.hint), (Mechanism::Both, None));
}

#[tokio::test]
async fn on_ultimate_an_external_status_check_is_named_as_what_it_is() {
    let shown = Town::of(Edition::Ultimate).await.plan().await;
    let check = step(&shown, PROJECT, "external status check");
    assert_eq!(check.mark, Mark::Leave);
    assert!(check.why.as_ref().unwrap().contains("enforces nothing"), "{check:?}");
}

#[tokio::test]
async fn an_older_instance_is_told_what_it_lacks() {
    let town = Town::new(GitLab { version: "17.2".to_owned(), edition: Edition::Premium }).await;
    let text = text(&town.plan().await);
    for part in ["17.3", "17.4", "18.5", "19.0"] {
        assert!(text.contains(&format!("(since {part})")), "{part}: {text}");
    }
    assert!(!text.contains("(since 16.11)"), "{text}");
}

#[tokio::test]
async fn a_bot_that_is_no_member_has_to_be_added_first() {
    let town = Town::of(Edition::Premium).await;
    town.forge.remove_bot(PROJECT);
    let shown = town.plan().await;
    let bot = step(&shown, PROJECT, "bot account");
    assert_eq!(bot.mark, Mark::Cannot);
    assert!(bot.says.contains("is no member") && bot.why.as_ref().unwrap().contains("Invite members"), "{bot:?}");
    // A rule without approvers would be satisfied of itself: it is not what results.
    assert_eq!(shown.plan.worth[0].then, Mechanism::None);
}

#[tokio::test]
async fn where_people_have_to_sign_in_anew_to_approve_a_bot_cannot() {
    let town = Town::of(Edition::Premium).await;
    town.forge.approval_setting(PROJECT, "require_reauthentication_to_approve", true);
    let shown = town.plan().await;
    assert_eq!(step(&shown, PROJECT, "approval settings").mark, Mark::Cannot);
}

#[tokio::test]
async fn one_project_alone_gets_a_webhook_of_its_own_unless_its_groups_covers_it() {
    let mut town = Town::of(Edition::Premium).await;
    town.asked.groups.clear();
    town.asked.projects = vec![PROJECT.to_owned()];
    let shown = town.plan().await;
    assert_eq!(step(&shown, PROJECT, "webhook").mark, Mark::Create);
    assert!(steps(&shown, "group acme").is_empty(), "nobody asked about the group");
    town.forge.webhooks_to(super::HOOK);
    assert_eq!(step(&town.plan().await, PROJECT, "webhook").mark, Mark::Leave);
}

#[tokio::test]
async fn a_persons_account_is_called_a_weak_bot() {
    let mut town = Town::of(Edition::Premium).await;
    town.asked.bot = None;
    let shown = town.plan().await;
    assert!(shown.said.notes.iter().any(|note| note.contains("looks like a person's account")), "{:?}", shown.said);
    town.asked.bot = Some("@seconder-bot".to_owned());
    assert_eq!(town.plan().await.said.notes, Vec::<String>::new());
}

#[test]
fn a_verdict_job_is_named_as_gitlab_names_it() {
    for given in ["seconder.yml@acme/ci", "ci/seconder.yaml@acme/web/ci:v1"] {
        assert_eq!(VerdictJob::parse(given).unwrap().to_string(), given);
    }
    for given in
        ["", "seconder.yml", "seconder.yml@ci", "@acme/ci", "a b.yml@acme/ci", "x.yml@acme/ci:", "x.sh@acme/ci"]
    {
        assert!(VerdictJob::parse(given).is_err(), "{given}");
    }
}
