//! The adapter against a stateful GitHub, over real HTTP, with every call counted.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use seconder::forge::github::{Error, GitHub, GitHubConfig, PolicyText, ReadOptions};
use seconder::gate::change::{ChangeState, Files, Read, ReviewState};
use seconder::gate::plan::{Action, Annotation, Check, Conclusion};
use seconder::gate::witnessed::SeenRepository;
use seconder::sandbox::{Fault, Matching, NewCommit, OpenPull, Opinion, Options, Reset};

use super::script::Script;
use super::town::{REPO, Town, client, signed, whole};

#[tokio::test]
async fn an_ordinary_change_takes_one_call() {
    let town = Town::new().await;
    let number = town.open("pay");
    let review = town.forge.review(&town.ana, REPO, number, Opinion::Approve, None);
    town.forge.label(&town.ana, REPO, number, "ai");
    town.forge.assign(&town.ana, REPO, number, &town.forge.bot("Copilot"));
    let change = town.change(number).await;
    assert_eq!(town.calls(), ["POST /graphql"]);
    assert_eq!((change.key.number, &change.key.repo), (signed(number), &town.repo.repo));
    assert_eq!((change.owner, change.repo_name.as_str()), (town.repo.owner.clone(), REPO));
    assert_eq!(
        (change.state, change.base.name.as_str(), change.default_branch.as_str()),
        (ChangeState::Open, "main", "main")
    );
    assert_eq!(change.head.as_str(), town.forge.head(REPO, number));
    assert_eq!(change.opener.unwrap().account.id, signed(town.jo.id));
    assert_eq!(change.commits.len(), 1);
    assert_eq!(change.commits[0].message.trim(), "Pay");
    assert_eq!(change.commits[0].author.account.as_ref().unwrap().account.id, signed(town.jo.id));
    assert_eq!(change.labels, ["ai"]);
    assert_eq!(change.assigners[0].account.id, signed(town.ana.id));
    assert_eq!((change.reviews[0].id, change.reviews[0].state), (signed(review), ReviewState::Approved));
    assert_eq!(change.reviews[0].commit.as_ref(), Some(&change.head));
    assert!(matches!(&change.files, Files::Whole(files) if files[0].path == "pay.rs"));
}

#[tokio::test]
async fn twenty_at_once_take_one_token() {
    let town = Town::new().await;
    let number = town.open("pay");
    let reads = (0..20).map(|_| {
        let (github, repo) = (town.github.clone(), town.repo.clone());
        tokio::spawn(async move { github.read(&repo, signed(number), &ReadOptions::default()).await })
    });
    for read in reads.collect::<Vec<_>>() {
        whole(read.await.unwrap().unwrap());
    }
    assert_eq!(town.tokens(), 1);
    town.forge.advance(SignedDuration::from_hours(2));
    let reads: Vec<_> = (0..20)
        .map(|_| {
            let (github, repo) = (town.github.clone(), town.repo.clone());
            tokio::spawn(async move { github.read(&repo, signed(number), &ReadOptions::default()).await })
        })
        .collect();
    for read in reads {
        whole(read.await.unwrap().unwrap());
    }
    assert_eq!(town.tokens(), 2, "and one more when the first has ended");
}

#[tokio::test]
async fn a_check_is_created_found_and_updated() {
    let town = Town::new().await;
    let number = town.open("pay");
    let check = town.check(number, Conclusion::ActionRequired);
    let created = town.github.apply(&town.repo, &Action::Create(check.clone())).await.unwrap();
    assert_eq!(created.external_id.as_deref(), Some(check.digest().as_str()));
    assert_eq!(town.reading(number, &ReadOptions::default()).await.unwrap().published, Some(created.clone()));
    let found = town.github.find_published(&town.repo, &check.head, "seconder").await.unwrap();
    assert_eq!(found, Some(created.clone()));
    assert_eq!(town.github.find_published(&town.repo, &check.head, "other").await.unwrap(), None);
    let passing = town.check(number, Conclusion::Success);
    let action = Action::Update { check_run_id: created.check_run_id, check: passing.clone(), annotate: false };
    let updated = town.github.apply(&town.repo, &action).await.unwrap();
    assert_eq!((updated.check_run_id, updated.conclusion), (created.check_run_id, Some(Conclusion::Success)));
    assert_eq!(town.reading(number, &ReadOptions::default()).await.unwrap().published, Some(updated));
    let run = town.forge.check_run(REPO, passing.head.as_str(), "seconder").unwrap();
    assert_eq!((run.conclusion.as_deref(), run.title.as_deref()), (Some("success"), Some("Waiting for a senior")));
}

