//! `seconder connect gitlab`: webhooks, approval rules and settings, on groups and projects. It shows what it would do, does
//! it if asked, keeps what stood there before, and can put that back.

mod apply;
mod look;
pub(in crate::cli) mod plan;
mod secret;
mod show;
mod undo;

use std::fmt;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use secrecy::SecretString;

use crate::cli::live::environment;
use crate::cli::output::{Format, json, stdout};
use crate::cli::progress::{self, Progress};
use crate::clock::Clock;
use crate::config::{Config, GitLabHost};
use crate::forge::gitlab::setup::HookSecret;
use crate::forge::gitlab::{self, GitLabConfig};

pub use plan::{Mark, Plan, Step, Worth};
pub use secret::Known;
pub use show::{Said, Shown};

/// The variable that holds the token, where no file is named.
pub(in crate::cli) const TOKEN_VARIABLE: &str = "SECONDER_GITLAB_TOKEN";

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Set up groups and projects of a GitLab: webhooks, and what makes GitLab wait for the verdict. Shows the plan; --apply does it.
#[derive(Debug, Args)]
#[command(after_help = "\
Whose token it is decides what can be done: webhooks of a group take an Owner, settings of a project a Maintainer. It needs the
scope `api`, and is read from --token-file, from SECONDER_GITLAB_TOKEN, or, with `--token-file -`, from standard input. With
--config, the server's own token is used unless another one is given.

What stood there before is kept in a file; `--undo FILE --apply` puts back whatever is still as it was left. While one step
cannot be done, nothing is changed.

Exit codes: 0 shown or done, 1 not done because of a step that cannot be, 2 wrong usage, or GitLab did not do it.

Examples:
  seconder connect gitlab --config seconder.toml
  seconder connect gitlab --config seconder.toml --token-file owner.token --bot seconder-bot --apply
  seconder connect gitlab --project acme/pay --webhook-url https://seconder.example.com/webhooks/gitlab --token-file -
  seconder connect gitlab --config seconder.toml --verdict-job seconder.yml@acme/ci
  seconder connect gitlab --config seconder.toml --undo seconder-connect.json --apply")]
pub struct GitLab {
    /// Where the GitLab is. Without it: that of the configuration, or GitLab.com.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The server's configuration file: its address, secrets and owners are used.
    #[arg(long, value_name = "FILE", env = "SECONDER_CONFIG")]
    config: Option<PathBuf>,
    /// A file that holds the token of whoever sets this up; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A group: its webhook, and all projects below it; may be given several times.
    #[arg(long = "group", value_name = "PATH", value_parser = full_path)]
    groups: Vec<String>,
    /// A project; may be given several times.
    #[arg(long = "project", value_name = "PATH", value_parser = project_path)]
    projects: Vec<String>,
    /// The account that the server works with. Without it: that of the configuration's token, or of the token given here.
    #[arg(long, value_name = "USERNAME")]
    bot: Option<String>,
    /// Where deliveries go. Without it: `/webhooks/gitlab` below the configuration's `public_url`.
    #[arg(long, value_name = "URL")]
    webhook_url: Option<String>,
    /// Have a job in merge request pipelines ask for the verdict: the file that holds it, in a project where developers cannot
    /// push.
    #[arg(long, value_name = "FILE@GROUP/PROJECT", value_parser = VerdictJob::parse)]
    verdict_job: Option<VerdictJob>,
    /// Do it.
    #[arg(long)]
    apply: bool,
    /// How to print the plan.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where to keep what stood there before.
    #[arg(long, value_name = "FILE", default_value = "seconder-connect.json", conflicts_with = "undo")]
    undo_file: PathBuf,
    /// Put back what an earlier run changed, as that file says.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["groups", "projects", "verdict_job", "bot"])]
    undo: Option<PathBuf>,
    /// Where to write a secret that was made for webhooks, as a line for the server's configuration. Without it, the line is
    /// shown once.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// What to set up.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Where the GitLab is.
    pub url: String,
    /// Of whoever sets this up.
    pub token: SecretString,
    /// Groups, by their paths.
    pub groups: Vec<String>,
    /// Projects, by theirs.
    pub projects: Vec<String>,
    /// The name of the server's account; `None`: the token's own.
    pub bot: Option<String>,
    /// Where deliveries go.
    pub webhook_url: String,
    /// The job that asks for the verdict, if one is wanted.
    pub verdict_job: Option<VerdictJob>,
    /// The server's secrets; `None`: one is made.
    pub secrets: Option<Known>,
    /// Whether to do it.
    pub is_applied: bool,
    /// Where to keep what stood there before.
    pub undo_file: PathBuf,
    /// Where a secret that was made is written to; `None`: it is said.
    pub secret_file: Option<PathBuf>,
}

