//! What no delivery told in time: heads that were pushed away before anybody looked, and who pushed the heads before.
//! Both count all the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::commands::told;
use super::{Engine, Obstacle};
use crate::gate::change::{Actor, ActorKind, Change, Commit, Push};
use crate::gate::ids::{CommitSha, RepoId};
use crate::store::Claim;

/// How often to ask for an earlier head that the forge does not show: it may only be slow to copy it.
const PATIENT_ATTEMPTS: i64 = 3;

/// What was read of earlier heads. Only what was found is kept: neither commits nor what was done changes.
#[derive(Debug, Clone)]
pub(super) struct Read {
    commits: moka::sync::Cache<(RepoId, CommitSha), Arc<Vec<Commit>>>,
    pushers: moka::sync::Cache<(RepoId, CommitSha), Arc<Vec<Actor>>>,
}

impl Default for Read {
    fn default() -> Self {
        Self { commits: moka::sync::Cache::new(1_000), pushers: moka::sync::Cache::new(10_000) }
    }
}

/// What shaped a change besides what its read shows.
#[derive(Debug)]
pub(super) struct Hidden {
    /// Commits of heads that were pushed away.
    pub(super) commits: Vec<Commit>,
    /// Who pushed any of its heads, or any commit that it holds.
    pub(super) pushes: Vec<Push>,
    /// Whether somebody shaped an earlier head whom nobody knows any more.
    pub(super) has_unknown_contributor: bool,
}

impl Hidden {
    /// When a delivery told last that this commit was pushed.
    pub(super) fn pushed_at(&self, head: &CommitSha) -> Option<Timestamp> {
        self.pushes.iter().filter(|push| push.head == *head).map(|push| push.received_at).max()
    }

    /// The change as if what was pushed away were still there: it counts, whoever wrote it, and whatever shows how.
    pub(super) fn with(&self, change: &Change) -> Change {
        let mut shaped = change.clone();
        shaped.commits.splice(..0, self.commits.iter().cloned());
        shaped
    }
}

impl Engine {
    /// Everything that is known of the change's past.
    pub(super) async fn hidden(
        &self,
        claim: &Claim,
        change: &Change,
        notes: Option<&CommitSha>,
        now: Timestamp,
    ) -> Result<Hidden, Obstacle> {
        let (mut commits, is_gone) = self.hidden_commits(claim, change).await?;
        if let Some(notes) = notes
            && !commits.is_empty()
        {
            // Notes stand on what was pushed away as well.
            let all: Vec<CommitSha> = commits.iter().map(|commit| commit.sha.clone()).collect();
            let mut found = self
                .forge(&change.key.repo.host)?
                .notes(&claim.repository, notes, &all, claim.attempts >= PATIENT_ATTEMPTS)
                .await?;
            for commit in &mut commits {
                commit.notes = found.remove(&commit.sha).unwrap_or_default();
            }
        }
        let tells_kinds = self.forge(&change.key.repo.host)?.tells_kinds();
        let mut pushes = self.store.pushes(&change.key).await?;
        let (sought, has_unknown_pusher) = self.seek_pushers(claim, change, &pushes, now).await?;
        let all: Vec<_> = change.commits.iter().chain(&commits).map(|commit| commit.sha.clone()).collect();
        pushes.extend(self.store.pushes_of(&change.key.repo, &all).await?);
        pushes.extend(sought);
        if !tells_kinds {
            name_kinds(change, &mut pushes);
        }
        Ok(Hidden { commits, pushes, has_unknown_contributor: has_unknown_pusher || is_gone })
    }

    /// Commits of heads that a delivery named, that are no part of the change any more, and that no decision was made
    /// on: a decision remembers what it saw. A plain push hides nothing, and costs nothing here.
    async fn hidden_commits(&self, claim: &Claim, change: &Change) -> Result<(Vec<Commit>, bool), Obstacle> {
        let mut seen: BTreeSet<CommitSha> = change.commits.iter().map(|commit| commit.sha.clone()).collect();
        seen.insert(change.head.clone());
        let mut hidden = Vec::new();
        let mut is_gone = false;
        for head in self.store.unjudged_heads(&change.key).await? {
            if seen.contains(&head) {
                continue;
            }
            let Some(commits) = self.commits_of(claim, change, &head).await? else {
                is_gone = true;
                continue;
            };
            hidden.extend(commits.iter().filter(|commit| seen.insert(commit.sha.clone())).cloned());
        }
        Ok((hidden, is_gone))
    }

