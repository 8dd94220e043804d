//! Jobs that ask for the verdict, where a forge's own pipelines wait for it: what they are told, and that they ask again when
//! that is no longer true.

use super::{Engine, Obstacle};
use crate::forge::{self, Forge};
use crate::gate::change::Change;
use crate::gate::ids::ChangeKey;
use crate::gate::plan::{Check, Conclusion};
use crate::gate::witnessed::Concern;
use crate::store::{self, Claim, HeadLease, SaidVerdict};

impl Engine {
    /// Looks at commits that jobs asked about and that are no head of the change: they may be the forge's own merges of it.
    pub(super) async fn look_at_tested_commits(&self, claim: &Claim, change: &Change) -> Result<(), Obstacle> {
        let forge = self.forge(&change.key.repo.host)?;
        if !forge.publishes_on_changes() {
            return Ok(());
        }
        for commit in self.store.tested_commits(&change.key).await? {
            let is_merge = forge.is_merge_of(&claim.repository, change.key.number, &commit, &change.head).await?;
            let head = is_merge.then_some(&change.head);
            self.store.settle_commit(&change.key, &commit, head, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Keeps what the check says, for jobs that ask.
    pub(super) async fn say(&self, lease: &HeadLease, check: &Check, forge: &Forge) -> Result<(), Obstacle> {
        if !forge.publishes_on_changes() || check.name != self.options.check_name {
            return Ok(());
        }
        let said = SaidVerdict {
            passes: check.conclusion == Conclusion::Success,
            title: check.title.clone(),
            url: check.details_url.clone(),
        };
        if self.store.say(lease, &said, self.clock.now()).await? { Ok(()) } else { Err(Obstacle::Lost) }
    }

    /// Has jobs run again that were told what is no longer true of this change, or of others with its head. To be called once
    /// nothing about it is due.
    pub(super) async fn correct_jobs(&self, claim: &Claim) -> Result<(), store::Error> {
        let Some(forge) = self.forges.get(&claim.change.repo.host).filter(|forge| forge.publishes_on_changes()) else {
            return Ok(());
        };
        let mut changes = vec![claim.change.clone()];
        if let Some(known) = self.store.known_change(&claim.change).await? {
            let others = self.store.open_changes_on_head(&known.key.repo, &known.head).await?;
            changes.extend(others.into_iter().filter(|other| *other != claim.change));
        }
        for change in changes {
            for ask in self.store.untrue_asks(&change).await? {
                self.correct_job(claim, forge, &change, ask.job).await?;
            }
        }
        Ok(())
    }

    async fn correct_job(
        &self,
        claim: &Claim,
        forge: &Forge,
        change: &ChangeKey,
        job: i64,
    ) -> Result<(), store::Error> {
        use forge::Error as E;
        match forge.retry_job(&claim.repository, job).await {
            Ok(()) => {
                tracing::info!(%change, job, "a job was told what is no longer true; it runs again");
                self.store.forget_ask(change, job).await
            }
            // It cannot run again, whoever asks: an old pipeline, or one that we may not touch. `doctor` says which.
            Err(error @ (E::Forbidden { .. } | E::Broken { .. } | E::NotFound { .. })) => {
                tracing::warn!(%change, job, reason = %error, "a job was told what is no longer true, and cannot run again");
                self.store.forget_ask(change, job).await
            }
            Err(error) => {
                tracing::warn!(%change, job, reason = %error, "a job could not be made to run again; it is tried again");
                let concern = Concern::Change(change.clone());
                self.store.mark_dirty(&[concern], true, self.clock.now()).await?;
                self.wake.changes();
                Ok(())
            }
        }
    }
}