/// A pipeline configuration in another project, as GitLab writes it: `FILE@GROUP/PROJECT`, or `FILE@GROUP/PROJECT:REF`.
/// <https://docs.gitlab.com/ci/pipelines/settings/#specify-a-custom-cicd-configuration-file>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictJob {
    /// The file.
    pub file: String,
    /// The project that it is in.
    pub project: String,
    /// A branch or tag of it.
    pub reference: Option<String>,
}

impl VerdictJob {
    /// Reads it.
    pub fn parse(given: &str) -> Result<Self, String> {
        let wrong = || "write it as FILE@GROUP/PROJECT, such as seconder.yml@acme/ci".to_owned();
        let (file, rest) = given.split_once('@').ok_or_else(wrong)?;
        let (project, reference) = match rest.split_once(':') {
            Some((project, reference)) => (project, Some(reference)),
            None => (rest, None),
        };
        let is_plain = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        let is_yaml = Path::new(file).extension().is_some_and(|ending| ending == "yml" || ending == "yaml");
        let is_file = is_plain(file) && !file.starts_with('/') && is_yaml;
        if !is_file || project_path(project).is_err() || reference.is_some_and(|reference| !is_plain(reference)) {
            return Err(wrong());
        }
        Ok(Self { file: file.to_owned(), project: project.to_owned(), reference: reference.map(str::to_owned) })
    }
}

impl fmt::Display for VerdictJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.file, self.project)?;
        self.reference.as_ref().map_or(Ok(()), |reference| write!(f, ":{reference}"))
    }
}

/// Reads the path of a group: `acme`, `acme/web`.
fn full_path(given: &str) -> Result<String, String> {
    let is_usual = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_part = |part: &str| !part.is_empty() && !part.starts_with(['.', '-']) && part.chars().all(is_usual);
    if given.split('/').all(is_part) {
        Ok(given.to_owned())
    } else {
        Err("write its path, such as acme/web".to_owned())
    }
}

fn project_path(given: &str) -> Result<String, String> {
    let wrong = || "write it as GROUP/PROJECT, such as acme/pay".to_owned();
    full_path(given).map_err(|_| wrong())?.contains('/').then(|| given.to_owned()).ok_or_else(wrong)
}

impl GitLab {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.as_deref().map(load).transpose()?;
        let host = config.as_ref().map(|config| self.host(config)).transpose()?;
        if let Some(file) = &self.undo {
            let token = self.token(host)?;
            let work = async |progress: &Progress| undo::undo(file, &token, self.apply, progress).await;
            return self.print(&progress::during(work).await?);
        }
        let asked = self.asked(config.as_ref(), host).await?;
        let work = async |progress: &Progress| connect(&asked, &Clock::system(), progress).await;
        self.print(&progress::during(work).await?)
    }

    fn print(&self, shown: &Shown) -> anyhow::Result<ExitCode> {
        match self.format {
            Format::Text => {
                let mut out = stdout();
                shown.write(&mut out)?;
                out.flush()?;
            }
            Format::Json => json(&shown.to_json())?,
        }
        match &shown.failed {
            Some(failed) => bail!("{failed}"),
            None => Ok(ExitCode::from(u8::from(shown.is_refused))),
        }
    }

    async fn asked(&self, config: Option<&Config>, host: Option<&GitLabHost>) -> anyhow::Result<Asked> {
        let token = self.token(host)?;
        let url = self.url.clone().or_else(|| host.map(|host| host.url.clone()));
        let url = url.unwrap_or_else(|| "https://gitlab.com".to_owned());
        let of_config = || config.map(|config| format!("{}/webhooks/gitlab", config.public_url));
        let webhook_url = self.webhook_url.clone().or_else(of_config);
        let webhook_url = webhook_url.context(
            "nobody said where deliveries go; give --config, or --webhook-url https://seconder.example.com/webhooks/gitlab",
        )?;
        if !webhook_url.starts_with("https://") && !webhook_url.starts_with("http://") {
            bail!(
                "--webhook-url: {webhook_url:?} is not an address such as https://seconder.example.com/webhooks/gitlab"
            );
        }
        let is_named = !self.groups.is_empty() || !self.projects.is_empty();
        let groups = match host {
            Some(host) if !is_named => host.owners.clone(),
            _ => self.groups.clone(),
        };
        if groups.is_empty() && self.projects.is_empty() {
            bail!("nobody said what to set up; give --group PATH, --project PATH, or --config with owners");
        }
        Ok(Asked {
            bot: match (&self.bot, host) {
                (Some(bot), _) => Some(bot.clone()),
                (None, Some(host)) => {
                    Some(client(&url, host.token.clone(), &Clock::system())?.account().await?.username)
                }
                (None, None) => None,
            },
            url,
            token,
            groups,
            projects: self.projects.clone(),
            webhook_url,
            verdict_job: self.verdict_job.clone(),
            secrets: host.map(|host| Known {
                signing: host.webhook_signing_tokens.clone(),
                tokens: host.webhook_secret_tokens.clone(),
            }),
            is_applied: self.apply,
            undo_file: self.undo_file.clone(),
            secret_file: self.secret_file.clone(),
        })
    }

    /// The GitLab that is meant: the named one, or the only one.
    fn host<'a>(&self, config: &'a Config) -> anyhow::Result<&'a GitLabHost> {
        let all = || config.gitlab.iter().map(|host| host.url.as_str()).collect::<Vec<_>>().join(", ");
        let trimmed = |url: &str| url.trim_end_matches('/').to_ascii_lowercase();
        match (&self.url, config.gitlab.as_slice()) {
            (_, []) => bail!("--config: it has no [[gitlab]] table; see config/seconder.toml"),
            (None, [only]) => Ok(only),
            (None, _) => bail!("several GitLab hosts are configured; say which with --url: {}", all()),
            (Some(url), hosts) => hosts
                .iter()
                .find(|host| trimmed(&host.url) == trimmed(url))
                .with_context(|| format!("--url: {url} is not configured; the configuration has {}", all())),
        }
    }

    fn token(&self, host: Option<&GitLabHost>) -> anyhow::Result<SecretString> {
        let variable = || environment().find(|(name, _)| name == TOKEN_VARIABLE).map(|(_, token)| token);
        let text = match (&self.token_file, variable()) {
            (Some(path), _) => read_token(path)?,
            (None, Some(token)) => token,
            (None, None) => match host {
                Some(host) => return Ok(host.token.clone()),
                None => bail!(
                    "there is no token; give --token-file FILE, or set {TOKEN_VARIABLE}. It needs the scope `api`, and the role \
                     Maintainer in projects, or Owner in groups"
                ),
            },
        };
        let token = text.trim();
        if token.is_empty() || token.contains(|c: char| c.is_whitespace() || c.is_control()) {
            bail!("the token is not one word; write nothing else where it is read from");
        }
        Ok(SecretString::from(token))
    }
}

