//! `seconder evaluate`: what the gate would say about a change now, without saying it.
//!
//! It reads with the server's own client and judges with its own engine. The store is opened for reading only, and
//! nothing is sent that changes anything at the forge.

mod report;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use secrecy::ExposeSecret as _;

use super::catalogue::AgentsArg;
use super::live::{Reached, configuration, forge_of, forges, full_name};
use super::output::{Format, json};
use super::progress::{self, Progress};
use super::serve;
use crate::clock::Clock;
use crate::config::Config;
use crate::engine::{Engine, Parts, People, Tools};
use crate::forge::github::GitHub;
use crate::forge::{self, Forge, Installation};
use crate::gate::ids::{Login, OwnerId};
use crate::gate::link::LinkKey;
use crate::gate::witnessed::SeenRepository;
use crate::store::{Admission, Owners, Store};
use crate::telemetry::Metrics;

pub use report::{Known, Report};

/// Say what the gate would say about a change now, with all reasons. Nothing is published, stored or answered.
#[derive(Debug, Args)]
#[command(after_help = "\
The store that the configuration names is opened for reading only: it knows who pushed what, which commands were seen being
written, and what earlier commits showed. It may be in use by a running server.

Exit codes: 0 the check would pass, 1 it would not, 2 the change could not be judged.

Examples:
  seconder evaluate --config seconder.toml --repo acme/pay --number 17
  seconder evaluate --config seconder.toml --repo acme/pay --number 17 --format json | jq .check.title
  seconder evaluate --config seconder.toml --repo acme/pay --number 17 --without-store")]
pub struct Evaluate {
    /// The server's configuration file.
    #[arg(long, value_name = "FILE", env = "SECONDER_CONFIG")]
    config: PathBuf,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    agents: AgentsArg,
    /// How to print the verdict.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Which change, and with what knowledge.
#[derive(Debug, Clone, Args)]
pub struct Asked {
    /// The repository.
    #[arg(long, value_name = "OWNER/NAME", value_parser = full_name)]
    pub repo: String,
    /// The change's number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub number: i64,
    /// Which of the configured hosts, if there are several, e.g. github.com.
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// Judge by what the forge shows now, without what the store remembers.
    #[arg(long)]
    pub without_store: bool,
}

impl Evaluate {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let mut config = configuration(&self.config)?;
        // Over those that the server uses.
        config.agents_files.extend(self.agents.files.iter().cloned());
        let work = async |progress: &Progress| evaluate(&config, Clock::system(), &self.asked, progress).await;
        let report = progress::during(work).await?;
        match self.format {
            Format::Text => report.print()?,
            Format::Json => json(&report.to_json())?,
        }
        Ok(ExitCode::from(u8::from(!report.passes())))
    }
}

/// Judges a change with this configuration, and leaves no trace.
pub async fn evaluate(config: &Config, clock: Clock, asked: &Asked, progress: &Progress) -> anyhow::Result<Report> {
    let (store, known) = store(config, asked.without_store).await?;
    let all = forges(config, &clock)?;
    let reached = forge_of(&all, asked.host.as_deref())?;
    progress.say(format!("looking for {}", asked.repo));
    let repository = repository(reached, &store, &asked.repo).await?;
    let people = People::load(serve::sources(config)?, serve::floor(config), &store, clock.now()).await?;
    if !store.is_read_only() {
        progress.say("reading the comments");
        let commands = reached.forge.commands_on(&repository, asked.number).await;
        let commands =
            commands.map_err(|error| no_change(&error, &repository, asked).unwrap_or_else(|| error.into()))?;
        store.keep_commands(&commands, clock.now()).await?;
    }
    let tools = Tools::load(config.agents_files.clone())?;
    let options = serve::options(config);
    // Without a server there is no page, and no link to one is shown.
    let link_key = store.known_link_key().await?.unwrap_or_else(|| LinkKey::new(rand::random()));
    let parts = Parts {
        owners: all.iter().map(|one| (one.forge.host().clone(), Arc::new(Owners::new(&one.owners)))).collect(),
        forges: all.iter().map(|one| (one.forge.host().clone(), Arc::clone(&one.forge))).collect(),
        store: store.clone(),
        people,
        tools,
        metrics: Metrics::new(),
        clock,
        wake: Arc::default(),
        options,
        link_key,
        shows_tiers: Arc::new(Owners::new(&config.tiers_shown_for)),
    };
    progress.say(format!("reading {}#{}", repository.name, asked.number));
    let evaluation = Engine::new(parts).evaluate(&repository, asked.number).await;
    store.close().await;
    let evaluation = evaluation.map_err(|error| {
        let missing = error.forge().and_then(|error| no_change(error, &repository, asked));
        missing.unwrap_or_else(|| error.into())
    })?;
    Ok(Report { repository: repository.name, evaluation, known })
}

