//! A sandbox with a repository and people in it, and a client of the App.

use std::sync::Arc;
use std::time::Duration;

use seconder::forge::github::{Error, GitHub, GitHubConfig, ReadOptions, Reading};
use seconder::gate::change::{Change, Read};
use seconder::gate::ids::{OwnerId, RepoId};
use seconder::gate::plan::{Check, Conclusion};
use seconder::gate::witnessed::SeenRepository;
use seconder::sandbox::{self, Account, NewCommit, OpenPull, Options};

pub(super) const REPO: &str = "acme/pay";

/// A sandbox with `acme/pay`, people, and a client of the App.
pub(super) struct Town {
    pub(super) forge: sandbox::Sandbox,
    pub(super) github: GitHub,
    pub(super) repo: SeenRepository,
    pub(super) jo: Account,
    pub(super) ana: Account,
}

impl Town {
    pub(super) async fn new() -> Self {
        Self::with(Options::default(), "").await
    }

    pub(super) async fn with(options: Options, path: &str) -> Self {
        let forge = sandbox::Sandbox::start(options).await.unwrap();
        let acme = forge.organization("acme");
        let (jo, ana) = (forge.user("jo"), forge.user("ana"));
        forge.member(&acme, &jo);
        forge.member(&acme, &ana);
        let id = forge.repository(REPO);
        let github = client(&forge, path, Duration::from_secs(20));
        let host = github.host().clone();
        let repo = SeenRepository {
            repo: RepoId::new(host.clone(), signed(id)),
            owner: OwnerId::new(host, signed(acme.id)),
            name: REPO.to_owned(),
            installation: signed(forge.installation(&acme)),
            default_branch: Some("main".to_owned()),
            is_public: Some(true),
        };
        Self { forge, github, repo, jo, ana }
    }

    /// jo pushes to a new branch and opens a change from it.
    pub(super) fn open(&self, branch: &str) -> u64 {
        self.forge.push(&self.jo, REPO, branch, NewCommit::new("Pay").file(format!("{branch}.rs"), "fn pay() {}\n"));
        self.forge.open_pull(&self.jo, REPO, OpenPull::new(branch, "Pay").body("I wrote this"))
    }

    pub(super) async fn reading(&self, number: u64, options: &ReadOptions) -> Result<Reading, Error> {
        self.github.read(&self.repo, signed(number), options).await
    }

    pub(super) async fn change(&self, number: u64) -> Change {
        whole(self.reading(number, &ReadOptions::default()).await.unwrap())
    }

    /// A check on the head of a change.
    pub(super) fn check(&self, number: u64, conclusion: Conclusion) -> Check {
        Check {
            name: "seconder".to_owned(),
            head: self.forge.head(REPO, number).parse().unwrap(),
            conclusion,
            title: "Waiting for a senior".to_owned(),
            summary: "ana may approve".to_owned(),
            annotations: Vec::new(),
            details_url: None,
        }
    }

    /// Methods and paths of the calls since the last time, without those for tokens.
    pub(super) fn calls(&self) -> Vec<String> {
        let calls = self.forge.take_calls();
        let calls = calls.iter().filter(|call| !call.path.ends_with("/access_tokens"));
        calls.map(|call| format!("{} {}", call.method, call.path)).collect()
    }

    pub(super) fn tokens(&self) -> usize {
        self.forge.calls().iter().filter(|call| call.path.ends_with("/access_tokens")).count()
    }
}

pub(super) fn client(forge: &sandbox::Sandbox, path: &str, request_timeout: Duration) -> GitHub {
    let app = forge.app();
    let config = GitHubConfig {
        api_url: format!("{}{path}", forge.api_url()),
        app_id: app.id,
        private_key: app.private_key_pem.into(),
        request_timeout,
        check_name: "seconder".to_owned(),
    };
    let clock = forge.clone();
    GitHub::new(config, Arc::new(move || clock.now())).unwrap()
}

pub(super) fn signed(id: u64) -> i64 {
    i64::try_from(id).unwrap()
}

#[track_caller]
pub(super) fn whole(reading: Reading) -> Change {
    match reading.read {
        Read::Whole(change) => *change,
        Read::Incomplete { why } => panic!("incomplete: {why}"),
    }
}
