//! `seconder evaluate`: it says what the published check says, and leaves no trace.

mod refusals;

use std::path::Path;

use seconder::cli::evaluate::{Asked, Known, Report, evaluate};
use seconder::cli::progress::Progress;
use seconder::config::Config;
use seconder::sandbox::{CheckRun, NewCommit, Opinion};
use serde_json::Value;

use crate::world::{Change, REPOSITORY, Scene, World, claude};

pub(super) fn asked(number: u64) -> Asked {
    Asked { repo: REPOSITORY.to_owned(), number: number.try_into().unwrap(), host: None, without_store: false }
}

impl Scene {
    /// What `evaluate` says, and that it has left no trace: not at the forge, not in the store.
    pub(super) async fn evaluate(&self, asked: &Asked) -> anyhow::Result<Report> {
        self.evaluate_with(&self.config(), asked).await
    }

    pub(super) async fn evaluate_with(&self, config: &Config, asked: &Asked) -> anyhow::Result<Report> {
        self.calls().await;
        let (rows, bytes) = (self.rows().await, self.store_bytes());
        let report = evaluate(config, self.clock(), asked, &Progress::default()).await;
        let calls = self.calls_outside();
        let writes = calls.iter().filter(|call| call.method != "GET" && !call.is_graphql());
        let writes: Vec<&str> =
            writes.map(|call| call.path.as_str()).filter(|path| !path.ends_with("/access_tokens")).collect();
        assert_eq!(writes, Vec::<&str>::new());
        assert_eq!((self.rows().await, self.store_bytes()), (rows, bytes), "the store was written to");
        report
    }

    /// It says the same as the check that stands on the change's head, to the letter.
    pub(super) async fn expect_evaluated_alike(&self, change: &Change) -> Report {
        let report = self.evaluate(&asked(change.number)).await.unwrap();
        let json = report.to_json();
        assert_alike(&json["check"], &self.check(change));
        assert_eq!(json["head"], self.head(change));
        assert_eq!(report.known, Known::Store);
        report
    }

    fn store_bytes(&self) -> Option<Vec<u8>> {
        std::fs::read(self.store_file()?).ok()
    }
}

pub(super) fn assert_alike(said: &Value, published: &CheckRun) {
    assert_eq!(said["name"], published.name);
    assert_eq!(said["conclusion"], *published.conclusion.as_ref().unwrap());
    assert_eq!(said["title"], *published.title.as_ref().unwrap());
    assert_eq!(said["summary"], *published.summary.as_ref().unwrap());
}

/// A story about what is waited for, held, passed and broken.
async fn four_outcomes(s: &mut Scene) {
    let change = s.assisted_change().await;
    let waiting = s.expect_evaluated_alike(&change).await;
    assert_eq!((waiting.outcome(), waiting.passes()), ("waiting", false));
    s.request_changes("kim", &change).await;
    assert_eq!(s.expect_evaluated_alike(&change).await.outcome(), "held");
    s.approve("kim", &change).await;
    let passing = s.expect_evaluated_alike(&change).await;
    assert_eq!((passing.outcome(), passing.passes()), ("pass", true));
    s.expect_pass(&change);
    s.put("main", ".github/seconder.yml", "version: 1\nrulez: []\n").await;
    assert_eq!(s.expect_evaluated_alike(&change).await.outcome(), "error");
}

#[test]
fn it_says_what_the_check_says() {
    World::new().on_github().run(four_outcomes);
}

#[test]
fn on_gitlab_it_says_what_the_note_says() {
    World::new().on_gitlab().run(async |s| {
        let change = s.assisted_change().await;
        let waiting = s.evaluate(&asked(change.number)).await.unwrap();
        assert_eq!((waiting.outcome(), waiting.passes()), ("waiting", false));
        let summary = waiting.to_json()["check"]["summary"].as_str().unwrap().to_owned();
        s.expect_says(&change, summary.trim());
        s.say("kim", &change, "/seconder hold Wait for the audit").await;
        assert_eq!(s.evaluate(&asked(change.number)).await.unwrap().outcome(), "held");
        // Nobody saw it being written; what withholds counts all the same.
        let alone = Asked { without_store: true, ..asked(change.number) };
        assert_eq!(s.evaluate(&alone).await.unwrap().outcome(), "held");
        s.say("kim", &change, "/seconder unhold").await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        let passing = s.evaluate(&asked(change.number)).await.unwrap();
        assert_eq!((passing.outcome(), passing.passes()), ("pass", true));
        let nowhere = Asked { repo: "acme/web/nowhere".to_owned(), ..asked(1) };
        let error = s.evaluate(&nowhere).await.unwrap_err();
        assert!(format!("{error:#}").contains("or the bot account may not see it"), "{error:#}");
        s.expect_refusals();
    });
}

#[test]
fn it_says_what_the_check_says_with_a_store_in_postgresql() {
    World::new().on_github().on_postgres().run(four_outcomes);
}