#[tokio::test]
async fn all_annotations_arrive() {
    let town = Town::new().await;
    let number = town.open("pay");
    let annotation = |line| Annotation {
        path: "pay.rs".to_owned(),
        line,
        column: 1,
        is_failure: true,
        message: format!("finding {line}"),
    };
    let check =
        Check { annotations: (1..=120).map(annotation).collect(), ..town.check(number, Conclusion::ActionRequired) };
    let published = town.github.apply(&town.repo, &Action::Create(check.clone())).await.unwrap();
    assert_eq!(published.external_id, Some(check.external_id()));
    let run = town.forge.check_run(REPO, check.head.as_str(), "seconder").unwrap();
    assert_eq!(run.annotations.len(), 120);
}

#[tokio::test]
async fn long_changes_are_read_to_their_end() {
    let town = Town::new().await;
    let commits = (0..260).map(|n| NewCommit::new(format!("Step {n}")).file(format!("src/{n}.rs"), format!("{n}\n")));
    town.forge.push_all(&town.jo, REPO, "long", commits.collect());
    let number = town.forge.open_pull(&town.jo, REPO, OpenPull::new("long", "Long"));
    for _ in 0..120 {
        town.forge.review(&town.ana, REPO, number, Opinion::Comment, None);
    }
    town.forge.review(&town.ana, REPO, number, Opinion::Approve, None);
    town.calls();
    let change = town.change(number).await;
    assert_eq!(town.calls().len(), 3, "all connections page together");
    assert_eq!(change.commits.len(), 260);
    assert_eq!(change.commits[0].message.trim(), "Step 0");
    assert_eq!(change.commits[259].sha, change.head);
    let distinct: BTreeSet<_> = change.commits.iter().map(|commit| commit.sha.clone()).collect();
    assert_eq!(distinct.len(), 260);
    assert_eq!(change.reviews.len(), 121);
    assert_eq!(change.reviews[120].state, ReviewState::Approved);
    assert!(matches!(&change.files, Files::Whole(files) if files.len() == 260));
}

#[tokio::test]
async fn too_many_files_are_said_to_be_too_many() {
    let town = Town::new().await;
    let files = (0..3001).fold(NewCommit::new("Everything"), |commit, n| commit.file(format!("src/{n}.rs"), "x\n"));
    town.forge.push(&town.jo, REPO, "wide", files);
    let number = town.forge.open_pull(&town.jo, REPO, OpenPull::new("wide", "Wide"));
    town.calls();
    let change = town.change(number).await;
    assert_eq!(change.files, Files::Truncated { total: 3001 });
    assert_eq!(town.calls().len(), 1, "no page is read in vain");
}

#[tokio::test]
async fn policies_come_with_the_change() {
    let town = Town::new().await;
    town.forge.repository("acme/.github");
    let put = |repo: &str, branch: &str, path: &str, text: &str| {
        town.forge.push(&town.ana, repo, branch, NewCommit::new("Policy").file(path, text));
    };
    put("acme/.github", "main", "seconder.yml", "organisation");
    put(REPO, "main", ".github/seconder.yml", "default");
    put(REPO, "release/1", ".github/seconder.yml", "release");
    town.forge.push(&town.jo, REPO, "fix", NewCommit::new("Fix").file("fix.rs", "x\n"));
    let number = town.forge.open_pull(&town.jo, REPO, OpenPull::new("fix", "Fix").to("release/1"));
    town.calls();
    let options = ReadOptions { governing_base: Some("release/1".to_owned()), ..ReadOptions::default() };
    let policies = town.reading(number, &options).await.unwrap().policies;
    assert_eq!(town.calls().len(), 1);
    let shown = |policy: &PolicyText| match policy {
        PolicyText::Text { name, text, .. } => format!("{name}: {text}"),
        other => panic!("{other:?}"),
    };
    assert_eq!(shown(&policies.organisation), "acme/.github@main:seconder.yml: organisation");
    assert_eq!(shown(&policies.repository), "acme/pay@main:.github/seconder.yml: default");
    assert_eq!(shown(policies.base.as_ref().unwrap()), "acme/pay@release/1:.github/seconder.yml: release");
    let unexpected = town.reading(number, &ReadOptions::default()).await.unwrap().policies;
    assert_eq!(town.calls().len(), 2);
    assert_eq!(unexpected, policies);
}

