//! The contributors as the directory knows them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::gate::contributors::{Contribution, Contributions, Role, Who};
use crate::gate::ids::AccountId;
use crate::gate::people::{Person, PersonId, Roster, Tier};

/// The contributors as the directory knows them.
pub(super) struct Contributors {
    /// Everybody whom the directory knows, with the first thing they did.
    people: BTreeMap<PersonId, Role>,
    /// Accounts that shaped the change, in the directory or not.
    accounts: BTreeMap<AccountId, Role>,
    /// Everybody's account, robots included; `None` when somebody's cannot be told. For exemptions, which name numbers.
    pub(super) all_accounts: Option<BTreeSet<AccountId>>,
    /// The tier that conditions on the author look at: the lowest of all; `None` when the directory is too
    /// old to tell, and then every such condition holds.
    pub(super) lowest: Option<Tier>,
    /// What `outranks_author` compares with: the highest of all.
    pub(super) highest: Tier,
}

impl Contributors {
    pub(super) fn resolve(contributions: &Contributions, roster: &Roster, now: Timestamp) -> Self {
        let mut resolved = Self {
            people: BTreeMap::new(),
            accounts: BTreeMap::new(),
            all_accounts: all_accounts(contributions),
            lowest: None,
            highest: Tier::Agent,
        };
        let mut on_platform = Vec::new();
        let mut anywhere = Vec::new();
        for Contribution { who, role } in &contributions.people {
            let person = resolved.note(who, *role, roster);
            let is_robot = matches!(who, Who::Account(account) if roster.robots.contains(account));
            if is_robot || (person.is_none() && matches!(who, Who::LinkedEmail(_))) {
                continue;
            }
            let (tier, highest) = tiers_as_author(person, roster, now);
            resolved.highest = resolved.highest.max(highest);
            anywhere.push(tier);
            on_platform.extend(role.is_on_platform().then_some(tier));
        }
        // A robot that the directory gives to somebody acts for that person.
        for who in &contributions.robots {
            resolved.note(who, Role::Operator, roster);
        }
        // A name in a commit can lower the tier that the platform vouches for, never raise it.
        let vouched = on_platform.into_iter().min().unwrap_or(Tier::Agent);
        let lowest = anywhere.into_iter().min().map_or(vouched, |tier| tier.min(vouched));
        resolved.lowest = roster.snapshot.is_fresh(now).then_some(lowest);
        resolved
    }

    /// Remembers what somebody did, and returns who that is in the directory.
    fn note<'r>(&mut self, who: &Who, role: Role, roster: &'r Roster) -> Option<&'r Person> {
        let person = match who {
            Who::Account(account) => {
                self.accounts.entry(account.clone()).or_insert(role);
                roster.person(account)
            }
            Who::Email(email) | Who::LinkedEmail(email) => roster.person_by_address(email),
            Who::Unknown => None,
        };
        if let Some(person) = person {
            self.people.entry(person.id.clone()).or_insert(role);
        }
        person
    }

    /// What this person did, if anything.
    pub(super) fn role(&self, person: &PersonId) -> Option<Role> {
        self.people.get(person).copied()
    }

    /// What this account did, if anything.
    pub(super) fn account_role(&self, account: &AccountId) -> Option<Role> {
        self.accounts.get(account).copied()
    }
}

/// Everybody's account, robots included; `None` when somebody's cannot be told.
fn all_accounts(contributions: &Contributions) -> Option<BTreeSet<AccountId>> {
    let everybody = contributions.people.iter().map(|done| &done.who).chain(&contributions.robots);
    let by_number = everybody.filter(|who| !matches!(who, Who::LinkedEmail(_)));
    let account = |who: &Who| match who {
        Who::Account(account) => Some(account.clone()),
        Who::Email(_) | Who::LinkedEmail(_) | Who::Unknown => None,
    };
    by_number.map(account).collect()
}

/// The tier of a contributor for conditions on the author, and for `outranks_author`. Somebody unknown has the lowest
/// tier; somebody who left has it as author, and still has to be outranked.
fn tiers_as_author(person: Option<&Person>, roster: &Roster, now: Timestamp) -> (Tier, Tier) {
    let lowest = roster.tiers.lowest();
    let granted = person.and_then(|person| person.grant(now)).map_or(lowest, |grant| grant.tier);
    let is_here = person.is_some_and(|person| person.is_active);
    (if is_here { granted } else { granted.min(lowest) }, granted)
}
