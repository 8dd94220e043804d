//! Who occurs in the tables, and what the forge, the catalogue and the directory know about them.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use seconder::gate::change::{Actor, ActorKind, GitIdentity};
use seconder::gate::contributors::Automation;
use seconder::gate::ids::{AccountId, CommitSha, Host};
use seconder::gate::people::{Grant, Person, PersonId, Roster, Snapshot, Tiers, address_digest};

/// Everybody who occurs, by the number of their account.
const LOGINS: &[&str] = &[
    "jo",
    "max",
    "sam",
    "sal",
    "sue",
    "pia",
    "pat",
    "eve",
    "old-timer",
    "sam-at-home",
    "copilot",
    "renovate",
    "ci-user",
    "agent-user",
    "importer",
    "org",
];

/// Who is in the directory, with which tier.
const PEOPLE: &[(&str, &str)] = &[
    ("jo", "junior"),
    ("max", "mid"),
    ("sam", "senior"),
    ("sal", "senior"),
    ("sue", "senior"),
    ("pia", "principal"),
    ("pat", "principal"),
];

pub(super) const TIERS: [&str; 4] = ["junior", "mid", "senior", "principal"];

pub(super) fn host() -> Host {
    "github.com".parse().expect("a host")
}

pub(super) fn account(login: &str) -> AccountId {
    let place = LOGINS.iter().position(|known| *known == login).expect("a login of the cast");
    AccountId::new(host(), i64::try_from(place).expect("a small number") + 1)
}

pub(super) fn actor(login: &str) -> Actor {
    let kind = match login {
        "copilot" | "renovate" => ActorKind::Bot,
        "importer" => ActorKind::Mannequin,
        "org" => ActorKind::Organization,
        _ => ActorKind::User,
    };
    Actor { account: account(login), login: login.into(), kind }
}

/// A commit's name made of a word: `head`, `before`, …
pub(super) fn sha(word: &str) -> CommitSha {
    let digits = word.bytes().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"));
    format!("{digits:0<40.40}").parse().expect("hex digits")
}

/// Minutes after the change was opened.
pub(super) fn minute(minutes: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 50) + SignedDuration::from_mins(minutes)
}

/// An identity that the forge links to the account of this login.
pub(super) fn linked(login: &str) -> GitIdentity {
    GitIdentity { account: Some(actor(login)), ..address(&format!("{login}@home.test")) }
}

/// An identity that the forge links to nobody.
pub(super) fn address(email: &str) -> GitIdentity {
    GitIdentity { name: "Somebody".to_owned(), email: email.to_owned(), account: None, date: None }
}

/// A small stand-in for the catalogue: what it knows is written in the addresses and logins of the cast.
pub(super) struct Catalogue;

impl Automation for Catalogue {
    fn is_agent_account(&self, actor: &Actor) -> bool {
        matches!(actor.login.as_str(), "copilot" | "agent-user")
    }

    fn names_its_requester(&self, agent: &Actor) -> bool {
        agent.login.as_str() == "copilot"
    }

    fn is_of_such_an_agent(&self, identity: &GitIdentity) -> bool {
        identity.account.as_ref().is_some_and(|account| self.names_its_requester(account))
    }

    fn is_agent_identity(&self, identity: &GitIdentity) -> bool {
        identity.email.ends_with("@agent.test")
    }

    fn is_automation_account(&self, actor: &Actor) -> bool {
        actor.login.as_str() == "renovate"
    }

    fn is_automation_identity(&self, identity: &GitIdentity) -> bool {
        identity.email.ends_with("@automation.test")
    }

    fn is_forge_identity(&self, identity: &GitIdentity, host: &Host) -> bool {
        host.as_str() == "github.com" && identity.email == "noreply@github.com"
    }

    fn co_authors(&self, message: &str) -> Vec<(String, String)> {
        let trailers = message.lines().filter_map(|line| line.strip_prefix("Co-authored-by: "));
        trailers.map(|email| ("Somebody".to_owned(), email.to_owned())).collect()
    }

    fn noreply_account(&self, email: &str, host: &Host) -> Option<i64> {
        let (number, _) = email.strip_suffix(&format!("@users.noreply.{host}"))?.split_once('+')?;
        number.parse().ok()
    }
}

pub(super) fn roster() -> Roster {
    let tiers = Tiers::new(TIERS.map(str::to_owned).to_vec());
    let mut roster = Roster { tiers, ..Roster::default() };
    roster.snapshot = Snapshot { number: 1, taken_at: minute(0), ..Snapshot::default() };
    for login in LOGINS {
        roster.logins.insert(account(login), (*login).into());
    }
    roster.robots.insert(account("ci-user"));
    for (login, tier) in PEOPLE {
        add(&mut roster, login, tier);
    }
    roster
}

fn add(roster: &mut Roster, login: &str, tier: &str) {
    let id = PersonId(format!("p-{login}"));
    let grant = Grant { tier: roster.tiers.find(tier).expect("a tier"), rule: "test".to_owned(), until: None };
    let person = Person {
        id: id.clone(),
        accounts: BTreeSet::from([account(login)]),
        grants: vec![grant],
        is_active: true,
        may_approve: true,
        groups: BTreeSet::new(),
        training: BTreeSet::new(),
    };
    roster.people.insert(id.clone(), person);
    roster.accounts.insert(account(login), id.clone());
    roster.emails.insert(address_digest(&format!("{login}@acme.test")), id);
}
