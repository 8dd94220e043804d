//! Which policy is applied: the one on the base, never what the range makes of it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Check;
use super::range::Range;
use crate::cli::input;
use crate::gate::people::Tiers;
use crate::gate::policy::compile::{self, CompiledFile, combine};
use crate::gate::policy::diagnostic::{Diagnostic, Position};
use crate::gate::policy::{Policy, REPOSITORY_POLICY, SourceLevel, schema};
use crate::gate::yaml::MAX_BYTES;
use crate::history::{Content, History, Id};

/// Where a repository keeps its policy, first that is there.
const PLACES: [&str; 2] = [REPOSITORY_POLICY, ".gitlab/seconder.yml"];

/// What people call the floor that nobody names.
const BUILT_IN: &str = "built-in policy";

/// What governs, and where it came from.
pub(super) struct Law {
    pub(super) policy: Policy,
    /// Whether the base holds a policy of the repository, or one was given in its place.
    pub(super) has_own: bool,
    /// Whether the range changes the policy's file: what it says there does not count here.
    pub(super) is_changed: bool,
}

type Understood = Result<CompiledFile, Vec<Diagnostic>>;

pub(super) fn read(
    check: &Check,
    configured_floor: Option<PathBuf>,
    tiers: &Tiers,
    range: &Range,
    history: &History,
) -> anyhow::Result<Law> {
    let mut files = vec![match check.floor.clone().or(configured_floor) {
        Some(path) => given(&path, SourceLevel::Floor, tiers)?,
        None => compile::read(BUILT_IN, SourceLevel::Floor, schema::built_in(), tiers),
    }];
    if let Some(path) = &check.organisation {
        files.push(given(path, SourceLevel::Organisation, tiers)?);
    }
    let level = || SourceLevel::Repository { branch: range.base_sha().short().to_owned() };
    let own = match &check.policy {
        Some(path) => Some(given(path, level(), tiers)?),
        None => at(range.base, tiers, level(), history)?,
    };
    let has_own = own.is_some();
    files.extend(own);
    let mut policy = combine(files);
    let is_changed = range.files.iter().any(|file| PLACES.contains(&file.as_str()));
    if is_changed && let Some(Err(findings)) = at(range.head, tiers, level(), history)? {
        policy.breaking = findings.into_iter().filter(Diagnostic::is_error).collect();
    }
    Ok(Law { policy, has_own, is_changed })
}

fn given(path: &Path, level: SourceLevel, tiers: &Tiers) -> anyhow::Result<Understood> {
    let input = input::read(path, MAX_BYTES)?;
    Ok(match &input.content {
        Ok(text) => compile::read(&input.name, level, text, tiers),
        Err(finding) => Err(vec![finding.clone()]),
    })
}

/// The repository's own policy in this commit, if it holds one.
fn at(commit: Id, tiers: &Tiers, level: SourceLevel, history: &History) -> anyhow::Result<Option<Understood>> {
    for path in PLACES {
        let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
        let content = history.file_at(commit, path, most).with_context(|| format!("{path} cannot be read"))?;
        let broken = |what: &str| {
            Err(vec![Diagnostic::error(path, Position::START, what).help("make it a text file of at most 512 KiB")])
        };
        match content {
            None => {}
            Some(Content::TooLarge { .. }) => return Ok(Some(broken("the file is too large"))),
            Some(Content::Whole(bytes)) => {
                return Ok(Some(match String::from_utf8(bytes) {
                    Ok(text) => compile::read(path, level, &text, tiers),
                    Err(_) => broken("the file is not UTF-8 text"),
                }));
            }
        }
    }
    Ok(None)
}