#[tokio::test]
async fn absent_policies_are_absent() {
    let town = Town::new().await;
    let number = town.open("pay");
    let policies = town.reading(number, &ReadOptions::default()).await.unwrap().policies;
    assert_eq!((policies.organisation, policies.repository), (PolicyText::Absent, PolicyText::Absent));
    assert_eq!(policies.base, None);
}

#[tokio::test]
async fn partial_and_silent_answers_are_not_whole() {
    let town = Town::new().await;
    let number = town.open("pay");
    let faults = town.forge.faults();
    for part in ["commits", "reviews", "files", "timelineItems"] {
        let path = vec!["repository".to_owned(), "pullRequest".to_owned(), part.to_owned()];
        faults.next(1, Matching::graphql(), Fault::SilentNull(path.clone()));
        let reading = town.reading(number, &ReadOptions::default()).await.unwrap();
        assert!(matches!(reading.read, Read::Incomplete { .. }), "{part}: {reading:?}");
        faults.next(3, Matching::graphql(), Fault::Partial(path));
        let error = town.reading(number, &ReadOptions::default()).await.unwrap_err();
        assert!(matches!(error, Error::Transient { .. }), "{part}: {error:?}");
        whole(town.reading(number, &ReadOptions::default()).await.unwrap());
    }
}

#[tokio::test]
async fn limits_are_kept_to_the_second() {
    let town = Town::new().await;
    let number = town.open("pay");
    town.change(number).await;
    let reset = town.forge.now() + SignedDuration::from_mins(20);
    town.forge.faults().next(1, Matching::graphql(), Fault::PrimaryLimit(Reset(reset)));
    let limited = Err(Error::RateLimited { until: reset });
    assert_eq!(town.reading(number, &ReadOptions::default()).await, limited);
    assert_eq!(town.reading(number, &ReadOptions::default()).await, limited);
    assert_eq!(town.forge.faults().calls_before_reset(), 0);
    town.forge.advance(SignedDuration::from_mins(20));
    town.change(number).await;
    town.forge.faults().next(1, Matching::any(), Fault::SecondaryLimit { status: 403, retry_after: 30 });
    let until = town.forge.now() + SignedDuration::from_secs(30);
    assert_eq!(town.reading(number, &ReadOptions::default()).await, Err(Error::RateLimited { until }));
    let check = Action::Create(town.check(number, Conclusion::ActionRequired));
    assert_eq!(town.github.apply(&town.repo, &check).await, Err(Error::RateLimited { until }));
    assert_eq!(town.forge.faults().calls_before_reset(), 0);
}

#[tokio::test]
async fn a_write_without_answer_is_uncertain_and_can_be_read_back() {
    let town = Town::new().await;
    let number = town.open("pay");
    let impatient = client(&town.forge, "", Duration::from_secs(2));
    let check = town.check(number, Conclusion::ActionRequired);
    for fault in [Fault::HangAfterEffect, Fault::BrokenAnswer, Fault::StatusAfterEffect(502)] {
        town.forge.faults().next(1, Matching::rest("POST", "/repos"), fault.clone());
        let error = impatient.apply(&town.repo, &Action::Create(check.clone())).await.unwrap_err();
        assert!(matches!(error, Error::Uncertain { .. }), "{fault:?}: {error:?}");
        let found = town.github.find_published(&town.repo, &check.head, "seconder").await.unwrap().unwrap();
        assert_eq!(found.external_id, Some(check.digest()), "{fault:?}");
    }
}

#[tokio::test]
async fn a_forge_that_is_gone_is_transient_even_for_writes() {
    let town = Town::new().await;
    let number = town.open("pay");
    town.change(number).await;
    let check = town.check(number, Conclusion::ActionRequired);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let app = town.forge.app();
    let config = GitHubConfig {
        api_url: format!("http://{address}"),
        app_id: app.id,
        private_key: app.private_key_pem.into(),
        request_timeout: Duration::from_secs(20),
        check_name: "seconder".to_owned(),
    };
    let clock = town.forge.clone();
    let github = GitHub::new(config, Arc::new(move || clock.now())).unwrap();
    let error = github.apply(&town.repo, &Action::Create(check)).await.unwrap_err();
    assert!(matches!(error, Error::Transient { .. }), "{error:?}");
}

