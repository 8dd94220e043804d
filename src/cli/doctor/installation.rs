//! Installations: where the App is installed, with what rights, and whether these owners are served.

use super::app::{lacking, level, needed};
use super::finding::Finding;
use crate::forge::github::{App, Budget, Granted};
use crate::gate::ids::{Host, Login};
use crate::store::Admission;

/// A tenth of an hour's calls.
const FEW_LEFT: i64 = 10;

/// What stands in the way of one installation.
pub(super) fn granted(host: &Host, app: &App, granted: &Granted, admission: Admission) -> Vec<Finding> {
    let login = &granted.installation.login;
    match admission {
        Admission::Served => {}
        Admission::NotServed => {
            let found =
                format!("the App is installed on {login}, which is not among the `owners`: nothing is done there");
            return vec![
                Finding::info("installation-stranger", host, found).remedy(format!(
                    "if that is a mistake, add \"{login}\" to `owners` of {host} in the configuration"
                )),
            ];
        }
        Admission::Changed => {
            let found = format!("the login {login} belongs to another account than when the server first saw it");
            return vec![
                Finding::error("installation-changed", host, found)
                    .why(
                        "nothing is done there: whoever takes over a login must not take over what it was trusted with",
                    )
                    .remedy(format!(
                        "to trust the new account, write its number {} among the `owners`",
                        granted.installation.owner.id
                    )),
            ];
        }
    }
    if granted.installation.is_suspended {
        return vec![
            Finding::error("installation-suspended", login, "the installation is suspended")
                .why("nothing can be read or published there, and no deliveries come")
                .remedy(format!("an owner of {login} lifts that under Settings, GitHub Apps, Configure")),
        ];
    }
    let accept =
        format!("an owner of {login} accepts the App's new permissions under Settings, GitHub Apps, Review request");
    // What the App does not even ask for is a finding about the App.
    let asked = needed(app).filter(|permission| level(&app.permissions, permission) >= Some(permission.should));
    let asked = asked.filter(|permission| granted.is_organisation || !permission.is_organisations);
    let found = lacking("installation-permission", login, asked, &granted.permissions, |_| accept.clone());
    if found.is_empty() {
        let reach = if granted.is_selective { "chosen repositories" } else { "all repositories" };
        return vec![Finding::ok("installation-permission", login, format!("the App is installed there, on {reach}"))];
    }
    found
}

/// Owners whom the configuration names, and who have not installed the App.
pub(super) fn missing(host: &Host, owners: &[String], installed: &[(i64, Login)]) -> Vec<Finding> {
    let is_installed = |owner: &&String| match owner.parse::<i64>() {
        Ok(id) => installed.iter().any(|(installed, _)| *installed == id),
        Err(_) => installed.iter().any(|(_, login)| *login == Login::from(owner.as_str())),
    };
    let missing = owners.iter().filter(|owner| !is_installed(owner));
    let finding = |owner: &String| {
        Finding::error("installation-missing", owner, format!("the App is not installed there, on {host}"))
            .why("nothing of this owner is judged")
            .remedy(format!(
                "open the App's page, press Install, and choose {owner}; a private App can only be installed on the account that \
                 owns it. If the owner is gone, remove it from `owners`"
            ))
    };
    missing.map(finding).collect()
}

/// What is left of an installation's calls.
pub(super) fn budget(owner: &Login, name: &str, budget: Budget) -> Finding {
    let Budget { limit, remaining, resets_at } = budget;
    let kind = if name == "graphql" { "GraphQL points" } else { "REST calls" };
    let found = format!("{remaining} of {limit} {kind} are left until {resets_at}");
    if remaining.saturating_mul(FEW_LEFT) >= limit {
        return Finding::ok("rate-limit", owner, found);
    }
    Finding::warning("rate-limit", owner, found)
        .why("when they are used up, checks wait until the reset")
        .remedy("see what else uses this App's key; an Enterprise Cloud organisation has a higher limit")
}
