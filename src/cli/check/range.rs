//! Which commits are judged.

use anyhow::{Context as _, bail};

use super::ci::Ci;
use crate::gate::ids::CommitSha;
use crate::gate::policy::diagnostic::harmless;
use crate::history::{History, Id, Selection, WalkOptions, sha};

/// More commits than any change has. Beyond it, the range is not the one that is meant.
const MOST_COMMITS: usize = 20_000;

/// A base, a head, and what lies between.
#[derive(Debug)]
pub(super) struct Range {
    pub(super) base: Id,
    pub(super) head: Id,
    /// Oldest first, as far as their dates say.
    pub(super) commits: Vec<Id>,
    /// The files that differ between where they parted and the head.
    pub(super) files: Vec<String>,
}

impl Range {
    pub(super) fn base_sha(&self) -> CommitSha {
        sha(self.base)
    }

    pub(super) fn selection(&self) -> Selection {
        Selection { tips: vec![self.head], hidden: vec![self.base] }
    }

    pub(super) fn head_sha(&self) -> CommitSha {
        sha(self.head)
    }
}

pub(super) fn resolve(given: Option<&str>, ci: &Ci, history: &History) -> anyhow::Result<Range> {
    // What is cut off could hold anything.
    if history.is_shallow() {
        bail!(
            "the clone is shallow, so that commits of the change may be missing: clone all of the history \
             (actions/checkout: `fetch-depth: 0`; GitLab CI: `GIT_DEPTH: 0`; elsewhere: `git fetch --unshallow`)"
        );
    }
    let (base, head) = ends(given, ci, history)?;
    let selection = Selection { tips: vec![head], hidden: vec![base] };
    let mut commits = Vec::new();
    for visit in history.walk(&selection, WalkOptions::default())? {
        commits.push(visit.context("the history has gaps, so that commits of the change may be missing")?);
        if commits.len() > MOST_COMMITS {
            bail!(
                "more than {MOST_COMMITS} commits lead from {} to {}: is that the range you mean?",
                sha(base).short(),
                sha(head).short()
            );
        }
    }
    if commits.is_empty() {
        bail!(
            "no commits lead from {} to {}: the head is in the base already. Name the range, such as origin/main..HEAD",
            sha(base).short(),
            sha(head).short()
        );
    }
    commits.reverse();
    let files = files(base, head, history).context("the changed files cannot be read")?;
    Ok(Range { base, head, commits, files })
}

/// What differs between the point where head and base parted and the head. Without one in common, that is everything.
fn files(base: Id, head: Id, history: &History) -> anyhow::Result<Vec<String>> {
    let tree = |id: Id| history.commit(id).map(|commit| commit.tree);
    let parted = history.select(&format!("{base}...{head}"))?.hidden.first().copied();
    Ok(history.changed_files(parted.map(tree).transpose()?, Some(tree(head)?))?)
}

fn ends(given: Option<&str>, ci: &Ci, history: &History) -> anyhow::Result<(Id, Id)> {
    if let Some(given) = given {
        let (base, head) = split(given);
        if base.is_empty() {
            bail!("`{}` names no base; write BASE..HEAD, such as origin/main..HEAD", harmless(given));
        }
        let head = if head.is_empty() { "HEAD" } else { head };
        return Ok((history.single(base)?, history.single(head)?));
    }
    let head = ci.head.as_deref().unwrap_or("HEAD");
    if ci.bases.is_empty() {
        let base = history.single("origin/HEAD").context(
            "it is not known what to compare with: name the range, such as origin/main..HEAD (in CI, a range is only known in \
             jobs for pull requests and merge requests)",
        )?;
        return Ok((base, history.single(head)?));
    }
    let found = ci.bases.iter().find_map(|base| history.single(base).ok());
    let base = found.with_context(|| {
        let bases: Vec<String> = ci.bases.iter().map(|base| harmless(base)).collect();
        format!("the clone does not hold the base of the change ({}): fetch it as well", bases.join(", "))
    })?;
    Ok((base, history.single(head).context("the clone does not hold the head of the change")?))
}

/// `A..B`, and `A...B`, which says the same here: what leads to B and not to A.
fn split(given: &str) -> (&str, &str) {
    let parts = given.split_once("...").or_else(|| given.split_once(".."));
    parts.unwrap_or((given, "HEAD"))
}
