//! `seconder connect gitlab`: what it plans on each edition, what it does, and that it can be taken back.

mod apply;
mod plan;
mod undo;

use std::fs;
use std::path::PathBuf;

use seconder::cli::connect::gitlab::{Asked, Mark, Shown, Step, VerdictJob, connect};
use seconder::cli::progress::Progress;
use seconder::clock::Clock;
use seconder::sandbox::{Call, Dialect, Edition, GitLab, NewCommit, Options, Sandbox};
use secrecy::SecretString;
use tempfile::TempDir;

use crate::sandbox::conformance::gitlab::check;

pub(crate) const PROJECT: &str = "acme/pay";
const HOOK: &str = "https://seconder.example.com/webhooks/gitlab";

/// A GitLab with the group acme, its projects pay and web, and its owner ana, who sets it up.
pub(crate) struct Town {
    pub(crate) forge: Sandbox,
    pub(crate) asked: Asked,
    _folder: TempDir,
}

impl Town {
    pub(crate) async fn new(gitlab: GitLab) -> Self {
        let options = Options { dialect: Dialect::GitLab(gitlab), ..Options::default() };
        let forge = Sandbox::start(options).await.unwrap();
        forge.organization("acme");
        forge.repository(PROJECT);
        forge.repository("acme/web");
        let ana = forge.user("ana");
        forge.set_role("acme", &ana, 50);
        let folder = TempDir::new().unwrap();
        let asked = Asked {
            url: forge.web_url(),
            token: SecretString::from(forge.user_token(&ana)),
            groups: vec!["acme".to_owned()],
            projects: Vec::new(),
            bot: Some(forge.bot_account().login),
            webhook_url: HOOK.to_owned(),
            verdict_job: None,
            secrets: None,
            is_applied: false,
            undo_file: folder.path().join("undo.json"),
            secret_file: None,
        };
        Self { forge, asked, _folder: folder }
    }

    /// On the newest version, in this edition.
    pub(crate) async fn of(edition: Edition) -> Self {
        Self::new(GitLab::of(edition)).await
    }

    /// As somebody with this role in the group.
    pub(crate) fn with_role(mut self, role: u64) -> Self {
        let kim = self.forge.user("kim");
        self.forge.set_role("acme", &kim, role);
        self.asked.token = SecretString::from(self.forge.user_token(&kim));
        self
    }

    pub(crate) fn with_job(mut self) -> Self {
        self.asked.verdict_job = Some(VerdictJob::parse("seconder.yml@acme/ci").unwrap());
        self
    }

    /// The project and the file that the verdict job stands in.
    pub(crate) fn write_job(&self) {
        self.forge.repository("acme/ci");
        let ana = self.forge.user("ana");
        self.forge.push(&ana, "acme/ci", "main", NewCommit::new("Ask").file("seconder.yml", "seconder: {}\n"));
    }

    /// The plan. Nothing is changed, and nothing is written.
    pub(crate) async fn plan(&self) -> Shown {
        self.forge.take_calls();
        let shown = self.run(&Asked { is_applied: false, ..self.asked.clone() }).await.unwrap();
        assert_eq!(writes(&self.forge.take_calls()), Vec::<String>::new());
        assert!(!self.asked.undo_file.exists());
        assert!(!shown.is_applied && shown.server_line.is_none());
        shown
    }

    pub(crate) async fn apply(&self) -> Shown {
        self.run(&Asked { is_applied: true, ..self.asked.clone() }).await.unwrap()
    }

    pub(crate) async fn run(&self, asked: &Asked) -> anyhow::Result<Shown> {
        let forge = self.forge.clone();
        let clock = Clock::from_fn(move || forge.now());
        let shown = connect(asked, &clock, &Progress::default()).await;
        check(&self.forge.calls());
        shown
    }

    pub(crate) async fn undo(&self, is_applied: bool) -> Shown {
        let undo = seconder::cli::connect::gitlab::undo;
        let shown = undo(&self.asked.undo_file, &self.asked.token, is_applied, &Progress::default()).await.unwrap();
        check(&self.forge.calls());
        shown
    }

    pub(crate) fn undo_text(&self) -> String {
        fs::read_to_string(&self.asked.undo_file).unwrap()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.asked.undo_file.with_file_name(name)
    }
}

/// Calls that would change something.
pub(crate) fn writes(calls: &[Call]) -> Vec<String> {
    let is_write = |call: &&Call| call.method != "GET" && !call.is_graphql();
    calls.iter().filter(is_write).map(|call| format!("{} {}", call.method, call.template)).collect()
}

/// The steps of a place, as `mark step`.
pub(crate) fn steps(shown: &Shown, place: &str) -> Vec<String> {
    let word = |mark| match mark {
        Mark::Create => "create",
        Mark::Change => "change",
        Mark::Leave => "leave",
        Mark::Cannot => "cannot",
    };
    let here = shown.plan.steps.iter().filter(|step| step.place == place);
    here.map(|step| format!("{} {}", word(step.mark), step.step)).collect()
}

#[track_caller]
pub(crate) fn step<'a>(shown: &'a Shown, place: &str, name: &str) -> &'a Step {
    let found = shown.plan.steps.iter().find(|step| step.place == place && step.step == name);
    found.unwrap_or_else(|| panic!("no step {name} for {place}: {:#?}", shown.plan.steps))
}

pub(crate) fn text(shown: &Shown) -> String {
    let mut out = Vec::new();
    shown.write(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    text.replace('\u{1b}', "")
        .replace("[32m", "")
        .replace("[33m", "")
        .replace("[36m", "")
        .replace("[31m", "")
        .replace("[0m", "")
}
