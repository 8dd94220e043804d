//! Merge groups: a commit of a queue gets the verdict of the changes that it holds.
//!
//! A group has no place in the dirty set: it is dealt with whenever one of its members is, after that member's own head.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::facts::Judged;
use super::head::{SILENT_ATTEMPTS, Settled, whole};
use super::pages::{Unread, on_commit};
use super::{Engine, Obstacle};
use crate::forge::{GroupRead, GroupReading};
use crate::gate::change::{ChangeState, Read};
use crate::gate::evaluate::Facts;
use crate::gate::group::{Doubt, Group, Member};
use crate::gate::head::{HeadVerdict, MemberVerdict};
use crate::gate::ids::{ChangeKey, CommitSha};
use crate::gate::plan::{Check, Published};
use crate::gate::policy::{Mode, Policy};
use crate::store::{Claim, Decision, GroupMember, HeadLease, HeadLock, KnownChange, LiveGroup, PageUpdate};

/// What a group was found to hold.
pub(super) struct Content {
    /// Its members, judged.
    members: Vec<Judged>,
    /// What is wrong with a member, or without a number with all of them.
    doubts: Vec<(Option<i64>, Doubt)>,
    /// Whether the queue itself named the members.
    is_confirmed: bool,
}

impl Engine {
    /// Brings the checks of all live groups up to date that hold the change. Returns when one of them has to be
    /// published once more.
    pub(super) async fn settle_groups(&self, claim: &Claim) -> Result<Option<Timestamp>, Obstacle> {
        let mut again: Option<Timestamp> = None;
        let mut failed = None;
        for group in self.store.live_groups_of(&claim.change).await? {
            match self.settle_own_group(claim, &group).await {
                Ok(publish_again_at) => again = [again, publish_again_at].into_iter().flatten().min(),
                // A group that cannot be read says nothing of the others.
                Err(obstacle) => failed = failed.or(Some(obstacle)),
            }
        }
        failed.map_or(Ok(again), Err)
    }

