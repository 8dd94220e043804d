//! From a reading to a judged change: detection, memory, witnesses, roster and policy brought together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::commands::Spoken;
use super::hidden::Hidden;
use super::{Engine, Obstacle, backoff, record};
use crate::forge::{PolicyText, Reading};
use crate::gate::change::{Actor, Change, ChangeState, Commit, GitIdentity, HeadBranch, Merge, Read};
use crate::gate::contributors::{self, Automation, Contribution, Contributions, Neutral, Role, Who};
use crate::gate::detect::removed::removed;
use crate::gate::detect::{self, Catalogue, Declaration, Evidence};
use crate::gate::evaluate::{Facts, evaluate};
use crate::gate::ids::{AccountId, CommitSha, Host, Login};
use crate::gate::people::Roster;
use crate::gate::plan::Check;
use crate::gate::policy::Policy;
use crate::gate::verdict::{Outcome, VERSION, Verdict};
use crate::store::{Claim, Decision, KnownChange, MemoryKeys};

/// How long after a push notes on its commits are usually there, and how long they are waited for.
const NOTES_FOLLOW_AFTER: SignedDuration = SignedDuration::from_mins(1);
const NOTES_FOLLOW_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// A change, judged, with everything that its record needs.
pub(super) struct Judged {
    pub(super) facts: Facts,
    pub(super) policy: Policy,
    pub(super) verdict: Verdict,
    pub(super) known: KnownChange,
    pub(super) keys: MemoryKeys,
    pub(super) change: Change,
    /// Commits that were pushed away before anybody looked, and logins of all who had a hand in it.
    pub(super) hidden: Vec<Commit>,
    pub(super) logins: BTreeMap<AccountId, Login>,
    pub(super) merge: Option<Merge>,
    pub(super) closed_at: Option<Timestamp>,
    pub(super) is_public: Option<bool>,
    pub(super) is_governed: bool,
    pub(super) catalogue: Arc<Catalogue>,
    /// When notes may have followed that were not there yet.
    pub(super) notes_due_at: Option<Timestamp>,
}

impl Judged {
    /// Whether the verdict counts for the head: the change is open and its base is governed.
    pub(super) fn is_judged(&self) -> bool {
        self.is_governed && self.known.state == ChangeState::Open
    }
}

/// What a read found, for the store.
pub(super) fn known(change: &Change, began: Timestamp) -> KnownChange {
    KnownChange {
        key: change.key.clone(),
        state: change.state,
        head: change.head.clone(),
        head_branch: change.head_branch.clone(),
        base_branch: change.base.name.clone(),
        stack_base: change.stack_base.clone(),
        read_at: began,
    }
}

impl Engine {
    /// Judges a change that was read whole.
    pub(super) async fn judge(
        &self,
        claim: &Claim,
        reading: &Reading,
        change: &Change,
        began: Timestamp,
    ) -> Result<Judged, Obstacle> {
        let roster = self.roster(claim, &change.owner).await?;
        let policy = self.policy(reading, change, &roster).await?;
        let is_governed = self.is_governed(claim, &policy, change).await?;
        let hidden = self.hidden(claim, change, reading.notes.as_ref(), began).await?;
        let keys = MemoryKeys {
            commits: change.commits.iter().map(|commit| (commit.sha.clone(), commit.tree.clone())).collect(),
            earlier: hidden.commits.iter().map(|commit| commit.sha.clone()).collect(),
            branch: HeadBranch { name: change.head_branch.name.clone(), repo: change.head_branch.repo.clone() },
        };
        let pushed_at = hidden.pushed_at(&change.head);
        let spoken = self.spoken(claim, change, reading, &roster, began).await?;
        let neutral = self.neutral(claim, &hidden.with(change), &hidden.pushes, policy.suggestion_lines).await?;
        let (hidden_commits, logins) = (hidden.commits.clone(), logins(change, &hidden, &spoken));
        let catalogue = self.catalogue();
        let found = (hidden, &neutral, spoken);
        let facts = self.facts(change, found, roster, &keys, (&catalogue, began)).await?;
        let verdict = evaluate(&facts, &policy);
        let may_lack_notes = verdict.outcome == Outcome::Pass && reading.notes.is_some();
        let notes_due_at = pushed_at.filter(|_| may_lack_notes).and_then(|at| notes_due_at(change, at, began));
        Ok(Judged {
            notes_due_at,
            facts,
            policy,
            verdict,
            known: known(change, began),
            keys,
            change: change.clone(),
            hidden: hidden_commits,
            logins,
            merge: reading.merge.clone(),
            closed_at: reading.closed_at,
            is_public: reading.is_public,
            is_governed,
            catalogue,
        })
    }

