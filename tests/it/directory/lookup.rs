//! What people are told of a directory agrees with what the gate makes of it.

use proptest::prelude::*;
use seconder::directory::lookup::{Answer, Unfit};
use seconder::directory::{Directory, Pins};
use seconder::gate::evaluate::candidates::candidates;
use seconder::gate::people::Tier;
use seconder::gate::policy::Require;

use super::{acme, directory, load, now, with};

const ANYBODY: Require = Require {
    approvals: 1,
    tier: None,
    outranks_author: false,
    groups: Vec::new(),
    training: Vec::new(),
    write_access: false,
};

/// Why approvals of this person never count.
fn unfit(directory: &Directory, name: &str) -> Vec<Unfit> {
    match directory.lookup(name) {
        Answer::People(found) => found[0].unfit(Some(&acme()), now()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_address_of_two_people_leads_to_both() {
    // Ids may look like numbers of accounts: the question is then open, and both are told.
    let directory = directory("people: [{ id: \"7\", accounts: [github.com/8] }, { id: b, accounts: [github.com/7] }]");
    let Answer::People(found) = directory.lookup("7") else { panic!("somebody") };
    let ids: Vec<&str> = found.iter().map(|found| found.person().id.0.as_str()).collect();
    assert_eq!(ids, ["7", "b"]);
}

#[test]
fn an_account_on_another_host_is_none_here() {
    let lines = "people: [{ id: a, accounts: [ghe.example.com/7] }, { id: b, accounts: [github.com/7] }]";
    let directory = directory(lines);
    assert_eq!(unfit(&directory, "a"), [Unfit::NoNumberedAccount]);
    assert_eq!(unfit(&directory, "b"), []);
}

#[test]
fn stand_in_numbers_let_logins_be_counted_and_are_nobody_elses() {
    let directory = directory("people: [{ id: a, accounts: [{ host: github.com, login: ana }] }]");
    let count = |pins: &Pins| {
        let roster = directory.roster(&acme(), pins, directory.snapshot(1, pins));
        candidates(&ANYBODY, &roster, &acme().owner.host, Tier::Agent, now()).count()
    };
    assert_eq!((count(&Pins::new()), count(&directory.stand_in_pins())), (0, 1));
}

#[test]
fn an_owner_is_asked_for_by_login_or_number() {
    let tenants =
        directory("tenants: [github.com/acme, ghe.example.com/7]\npeople: [{ id: a, accounts: [github.com/1] }]");
    let is_for = |owner: Option<&str>| tenants.tenant(owner).is_some_and(|tenant| tenants.is_for(&tenant));
    assert!(is_for(None) && is_for(Some("acme")) && is_for(Some("ACME")) && is_for(Some("github.com/acme")));
    assert!(is_for(Some("ghe.example.com/7")));
    assert!(!is_for(Some("other")) && !is_for(Some("7")) && !is_for(Some("ghe.example.com/acme")));
    assert!(tenants.tenant(Some("github.com/")).is_none() && tenants.tenant(Some("a b/acme")).is_none());
}

prop_compose! {
    fn any_person()(
        employment in proptest::sample::select(vec!["employee", "contractor", "service"]),
        active in any::<bool>(),
        account in proptest::sample::select(vec!["", "github.com/N", "{ host: github.com, login: lN }", "ghe.example.com/N"]),
        grouped in any::<bool>(),
        level in proptest::sample::select(vec!["L3", "L5"]),
        exception in proptest::option::of(proptest::sample::select(vec!["2026-11-21", "2026-12-01"])),
    ) -> (String, Option<String>) {
        let groups = if grouped { "[g]" } else { "[]" };
        let person = format!(
            "{{ id: pN, employment: {employment}, active: {active}, accounts: [{account}], groups: {groups}, \
             attributes: {{ level: {level} }} }}"
        );
        let rule = |until| format!("{{ id: rN, person: pN, tier: mid, reason: x, until: {until} }}");
        (person, exception.map(rule))
    }
}

proptest! {
    /// The tier that people are told is the one that the gate sees, by the same rule; and whoever is told that approvals
    /// can count is one whom a rule without conditions would count.
    #[test]
    fn what_is_told_is_what_is_decided(people in proptest::collection::vec(any_person(), 1..6)) {
        let numbered = |text: &str, n: usize| text.replace('N', &(n + 1).to_string());
        let persons: Vec<_> = people.iter().enumerate().map(|(n, (person, _))| numbered(person, n)).collect();
        let rules: Vec<_> =
            people.iter().enumerate().filter_map(|(n, (_, rule))| Some(numbered(rule.as_ref()?, n) + ", ")).collect();
        let lines = format!(
            "people: [{}]\ngroups: [{{ id: g, vouched: true }}]\ntier_rules: [{}{{ id: by-group, groups: [g], tier: senior }}, \
             {{ id: by-level, attribute: level, matches: L5, tier: senior }}]",
            persons.join(", "),
            rules.concat(),
        );
        let (directory, _) = load(&[("d.yml", &with(&lines))]).expect("a good directory");
        let roster = directory.roster(&acme(), &Pins::new(), directory.snapshot(1, &Pins::new()));
        let host = acme().owner.host;
        for found in directory.everybody() {
            let person = &roster.people[&found.person().id];
            let told = found.grant(now()).map(|(grant, _)| grant);
            prop_assert_eq!(told, person.grant(now()));
            prop_assert_eq!(found.grants().count(), person.grants.len());
            let counts = candidates(&ANYBODY, &roster, &host, Tier::Agent, now()).any(|other| other.id == person.id);
            prop_assert_eq!(found.unfit(Some(&acme()), now()).is_empty(), counts, "{:?}", found);
        }
    }
}
