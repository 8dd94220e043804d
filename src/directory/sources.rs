//! Groups that a forge keeps: how a file names them, and whose accounts their members are.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::accounts::Owners;
use super::file::{Employment, GitLabGroupFile, GroupNameFile, PersonFile};
use super::groups::Groups;
use super::readings::{self, Readings};
use super::report::{Place, Report};
use super::{Directory, Pins};
use crate::gate::ids::{AccountId, Host};
use crate::gate::membership::{GroupName, Reading, Source};
use crate::gate::policy::diagnostic::{Diagnostic, Position, list};
use crate::gate::yaml::Spanned;

/// A source of members, as the files name it.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// The directory's groups that take members from it.
    pub(super) groups: BTreeSet<String>,
    /// Where it is named first.
    pub(super) place: Place,
}

/// The source that is meant, or what is wrong with how it is written.
pub(super) fn source(file: usize, written: &Spanned<GitLabGroupFile>, report: &mut Report) -> Option<(Source, Place)> {
    let GitLabGroupFile { host, group, members } = &written.value;
    let parsed = host.value.parse::<Host>();
    if parsed.is_err() {
        let message = format!("`{}` is not a host", host.value);
        report.error(Place::of(file, host), &message, "write e.g. `gitlab.com`, without https://");
    }
    let name = match &group.value {
        GroupNameFile::Number(number) => GroupName::Number(*number),
        GroupNameFile::Path(path) => GroupName::of(path.trim()),
    };
    if !is_name(&name) {
        let message = format!("`{name}` is neither the path of a group nor its number");
        report.error(Place::of(file, group), &message, "write e.g. `acme/engineering/seniors`, or the group's number");
        return None;
    }
    Some((Source { host: parsed.ok()?, group: name, reach: *members }, Place::of(file, written)))
}

/// <https://docs.gitlab.com/user/reserved_names/#limitations-on-usernames-project-and-group-names-and-slugs>
fn is_name(name: &GroupName) -> bool {
    let is_slug = |slug: &str| {
        let is_usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        slug.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && slug.chars().all(is_usual)
    };
    match name {
        GroupName::Number(number) => *number > 0,
        GroupName::Path(path) => path.split('/').all(is_slug),
    }
}

/// All sources of these groups.
pub(super) fn named(groups: &Groups<'_>) -> BTreeMap<Source, Named> {
    let mut all: BTreeMap<Source, Named> = BTreeMap::new();
    for (id, source, place) in groups.sources() {
        let fresh = || Named { groups: BTreeSet::new(), place };
        let named = all.entry(source.clone()).or_insert_with(fresh);
        named.groups.insert(id.to_owned());
        named.place = named.place.min(place);
    }
    all
}

/// Says which people of the files have a key of the form that members have whom no file names.
pub(super) fn check_keys(people: &BTreeMap<&str, (Place, &PersonFile)>, groups: &Groups<'_>, report: &mut Report) {
    let hosts: BTreeSet<&Host> = groups.sources().map(|(_, source, _)| &source.host).collect();
    for (id, (place, _)) in people {
        if id.parse::<AccountId>().is_ok_and(|account| hosts.contains(&account.host)) {
            let message = format!("the key `{id}` could be that of a member of a group whom no file names");
            report.error(*place, &message, "choose another `id`, such as an employee number");
        }
    }
}

/// The members of groups, by what the files say of their accounts.
#[derive(Debug, Default)]
pub(super) struct Members<'a> {
    /// The keys of people by group.
    pub(super) joined: BTreeMap<&'a str, BTreeSet<String>>,
    /// Members whom no file names.
    pub(super) strangers: BTreeSet<AccountId>,
}

