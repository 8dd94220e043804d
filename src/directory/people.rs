//! People: all that the files say of them, but for the numbers of their logins.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::AccountRef;
use super::accounts::Owners;
use super::file::{DirectoryFile, Employment, PersonFile, all};
use super::groups::Groups;
use super::report::{Place, Report};
use super::tier_rules::{Known, TierRules};
use crate::gate::people::{Grant, Person, PersonId, Tier, Tiers};

/// A person, but for the numbers of their logins.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Without accounts: those depend on pins.
    pub(super) person: Person,
    /// Whether it is a machine, and its accounts robots.
    pub(super) is_service: bool,
    pub(super) accounts: BTreeSet<AccountRef>,
    pub(super) emails: BTreeSet<String>,
}

/// Tiers of people whom no rule matches.
pub(super) struct Defaults {
    pub(super) employee: Tier,
    pub(super) contractor: Tier,
}

/// Everybody, with groups and grants.
pub(super) fn people(
    files: &[DirectoryFile],
    tiers: &Tiers,
    defaults: &Defaults,
    owners: &Owners<'_>,
    read_at: Timestamp,
    report: &mut Report,
) -> Vec<Entry> {
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
    let entry = |(id, (person, groups)): (&str, (&PersonFile, BTreeSet<String>))| Entry {
        is_service: person.employment == Employment::Service,
        accounts: accounts.remove(id).unwrap_or_default(),
        emails: emails.remove(id).unwrap_or_default(),
        person: self::person(person, groups, &rules, defaults, read_at),
    };
    people.into_iter().map(entry).collect()
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

fn person(
    file: &PersonFile,
    groups: BTreeSet<String>,
    rules: &TierRules<'_>,
    defaults: &Defaults,
    read_at: Timestamp,
) -> Person {
    let by_default = |tier, rule: &str| Grant { tier, rule: rule.to_owned(), until: None };
    let mut grants = rules.grants(file, &groups, read_at);
    let may_approve = match file.employment {
        Employment::Employee => {
            grants.push(by_default(defaults.employee, "default.employee"));
            true
        }
        // A default must not follow a rule here: once the last exception has ended, nothing may vouch for them.
        Employment::Contractor if !grants.is_empty() => true,
        Employment::Contractor => {
            grants.push(by_default(defaults.contractor, "default.contractor"));
            false
        }
        Employment::Service => {
            grants = vec![by_default(Tier::Agent, "service")];
            false
        }
    };
    Person {
        id: PersonId(file.id.value.clone()),
        accounts: BTreeSet::new(),
        grants,
        is_active: file.active,
        may_approve,
        groups,
        training: file.training.iter().cloned().collect(),
    }
}
