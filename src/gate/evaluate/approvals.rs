//! Which approvals count, and which do not and why.

use std::collections::{BTreeMap, BTreeSet};

use super::candidates::candidates;
use super::contributors::Contributors;
use super::rules::{Applicable, meets, standing};
use super::words::{Says, Speaker, Word};
use super::{Facts, guard};
use crate::gate::change::{Change, ReviewState};
use crate::gate::contributors::Named;
use crate::gate::ids::WordId;
use crate::gate::people::{Person, PersonId, Standing, Tier};
use crate::gate::policy::{Policy, Require};
use crate::gate::verdict::{ApprovalOutcome, Counts, Why};

/// Everything that words are weighed with.
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
    pub(super) word: Word<'a>,
    pub(super) by: Standings<'a>,
}

/// What a person can do now, and could when the word in question was first seen.
pub(super) struct Standings<'a> {
    pub(super) person: &'a PersonId,
    now: Standing,
    then: Standing,
}

/// All approvals, weighed.
pub(super) struct Approvals<'a> {
    weighed: Vec<(Word<'a>, Result<Valid<'a>, Why>)>,
}

impl<'a> Bench<'a> {
    /// Weighs every approval.
    pub(super) fn weigh_all(&self) -> Approvals<'a> {
        let latest = self.latest_approvals();
        let says_so = |word: &Word<'a>| matches!(word.says(), Some(Says::Approves | Says::WasDismissed));
        let mut words: Vec<_> = self.words().filter(says_so).collect();
        words.sort_by_key(|word| word.said_at());
        Approvals { weighed: words.into_iter().map(|word| (word, self.weigh(word, &latest))).collect() }
    }

    /// Each person's latest word on whether they approve. An approval of another commit, or one that the policy does not
    /// take, says nothing about this commit, so it takes nothing away either; lifting a hold approves nothing.
    pub(super) fn latest_approvals(&self) -> BTreeMap<Speaker<'a>, Word<'a>> {
        let is_bound = |word: Word<'a>| self.is_bound_here(word.commit(), word.said_at()).is_ok();
        let matters = |word: Word<'a>| match word.says() {
            Some(Says::Holds | Says::Revokes) => true,
            Some(Says::WasDismissed) => is_bound(word),
            Some(Says::Approves) => is_bound(word) && self.is_taken(word).is_ok(),
            Some(Says::Unholds) | None => false,
        };
        self.latest_words(matters, |word| word.says() != Some(Says::Approves))
    }

    fn weigh(&self, word: Word<'a>, latest: &BTreeMap<Speaker<'a>, Word<'a>>) -> Result<Valid<'a>, Why> {
        let author = word.author().ok_or(Why::DeletedAccount)?;
        if !self.is_persons(author) {
            return Err(Why::NotAPerson);
        }
        self.is_taken(word)?;
        self.is_bound_here(word.commit(), word.said_at())?;
        let speaker = self.speaker(word).ok_or(Why::DeletedAccount)?;
        if latest.get(&speaker).is_some_and(|last| last.id() != word.id()) {
            return Err(Why::Superseded);
        }
        if word.says() != Some(Says::Approves) {
            return Err(Why::Dismissed);
        }
        let person = self.outsider(author)?;
        Ok(Valid { word, by: self.standings(person, word.id()) })
    }

    /// What this person can do now, and could when this word was first seen.
    pub(super) fn standings(&self, person: &'a Person, word: WordId) -> Standings<'a> {
        let now = standing(person, self.facts.now);
        let then = self.facts.first_seen.get(&word).cloned().unwrap_or_else(|| now.clone());
        Standings { person: &person.id, now, then }
    }

    /// People in the directory who could still give an approval that this rule counts, besides those who have.
    pub(super) fn candidates(&self, require: &Require, counted: &[&Valid<'_>]) -> impl Iterator<Item = &'a PersonId> {
        let approved: BTreeSet<&PersonId> = counted.iter().map(|valid| valid.by.person).collect();
        let Facts { roster, key, now, .. } = self.facts;
        let able = candidates(require, roster, &key.repo.host, self.people.highest, *now);
        let people =
            able.filter(move |person| !approved.contains(&person.id) && self.people.role(&person.id).is_none());
        people.map(|person| &person.id)
    }

    /// Every approval and whether it counts, in the order in which they were given.
    pub(super) fn outcomes(&self, approvals: &Approvals<'_>) -> Vec<ApprovalOutcome> {
        let outcome = |(word, weight): &(Word<'_>, Result<Valid<'_>, Why>)| ApprovalOutcome {
            word: word.id(),
            by: word.author().map(Named::from),
            state: if word.says() == Some(Says::Approves) {
                ReviewState::Approved
            } else {
                ReviewState::DismissedApproval
            },
            commit: word.commit().cloned(),
            url: word.url().cloned(),
            standing: match weight {
                Ok(valid) => self.standing_of(valid),
                Err(why) => Counts::NotCounted(why.clone()),
            },
        };
        approvals.weighed.iter().map(outcome).collect()
    }

    fn standing_of(&self, valid: &Valid<'_>) -> Counts {
        if self.rules.is_empty() {
            return Counts::NotCounted(Why::NotNeeded);
        }
        let above = self.people.highest;
        let (met, not_met): (Vec<_>, Vec<_>) = self.rules.iter().partition(|rule| valid.meets(&rule.require, above));
        if !met.is_empty() {
            return Counts::Counted { rules: names(met), not_met: names(not_met) };
        }
        let lacks_access_only =
            |rule: &&Applicable<'_>| matches!(valid.word, Word::Command(_)) && valid.by.meet(&rule.require, above);
        let by_review: Vec<_> = self.rules.iter().filter(lacks_access_only).collect();
        if by_review.is_empty() {
            Counts::NotCounted(Why::DoesNotMeet { rules: names(not_met) })
        } else {
            Counts::NotCounted(Why::NoWriteAccessShown { rules: names(by_review) })
        }
    }

    /// Words that grant something and were never seen before, with what their authors can do now. While the directory is
    /// too old to vouch for anybody, none is taken as seen.
    pub(super) fn first_seen(&self) -> Vec<(WordId, Standing)> {
        if !self.facts.roster.snapshot.is_fresh(self.facts.now) {
            return Vec::new();
        }
        // What strangers say has no effect; but should they come into the directory, it stays what strangers said.
        let commands = self.facts.commands.iter().filter(|command| command.said.ask.is_grant()).map(Word::Command);
        let is_approval = |word: &Word<'_>| word.says() == Some(Says::Approves);
        let words = self.change.reviews.iter().map(Word::Review).filter(is_approval).chain(commands);
        let is_across_heads = |word: Word<'_>| word.says() == Some(Says::Unholds);
        let is_new = |word: &Word<'_>| {
            (word.commit() == Some(&self.change.head) || is_across_heads(*word))
                && !self.facts.first_seen.contains_key(&word.id())
        };
        let seen = |word: Word<'_>| {
            let standing = match self.facts.roster.person(&word.author()?.account) {
                Some(person) => standing(person, self.facts.now),
                None => stranger(),
            };
            Some((word.id(), standing))
        };
        words.filter(is_new).filter_map(seen).collect()
    }

    /// What every rule of the policy asks of each approver, whether the rule applies or not, and the guard's if it does.
    pub(super) fn all_requires(&self) -> impl Iterator<Item = (&'a str, &Require)> {
        let guards = self.rules.iter().filter(|rule| rule.name == guard::NAME);
        let guards = guards.map(|rule| (rule.name, rule.require.as_ref()));
        self.policy.rules.iter().map(|rule| (rule.name.as_str(), &rule.require)).chain(guards)
    }
}

fn names(rules: Vec<&Applicable<'_>>) -> Vec<String> {
    rules.into_iter().map(|rule| rule.name.to_owned()).collect()
}

/// Somebody who was not in the directory when the word was first seen.
fn stranger() -> Standing {
    Standing {
        tier: Tier::Agent,
        rule: "not in the directory".to_owned(),
        groups: BTreeSet::new(),
        training: BTreeSet::new(),
    }
}

impl<'a> Approvals<'a> {
    pub(super) fn valid(&self) -> impl Iterator<Item = &Valid<'a>> {
        self.weighed.iter().filter_map(|(_, weight)| weight.as_ref().ok())
    }

    /// Approvals that meet what this rule asks: at most one a person, because only a person's latest word is valid.
    pub(super) fn meeting(&self, require: &Require, above: Tier) -> impl Iterator<Item = &Valid<'a>> {
        self.valid().filter(move |valid| valid.meets(require, above))
    }
}

impl Valid<'_> {
    pub(super) fn meets(&self, require: &Require, above: Tier) -> bool {
        (!require.write_access || self.word.can_push()) && self.by.meet(require, above)
    }
}

impl Standings<'_> {
    /// Whether both meet what a rule asks of each approver, apart from write access. `above`: the highest tier among
    /// contributors.
    pub(super) fn meet(&self, require: &Require, above: Tier) -> bool {
        meets(require, &self.now, above) && meets(require, &self.then, above)
    }

    /// The lower of both tiers.
    pub(super) fn tier(&self) -> Tier {
        self.now.tier.min(self.then.tier)
    }
}
