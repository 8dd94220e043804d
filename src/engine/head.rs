//! One head commit: read every open change on it, judge them, record, publish the worst.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::facts::Judged;
use super::pages::{self, Unread, closed_at};
use super::{Engine, Obstacle, backoff};
use crate::forge::gitlab::approvals::Witnessed;
use crate::forge::{Forge, ReadOptions, Reading};
use crate::gate::change::{Change, ChangeState, Read};
use crate::gate::explain::{self, Voice};
use crate::gate::finding::{Finding, Kind, Place};
use crate::gate::head::HeadVerdict;
use crate::gate::ids::{ChangeKey, CommitSha, RepoId};
use crate::gate::page::OnCommit;
use crate::gate::people::Roster;
use crate::gate::plan::{Action, Check, Conclusion, Published, plan};
use crate::gate::policy::Mode;
use crate::gate::verdict::Outcome;
use crate::gate::witnessed::{ApprovalAction, Concern};
use crate::store::{Claim, Decision, HeadLease, HeadLock, PublicationState, Recorded};

/// How often a head may move between two reads before the change is put back.
const MOVES: usize = 3;

/// After so many attempts in vain, the check says that the change cannot be read.
pub(super) const SILENT_ATTEMPTS: i64 = 3;

/// What came of dealing with a change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settled {
    /// The verdict's word, or `ungoverned`.
    pub(super) outcome: &'static str,
    /// `created`, `updated` or `unchanged`.
    pub(super) action: &'static str,
    /// When to publish once more, whatever stands there.
    pub(super) publish_again_at: Option<Timestamp>,
}

enum Attempt {
    Settled(Settled),
    Moved(CommitSha),
}

impl Engine {
    /// Brings the checks up to date that the change has a part in: its head's, and those of merge groups that hold it.
    pub(super) async fn settle(&self, claim: &Claim) -> Result<Settled, Obstacle> {
        let settled = self.settle_change(claim).await;
        // What a worker is denied now is denied for a group as well. A change that cannot be read holds its groups up.
        if !matches!(settled, Ok(_) | Err(Obstacle::Incomplete { .. })) {
            return settled;
        }
        let again = self.settle_groups(claim).await;
        let settled = settled?;
        Ok(Settled { publish_again_at: [settled.publish_again_at, again?].into_iter().flatten().min(), ..settled })
    }

    /// Brings the check of the change's head up to date.
    async fn settle_change(&self, claim: &Claim) -> Result<Settled, Obstacle> {
        let mut head = match &claim.latest_head {
            Some(head) => head.clone(),
            None => whole(&self.read(&claim.change, claim).await?)?.head.clone(),
        };
        for _ in 0..MOVES {
            let now = self.clock.now();
            let lease = match self.store.lock_head(&claim.change.repo, &head, now, self.options.lease).await? {
                HeadLock::Held(lease) => lease,
                HeadLock::Busy { until } => return Err(Obstacle::Busy { until }),
            };
            let renew = || self.store.renew_head(&lease, self.clock.now(), self.options.lease);
            let attempt = self.holding(renew, Box::pin(self.settle_head(claim, &lease))).await;
            if let Err(error) = self.store.unlock_head(&lease).await {
                // The lease ends by itself. What came of the attempt says more.
                tracing::warn!(error = &error as &dyn std::error::Error, "the head commit stays locked for a while");
            }
            match attempt? {
                Attempt::Settled(settled) => return Ok(settled),
                Attempt::Moved(to) => head = to,
            }
        }
        Err(Obstacle::Moving)
    }

