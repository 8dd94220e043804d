//! People: all that the files say of them, but for the numbers of their logins.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::AccountRef;
use super::accounts::Owners;
use super::file::{DirectoryFile, Employment, PersonFile, all};
use super::groups::Groups;
use super::lookup::{Basis, Trust};
use super::report::{Place, Report};
use super::tier_rules::{Known, TierRules};
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

/// Everybody, with groups and grants; and all groups.
pub(super) fn people(
    files: &[DirectoryFile],
    tiers: &Tiers,
    defaults: &Defaults,
    owners: &Owners<'_>,
    read_at: Timestamp,
    report: &mut Report,
) -> (Vec<Entry>, BTreeMap<String, Trust>) {
    let listed = listed(files, report);
    let ids: BTreeSet<&str> = listed.keys().copied().collect();
    let groups = Groups::new(files, report);
    let mut members = groups.members(files, &ids, report);
    let rules = TierRules::new(files, &Known { tiers, people: &ids, owners, groups: &groups, read_at }, report);
    let mut groups_of = |id: &str| members.remove(&PersonId(id.to_owned())).unwrap_or_default();
    let people: BTreeMap<_, _> = listed.into_iter().map(|(id, person)| (id, (person, groups_of(id)))).collect();
    if !report.has_errors() {
        rules.warn_of_unused(&people, report);
    }
    let (mut accounts, mut emails) = (owners.accounts(), owners.emails());
    let entry = |(id, (person, groups)): (&str, (&PersonFile, BTreeSet<String>))| {
        let granted = rules.grants(person, &groups, read_at);
        let entry = self::entry(person, groups, granted, defaults);
        let (accounts, emails) = (accounts.remove(id).unwrap_or_default(), emails.remove(id).unwrap_or_default());
        Entry { accounts, emails, ..entry }
    };
    (people.into_iter().map(entry).collect(), groups.trust())
}

/// All people by id, each of which is given to one of them.
fn listed<'a>(files: &'a [DirectoryFile], report: &mut Report) -> BTreeMap<&'a str, &'a PersonFile> {
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
    first.into_iter().map(|(id, (_, person))| (id, person)).collect()
}

/// A person without accounts and addresses.
fn entry(file: &PersonFile, groups: BTreeSet<String>, mut granted: Vec<(Grant, Basis)>, defaults: &Defaults) -> Entry {
    let by_default = |tier, rule: &str| Grant { tier, rule: rule.to_owned(), until: None };
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