    /// `None` when the forge does not have the head any more.
    async fn commits_of(
        &self,
        claim: &Claim,
        change: &Change,
        head: &CommitSha,
    ) -> Result<Option<Arc<Vec<Commit>>>, Obstacle> {
        let key = (change.key.repo.clone(), head.clone());
        if let Some(commits) = self.hidden.commits.get(&key) {
            return Ok(Some(commits));
        }
        let forge = self.forge(&change.key.repo.host)?;
        let commits = forge.commits_between(&claim.repository, &change.base.sha, head).await?;
        let Some(commits) = commits else {
            if claim.attempts < PATIENT_ATTEMPTS {
                let why = format!("the forge does not show the earlier head {} at the moment", head.short());
                return Err(Obstacle::Incomplete { why });
            }
            // GitHub keeps what a change once had, unless its staff removed it. Waiting would not bring it back.
            tracing::warn!(%head, "the forge does not have an earlier head of the change any more");
            return Ok(None);
        };
        let commits = Arc::new(commits);
        self.hidden.commits.insert(key, Arc::clone(&commits));
        Ok(Some(commits))
    }

    /// Who pushed earlier heads that no delivery told of, by the log of the repository itself; nobody keeps one of a
    /// fork for us. Also whether the log does not tell.
    async fn seek_pushers(
        &self,
        claim: &Claim,
        change: &Change,
        witnessed: &[Push],
        now: Timestamp,
    ) -> Result<(Vec<Push>, bool), Obstacle> {
        let mut heads = self.store.heads(&change.key).await?;
        heads.retain(|head| *head != change.head && !witnessed.iter().any(|push| push.head == *head));
        let is_own = change.head_branch.repo.as_ref() == Some(&change.key.repo);
        if heads.is_empty() || !is_own {
            return Ok((Vec::new(), !heads.is_empty()));
        }
        let key = |head: &CommitSha| (change.key.repo.clone(), head.clone());
        if heads.iter().any(|head| !self.hidden.pushers.contains_key(&key(head))) {
            let forge = self.forge(&change.key.repo.host)?;
            let moves = forge.moves(&claim.repository, &change.head_branch.name).await?;
            for head in &heads {
                let pushers: Vec<Actor> =
                    moves.iter().filter(|(to, _)| to == head).map(|(_, actor)| actor.clone()).collect();
                // The log may lag behind: that it does not tell is not remembered.
                if !pushers.is_empty() {
                    self.hidden.pushers.insert(key(head), Arc::new(pushers));
                }
            }
        }
        let mut sought = Vec::new();
        let mut is_unknown = false;
        for head in heads {
            let pushers = self.hidden.pushers.get(&key(&head)).unwrap_or_default();
            is_unknown |= pushers.is_empty();
            let push =
                |pusher: &Actor| Push { head: head.clone(), before: None, pusher: pusher.clone(), received_at: now };
            sought.extend(pushers.iter().map(push));
        }
        Ok((sought, is_unknown))
    }
}

/// Deliveries that do not tell what kind of account pushed: the read tells of some, and whoever is left is taken for a
/// person. A person taken for a robot would lower nobody's tier.
fn name_kinds(change: &Change, pushes: &mut [Push]) {
    let authors = change.commits.iter().filter_map(|commit| commit.author.account.as_ref());
    let noted = change.force_pushes.iter().filter_map(|push| push.actor.as_ref());
    let shown: Vec<&Actor> = change.opener.iter().chain(authors).chain(noted).collect();
    for push in pushes {
        match shown.iter().find(|actor| actor.account == push.pusher.account) {
            Some(actor) if push.pusher.kind == ActorKind::Other => push.pusher.kind = actor.kind,
            _ => push.pusher = told(push.pusher.clone(), false),
        }
    }
}
