//! Directory files: what is wrong with them, and the roster they make.

mod diagnostics;
mod files;
mod lookup;
mod members;
mod roster;
mod stories;

use jiff::Timestamp;
use seconder::directory::{Directory, Pins, Tenant};
use seconder::gate::ids::AccountId;
use seconder::gate::people::{Person, PersonId, Roster};
use seconder::gate::policy::diagnostic::Diagnostic;

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// When the files of these tests are read.
fn now() -> Timestamp {
    time("2026-11-22T12:00:00Z")
}

fn account(text: &str) -> AccountId {
    text.parse().expect("an account")
}

/// `github.com/acme`, number 100.
fn acme() -> Tenant {
    Tenant { owner: "github.com/100".parse().expect("an owner"), login: "acme".into() }
}

/// A good file with these lines after the usual ones.
fn with(lines: &str) -> String {
    format!("version: 1\ntiers: [junior, mid, senior, principal]\n{lines}\n")
}

fn load(files: &[(&str, &str)]) -> Result<(Directory, Vec<Diagnostic>), Vec<Diagnostic>> {
    Directory::load(files, now())
}

#[track_caller]
fn directory(lines: &str) -> Directory {
    match load(&[("d.yml", &with(lines))]) {
        Ok((directory, _)) => directory,
        Err(findings) => panic!("{findings:#?}"),
    }
}

#[track_caller]
fn roster(lines: &str) -> Roster {
    let directory = directory(lines);
    directory.roster(&acme(), &Pins::new(), directory.snapshot(1, &Pins::new()))
}

fn person<'a>(roster: &'a Roster, id: &str) -> &'a Person {
    roster.people.get(&PersonId(id.to_owned())).expect("somebody")
}

/// The tier that a person has at this time, and the rule that gave it.
fn tier_at(roster: &Roster, id: &str, now: Timestamp) -> String {
    match person(roster, id).grant(now) {
        Some(grant) => format!("{} by {}", roster.tiers.name(grant.tier), grant.rule),
        None => "none".to_owned(),
    }
}

fn tier(roster: &Roster, id: &str) -> String {
    tier_at(roster, id, now())
}
