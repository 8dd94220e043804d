//! What holds the change across heads, until it is lifted.

use std::collections::{BTreeMap, BTreeSet};

use super::approvals::{Approvals, Bench};
use super::rules::{meets, standing};
use super::words::{Says, Speaker, Word};
use crate::gate::change::{Actor, ReviewState};
use crate::gate::command::Command;
use crate::gate::contributors::Named;
use crate::gate::people::{PersonId, Tier};
use crate::gate::policy::Require;
use crate::gate::verdict::{Hearing, Hold, Refusal, Why};

/// Somebody other than the holder who wants the hold lifted.
struct Lifter<'a> {
    person: &'a PersonId,
    tier: Tier,
}

impl<'a> Bench<'a> {
    /// Change requests and holds by qualified people that nothing has lifted. Where no rule asks for anything, a change
    /// request is a matter between people and the forge; a command asks us.
    pub(super) fn holds(&self, approvals: &Approvals<'a>) -> Vec<Hold> {
        let latest = self.latest_stands();
        let holds = latest.values().filter(|word| word.says() == Some(Says::Holds));
        holds.filter_map(|word| self.hold(*word, approvals)).collect()
    }

    /// Each person's latest word on whether they hold the change. Whatever they approved since, of any head, lifts it.
    fn latest_stands(&self) -> BTreeMap<Speaker<'a>, Word<'a>> {
        let matters = |word: Word<'a>| match (word.says(), word) {
            (Some(Says::Holds | Says::WasDismissed), _) | (Some(Says::Approves), Word::Review(_)) => true,
            (Some(Says::Approves), Word::Command(_)) => self.is_taken(word).is_ok(),
            (Some(Says::Unholds), Word::Command(command)) => self.may_grant(command).is_ok(),
            _ => false,
        };
        self.latest_words(matters, |word| word.says() == Some(Says::Holds))
    }

    fn hold(&self, word: Word<'a>, approvals: &Approvals<'a>) -> Option<Hold> {
        let author = word.author()?;
        let holder = standing(self.facts.roster.person(&author.account)?, self.facts.now);
        // Rule by rule: one that asks for little must not let its approvers overrule those of another.
        let stands =
            |require: &Require| can_hold(require, &holder) && !self.is_lifted(word, holder.tier, require, approvals);
        let is_standing = match word {
            Word::Review(_) => self.rules.iter().any(|rule| stands(&rule.require)),
            Word::Command(_) => self.all_requires().any(|(_, require)| stands(require)),
        };
        is_standing.then(|| Hold {
            word: word.id(),
            by: Named::from(author),
            was_dismissed: matches!(word, Word::Review(review) if review.state != ReviewState::ChangesRequested),
            reason: word.reason().cloned(),
            url: word.url().cloned(),
        })
    }

    /// Whether others lifted it: two whose later words this rule counts, or one of a higher tier.
    fn is_lifted(&self, hold: Word<'a>, holder: Tier, require: &Require, approvals: &Approvals<'a>) -> bool {
        let lifters = self.lifters(hold, require, approvals);
        let people: BTreeSet<_> = lifters.iter().map(|lifter| lifter.person).collect();
        people.len() >= 2 || lifters.iter().any(|lifter| lifter.tier > holder)
    }

    fn lifters(&self, hold: Word<'a>, require: &Require, approvals: &Approvals<'a>) -> Vec<Lifter<'a>> {
        let above = self.people.highest;
        let is_later = |word: Word<'_>| word.said_at().zip(hold.said_at()).is_some_and(|(said, held)| said > held);
        let approvals = approvals.meeting(require, above).filter(|valid| is_later(valid.word));
        let approvals = approvals.map(|valid| Lifter { person: valid.by.person, tier: valid.by.tier() });
        // Whoever holds the change since then has changed their mind.
        let stands = self.latest_stands();
        let holds_now = |word: Word<'a>| {
            let last = self.speaker(word).and_then(|speaker| stands.get(&speaker));
            last.is_some_and(|last| last.says() == Some(Says::Holds))
        };
        let unholds = self.words().filter_map(|word| match word {
            Word::Command(command) if word.says() == Some(Says::Unholds) && is_later(word) && !holds_now(word) => {
                self.lifter(command, require)
            }
            _ => None,
        });
        approvals.chain(unholds).collect()
    }

    /// Who lifts with this command, if its author may lift what somebody holds under this rule.
    fn lifter(&self, unhold: &'a Command, require: &Require) -> Option<Lifter<'a>> {
        self.may_grant(unhold).ok()?;
        let person = self.outsider(&unhold.author).ok()?;
        let by = self.standings(person, Word::Command(unhold).id());
        // A command does not show write access.
        let counts = !require.write_access && by.meet(require, self.people.highest);
        counts.then(|| Lifter { person: by.person, tier: by.tier() })
    }

    /// Whether this person can hold the change by a command.
    pub(super) fn may_hold(&self, author: &Actor) -> Result<(), Why> {
        let person = self.facts.roster.person(&author.account).ok_or(Why::NotInDirectory)?;
        let holder = standing(person, self.facts.now);
        if self.all_requires().any(|(_, require)| can_hold(require, &holder)) {
            return Ok(());
        }
        Err(Why::DoesNotMeet { rules: self.all_requires().map(|(name, _)| name.to_owned()).collect() })
    }

    /// What becomes of the wish to lift a hold.
    pub(super) fn unhold_hearing(&self, unhold: &'a Command) -> Hearing {
        if let Err(why) = self.may_grant(unhold) {
            return Hearing::Refused(Refusal::NotCounted(why));
        }
        let me = self.speaker(Word::Command(unhold));
        let is_before = |word: &Word<'a>| word.said_at().is_none_or(|held| held < unhold.said_at);
        let holds = self.words().filter(|word| word.says() == Some(Says::Holds)).filter(is_before);
        let holds: Vec<_> = holds.filter(|word| word.author().is_some_and(|author| self.is_persons(author))).collect();
        if holds.is_empty() {
            return Hearing::Refused(Refusal::NothingToLift);
        }
        if holds.iter().any(|word| self.speaker(*word) == me) {
            return Hearing::Accepted;
        }
        if let Err(why) = self.outsider(&unhold.author) {
            return Hearing::Refused(Refusal::NotCounted(why));
        }
        if self.all_requires().any(|(_, require)| self.lifter(unhold, require).is_some()) {
            return Hearing::Accepted;
        }
        let rules = self.all_requires().map(|(name, _)| name.to_owned()).collect();
        Hearing::Refused(Refusal::NotCounted(Why::DoesNotMeet { rules }))
    }
}

/// A contributor keeps the power to hold, so nobody has to outrank anybody here.
fn can_hold(require: &Require, holder: &crate::gate::people::Standing) -> bool {
    meets(&Require { outranks_author: false, ..require.clone() }, holder, Tier::Agent)
}
