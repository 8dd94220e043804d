//! `seconder doctor`: whether everything is set up so that the gate works, and what to do where it is not.
//!
//! Each file here is about one thing: functions that only judge what was read, and beside them, at most, what reads it. The
//! order of the findings is fixed, whatever is read first.

mod agents;
mod app;
mod configuration;
mod directory;
mod finding;
mod gitlab;
mod groups;
mod host;
mod installation;
mod policy;
mod repository;
mod store;
mod webhook;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use secrecy::ExposeSecret as _;

use super::live::{configuration, environment, full_name, gitlabs, hosts};
use super::output::{Format, json};
use super::progress::{self, Progress};
use super::serve::{self, gitlab_hosts};
use crate::clock::Clock;
use crate::config::{Config, secret_files};
use crate::directory::Directory;
use crate::store::Store;
use host::{Examination, Looked};

pub use finding::{Finding, Findings, Severity};

/// Look whether everything is set up so that the gate works, and say what to do where it is not. Nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "\
It looks at the configuration, the store, the directory and the floor; at the App, its key, permissions, events and webhook; at
its installations; and at repositories: whether the check is required from this App, who goes around it, and whether policies
can be used. What the App may not see is said to be unchecked.

Exit codes: 0 no errors, 1 errors, 2 the configuration cannot be used.

Examples:
  seconder doctor --config seconder.toml
  seconder doctor --config seconder.toml --repo acme/pay --repo acme/web
  seconder doctor --config seconder.toml --format json | jq '.findings[] | select(.severity == \"error\")'")]
pub struct Doctor {
    /// The server's configuration file.
    #[arg(long, value_name = "FILE", env = "SECONDER_CONFIG")]
    config: PathBuf,
    /// A repository that is meant to be gated; may be given several times. Without it, those that the App reaches are looked
    /// at, up to 20 on a host.
    #[arg(long = "repo", value_name = "OWNER/NAME", value_parser = full_name)]
    repos: Vec<String>,
    /// How to print the findings.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What to look at, besides what the configuration names.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Repositories, as `owner/name`; empty: those that the App reaches.
    pub repositories: Vec<String>,
    /// Files that nobody else should read.
    pub secret_files: Vec<PathBuf>,
}

impl Doctor {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let config = configuration(&self.config)?;
        let secret_files = secret_files(&self.config, environment())?;
        let asked = Asked { repositories: self.repos.clone(), secret_files };
        let work = async |progress: &Progress| examine(&config, Clock::system(), &asked, progress).await;
        let findings = progress::during(work).await?;
        match self.format {
            Format::Text => findings.print()?,
            Format::Json => json(&findings.to_json())?,
        }
        Ok(ExitCode::from(u8::from(!findings.is_sound())))
    }
}

/// Looks at everything.
///
/// # Errors
/// When the configuration cannot be used: a key that is none, an address that is none.
pub async fn examine(config: &Config, clock: Clock, asked: &Asked, progress: &Progress) -> anyhow::Result<Findings> {
    let hosts = hosts(config, &clock)?;
    let gitlabs = gitlabs(config, &clock)?;
    let mut found = configuration::addresses(&config.listen, &config.public_url);
    for (host, forge) in &hosts {
        found.extend(configuration::secrets(forge.host(), &host.webhook_secrets));
    }
    for (host, forge) in &gitlabs {
        found.extend(gitlab::secrets(forge.host(), &host.webhook_secret_tokens));
    }
    progress.say("looking at the store");
    let url = config.store_url.expose_secret();
    let file = Store::file(url);
    let secret_files: Vec<PathBuf> = asked.secret_files.iter().cloned().chain(file.clone()).collect();
    found.extend(configuration::files(&configuration::look(&secret_files)));
    let opened = Store::open_read_only(url).await;
    found.push(store::opened(&opened));
    found.extend(file.as_deref().and_then(store::room).map(store::disk));
    // What is remembered only shows more: without it, everything else can be looked at all the same.
    let store = match opened {
        Ok(Some(store)) => store,
        Ok(None) | Err(_) => Store::empty().await?,
    };
    found.extend(agents::look(config.agents_files.clone()));
    progress.say("looking at the directory");
    let now = clock.now();
    let read = Directory::read(&config.directory_files, now);
    found.extend(directory::read(&read));
    found.extend(config.directory_files.iter().filter_map(|path| {
        let text = std::fs::read_to_string(path).ok()?;
        directory::example(&path.display().to_string(), &text)
    }));
    let directory = match read.ok() {
        Some((directory, _)) => Some(groups::look(directory, &store, &gitlab_hosts(config)?, now, &mut found).await),
        None => None,
    };
    let floor = serve::floor(config);
    if let Some(directory) = &directory {
        found.extend(policy::floor(&floor, directory.tiers(), &config.check_name));
    } else {
        let found_none = "could not be checked: policies name tiers, and the directory cannot be used";
        found.push(Finding::info("policy-floor", "policy", found_none));
    }
    found.push(webhook::reachable(&config.public_url, &webhook::knock(&config.public_url).await));
    let examination = Arc::new(Examination {
        public_url: config.public_url.clone(),
        check_name: config.check_name.clone(),
        organisation_policy: config.organisation_policy,
        floor,
        pins: groups::pins_of(&store, directory.as_ref()).await,
        directory,
        store: store.clone(),
        clock,
        named: asked.repositories.clone(),
    });
    let mut seen = Vec::new();
    for (host, forge) in &hosts {
        progress.say(format!("looking at {}", forge.host()));
        let Looked { findings, repositories } = host::look(&examination, host, forge, progress).await;
        found.extend(findings);
        seen.extend(repositories);
    }
    for (host, forge) in &gitlabs {
        progress.say(format!("looking at {}", forge.host()));
        let Looked { findings, repositories } = gitlab::look(&examination, host, forge, progress).await;
        found.extend(findings);
        seen.extend(repositories);
    }
    found.extend(host::missing(&asked.repositories, &seen));
    store.close().await;
    Ok(Findings(found))
}
