//! `seconder demo`: the gate at work, against a sandbox GitHub or GitLab on this machine.
//!
//! Everything is real but the forge: a server with the embedded database takes signed webhooks over HTTP, reads through the
//! API, and publishes its check. Each step says what must happen and fails if it does not.

#![expect(clippy::print_stdout, reason = "the story is told on the terminal")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::serve::{self, Ready};
use crate::clock::Clock;
use crate::config::{Config, EngineLimits, GitHubHost, GitLabHost, OrganisationPolicy, Sweep};
use crate::sandbox::{Account, Dialect, Edition, GitLab, NewCommit, OpenPull, Opinion, Options, Pace, Sandbox};
use crate::store::Store;
use crate::telemetry::{LogFormat, start_logging};

const REPOSITORY: &str = "acme/pay";

/// How long one step may take until its check stands.
const STEP_WITHIN: Duration = Duration::from_secs(30);

/// How the demo is run.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  seconder demo --once && echo 'the gate held'
  seconder demo --forge gitlab")]
pub struct Demo {
    /// Tell the story to its end without waiting for anybody, and exit with 0 only if every step ended as told.
    #[arg(long)]
    once: bool,
    /// The forge that the sandbox plays.
    #[arg(long, value_enum, default_value_t = Played::Github)]
    forge: Played,
    /// Port of the sandbox's pages; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Seconds between steps, to watch them in a browser.
    #[arg(long, default_value_t = 4, conflicts_with = "once")]
    pause: u64,
    /// What the server logs, e.g. `info`.
    #[arg(long, default_value = "off")]
    log: String,
}

/// A forge that the sandbox can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Played {
    /// github.com.
    Github,
    /// A GitLab Premium: an approval that only the bot can give is required.
    Gitlab,
}

impl Played {
    fn name(self) -> &'static str {
        match self {
            Self::Github => "GitHub",
            Self::Gitlab => "GitLab",
        }
    }

    fn dialect(self) -> Dialect {
        match self {
            Self::Github => Dialect::GitHub,
            Self::Gitlab => Dialect::GitLab(GitLab::of(Edition::Premium)),
        }
    }

    /// Where the change is shown, below the repository.
    fn change(self) -> &'static str {
        match self {
            Self::Github => "pull/1",
            Self::Gitlab => "-/merge_requests/1",
        }
    }
}

impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        start_logging(LogFormat::Text, &self.log).context("--log")?;
        let folder = tempfile::tempdir().context("no temporary folder can be made")?;
        let stage = Stage::set(folder.path(), self.port, self.forge).await?;
        println!("A sandbox {} and a Seconder server run on this machine.", self.forge.name());
        let (web, change) = (stage.forge.web_url(), self.forge.change());
        println!("Watch:  {web}/{REPOSITORY}/{change}  (the change, as the sandbox shows it)");
        println!("        {}  (its page, which the check links to; the repository is public)\n", stage.page());
        let pause = if self.once { Duration::ZERO } else { Duration::from_secs(self.pause) };
        let told = tokio::select! {
            told = tell(&stage, pause) => told,
            _ = tokio::signal::ctrl_c() => bail!("stopped before the story's end"),
        };
        if let Err(wrong) = told {
            println!("\nThe story did not end as told: {wrong:#}");
            return Ok(ExitCode::from(1));
        }
        println!("\nEvery step ended as told.");
        if !self.once {
            println!("The pages stay up until you press Ctrl-C.");
            tokio::signal::ctrl_c().await?;
        }
        stage.stop().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The people of the story, the forge, and the server under it.
struct Stage {
    forge: Sandbox,
    public_url: String,
    store: Store,
    stop: CancellationToken,
    server: tokio::task::JoinHandle<anyhow::Result<()>>,
    jo: Account,
    jo_at_work: Account,
    sam: Account,
    kim: Account,
    ana: Account,
}

