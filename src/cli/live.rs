//! What the commands share that ask a forge: how they are told what to ask, and how they print.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use serde::Serialize;

use crate::config::{Config, GitHubHost};
use crate::forge::github::GitHub;

/// The version of the JSON that is printed.
pub(super) const VERSION: u32 = 1;

/// How to print the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

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

/// The host that is meant: the named one, or the only one.
pub(super) fn host_of<'a>(hosts: &'a [(GitHubHost, GitHub)], named: Option<&str>) -> anyhow::Result<&'a GitHub> {
    let all = || hosts.iter().map(|(_, forge)| forge.host().as_str()).collect::<Vec<_>>().join(", ");
    match (named, hosts) {
        (None, [(_, forge)]) => Ok(forge),
        (None, _) => bail!("several hosts are configured; say which with --host: {}", all()),
        (Some(named), hosts) => hosts
            .iter()
            .map(|(_, forge)| forge)
            .find(|forge| forge.host().as_str().eq_ignore_ascii_case(named))
            .with_context(|| format!("--host: {named} is not configured; the configuration has {}", all())),
    }
}

/// Prints one JSON object.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Text that comes from elsewhere, without what would steer a terminal or turn its reading direction.
pub(super) fn plain(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
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
    fn text_of_others_does_not_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[31m\r\nb\u{9b}\u{202e}c"), "a\u{fffd}[31m\u{fffd}\nb\u{fffd}\u{fffd}c");
    }
}
