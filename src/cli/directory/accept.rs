//! `seconder directory accept`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use secrecy::ExposeSecret as _;

use crate::cli::live::configuration;
use crate::cli::output;
use crate::clock::Clock;
use crate::directory::Directory;
use crate::directory::readings::{accepted, difference};
use crate::gate::membership::Reading;
use crate::gate::policy::diagnostic::harmless;
use crate::store::{Store, StoredReading};

/// Shorter beginnings of a digest could be those of others.
const SHORTEST: usize = 8;

#[derive(Debug, Args)]
#[command(after_help = "\
Without DIGEST it shows what is held. It is let through by its digest, so that nothing else is that was read since.
A running server takes it over within half a minute.

Exit code: 0 if it was let through, 1 if nothing was (none is held, or another one), 2 if the store cannot be used.

Examples:
  seconder directory accept eng-seniors --config seconder.toml
  seconder directory accept eng-seniors 3f9ac2d1 --config seconder.toml")]
pub(super) struct Accept {
    /// The group's id in the directory.
    #[arg(value_name = "GROUP")]
    group: String,
    /// The digest of the members that are held, or how it begins.
    #[arg(value_name = "DIGEST")]
    digest: Option<String>,
    /// The server's configuration file.
    #[arg(long, value_name = "FILE", env = "SECONDER_CONFIG")]
    config: PathBuf,
}

impl Accept {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        if let Some(digest) = self.digest.as_ref().filter(|digest| digest.len() < SHORTEST) {
            bail!(
                "`{}` is too short to tell one reading from another: write at least {SHORTEST} digits",
                harmless(digest)
            );
        }
        let config = configuration(&self.config)?;
        let (directory, _) = Directory::read(&config.directory_files, Clock::system().now())?;
        let sources = directory.sources_of(&self.group);
        if sources.is_empty() {
            bail!("the directory takes no members of the group `{}` from anywhere", harmless(&self.group));
        }
        let url = config.store_url.expose_secret();
        // Opened for writing, it would be made, or brought up to date, which is for the server to do.
        let Some(looked) = Store::open_read_only(url).await.context("store.url")? else {
            bail!("there is no store yet: the server has read no group");
        };
        looked.close().await;
        let store = Store::open(url).await.context("store.url")?;
        let stored = store.readings().await?.into_iter().find(|stored| sources.contains(&stored.source));
        let done = self.accept(&store, stored).await;
        store.close().await;
        done
    }

    async fn accept(&self, store: &Store, stored: Option<StoredReading>) -> anyhow::Result<ExitCode> {
        let mut out = output::stdout();
        let group = harmless(&self.group);
        let held = stored.and_then(|stored| Some((stored.kept.held.clone()?, difference(&stored.kept)?, stored)));
        let Some((held, difference, stored)) = held else {
            writeln!(out, "Nothing is held of `{group}`.")?;
            return Ok(ExitCode::from(1));
        };
        let Reading { members, read_at } = &held;
        let (digest, members) = (held.digest(), output::counted(members.len(), "member", "members"));
        let shown = digest.get(..16).unwrap_or_default();
        let Some(given) = &self.digest else {
            writeln!(out, "Held of `{group}` since many joined or left at once: {members}, read at {read_at};")?;
            writeln!(out, "{} would join, {} would leave.", difference.joining, difference.leaving)?;
            for (what, ids) in [("join ", joining(&stored, &held)), ("leave", leaving(&stored, &held))] {
                for id in ids {
                    writeln!(out, "  {what}  {}", stored.source.account(id))?;
                }
            }
            let config = self.config.display().to_string();
            writeln!(
                out,
                "\nTo let it through: seconder directory accept {group} {shown} --config {}",
                harmless(&config)
            )?;
            return Ok(ExitCode::from(1));
        };
        if !digest.starts_with(&given.to_ascii_lowercase()) {
            writeln!(out, "Another reading of `{group}` is held by now: {shown}. Look at it first, without a digest.")?;
            return Ok(ExitCode::from(1));
        }
        let StoredReading { source, kept, version } = stored;
        if !store.keep_reading(&source, &accepted(kept), Some(version)).await? {
            writeln!(out, "The server has read `{group}` in this moment. Try again.")?;
            return Ok(ExitCode::from(1));
        }
        writeln!(out, "Let through: `{group}` has {members} now.")?;
        Ok(ExitCode::SUCCESS)
    }
}

fn joining(stored: &StoredReading, held: &Reading) -> Vec<i64> {
    held.members.difference(&stored.kept.reading.members).copied().collect()
}

fn leaving(stored: &StoredReading, held: &Reading) -> Vec<i64> {
    stored.kept.reading.members.difference(&held.members).copied().collect()
}