/// What to say where the forge shows no such change.
fn no_change(error: &forge::Error, repository: &SeenRepository, asked: &Asked) -> Option<anyhow::Error> {
    let is_missing = matches!(error, forge::Error::NotFound { .. });
    is_missing.then(|| anyhow!("{} has no change #{}, or the App may not see it", repository.name, asked.number))
}

/// The store, for reading only; an empty one in memory where there is none to read.
async fn store(config: &Config, without: bool) -> anyhow::Result<(Store, Known)> {
    if without {
        return Ok((Store::empty().await?, Known::NotAsked));
    }
    match Store::open_read_only(config.store_url.expose_secret()).await.context("store.url")? {
        Some(store) => Ok((store, Known::Store)),
        None => Ok((Store::empty().await?, Known::NoneYet)),
    }
}

/// Where the repository is, if the server would deal with it.
async fn repository(reached: &Reached, store: &Store, name: &str) -> anyhow::Result<SeenRepository> {
    match &*reached.forge {
        Forge::GitHub(forge) => {
            let installation = installation(forge, name).await?;
            admitted(reached, store, name, (&installation.owner, &installation.login)).await?;
            Ok(forge.repository(installation.id, name).await?.seen)
        }
        Forge::GitLab(forge) => {
            let found = match forge.project_named(name).await {
                Err(forge::Error::NotFound { .. }) => {
                    bail!("{name} does not exist on {}, or the bot account may not see it", forge.host())
                }
                found => found?,
            };
            let login = Login::from(found.name.split('/').next().unwrap_or_default());
            admitted(reached, store, name, (&found.owner, &login)).await?;
            Ok(found)
        }
    }
}

/// The installation of the App that reaches a repository.
async fn installation(forge: &GitHub, name: &str) -> anyhow::Result<Installation> {
    let Some(installation) = forge.installation_on(name).await? else {
        bail!(
            "{name} does not exist on {}, or the App is not installed on it: install it from the App's page, or add the \
             repository to its installation",
            forge.host()
        );
    };
    if installation.is_suspended {
        bail!(
            "the App's installation on {} is suspended: an owner lifts that in the settings of {}, under GitHub Apps",
            installation.login,
            installation.login
        );
    }
    Ok(installation)
}

/// Whether the server would deal with repositories of this owner.
async fn admitted(
    reached: &Reached,
    store: &Store,
    name: &str,
    (owner, login): (&OwnerId, &Login),
) -> anyhow::Result<()> {
    match Owners::new(&reached.owners).would_admit(owner, login, store).await? {
        Admission::Served => Ok(()),
        Admission::NotServed => bail!(
            "{login} is not among the `owners` of {} in the configuration, so the server does nothing about {name}",
            reached.forge.host()
        ),
        Admission::Changed => bail!(
            "the login {login} belongs to another account than when the server first saw it, so the server does nothing \
             about {name}; to trust the new one, write its number {} among the `owners`",
            owner.id
        ),
    }
}
