//! From a range of commits to facts, and from those to a verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ci::Ci;
use super::range::Range;
use super::who::Who;
use crate::engine::Known;
use crate::gate::change::{Body, Branch, Change, ChangeState, Commit, FileChange, Files, HeadBranch, Read};
use crate::gate::contributors::{Contribution, Neutral, Role, Who as Contributor, contributions};
use crate::gate::detect::{self, Catalogue, Evidence, Level};
use crate::gate::evaluate::{Facts, evaluate};
use crate::gate::ids::{ChangeKey, CommitSha, RepoId};
use crate::gate::policy::Policy;
use crate::gate::verdict::{VERSION, Verdict};
use crate::history::{self, History};
use crate::scan::{Look, look};

/// What the gate says, and what it rests on.
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    /// Oldest first, with the first line of each message.
    pub(super) commits: Vec<(CommitSha, String)>,
}

pub(super) fn judge(
    history: &History,
    range: &Range,
    ci: &Ci,
    who: &Who,
    policy: &Policy,
    catalogue: &Catalogue,
) -> anyhow::Result<Judged> {
    let read = range.commits.iter().map(|id| history.commit(*id)).collect::<history::Result<Vec<_>>>()?;
    let commits: Vec<Commit> = read.iter().map(commit).collect();
    let change = change(range, ci, who, commits);
    let detection = detect::detect(&change, catalogue);
    let mut evidence: BTreeSet<Evidence> = detection.evidence.into_iter().collect();
    // What is attached to commits: notes, and records that they bring.
    let attached = Look::prepare(history, &range.selection())?;
    evidence.extend(read.iter().flat_map(|commit| look(history, commit, &attached, catalogue).evidence));
    let mut contributions = contributions(&change, &[], &Neutral::default(), &Known(catalogue));
    if ci.pusher.is_none() {
        // Nobody here can tell who pushed. That is said, and held against nobody.
        contributions.pusher_is_unknown = false;
        contributions.people.remove(&Contribution { who: Contributor::Unknown, role: Role::Pusher });
    }
    let subject = |commit: &Commit| commit.message.lines().next().unwrap_or_default().to_owned();
    let commits = change.commits.iter().map(|commit| (commit.sha.clone(), subject(commit))).collect();
    let facts = Facts {
        v: VERSION,
        now: who.now,
        key: change.key.clone(),
        read: Read::Whole(Box::new(change)),
        evidence: evidence.into_iter().collect(),
        // Only a server remembers what earlier heads showed.
        removed: Vec::new(),
        remembered_level: Level::None,
        declaration: detection.declaration,
        contributions,
        commands: Vec::new(),
        dismissed: BTreeMap::new(),
        agent_accounts: BTreeSet::new(),
        first_seen: BTreeMap::new(),
        roster: Arc::new(who.roster.clone()),
    };
    let verdict = evaluate(&facts, policy);
    Ok(Judged { verdict, commits })
}

fn change(range: &Range, ci: &Ci, who: &Who, commits: Vec<Commit>) -> Change {
    let (id, name) = ci.repository.clone().unwrap_or_default();
    let repo = RepoId::new(who.host.clone(), id);
    let branch = ci.branch.clone().unwrap_or_default();
    let base = ci.base_branch.clone().unwrap_or_default();
    Change {
        key: ChangeKey { repo: repo.clone(), number: ci.number.unwrap_or_default() },
        owner: who.owner.clone(),
        repo_name: name,
        state: ChangeState::Open,
        is_draft: false,
        opener: ci.opener.as_ref().map(|opener| opener.actor(&who.host)),
        title: String::new(),
        body: Body { text: ci.body.clone().unwrap_or_default(), edited_by_other: false },
        default_branch: ci.default_branch.clone().unwrap_or_else(|| base.clone()),
        base: Branch { name: base, sha: range.base_sha() },
        stack_base: None,
        head: range.head_sha(),
        head_branch: HeadBranch { name: branch, repo: Some(repo) },
        labels: ci.labels.clone(),
        assignees: Vec::new(),
        assigners: Vec::new(),
        commits,
        reviews: Vec::new(),
        files: Files::Whole(
            range.files.iter().map(|path| FileChange { path: path.clone(), previous_path: None }).collect(),
        ),
        base_changed_at: None,
        reopened_at: None,
        force_pushes: Vec::new(),
        head_pushers: ci.pusher.iter().map(|pusher| pusher.actor(&who.host)).collect(),
        co_authors_are_untold: false,
        same_head: BTreeSet::new(),
        traces: Vec::new(),
    }
}

fn commit(read: &history::Commit) -> Commit {
    Commit {
        sha: history::sha(read.id),
        tree: Some(history::sha(read.tree)),
        parents: read.parents.iter().map(|parent| history::sha(*parent)).collect(),
        message: read.message.clone(),
        author: read.author.clone(),
        committer: read.committer.clone(),
        // The gate reads them from the message.
        co_authors: Vec::new(),
        committed_via_web: false,
        signed_by_forge: false,
        // They are looked at with the commit, where it stands.
        notes: Vec::new(),
    }
}