#[tokio::test]
async fn enterprise_server_reads_and_publishes_too() {
    let town = Town::with(Options::default(), "/api/v3").await;
    let number = town.open("pay");
    town.change(number).await;
    town.github.apply(&town.repo, &Action::Create(town.check(number, Conclusion::ActionRequired))).await.unwrap();
    assert!(town.reading(number, &ReadOptions::default()).await.unwrap().published.is_some());
}

#[tokio::test]
async fn a_check_of_another_app_is_not_ours() {
    let town = Town::new().await;
    let other = town.forge.another_app("other");
    let number = town.open("pay");
    town.forge.report_check(&other, REPO, &town.forge.head(REPO, number), "seconder", "success");
    assert_eq!(town.reading(number, &ReadOptions::default()).await.unwrap().published, None);
}

#[tokio::test]
async fn logins_become_numbers() {
    let town = Town::new().await;
    let logins = ["Jo".into(), "nobody-of-this-name".into(), "ana".into(), "acme".into()];
    let numbers = town.github.resolve_logins(town.repo.installation, &logins).await.unwrap();
    let expected = [("ana".to_owned(), signed(town.ana.id)), ("jo".to_owned(), signed(town.jo.id))];
    assert_eq!(numbers.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(town.calls().len(), 1);
}

#[tokio::test]
async fn renamed_files_keep_their_old_names() {
    let town = Town::new().await;
    town.forge.push(&town.jo, REPO, "main", NewCommit::new("Old").file("old.rs", "fn pay() {}\nfn more() {}\n"));
    let renaming = NewCommit::new("New").without("old.rs").file("new.rs", "fn pay() {}\nfn more() {}\n");
    town.forge.push(&town.jo, REPO, "rename", renaming);
    let number = town.forge.open_pull(&town.jo, REPO, OpenPull::new("rename", "Rename"));
    town.calls();
    let options = ReadOptions { previous_paths: true, ..ReadOptions::default() };
    let change = whole(town.reading(number, &options).await.unwrap());
    let Files::Whole(files) = change.files else { panic!("not whole") };
    assert_eq!((files[0].path.as_str(), files[0].previous_path.as_deref()), ("new.rs", Some("old.rs")));
    assert_eq!(town.calls(), ["POST /graphql".to_owned(), format!("GET /repos/acme/pay/pulls/{number}/files")]);
}

#[tokio::test]
async fn a_renamed_repository_is_read_and_written_under_its_name() {
    let town = Town::new().await;
    let number = town.open("pay");
    let check = town.check(number, Conclusion::ActionRequired);
    town.forge.rename_repository(&town.ana, REPO, "payments");
    town.calls();
    let reading = town.reading(number, &ReadOptions::default()).await.unwrap();
    assert!(town.calls().len() <= 2);
    let rate = reading.rate.clone().unwrap();
    let change = whole(reading);
    assert_eq!((change.repo_name.as_str(), &change.key.repo), ("acme/payments", &town.repo.repo));
    assert!(rate.cost <= 3, "{rate:?}");
    let renamed = SeenRepository { name: change.repo_name, ..town.repo.clone() };
    town.github.apply(&renamed, &Action::Create(check)).await.unwrap();
    assert!(town.forge.check_run("acme/payments", change.head.as_str(), "seconder").is_some());
}

#[tokio::test]
async fn two_changes_on_one_head_know_of_each_other() {
    let town = Town::new().await;
    let first = town.open("pay");
    town.forge.push(&town.ana, REPO, "release/1", NewCommit::new("Release").file("release", "1\n"));
    let second = town.forge.open_pull(&town.jo, REPO, OpenPull::new("pay", "Pay").to("release/1"));
    assert_eq!(town.change(first).await.same_head, BTreeSet::from([signed(second)]));
    assert_eq!(town.change(second).await.same_head, BTreeSet::from([signed(first)]));
    town.forge.close(&town.jo, REPO, second);
    assert_eq!(town.change(first).await.same_head, BTreeSet::new());
}

#[tokio::test]
async fn forks_history_and_dismissals_are_read() {
    let town = Town::new().await;
    let sam = town.forge.user("sam");
    let fork = town.forge.fork(&sam, REPO);
    town.forge.push(&sam, &fork, "fix", NewCommit::new("Fix").file("fix.rs", "x\n"));
    let number = town.forge.open_pull(&sam, REPO, OpenPull::new("fix", "Fix").from_fork(&fork));
    let review = town.forge.review(&town.ana, REPO, number, Opinion::RequestChanges, None);
    town.forge.dismiss(&town.jo, REPO, number, review, "done");
    town.forge.force_push(&sam, &fork, "fix", NewCommit::new("Fix again").file("fix.rs", "y\n"));
    town.forge.close(&sam, REPO, number);
    town.forge.reopen(&sam, REPO, number);
    let change = town.change(number).await;
    assert_ne!(change.head_branch.repo.as_ref(), Some(&town.repo.repo));
    assert_eq!(change.reviews[0].state, ReviewState::DismissedChangesRequested);
    assert_ne!(change.reviews[0].commit.as_ref(), Some(&change.head));
    assert_eq!(change.force_pushes[0].after.as_ref(), Some(&change.head));
    assert!(change.reopened_at.is_some());
    assert_eq!(change.base_changed_at, None);
}

#[tokio::test]
async fn who_is_not_installed_reads_nothing() {
    let town = Town::new().await;
    let number = town.open("pay");
    let acme = town.forge.organization("acme");
    town.forge.suspend(&acme);
    let error = town.reading(number, &ReadOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden { .. }), "{error:?}");
    town.forge.unsuspend(&acme);
    town.change(number).await;
    let error = town.reading(number + 100, &ReadOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn deliveries_of_the_sandbox_are_understood() {
    use seconder::forge::github::webhook::{DeliveryHeaders, parse, verify};
    let town = Town::new().await;
    let receiver = Script::start().await;
    town.forge.webhooks_to(receiver.url());
    let number = town.open("pay");
    town.forge.review(&town.ana, REPO, number, Opinion::Approve, None);
    town.forge.push(&town.ana, REPO, "pay", NewCommit::new("More").file("more.rs", "x\n"));
    town.forge.settled().await;
    let secret = town.forge.app().webhook_secret.into();
    let mut kinds = Vec::new();
    for asked in receiver.asked() {
        let signature = asked.headers["x-hub-signature-256"].to_str().ok();
        verify(std::slice::from_ref(&secret), &asked.raw, signature).unwrap();
        let headers = DeliveryHeaders::read(&asked.headers).unwrap();
        let delivery = parse(&headers, town.github.host(), &asked.raw).unwrap();
        if let Some(repository) = delivery.event.repository() {
            assert_eq!((&repository.repo, repository.installation), (&town.repo.repo, town.repo.installation));
        }
        kinds.push(delivery.event.kind());
    }
    for kind in ["push", "change_opened", "review_submitted", "change_pushed"] {
        assert!(kinds.contains(&kind), "{kind} is not among {kinds:?}");
    }
}

#[tokio::test]
async fn everything_open_is_listed() {
    let town = Town::new().await;
    let installations = town.github.installations().await.unwrap();
    assert_eq!(installations.len(), 1);
    assert_eq!((installations[0].id, &installations[0].owner), (town.repo.installation, &town.repo.owner));
    assert!(!installations[0].is_suspended);
    assert_eq!(town.github.repositories(town.repo.installation).await.unwrap(), std::slice::from_ref(&town.repo));
    let numbers: Vec<u64> = (0..130).map(|n| town.open(&format!("pay-{n}"))).collect();
    town.forge.close(&town.jo, REPO, numbers[3]);
    let check = town.check(numbers[7], Conclusion::Success);
    let published = town.github.apply(&town.repo, &Action::Create(check)).await.unwrap();
    town.calls();
    let mut listed = Vec::new();
    let mut next = None;
    loop {
        let page = town.github.open_changes(&town.repo, next.as_deref()).await.unwrap();
        listed.extend(page.changes);
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(town.calls().len(), 3);
    let open: Vec<i64> = numbers.iter().filter(|number| **number != numbers[3]).map(|number| signed(*number)).collect();
    assert_eq!(listed.iter().map(|open| open.change.key.number).collect::<Vec<_>>(), open);
    assert_eq!(listed[0].change.head.as_str(), town.forge.head(REPO, numbers[0]));
    assert_eq!((&listed[0].published, &listed[6].published), (&None, &Some(published)));
    assert_eq!((listed[0].change.base_branch.as_str(), listed[0].change.head_branch.name.as_str()), ("main", "pay-0"));
}
