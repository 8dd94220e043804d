//! Groups that a GitLab keeps: how files name them, what readings make of them, and which readings wait.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use seconder::directory::readings::{Readings, accepted, difference, taken};
use seconder::directory::{Directory, Pins, Tenant, pin};
use seconder::gate::ids::{Host, Login};
use seconder::gate::membership::{GroupName, Kept, Reach, Reading, Source};
use seconder::gate::people::{PersonId, Roster, Tier};

use super::{account, load, now, with};

const HOST: &str = "gitlab.example.com";

fn host() -> Host {
    HOST.parse().expect("a host")
}

fn source(group: &str) -> Source {
    Source { host: host(), group: GroupName::of(group), reach: Reach::Direct }
}

fn reading(members: &[i64], read_at: Timestamp) -> Reading {
    Reading { members: members.iter().copied().collect(), read_at }
}

fn seniors(members: &[i64]) -> Readings {
    BTreeMap::from([(source("acme/seniors"), reading(members, now()))])
}

/// A directory with a group `seniors`, which grants a tier, and these people.
fn file(people: &str) -> String {
    with(&format!(
        "people: [{people}]\ngroups:\n- {{ id: seniors, vouched: true, gitlab: {{ host: {HOST}, group: Acme/Seniors }} }}\n\
         tier_rules:\n- {{ id: group, groups: [seniors], tier: senior }}\n- {{ id: level, attribute: level, matches: L6, tier: principal }}"
    ))
}

fn directory(people: &str) -> Directory {
    load(&[("d.yml", &file(people))]).expect("a directory").0
}

fn tenant() -> Tenant {
    Tenant { owner: format!("{HOST}/100").parse().expect("an owner"), login: "acme".into() }
}

fn roster_with(people: &str, members: &[i64], pins: &Pins) -> Roster {
    let directory = directory(people).with(&seniors(members), pins);
    directory.roster(&tenant(), pins, directory.snapshot(1, pins))
}

/// Who has which accounts, and is in which groups.
fn told(roster: &Roster) -> Vec<String> {
    let person = |(id, person): (&PersonId, &seconder::gate::people::Person)| {
        let accounts: Vec<String> = person.accounts.iter().map(|account| account.id.to_string()).collect();
        let groups: Vec<&str> = person.groups.iter().map(String::as_str).collect();
        format!("{}: {} {}", id.0, accounts.join("+"), groups.join("+"))
    };
    roster.people.iter().map(person).collect()
}

#[test]
fn members_are_the_people_whom_the_files_name_and_others_by_their_numbers() {
    let people = format!("{{ id: ana, accounts: [{HOST}/1, github.com/5] }}, {{ id: jo, accounts: [{HOST}/2] }}");
    let roster = roster_with(&people, &[1, 3], &Pins::new());
    assert_eq!(told(&roster), ["ana: 1 seniors", "gitlab.example.com/3: 3 seniors", "jo: 2 "]);
    let grant = roster.person(&account(&format!("{HOST}/3"))).and_then(|person| person.grant(now())).cloned();
    assert_eq!(grant.map(|grant| (grant.tier, grant.rule)), Some((Tier::Rank(2), "group".to_owned())));
}

#[test]
fn a_login_counts_as_the_account_that_it_is_pinned_to() {
    let people = format!("{{ id: ana, accounts: [{{ host: {HOST}, login: ana }}] }}");
    let pins = Pins::from([(pin(&host(), &Login::from("ana")), 1)]);
    assert_eq!(told(&roster_with(&people, &[1], &pins)), ["ana: 1 seniors"]);
}

#[test]
fn robots_and_accounts_of_two_people_are_no_members() {
    let people =
        format!("{{ id: ana, accounts: [{HOST}/1] }}, {{ id: jo, accounts: [{{ host: {HOST}, login: jo }}] }}");
    let pins = Pins::from([(pin(&host(), &Login::from("jo")), 1)]);
    assert_eq!(told(&roster_with(&people, &[1], &pins)), ["ana:  ", "jo:  "]);
    let text = file("") + &format!("robots: [{HOST}/9]\n");
    let directory = load(&[("d.yml", &text)]).expect("a directory").0.with(&seniors(&[9]), &Pins::new());
    let roster = directory.roster(&tenant(), &Pins::new(), directory.snapshot(1, &Pins::new()));
    assert!(roster.people.is_empty() && roster.accounts.is_empty(), "{roster:?}");
}