    pub(super) async fn read(&self, key: &ChangeKey, claim: &Claim) -> Result<Reading, Obstacle> {
        let began = self.clock.now();
        let forge = self.forge(&key.repo.host)?;
        let known = self.store.known_change(key).await?;
        let head =
            if *key == claim.change { claim.latest_head.as_ref() } else { known.as_ref().map(|known| &known.head) };
        let pushes = self.store.pushes(key).await?;
        let expected = self.store.expected_base(key).await?;
        let options = ReadOptions {
            is_stacked: expected.as_ref().is_some_and(|expected| expected.was_stacked),
            governing_base: expected.map(|expected| expected.branch),
            // The guard of the gate's own files has a path condition in every policy.
            previous_paths: true,
            seek_pushers: !head.is_some_and(|head| pushes.iter().any(|push| push.head == *head)),
            gives_up_on_records: claim.attempts >= SILENT_ATTEMPTS,
            comments: self.comments_to_read(claim, key).await?,
            expects_check: forge.publishes_on_changes() && self.was_published(&key.repo, head).await?,
            approvals: self.witnessed_approvals(key).await?,
            describers: self.store.description_edits(key).await?.into_iter().map(|(by, _)| by).collect(),
        };
        let reading = forge.read(&claim.repository, key.number, &options).await?;
        if let Some(is_public) = reading.is_public
            && claim.repository.is_public != Some(is_public)
        {
            self.notes.visibility(&claim.repository.repo, is_public, began).await?;
        }
        if let Read::Whole(change) = &reading.read
            && change.repo_name != claim.repository.name
        {
            // GitHub follows a former name when it is asked, not when it is told something.
            self.notes.name(&claim.repository.repo, &change.repo_name).await?;
        }
        Ok(reading)
    }

    /// What deliveries told of approvals that the forge does not bind to commits itself.
    async fn witnessed_approvals(&self, key: &ChangeKey) -> Result<Vec<Witnessed>, Obstacle> {
        let approvals = self.store.approvals(key).await?.into_iter();
        Ok(approvals
            .map(|last| Witnessed {
                account: last.by.account,
                head: (last.action == ApprovalAction::Given).then_some(last.head),
                told_at: last.received_at,
            })
            .collect())
    }

    async fn settle_head(&self, claim: &Claim, lease: &HeadLease) -> Result<Attempt, Obstacle> {
        let began = self.clock.now();
        let reading = self.read(&claim.change, claim).await?;
        let change = match &reading.read {
            Read::Whole(change) => change.as_ref(),
            Read::Incomplete { why } => {
                if claim.attempts >= SILENT_ATTEMPTS {
                    self.publish_unreadable(claim, lease, &reading, why).await?;
                }
                return Err(Obstacle::Incomplete { why: why.clone() });
            }
        };
        if change.head != lease.head {
            return Ok(Attempt::Moved(change.head.clone()));
        }
        if let Some(group) = self.store.live_group(&lease.repo, &lease.head).await?
            && let Some(settled) = Box::pin(self.settle_group(claim, lease, &group)).await?
        {
            return Ok(Attempt::Settled(settled));
        }
        self.look_at_tested_commits(claim, change).await?;
        let judged = Box::pin(self.judge_head(claim, &reading, change, began)).await?;
        Box::pin(self.conclude(claim, lease, &reading, judged)).await.map(Attempt::Settled)
    }

    /// Judges a change that was read whole, and the other open changes with the same head.
    pub(super) async fn judge_head(
        &self,
        claim: &Claim,
        reading: &Reading,
        change: &Change,
        began: Timestamp,
    ) -> Result<Vec<Judged>, Obstacle> {
        let mut judged = vec![self.judge(claim, reading, change, began).await?];
        for key in self.others_on_head(change).await? {
            judged.extend(self.judge_other(claim, &key, &change.head).await?);
        }
        // That another change has this head may not have been told, and a pass may be that one's as well.
        let stands = reading.published.as_ref().and_then(|published| published.conclusion);
        let passes = verdict_on(&change.head, &judged).is_some_and(|verdict| verdict.outcome() == Outcome::Pass);
        if passes && stands != Some(Conclusion::Success) {
            let forge = self.forge(&change.key.repo.host)?;
            for number in forge.changes_on_head(&claim.repository, &change.base.name, &change.head).await? {
                let key = ChangeKey { repo: change.key.repo.clone(), number };
                if judged.iter().all(|one| one.known.key != key) {
                    judged.extend(self.judge_other(claim, &key, &change.head).await?);
                }
            }
        }
        Ok(judged)
    }

    /// Judges another change if it has this head.
    async fn judge_other(&self, claim: &Claim, key: &ChangeKey, head: &CommitSha) -> Result<Option<Judged>, Obstacle> {
        let began = self.clock.now();
        let reading = self.read(key, claim).await?;
        let other = whole(&reading)?;
        if other.head == *head {
            return self.judge(claim, &reading, other, began).await.map(Some);
        }
        self.notes.change(&super::facts::known(other, began)).await?;
        Ok(None)
    }

