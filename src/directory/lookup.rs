//! What the files say of one person, and why: for people who ask, never for a decision.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::file::Employment;
use super::people::Entry;
use super::settings::TenantName;
use super::{AccountRef, Directory, Pins, Tenant, pin};
use crate::gate::ids::{Host, Login, OwnerId};
use crate::gate::people::{Grant, Person};
use crate::gate::policy::diagnostic::nearest;

/// More names than these are not searched for those that were probably meant.
const MOST_COMPARED: usize = 100_000;

/// What a grant of a tier rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Basis {
    /// An exception for this person, until the end of a day (UTC).
    Exception {
        /// Why it is made.
        reason: String,
        /// Its last day, as written.
        last_day: String,
    },
    /// Membership in a group.
    Group {
        /// The group that the rule names.
        group: String,
    },
    /// An attribute, such as a level code or a title.
    Attribute {
        /// Its name.
        name: String,
        /// What the person has there.
        value: String,
    },
    /// No rule matches: the default of the person's employment.
    Default,
    /// It is no person.
    Service,
}

/// Who answers for the members of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// The admin does, by `vouched: true`.
    Vouched,
    /// This identity provider decides who is in it.
    SyncedFrom(String),
    /// Nobody: it grants no tier.
    Nobody,
}

/// An account of somebody, and its number where it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAccount {
    /// The forge.
    pub host: Host,
    /// Its number, or the login that the file names.
    pub account: Result<i64, Login>,
}

/// A person, as the files know it.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    entry: &'a Entry,
    directory: &'a Directory,
}

/// Why approvals of a person or machine never count, whatever a policy asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    /// `employment: service`, or listed under `robots`.
    Machine,
    /// `active: false`.
    Inactive,
    /// A contractor whom no tier rule matches.
    ContractorWithoutRule,
    /// All rules that matched have ended.
    RulesEnded,
    /// There is no account, or all are named by logins that have no number here.
    NoNumberedAccount,
    /// The directory does not hold for the owner that was asked for.
    OtherOwner,
}

impl<'a> Found<'a> {
    /// The person as the gate would see it, but for accounts.
    pub fn person(&self) -> &'a Person {
        &self.entry.person
    }

    /// How the person is employed.
    pub fn employment(&self) -> Employment {
        self.entry.employment
    }

    /// Addresses in commits, in lower case.
    pub fn emails(&self) -> &'a BTreeSet<String> {
        &self.entry.emails
    }

    /// All accounts.
    pub fn accounts(&self) -> Vec<NamedAccount> {
        self.entry.accounts.iter().map(NamedAccount::from).collect()
    }

    /// The tier that holds now, the rule that gave it, and what the rule rests on. The rules that match but come later
    /// are in [`Person::grants`].
    pub fn grant(&self, now: Timestamp) -> Option<(&'a Grant, &'a Basis)> {
        let held = self.entry.person.grant(now)?;
        self.grants().find(|(grant, _)| *grant == held)
    }

    /// Every rule that matches, the first one first.
    pub fn grants(&self) -> impl Iterator<Item = (&'a Grant, &'a Basis)> + use<'a> {
        self.entry.person.grants.iter().zip(&self.entry.bases)
    }

    /// Why approvals of this person never count, most lasting first; nothing where they can. Logins count as unnumbered:
    /// only a server that pinned them knows.
    pub fn unfit(&self, owner: Option<&Tenant>, now: Timestamp) -> Vec<Unfit> {
        let person = &self.entry.person;
        let is_numbered = |account: &AccountRef| {
            let AccountRef::Id(id) = account else { return false };
            owner.is_none_or(|owner| owner.owner.host == id.host)
        };
        let reasons = [
            (self.entry.is_service(), Unfit::Machine),
            (!person.is_active, Unfit::Inactive),
            (!person.may_approve && !self.entry.is_service(), Unfit::ContractorWithoutRule),
            (person.grant(now).is_none(), Unfit::RulesEnded),
            (!self.entry.accounts.iter().any(is_numbered), Unfit::NoNumberedAccount),
            (owner.is_some_and(|owner| !self.directory.holds_for(owner)), Unfit::OtherOwner),
        ];
        reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
    }
}

/// Who or what answers to a name.
#[derive(Debug)]
pub enum Answer<'a> {
    /// One person, or several where the name leaves that open.
    People(Vec<Found<'a>>),
    /// An account that is listed under `robots`.
    Robot(NamedAccount),
    /// Nobody. These names are close, if any are.
    Nobody {
        /// What was probably meant.
        close: Vec<String>,
    },
}

