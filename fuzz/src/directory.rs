//! A directory file, and whom it makes senior.

use jiff::Timestamp;
use seconder::directory::{Directory, Pins, Tenant};
use seconder::gate::ids::{Host, Login, OwnerId};
use seconder::gate::people::{Roster, Tier};

use super::findings;

const FILE: &str = "directory.yml";

/// Holds a directory file to the laws of directories.
pub fn hold(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let now: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
    let (directory, warnings) = match Directory::load(&[(FILE, text)], now) {
        Ok(loaded) => loaded,
        Err(errors) => return findings::are_refusals(&errors, text),
    };
    findings::are_warnings(&warnings, text);
    let (again, _) = Directory::load(&[(FILE, text)], now).unwrap();
    assert_eq!(directory.digest(&Pins::new()), again.digest(&Pins::new()), "the same files are the same directory");
    assert!(!directory.tiers().names().is_empty(), "there are tiers");

    let host: Host = "github.com".parse().unwrap();
    let tenant = Tenant { owner: OwnerId::new(host, 1), login: Login::from("acme") };
    let shown = |pins: &Pins| directory.roster(&tenant, pins, directory.snapshot(1, pins));
    let unpinned = shown(&Pins::new());
    is_sound(&unpinned, &tenant, directory.tiers().names().len());
    // Every login that waits for its number gets one, some of them the same.
    let open = directory.unpinned(&Pins::new());
    let pins: Pins = (1..).zip(open).map(|(n, (host, login))| ((host, login.as_str().to_owned()), n / 2 + 1)).collect();
    is_sound(&shown(&pins), &tenant, directory.tiers().names().len());
    assert!(directory.unpinned(&pins).is_empty(), "a login that has its number is not asked for again");
}

/// An account leads to one person of the tenant's host, never to a robot, and nobody has a tier that there is not.
fn is_sound(roster: &Roster, tenant: &Tenant, tiers: usize) {
    for (account, id) in &roster.accounts {
        assert_eq!(account.host, tenant.owner.host, "{account} is of another host");
        assert!(account.id > 0, "{account} is no account");
        let person = &roster.people[id];
        assert!(person.accounts.contains(account), "{account} leads to {id:?} and not back");
        assert!(!roster.robots.contains(account) || !person.may_approve, "{account} is a robot that may approve");
    }
    for (id, person) in &roster.people {
        assert_eq!(*id, person.id);
        for grant in &person.grants {
            match grant.tier {
                Tier::Rank(rank) => assert!(usize::from(rank) < tiers, "{id:?} has a tier that there is not"),
                Tier::Agent => assert!(!person.may_approve, "{id:?} is a machine that may approve"),
            }
        }
    }
    let kept: Roster = serde_json::from_value(serde_json::to_value(roster).unwrap()).unwrap();
    assert_eq!(kept, *roster, "a roster can be kept");
}