impl<'a> Members<'a> {
    /// An account that is nobody's because two have it, or that is a machine's, makes no member.
    pub(super) fn new(groups: &Groups<'a>, owners: &Owners<'_>, readings: &Readings, pins: &Pins) -> Self {
        let mut members = Self::default();
        if groups.sources().next().is_none() {
            return members;
        }
        let robots: BTreeSet<AccountId> = owners.robots().iter().filter_map(|robot| robot.resolve(pins)).collect();
        let mut claims: BTreeMap<AccountId, BTreeSet<&str>> = BTreeMap::new();
        for (person, accounts) in owners.accounts() {
            for account in accounts.iter().filter_map(|account| account.resolve(pins)) {
                claims.entry(account).or_default().insert(person);
            }
        }
        for (id, source, _) in groups.sources() {
            let found = readings.get(source).into_iter().flat_map(|reading| &reading.members);
            for account in found.map(|member| source.account(*member)).filter(|account| !robots.contains(account)) {
                let claimants: Vec<&str> = claims.get(&account).into_iter().flatten().copied().collect();
                let key = match claimants.as_slice() {
                    [] => account.to_string(),
                    [person] => (*person).to_owned(),
                    _ => continue,
                };
                if claimants.is_empty() {
                    members.strangers.insert(account);
                }
                members.joined.entry(id).or_default().insert(key);
            }
        }
        members
    }
}

/// A member whom no file names, as a file would: a person with one account, known by it.
pub(super) fn stranger(account: &AccountId) -> PersonFile {
    PersonFile {
        id: Spanned { value: account.to_string(), at: Position::START },
        accounts: Vec::new(),
        emails: Vec::new(),
        groups: Vec::new(),
        attributes: BTreeMap::new(),
        training: Vec::new(),
        active: true,
        employment: Employment::Employee,
    }
}

impl Directory {
    /// The groups of this forge whose members are to be asked for.
    pub fn sources_at(&self, host: &Host) -> Vec<Source> {
        self.sources.keys().filter(|source| source.host == *host).cloned().collect()
    }

    /// All groups that a forge keeps, each with the directory's groups that take members from it.
    pub fn sources(&self) -> impl Iterator<Item = (&Source, &BTreeSet<String>)> {
        self.sources.iter().map(|(source, named)| (source, &named.groups))
    }

    /// Who is in a group, where that was read.
    pub fn reading(&self, source: &Source) -> Option<&Reading> {
        self.readings.get(source)
    }

    /// Whether what was read of a group may still vouch for people.
    pub fn reading_is_fresh(&self, source: &Source, now: Timestamp) -> bool {
        let only = self.readings.get_key_value(source).map(|(source, reading)| (source.clone(), reading.clone()));
        readings::fresh_until(&only.into_iter().collect(), self.max_age).is_none_or(|until| now < until)
    }

    /// Where the members of a group of the directory come from, besides its files.
    pub fn sources_of(&self, group: &str) -> Vec<Source> {
        self.sources().filter(|(_, groups)| groups.contains(group)).map(|(source, _)| source.clone()).collect()
    }

    /// The groups whose members were never read: they have none but those of the files.
    pub fn unread(&self) -> impl Iterator<Item = (&Source, &BTreeSet<String>)> {
        self.sources().filter(|(source, _)| !self.readings.contains_key(source))
    }

    /// What is wrong with groups of hosts that nobody can be asked at: the configured ones are these.
    ///
    /// # Errors
    /// Every group at another host, with its place.
    pub fn check_hosts(&self, configured: &BTreeSet<Host>) -> Result<(), Vec<Diagnostic>> {
        let names: Vec<&str> = configured.iter().map(Host::as_str).collect();
        let help = match names.as_slice() {
            [] => "add a [[gitlab]] table for it to the server's configuration".to_owned(),
            names => {
                format!("the server's configuration has {}; add a [[gitlab]] table for this one", list(names, "and"))
            }
        };
        let strange = self.sources.iter().filter(|(source, _)| !configured.contains(&source.host));
        let finding = |(source, named): (&Source, &Named)| {
            let file = self.texts.names.get(named.place.file).map_or("directory", String::as_str);
            let message = format!(
                "no GitLab {} is configured, so the members of {} cannot be asked for",
                source.host, source.group
            );
            Diagnostic::error(file, named.place.at, &message).help(&help)
        };
        let findings: Vec<_> = strange.map(finding).collect();
        if findings.is_empty() { Ok(()) } else { Err(findings) }
    }
}
