//! The levels of a policy together. Levels only add.
//!
//! The highest file sets the frame: what it leaves unsaid has its default there. A file below it can only tighten:
//!
//! | setting | default | a file below |
//! | --- | --- | --- |
//! | `rules` | none | adds its own |
//! | `disclosure.required` | false | can demand it |
//! | `approve.by` | review and command | can take one away |
//! | `approve.sha` | required | can require it |
//! | `approve.bare` | false | organisation: can enable it where the floor is silent |
//! | `approve.apps` | none | organisation: can list some where the floor is silent, else take some away |
//! | `override` | nobody | adds its own, for the rules of its level and below |
//! | `suggestions.lines` | 0 | can allow fewer |
//! | `branches` | the default branch and those that require our check | adds patterns |
//! | `mode` | enforce | can enforce |
//!
//! So a file below can never un-govern a branch, relax the mode, or let a command do without its commit.

use std::collections::BTreeSet;

use super::{ApproveWays, CompiledFile, Emergency};
use crate::gate::policy::diagnostic::{Diagnostic, Position};
use crate::gate::policy::{Approve, Branches, Mode, Override, Policy, Rule, SourceLevel};

/// Puts all levels together: the server's floor, the organisation's, the repository's default branch and base branch.
///
/// A file that could not be read goes into [`Policy::broken`], and while there is one, nothing is relaxed: it may have
/// been the one that sets the frame.
/// The repository's file counts once if both branches hold the same text. No file at all is a broken policy: an empty
/// one would let everything pass.
pub fn combine(files: Vec<Result<CompiledFile, Vec<Diagnostic>>>) -> Policy {
    let mut broken = Vec::new();
    let mut whole: Vec<CompiledFile> = Vec::new();
    for file in files {
        match file {
            Ok(file) if !is_repeated(&file, &whole) => whole.push(file),
            Ok(_) => {}
            Err(findings) => broken.extend(faults(findings)),
        }
    }
    if whole.is_empty() && broken.is_empty() {
        broken.push(Diagnostic::error("policy", Position::START, "there is no policy file at all"));
    }
    whole.sort_by_key(|file| rank(&file.source.level));
    let frame = if broken.is_empty() { Frame::Highest } else { Frame::Strict };
    let is_enforced = is_strict(frame, &whole, |file| file.mode.map(|mode| mode == Mode::Enforce));
    let mut policy = Policy {
        rules: Vec::new(),
        disclosure_required: whole.iter().any(|file| file.disclosure_required == Some(true)),
        approve: approve(frame, &whole, &mut broken),
        overrides: Vec::new(),
        suggestion_lines: suggestion_lines(frame, &whole),
        branches: branches(frame, &whole),
        mode: if is_enforced { Mode::Enforce } else { Mode::Preview },
        sources: Vec::new(),
        broken,
        breaking: Vec::new(),
    };
    for (source, file) in whole.into_iter().enumerate() {
        policy.rules.extend(file.rules.into_iter().map(|rule| Rule { source, ..rule }));
        let emergency = file.emergency.map(|Emergency { by, hours }| Override { source, by, hours });
        policy.overrides.extend(emergency);
        policy.sources.push(file.source);
    }
    policy
}

fn rank(level: &SourceLevel) -> u8 {
    match level {
        SourceLevel::Floor => 0,
        SourceLevel::Organisation => 1,
        SourceLevel::Repository { .. } => 2,
    }
}

/// Whether the repository's other branch holds the same text.
fn is_repeated(file: &CompiledFile, whole: &[CompiledFile]) -> bool {
    let is_repository = |file: &CompiledFile| matches!(file.source.level, SourceLevel::Repository { .. });
    is_repository(file) && whole.iter().any(|other| is_repository(other) && other.source.digest == file.source.digest)
}

/// What keeps a file from being used. Nobody may say that it cannot be used without saying why.
fn faults(findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let faults: Vec<_> = findings.into_iter().filter(Diagnostic::is_error).collect();
    if faults.is_empty() {
        return vec![Diagnostic::error("policy", Position::START, "a policy file could not be used")];
    }
    faults
}

/// What the files below tighten.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// What the highest file says, or the default where it is silent.
    Highest,
    /// The strict defaults, as some file could not be read.
    Strict,
}

/// Whether the strict value of a setting holds, which is also its default: by the frame, or by any file.
fn is_strict(frame: Frame, files: &[CompiledFile], stated: impl Fn(&CompiledFile) -> Option<bool>) -> bool {
    match files.split_first() {
        Some((highest, below)) if frame == Frame::Highest => {
            stated(highest).unwrap_or(true) || below.iter().any(|file| stated(file) == Some(true))
        }
        _ => true,
    }
}

fn approve(frame: Frame, files: &[CompiledFile], broken: &mut Vec<Diagnostic>) -> Approve {
    let mut ways = ApproveWays { review: true, command: true };
    for file in files {
        let Some(stated) = &file.approve_by else { continue };
        let both =
            ApproveWays { review: ways.review && stated.value.review, command: ways.command && stated.value.command };
        if !both.review && !both.command {
            let message = "with this and the levels above, nothing would count as an approval";
            let help = "name a way that the levels above allow, or leave `by` out";
            broken.push(Diagnostic::error(&file.source.name, stated.at, message).help(help));
        }
        ways = both;
    }
    let sha_required = is_strict(frame, files, |file| file.sha_required);
    Approve {
        by_review: ways.review,
        by_command: ways.command,
        sha_required,
        bare: frame == Frame::Highest && is_enabled(files, |file| file.bare),
        apps: if frame == Frame::Highest { apps(files) } else { BTreeSet::new() },
    }
}

/// Whether some file enables a setting that is off by default, and none turns it off.
fn is_enabled(files: &[CompiledFile], stated: impl Fn(&CompiledFile) -> Option<bool>) -> bool {
    let stated: Vec<bool> = files.iter().filter_map(stated).collect();
    !stated.is_empty() && stated.into_iter().all(|is_on| is_on)
}

/// The Apps that every file lists that lists any.
fn apps(files: &[CompiledFile]) -> BTreeSet<i64> {
    let mut lists = files.iter().filter_map(|file| file.apps.clone());
    let first = lists.next().unwrap_or_default();
    lists.fold(first, |all, list| all.intersection(&list).copied().collect())
}

fn suggestion_lines(frame: Frame, files: &[CompiledFile]) -> u32 {
    let highest = files.first().filter(|_| frame == Frame::Highest).and_then(|file| file.suggestion_lines);
    let below = files.iter().filter_map(|file| file.suggestion_lines).min();
    highest.zip(below).map_or(0, |(highest, below)| highest.min(below))
}

fn branches(frame: Frame, files: &[CompiledFile]) -> Branches {
    let highest = files.first().filter(|_| frame == Frame::Highest);
    let usual = highest.is_none_or(|file| file.branches.is_none());
    Branches { usual, matching: files.iter().filter_map(|file| file.branches.clone()).collect() }
}
