//! The directory that an offline command asks.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use secrecy::SecretString;

use super::input::{self, Input};
use super::live::environment;
use crate::clock::Clock;
use crate::config::Paths;
use crate::directory::{Directory, Tenant, file};
use crate::gate::people::Roster;
use crate::gate::policy::diagnostic::{Diagnostic, harmless, list};

/// Where people come from.
#[derive(Debug, Clone, Args)]
pub(super) struct PeopleArgs {
    /// A directory file; repeat it for several, in order of precedence.
    #[arg(long, value_name = "FILE")]
    directory: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) config: ConfigArg,
    /// The owner to ask for, e.g. `acme` or `github.com/1234`. Without it: the first that the directory holds for.
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
}

/// A configuration in place of its parts.
#[derive(Debug, Clone, Args)]
pub(super) struct ConfigArg {
    /// The server's configuration: take its directory files and its floor. Secrets need not be there.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigArg {
    /// What to say where no directory file is named; `otherwise` is another way to name one.
    pub(super) fn names_none(&self, otherwise: &str) -> String {
        match &self.config {
            Some(path) => {
                let path = path.display().to_string();
                format!("{} names no directory file: add `files` under [directory]", harmless(&path))
            }
            None => format!("no directory file is named: write {otherwise}, or --config FILE"),
        }
    }

    /// The address of the server's store, if a configuration is given that names one.
    pub(super) fn store(&self) -> anyhow::Result<Option<SecretString>> {
        let Some(path) = &self.config else { return Ok(None) };
        Ok(Paths::store(path, environment())?)
    }

    /// The files that the configuration names, if one is given.
    pub(super) fn paths(&self) -> anyhow::Result<Option<Paths>> {
        let Some(path) = &self.config else { return Ok(None) };
        Ok(Some(Paths::load(path, environment())?))
    }
}

/// A directory, and how one owner sees it. Logins stand for accounts whose numbers a server looks up.
#[derive(Debug)]
pub(super) struct People {
    pub(super) directory: Directory,
    pub(super) roster: Roster,
    /// The names of all groups.
    pub(super) groups: BTreeSet<String>,
    pub(super) tenant: Tenant,
    pub(super) now: Timestamp,
}

impl PeopleArgs {
    /// The files to read, and the configuration that names them, if one is given.
    pub(super) fn files(&self) -> anyhow::Result<(Vec<PathBuf>, Option<Paths>)> {
        let paths = self.config.paths()?;
        let mut files = self.directory.clone();
        if files.is_empty() {
            files.extend(paths.iter().flat_map(|paths| paths.directory.clone()));
        }
        Ok((files, paths))
    }

    /// Whether an owner is named.
    pub(super) fn names_owner(&self) -> bool {
        self.owner.is_some()
    }

    /// Sees the directory as the owner does who is asked for.
    pub(super) fn people(&self, directory: Directory, now: Timestamp) -> anyhow::Result<People> {
        let owner = self.owner.as_deref();
        let tenant = directory.tenant(owner).with_context(|| {
            format!("--owner: `{}` does not name an owner; write e.g. acme", harmless(owner.unwrap_or_default()))
        })?;
        if !directory.is_for(&tenant) {
            let owners = directory.owners().unwrap_or_default();
            let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
            let asked = harmless(owner.unwrap_or_default());
            bail!("--owner: the directory does not hold for `{asked}`, but for {}", list(&owners, "and"));
        }
        let pins = directory.stand_in_pins();
        let roster = directory.roster(&tenant, &pins, directory.snapshot(0, &pins));
        let groups = directory.groups().keys().cloned().collect();
        Ok(People { directory, roster, groups, tenant, now })
    }
}

/// A directory that was read, with what was found in its files.
pub(super) struct Loaded {
    pub(super) directory: Option<Directory>,
    pub(super) findings: Vec<Diagnostic>,
    pub(super) now: Timestamp,
}

/// Reads directory files.
///
/// # Errors
///
/// Files that cannot be read at all.
pub(super) fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    input::read_all(paths, file::MAX_BYTES)
}

/// Makes a directory of these files, or says what is wrong with them.
pub(super) fn load(inputs: &[Input]) -> Loaded {
    let now = Clock::system().now();
    let (mut texts, mut findings) = (Vec::new(), Vec::new());
    for input in inputs {
        match &input.content {
            Ok(text) => texts.push((input.name.as_str(), text.as_str())),
            Err(finding) => findings.push(finding.clone()),
        }
    }
    if !findings.is_empty() {
        return Loaded { directory: None, findings, now };
    }
    match Directory::load(&texts, now) {
        Ok((directory, findings)) => Loaded { directory: Some(directory), findings, now },
        Err(findings) => Loaded { directory: None, findings, now },
    }
}