/// The configuration. The variable of the token is none of its keys, though it looks like one.
fn load(path: &Path) -> anyhow::Result<Config> {
    Ok(Config::load(path, environment().filter(|(name, _)| name != TOKEN_VARIABLE))?)
}

fn read_token(path: &Path) -> anyhow::Result<String> {
    const LONGEST_BYTES: u64 = 4096;
    let mut text = String::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(LONGEST_BYTES).read_to_string(&mut text)
    } else {
        fs::File::open(path).and_then(|file| file.take(LONGEST_BYTES).read_to_string(&mut text))
    };
    read.with_context(|| format!("--token-file: cannot read {}", path.display()))?;
    Ok(text)
}

fn client(url: &str, token: SecretString, clock: &Clock) -> anyhow::Result<gitlab::GitLab> {
    let clock = clock.clone();
    let config = GitLabConfig {
        url: url.to_owned(),
        token,
        owners: Vec::new(),
        policy_project: String::new(),
        request_timeout: PATIENCE,
        check_name: String::new(),
        webhook_url: String::new(),
        bot: Arc::default(),
    };
    Ok(gitlab::GitLab::new(config, Arc::new(move || clock.now()))?)
}

/// Looks, plans, and, if asked, does it.
///
/// # Errors
/// When GitLab cannot be asked, or a file cannot be written. What was done by then is in the undo file.
pub async fn connect(asked: &Asked, clock: &Clock, progress: &Progress) -> anyhow::Result<Shown> {
    let forge = client(&asked.url, asked.token.clone(), clock)?;
    let seen = look::look(&forge, asked, progress).await?;
    let chosen = secret::choose(asked.secrets.as_ref(), seen.instance.has(gitlab::instance::SIGNING));
    let plan = plan::plan(&seen, asked, chosen.is_some());
    let mut shown = Shown::of_plan(&seen, asked, plan, clock.now());
    if !asked.is_applied {
        return Ok(shown);
    }
    if shown.plan.count(Mark::Cannot) > 0 {
        shown.is_refused = true;
        return Ok(shown);
    }
    let secret = chosen.as_ref().map(|chosen| &chosen.secret);
    let needs_secret = shown.plan.steps.iter().any(apply::needs_secret);
    let made: Option<&HookSecret> =
        chosen.as_ref().filter(|chosen| chosen.is_new && needs_secret).map(|chosen| &chosen.secret);
    if let (Some(made), Some(path)) = (made, &asked.secret_file) {
        // Before anything is sent: a secret that nobody can read any more would be of no use.
        undo::write_private(path, &secret::line(made)).with_context(|| format!("--secret-file: {}", path.display()))?;
    }
    let applied = apply::apply(&forge, asked, &shown.plan, secret, progress).await;
    shown.server_line = made.filter(|_| asked.secret_file.is_none()).map(secret::line);
    match applied {
        Ok(done) => shown.is_applied = done > 0,
        // Said with the rest: the secret may be in use already.
        Err(error) => shown.failed = Some(format!("{error:#}")),
    }
    Ok(shown)
}

pub use undo::undo;
