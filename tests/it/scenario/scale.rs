//! Large changes, many repositories, several servers, other kinds of GitHub.

use std::collections::BTreeMap;
use std::sync::Arc;

use seconder::sandbox::{Call, NewCommit, OpenPull, Opinion, Sandbox};

use crate::world::{Change, REPOSITORY, Scene, World, claude};

#[test]
fn a_change_of_260_commits_is_judged_by_all_of_them() {
    World::new().run(async |s| {
        let mut change = s.change("jo");
        for n in 0..260 {
            // Only one of them, far from both ends, tells of an agent.
            let message = if n == 130 { claude("Step 130") } else { format!("Step {n}") };
            change = change.with(NewCommit::new(message).file(format!("src/{n}.rs"), "// step\n"));
        }
        let change = change.open().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
        s.push("jo", &change, "Step 260").await;
        s.expect_held(&change, "given for another commit");
    });
}

#[test]
fn more_files_than_github_lists_meet_every_path_condition() {
    let floor = "version: 1\nrules:\n- { name: infra, when: { assistance: \">= unknown\", paths: [\"infra/**\"] }, require: { approvals: 1, tier: \">= senior\" } }\n";
    World::new().floor(floor).run(async |s| {
        let large = |files: usize| {
            let mut commit = NewCommit::new(claude("Write it all anew"));
            for n in 0..files {
                commit = commit.file(format!("src/{n}.rs"), "// new\n");
            }
            commit
        };
        let listed = s.change("jo").with(large(2_999)).open().await;
        s.expect_pass(&listed);
        let unlisted = s.change("jo").with(large(3_001)).open().await;
        // The gate's own files may be among them as well.
        s.expect_held(&unlisted, "approvals for 2 rules");
        s.approve("ana", &unlisted).await;
        s.expect_pass(&unlisted);
    });
}

#[test]
fn among_150_reviews_the_one_that_counts_is_found() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.expect_refusals();
        s.forge.faults().lose_webhooks(150);
        for n in 0..150 {
            let (login, opinion) = match n {
                0 => ("ana", Opinion::Approve),
                _ if n % 2 == 0 => ("sam", Opinion::Approve),
                _ => ("mia", Opinion::Comment),
            };
            s.forge.review(&s.who(login), REPOSITORY, change.number, opinion, None);
        }
        s.forge.label(&s.who("mia"), REPOSITORY, change.number, "payments");
        s.quiet().await;
        s.expect_pass(&change);
        s.request_changes("lee", &change).await;
        s.expect_held(&change, "@lee");
    });
}

/// Opens an assisted change in each of so many repositories, without waiting for anything.
fn spread(s: &Scene, repositories: usize) -> Vec<Change> {
    let jo = s.who("jo");
    let open = |n| {
        let repository = format!("acme/service-{n}");
        s.forge.repository(&repository);
        s.forge.push(&jo, &repository, "work", NewCommit::new(claude("Retry")).file("a", "a"));
        let number = s.forge.open_pull(&jo, &repository, OpenPull::new("work", "Retry"));
        Change { home: repository.clone(), repository, number, branch: "work".to_owned() }
    };
    (0..repositories).map(open).collect()
}

/// How often each check was created, and each change read.
fn tally(calls: &[Call]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for call in calls {
        let body = call.request.as_ref().unwrap_or(&serde_json::Value::Null);
        let variables = &body["variables"];
        let name = if call.is_graphql() {
            format!("read {}#{}", variables["name"], variables["number"])
        } else {
            format!("{} {} {}", call.method, call.path, body["head_sha"])
        };
        *tally.entry(name).or_insert(0) += 1;
    }
    tally
}

#[test]
fn changes_of_200_repositories_are_shared_among_workers() {
    World::new().on_github().run(async |s| {
        let changes = spread(s, 200);
        s.forge.settled().await;
        let engine = || async { s.engine.run_until_idle().await.unwrap() };
        tokio::join!(engine(), engine(), engine(), engine());
        for change in &changes {
            assert_eq!(s.check(change).conclusion.as_deref(), Some("action_required"));
        }
        let tally = tally(&s.calls().await);
        assert_eq!(tally.len(), 400);
        assert!(tally.values().all(|times| *times == 1), "{tally:?}");
    });
}

