//! What the forge did at the press of a button: updates from the base. Read only where it matters who pressed it.

use std::collections::BTreeSet;

use super::facts::Known;
use super::{Engine, Obstacle};
use crate::forge::github;
use crate::gate::change::{Change, Push};
use crate::gate::contributors::{Contributions, Neutral, Who, contributions};
use crate::gate::ids::{CommitSha, RepoId};
use crate::gate::update::{self, Update};
use crate::store::Claim;

/// How often to ask for a difference that the forge fails to give, while it gives everything else. It may be one that it
/// never gives; then the update counts as a push like any other.
const PATIENT_ATTEMPTS: i64 = 8;

/// What was found out about merges. Commits do not change, so nothing here is ever stale.
#[derive(Debug, Clone)]
pub(super) struct Read(moka::sync::Cache<(RepoId, CommitSha), bool>);

impl Default for Read {
    fn default() -> Self {
        Self(moka::sync::Cache::new(10_000))
    }
}

impl Engine {
    /// What in the change adds no contributor.
    pub(super) async fn neutral(&self, claim: &Claim, change: &Change, pushes: &[Push]) -> Result<Neutral, Obstacle> {
        let automation = Known(self.catalogue);
        let is_forges = |commit| update::is_made_by_forge(commit, change, &automation);
        if !change.commits.iter().any(is_forges) {
            return Ok(Neutral::default());
        }
        let previous_heads = self.store.previous_heads(&change.key).await?;
        let candidates = update::candidates(change, &previous_heads, &automation);
        let mut neutral = Neutral::default();
        neutral.updates.extend(candidates.iter().map(|one| (one.merge.clone(), one.previous.clone())));
        let others = people(contributions(change, pushes, &neutral, &automation));
        for candidate in &candidates {
            let mut without = neutral.clone();
            without.updates.remove(&candidate.merge);
            let matters = people(contributions(change, pushes, &without, &automation)) != others;
            if !matters || !self.is_update(claim, change, candidate).await? {
                neutral = without;
            }
        }
        Ok(neutral)
    }

    /// Whether the merge leaves what the change changes as it was: two calls, once.
    async fn is_update(&self, claim: &Claim, change: &Change, update: &Update) -> Result<bool, Obstacle> {
        let key = (change.key.repo.clone(), update.merge.clone());
        if let Some(known) = self.updates.0.get(&key) {
            return Ok(known);
        }
        let before = self.difference(claim, &update.base, &update.previous).await?;
        let after = self.difference(claim, &update.base, &update.merge).await?;
        let is_update = before.zip(after).is_some_and(|(before, after)| update::leaves_as_it_was(&before, &after));
        self.updates.0.insert(key, is_update);
        Ok(is_update)
    }

    /// `None` when the forge does not show it.
    async fn difference(&self, claim: &Claim, base: &CommitSha, head: &CommitSha) -> Result<Option<Vec<u8>>, Obstacle> {
        let forge = self.forge(&claim.change.repo.host)?;
        let is_patient = claim.attempts < PATIENT_ATTEMPTS;
        match forge.diff(&claim.repository, base, head).await {
            Err(github::Error::Transient { what, .. } | github::Error::NotFound { what }) if !is_patient => {
                tracing::warn!(what, "the forge does not give a difference; it is taken to differ");
                Ok(None)
            }
            // It may only be slow to copy what was just pushed.
            Err(github::Error::NotFound { what }) => {
                Err(Obstacle::Incomplete { why: format!("the forge does not show {what} at the moment") })
            }
            read => Ok(read?),
        }
    }
}

/// Everybody who shaped the change, whatever they did.
fn people(contributions: Contributions) -> (BTreeSet<Who>, BTreeSet<Who>, bool) {
    let who = contributions.people.into_iter().map(|done| done.who).collect();
    (who, contributions.robots, contributions.pusher_is_unknown)
}
