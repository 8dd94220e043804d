//! Who is this account, and how senior? The roster is the gate's view of one directory snapshot.
//!
//! Only account ids qualify anybody. E-mail addresses are here so that git identities can *add* a contributor or
//! *lower* a tier.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{AccountId, Login};

/// The organisation's tiers, lowest first. `agent` is built in below all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tiers(Vec<String>);

/// A tier: `agent`, or a place in [`Tiers`], counted from the lowest. Ordered by seniority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Below everybody; never approves.
    Agent,
    /// The n-th of the organisation's tiers, 0 being the lowest.
    Rank(u16),
}

impl Tiers {
    /// Takes names from lowest to highest. The caller has checked that they are distinct and that none is `agent`.
    pub fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    /// All names, lowest first.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// The tier of this name.
    pub fn find(&self, name: &str) -> Option<Tier> {
        if name == "agent" {
            return Some(Tier::Agent);
        }
        let rank = self.0.iter().position(|tier| tier == name)?;
        u16::try_from(rank).ok().map(Tier::Rank)
    }

    /// The name of this tier.
    pub fn name(&self, tier: Tier) -> &str {
        match tier {
            Tier::Agent => "agent",
            Tier::Rank(rank) => self.0.get(usize::from(rank)).map_or("unknown", String::as_str),
        }
    }

    /// The lowest tier of people: what unknown accounts are given.
    pub fn lowest(&self) -> Tier {
        Tier::Rank(0)
    }
}

/// A person's key within one directory: stable, chosen by the directory, e.g. an employee number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub String);

/// A tier that a rule gives a person, possibly for a limited time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The tier given.
    pub tier: Tier,
    /// The directory rule that gave it, for the record.
    pub rule: String,
    /// When it ends; the next grant in the list then holds.
    pub until: Option<Timestamp>,
}

/// Somebody in the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The directory's key.
    pub id: PersonId,
    /// All forge accounts of this person. They count once.
    pub accounts: BTreeSet<AccountId>,
    /// Tiers by the directory's ordered rules, first match first; the first that has not ended holds. Never empty. Once
    /// all have ended, the person has the lowest tier as an author and never qualifies.
    pub grants: Vec<Grant>,
    /// Whether the person still works here. Inactive people never qualify.
    pub is_active: bool,
    /// Whether approvals may count at all: false for service accounts, and for contractors without an explicit rule.
    pub may_approve: bool,
    /// Groups that this person is in, within this tenant, nested groups resolved.
    pub groups: BTreeSet<String>,
    /// Trainings that this person has completed.
    pub training: BTreeSet<String>,
}

impl Person {
    /// The tier that holds at this time, with the rule that gave it.
    pub fn grant(&self, now: Timestamp) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.until.is_none_or(|until| now < until))
    }
}

/// An e-mail address as the gate keeps it: SHA-256 of it, trimmed and lower-cased. Enough to recognise a contributor
/// again without storing addresses.
pub fn address_digest(email: &str) -> String {
    super::digest::sha256_hex(email.trim().to_lowercase())
}

/// One directory snapshot, seen from one tenant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Roster {
    /// The organisation's tiers.
    pub tiers: Tiers,
    /// Everybody, by key.
    pub people: BTreeMap<PersonId, Person>,
    /// Whose account is this?
    pub accounts: BTreeMap<AccountId, PersonId>,
    /// Whose address is this? By [`address_digest`]. Never qualifies anybody.
    pub emails: BTreeMap<String, PersonId>,
    /// Accounts that the directory names as service accounts or trusted robots: never people.
    pub robots: BTreeSet<AccountId>,
    /// Logins by account, for display only.
    #[serde(default)]
    pub logins: BTreeMap<AccountId, Login>,
    /// Where this came from.
    pub snapshot: Snapshot,
}

/// Which directory snapshot a verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Counts up with every snapshot that differs from the one before.
    pub number: i64,
    /// SHA-256 of its content, hex.
    pub digest: String,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// When it becomes too old to vouch for anybody; `None` when its sources have no freshness limit.
    pub fresh_until: Option<Timestamp>,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self { number: 0, digest: String::new(), taken_at: Timestamp::UNIX_EPOCH, fresh_until: None }
    }
}

impl Snapshot {
    /// Whether this snapshot may still vouch for people.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.fresh_until.is_none_or(|until| now < until)
    }
}

impl Roster {
    /// The person who owns this account.
    pub fn person(&self, account: &AccountId) -> Option<&Person> {
        self.people.get(self.accounts.get(account)?)
    }

    /// What to call a person: a login where one is known, else the directory's key.
    pub fn display_name(&self, id: &PersonId) -> String {
        let accounts = self.people.get(id).map(|person| &person.accounts);
        let login = accounts.into_iter().flatten().find_map(|account| self.logins.get(account));
        login.map_or_else(|| id.0.clone(), |login| format!("@{login}"))
    }

    /// The person whom the directory links to the address with this digest.
    pub fn person_by_address(&self, digest: &str) -> Option<&Person> {
        self.people.get(self.emails.get(digest)?)
    }
}

/// What a person could do at one moment: kept with an approval when it is first seen, so that a later promotion does
/// not make an old approval count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The tier that held.
    pub tier: Tier,
    /// The directory rule that gave it.
    pub rule: String,
    /// The groups the person was in.
    pub groups: BTreeSet<String>,
    /// The trainings the person had completed.
    pub training: BTreeSet<String>,
}
