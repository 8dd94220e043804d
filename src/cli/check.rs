//! `seconder check`: what the gate would ask of a range of commits, without a server and without a forge.
//!
//! It judges with the gate's own `evaluate` over facts built from git, so that the two cannot disagree about what they
//! both know. What only a forge knows (who pushed, who approved) is said to be unknown.

mod ci;
mod event;
mod facts;
mod github;
mod law;
mod opener;
mod range;
mod report;
mod who;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, ValueEnum};

use super::catalogue::AgentsArg;
use super::input;
use super::output;
use super::people::PeopleArgs;
use super::progress::{self, Progress};
use crate::gate::yaml::MAX_BYTES;
use crate::history::History;
use ci::Ci;
use report::Report;

/// Tell what the gate would ask of a range of commits: evidence, rules, and whether a second person is needed.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
This check is advisory: whoever can change the workflow that runs it can remove it. What cannot be removed is the GitHub App's
required check (`seconder serve`). Nobody's approval is known here: exit code 1 says that one is needed, not that none was given.

In GitHub Actions and GitLab CI, range, branch, description, labels and opener are taken from the job's own variables. The policy
is the one on BASE: what the range makes of it does not count. Nothing is sent anywhere.

Exit codes: 0 nobody else is needed, 1 a second person is needed or a policy cannot be used, 2 the range could not be judged.

Examples:
  seconder check
  seconder check origin/main..HEAD --directory directory.yml --opener jo
  seconder check v1.2..HEAD --format json | jq .check.title
  seconder check --format github")]
pub struct Check {
    /// `BASE..HEAD`, or BASE alone. Without it: what the CI job says, or the current branch against `origin/HEAD`.
    #[arg(value_name = "RANGE")]
    range: Option<String>,
    /// The repository, or a folder in it.
    #[arg(long, value_name = "PATH", default_value = ".")]
    repository: PathBuf,
    /// The name of the head branch.
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// A file that holds the change's description; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,
    /// A label on the change; repeat it for several.
    #[arg(long, value_name = "NAME")]
    label: Vec<String>,
    /// The account that opens the change: its login, or better its number.
    #[arg(long, value_name = "ACCOUNT")]
    opener: Option<String>,
    /// Take nothing from the variables of a CI job.
    #[arg(long)]
    no_ci: bool,
    /// The policy in place of the repository's own on BASE.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The organisation's policy, above the repository's.
    #[arg(long, value_name = "FILE")]
    organisation: Option<PathBuf>,
    /// The floor, above both. Without it: the one of the configuration, or the built-in policy.
    #[arg(long, value_name = "FILE")]
    floor: Option<PathBuf>,
    /// The organisation's tiers, lowest first, where no directory is at hand.
    #[arg(long, value_delimiter = ',', value_name = "NAMES", conflicts_with_all = ["directory", "config"])]
    tiers: Vec<String>,
    #[command(flatten)]
    people: PeopleArgs,
    #[command(flatten)]
    agents: AgentsArg,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
    /// For GitHub Actions: text, annotations, and the job's summary.
    Github,
}

impl Check {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let format = self.format;
        let ci = if self.no_ci { None } else { ci::found(super::live::environment())? };
        let report = progress::during(async |progress: &Progress| {
            let progress = progress.clone();
            tokio::task::spawn_blocking(move || self.judge(ci, &progress)).await?
        })
        .await?;
        match format {
            Format::Text => report.print()?,
            Format::Json => output::json(&report.to_json())?,
            Format::Github => github::print(&report)?,
        }
        Ok(ExitCode::from(u8::from(report.needs_somebody())))
    }

    fn judge(&self, ci: Option<Ci>, progress: &Progress) -> anyhow::Result<Report> {
        progress.say("reading the history");
        let history = History::open(&self.repository)?;
        let ci = self.told(ci)?;
        let range = range::resolve(self.range.as_deref(), &ci, &history)?;
        let mut agents = self.agents.clone();
        let paths = self.people.config.paths()?;
        let configured = paths.as_ref().map(|paths| paths.agents.clone()).unwrap_or_default();
        agents.files.splice(0..0, configured);
        let catalogue = agents.load()?;
        let directory = who::people(&self.people, &self.tiers, &ci)?;
        let law = law::read(self, paths.and_then(|paths| paths.floor), &directory.tiers, &range, &history)?;
        progress.say("looking for evidence");
        let judged = facts::judge(&history, &range, &ci, &directory, &law.policy, &catalogue)?;
        Ok(Report { judged, range, law, directory, ci })
    }

    /// What the job says of the change, with what the command line says in its place.
    fn told(&self, ci: Option<Ci>) -> anyhow::Result<Ci> {
        let mut told = ci.unwrap_or_default();
        if let Some(branch) = &self.branch {
            told.branch = Some(branch.clone());
        }
        if let Some(path) = &self.body_file {
            told.body = match input::read(path, MAX_BYTES)?.content {
                Ok(text) => Some(text),
                Err(finding) => bail!("--body-file: {finding}"),
            };
            told.is_body_cut = false;
        }
        told.labels.extend(self.label.iter().cloned());
        if let Some(opener) = &self.opener {
            told.opener = Some(opener::named(opener)?);
            // Whoever pushed was told of another opener.
            told.pusher = None;
        }
        Ok(told)
    }
}
