//! Merge groups: which changes a commit of a merge queue holds, and whether that is certain.
//!
//! A queue tests a commit that no change has as its head. It may pass only if every change whose content it holds does,
//! each at the head that was queued, and if it holds nothing else. The queue itself says which changes it holds; git
//! has to agree. Names of branches say nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::change::{Commit, GitIdentity};
use super::ids::CommitSha;

/// A merge group as the forge shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The commit that the queue tests.
    pub head: CommitSha,
    /// Every commit that it would bring onto the branch. Of these, `committed_via_web` says that the forge made and
    /// signed it.
    pub commits: Vec<Commit>,
    /// The whole queue of the branch, in its order.
    pub queue: Vec<Entry>,
}

/// A change in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub number: i64,
    /// The commit that the queue made for it; `None` while it has made none.
    pub group_head: Option<CommitSha>,
}

/// A change that the group holds, as a fresh read shows it.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// Its number.
    pub number: i64,
    /// Its head.
    pub head: &'a CommitSha,
    /// Its commits, oldest first.
    pub commits: &'a [Commit],
}

/// Why it is not certain that a group holds what was approved, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The queue does not know the commit.
    NotQueued,
    /// It holds a commit that belongs to none of its changes, and that the forge did not make of them.
    Stray {
        /// Which one.
        commit: CommitSha,
    },
    /// The change does not have the head any more with which it was queued.
    Moved,
    /// The change is not open any more.
    NotOpen,
    /// The change would go to another branch than the group.
    Elsewhere {
        /// Where the change would go.
        branch: String,
    },
}

impl Group {
    /// The numbers of all changes whose content the group holds: those for which the queue made one of its commits.
    ///
    /// What comes before in the queue and is not merged yet is part of it: a queue that only looks at the last commit
    /// of several would merge them all on its word.
    ///
    /// # Errors
    /// [`Doubt::NotQueued`] when the queue made the commit for none of its changes.
    pub fn members(&self) -> Result<Vec<i64>, Doubt> {
        let holds = |entry: &&Entry| entry.group_head.as_ref().is_some_and(|head| self.holds(head));
        if !self.queue.iter().any(|entry| entry.group_head.as_ref() == Some(&self.head)) {
            return Err(Doubt::NotQueued);
        }
        let numbers: BTreeSet<i64> = self.queue.iter().filter(holds).map(|entry| entry.number).collect();
        Ok(numbers.into_iter().collect())
    }

    /// Whether the group brings this very commit.
    pub fn holds(&self, commit: &CommitSha) -> bool {
        self.commit(commit).is_some()
    }