    /// Other open changes with the same head, as webhooks witnessed them and as the forge lists them.
    async fn others_on_head(&self, change: &Change) -> Result<Vec<ChangeKey>, Obstacle> {
        let mut others = self.store.open_changes_on_head(&change.key.repo, &change.head).await?;
        others
            .extend(change.same_head.iter().map(|number| ChangeKey { repo: change.key.repo.clone(), number: *number }));
        others.sort();
        others.dedup();
        others.retain(|key| *key != change.key);
        Ok(others)
    }

    /// Adds up, records, and publishes.
    async fn conclude(
        &self,
        claim: &Claim,
        lease: &HeadLease,
        reading: &Reading,
        judged: Vec<Judged>,
    ) -> Result<Settled, Obstacle> {
        let is_merged = judged.iter().any(|one| one.known.state == ChangeState::Merged);
        let Some(verdict) = verdict_on(&lease.head, &judged) else {
            for one in &judged {
                self.note(one).await?;
                self.settle_answers(&[self.answers(one, None).await?]).await?;
            }
            return self.withdraw(claim, lease, reading, is_merged).await;
        };
        let roster = roster_of(&judged);
        let voice = self.voice(&roster, self.page_of_deciding(&verdict, &judged));
        let check = explain::check(&verdict, &voice);
        let on_commit = pages::on_commit(&verdict);
        let mut answers = Vec::new();
        for one in judged {
            answers.push(self.answers(&one, Some((&verdict, &voice))).await?);
            self.record(claim, lease, one, &check, &on_commit).await?;
        }
        // First what may be a pass that nobody judges any more.
        let retired = explain::retired(&lease.head, voice.check_name, verdict.mode, voice.details_url.clone());
        let retire_again_at = self.retire(claim, lease, reading, &retired, verdict.mode).await?;
        let published = standing(reading, verdict.mode);
        let (action, publish_again_at) = self.publish(claim, lease, &check, published).await?;
        self.say(lease, &check, self.forge(&lease.repo.host)?).await?;
        let publish_again_at = publish_again_at.max(retire_again_at);
        self.settle_answers(&answers).await?;
        Ok(Settled { outcome: verdict.outcome().as_str(), action, publish_again_at })
    }

    /// The check that says the verdict.
    pub(super) fn words(&self, verdict: &HeadVerdict, judged: &[Judged]) -> Check {
        explain::check(verdict, &self.voice(&roster_of(judged), self.page_of_deciding(verdict, judged)))
    }

    fn voice<'a>(&'a self, roster: &'a Roster, details_url: Option<String>) -> Voice<'a> {
        Voice {
            check_name: &self.options.check_name,
            details_url,
            names_candidates: self.options.names_candidates,
            roster,
        }
    }

    async fn record(
        &self,
        claim: &Claim,
        lease: &HeadLease,
        judged: Judged,
        check: &Check,
        on_commit: &OnCommit,
    ) -> Result<(), Obstacle> {
        if !judged.is_judged() {
            return self.note(&judged).await;
        }
        let page = self.page_update(claim, &judged, on_commit.clone()).await?;
        let removed = removed_findings(&judged);
        let decision = Decision { page: Some(page), ..self.decision(judged, check).await? };
        self.keep(lease, &decision).await?;
        for finding in &removed {
            self.found_once(finding).await?;
        }
        Ok(())
    }

    /// Puts a decision on record.
    pub(super) async fn keep(&self, lease: &HeadLease, decision: &Decision) -> Result<(), Obstacle> {
        match self.store.record(decision, lease).await? {
            Recorded::New(_) | Recorded::Same(_) => Ok(()),
            Recorded::Lost => Err(Obstacle::Lost),
        }
    }

    /// Keeps what was read of a change that does not count for the head.
    pub(super) async fn note(&self, judged: &Judged) -> Result<(), Obstacle> {
        let known = &judged.known;
        let before = self.store.known_change(&known.key).await?;
        self.audit_merge(judged, before.as_ref()).await?;
        self.store.note_shown(known, &self.about(judged)?, closed_at(judged)).await?;
        // What was merged under the eyes of the gate is done with. Later events of the merged change say nothing about
        // what the branch holds by then.
        let was_merged_now =
            known.state == ChangeState::Merged && before.is_some_and(|before| before.state == ChangeState::Open);
        if was_merged_now && judged.is_governed {
            self.store.forget_branch(&known.key.repo, &known.head_branch).await?;
        }
        Ok(())
    }

