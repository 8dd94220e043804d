//! Where people come from: files in git that say who is who, and how senior.
//!
//! [`mod@file`] holds exactly what a file says. [`Directory::load`] makes one directory of all files, or says what is wrong
//! with them; [`Directory::roster`] shows it to the gate as one tenant may see it. Decides nothing about changes.
//!
//! What it promises: an account leads to one person; only numeric ids qualify, so a login counts once it was pinned to
//! its number; a group grants a tier only if somebody answers for its members.
//!
//! Members of a group may come from a forge as well: as [`readings`], plain data that [`Directory::with`] makes people of.

mod accounts;
pub mod file;
mod groups;
pub mod lookup;
mod people;
pub mod readings;
mod report;
mod settings;
mod sources;
mod tier_rules;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::gate::digest::sha256_hex;
use crate::gate::ids::{AccountId, Host, Login, OwnerId};
use crate::gate::membership::Source;
use crate::gate::people::{Roster, Snapshot, Tiers, address_digest};
use crate::gate::policy::diagnostic::{Diagnostic, Position};
use crate::gate::yaml;

use accounts::Owners;
use file::DirectoryFile;
use lookup::Trust;
use people::{Defaults, Entry, Everybody, Told, people};
use readings::Readings;
use report::Report;
use settings::{Settings, TenantName, settings};
use sources::Named;

/// The numbers that logins had when they were first seen, by host and lower-case login (see [`pin`]).
pub type Pins = BTreeMap<(Host, String), i64>;

/// The key of a login in [`Pins`].
pub fn pin(host: &Host, login: &Login) -> (Host, String) {
    (host.clone(), login.as_str().to_ascii_lowercase())
}

/// The owner whose changes are judged: tiers and groups hold for the owners that the directory names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its key.
    pub owner: OwnerId,
    /// Its present login.
    pub login: Login,
}

/// All people, and what makes them senior.
#[derive(Debug, Clone)]
pub struct Directory {
    tiers: Tiers,
    tenants: Option<Vec<TenantName>>,
    max_age: Option<SignedDuration>,
    people: Vec<Entry>,
    robots: BTreeSet<AccountRef>,
    groups: BTreeMap<String, Trust>,
    sources: BTreeMap<Source, Named>,
    /// Of these sources, and no others.
    readings: Readings,
    read_at: Timestamp,
    texts: Arc<Texts>,
}

/// The files, each by itself.
#[derive(Debug)]
struct Texts {
    names: Vec<String>,
    files: Vec<DirectoryFile>,
    digest: String,
}

/// An account as the files name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum AccountRef {
    Id(AccountId),
    /// In lower case.
    Login(Host, String),
}

/// Why a directory could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be opened or read: mend its path or permissions.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not text: save it as UTF-8.
    #[error("{} is not UTF-8 text", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// The files do not make a directory: mend what the findings say. At least one is an error.
    #[error("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid {
        /// Everything found.
        findings: Vec<Diagnostic>,
    },
}

impl Directory {
    /// Reads these files; see [`Directory::load`].
    pub fn read(paths: &[PathBuf], read_at: Timestamp) -> Result<(Self, Vec<Diagnostic>), Error> {
        let read = |path: &PathBuf| Ok((path.display().to_string(), read_text(path)?));
        let files = paths.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
        let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Self::load(&files, read_at).map_err(|findings| Error::Invalid { findings })
    }

