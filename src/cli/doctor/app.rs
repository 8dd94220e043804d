//! The App: whether its key works, the clock, and what it may do and is told.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::finding::Finding;
use crate::forge::github::requirements::{EVENTS, Event, Level, PERMISSIONS, Permission};
use crate::forge::github::{App, Error};
use crate::gate::ids::Host;

/// GitHub takes tokens that are made a minute before its own time, and none that end more than ten minutes after it.
const CLOCK_WARNING: SignedDuration = SignedDuration::from_secs(30);
const CLOCK_ERROR: SignedDuration = SignedDuration::from_secs(60);

/// Whether GitHub knows the App by its key.
pub(super) fn key(host: &Host, read: &Result<App, Error>) -> Finding {
    let id = "app-key";
    match read {
        Ok(app) => Finding::ok(id, host, format!("the key is that of the App {}", app.slug)),
        Err(Error::Unauthorized { .. } | Error::NotFound { .. }) => {
            Finding::error(id, host, "GitHub does not accept the App's number and key")
                .why("nothing can be read or published")
                .remedy(
                    "compare app_id with the App's settings page (General, About), and make a new private key there if the file \
                     is not one of its keys; check the clock of this machine as well",
                )
        }
        Err(error) => Finding::error(id, host, format!("the App could not be asked for: {error}"))
            .why("nothing else on this host could be looked at")
            .remedy("check api_url, and that this machine reaches it (proxy, firewall, certificates)"),
    }
}

/// Whether this machine's clock agrees with GitHub's.
pub(super) fn clock(host: &Host, ahead: Option<SignedDuration>) -> Finding {
    let id = "clock";
    let Some(ahead) = ahead else {
        return Finding::info(id, host, "could not be checked: GitHub's answer did not tell the time");
    };
    let seconds = ahead.abs().as_secs();
    let direction = if ahead.is_positive() { "behind" } else { "ahead of" };
    let finding = match ahead.abs() {
        off if off > CLOCK_ERROR => Finding::error,
        off if off > CLOCK_WARNING => Finding::warning,
        _ => return Finding::ok(id, host, format!("this machine's clock agrees with {host}")),
    };
    finding(id, host, format!("this machine's clock is {seconds} seconds {direction} that of {host}"))
        .why("GitHub refuses the App's tokens when the clocks differ by more than a minute, and approvals are ordered by time")
        .remedy("have the clock set by NTP: timedatectl set-ntp true")
}

/// The version of an Enterprise Server.
pub(super) fn version(host: &Host, app: &App) -> Option<Finding> {
    let version = app.server_version.as_ref()?;
    let found = format!("GitHub Enterprise Server {version}: no merge queues there");
    Some(Finding::info("server-version", host, found))
}

/// Whether the App asks for what it needs.
pub(super) fn permissions(host: &Host, app: &App) -> Vec<Finding> {
    let remedy = |permission: &Permission| {
        format!(
            "on the App's settings page, under Permissions & events, set *{}* to {}; owners of installations then have to \
             accept it",
            permission.title,
            permission.should.as_str()
        )
    };
    let mut found = lacking("app-permission", host, needed(app), &app.permissions, remedy);
    if found.is_empty() {
        found.push(Finding::ok("app-permission", host, "the App asks for every permission that it needs"));
    }
    found.extend(excess(host, app));
    found
}

/// What an App on that host needs.
pub(super) fn needed(app: &App) -> impl Iterator<Item = &'static Permission> {
    let is_enterprise = app.server_version.is_some();
    PERMISSIONS.iter().filter(move |permission| permission.is_everywhere || !is_enterprise)
}

/// How much of a permission these words grant.
pub(super) fn level(has: &BTreeMap<String, String>, permission: &Permission) -> Option<Level> {
    has.get(permission.name).and_then(|word| Level::of(word))
}

/// Permissions that are missing or too low: each with what it means, and what to do.
pub(super) fn lacking(
    id: &'static str,
    about: impl std::fmt::Display + Copy,
    needed: impl Iterator<Item = &'static Permission>,
    has: &BTreeMap<String, String>,
    remedy: impl Fn(&Permission) -> String,
) -> Vec<Finding> {
    let lacking = needed.filter(|permission| level(has, permission) < Some(permission.should));
    let finding = |permission: &Permission| {
        let (has, title) = (level(has, permission), permission.title);
        let found = match has {
            None => format!("the permission *{title}* is missing; it should be {}", permission.should.as_str()),
            Some(has) => {
                format!("the permission *{title}* is {}; it should be {}", has.as_str(), permission.should.as_str())
            }
        };
        let finding =
            if has < permission.must { Finding::error(id, about, found) } else { Finding::warning(id, about, found) };
        finding.why(permission.why).remedy(remedy(permission))
    };
    lacking.map(finding).collect()
}

/// Permissions that nothing needs. `metadata` comes with every other.
fn excess(host: &Host, app: &App) -> Option<Finding> {
    let is_excess = |(name, word): &(&String, &String)| {
        let needed = PERMISSIONS.iter().find(|permission| permission.name == name.as_str());
        name.as_str() != "metadata" && Level::of(word) > needed.map(|permission| permission.should)
    };
    let excess: Vec<String> =
        app.permissions.iter().filter(is_excess).map(|(name, word)| format!("{name}: {word}")).collect();
    let found = format!("the App asks for more than it needs: {}", excess.join(", "));
    (!excess.is_empty()).then(|| {
        Finding::info("app-excess", host, found)
            .why("whoever gets at its key can do all of that")
            .remedy("lower them on the App's settings page, under Permissions & events")
    })
}

/// Whether the App is told of what it has to know.
pub(super) fn events(host: &Host, app: &App) -> Vec<Finding> {
    let is_enterprise = app.server_version.is_some();
    let missing = |event: &&Event| (event.is_everywhere || !is_enterprise) && !app.events.contains(event.name);
    let finding = |event: &Event| {
        let found = format!("the App is not subscribed to the event *{}*", event.title);
        let finding = if event.must {
            Finding::error("app-event", host, found).why("checks would be late until the next sweep, or never be right")
        } else {
            Finding::warning("app-event", host, found)
                .why("what it tells is noticed only by the next sweep, or not at all")
        };
        finding.remedy(format!(
            "on the App's settings page, under Permissions & events, subscribe to *{}*; it appears once the permission is granted",
            event.title
        ))
    };
    let found: Vec<Finding> = EVENTS.iter().filter(missing).map(finding).collect();
    if found.is_empty() {
        return vec![Finding::ok("app-event", host, "the App is subscribed to every event that it needs")];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn clocks_are_compared_either_way() {
        let severity =
            |seconds| clock(&"github.com".parse().unwrap(), Some(SignedDuration::from_secs(seconds))).severity;
        for (seconds, expected) in [
            (0, Severity::Ok),
            (30, Severity::Ok),
            (31, Severity::Warning),
            (60, Severity::Warning),
            (61, Severity::Error),
        ] {
            assert_eq!((severity(seconds), severity(-seconds)), (expected, expected), "{seconds}");
        }
        assert_eq!(clock(&"github.com".parse().unwrap(), None).severity, Severity::Info);
    }
}
