//! Which reviews count, which do not and why, and which change requests hold the change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::rules::{Applicable, meets, standing};
use super::{Contributors, Facts};
use crate::gate::change::{Actor, Change, Review, ReviewState};
use crate::gate::contributors::Named;
use crate::gate::ids::{AccountId, WordId};
use crate::gate::people::{PersonId, Standing, Tier};
use crate::gate::policy::{Policy, Require};
use crate::gate::verdict::{ApprovalOutcome, Counts, Hold, Why};

/// Everything that reviews are weighed with.
pub(super) struct Bench<'a> {
    pub(super) facts: &'a Facts,
    pub(super) policy: &'a Policy,
    pub(super) change: &'a Change,
    pub(super) people: &'a Contributors,
    pub(super) rules: &'a [Applicable<'a>],
}

/// An approval that nothing speaks against so far: a person in the directory, without a part in the change, whose
/// latest word is this approval of this head. Which rules it meets is another question.
pub(super) struct Valid<'a> {
    pub(super) review: &'a Review,
    /// What the person can do now.
    now: Standing,
    /// What the person could do when the approval was first seen.
    then: Standing,
}

/// All reviews that speak for or against, weighed.
pub(super) struct Reviews<'a> {
    weighed: Vec<(&'a Review, Result<Valid<'a>, Why>)>,
}

