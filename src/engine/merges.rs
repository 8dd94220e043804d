//! Merges, looked at afterwards: whether what was merged into a governed branch had our success.
//!
//! A forge lets some people merge without required checks, and an approval can be withdrawn while we are looking the other
//! way. Neither can be prevented from here; both are found, and said.

use jiff::{SignedDuration, Timestamp};

use super::facts::Judged;
use super::{Engine, Obstacle, backoff, record};
use crate::gate::change::{ChangeState, Merge, Read};
use crate::gate::evaluate::evaluate;
use crate::gate::explain;
use crate::gate::finding::{self, By, Finding, Kind, Merged, Place};
use crate::gate::policy::Mode;
use crate::gate::verdict::Outcome;
use crate::store::{self, KnownChange};

/// How far the forge's clock and ours may differ. A forge that waits for a check merges in the moment that it gets it.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(30);

/// How patiently to try again: as after so many attempts in vain.
const PATIENT_ATTEMPTS: i64 = 8;

impl Engine {
    /// Looks at a change that was merged since it was last read. `before` is what that read found.
    pub(super) async fn audit_merge(&self, judged: &Judged, before: Option<&KnownChange>) -> Result<(), Obstacle> {
        let known = &judged.known;
        let was_known = before.is_some_and(|before| before.state == ChangeState::Merged);
        let Some(merge) = judged.merge.as_ref().filter(|_| known.state == ChangeState::Merged && !was_known) else {
            return Ok(());
        };
        let repo = &known.key.repo;
        for tip in merge.commit.iter().chain([&known.head]) {
            self.store.explain_landing(repo, &known.base_branch, tip, self.clock.now()).await?;
        }
        // Of what was merged before anybody asked us there is nothing to be said.
        let was_there = self.store.reached_since(repo).await?.is_some_and(|since| since < merge.at);
        if before.is_none() && !was_there {
            return Ok(());
        }
        let name = explain::check_name(&self.options.check_name, Mode::Enforce);
        let was_success = self.store.was_success(repo, &known.head, &name, merge.at, CLOCKS_DIFFER).await?;
        // By the law as it is now, or as it was: what was merged may have changed it.
        let is_enforced = judged.is_governed && judged.policy.mode == Mode::Enforce;
        if !is_enforced && was_success.is_none() {
            return Ok(());
        }
        let on_success = was_success.unwrap_or(false);
        let still_held = !on_success || self.still_held(judged, merge).await?;
        let Some(kind) = finding::of_merge(Merged { on_success, still_held }) else { return Ok(()) };
        let found = Finding {
            kind,
            repo: repo.clone(),
            place: Place::Change { number: known.key.number, head: known.head.clone() },
            by: merge.by.as_ref().map(|by| By::Account(by.account.clone())),
            at: merge.at,
        };
        Ok(self.found(&found).await?)
    }

    /// Looks at one push to a governed branch that no merge accounts for so far. False when none is due.
    pub(super) async fn look_at_due_landing(&self) -> Result<bool, store::Error> {
        let now = self.clock.now();
        let not_before = backoff::later(now, self.options.lease);
        let Some(due) = self.store.claim_landing(now, not_before).await? else { return Ok(false) };
        let repo = &due.repository.repo;
        let was_merged = match self.forge(&repo.host) {
            Ok(forge) => forge.was_merged(&due.repository, &due.after, &due.branch).await.map_err(Obstacle::from),
            Err(obstacle) => Err(obstacle),
        };
        match was_merged {
            Ok(was_merged) => {
                if !was_merged {
                    let place = Place::Push { branch: due.branch.clone(), after: due.after.clone() };
                    let by = due.pusher.clone().map(By::Account);
                    let (kind, at) = (Kind::DirectPush, due.landed_at);
                    self.found(&Finding { kind, repo: repo.clone(), place, by, at }).await?;
                }
                self.store.explain_landing(repo, &due.branch, &due.after, now).await?;
            }
            Err(obstacle) => {
                let at = self.retry_at(&obstacle, PATIENT_ATTEMPTS, now);
                tracing::warn!(repository = due.repository.name, branch = due.branch, %at, reason = %obstacle,
                    "a push to a governed branch was not looked at");
                self.store.put_off_landing(&due, at).await?;
            }
        }
        Ok(true)
    }

    /// Whether the success on which the change was merged held at that moment, by what can be seen now. What was said
    /// after the merge does not count, and if policy or directory have moved meanwhile, it cannot be told.
    async fn still_held(&self, judged: &Judged, merge: &Merge) -> Result<bool, Obstacle> {
        let latest = self.store.latest_judgement(&judged.known.key).await?;
        let Some(latest) = latest.filter(|latest| latest.head == judged.known.head) else { return Ok(true) };
        let digests = record::digests(&judged.facts, &judged.policy, judged.catalogue.digest(), "");
        if (&digests.policy, &digests.roster) != (&latest.digests.policy, &latest.digests.roster) {
            return Ok(true);
        }
        let mut facts = judged.facts.clone();
        facts.now = merge.at;
        facts.commands.retain(|command| command.said_at <= merge.at);
        if let Read::Whole(change) = &mut facts.read {
            let is_later = |at: Option<Timestamp>| at.is_some_and(|at| at > merge.at);
            change.reviews.retain(|review| !is_later(review.submitted_at));
        }
        Ok(evaluate(&facts, &judged.policy).outcome == Outcome::Pass)
    }
}
