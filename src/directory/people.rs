//! People: all that the files say of them, but for the numbers of their logins.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::accounts::Owners;
use super::file::{DirectoryFile, Employment, PersonFile, all};
use super::groups::Groups;
use super::lookup::{Basis, Trust};
use super::readings::Readings;
use super::report::{Place, Report};
use super::sources::{self, Members, Named};
use super::tier_rules::{Granted, Known, TierRules};
use super::{AccountRef, Pins};
use crate::gate::membership::Source;
use crate::gate::people::{Grant, Person, PersonId, Tier, Tiers};

/// A person, but for the numbers of their logins.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Without accounts: those depend on pins.
    pub(super) person: Person,
    pub(super) accounts: BTreeSet<AccountRef>,
    pub(super) emails: BTreeSet<String>,
    /// What each of the person's grants rests on, in their order.
    pub(super) bases: Vec<Basis>,
    pub(super) employment: Employment,
}

impl Entry {
    /// Whether it is a machine, and its accounts robots.
    pub(super) fn is_service(&self) -> bool {
        self.employment == Employment::Service
    }
}

/// Tiers of people whom no rule matches.
pub(super) struct Defaults {
    pub(super) employee: Tier,
    pub(super) contractor: Tier,
}

/// What is said of groups beside the files: who is in them, and which accounts logins are.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) readings: &'a Readings,
    pub(super) pins: &'a Pins,
}

/// Everybody, and all groups.
pub(super) struct Everybody {
    /// With groups and grants.
    pub(super) people: Vec<Entry>,
    pub(super) groups: BTreeMap<String, Trust>,
    pub(super) sources: BTreeMap<Source, Named>,
}

/// Everybody of the files, and every member of a group whom they do not name.
pub(super) fn people(
    files: &[DirectoryFile],
    tiers: &Tiers,
    defaults: &Defaults,
    owners: &Owners<'_>,
    (told, read_at): (Told<'_>, Timestamp),
    report: &mut Report,
) -> Everybody {
    let listed = listed(files, report);
    let ids: BTreeSet<&str> = listed.keys().copied().collect();
    let groups = Groups::new(files, report);
    sources::check_keys(&listed, &groups, report);
    let told_members = Members::new(&groups, owners, told.readings, told.pins);
    let mut members = groups.members(files, &ids, &told_members.joined, report);
    let rules = TierRules::new(files, &Known { tiers, people: &ids, owners, groups: &groups, read_at }, report);
    let sources = sources::named(&groups);
    let strangers: Vec<_> = told_members.strangers.iter().map(|one| (one, sources::stranger(one))).collect();
    let mut groups_of = |id: &str| members.remove(&PersonId(id.to_owned())).unwrap_or_default();
    let mut people: BTreeMap<&str, (&PersonFile, BTreeSet<String>)> =
        listed.into_iter().map(|(id, (_, person))| (id, (person, groups_of(id)))).collect();
    if !report.has_errors() {
        rules.warn_of_unused(&people, &groups, report);
    }
    for (_, stranger) in &strangers {
        let id = stranger.id.value.as_str();
        people.insert(id, (stranger, groups_of(id)));
    }
    let (mut accounts, mut emails) = (owners.accounts(), owners.emails());
    let only: BTreeMap<&str, AccountRef> =
        strangers.iter().map(|(account, file)| (file.id.value.as_str(), AccountRef::Id((*account).clone()))).collect();
    let entry = |(id, (person, groups_of)): (&str, (&PersonFile, BTreeSet<String>))| {
        let granted = rules.grants(person, &groups_of, read_at, &|group| groups.is_unread(group, told.readings));
        let entry = self::entry(person, groups_of, granted, defaults);
        let (mut accounts, emails) = (accounts.remove(id).unwrap_or_default(), emails.remove(id).unwrap_or_default());
        accounts.extend(only.get(id).cloned());
        Entry { accounts, emails, ..entry }
    };
    Everybody { people: people.into_iter().map(entry).collect(), groups: groups.trust(), sources }
}

/// All people by id, each of which is given to one of them.
fn listed<'a>(files: &'a [DirectoryFile], report: &mut Report) -> BTreeMap<&'a str, (Place, &'a PersonFile)> {
    let mut first: BTreeMap<&str, (Place, &PersonFile)> = BTreeMap::new();
    for (file, person) in all(files, |content| &content.people) {
        let (id, place) = (person.id.value.as_str(), Place::of(file, &person.id));
        if id.trim().is_empty() {
            report.error(place, "a person has no key", "give it an `id`, such as an employee number");
        }
        if let Some((first, _)) = first.get(id) {
            report.conflict(place, *first, &format!("the person `{id}` is listed twice"));
        } else {
            first.insert(id, (place, person));
        }
    }
    first
}

/// A person without accounts and addresses.
fn entry(file: &PersonFile, groups: BTreeSet<String>, granted: Granted, defaults: &Defaults) -> Entry {
    let Granted { mut granted, at_most } = granted;
    let by_default = |tier: Tier, rule: &str| {
        let tier = at_most.map_or(tier, |most| tier.min(most));
        Grant { tier, rule: rule.to_owned(), until: None }
    };
    let may_approve = match file.employment {
        Employment::Employee => {
            granted.push((by_default(defaults.employee, "default.employee"), Basis::Default));
            true
        }
        // A default must not follow a rule here: once the last exception has ended, nothing may vouch for them.
        Employment::Contractor if !granted.is_empty() => true,
        Employment::Contractor => {
            granted.push((by_default(defaults.contractor, "default.contractor"), Basis::Default));
            false
        }
        Employment::Service => {
            granted = vec![(by_default(Tier::Agent, "service"), Basis::Service)];
            false
        }
    };
    let (grants, bases) = granted.into_iter().unzip();
    let person = Person {
        id: PersonId(file.id.value.clone()),
        accounts: BTreeSet::new(),
        grants,
        is_active: file.active,
        may_approve,
        groups,
        training: file.training.iter().cloned().collect(),
    };
    Entry { person, accounts: BTreeSet::new(), emails: BTreeSet::new(), bases, employment: file.employment }
}