/// One person, under any of their accounts; or an account that belongs to nobody we know.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone)]
enum Speaker<'a> {
    Person(&'a PersonId),
    Account(&'a AccountId),
}

impl<'a> Bench<'a> {
    /// Weighs every review that speaks for or against.
    pub(super) fn sort(&self) -> Reviews<'a> {
        // An approval of another commit says nothing about this one, so it takes nothing away either.
        let concerns_this = |review: &Review| is_negative(review.state) || self.is_bound_here(review).is_ok();
        let latest = self.latest_words(concerns_this, |state| state != ReviewState::Approved);
        let speaks = |review: &&Review| review.state != ReviewState::Commented;
        let weighed = self.change.reviews.iter().filter(speaks).map(|review| (review, self.weigh(review, &latest)));
        Reviews { weighed: weighed.collect() }
    }

    /// Whether this account can speak for a person at all, whoever owns it.
    fn is_persons(&self, actor: &Actor) -> bool {
        let is_robot = self.facts.roster.robots.contains(&actor.account);
        actor.is_user() && !is_robot && !self.facts.agent_accounts.contains(&actor.account)
    }

    fn speaker(&self, review: &'a Review) -> Option<Speaker<'a>> {
        let account = &review.author.as_ref()?.account;
        Some(match self.facts.roster.person(account) {
            Some(person) => Speaker::Person(&person.id),
            None => Speaker::Account(account),
        })
    }

    /// Each speaker's latest word among those that matter; of two at the same moment, the one against. One without a
    /// time may have been said at any moment, so the one against was said last, and any other first.
    fn latest_words(
        &self,
        matters: impl Fn(&Review) -> bool,
        is_against: impl Fn(ReviewState) -> bool,
    ) -> BTreeMap<Speaker<'a>, &'a Review> {
        let mut latest: BTreeMap<Speaker<'a>, &'a Review> = BTreeMap::new();
        let said = |review: &Review| {
            let is_against = is_against(review.state);
            let unknown = if is_against { Timestamp::MAX } else { Timestamp::MIN };
            (review.submitted_at.unwrap_or(unknown), is_against, review.id)
        };
        for review in self.change.reviews.iter().filter(|review| review.state != ReviewState::Commented) {
            let is_persons = review.author.as_ref().is_some_and(|author| self.is_persons(author));
            let Some(speaker) = self.speaker(review).filter(|_| is_persons && matters(review)) else { continue };
            let word = latest.entry(speaker).or_insert(review);
            if said(review) > said(word) {
                *word = review;
            }
        }
        latest
    }

    fn weigh(&self, review: &'a Review, latest: &BTreeMap<Speaker<'a>, &'a Review>) -> Result<Valid<'a>, Why> {
        let author = review.author.as_ref().ok_or(Why::DeletedAccount)?;
        if !self.is_persons(author) {
            return Err(Why::NotAPerson);
        }
        self.is_bound_here(review)?;
        let speaker = self.speaker(review).ok_or(Why::DeletedAccount)?;
        if latest.get(&speaker).is_some_and(|word| word.id != review.id) {
            return Err(Why::Superseded);
        }
        if review.state != ReviewState::Approved {
            return Err(Why::Dismissed);
        }
        let person = self.facts.roster.person(&author.account);
        let role = person.and_then(|person| self.people.role(&person.id));
        if let Some(role) = role.or_else(|| self.people.account_role(&author.account)) {
            return Err(Why::Contributor { role });
        }
        let person = person.ok_or(Why::NotInDirectory)?;
        if !self.facts.roster.snapshot.is_fresh(self.facts.now) {
            return Err(Why::StaleDirectory);
        }
        if !self.policy.approve.by_review {
            return Err(Why::ReviewsDoNotCount);
        }
        let now = standing(person, self.facts.now);
        let then = self.facts.first_seen.get(&WordId::Review(review.id)).cloned().unwrap_or_else(|| now.clone());
        Ok(Valid { review, now, then })
    }

    /// Whether the review was given for this head on this base, as the change now stands.
    fn is_bound_here(&self, review: &Review) -> Result<(), Why> {
        if review.commit.as_ref() != Some(&self.change.head) {
            return Err(Why::OtherCommit);
        }
        let pushed_back = self.change.force_pushes.iter().filter(|push| push.after.as_ref() == Some(&self.change.head));
        let came_back_at = pushed_back.map(|push| push.at).max();
        // Without a time of its own, a review cannot be shown to be later than anything.
        let is_before = |event: Option<Timestamp>| match (review.submitted_at, event) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(submitted), Some(event)) => submitted <= event,
        };
        if is_before(self.change.base_changed_at) {
            Err(Why::BeforeRetarget)
        } else if is_before(self.change.reopened_at) {
            Err(Why::BeforeReopen)
        } else if is_before(came_back_at) {
            Err(Why::BeforePush)
        } else {
            Ok(())
        }
    }

    /// People in the directory who could still give an approval that this rule counts, besides those who have.
    pub(super) fn candidates(&self, require: &Require, counted: &[&Review]) -> impl Iterator<Item = &'a PersonId> {
        let person_of = |review: &&Review| self.facts.roster.accounts.get(&review.author.as_ref()?.account);
        let approved: BTreeSet<&PersonId> = counted.iter().filter_map(person_of).collect();
        let people = self.facts.roster.people.values().filter(move |person| {
            let host = &self.facts.key.repo.host;
            let is_usable = |account: &AccountId| account.host == *host && !self.facts.roster.robots.contains(account);
            person.accounts.iter().any(is_usable)
                && !approved.contains(&person.id)
                && self.people.role(&person.id).is_none()
                && meets(require, &standing(person, self.facts.now), self.people.highest)
        });
        people.map(|person| &person.id)
    }

    /// Change requests by qualified people that nothing has lifted (DESIGN 4.5). Where no rule asks for anything, a
    /// change request is a matter between people and the forge.
    pub(super) fn holds(&self, reviews: &Reviews<'_>) -> Vec<Hold> {
        let latest = self.latest_words(|_| true, is_negative);
        let requests = latest.values().filter(|review| is_negative(review.state));
        requests.filter_map(|review| self.hold(review, reviews)).collect()
    }

    fn hold(&self, request: &Review, reviews: &Reviews<'_>) -> Option<Hold> {
        let author = request.author.as_ref()?;
        let holder = standing(self.facts.roster.person(&author.account)?, self.facts.now);
        // Rule by rule: one that asks for little must not let its approvers overrule those of another.
        let stands = |rule: &Applicable<'_>| {
            // A contributor keeps the power to hold, so nobody has to outrank anybody here.
            let require = Require { outranks_author: false, ..rule.require.as_ref().clone() };
            meets(&require, &holder, Tier::Agent) && !self.is_lifted(request, holder.tier, rule, reviews)
        };
        self.rules.iter().any(stands).then(|| Hold {
            word: WordId::Review(request.id),
            by: Named::from(author),
            was_dismissed: request.state != ReviewState::ChangesRequested,
            url: request.url.clone(),
        })
    }

    /// Whether others lifted the request: two whose later approvals this rule counts, or one of a higher tier.
    fn is_lifted(&self, request: &Review, holder: Tier, rule: &Applicable<'_>, reviews: &Reviews<'_>) -> bool {
        let is_later = |valid: &&Valid<'_>| {
            let times = valid.review.submitted_at.zip(request.submitted_at);
            times.is_some_and(|(approved, requested)| approved > requested)
        };
        let lifters: Vec<_> = reviews.valid().filter(is_later).filter(|valid| self.counts(valid, rule)).collect();
        lifters.len() >= 2 || lifters.iter().any(|valid| valid.now.tier.min(valid.then.tier) > holder)
    }

    fn counts(&self, valid: &Valid<'_>, rule: &Applicable<'_>) -> bool {
        valid.meets(&rule.require, self.people.highest)
    }

    /// Every review and whether it counts, in the order in which they were given.
    pub(super) fn outcomes(&self, reviews: &Reviews<'_>) -> Vec<ApprovalOutcome> {
        let is_approval = |state| matches!(state, ReviewState::Approved | ReviewState::DismissedApproval);
        let approvals = reviews.weighed.iter().filter(|(review, _)| is_approval(review.state));
        let outcome = |(review, weight): &(&Review, Result<Valid<'_>, Why>)| ApprovalOutcome {
            word: WordId::Review(review.id),
            by: review.author.as_ref().map(Named::from),
            state: review.state,
            commit: review.commit.clone(),
            url: review.url.clone(),
            standing: match weight {
                Ok(valid) => self.standing_of(valid),
                Err(why) => Counts::NotCounted(why.clone()),
            },
        };
        approvals.map(outcome).collect()
    }

    fn standing_of(&self, valid: &Valid<'_>) -> Counts {
        if self.rules.is_empty() {
            return Counts::NotCounted(Why::NotNeeded);
        }
        let (met, not_met): (Vec<_>, Vec<_>) = self.rules.iter().partition(|rule| self.counts(valid, rule));
        let names = |rules: Vec<&Applicable<'_>>| rules.into_iter().map(|rule| rule.name.to_owned()).collect();
        if met.is_empty() {
            Counts::NotCounted(Why::DoesNotMeet { rules: names(not_met) })
        } else {
            Counts::Counted { rules: names(met), not_met: names(not_met) }
        }
    }

    /// Approvals of this head that were never seen before, with what their authors can do now. While the directory is
    /// too old to vouch for anybody, none is taken as seen.
    pub(super) fn first_seen(&self, reviews: &Reviews<'_>) -> Vec<(WordId, Standing)> {
        if !self.facts.roster.snapshot.is_fresh(self.facts.now) {
            return Vec::new();
        }
        let is_new = |review: &&Review| {
            review.state == ReviewState::Approved
                && review.commit.as_ref() == Some(&self.change.head)
                && !self.facts.first_seen.contains_key(&WordId::Review(review.id))
        };
        let new = reviews.weighed.iter().map(|(review, _)| *review).filter(is_new);
        new.filter_map(|review| {
            let account = &review.author.as_ref()?.account;
            let seen = match self.facts.roster.person(account) {
                Some(person) => standing(person, self.facts.now),
                None => stranger(),
            };
            Some((WordId::Review(review.id), seen))
        })
        .collect()
    }
}

