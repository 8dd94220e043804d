//! Judging a change without saying so: the same reads and the same verdict, and nothing is published, recorded or claimed.

use super::facts::Judged;
use super::group::as_read;
use super::head::{verdict_on, whole};
use super::{Engine, Obstacle};
use crate::forge;
use crate::gate::change::ChangeState;
use crate::gate::head::HeadVerdict;
use crate::gate::ids::{ChangeKey, CommitSha};
use crate::gate::plan::Check;
use crate::gate::policy::Mode;
use crate::gate::witnessed::SeenRepository;
use crate::store::{Claim, LiveGroup};

/// As if it had been tried so often: what the forge does not show by then is not waited for any more.
const LAST_ATTEMPT: i64 = 1_000;

/// What the gate would say about a change now.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The change.
    pub change: ChangeKey,
    /// Whether it is open; `None` when it could not be read whole.
    pub state: Option<ChangeState>,
    /// The branch that governs it, where it was read.
    pub branch: Option<String>,
    /// What the check on its head would say; `None` where it says nothing: the change is not open, or its base is not
    /// governed.
    pub head: Option<DryVerdict>,
    /// What the checks of the merge groups that hold it would say.
    pub groups: Vec<DryVerdict>,
}

/// What a check would say about a commit.
#[derive(Debug, Clone)]
pub struct DryVerdict {
    /// The verdict.
    pub verdict: HeadVerdict,
    /// It in words.
    pub check: Check,
}

/// Why there is no verdict: the store or the forge could not be asked.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct EvaluationError(#[from] Obstacle);

impl EvaluationError {
    /// What the forge said.
    pub fn forge(&self) -> Option<&forge::Error> {
        match &self.0 {
            Obstacle::Forge(error) => Some(error),
            _ => None,
        }
    }
}

impl From<crate::store::Error> for EvaluationError {
    fn from(error: crate::store::Error) -> Self {
        Self(error.into())
    }
}

impl Engine {
    /// Judges a change. On a store that is open for reading only, this leaves no trace anywhere.
    pub async fn evaluate(&self, repository: &SeenRepository, number: i64) -> Result<Evaluation, EvaluationError> {
        self.heed_limits().await?;
        let claim = self.as_if_claimed(repository, number).await?;
        let (mut evaluation, head) = self.evaluate_head(&claim).await?;
        for group in self.store.live_groups_of(&claim.change).await? {
            // The head's own check is the group's.
            if head.as_ref() != Some(&group.head) {
                evaluation.groups.extend(self.evaluate_group(&claim, &group).await?);
            }
        }
        Ok(evaluation)
    }

    /// What a worker would be given that is to look at the change.
    async fn as_if_claimed(&self, repository: &SeenRepository, number: i64) -> Result<Claim, Obstacle> {
        let change = ChangeKey { repo: repository.repo.clone(), number };
        let known = self.store.known_change(&change).await?;
        Ok(Claim {
            generation: 0,
            token: 0,
            attempts: LAST_ATTEMPT,
            urgent: false,
            dirty_since: self.clock.now(),
            repository: repository.clone(),
            latest_head: known.as_ref().map(|known| known.head.clone()),
            known,
            change,
        })
    }

    async fn evaluate_head(&self, claim: &Claim) -> Result<(Evaluation, Option<CommitSha>), Obstacle> {
        let began = self.clock.now();
        let reading = self.read(&claim.change, claim).await?;
        let mut evaluation =
            Evaluation { change: claim.change.clone(), state: None, branch: None, head: None, groups: Vec::new() };
        let judged = match whole(&reading) {
            Ok(change) => {
                evaluation.state = Some(change.state);
                evaluation.branch = Some(change.stack_base.as_ref().unwrap_or(&change.base.name).clone());
                if let Some(group) = self.store.live_group(&change.key.repo, &change.head).await?
                    && let Some(verdict) = self.evaluate_group(claim, &group).await?
                {
                    evaluation.head = Some(verdict);
                    return Ok((evaluation, Some(group.head)));
                }
                let judged = self.judge_head(claim, &reading, change, began).await;
                judged.map(|judged| (verdict_on(&change.head, &judged), judged))
            }
            Err(obstacle) => Err(obstacle),
        };
        let head = reading.head.clone().or_else(|| claim.latest_head.clone());
        evaluation.head = match judged {
            Ok((verdict, judged)) => verdict.map(|verdict| self.dry(verdict, &judged)),
            Err(Obstacle::Incomplete { why }) => {
                let (_, _, verdict) = self.unreadable(claim, &why).await?;
                let at = head.clone().or_else(|| verdict.head.clone());
                let verdict = at.and_then(|head| HeadVerdict::of(head, vec![(verdict, Mode::Enforce)]));
                let Some(verdict) = verdict else { return Err(Obstacle::Incomplete { why }) };
                Some(self.dry_unread(claim, verdict))
            }
            Err(obstacle) => return Err(obstacle),
        };
        Ok((evaluation, head))
    }

    /// `None` when the group is over, or nothing governs it.
    async fn evaluate_group(&self, claim: &Claim, group: &LiveGroup) -> Result<Option<DryVerdict>, Obstacle> {
        match Box::pin(self.judge_group(claim, group)).await {
            Ok(judged) => Ok(judged.and_then(|(verdict, judged)| Some(self.dry(verdict?, &judged)))),
            Err(Obstacle::Incomplete { why }) => {
                let (_, _, verdict) = self.unreadable_group(claim, &group.head, &why).await?;
                Ok(verdict.map(|verdict| self.dry_unread(claim, verdict)))
            }
            Err(obstacle) => Err(obstacle),
        }
    }

    async fn judge_group(
        &self,
        claim: &Claim,
        group: &LiveGroup,
    ) -> Result<Option<(Option<HeadVerdict>, Vec<Judged>)>, Obstacle> {
        let forge = self.forge(&group.repo.host)?;
        let reading = forge.read_group(&claim.repository, &group.base_branch, &group.head).await?;
        let Some(read) = as_read(&reading, &group.head)? else { return Ok(None) };
        let content = self.content(claim, group, &read).await?;
        let others = self.changes_on_group(claim, group, &reading).await?;
        Ok(Some(content.with(&group.head, others)))
    }

    fn dry(&self, verdict: HeadVerdict, judged: &[Judged]) -> DryVerdict {
        let check = self.words(&verdict, judged);
        DryVerdict { verdict, check }
    }

    fn dry_unread(&self, claim: &Claim, verdict: HeadVerdict) -> DryVerdict {
        let check = self.unread_words(claim, &verdict);
        DryVerdict { verdict, check }
    }
}
