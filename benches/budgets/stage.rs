//! A GitHub in a box, an organisation in it, and the files that a server for it reads.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use seconder::sandbox::{Account, Delivery, NewCommit, OpenPull, Opinion, Options, Outcome, Pace, Sandbox};

pub(crate) const REPOSITORY: &str = "acme/pay";

/// How long something may take before it is taken to hang.
pub(crate) const HANGS: Duration = Duration::from_mins(10);

/// The scene of a measurement: jo is a junior, ana a senior; mia only makes noise.
pub(crate) struct Stage {
    pub(crate) forge: Sandbox,
    pub(crate) jo: Account,
    pub(crate) ana: Account,
    pub(crate) mia: Account,
    folder: tempfile::TempDir,
}

/// A change that was opened.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) number: u64,
    pub(crate) head: String,
}

impl Stage {
    pub(crate) async fn set(pace: Pace) -> anyhow::Result<Self> {
        let options = Options { pace, concurrent_deliveries: 8, rate_limit: u32::MAX, ..Options::default() };
        let forge = Sandbox::start(options).await?;
        forge.organization("acme");
        forge.repository(REPOSITORY);
        forge.require_check(REPOSITORY, "main", "seconder", Some(forge.app().id));
        let [jo, ana, mia] = ["jo", "ana", "mia"].map(|login| forge.user(login));
        let stage = Self { forge, jo, ana, mia, folder: tempfile::tempdir()? };
        stage.write_files()?;
        Ok(stage)
    }

    fn write_files(&self) -> anyhow::Result<()> {
        let app = self.forge.app();
        let (api, host) = (self.forge.api_url(), self.forge.web_url());
        let host = host.trim_start_matches("http://");
        let directory = format!(
            "version: 1\ntiers: [junior, senior]\npeople:\n\
             - {{ id: jo, accounts: [\"{host}/{}\"] }}\n- {{ id: ana, accounts: [\"{host}/{}\"] }}\n\
             - {{ id: mia, accounts: [\"{host}/{}\"] }}\n\
             groups:\n- {{ id: seniors, vouched: true, members: [ana] }}\n\
             tier_rules:\n- {{ id: are-senior, groups: [seniors], tier: senior }}\n\
             default: {{ employee: junior, contractor: junior }}\n",
            self.jo.id, self.ana.id, self.mia.id
        );
        std::fs::write(self.folder.path().join("app.pem"), &app.private_key_pem)?;
        std::fs::write(self.folder.path().join("directory.yml"), directory)?;
        let store = self.folder.path().join("seconder.db");
        self.write_config(&api, &format!("sqlite:{}", store.display()))
    }

    fn write_config(&self, api: &str, store: &str) -> anyhow::Result<()> {
        let app = self.forge.app();
        let config = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1\"\n\
             [store]\nurl = \"{store}\"\n\
             [[github]]\napi_url = \"{api}\"\napp_id = {}\nprivate_key_file = \"app.pem\"\n\
             webhook_secrets = [\"{}\"]\nowners = [\"acme\"]\n\
             [directory]\nfiles = [\"directory.yml\"]\n",
            app.id, app.webhook_secret
        );
        Ok(std::fs::write(self.config(), config)?)
    }

    /// Has servers that start from now on use this database.
    pub(crate) fn store_in(&self, url: &str) -> anyhow::Result<()> {
        self.write_config(&self.forge.api_url(), url)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("seconder.toml")
    }

    /// Opens a change of three commits that an AI assisted with.
    pub(crate) fn open(&self, name: &str) -> Opened {
        self.open_prepared(self.prepare(name))
    }

    pub(crate) fn open_prepared(&self, opening: OpenPull) -> Opened {
        let number = self.forge.open_pull(&self.jo, REPOSITORY, opening);
        Opened { number, head: self.forge.head(REPOSITORY, number) }
    }

    /// Pushes the branch of such a change.
    pub(crate) fn prepare(&self, name: &str) -> OpenPull {
        let trailer = "Co-Authored-By: Claude <noreply@anthropic.com>";
        let commits = (0..3).map(|n| {
            let commit = NewCommit::new(format!("Retry failed payments, step {n}\n\n{trailer}"));
            commit.file(format!("src/{name}.rs"), format!("// {name}, step {n}\n"))
        });
        self.forge.push_all(&self.jo, REPOSITORY, name, commits.collect());
        OpenPull::new(name, "Retry failed payments")
    }

    /// As [`Stage::open`], so many times.
    pub(crate) fn open_all(&self, name: &str, count: usize) -> Vec<Opened> {
        (0..count).map(|n| self.open(&format!("{name}-{n}"))).collect()
    }

    pub(crate) fn approve(&self, change: &Opened) {
        self.forge.review(&self.ana, REPOSITORY, change.number, Opinion::Approve, None);
    }

    /// What the check on the change says, if it has one.
    pub(crate) fn conclusion(&self, change: &Opened) -> Option<String> {
        self.forge.check_run(REPOSITORY, &change.head, "seconder")?.conclusion
    }

    /// Waits until the check says this. Looks every tenth of a millisecond: the sandbox is in this process.
    pub(crate) async fn await_check(&self, change: &Opened, conclusion: &'static str) -> anyhow::Result<()> {
        let (forge, head) = (self.forge.clone(), change.head.clone());
        let waiting = tokio::task::spawn_blocking(move || {
            let began = std::time::Instant::now();
            while began.elapsed() < HANGS {
                let check = forge.check_run(REPOSITORY, &head, "seconder");
                if check.is_some_and(|check| check.conclusion.as_deref() == Some(conclusion)) {
                    return true;
                }
                std::thread::sleep(Duration::from_micros(100));
            }
            false
        });
        ensure!(waiting.await?, "no check says {conclusion} on #{}", change.number);
        Ok(())
    }

    /// Waits until the checks of all of them say this.
    pub(crate) async fn await_checks(&self, changes: &[Opened], conclusion: &'static str) -> anyhow::Result<()> {
        let began = std::time::Instant::now();
        let mut left: Vec<&Opened> = changes.iter().collect();
        while let Some(next) = left.last() {
            if self.conclusion(next).as_deref() == Some(conclusion) {
                left.pop();
                continue;
            }
            ensure!(began.elapsed() < HANGS, "{} checks do not say {conclusion}", left.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Waits until all webhooks are answered, as a matter of course with 202.
    pub(crate) async fn settled(&self) -> anyhow::Result<()> {
        tokio::time::timeout(HANGS, self.forge.settled()).await.context("webhooks are not answered")?;
        Ok(())
    }

    /// What was held back since the last question, by events of this name.
    pub(crate) fn held(&self, seen: &mut usize) -> Vec<Delivery> {
        let all = self.forge.deliveries();
        let new = all.get(*seen..).unwrap_or_default().to_vec();
        *seen = all.len();
        new.into_iter().filter(|delivery| delivery.outcome == Outcome::Pending).collect()
    }
}
