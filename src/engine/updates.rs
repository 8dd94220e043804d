//! What the forge did at the press of a button: updates from the base and applied suggestions. Read only where it matters
//! for who is a contributor.

use std::collections::BTreeSet;

use super::facts::Known;
use super::{Engine, Obstacle};
use crate::forge;
use crate::gate::change::{Change, Push};
use crate::gate::contributors::{Contributions, Neutral, Who, contributions};
use crate::gate::ids::{AccountId, CommitSha, RepoId};
use crate::gate::suggestion::{self, Applied, Candidate, LineComment};
use crate::gate::update::{self, Update};
use crate::store::Claim;

/// How often to ask for something that the forge fails to give, while it gives everything else. It may be a difference
/// that it never gives; then the commit counts like any other.
const PATIENT_ATTEMPTS: i64 = 8;

/// How often to wait for the delivery that tells of an update, before the update counts as anybody's push. A read may
/// show a head before its delivery arrives.
const TOLD_WITHIN: i64 = 3;

/// What was found out about commits. They do not change, so nothing here is ever stale.
#[derive(Debug, Clone)]
pub(super) struct Read {
    /// Whether a merge is an update from the base.
    updates: moka::sync::Cache<(RepoId, CommitSha), bool>,
    /// Commits that hold more than suggestions. Of those that do not, the store knows.
    others: moka::sync::Cache<(RepoId, CommitSha), ()>,
}

impl Default for Read {
    fn default() -> Self {
        Self { updates: moka::sync::Cache::new(10_000), others: moka::sync::Cache::new(10_000) }
    }
}

impl Engine {
    /// What in the change adds no contributor. So many lines of applied suggestions do not.
    pub(super) async fn neutral(
        &self,
        claim: &Claim,
        change: &Change,
        pushes: &[Push],
        suggestion_lines: u32,
    ) -> Result<Neutral, Obstacle> {
        let catalogue = self.catalogue();
        let automation = Known(&catalogue);
        if !change.commits.iter().any(|commit| update::is_made_by_forge(commit, change, &automation)) {
            return Ok(Neutral::default());
        }
        let people = |neutral: &Neutral| everybody(contributions(change, pushes, neutral, &automation));
        let previous = self.store.previous_heads(&change.key).await?;
        let awaits_its_push = update::awaits_its_push(change, &previous, &automation)
            && self.store.heads(&change.key).await?.iter().any(|head| *head != change.head);
        if claim.attempts < TOLD_WITHIN && awaits_its_push {
            // Contributors are remembered for good, so whoever pressed the button must not become one by mere haste.
            let why = format!("nobody has told yet where the head was before {}", change.head.short());
            return Err(Obstacle::Incomplete { why });
        }
        let updates = update::candidates(change, &previous, &automation);
        let suggested = if suggestion_lines == 0 { Vec::new() } else { suggestion::candidates(change, &automation) };
        let mut neutral = Neutral {
            updates: updates.iter().map(|one| (one.merge.clone(), one.previous.clone())).collect(),
            suggestions: suggested.iter().flat_map(Candidate::parts).collect(),
        };
        let without = Neutral { suggestions: BTreeSet::new(), ..neutral.clone() };
        neutral.suggestions = if people(&neutral) == people(&without) {
            BTreeSet::new()
        } else {
            self.small_suggestions(claim, change, &suggested, suggestion_lines).await?
        };
        for update in &updates {
            let mut without = neutral.clone();
            without.updates.remove(&update.merge);
            let matters = people(&without) != people(&neutral);
            if !matters || !self.is_update(claim, update).await? {
                neutral = without;
            }
        }
        Ok(neutral)
    }

    /// Whether the merge leaves what the change changes as it was: two calls, once.
    async fn is_update(&self, claim: &Claim, update: &Update) -> Result<bool, Obstacle> {
        let key = (claim.change.repo.clone(), update.merge.clone());
        if let Some(known) = self.updates.updates.get(&key) {
            return Ok(known);
        }
        let before = self.difference(claim, &update.base, &update.previous).await?;
        let after = self.difference(claim, &update.base, &update.merge).await?;
        let is_update = before.zip(after).is_some_and(|(before, after)| update::leaves_as_it_was(&before, &after));
        self.updates.updates.insert(key, is_update);
        Ok(is_update)
    }

    /// The suggestions that make nobody a contributor: a call for the comments and one for each new commit, once.
    async fn small_suggestions(
        &self,
        claim: &Claim,
        change: &Change,
        candidates: &[Candidate],
        limit: u32,
    ) -> Result<BTreeSet<(CommitSha, AccountId)>, Obstacle> {
        let branch = &change.head_branch;
        let mut applied = self.store.applied_suggestions(&change.key, branch).await?;
        let mut comments: Option<Vec<LineComment>> = None;
        let mut found: Vec<Applied> = Vec::new();
        for Candidate { commit, parent, .. } in candidates {
            let key = (change.key.repo.clone(), commit.clone());
            if self.updates.others.contains_key(&key) || applied.iter().any(|one| one.commit == *commit) {
                continue;
            }
            if comments.is_none() {
                let forge = self.forge(&change.key.repo.host)?;
                let read = forge.line_comments(&claim.repository, change.key.number).await;
                comments = Some(patiently(claim, read.map(Some))?.unwrap_or_default());
            }
            let diff = self.difference(claim, parent, commit).await?.unwrap_or_default();
            let here = suggestion::applied(commit, &diff, comments.as_deref().unwrap_or_default());
            if here.is_empty() {
                self.updates.others.insert(key, ());
            }
            found.extend(here);
        }
        if !found.is_empty() {
            self.notes.suggestions(&change.key, branch, &found).await?;
            applied.extend(found);
        }
        Ok(suggestion::within(limit, &applied))
    }

    /// `None` when the forge does not show it.
    async fn difference(&self, claim: &Claim, base: &CommitSha, head: &CommitSha) -> Result<Option<Vec<u8>>, Obstacle> {
        let forge = self.forge(&claim.change.repo.host)?;
        patiently(claim, forge.diff(&claim.repository, base, head).await)
    }
}

/// What was read, or nothing, if the forge failed to give it for long enough.
fn patiently<T>(claim: &Claim, read: Result<Option<T>, forge::Error>) -> Result<Option<T>, Obstacle> {
    use forge::Error as E;
    let is_patient = claim.attempts < PATIENT_ATTEMPTS;
    match read {
        Err(E::Transient { what, .. } | E::NotFound { what }) if !is_patient => {
            tracing::warn!(what, "the forge does not give this; what depends on it counts as somebody's work");
            Ok(None)
        }
        // It may only be slow to copy what was just pushed.
        Err(E::NotFound { what }) => {
            Err(Obstacle::Incomplete { why: format!("the forge does not show {what} at the moment") })
        }
        read => Ok(read?),
    }
}

/// Everybody who shaped the change, whatever they did.
fn everybody(contributions: Contributions) -> (BTreeSet<Who>, BTreeSet<Who>, bool) {
    let who = contributions.people.into_iter().map(|done| done.who).collect();
    (who, contributions.robots, contributions.pusher_is_unknown)
}