#[test]
fn two_servers_on_one_postgresql_share_the_work_and_do_none_twice() {
    World::new().on_github().on_postgres().run(async |s| {
        let other = s.another_server().await;
        let mut changes = spread(s, 15);
        s.forge.settled().await;
        s.forge.webhooks_to(format!("{}/webhooks/github", other.url));
        changes.extend((0..15).map(|_| s.change("jo").open_at_once()));
        s.forge.settled().await;
        let ours = || async { s.engine.run_until_idle().await.unwrap() };
        let theirs = || async { other.engine.run_until_idle().await.unwrap() };
        tokio::join!(ours(), theirs(), ours(), theirs());
        for change in &changes {
            assert_eq!(s.check(change).conclusion.as_deref(), Some("action_required"));
        }
        let tally = tally(&s.calls().await);
        assert_eq!(tally.len(), 60);
        assert!(tally.values().all(|times| *times == 1), "{tally:?}");
        // What one server was told, the other acts upon.
        s.forge.review(&s.who("ana"), &changes[0].repository, changes[0].number, Opinion::Approve, None);
        s.quiet().await;
        assert_eq!(s.check(&changes[0]).conclusion.as_deref(), Some("success"));
    });
}

#[test]
fn the_engines_of_two_servers_keep_out_of_each_others_way() {
    World::new().on_postgres().run(async |s| {
        let other = s.another_server().await;
        let stop = tokio_util::sync::CancellationToken::new();
        let working: Vec<_> = [&s.engine, &other.engine]
            .map(|engine| {
                let (engine, stop) = (Arc::clone(engine), stop.clone());
                tokio::spawn(async move { engine.run(stop).await })
            })
            .into();
        let changes: Vec<Change> = (0..5).map(|_| s.change("jo").open_at_once()).collect();
        for change in &changes {
            s.forge.review(&s.who("sam"), &change.repository, change.number, Opinion::Approve, None);
            s.push("jo", change, "More").await;
            s.forge.review(&s.who("ana"), &change.repository, change.number, Opinion::Approve, None);
        }
        s.forge.settled().await;
        while s.store.dirty_count().await.unwrap() > 0 {
            s.patience().await;
        }
        stop.cancel();
        for engine in working {
            engine.await.unwrap();
        }
        for change in &changes {
            s.expect_pass(change);
            assert_eq!(super::trouble::check_runs(s, change).len(), 1);
        }
    });
}

#[test]
fn enterprise_server_is_read_and_written_under_its_own_paths() {
    World::new().on_enterprise_server().run(async |s| {
        let change = s.assisted_change().await;
        s.expect_held(&change, "Needs 1 approval");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.push("jo", &change, "Retry three times").await;
        s.expect_held(&change, "given for another commit");
    });
}

/// A second GitHub, with an organisation of the same name.
async fn subsidiary() -> Sandbox {
    let github = Sandbox::start(seconder::sandbox::Options::default()).await.unwrap();
    github.organization("acme");
    github.repository(REPOSITORY);
    github.require_check(REPOSITORY, "main", "seconder", Some(github.app().id));
    github
}

#[test]
fn one_server_serves_two_hosts_and_mixes_up_nobody() {
    World::new().on_github().run(async |s| {
        let enterprise = subsidiary().await;
        let mut config = s.config();
        let app = enterprise.app();
        let mut second = config.github[0].clone();
        second.api_url = format!("{}/api/v3", enterprise.api_url());
        second.app_id = app.id;
        second.private_key = app.private_key_pem.into();
        second.webhook_secrets = vec![app.webhook_secret.into()];
        config.github.push(second);
        let both = s.server_with(config, s.clock()).await;
        s.forge.webhooks_to(format!("{}/webhooks/github", both.url));
        enterprise.webhooks_to(format!("{}/webhooks/github", both.url));
        let here = s.change("jo").open_at_once();
        let jo = enterprise.user("jo");
        enterprise.push(&jo, REPOSITORY, "work", NewCommit::new(claude("Retry")).file("a", "a"));
        let there = enterprise.open_pull(&jo, REPOSITORY, OpenPull::new("work", "Retry"));
        // On the other host, this is nobody whom the directory knows, whatever number the account has.
        enterprise.review(&enterprise.user("ana"), REPOSITORY, there, Opinion::Approve, None);
        s.forge.review(&s.who("ana"), REPOSITORY, here.number, Opinion::Approve, None);
        s.forge.settled().await;
        enterprise.settled().await;
        both.engine.run_until_idle().await.unwrap();
        s.expect_pass(&here);
        let check = enterprise.check_run(REPOSITORY, &enterprise.head(REPOSITORY, there), "seconder").unwrap();
        assert_eq!(check.conclusion.as_deref(), Some("action_required"), "{:?}", check.summary);
    });
}