    /// No open change with a governed base has this head: a success that stands there is taken back, unless the change
    /// was merged with it.
    async fn withdraw(
        &self,
        claim: &Claim,
        lease: &HeadLease,
        reading: &Reading,
        is_merged: bool,
    ) -> Result<Settled, Obstacle> {
        let mut settled = Settled { outcome: "ungoverned", action: "unchanged", publish_again_at: None };
        if is_merged {
            return Ok(settled);
        }
        for mode in [Mode::Enforce, Mode::Preview] {
            let published = standing(reading, mode);
            if published.is_some_and(|published| published.conclusion == Some(Conclusion::Success)) {
                let name = explain::check_name(&self.options.check_name, mode);
                let page = self.page_of_claimed(claim, reading);
                let check = explain::withdrawn(&lease.head, name, Some(page));
                let (action, again) = self.publish(claim, lease, &check, published).await?;
                settled = Settled { outcome: "ungoverned", action, publish_again_at: again };
            }
        }
        Ok(settled)
    }

    async fn publish_unreadable(
        &self,
        claim: &Claim,
        lease: &HeadLease,
        reading: &Reading,
        why: &str,
    ) -> Result<(), Obstacle> {
        let (facts, policy, verdict) = self.unreadable(claim, why).await?;
        let Some(verdict) = HeadVerdict::of(lease.head.clone(), vec![(verdict, Mode::Enforce)]) else { return Ok(()) };
        let roster = Roster::default();
        let voice = self.voice(&roster, Some(self.page_of_claimed(claim, reading)));
        let check = explain::check(&verdict, &voice);
        let unread = Unread { claim, facts: &facts, policy: &policy, verdict: &verdict };
        let decision = self.unread_decision(lease, &unread, &check)?;
        self.keep(lease, &decision).await?;
        // Where not even the head could be read, or another one was, what was read says nothing of this head's check.
        let is_of_this_head = reading.head.as_ref() == Some(&lease.head);
        let published = match standing(reading, Mode::Enforce) {
            published if is_of_this_head => published.cloned(),
            _ => self.forge(&lease.repo.host)?.find_published(&claim.repository, &lease.head, &check.name).await?,
        };
        self.publish(claim, lease, &check, published.as_ref()).await?;
        Ok(())
    }

    /// Takes back the check of the mode that is not in force, where one stands.
    async fn retire(
        &self,
        claim: &Claim,
        lease: &HeadLease,
        reading: &Reading,
        check: &Check,
        in_force: Mode,
    ) -> Result<Option<Timestamp>, Obstacle> {
        let other = match in_force {
            Mode::Enforce => Mode::Preview,
            Mode::Preview => Mode::Enforce,
        };
        let Some(published) = standing(reading, other) else { return Ok(None) };
        let (_, again) = self.publish(claim, lease, check, Some(published)).await?;
        Ok(again)
    }

    /// Makes the forge show this check. Nothing is sent when it already does, unless a request that we do not know the
    /// end of may still take effect.
    pub(super) async fn publish(
        &self,
        claim: &Claim,
        lease: &HeadLease,
        check: &Check,
        published: Option<&Published>,
    ) -> Result<(&'static str, Option<Timestamp>), Obstacle> {
        let now = self.clock.now();
        let digest = check.digest();
        let before = self.store.publication(&lease.repo, &lease.head, &check.name).await?;
        let is_uncertain = before.as_ref().is_some_and(|before| {
            before.state == PublicationState::Intended && before.at > backoff::later(now, -self.options.request_timeout)
        });
        let must = lease.taken_over || is_uncertain;
        let again = must.then(|| backoff::later(now, self.options.request_timeout + SignedDuration::from_secs(1)));
        let action = match (plan(check, published), published) {
            (Some(action), _) => action,
            (None, Some(published)) if must => {
                Action::Update { check_run_id: published.check_run_id, check: check.clone(), annotate: false }
            }
            (None, published) => {
                if let Some(published) = published
                    && before.is_some_and(|before| before.state == PublicationState::Intended)
                {
                    let run = published.check_run_id;
                    self.store.stand(lease, &check.name, &digest, run, now).await?;
                }
                self.metrics.publication("unchanged");
                return Ok(("unchanged", again));
            }
        };
        if !self.store.intend(lease, &check.name, &digest, check.conclusion, now).await? {
            return Err(Obstacle::Lost);
        }
        let done = match &action {
            Action::Create(_) => "created",
            Action::Update { .. } => "updated",
        };
        let forge = self.forge(&lease.repo.host)?;
        if !self.store.holds_head(lease).await? {
            return Err(Obstacle::Lost);
        }
        let changes = self.changes_to_tell(claim, lease, forge).await?;
        let stands = forge.apply(&claim.repository, &action, &changes).await?;
        if !self.store.stand(lease, &check.name, &digest, stands.check_run_id, self.clock.now()).await? {
            // Whoever took over has published meanwhile, and this request may have come after theirs.
            return self.look_again(lease).await;
        }
        self.metrics.publication(done);
        Ok((done, again))
    }

