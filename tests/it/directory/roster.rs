//! What the gate is shown: tenants, pins, digests, freshness.

use seconder::directory::{Pins, Tenant, pin};
use seconder::gate::ids::{Host, Login};
use seconder::gate::people::{Roster, address_digest};

use super::{account, acme, directory, load, now, person, roster, tier, time};

const LOGINS: &str = "people:\n  - { id: ana, accounts: [github.com/7, { host: github.com, login: Ana-B }], emails: [Ana@acme.example] }\n  \
    - { id: jo, accounts: [{ host: github.com, login: jo }] }\nrobots: [{ host: github.com, login: helper }]";

fn pins(list: &[(&str, i64)]) -> Pins {
    let host: Host = "github.com".parse().expect("a host");
    list.iter().map(|(login, id)| (pin(&host, &Login::from(*login)), *id)).collect()
}

fn with_pins(lines: &str, list: &[(&str, i64)]) -> Roster {
    let directory = directory(lines);
    let pins = pins(list);
    directory.roster(&acme(), &pins, directory.snapshot(1, &pins))
}

fn owners(roster: &Roster) -> Vec<String> {
    roster.accounts.iter().map(|(account, person)| format!("{account} {}", person.0)).collect()
}

#[test]
fn a_login_counts_once_it_is_pinned() {
    let directory = directory(LOGINS);
    let open = |list: &[(&str, i64)]| {
        let open = directory.unpinned(&pins(list));
        open.into_iter().map(|(host, login)| format!("{host}/{login}")).collect::<Vec<_>>()
    };
    assert_eq!(open(&[]), ["github.com/ana-b", "github.com/helper", "github.com/jo"]);
    assert_eq!(open(&[("ANA-b", 70), ("helper", 90)]), ["github.com/jo"]);
    assert_eq!(owners(&with_pins(LOGINS, &[])), ["github.com/7 ana"]);
    let roster = with_pins(LOGINS, &[("ana-b", 70), ("helper", 90), ("jo", 8), ("stranger", 99)]);
    assert_eq!(owners(&roster), ["github.com/7 ana", "github.com/8 jo", "github.com/70 ana"]);
    assert_eq!(roster.robots.iter().map(ToString::to_string).collect::<Vec<_>>(), ["github.com/90"]);
}

#[test]
fn a_pin_that_makes_an_account_belong_to_two_makes_it_nobodys() {
    let roster = with_pins(LOGINS, &[("jo", 7), ("ana-b", 70)]);
    assert_eq!(owners(&roster), ["github.com/70 ana"]);
    assert!(person(&roster, "jo").accounts.is_empty());
    let roster = with_pins(LOGINS, &[("jo", 90), ("helper", 90)]);
    assert_eq!(owners(&roster), ["github.com/7 ana"], "a robot is not a person");
    let roster = with_pins(LOGINS, &[("jo", 0)]);
    assert_eq!(owners(&roster), ["github.com/7 ana"], "no account has the number 0");
}

#[test]
fn addresses_lead_to_people_in_any_case() {
    let roster = with_pins(LOGINS, &[]);
    assert_eq!(
        roster.person_by_address(&address_digest("ANA@ACME.example")).map(|person| person.id.0.as_str()),
        Some("ana")
    );
    assert_eq!(roster.person_by_address(&address_digest("jo@acme.example")), None);
}

#[test]
fn only_accounts_of_the_owners_host_are_shown() {
    let two = "people: [{ id: ana, accounts: [github.com/7, ghe.example.com/7] }]\nrobots: [ghe.example.com/9]";
    let roster = roster(two);
    assert_eq!(owners(&roster), ["github.com/7 ana"]);
    assert!(roster.robots.is_empty());
}

#[test]
fn tiers_hold_for_the_owners_that_are_named() {
    let people = "people: [{ id: ana, accounts: [github.com/7] }]";
    let known = |tenants: &str, owner: &str, login: &str| {
        let directory = directory(&format!("{tenants}\n{people}"));
        let tenant = Tenant { owner: owner.parse().unwrap(), login: login.into() };
        let roster = directory.roster(&tenant, &Pins::new(), directory.snapshot(1, &Pins::new()));
        assert_eq!(roster.tiers.names().len(), 4, "tiers are known everywhere, or policies could not be read");
        roster.person(&account("github.com/7")).is_some()
    };
    assert!(known("", "github.com/100", "acme"));
    assert!(known("tenants: [github.com/ACME]", "github.com/100", "acme"));
    assert!(known("tenants: [github.com/100]", "github.com/100", "renamed"));
    assert!(!known("tenants: [github.com/acme]", "github.com/200", "other"));
    assert!(!known("tenants: [github.com/200]", "github.com/100", "acme"));
    assert!(!known("tenants: [ghe.example.com/acme]", "github.com/100", "acme"));
}

#[test]
fn the_digest_moves_with_the_text_and_the_pins_in_use() {
    let one = directory(LOGINS);
    let digest = |list: &[(&str, i64)]| one.digest(&pins(list));
    assert_eq!(digest(&[]).len(), 64);
    assert_eq!(digest(&[]), directory(LOGINS).digest(&Pins::new()));
    assert_eq!(digest(&[]), digest(&[("stranger", 1)]), "nobody uses this pin");
    assert_ne!(digest(&[]), digest(&[("jo", 8)]));
    assert_ne!(digest(&[("jo", 8)]), digest(&[("jo", 9)]));
    assert_ne!(digest(&[]), directory(&format!("{LOGINS}\n# more")).digest(&Pins::new()));
    let snapshot = one.snapshot(4, &pins(&[("jo", 8)]));
    assert_eq!((snapshot.number, snapshot.digest, snapshot.taken_at), (4, digest(&[("jo", 8)]), now()));
}

#[test]
fn it_vouches_for_people_until_max_age_after_it_was_read() {
    let snapshot = directory("max_age: 48h").snapshot(1, &Pins::new());
    assert!(snapshot.is_fresh(time("2026-11-24T11:59:59Z")));
    assert!(!snapshot.is_fresh(time("2026-11-24T12:00:00Z")));
    assert_eq!(directory("").snapshot(1, &Pins::new()).fresh_until, None);
}

#[test]
fn several_files_make_one_directory_and_earlier_rules_win() {
    let rule =
        |id: &str, tier: &str| format!("tier_rules: [{{ id: {id}, attribute: level, matches: L5, tier: {tier} }}]");
    let a = format!("version: 1\ntiers: [junior, senior]\n{}\n", rule("a", "senior"));
    let b = format!("version: 1\npeople: [{{ id: e1, attributes: {{ level: L5 }} }}]\n{}\n", rule("b", "junior"));
    let of = |files: &[(&str, &str)]| {
        let (directory, _) = load(files).expect("a directory");
        let roster = directory.roster(&acme(), &Pins::new(), directory.snapshot(1, &Pins::new()));
        tier(&roster, "e1")
    };
    assert_eq!(of(&[("a.yml", &a), ("b.yml", &b)]), "senior by a");
    assert_eq!(of(&[("b.yml", &b), ("a.yml", &a)]), "junior by b");
}