#[test]
fn a_group_that_was_never_read_raises_nobody_and_lowers_whom_it_might_lower() {
    let people = format!("{{ id: ana, accounts: [{HOST}/1], attributes: {{ level: L6 }} }}");
    let unread = directory(&people);
    let tier = |directory: &Directory| {
        let roster = directory.roster(&tenant(), &Pins::new(), directory.snapshot(1, &Pins::new()));
        roster.person(&account(&format!("{HOST}/1"))).and_then(|person| person.grant(now())).map(|grant| grant.tier)
    };
    assert_eq!(tier(&unread), Some(Tier::Rank(2)), "she might be in the group, whose rule comes first");
    assert_eq!(tier(&unread.clone().with(&seniors(&[1]), &Pins::new())), Some(Tier::Rank(2)));
    assert_eq!(tier(&unread.clone().with(&seniors(&[]), &Pins::new())), Some(Tier::Rank(3)));
    assert_eq!(unread.unread().count(), 1);
}

#[test]
fn what_was_read_is_good_for_48_hours_or_for_max_age() {
    let until = |text: &str| {
        let read = BTreeMap::from([(source("acme/seniors"), reading(&[1], now() - SignedDuration::from_hours(1)))]);
        let directory = load(&[("d.yml", text)]).expect("a directory").0.with(&read, &Pins::new());
        directory.snapshot(1, &Pins::new()).fresh_until.map(|until| until.duration_since(now()).as_hours())
    };
    assert_eq!(until(&file("")), Some(47));
    assert_eq!(until(&(file("") + "max_age: 8h\n")), Some(7));
    let without = with("people: []");
    assert_eq!(until(&without), None);
}

#[test]
fn the_digest_covers_who_is_in_groups_and_not_when_they_were_asked() {
    let digest = |members: &[i64], hours: i64| {
        let at = now() + SignedDuration::from_hours(hours);
        let read = BTreeMap::from([(source("acme/seniors"), reading(members, at))]);
        directory("").with(&read, &Pins::new()).digest(&Pins::new())
    };
    assert_eq!(digest(&[1, 2], 0), digest(&[2, 1], 5));
    assert_ne!(digest(&[1, 2], 0), digest(&[1, 3], 0));
    assert_ne!(digest(&[], 0), directory("").digest(&Pins::new()), "read to be empty is not unread");
}

