//! The GitLab and our account there: whether it is reached, its version, the clock, the token.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::Finding;
use crate::forge::Error;
use crate::forge::gitlab::instance::{Account, FEATURES, Instance, SIGNING, Token};
use crate::gate::ids::Host;

/// Deliveries are refused when their time and ours differ by more than five minutes.
const CLOCK_WARNING: SignedDuration = SignedDuration::from_secs(60);
const CLOCK_ERROR: SignedDuration = SignedDuration::from_secs(240);

/// How many days before its end a token is worth a warning, and an error.
const WARNING_DAYS: i32 = 30;
const ERROR_DAYS: i32 = 7;

/// Whether GitLab knows the token.
pub(super) fn reached(host: &Host, read: &Result<(Instance, Account), Error>) -> Finding {
    let id = "gitlab-token";
    match read {
        Ok((_, account)) => Finding::ok(id, host, format!("the token is that of @{}", account.username)),
        Err(Error::Unauthorized { .. }) => Finding::error(id, host, "GitLab does not accept the token")
            .why("nothing can be read or published")
            .remedy(
                "it may have ended, or been revoked: make a new one for the bot account, with the scope `api`, and give it to the \
                 server (token_file)",
            ),
        Err(error) => Finding::error(id, host, format!("GitLab could not be asked: {error}"))
            .why("nothing else on this host could be looked at")
            .remedy("check url, and that this machine reaches it (proxy, firewall, certificates)"),
    }
}

/// Whether this machine's clock agrees with GitLab's.
pub(super) fn clock(host: &Host, ahead: Option<SignedDuration>) -> Finding {
    let id = "clock";
    let Some(ahead) = ahead else {
        return Finding::info(id, host, "could not be checked: GitLab's answer did not tell the time");
    };
    let finding = match ahead.abs() {
        off if off > CLOCK_ERROR => Finding::error,
        off if off > CLOCK_WARNING => Finding::warning,
        _ => return Finding::ok(id, host, format!("this machine's clock agrees with {host}")),
    };
    let (seconds, direction) = (ahead.abs().as_secs(), if ahead.is_positive() { "behind" } else { "ahead of" });
    finding(id, host, format!("this machine's clock is {seconds} seconds {direction} that of {host}"))
        .why("signed deliveries are refused when the clocks differ by more than five minutes, and approvals are ordered by time")
        .remedy("have the clock set by NTP: timedatectl set-ntp true")
}

/// What its version has, and lacks.
pub(super) fn version(host: &Host, instance: &Instance) -> Finding {
    let id = "server-version";
    let edition = if instance.is_enterprise { "Enterprise Edition" } else { "Community Edition" };
    let said = format!("GitLab {}, {edition}", instance.said);
    let lacking: Vec<String> = FEATURES
        .iter()
        .filter(|feature| !instance.has(feature.since))
        .map(|feature| format!("without {} (since {}), {}", feature.name, feature.since, feature.without))
        .collect();
    if lacking.is_empty() {
        return Finding::ok(id, host, said);
    }
    let oldest = FEATURES.first().is_some_and(|feature| !instance.has(feature.since));
    let finding = if oldest { Finding::error } else { Finding::warning };
    finding(id, host, said).why(lacking.join("; ")).remedy(format!("update GitLab to {SIGNING} or later"))
}

/// What the account is.
pub(super) fn account(host: &Host, account: &Account) -> Option<Finding> {
    let (id, name) = ("bot-account", &account.username);
    if account.is_admin {
        return Some(
            Finding::warning(id, host, format!("@{name} administers the instance"))
                .why("whoever gets at its token can do all there is")
                .remedy("give the server a service account that is Developer of the groups that are served"),
        );
    }
    (!account.is_bot).then(|| {
        Finding::info(id, host, format!("@{name} looks like a person's account"))
            .why("whoever signs in with it can give the approval that only the bot should give")
            .remedy("use a service account, with which nobody can sign in")
    })
}

/// What the token may do, and how long.
pub(super) fn token(host: &Host, read: &Result<Option<Token>, Error>, now: Timestamp) -> Vec<Finding> {
    let token = match read {
        Ok(Some(token)) => token,
        Ok(None) => {
            return vec![Finding::info("token-end", host, "could not be checked: the token does not tell of itself")];
        }
        Err(error) => return vec![Finding::unchecked_there("token-end", host, "when the token ends", error)],
    };
    let mut found = Vec::new();
    if !token.scopes.iter().any(|scope| scope == "api") {
        found.push(
            Finding::error("token-scope", host, format!("the token has the scopes {}", token.scopes.join(", ")))
                .why("without `api`, nothing can be published")
                .remedy("make a token for the bot account with the scope `api`"),
        );
    }
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    found.push(token.ends_on.map_or_else(|| endless(host), |day| end(host, day, today)));
    found
}

fn endless(host: &Host) -> Finding {
    Finding::info("token-end", host, "the token does not end").why("whoever gets at it can use it for good")
}

fn end(host: &Host, day: Date, today: Date) -> Finding {
    let id = "token-end";
    let left = (day - today).get_days();
    let found = format!("the token ends on {day}: in {left} days");
    let finding = match left {
        i32::MIN..=0 => Finding::error(id, host, format!("the token ended on {day}")),
        1..=ERROR_DAYS => Finding::error(id, host, found),
        _ if left <= WARNING_DAYS => Finding::warning(id, host, found),
        _ => return Finding::ok(id, host, format!("the token ends on {day}")),
    };
    finding.why("after that, nothing can be read or published").remedy(
        "make a new token for the bot account, give it to the server (token_file), and start it again; then revoke the old one",
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    #[test]
    fn a_token_is_worth_more_the_longer_it_lasts() {
        let host = "gitlab.com".parse().unwrap();
        let today: Date = "2026-03-01".parse().unwrap();
        for (day, severity) in [
            ("2026-02-27", Severity::Error),
            ("2026-03-01", Severity::Error),
            ("2026-03-08", Severity::Error),
            ("2026-03-09", Severity::Warning),
            ("2026-03-31", Severity::Warning),
            ("2026-04-01", Severity::Ok),
            ("2027-03-01", Severity::Ok),
        ] {
            assert_eq!(end(&host, day.parse().unwrap(), today).severity, severity, "{day}");
        }
    }
}
