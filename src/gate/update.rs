//! Updates from the base: merges that the forge made, and that leave what the change changes as it was. They add no
//! contributor.
//!
//! That a commit looks like one proves nothing: conflicts that somebody resolved in the forge's web pages end in a
//! commit of the same form, with the same signature. So both differences are read and must be equal to the byte. Nothing
//! in them is passed over, blob ids and line numbers included: an update is only recognised where the base changed none
//! of the files that the change touches. Anything else is somebody's push like any other.
//!
//! The rebasing kind of update makes unsigned commits and a force push: that is a push like any other as well.

use std::collections::BTreeMap;

use super::change::{Change, Commit};
use super::contributors::Automation;
use super::ids::CommitSha;

/// GitHub shows no more files than this in a difference, nor more lines or bytes. Where it leaves something out, the rest
/// proves nothing.
const MAX_FILES: usize = 299;
const MAX_LINES: usize = 19_999;
const MAX_BYTES: usize = 499_999;

/// The blob of an empty file, as `git diff` shortens it at least: adding or removing one shows no lines.
const EMPTY_BLOB: &[u8] = b"e69de29";

/// A merge that may be an update from the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The merge.
    pub merge: CommitSha,
    /// The head before, its first parent.
    pub previous: CommitSha,
    /// What was merged in, its second parent: a commit of the base.
    pub base: CommitSha,
}

/// The commits of the change that have the form of an update: made and signed by the forge, on top of what was the head
/// before, with a second parent that the base holds.
///
/// `previous_heads` tells the head before each head, as a webhook named it. A merge that came together with other new
/// commits is none, whatever its form: they would hide behind it.
pub fn candidates(
    change: &Change,
    previous_heads: &BTreeMap<CommitSha, CommitSha>,
    automation: &impl Automation,
) -> Vec<Update> {
    // Whatever the base does not hold is among the change's own commits.
    let is_in_base = |sha: &CommitSha| change.commits.iter().all(|commit| commit.sha != *sha);
    let update = |commit: &Commit| {
        let [previous, base] = commit.parents.as_slice() else { return None };
        let is_on_previous = previous_heads.get(&commit.sha) == Some(previous);
        let is_update = is_on_previous && is_in_base(base) && is_made_by_forge(commit, change, automation);
        is_update.then(|| Update { merge: commit.sha.clone(), previous: previous.clone(), base: base.clone() })
    };
    change.commits.iter().filter_map(update).collect()
}

/// Whether the head looks like an update whose push no delivery has told of: from which head it came is not known then.
pub fn awaits_its_push(
    change: &Change,
    previous_heads: &BTreeMap<CommitSha, CommitSha>,
    automation: &impl Automation,
) -> bool {
    let head = change.commits.iter().find(|commit| commit.sha == change.head);
    head.is_some_and(|head| {
        head.parents.len() == 2 && !previous_heads.contains_key(&head.sha) && is_made_by_forge(head, change, automation)
    })
}

/// Whether the forge made the commit in its web pages, for whomever.
pub fn is_made_by_forge(commit: &Commit, change: &Change, automation: &impl Automation) -> bool {
    let is_its_own = automation.is_forge_identity(&commit.committer, &change.key.repo.host);
    commit.signed_by_forge && commit.committed_via_web && is_its_own
}

/// Whether the change changes exactly the same after the merge as before, given what leads from the base to each, as
/// `git diff` writes it.
pub fn leaves_as_it_was(before: &[u8], after: &[u8]) -> bool {
    before == after && tells_all(after)
}

/// Whether a difference shows every byte that it is about: nothing binary, and nothing left out because of its size.
fn tells_all(diff: &[u8]) -> bool {
    let lines: Vec<&[u8]> = diff.split(|byte| *byte == b'\n').collect();
    let files = lines.iter().filter(|line| line.starts_with(b"diff --git ")).count();
    if files > MAX_FILES || lines.len() > MAX_LINES || diff.len() > MAX_BYTES {
        return false;
    }
    // Lines of files start with a blank, a sign or a backslash, so that these cannot be any.
    let is_binary = |line: &&[u8]| line.starts_with(b"Binary files ") || line.starts_with(b"GIT binary patch");
    if lines.iter().any(is_binary) {
        return false;
    }
    lines.iter().enumerate().filter(|(_, line)| line.starts_with(b"index ")).all(|(at, line)| {
        let has_lines = lines.get(at + 1).is_some_and(|next| next.starts_with(b"--- "));
        has_lines || line.windows(EMPTY_BLOB.len()).any(|part| part == EMPTY_BLOB)
    })
}