impl Stage {
    async fn set(folder: &Path, port: u16, played: Played) -> anyhow::Result<Self> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let options = Options { listen, pace: Pace::Running, dialect: played.dialect(), ..Options::default() };
        let forge = Sandbox::start(options).await?;
        forge.organization("acme");
        forge.repository(REPOSITORY);
        let person = |login: &str| forge.user(login);
        let (jo, jo_at_work, sam) = (person("jo"), person("jo-at-work"), person("sam"));
        let (kim, ana) = (person("kim"), person("ana"));
        let directory = folder.join("directory.yml");
        let text = directory_text(&forge, [&jo, &jo_at_work, &sam, &kim, &ana])?;
        std::fs::write(&directory, text).with_context(|| format!("cannot write {}", directory.display()))?;
        // First the port: the check links to the server's pages.
        let listener = serve::listen("127.0.0.1:0").await?;
        let public_url = format!("http://{}", listener.local_addr()?);
        let config = config(&forge, folder, directory, &public_url);
        let ready = serve::prepare_on(listener, config, Clock::system()).await?;
        let hooks = if forge.is_gitlab() { "gitlab" } else { "github" };
        forge.webhooks_to(format!("http://{}/webhooks/{hooks}", ready.address()?));
        forge.require_check(REPOSITORY, "main", "seconder", Some(forge.app().id));
        let Ready { store, .. } = &ready;
        let store = store.clone();
        let stop = CancellationToken::new();
        let server = tokio::spawn(ready.run(stop.clone()));
        Ok(Self { forge, public_url, store, stop, server, jo, jo_at_work, sam, kim, ana })
    }

    /// The page of the story's change.
    fn page(&self) -> String {
        let web = self.forge.web_url();
        let host = web.split_once("://").map_or("", |(_, host)| host);
        format!("{}/changes/{host}/{REPOSITORY}/1", self.public_url)
    }

    /// Waits until every webhook was answered and nothing is left to be looked at.
    async fn quiet(&self) -> anyhow::Result<()> {
        let quiet = async {
            loop {
                self.forge.settled().await;
                ensure!(!self.server.is_finished(), "the server stopped");
                if self.store.dirty_count().await? == 0 {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(STEP_WITHIN, quiet).await.context("the server did not come to rest")?
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.server.await.context("the server panicked")?
    }
}

/// jo and sam are juniors, kim and ana are seniors; jo has two accounts.
fn directory_text(forge: &Sandbox, people: [&Account; 5]) -> anyhow::Result<String> {
    let web = forge.web_url();
    let host = web.split_once("://").map(|(_, host)| host).context("the sandbox has no address")?;
    let account = |person: &Account| format!("\"{host}/{}\"", person.id);
    let address = &people[3].email;
    let [jo, jo_at_work, sam, kim, ana] = people.map(account);
    Ok(format!(
        "version: 1\n\
         tiers: [junior, mid, senior, principal]\n\
         people:\n\
         - {{ id: jo, accounts: [{jo}, {jo_at_work}] }}\n\
         - {{ id: sam, accounts: [{sam}] }}\n\
         - {{ id: kim, accounts: [{kim}], emails: [{address}], groups: [eng-seniors] }}\n\
         - {{ id: ana, accounts: [{ana}], groups: [eng-seniors] }}\n\
         groups:\n\
         - {{ id: eng-seniors, vouched: true }}\n\
         tier_rules:\n\
         - {{ id: seniors, groups: [eng-seniors], tier: senior }}\n\
         default: {{ employee: junior, contractor: junior }}\n"
    ))
}

fn github(forge: &Sandbox) -> GitHubHost {
    let app = forge.app();
    GitHubHost {
        api_url: forge.api_url(),
        app_id: app.id,
        private_key: SecretString::from(app.private_key_pem),
        webhook_secrets: vec![SecretString::from(app.webhook_secret)],
        owners: vec!["acme".to_owned()],
    }
}

fn gitlab(forge: &Sandbox, public_url: &str) -> GitLabHost {
    GitLabHost {
        url: forge.web_url(),
        token: SecretString::from(forge.bot_token()),
        webhook_signing_tokens: vec![SecretString::from(forge.signing_token())],
        webhook_secret_tokens: Vec::new(),
        owners: vec!["acme".to_owned()],
        policy_project: "seconder-policy".to_owned(),
        job_audience: public_url.to_owned(),
    }
}

fn config(forge: &Sandbox, folder: &Path, directory: std::path::PathBuf, public_url: &str) -> Config {
    let request_timeout = Duration::from_secs(10);
    Config {
        listen: "127.0.0.1:0".to_owned(),
        public_url: public_url.to_owned(),
        store_url: SecretString::from(format!("sqlite:{}", folder.join("seconder.db").display())),
        github: if forge.is_gitlab() { Vec::new() } else { vec![github(forge)] },
        gitlab: if forge.is_gitlab() { vec![gitlab(forge, public_url)] } else { Vec::new() },
        directory_files: vec![directory],
        agents_files: Vec::new(),
        floor: None,
        organisation_policy: OrganisationPolicy::Optional,
        check_name: "seconder".to_owned(),
        names_candidates: false,
        engine: EngineLimits { workers: 2, request_timeout, lease: request_timeout * 3 },
        sweep: Sweep { changes_every: Duration::from_mins(30), deliveries_every: Duration::from_mins(5) },
        tiers_shown_for: Vec::new(),
    }
}

async fn tell(stage: &Stage, pause: Duration) -> anyhow::Result<()> {
    let Stage { forge, jo, jo_at_work, sam, kim, ana, .. } = stage;
    let number = opened_by_a_junior(stage).await?;
    let tell = Teller { stage, number, pause };
    tell.waits("jo, a junior, opens #1, written with Claude Code.", "1 approval").await?;

    let copilot = forge.bot("Copilot");
    let asked = format!("Retry only what can be retried\n\nCo-authored-by: kim <{}>", kim.email);
    forge.push(&copilot, REPOSITORY, "retry", NewCommit::new(asked).file("src/retry.rs", "pub const TIMES: u8 = 2;\n"));
    tell.waits("kim, a senior, has Copilot add a commit.", "approval").await?;

    let approve = |who: &Account| forge.review(who, REPOSITORY, number, Opinion::Approve, None);
    approve(jo_at_work);
    tell.refused("jo approves from a second account.", "jo-at-work", "contributed to this change").await?;
    approve(sam);
    tell.refused("sam, another junior, approves.", "sam", "does not meet `ai-needs-senior`").await?;
    approve(kim);
    // GitLab does not tell whose the addresses of co-authors are. The directory does.
    let part = if forge.is_gitlab() { "contributed to this change" } else { "asked an agent for this change" };
    tell.refused("kim approves what kim asked an agent for.", "kim", part).await?;
    ensure!(forge.can_merge(REPOSITORY, number).is_err(), "the forge would have merged");

    approve(ana);
    tell.green("ana, a senior without a part in it, approves.").await?;
    ensure!(forge.can_merge(REPOSITORY, number).is_ok(), "the forge refuses to merge");

    let more = NewCommit::new("Retry three times").file("src/retry.rs", "pub const TIMES: u8 = 3;\n");
    forge.push(jo, REPOSITORY, "retry", more);
    tell.waits("jo pushes once more: ana approved another commit.", "approval").await?;
    ensure!(forge.can_merge(REPOSITORY, number).is_err(), "the forge would have merged");
    Ok(())
}

async fn opened_by_a_junior(stage: &Stage) -> anyhow::Result<u64> {
    let Stage { forge, jo, .. } = stage;
    let written = "Retry failed payments\n\nCo-Authored-By: Claude <noreply@anthropic.com>";
    forge.push(jo, REPOSITORY, "retry", NewCommit::new(written).file("src/retry.rs", "pub const TIMES: u8 = 5;\n"));
    let pull = OpenPull::new("retry", "Retry failed payments").body("Payments fail now and then. Try again.");
    let number = forge.open_pull(jo, REPOSITORY, pull);
    ensure!(number == 1, "the first pull request is #{number}");
    stage.quiet().await?;
    Ok(number)
}

/// Tells a step and holds the check to it.
struct Teller<'a> {
    stage: &'a Stage,
    number: u64,
    pause: Duration,
}

impl Teller<'_> {
    async fn waits(&self, step: &str, title: &str) -> anyhow::Result<()> {
        let shown = self.shows(step, "action_required", |check_title, _| check_title.contains(title)).await?;
        println!("   waits    {shown}");
        Ok(())
    }

    async fn refused(&self, step: &str, login: &str, reason: &str) -> anyhow::Result<()> {
        let says = |_: &str, summary: &str| {
            summary.lines().any(|line| line.contains(&format!("@{login} ")) && line.contains(reason))
        };
        self.shows(step, "action_required", says).await?;
        println!("   refused  @{login}: {reason}");
        Ok(())
    }

    async fn green(&self, step: &str) -> anyhow::Result<()> {
        let shown = self.shows(step, "success", |title, _| title.starts_with("Approved")).await?;
        println!("   green    {shown}");
        Ok(())
    }

    /// The title of the check on the head, once everything is quiet and it is as told.
    async fn shows(
        &self,
        step: &str,
        conclusion: &str,
        is_told: impl Fn(&str, &str) -> bool,
    ) -> anyhow::Result<String> {
        println!("{step}");
        self.stage.quiet().await?;
        let head = self.stage.forge.head(REPOSITORY, self.number);
        let Some(check) = self.stage.forge.check_run(REPOSITORY, &head, "seconder") else {
            bail!("there is no check on {head}");
        };
        let (title, summary) = (check.title.unwrap_or_default(), check.summary.unwrap_or_default());
        let stands = check.conclusion.as_deref();
        ensure!(stands == Some(conclusion), "the check is {stands:?} ({title}), and should be {conclusion}");
        ensure!(is_told(&title, &summary), "the check does not say so. It says: {title}\n{summary}");
        tokio::time::sleep(self.pause).await;
        // The sandbox counts in seconds, and people take longer than this story.
        self.stage.forge.advance(SignedDuration::from_secs(1));
        Ok(title)
    }
}
