//! Who people are, as far as the files of a directory say.

use anyhow::{bail, ensure};

use super::ci::Ci;
use crate::cli::people::{self, PeopleArgs};
use crate::clock::Clock;
use crate::directory::file::example;
use crate::directory::{Directory, Pins, Tenant, pin};
use crate::gate::ids::{Host, Login, OwnerId};
use crate::gate::people::{Roster, Tiers};
use crate::gate::policy::diagnostic::{Diagnostic, harmless, list};
use jiff::Timestamp;

use super::opener::Account;

/// The directory as the change's owner sees it.
pub(super) struct Who {
    pub(super) roster: Roster,
    pub(super) tiers: Tiers,
    pub(super) owner: OwnerId,
    pub(super) host: Host,
    /// Whether a directory was given; without one, everybody has the lowest tier.
    pub(super) has_directory: bool,
    /// Whether the tiers are nobody's, but those of the example.
    pub(super) are_tiers_assumed: bool,
    pub(super) now: Timestamp,
}

pub(super) fn people(args: &PeopleArgs, tiers: &[String], ci: &Ci) -> anyhow::Result<Who> {
    let (files, _) = args.files()?;
    let now = Clock::system().now();
    let host = ci.host.as_deref().unwrap_or("github.com").parse::<Host>();
    if files.is_empty() {
        let host = host?;
        let roster = Roster { tiers: named(tiers)?, ..Roster::default() };
        return Ok(Who {
            tiers: roster.tiers.clone(),
            owner: OwnerId::new(host.clone(), ci.owner.as_ref().map_or(0, |(id, _)| *id)),
            host,
            roster,
            has_directory: false,
            are_tiers_assumed: tiers.is_empty(),
            now,
        });
    }
    let inputs = people::read(&files)?;
    let loaded = people::load(&inputs);
    let Some(directory) = loaded.directory else {
        let said: Vec<String> =
            loaded.findings.iter().filter(|found| found.is_error()).map(Diagnostic::to_string).collect();
        bail!("the directory cannot be used:\n{}", said.join("\n"));
    };
    let tenant = tenant(args, ci, &directory, loaded.now)?;
    let host = tenant.owner.host.clone();
    let pins = pins(&host, [&ci.opener, &ci.pusher]);
    let roster = directory.roster(&tenant, &pins, directory.snapshot(0, &pins));
    Ok(Who {
        tiers: roster.tiers.clone(),
        owner: tenant.owner,
        host,
        roster,
        has_directory: true,
        are_tiers_assumed: false,
        now: loaded.now,
    })
}

/// The owner that the job names, unless the command line names one.
fn tenant(args: &PeopleArgs, ci: &Ci, directory: &Directory, now: Timestamp) -> anyhow::Result<Tenant> {
    let of_job = || {
        let (id, login) = ci.owner.as_ref()?;
        let host = ci.host.as_ref()?.parse().ok()?;
        Some(Tenant { owner: OwnerId::new(host, *id), login: Login::from(login.as_str()) })
    };
    let Some(tenant) = of_job().filter(|_| !args.names_owner()) else {
        return Ok(args.people(directory.clone(), now)?.tenant);
    };
    if !directory.is_for(&tenant) {
        let owners = directory.owners().unwrap_or_default();
        let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
        let login = harmless(tenant.login.as_str());
        bail!("the directory does not hold for `{login}`, but for {}; name one with --owner", list(&owners, "and"));
    }
    Ok(tenant)
}

/// The numbers of the accounts that the job or the command line names. A login alone stands for whoever the directory means.
fn pins(host: &Host, accounts: [&Option<Account>; 2]) -> Pins {
    let named = accounts.into_iter().flatten().filter(|account| !account.login.is_empty());
    named.map(|account| (pin(host, &Login::from(account.login.as_str())), account.actor(host).account.id)).collect()
}

fn named(tiers: &[String]) -> anyhow::Result<Tiers> {
    if tiers.is_empty() {
        let example = Directory::load(&[("directory.yml", example())], Timestamp::UNIX_EPOCH);
        return Ok(example.map_or_else(|_| Tiers::default(), |(directory, _)| directory.tiers().clone()));
    }
    let mut seen = std::collections::BTreeSet::new();
    for name in tiers {
        ensure!(!name.trim().is_empty(), "--tiers: a tier has no name; write e.g. --tiers junior,mid,senior");
        ensure!(name != "agent", "--tiers: `agent` is built in below all tiers; leave it out");
        ensure!(seen.insert(name), "--tiers: `{}` is named twice", harmless(name));
    }
    Ok(Tiers::new(tiers.to_vec()))
}
