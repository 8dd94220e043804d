//! What the commands share that ask a forge: how they are told what to ask, and how they show what others wrote.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::serve;
use crate::clock::Clock;
use crate::config::{Config, GitHubHost, GitLabHost};
use crate::forge::Forge;
use crate::forge::github::GitHub;
use crate::forge::gitlab::GitLab;
use crate::gate::policy::diagnostic::harmless;

/// The configuration, with what the environment says.
pub(super) fn configuration(path: &Path) -> anyhow::Result<Config> {
    Ok(Config::load(path, environment())?)
}

pub(super) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Reads `owner/name`, as GitHub writes names.
pub(super) fn repository_name(given: &str) -> Result<String, String> {
    let is_name = |name: &str| {
        let is_usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !name.is_empty() && name.chars().all(is_usual) && !matches!(name, "." | "..")
    };
    match given.split_once('/') {
        Some((owner, name)) if is_name(owner) && is_name(name) => Ok(given.to_owned()),
        _ => Err("write it as OWNER/NAME, such as acme/pay".to_owned()),
    }
}

/// Reads the name of a repository on any forge: `owner/name`, and on a GitLab `group/subgroup/name`.
pub(super) fn full_name(given: &str) -> Result<String, String> {
    let (owner, name) = given.rsplit_once('/').unwrap_or_default();
    let below = |part: &str| repository_name(&format!("{part}/{name}")).is_ok();
    if owner.split('/').all(below) {
        return Ok(given.to_owned());
    }
    Err("write it as OWNER/NAME, such as acme/pay, or GROUP/SUBGROUP/NAME".to_owned())
}

/// The forge that is meant: the named one, or the only one.
pub(super) fn forge_of<'a>(reached: &'a [Reached], named: Option<&str>) -> anyhow::Result<&'a Reached> {
    let all = || reached.iter().map(|one| one.forge.host().as_str()).collect::<Vec<_>>().join(", ");
    match (named, reached) {
        (None, [one]) => Ok(one),
        (None, _) => bail!("several hosts are configured; say which with --host: {}", all()),
        (Some(named), reached) => reached
            .iter()
            .find(|one| one.forge.host().as_str().eq_ignore_ascii_case(named))
            .with_context(|| format!("--host: {named} is not configured; the configuration has {}", all())),
    }
}

/// A configured forge, and whom it is served for.
pub(super) struct Reached {
    /// Ready to be asked.
    pub(super) forge: Arc<Forge>,
    /// As the configuration names them.
    pub(super) owners: Vec<String>,
}

/// All configured forges.
pub(super) fn forges(config: &Config, clock: &Clock) -> anyhow::Result<Vec<Reached>> {
    let mut all = Vec::new();
    for (host, forge) in hosts(config, clock)? {
        all.push(Reached { forge: Arc::new(Forge::GitHub(forge)), owners: host.owners });
    }
    for (host, forge) in gitlabs(config, clock)? {
        all.push(Reached { forge: Arc::new(Forge::GitLab(forge)), owners: host.owners });
    }
    Ok(all)
}

/// The clients of the configured GitHub hosts.
pub(super) fn hosts(config: &Config, clock: &Clock) -> anyhow::Result<Vec<(GitHubHost, GitHub)>> {
    config.github.iter().map(|host| Ok((host.clone(), serve::github(host, config, clock)?))).collect()
}

/// The clients of the configured GitLab hosts.
pub(super) fn gitlabs(config: &Config, clock: &Clock) -> anyhow::Result<Vec<(GitLabHost, GitLab)>> {
    let client = |host: &GitLabHost| Ok((host.clone(), serve::gitlab(host, config, clock, Arc::default())?));
    config.gitlab.iter().map(client).collect()
}

/// Text that comes from elsewhere, without what would steer a terminal or turn its reading direction.
pub(super) fn plain(text: &str) -> String {
    text.split('\n').map(harmless).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_named_by_owner_and_name() {
        for name in ["acme/pay", "acme/.github", "Acme-1/pay.rs_2"] {
            assert!(repository_name(name).is_ok(), "{name}");
        }
        for name in
            ["", "acme", "acme/", "/pay", "acme/pay/x", "acme/..", "acme/pay?x", "https://github.com/acme/pay", "a b/c"]
        {
            assert!(repository_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_project_of_a_gitlab_may_be_below_groups() {
        for name in ["acme/pay", "acme/web/pay", "acme/web/eu/pay"] {
            assert!(full_name(name).is_ok(), "{name}");
        }
        for name in ["", "acme", "/pay", "acme/", "acme//pay", "acme/../pay", "https://gitlab.com/acme/pay", "a b/c"] {
            assert!(full_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn text_of_others_does_not_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[31m\r\nb\u{202e}c"), "a\\u{1b}[31m\\r\nb\\u{202e}c");
    }
}