    /// Brings the check of one group up to date, once nobody else is at it.
    async fn settle_own_group(&self, claim: &Claim, group: &LiveGroup) -> Result<Option<Timestamp>, Obstacle> {
        let now = self.clock.now();
        let lease = match self.store.lock_head(&group.repo, &group.head, now, self.options.lease).await? {
            HeadLock::Held(lease) => lease,
            HeadLock::Busy { until } => return Err(Obstacle::Busy { until }),
        };
        let renew = || self.store.renew_head(&lease, self.clock.now(), self.options.lease);
        let settled = self.holding(renew, Box::pin(self.settle_group(claim, &lease, group))).await;
        if let Err(error) = self.store.unlock_head(&lease).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the group's commit stays locked for a while");
        }
        let Some(Settled { outcome, action, publish_again_at }) = settled? else {
            tracing::info!(head = %group.head, "merge group is over");
            return Ok(None);
        };
        tracing::info!(head = %group.head, outcome, action, "merge group judged");
        Ok(publish_again_at)
    }

    /// Brings the check of a group's commit up to date, together with open changes that have it as their own head.
    /// `None` when the group is over: then nothing was said of the commit, and those changes are judged without it.
    pub(super) async fn settle_group(
        &self,
        claim: &Claim,
        lease: &HeadLease,
        group: &LiveGroup,
    ) -> Result<Option<Settled>, Obstacle> {
        // It may have been dissolved while this worker waited for its turn.
        if self.store.live_group(&lease.repo, &lease.head).await?.is_none() {
            return Ok(None);
        }
        let forge = self.forge(&lease.repo.host)?;
        let reading = forge.read_group(&claim.repository, &group.base_branch, &lease.head).await?;
        let Some(read) = as_read(&reading, &lease.head)? else {
            self.store.end_group(&lease.repo, &lease.head, self.clock.now()).await?;
            return Ok(None);
        };
        let content = match self.content(claim, group, &read).await {
            Err(Obstacle::Incomplete { why }) if claim.attempts >= SILENT_ATTEMPTS => {
                self.publish_group_unreadable(claim, lease, group, &reading, &why).await?;
                return Err(Obstacle::Incomplete { why });
            }
            content => content?,
        };
        if content.is_confirmed && !self.store.bind_group(lease, &content.bound()).await? {
            return Err(Obstacle::Lost);
        }
        let others = self.changes_on_group(claim, group, &reading).await?;
        self.conclude_group(claim, lease, group, &reading, content, others).await.map(Some)
    }

    /// Reads and judges the members. Where the queue does not know the group, those that it was supposed to hold.
    pub(super) async fn content(&self, claim: &Claim, group: &LiveGroup, read: &Group) -> Result<Content, Obstacle> {
        let known = self.store.group_members(&group.repo, &group.head).await?;
        let (numbers, unknown) = match read.members() {
            Ok(numbers) => (numbers, None),
            // The queue may only be slow to show what it has just made.
            Err(_) if claim.attempts < SILENT_ATTEMPTS => {
                let why = format!("the merge queue does not show {} at the moment", group.head.short());
                return Err(Obstacle::Incomplete { why });
            }
            Err(doubt) => (known.iter().map(|member| member.number).collect(), Some((None, doubt))),
        };
        let mut members = Vec::new();
        for number in numbers {
            members.push(self.member(claim, ChangeKey { repo: group.repo.clone(), number }).await?);
        }
        let is_confirmed = unknown.is_none();
        let mut doubts: Vec<(Option<i64>, Doubt)> = unknown.into_iter().collect();
        for member in &members {
            doubts.extend(self.doubt(claim, (group, read), &known, member).await?);
        }
        if is_confirmed && doubts.is_empty() {
            doubts = read.doubts(&members.iter().filter_map(Judged::as_member).collect::<Vec<_>>());
        }
        Ok(Content { members, doubts, is_confirmed })
    }

    async fn member(&self, claim: &Claim, key: ChangeKey) -> Result<Judged, Obstacle> {
        let began = self.clock.now();
        let reading = self.read(&key, claim).await?;
        let change = whole(&reading).map_err(|obstacle| match obstacle {
            Obstacle::Incomplete { why } => Obstacle::Incomplete { why: format!("#{}: {why}", key.number) },
            other => other,
        })?;
        self.judge(claim, &reading, change, began).await
    }

    /// Whether the member is still what the queue took in.
    async fn doubt(
        &self,
        claim: &Claim,
        (group, read): (&LiveGroup, &Group),
        known: &[GroupMember],
        member: &Judged,
    ) -> Result<Option<(Option<i64>, Doubt)>, Obstacle> {
        let change = &member.known;
        let number = Some(change.key.number);
        match change.state {
            ChangeState::Open => {}
            // The queue moves the branch first and closes the change a moment later, or the other way round.
            ChangeState::Merged if claim.attempts < SILENT_ATTEMPTS => {
                return Err(Obstacle::Incomplete { why: "the merge group is being merged".to_owned() });
            }
            ChangeState::Merged | ChangeState::Closed => return Ok(Some((number, Doubt::NotOpen))),
        }
        let branch = change.stack_base.as_ref().unwrap_or(&change.base_branch);
        if *branch != group.base_branch {
            return Ok(Some((number, Doubt::Elsewhere { branch: branch.clone() })));
        }
        let queued = known.iter().find(|one| one.number == change.key.number).and_then(|one| one.head.as_ref());
        let has_moved = match queued {
            Some(queued) => *queued != change.head,
            None if read.holds(&change.head) => false,
            // A squash does not show what it was made of. But a queue takes in what passed our check, so that its head
            // was known before the group was.
            None => {
                let first_seen = self.store.head_first_seen(&change.key, &change.head).await?;
                first_seen.is_none_or(|seen| seen > group.seen_at)
            }
        };
        Ok(has_moved.then_some((number, Doubt::Moved)))
    }

    /// Open changes that have the group's commit as their own head: its check is theirs as well.
    pub(super) async fn changes_on_group(
        &self,
        claim: &Claim,
        group: &LiveGroup,
        reading: &GroupReading,
    ) -> Result<Vec<Judged>, Obstacle> {
        let mut keys = self.store.open_changes_on_head(&group.repo, &group.head).await?;
        keys.extend(reading.same_head.iter().map(|number| ChangeKey { repo: group.repo.clone(), number: *number }));
        keys.sort();
        keys.dedup();
        let mut judged = Vec::new();
        for key in keys {
            let change = self.member(claim, key).await?;
            if change.known.head == group.head {
                judged.push(change);
            } else {
                self.notes.change(&change.known).await?;
            }
        }
        Ok(judged)
    }

    /// Adds up, records, and publishes.
    async fn conclude_group(
        &self,
        claim: &Claim,
        lease: &HeadLease,
        group: &LiveGroup,
        reading: &GroupReading,
        content: Content,
        others: Vec<Judged>,
    ) -> Result<Settled, Obstacle> {
        let is_over = !content.is_confirmed;
        let (verdict, judged) = content.with(&lease.head, others);
        let Some(verdict) = verdict else {
            return Ok(Settled { outcome: "ungoverned", action: "unchanged", publish_again_at: None });
        };
        let check = self.words(&verdict, &judged);
        let on_commit = on_commit(&verdict);
        for mut one in judged {
            let Some(decided) = verdict.verdicts().iter().find(|decided| decided.change == one.facts.key) else {
                self.note(&one).await?;
                continue;
            };
            let page = self.page_update_for_group(claim, &one, (group, decided), &on_commit).await?;
            one.verdict = decided.clone();
            self.record_for_group(lease, group, one, &check, page).await?;
        }
        let (action, publish_again_at) = self.publish(claim, lease, &check, standing(reading, verdict.mode)).await?;
        if is_over && publish_again_at.is_none() {
            // That nothing is known of it was said. Should the queue form it again, it has another commit.
            self.store.end_group(&lease.repo, &lease.head, self.clock.now()).await?;
        }
        Ok(Settled { outcome: verdict.outcome().as_str(), action, publish_again_at })
    }

    async fn publish_group_unreadable(
        &self,
        claim: &Claim,
        lease: &HeadLease,
        group: &LiveGroup,
        reading: &GroupReading,
        why: &str,
    ) -> Result<(), Obstacle> {
        let (facts, policy, verdict) = self.unreadable_group(claim, &lease.head, why).await?;
        let Some(verdict) = verdict else { return Ok(()) };
        let check = self.unread_words(claim, &verdict);
        let unread = Unread { claim, facts: &facts, policy: &policy, verdict: &verdict };
        let decision = self.unread_decision_for_group(lease, group, &unread, &check)?;
        self.keep(lease, &decision).await?;
        self.publish(claim, lease, &check, reading.published.as_ref()).await?;
        Ok(())
    }

    /// The verdict for a group that cannot be read.
    pub(super) async fn unreadable_group(
        &self,
        claim: &Claim,
        head: &CommitSha,
        why: &str,
    ) -> Result<(Facts, Policy, Option<HeadVerdict>), Obstacle> {
        let (facts, policy, verdict) = self.unreadable(claim, why).await?;
        let member = MemberVerdict { verdict, mode: Mode::Enforce, queued: head.clone(), doubt: None };
        Ok((facts, policy, HeadVerdict::of_group(head.clone(), vec![member], Vec::new())))
    }

    /// The decision about a member stands beside the one about its own head: it is of the group's commit.
    async fn record_for_group(
        &self,
        lease: &HeadLease,
        group: &LiveGroup,
        judged: Judged,
        check: &Check,
        page: PageUpdate,
    ) -> Result<(), Obstacle> {
        let mut decision = Decision { page: Some(page), ..self.decision(judged, check).await? };
        decision.head = lease.head.clone();
        decision.record["group"] = of_group(group);
        self.keep(lease, &decision).await
    }
}

