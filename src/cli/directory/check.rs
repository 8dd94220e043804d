//! `seconder directory check`.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::groups::{self, Kept};
use crate::cli::output::{self, Format, Report, counted};
use crate::cli::people::{self, ConfigArg};
use crate::directory::Directory;
use crate::directory::lookup::{Found, NamedAccount};
use crate::gate::ids::Login;
use crate::gate::people::Person;
use crate::gate::policy::diagnostic::harmless;

#[derive(Debug, Args)]
#[command(after_help = "\
Several files together make one directory. Exit code: 0 if no error was found, 1 if one was, 2 if a file cannot be read.

Examples:
  seconder directory check directory.yml
  seconder directory check --config seconder.toml --strict --format json")]
pub(super) struct Check {
    /// Directory files, in order of precedence; `-` is standard input.
    #[arg(value_name = "FILE", conflicts_with = "config")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigArg,
    /// Exit with 1 on warnings, too.
    #[arg(long)]
    strict: bool,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What was found, and how much there is of everything.
#[derive(Debug, Serialize)]
struct Checked<'a> {
    #[serde(flatten)]
    report: Report<'a>,
    /// Absent where the files make no directory.
    #[serde(flatten)]
    counts: Option<Counts>,
}

#[derive(Debug, Serialize)]
struct Counts {
    people: usize,
    inactive: usize,
    accounts: usize,
    groups: usize,
    robots: usize,
    tiers: Vec<TierCount>,
    unpinned: Vec<Unpinned>,
    /// Groups whose members a forge keeps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kept: Vec<Kept>,
}

/// How many active people have a tier now, lowest first.
#[derive(Debug, Serialize)]
struct TierCount {
    tier: String,
    people: usize,
}

/// A login, which qualifies nobody until a server has looked up its number.
#[derive(Debug, Serialize)]
struct Unpinned {
    account: String,
    person: Option<String>,
    remedy: String,
}

impl Check {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let mut files = self.files.clone();
        if let Some(paths) = self.config.paths()? {
            files = paths.directory;
        }
        if files.is_empty() {
            bail!("{}", self.config.names_none("its name"));
        }
        let inputs = people::read(&files)?;
        let mut loaded = people::load(&inputs);
        let known = loaded.directory.take().map(|directory| groups::remembered(&self.config, directory));
        loaded.directory = known.transpose()?;
        let counts = loaded.directory.as_ref().map(|directory| Counts::of(directory, loaded.now));
        let checked = Checked { report: Report::new(&inputs, loaded.findings), counts };
        match self.format {
            Format::Json => output::json(&checked)?,
            Format::Text => checked.write(&mut output::stdout())?,
        }
        Ok(checked.report.exit_code(self.strict))
    }
}

impl Checked<'_> {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.report.write_findings(out)?;
        if let Some(counts) = &self.counts {
            counts.write(out)?;
        }
        writeln!(out, "{}", self.report.summary())
    }
}

impl Counts {
    fn of(directory: &Directory, now: Timestamp) -> Self {
        let everybody: Vec<_> = directory.everybody().collect();
        let tier_of = |person: &Person| person.grant(now).map(|grant| grant.tier);
        let names = std::iter::once("agent").chain(directory.tiers().names().iter().map(String::as_str));
        let tiers = names.filter_map(|name| Some((name, directory.tiers().find(name)?))).map(|(name, tier)| {
            let people = everybody.iter().map(Found::person).filter(|person| person.is_active);
            TierCount { tier: name.to_owned(), people: people.filter(|person| tier_of(person) == Some(tier)).count() }
        });
        let accounts: BTreeSet<String> =
            everybody.iter().flat_map(Found::accounts).map(|account| account.to_string()).collect();
        let of_people = everybody.iter().flat_map(|found| {
            let person = found.person().id.0.clone();
            found.accounts().into_iter().map(move |account| (Some(person.clone()), account))
        });
        let of_machines = directory.robots().into_iter().map(|account| (None, account));
        Self {
            people: everybody.len(),
            inactive: everybody.iter().filter(|found| !found.person().is_active).count(),
            accounts: accounts.len(),
            groups: directory.groups().len(),
            robots: directory.robots().len(),
            tiers: tiers.collect(),
            unpinned: of_people.chain(of_machines).filter_map(|(person, account)| unpinned(person, &account)).collect(),
            kept: Kept::all(directory),
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let inactive = match self.inactive {
            0 => String::new(),
            count => format!(", {count} of them inactive"),
        };
        writeln!(out, "people    {}{inactive}", self.people)?;
        writeln!(out, "accounts  {}", self.accounts)?;
        writeln!(out, "groups    {}", self.groups)?;
        writeln!(out, "robots    {}", self.robots)?;
        let tiers: Vec<_> = self.tiers.iter().map(|count| format!("{} {}", count.tier, count.people)).collect();
        writeln!(out, "tiers     {}", tiers.join(", "))?;
        if !self.unpinned.is_empty() {
            let logins = counted(self.unpinned.len(), "login has", "logins have");
            writeln!(out, "\n{logins} no number here; until a server has looked it up, a login qualifies nobody:")?;
        }
        for Unpinned { account, person, remedy } in &self.unpinned {
            let whose = person.as_ref().map_or_else(|| "robots".to_owned(), |person| harmless(person));
            writeln!(out, "  {} ({whose}): {remedy}", harmless(account))?;
        }
        Kept::write_unknown(&self.kept, out)?;
        writeln!(out)
    }
}

fn unpinned(person: Option<String>, account: &NamedAccount) -> Option<Unpinned> {
    account.account.as_ref().err()?;
    Some(Unpinned { account: account.to_string(), person, remedy: remedy(account) })
}

/// How to find the number of a login. Only what could be a login goes into a command for people to copy.
pub(super) fn remedy(account: &NamedAccount) -> String {
    let host = match account.host.as_str() {
        "github.com" => String::new(),
        host => format!("--hostname {host} "),
    };
    let login = account.account.as_ref().err().map(Login::as_str).filter(|login| is_plain(login));
    format!("`gh api {host}users/{} --jq .id` shows its number", login.unwrap_or("LOGIN"))
}

fn is_plain(login: &str) -> bool {
    login.starts_with(|c: char| c.is_ascii_alphanumeric())
        && login.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
