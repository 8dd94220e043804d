//! Webhooks of groups and projects: whether they lead here, tell all that is needed, and are at work.

use super::Finding;
use crate::cli::connect::gitlab::plan::wanted_hook;
use crate::cli::doctor::configuration::is_local;
use crate::forge::gitlab::setup::{Hook, HookState, Place, PlaceKind};

/// How to have it put right.
const CONNECT: &str = "`seconder connect gitlab` shows what is missing, and does it with --apply";

/// Our webhook in a place, if its webhooks are shown to us.
pub(super) fn ours<'a>(hooks: Option<&'a [Hook]>, url: &str) -> Option<&'a Hook> {
    hooks?.iter().find(|hook| hook.url.trim_end_matches('/') == url)
}

/// That nothing tells us of a project.
pub(super) fn missing(place: &Place, url: &str) -> Finding {
    Finding::error("webhook", place, format!("no webhook leads to {url}"))
        .why("the server hears of nothing there; only sweeps find what happened")
        .remedy(CONNECT)
}

/// That webhooks of a place are not shown.
pub(super) fn unseen(place: &Place) -> Finding {
    let role = if place.kind == PlaceKind::Group { "Owner" } else { "Maintainer" };
    Finding::info("webhook", place, "could not be checked: its webhooks")
        .why(format!("GitLab shows them to the role {role}, which the bot account needs for nothing else"))
        .remedy("look yourself, under Settings, Webhooks; or run `seconder connect gitlab` with a token of that role")
}

/// What is wrong with our webhook.
pub(super) fn judge(place: &Place, hook: &Hook, signs: bool) -> Vec<Finding> {
    let mut found: Vec<Finding> = disabled(place, hook).into_iter().collect();
    let lacking: Vec<String> = wanted_hook(place.kind)
        .into_iter()
        .filter(|(name, _)| name.ends_with("_events"))
        .filter(|(name, value)| hook.settings.get(name).is_some_and(|stands| stands != value))
        .map(|(name, _)| name)
        .collect();
    if !lacking.is_empty() {
        found.push(
            Finding::error("webhook-event", place, format!("the webhook is not told of {}", lacking.join(", ")))
                .why("what it is not told of is seen by the next sweep only, and some of it never")
                .remedy(CONNECT),
        );
    }
    if signs && hook.is_signing == Some(false) {
        found.push(
            Finding::warning("webhook-unsigned", place, "the webhook has no signing token")
                .why("its deliveries are known by a secret that is sent along, which whoever reads one of them can use")
                .remedy(CONNECT),
        );
    }
    let is_insecure = hook.settings.get("enable_ssl_verification") == Some(&false.into());
    if is_insecure && !is_local(&hook.url) {
        found.push(
            Finding::warning("webhook-insecure", place, "GitLab does not check the server's certificate")
                .why("deliveries hold what is private, and could go to somebody else")
                .remedy(CONNECT),
        );
    }
    if found.is_empty() {
        found.push(Finding::ok("webhook", place, format!("its webhook leads to {}, and is at work", hook.url)));
    }
    found
}

fn disabled(place: &Place, hook: &Hook) -> Option<Finding> {
    let remedy = "see why the server did not answer (its log, the proxy in front of it); then press Test on the webhook's page: a \
                  test that succeeds puts it back to work";
    let found = match hook.state {
        HookState::AtWork => return None,
        HookState::Disabled => "GitLab disabled the webhook, as it failed too often".to_owned(),
        HookState::DisabledUntil(until) => {
            let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
            format!("GitLab disabled the webhook{until}, as it failed several times in a row")
        }
    };
    Some(
        Finding::error("webhook-disabled", place, found)
            .why("the server hears of nothing; what happens meanwhile is not even recorded, and only sweeps find it")
            .remedy(remedy),
    )
}