impl Directory {
    /// Who has this account, login, number, id or address: `github.com/123`, `123`, `ana`, `e1001`, `ana@acme.example`.
    pub fn lookup(&self, name: &str) -> Answer<'_> {
        let name = name.trim().trim_start_matches('@');
        let wanted = name.to_lowercase();
        let is_meant = |account: &AccountRef| match account {
            AccountRef::Id(id) => id.to_string() == wanted || id.id.to_string() == wanted,
            AccountRef::Login(host, login) => *login == wanted || format!("{host}/{login}") == wanted,
        };
        let found = self.people.iter().filter(|entry| {
            entry.person.id.0 == name || entry.accounts.iter().any(is_meant) || entry.emails.contains(&wanted)
        });
        let people: Vec<_> = found.map(|entry| Found { entry, directory: self }).collect();
        if !people.is_empty() {
            return Answer::People(people);
        }
        match self.robots.iter().find(|account| is_meant(account)) {
            Some(account) => Answer::Robot(account.into()),
            None => Answer::Nobody { close: self.close_to(name) },
        }
    }

    /// Names that are a slip away from this one: at most one of ids, logins and addresses each.
    fn close_to(&self, name: &str) -> Vec<String> {
        let ids = self.people.iter().map(|entry| entry.person.id.0.as_str());
        let logins = self.people.iter().flat_map(|entry| &entry.accounts).filter_map(|account| match account {
            AccountRef::Login(_, login) => Some(login.as_str()),
            AccountRef::Id(_) => None,
        });
        let emails = self.people.iter().flat_map(|entry| entry.emails.iter().map(String::as_str));
        let near = |names: Vec<&str>| nearest(name, &names).map(str::to_owned);
        let kinds = [
            ids.take(MOST_COMPARED).collect(),
            logins.take(MOST_COMPARED).collect(),
            emails.take(MOST_COMPARED).collect::<Vec<_>>(),
        ];
        kinds.into_iter().filter_map(near).collect()
    }

    /// Everybody, by id.
    pub fn everybody(&self) -> impl Iterator<Item = Found<'_>> {
        self.people.iter().map(|entry| Found { entry, directory: self })
    }

    /// All groups, and who answers for their members.
    pub fn groups(&self) -> &BTreeMap<String, Trust> {
        &self.groups
    }

    /// Accounts that are listed as machines.
    pub fn robots(&self) -> Vec<NamedAccount> {
        self.robots.iter().map(NamedAccount::from).collect()
    }

    /// Numbers for logins that have none, which no forge gave: with them a roster tells how many people *could* approve
    /// once a server has looked the logins up. No change may ever be judged by it.
    pub fn stand_in_pins(&self) -> Pins {
        let open = self.unpinned(&Pins::new()).into_iter();
        open.zip((1..=i64::MAX).rev()).map(|((host, login), number)| (pin(&host, &login), number)).collect()
    }

    /// An owner to ask for: the one that is named (`acme`, `github.com/acme` or `github.com/123`), or the first that the
    /// directory holds for, or any on the host that most accounts are of. `None`: the name cannot be an owner's.
    pub fn tenant(&self, owner: Option<&str>) -> Option<Tenant> {
        let Some(owner) = owner else {
            let first = self.tenants.as_ref().and_then(|tenants| tenants.first().cloned());
            let any = || Some(TenantName::Login(self.usual_host()?, Login::from("")));
            return Some(tenant(first.or_else(any)?));
        };
        let (host, name) = owner.rsplit_once('/').unwrap_or(("", owner));
        let host = if host.is_empty() { self.usual_host()? } else { host.parse().ok()? };
        match name.parse() {
            Ok(number) if number > 0 => Some(tenant(TenantName::Id(OwnerId::new(host, number)))),
            _ if name.is_empty() => None,
            _ => Some(tenant(TenantName::Login(host, name.into()))),
        }
    }

    /// The owners that the directory holds for, as its files name them. `None`: all that the server serves.
    pub fn owners(&self) -> Option<Vec<String>> {
        let name = |tenant: &TenantName| match tenant {
            TenantName::Id(id) => id.to_string(),
            TenantName::Login(host, login) => format!("{host}/{login}"),
        };
        self.tenants.as_ref().map(|tenants| tenants.iter().map(name).collect())
    }

    /// Whether tiers and groups hold for this owner's changes.
    pub fn is_for(&self, tenant: &Tenant) -> bool {
        self.holds_for(tenant)
    }

    fn usual_host(&self) -> Option<Host> {
        let mut counts: BTreeMap<&Host, usize> = BTreeMap::new();
        for account in self.people.iter().flat_map(|entry| &entry.accounts) {
            *counts.entry(account.host()).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(host, _)| host.clone());
        most.or_else(|| "github.com".parse().ok())
    }
}

/// An owner of whom only a name is known has a number that no forge gives.
fn tenant(name: TenantName) -> Tenant {
    match name {
        TenantName::Id(owner) => Tenant { owner, login: Login::from("") },
        TenantName::Login(host, login) => Tenant { owner: OwnerId::new(host, i64::MAX), login },
    }
}

impl From<&AccountRef> for NamedAccount {
    fn from(account: &AccountRef) -> Self {
        match account {
            AccountRef::Id(id) => Self { host: id.host.clone(), account: Ok(id.id) },
            AccountRef::Login(host, login) => Self { host: host.clone(), account: Err(login.as_str().into()) },
        }
    }
}

impl fmt::Display for NamedAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.account {
            Ok(number) => write!(f, "{}/{number}", self.host),
            Err(login) => write!(f, "{}/{login}", self.host),
        }
    }
}

impl AccountRef {
    fn host(&self) -> &Host {
        match self {
            Self::Id(id) => &id.host,
            Self::Login(host, _) => host,
        }
    }
}