#[test]
fn what_only_the_store_remembers_counts() {
    World::new().on_github().run(async |s| {
        // Evidence that was pushed away, and a command that was seen being written.
        let change = s.assisted_change().await;
        s.force_push("jo", &change, NewCommit::new("Retry").file("src/retry.rs", "// by hand\n")).await;
        let waiting = s.expect_evaluated_alike(&change).await;
        assert_eq!(waiting.outcome(), "waiting");
        s.forge.comment(&s.who("ana"), REPOSITORY, change.number, &format!("/seconder approve {}", s.head(&change)));
        s.quiet().await;
        s.expect_pass(&change);
        assert!(s.expect_evaluated_alike(&change).await.passes());
    });
}

#[test]
fn no_server_need_run() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.server_down().await;
        s.expect_evaluated_alike(&change).await;
        // What happened meanwhile is read all the same.
        s.forge.review(&s.who("ana"), REPOSITORY, change.number, Opinion::Approve, None);
        assert!(s.evaluate(&asked(change.number)).await.unwrap().passes());
        s.restart().await;
        s.expect_evaluated_alike(&change).await;
    });
}

#[test]
fn a_login_without_a_number_is_looked_up_and_not_kept() {
    let directory = "version: 1\ntiers: [junior, senior]\npeople:\n\
        - { id: ana, accounts: [{ host: \"${host}\", login: ana }] }\n\
        - { id: jo, accounts: [{ host: \"${host}\", login: jo }] }\n\
        groups:\n- { id: seniors, vouched: true, members: [ana] }\n\
        tier_rules:\n- { id: are-senior, groups: [seniors], tier: senior }\n";
    World::new().on_github().directory(directory).run(async |s| {
        s.who("ana");
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_evaluated_alike(&change).await;
        // Somebody else's login, which the server has not looked up yet, as the file has only now changed.
        let with_lee =
            directory.replace("people:\n", "people:\n- { id: lee, accounts: [{ host: \"${host}\", login: lee }] }\n");
        s.who("lee");
        s.write_directory(&with_lee);
        let report = s.evaluate(&asked(change.number)).await.unwrap();
        assert!(report.passes(), "{}", report.to_json());
    });
}

#[test]
fn without_a_store_it_says_what_is_not_known() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.comment(&s.who("ana"), REPOSITORY, change.number, &format!("/seconder approve {}", s.head(&change)));
        s.quiet().await;
        s.expect_pass(&change);
        let alone = Asked { without_store: true, ..asked(change.number) };
        let report = s.evaluate(&alone).await.unwrap();
        // Nobody saw the command being written.
        assert_eq!((report.outcome(), report.known), ("waiting", Known::NotAsked));
        let text = text(&report);
        assert!(text.contains("The store was not asked") && text.contains("- commands: nobody saw"), "{text}");
        // What withholds counts, seen or not.
        s.forge.comment(&s.who("kim"), REPOSITORY, change.number, "/seconder hold Wait for the audit");
        s.quiet().await;
        assert_eq!(s.evaluate(&alone).await.unwrap().outcome(), "held");
        let mut config = s.config();
        config.store_url = "sqlite:nowhere/seconder.db".to_owned().into();
        let report = s.evaluate_with(&config, &asked(change.number)).await.unwrap();
        assert_eq!((report.outcome(), report.known), ("held", Known::NoneYet));
        assert!(self::text(&report).contains("There is no store yet"));
        assert!(!Path::new("nowhere").exists());
    });
}

#[test]
fn a_merge_group_is_judged_as_well() {
    World::new().on_github().run(async |s| {
        let first = s.assisted_change().await;
        s.approve("ana", &first).await;
        let second = s.change("sam").open().await;
        s.approve("kim", &second).await;
        let group = s.queue(&[&first, &second]).await;
        s.expect_group_passes(&group);
        let report = s.expect_evaluated_alike(&first).await;
        assert_alike(&report.to_json()["merge_groups"][0]["check"], &s.group_check(&group));
        assert!(report.passes());
        s.request_changes("lee", &second).await;
        let report = s.expect_evaluated_alike(&first).await;
        let json = report.to_json();
        assert_alike(&json["merge_groups"][0]["check"], &s.group_check(&group));
        assert_eq!((json["verdict"]["outcome"].as_str(), report.outcome()), (Some("pass"), "held"));
        assert!(!report.passes());
    });
}

#[test]
fn two_changes_on_one_commit_are_judged_together() {
    World::new().on_github().run(async |s| {
        s.branch("release");
        s.put("main", ".github/seconder.yml", "version: 1\nbranches: [main, release]\n").await;
        let first = s.change("jo").commit(&claude("Retry")).branch("shared").open().await;
        let opening = seconder::sandbox::OpenPull::new("shared", "The same").to("release");
        s.forge.open_pull(&s.who("jo"), REPOSITORY, opening);
        s.quiet().await;
        let report = s.expect_evaluated_alike(&first).await;
        assert_eq!(report.to_json()["others"].as_array().map(Vec::len), Some(1));
    });
}

pub(super) fn text(report: &Report) -> String {
    let mut out = Vec::new();
    report.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}