    async fn facts(
        &self,
        change: &Change,
        (hidden, neutral, spoken): (Hidden, &Neutral, Spoken),
        roster: Arc<Roster>,
        keys: &MemoryKeys,
        (catalogue, now): (&Catalogue, Timestamp),
    ) -> Result<Facts, Obstacle> {
        let shaped = hidden.with(change);
        let detection = detect::detect(&shaped, catalogue);
        let remembered = self.store.remembered(&change.key, keys).await?;
        let automation = Known(catalogue);
        let mut contributions = contributors::contributions(&shaped, &hidden.pushes, neutral, &automation);
        if hidden.has_unknown_contributor {
            contributions.people.insert(Contribution { who: Who::Unknown, role: Role::Pusher });
            contributions.pusher_is_unknown = true;
        }
        for done in remembered.contributors {
            if done.role == Role::Robot {
                contributions.robots.insert(done.who);
            } else {
                contributions.people.insert(done);
            }
        }
        let commits: BTreeSet<&CommitSha> = change.commits.iter().map(|commit| &commit.sha).collect();
        let is_now = |one: &&Evidence| one.place.commit().is_some_and(|commit| commits.contains(commit));
        let shown: Vec<&Evidence> = detection.evidence.iter().filter(is_now).collect();
        let removed = removed(detection.evidence.iter().chain(&remembered.own), &shown, &commits);
        let evidence: BTreeSet<_> = detection.evidence.into_iter().chain(remembered.evidence).collect();
        let Spoken { commands, dismissed } = spoken;
        let reviewers = change.reviews.iter().filter_map(|review| review.author.as_ref());
        let speakers = reviewers.chain(commands.iter().map(|command| &command.author));
        let agents = speakers.filter(|actor| automation.is_agent_account(actor));
        Ok(Facts {
            v: VERSION,
            now,
            key: change.key.clone(),
            evidence: evidence.into_iter().collect(),
            removed,
            remembered_level: remembered.level,
            declaration: detection.declaration.filter(|declared| counts(*declared, change)),
            contributions,
            agent_accounts: agents.map(|actor| actor.account.clone()).collect(),
            first_seen: remembered.first_seen,
            commands,
            dismissed,
            roster,
            read: Read::Whole(Box::new(change.clone())),
        })
    }

    async fn policy(&self, reading: &Reading, change: &Change, roster: &Roster) -> Result<Policy, Obstacle> {
        let owner = &change.owner;
        let was_seen = match &reading.policies.organisation {
            PolicyText::Absent => self.store.organisation_policy_seen(owner).await?,
            PolicyText::Text { oid, .. } => {
                if self.people.organisation_policy_is_new(owner, oid) {
                    self.notes.organisation_policy(owner, oid, self.clock.now()).await?;
                }
                true
            }
            PolicyText::Unreadable { .. } => true,
        };
        let floor = self.people.floor();
        let mode = self.options.organisation_policy;
        Ok(self.policies.combine(&floor, &reading.policies, mode, was_seen, &roster.tiers, change))
    }

    /// Whether the change's base is governed: the base of its stack, if it is part of one.
    async fn is_governed(&self, claim: &Claim, policy: &Policy, change: &Change) -> Result<bool, Obstacle> {
        let base = change.stack_base.as_ref().unwrap_or(&change.base.name);
        if policy.branches.govern(base, *base == change.default_branch) {
            return Ok(true);
        }
        if !policy.branches.usual {
            return Ok(false);
        }
        let required = self.required(&claim.repository, base).await?;
        Ok(policy.branches.govern(base, required.is_ours()))
    }

    /// The decision as the store keeps it.
    pub(super) async fn decision(&self, judged: Judged, check: &Check) -> Result<Decision, Obstacle> {
        let Judged { facts, policy, verdict, known, keys, change, catalogue, notes_due_at, .. } = judged;
        let accounts: Vec<AccountId> = record::accounts(&verdict);
        let pseudonyms = self.store.pseudonyms(&accounts).await?;
        Ok(Decision {
            change: facts.key.clone(),
            head: known.head.clone(),
            outcome: verdict.outcome.as_str().to_owned(),
            level: verdict.level,
            digests: record::digests(&facts, &policy, catalogue.digest(), &check.digest()),
            record: record::of(&verdict, Some(&change), &policy, &pseudonyms),
            snapshot_number: facts.roster.snapshot.number,
            decided_at: facts.now,
            known: Some(known),
            evidence: verdict.evidence,
            contributors: lasting(verdict.contributions),
            first_seen: verdict.first_seen,
            dismisses: verdict.dismisses,
            look_again_at: verdict.look_again_at.into_iter().chain(notes_due_at).min(),
            memory_keys: Some(keys),
            page: None,
        })
    }