    /// Whether the group holds these changes at their heads, and nothing else: what is wrong with which of them, or,
    /// without a number, with the whole. `members` are those that [`Group::members`] names.
    pub fn doubts(&self, members: &[Member<'_>]) -> Vec<(Option<i64>, Doubt)> {
        let own: BTreeSet<&CommitSha> =
            members.iter().flat_map(|member| member.commits).map(|commit| &commit.sha).collect();
        let trunk = self.trunk(&own);
        let mut doubts = Vec::new();
        let mut steps = Vec::new();
        let mut open: BTreeSet<i64> = members.iter().map(|member| member.number).collect();
        for commit in &trunk {
            steps.push(*commit);
            let made_for: Vec<&Member<'_>> = members.iter().filter(|one| self.was_made_for(commit, one)).collect();
            if !made_for.is_empty() {
                doubts.extend(steps_doubt(&steps, &made_for));
                steps.clear();
                open.retain(|number| made_for.iter().all(|member| member.number != *number));
            }
        }
        let on_trunk: BTreeSet<&CommitSha> = trunk.iter().map(|commit| &commit.sha).collect();
        let is_known = |commit: &&Commit| own.contains(&commit.sha) || on_trunk.contains(&commit.sha);
        let stray = steps.first().copied().or_else(|| self.commits.iter().find(|commit| !is_known(commit)));
        // What was made for a change lies on the way of the branch, or the queue is not what it is taken for.
        let stray = stray.or_else(|| self.commit(&self.head).filter(|_| !open.is_empty()));
        // That a head has moved explains the commits of the head before.
        if let Some(stray) = stray.filter(|_| doubts.is_empty()) {
            doubts.push((None, Doubt::Stray { commit: stray.sha.clone() }));
        }
        doubts
    }

    fn commit(&self, sha: &CommitSha) -> Option<&Commit> {
        self.commits.iter().find(|commit| commit.sha == *sha)
    }

    fn was_made_for(&self, commit: &Commit, member: &Member<'_>) -> bool {
        let is_it = |entry: &Entry| entry.number == member.number && entry.group_head.as_ref() == Some(&commit.sha);
        self.queue.iter().any(is_it)
    }

    /// What the branch itself would go through: from the head along first parents, oldest first, as far as commits that
    /// the branch or a change has.
    fn trunk(&self, own: &BTreeSet<&CommitSha>) -> Vec<&Commit> {
        let by_name: BTreeMap<&CommitSha, &Commit> = self.commits.iter().map(|commit| (&commit.sha, commit)).collect();
        let mut trunk = Vec::new();
        let mut next = by_name.get(&self.head);
        while let Some(commit) = next.filter(|commit| !own.contains(&commit.sha) && trunk.len() < self.commits.len()) {
            trunk.push(*commit);
            next = commit.parents.first().and_then(|parent| by_name.get(parent));
        }
        trunk.reverse();
        trunk
    }
}

/// Whether these steps of the branch are what a queue makes of these changes: a merge commit for each, or of a single
/// one its squash or copies of its commits.
fn steps_doubt(steps: &[&Commit], members: &[&Member<'_>]) -> Option<(Option<i64>, Doubt)> {
    let (merges, plain): (Vec<&Commit>, Vec<&Commit>) = steps.iter().partition(|step| step.parents.len() > 1);
    let stray = |commit: &Commit| Some((None, Doubt::Stray { commit: commit.sha.clone() }));
    if merges.is_empty() {
        let [member] = members else { return plain.first().and_then(|commit| stray(commit)) };
        let is_squash = matches!(plain.as_slice(), [commit] if commit.committed_via_web);
        return if is_squash || are_copies(&plain, member.commits) { None } else { stray(plain.first()?) };
    }
    if let Some(commit) = plain.first() {
        return stray(commit);
    }
    if let Some(forged) = merges.iter().find(|merge| !merge.committed_via_web || merge.parents.len() > 2) {
        return stray(forged);
    }
    let brought: BTreeSet<&CommitSha> = merges.iter().filter_map(|merge| merge.parents.get(1)).collect();
    if let Some(moved) = members.iter().find(|member| !brought.contains(member.head)) {
        return Some((Some(moved.number), Doubt::Moved));
    }
    let is_of_member = |merge: &&&Commit| members.iter().any(|member| merge.parents.get(1) == Some(member.head));
    merges.iter().find(|merge| !is_of_member(merge)).and_then(|commit| stray(commit))
}

/// Whether these are the commits of a change on another base, as rebasing makes them: merges are left out, and author
/// and message are kept.
fn are_copies(copies: &[&Commit], originals: &[Commit]) -> bool {
    fn kept(commit: &Commit) -> (&str, &GitIdentity) {
        (commit.message.trim_end(), &commit.author)
    }
    let originals: Vec<&Commit> = originals.iter().filter(|commit| commit.parents.len() < 2).collect();
    !copies.is_empty()
        && copies.len() == originals.len()
        && copies.iter().zip(originals).all(|(copy, original)| {
            let ((said, by), (was_said, was_by)) = (kept(copy), kept(original));
            said == was_said && by.name == was_by.name && by.email == was_by.email && by.date == was_by.date
        })
}