    /// Makes a directory of these files (name and text, in order of precedence), with warnings; or says everything
    /// that is wrong with them. `read_at` is when the texts were read: exceptions and `max_age` are measured from it.
    pub fn load(files: &[(&str, &str)], read_at: Timestamp) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        if files.is_empty() {
            let finding = Diagnostic::error("directory", Position::START, "there is no directory file at all");
            return Err(vec![finding.help("name one in the server's configuration")]);
        }
        let mut parsed = Vec::new();
        let mut errors = Vec::new();
        for (name, text) in files {
            match yaml::parse_version::<DirectoryFile>(name, text, file::VERSION, file::MAX_BYTES) {
                Ok(file) => parsed.push(file),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let digests: Vec<_> = files.iter().map(|(_, text)| sha256_hex(text)).collect();
        let names = files.iter().map(|(name, _)| (*name).to_owned()).collect();
        let texts = Texts { names, files: parsed, digest: sha256_hex(digests.join("\n")) };
        let told = Told { readings: &Readings::new(), pins: &Pins::new() };
        Self::make(Arc::new(texts), read_at, told)
    }

    fn make(texts: Arc<Texts>, read_at: Timestamp, told: Told<'_>) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut report = Report::new(texts.names.iter().map(String::as_str));
        let Settings { tiers, tenants, max_age, employee, contractor } = settings(&texts.files, &mut report);
        let owners = Owners::new(&texts.files, &mut report);
        let robots = owners.robots();
        let defaults = Defaults { employee, contractor };
        let everybody = people(&texts.files, &tiers, &defaults, &owners, (told, read_at), &mut report);
        let Everybody { people, groups, sources } = everybody;
        let warnings = report.finish()?;
        let readings = readings::of(sources.keys(), told.readings);
        drop(owners);
        Ok((Self { tiers, tenants, max_age, people, robots, groups, sources, readings, read_at, texts }, warnings))
    }

    /// The same directory with these members of groups that forges keep. A login counts as the account that it is pinned to.
    #[must_use]
    pub fn with(self, readings: &Readings, pins: &Pins) -> Self {
        if self.sources.is_empty() {
            return self;
        }
        let made = Self::make(Arc::clone(&self.texts), self.read_at, Told { readings, pins });
        // What is wrong with the files was said when they were loaded: readings add nothing to it.
        made.map_or(self, |(made, _)| made)
    }

    /// As [`Directory::with`], but for readings that are too old to vouch for anybody by now: when these files were read.
    #[must_use]
    pub fn with_fresh(self, readings: Readings, pins: &Pins) -> Self {
        let readings = readings::fresh(readings, self.max_age, self.read_at);
        self.with(&readings, pins)
    }

    /// The organisation's tiers.
    pub fn tiers(&self) -> &Tiers {
        &self.tiers
    }

    /// Logins that the files name, and that have no number yet. Look them up and pin them: until then, these accounts
    /// qualify nobody.
    pub fn unpinned(&self, pins: &Pins) -> Vec<(Host, Login)> {
        let of_people = self.people.iter().flat_map(|entry| &entry.accounts);
        let all: BTreeSet<_> = of_people.chain(&self.robots).collect();
        let open = all.into_iter().filter_map(|account| match account {
            AccountRef::Login(host, login) if account.resolve(pins).is_none() => {
                Some((host.clone(), login.as_str().into()))
            }
            _ => None,
        });
        open.collect()
    }

    /// SHA-256 of the files' texts, the pins that they use, and the members of groups that forges keep, hex: of all that a
    /// roster is made from.
    pub fn digest(&self, pins: &Pins) -> String {
        let of_people = self.people.iter().flat_map(|entry| &entry.accounts);
        let used: BTreeSet<_> = of_people.chain(&self.robots).collect();
        let mut lines = vec![self.texts.digest.clone()];
        for account in used.into_iter().filter(|account| matches!(account, AccountRef::Login(..))) {
            let number = account.resolve(pins).map_or_else(|| "-".to_owned(), |id| id.to_string());
            lines.push(format!("{account} {number}"));
        }
        lines.extend(readings::lines(self.sources.keys(), &self.readings));
        sha256_hex(lines.join("\n"))
    }

    /// This directory as a numbered snapshot. It vouches for people until `max_age` after the files were read, or after a
    /// group was that a forge keeps, whichever was longest ago: before that, it is made anew without that group.
    pub fn snapshot(&self, number: i64, pins: &Pins) -> Snapshot {
        // Ages are bounded, so the sum exists; if it did not, nothing would be vouched for.
        let of_files = self.max_age.map(|age| self.read_at.checked_add(age).unwrap_or(self.read_at));
        let of_groups = readings::fresh_until(&self.readings, self.max_age);
        let fresh_until = of_files.into_iter().chain(of_groups).min();
        Snapshot { number, digest: self.digest(pins), taken_at: self.read_at, fresh_until }
    }

    /// Whether an exception ends after the first moment and not after the second: its person then stands differently,
    /// though the files are the same.
    pub fn moves_between(&self, after: Timestamp, until: Timestamp) -> bool {
        let grants = self.people.iter().flat_map(|entry| &entry.person.grants);
        grants.filter_map(|grant| grant.until).any(|end| after < end && end <= until)
    }

    /// What the gate may know for this owner's changes. For an owner whom the directory does not name, there is nobody.
    ///
    /// Only accounts of the owner's host appear. An account that pins give to two people, or to a person and a robot,
    /// is nobody's.
    pub fn roster(&self, tenant: &Tenant, pins: &Pins, snapshot: Snapshot) -> Roster {
        let mut roster = Roster { tiers: self.tiers.clone(), snapshot, ..Roster::default() };
        if !self.holds_for(tenant) {
            return roster;
        }
        let here = |account: &AccountRef| account.resolve(pins).filter(|id| id.host == tenant.owner.host);
        roster.robots = self.robots.iter().filter_map(here).collect();
        let mut claims: BTreeMap<AccountId, Vec<&Entry>> = BTreeMap::new();
        for entry in &self.people {
            for account in entry.accounts.iter().filter_map(here).collect::<BTreeSet<_>>() {
                claims.entry(account).or_default().push(entry);
            }
        }
        for entry in &self.people {
            let id = &entry.person.id;
            roster.people.insert(id.clone(), entry.person.clone());
            roster.emails.extend(entry.emails.iter().map(|email| (address_digest(email), id.clone())));
        }
        // Numbers say nothing to people: where the files name a login, it is what a check calls the person.
        for account in self.people.iter().flat_map(|entry| &entry.accounts) {
            if let (AccountRef::Login(_, login), Some(id)) = (account, here(account)) {
                roster.logins.insert(id, Login::from(login.as_str()));
            }
        }
        for (account, claimants) in claims {
            if let ([entry], false) = (claimants.as_slice(), roster.robots.contains(&account)) {
                let id = &entry.person.id;
                roster.accounts.insert(account.clone(), id.clone());
                if let Some(person) = roster.people.get_mut(id) {
                    person.accounts.insert(account);
                }
            }
        }
        let services = self.people.iter().filter(|entry| entry.is_service());
        let of_services = services.flat_map(|entry| entry.accounts.iter().filter_map(here));
        roster.robots.extend(of_services);
        roster
    }

    fn holds_for(&self, tenant: &Tenant) -> bool {
        let is_meant = |name: &TenantName| match name {
            TenantName::Id(id) => *id == tenant.owner,
            TenantName::Login(host, login) => *host == tenant.owner.host && *login == tenant.login,
        };
        self.tenants.as_ref().is_none_or(|tenants| tenants.iter().any(is_meant))
    }
}

impl AccountRef {
    fn login(host: Host, login: &str) -> Self {
        Self::Login(host, login.to_ascii_lowercase())
    }

    /// The account's key, if its number is known.
    fn resolve(&self, pins: &Pins) -> Option<AccountId> {
        match self {
            Self::Id(id) => Some(id.clone()),
            Self::Login(host, login) => {
                let id = pins.get(&(host.clone(), login.clone())).filter(|id| **id > 0)?;
                Some(AccountId::new(host.clone(), *id))
            }
        }
    }
}

impl fmt::Display for AccountRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Login(host, login) => write!(f, "{host}/{login}"),
        }
    }
}

fn read_text(path: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
    String::from_utf8(bytes).map_err(|_| Error::NotText { path: path.to_owned() })
}