    /// The verdict for a change that cannot be read, and what it rests on.
    pub(super) async fn unreadable(&self, claim: &Claim, why: &str) -> Result<(Facts, Policy, Verdict), Obstacle> {
        let roster = self.roster(claim, &claim.repository.owner).await?;
        let facts = Facts {
            v: VERSION,
            now: self.clock.now(),
            key: claim.change.clone(),
            read: Read::Incomplete { why: why.to_owned() },
            evidence: Vec::new(),
            removed: Vec::new(),
            remembered_level: detect::Level::None,
            declaration: None,
            contributions: Contributions::default(),
            agent_accounts: BTreeSet::new(),
            first_seen: BTreeMap::new(),
            commands: Vec::new(),
            dismissed: BTreeMap::new(),
            roster,
        };
        let policy = self.policies.floor_only(&self.people.floor());
        let verdict = evaluate(&facts, &policy);
        Ok((facts, policy, verdict))
    }
}

/// What to call the accounts that had a hand in a change, or spoke on it.
fn logins(change: &Change, hidden: &Hidden, spoken: &Spoken) -> BTreeMap<AccountId, Login> {
    let commits = change.commits.iter().chain(&hidden.commits);
    let identities =
        commits.flat_map(|commit| [&commit.author, &commit.committer].into_iter().chain(&commit.co_authors));
    let actors = identities
        .filter_map(|identity| identity.account.as_ref())
        .chain(&change.opener)
        .chain(&change.head_pushers)
        .chain(&change.assigners)
        .chain(&change.assignees)
        .chain(change.force_pushes.iter().filter_map(|push| push.actor.as_ref()))
        .chain(change.reviews.iter().filter_map(|review| review.author.as_ref()))
        .chain(hidden.pushes.iter().map(|push| &push.pusher))
        .chain(spoken.commands.iter().map(|command| &command.author));
    actors.map(|actor| (actor.account.clone(), actor.login.clone())).collect()
}

/// The contributions worth remembering, robots included. That nobody saw a push is a gap that a late webhook may still
/// fill; while it is open, every read finds it again.
fn lasting(contributions: Contributions) -> BTreeSet<Contribution> {
    let people = contributions.people.into_iter();
    let people = people.filter(|done| !(done.role == Role::Pusher && done.who == Who::Unknown));
    let robots = contributions.robots.into_iter().map(|who| Contribution { who, role: Role::Robot });
    people.chain(robots).collect()
}

/// Notes follow their commits, and no delivery tells of them. Where the head has none yet, it is looked at again a few
/// times soon after it was pushed, with growing waits; later, the sweep finds them.
fn notes_due_at(change: &Change, pushed_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let head = change.commits.iter().find(|commit| commit.sha == change.head)?;
    let age = now.duration_since(pushed_at);
    let is_due = head.notes.is_empty() && age < NOTES_FOLLOW_WITHIN;
    is_due.then(|| backoff::later(now, age.max(NOTES_FOLLOW_AFTER)))
}

/// A declared "no" counts only from the opener's own account, unedited by others.
fn counts(declared: Declaration, change: &Change) -> bool {
    declared == Declaration::Yes || !change.body.edited_by_other
}

/// The catalogue's knowledge of who is not a person.
#[derive(Debug)]
pub struct Known<'a>(pub &'a Catalogue);

impl Automation for Known<'_> {
    fn is_agent_account(&self, actor: &Actor) -> bool {
        detect::agent_account(actor, self.0).is_some()
    }

    fn names_its_requester(&self, agent: &Actor) -> bool {
        detect::agent_account(agent, self.0).is_some_and(|tool| tool.names_requester)
    }

    fn is_of_such_an_agent(&self, identity: &GitIdentity) -> bool {
        detect::agent_identity(identity, self.0).is_some_and(|tool| tool.names_requester)
    }

    fn is_agent_identity(&self, identity: &GitIdentity) -> bool {
        detect::is_agent_identity(identity, self.0)
    }

    fn is_automation_account(&self, actor: &Actor) -> bool {
        detect::is_automation(actor, self.0)
    }

    fn is_automation_identity(&self, identity: &GitIdentity) -> bool {
        detect::is_automation_identity(identity, self.0)
    }

    fn is_forge_identity(&self, identity: &GitIdentity, host: &Host) -> bool {
        detect::is_forge_identity(identity, host.as_str())
    }

    fn co_authors(&self, message: &str) -> Vec<(String, String)> {
        detect::co_authors(message)
    }

    fn noreply_account(&self, email: &str, host: &Host) -> Option<i64> {
        detect::noreply_account(email, host.as_str())
    }
}