/// Somebody who was not in the directory when the approval was first seen.
fn stranger() -> Standing {
    Standing {
        tier: Tier::Agent,
        rule: "not in the directory".to_owned(),
        groups: std::collections::BTreeSet::new(),
        training: std::collections::BTreeSet::new(),
    }
}

impl<'a> Reviews<'a> {
    fn valid(&self) -> impl Iterator<Item = &Valid<'a>> {
        self.weighed.iter().filter_map(|(_, weight)| weight.as_ref().ok())
    }

    /// Approvals that meet what this rule asks: at most one a person, because only a person's latest word is valid.
    pub(super) fn meeting(&self, require: &Require, bench: &Bench<'_>) -> impl Iterator<Item = &'a Review> {
        let above = bench.people.highest;
        self.valid().filter(move |valid| valid.meets(require, above)).map(|valid| valid.review)
    }
}

impl Valid<'_> {
    fn meets(&self, require: &Require, above: Tier) -> bool {
        let can_push = !require.write_access || self.review.can_push == Some(true);
        can_push && meets(require, &self.now, above) && meets(require, &self.then, above)
    }
}

fn is_negative(state: ReviewState) -> bool {
    matches!(
        state,
        ReviewState::ChangesRequested | ReviewState::DismissedChangesRequested | ReviewState::DismissedUnknown
    )
}