/// What the record says of the group that a decision is of.
pub(super) fn of_group(group: &LiveGroup) -> Value {
    json!({ "head": group.head, "branch": group.base_branch })
}

impl Content {
    /// What the members and other changes on the group's commit add up to; `None` where nothing governs it.
    pub(super) fn with(self, head: &CommitSha, others: Vec<Judged>) -> (Option<HeadVerdict>, Vec<Judged>) {
        let on_head = others.iter().filter(|one| one.is_judged()).map(|one| (one.verdict.clone(), one.policy.mode));
        let verdict = HeadVerdict::of_group(head.clone(), self.verdicts(), on_head.collect());
        (verdict, self.members.into_iter().chain(others).collect())
    }

    /// What is certain of the members: a head that moved before anybody looked is not the one that was queued.
    fn bound(&self) -> Vec<GroupMember> {
        let has_moved = |number: i64| self.doubts.contains(&(Some(number), Doubt::Moved));
        let known = self.members.iter().map(|member| &member.known);
        let bound = |known: &KnownChange| {
            let number = known.key.number;
            GroupMember { number, head: (!has_moved(number)).then(|| known.head.clone()) }
        };
        known.map(bound).collect()
    }

    /// The members' verdicts, each with what speaks against it; none where the group's branch is not governed.
    fn verdicts(&self) -> Vec<MemberVerdict> {
        let is_elsewhere = |(_, doubt): &(Option<i64>, Doubt)| matches!(doubt, Doubt::Elsewhere { .. });
        if !self.members.iter().any(|member| member.is_governed) && !self.doubts.iter().any(is_elsewhere) {
            return Vec::new();
        }
        let doubt = |number: i64| {
            let of_it = self.doubts.iter().find(|(of, _)| of.is_none_or(|of| of == number));
            of_it.map(|(_, doubt)| doubt.clone())
        };
        let verdict = |member: &Judged| MemberVerdict {
            verdict: member.verdict.clone(),
            mode: member.policy.mode,
            queued: member.known.head.clone(),
            doubt: doubt(member.known.key.number),
        };
        self.members.iter().map(verdict).collect()
    }
}

impl Judged {
    fn as_member(&self) -> Option<Member<'_>> {
        match &self.facts.read {
            Read::Whole(change) => {
                Some(Member { number: change.key.number, head: &change.head, commits: &change.commits })
            }
            Read::Incomplete { .. } => None,
        }
    }
}

/// The group as far as it was read; `None` when it is over. What stays out of sight is in no queue: the check says so, and
/// the group ends.
pub(super) fn as_read<'a>(reading: &'a GroupReading, head: &CommitSha) -> Result<Option<Cow<'a, Group>>, Obstacle> {
    match &reading.read {
        GroupRead::Whole(read) => Ok(Some(Cow::Borrowed(read))),
        GroupRead::Unseen => Ok(Some(Cow::Owned(Group { head: head.clone(), commits: Vec::new(), queue: Vec::new() }))),
        GroupRead::Over => Ok(None),
        GroupRead::Incomplete { why } => Err(Obstacle::Incomplete { why: why.clone() }),
    }
}

/// Our check as it stands on the group's commit.
fn standing(reading: &GroupReading, mode: Mode) -> Option<&Published> {
    match mode {
        Mode::Enforce => reading.published.as_ref(),
        Mode::Preview => reading.preview.as_ref(),
    }
}