    /// Whether anything of ours may stand on this head.
    async fn was_published(&self, repo: &RepoId, head: Option<&CommitSha>) -> Result<bool, Obstacle> {
        let Some(head) = head else { return Ok(true) };
        let enforced = self.store.publication(repo, head, &self.options.check_name).await?;
        let preview = explain::check_name(&self.options.check_name, Mode::Preview);
        Ok(enforced.is_some() || self.store.publication(repo, head, &preview).await?.is_some())
    }

    /// The changes that a check on this head is shown on, where it is shown on each.
    async fn changes_to_tell(&self, claim: &Claim, lease: &HeadLease, forge: &Forge) -> Result<Vec<i64>, Obstacle> {
        if !forge.publishes_on_changes() {
            return Ok(Vec::new());
        }
        let open = self.store.open_changes_on_head(&lease.repo, &lease.head).await?;
        let open: Vec<i64> = open.into_iter().map(|key| key.number).collect();
        // One that was closed can be told nothing, unless nobody knows more of it than that it cannot be read.
        Ok(if open.is_empty() { vec![claim.change.number] } else { open })
    }

    /// What stands on a head may be the word of a worker who no longer holds it, so it is looked at again.
    async fn look_again<T>(&self, lease: &HeadLease) -> Result<T, Obstacle> {
        let concern = Concern::Head { repo: lease.repo.clone(), head: lease.head.clone() };
        self.store.mark_dirty(&[concern], true, self.clock.now()).await?;
        self.wake.changes();
        Err(Obstacle::Lost)
    }
}

/// What the changes on a head add up to; `None` if none of them counts for it.
pub(super) fn verdict_on(head: &CommitSha, judged: &[Judged]) -> Option<HeadVerdict> {
    let counted = judged.iter().filter(|one| one.is_judged());
    HeadVerdict::of(head.clone(), counted.map(|one| (one.verdict.clone(), one.policy.mode)).collect())
}

/// That attribution is gone, once for each commit that carried it. Nobody is named: what went with it may be all of the
/// commit.
fn removed_findings(judged: &Judged) -> Vec<Finding> {
    let ChangeKey { repo, number } = &judged.known.key;
    let commits: BTreeSet<&CommitSha> = judged.verdict.removed.iter().map(|removed| &removed.commit).collect();
    let finding = |commit: &CommitSha| Finding {
        kind: Kind::AttributionRemoved,
        repo: repo.clone(),
        place: Place::Change { number: *number, head: commit.clone() },
        by: None,
        at: judged.facts.now,
    };
    commits.into_iter().map(finding).collect()
}

/// The directory that the verdicts rest on: all of them on the same.
fn roster_of(judged: &[Judged]) -> Arc<Roster> {
    judged.first().map(|one| Arc::clone(&one.facts.roster)).unwrap_or_default()
}

/// Our check as it stands on the head.
fn standing(reading: &Reading, mode: Mode) -> Option<&Published> {
    match mode {
        Mode::Enforce => reading.published.as_ref(),
        Mode::Preview => reading.preview.as_ref(),
    }
}

/// The change, if it was read whole.
pub(super) fn whole(reading: &Reading) -> Result<&Change, Obstacle> {
    match &reading.read {
        Read::Whole(change) => Ok(change),
        Read::Incomplete { why } => Err(Obstacle::Incomplete { why: why.clone() }),
    }
}