#[test]
fn mistakes_are_named_with_their_places() {
    let wrong = |group: &str| {
        let text = with(&format!("groups:\n- {{ id: s, vouched: true, gitlab: {group} }}"));
        let findings = load(&[("d.yml", &text)]).expect_err("an error");
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(wrong("{ host: 'https://gitlab.com', group: acme }"), @"d.yml:4:43: `https://gitlab.com` is not a host (write e.g. `gitlab.com`, without https://)");
    insta::assert_snapshot!(wrong("{ host: gitlab.com, group: /acme/ }"), @"d.yml:4:62: `/acme/` is neither the path of a group nor its number (write e.g. `acme/engineering/seniors`, or the group's number)");
    insta::assert_snapshot!(wrong("{ host: gitlab.com, group: 0 }"), @"d.yml:4:62: `0` is neither the path of a group nor its number (write e.g. `acme/engineering/seniors`, or the group's number)");
    insta::assert_snapshot!(wrong("{ host: gitlab.com, group: acme, members: some }"), @"d.yml:4:77: `some` is not known here (use `direct` or `all`)");
    insta::assert_snapshot!(wrong("{ host: gitlab.com, group: [acme] }"), @"d.yml:4:62: a group is named by its path, such as acme/seniors, or by its number");
    insta::assert_snapshot!(wrong("{ host: gitlab.com }"), @"d.yml:4:37: the key `group` is missing (add `group`)");
}

#[test]
fn a_key_that_could_be_a_members_is_refused() {
    let text = file(&format!("{{ id: \"{HOST}/7\", accounts: [{HOST}/8] }}"));
    let findings = load(&[("d.yml", &text)]).expect_err("an error");
    assert!(findings[0].to_string().contains("could be that of a member"), "{findings:?}");
    assert!(load(&[("d.yml", &file(&format!("{{ id: \"github.com/7\", accounts: [{HOST}/8] }}")))]).is_ok());
}

#[test]
fn a_group_that_nobody_answers_for_is_no_source_whether_or_not_a_tier_rests_on_it() {
    let unvouched = file("").replace("vouched: true, ", "");
    let (without_rules, _) = unvouched.split_once("tier_rules").expect("rules");
    for text in [unvouched.as_str(), without_rules] {
        let findings = load(&[("d.yml", text)]).expect_err("an error");
        let says = |words: &str| findings.iter().any(|finding| finding.to_string().contains(words));
        assert!(says("nobody answers for who is in the group `seniors`"), "{findings:?}");
    }
    assert!(load(&[("d.yml", &file("").replace("vouched: true", "synced_from: okta"))]).is_ok());
}

#[test]
fn only_hosts_that_are_configured_can_be_asked() {
    let directory = directory("");
    let configured =
        |names: &[&str]| names.iter().map(|name| name.parse().expect("a host")).collect::<BTreeSet<Host>>();
    assert!(directory.check_hosts(&configured(&[HOST, "gitlab.com"])).is_ok());
    let findings = directory.check_hosts(&configured(&["gitlab.com"])).expect_err("an error");
    insta::assert_snapshot!(findings[0].to_string(), @"d.yml:5:41: no GitLab gitlab.example.com is configured, so the members of acme/seniors cannot be asked for (the server's configuration has `gitlab.com`; add a [[gitlab]] table for this one)");
}

/// What happens to a group of so many when so many join and leave: how many are members then, and whether it is held.
#[track_caller]
fn check(before: i64, joining: i64, leaving: i64, expected: (usize, bool)) {
    let members = |range: std::ops::Range<i64>| range.map(|n| n + 1).collect::<Vec<_>>();
    let kept = Kept::first(reading(&members(0..before), now()));
    let later = now() + SignedDuration::from_hours(2);
    let found = reading(&members(leaving..before + joining), later);
    let then = taken(kept.clone(), found.clone());
    assert_eq!((then.reading.members.len(), then.held.is_some()), expected, "{before} +{joining} -{leaving}");
    assert_eq!(then.reading.read_at == later, !expected.1, "what is held confirms nothing");
    if expected.1 {
        let through = accepted(then.clone());
        assert_eq!((through.reading, through.held), (found, None));
        let told = difference(&then).expect("a difference");
        assert_eq!(told.joining, usize::try_from(joining).unwrap_or_default());
    }
}

#[test]
fn a_few_may_join_and_leave_and_many_wait() {
    check(3, 5, 0, (8, false));
    check(3, 6, 0, (3, true));
    check(100, 10, 0, (110, false));
    check(100, 11, 0, (100, true));
    check(3, 0, 3, (0, false));
    check(10, 0, 5, (5, false));
    check(10, 0, 6, (10, true));
    check(100, 0, 20, (80, false));
    check(100, 0, 21, (100, true));
    // A few who leave do so, whoever else joins.
    check(10, 6, 2, (8, true));
    check(10, 6, 6, (10, true));
}

#[test]
fn those_who_join_are_counted_over_an_hour() {
    let at = |minutes: i64| now() + SignedDuration::from_mins(minutes);
    let all = |count: i64| (1..=count).collect::<Vec<_>>();
    let mut kept = Kept::first(reading(&all(2), at(0)));
    for n in 1..=5 {
        kept = taken(kept, reading(&all(2 + n), at(n)));
        assert_eq!(kept.held, None, "{n}");
    }
    let held = taken(kept.clone(), reading(&all(8), at(6)));
    assert_eq!((held.reading.members.len(), held.held.is_some()), (7, true));
    assert_eq!(taken(kept, reading(&all(8), at(66))).reading.members.len(), 8);
    let back = taken(held, reading(&all(7), at(7)));
    assert_eq!((back.reading.members.len(), back.held), (7, None), "what was held is no more");
}
