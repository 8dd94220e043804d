//! Overrides: an allowed person lets the change pass in an emergency, for a while.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::approvals::Bench;
use super::words::Word;
use crate::gate::command::{About, Ask, Command};
use crate::gate::ids::WordId;
use crate::gate::people::Tier;
use crate::gate::policy::{Override, Rule};
use crate::gate::verdict::{Hearing, Refusal, RuleResult, Why};

/// A command that overrides, for as long as one of the policies lets its author do so.
struct Granted<'a> {
    by: WordId,
    over: &'a Override,
    until: Timestamp,
}

/// All overrides of the change.
pub(super) struct Overrides<'a> {
    granted: Vec<Granted<'a>>,
    pub(super) hearings: BTreeMap<i64, Hearing>,
}

impl<'a> Bench<'a> {
    pub(super) fn overrides(&self) -> Overrides<'a> {
        let mut found = Overrides { granted: Vec::new(), hearings: BTreeMap::new() };
        let asks = self.facts.commands.iter().filter(|command| command.said.ask == Ask::Override);
        for command in asks.filter(|command| self.is_heard(command)) {
            let hearing = match self.granted(command) {
                Ok(granted) => {
                    found.granted.extend(granted);
                    Hearing::Accepted
                }
                Err(refusal) => Hearing::Refused(refusal),
            };
            found.hearings.insert(command.comment, hearing);
        }
        found
    }

    /// What the policies let this command override; never nothing.
    fn granted(&self, command: &'a Command) -> Result<Vec<Granted<'a>>, Refusal> {
        if self.policy.overrides.is_empty() {
            return Err(Refusal::NoOverride);
        }
        let word = Word::Command(command);
        self.may_grant(command).map_err(Refusal::NotCounted)?;
        self.is_bound_here(word.commit(), word.said_at()).map_err(Refusal::NotCounted)?;
        // It names no commit, so whoever gives it must have been able to see which one it is about.
        if matches!(command.about, About::Current { had_stood: false, .. }) {
            return Err(Refusal::NotCounted(Why::TooSoon));
        }
        let person = self.outsider(&command.author).map_err(Refusal::NotCounted)?;
        if self.is_taken_back(&person.id, command.said_at) {
            return Err(Refusal::NotCounted(Why::Superseded));
        }
        let by = self.standings(person, word.id());
        let allowed: Vec<_> = self.policy.overrides.iter().filter(|over| by.meet(&over.by, Tier::Agent)).collect();
        if allowed.is_empty() {
            return Err(Refusal::MayNotOverride);
        }
        let granted = allowed.into_iter().map(|over| {
            let until = command.said_at.saturating_add(SignedDuration::from_hours(i64::from(over.hours)));
            Granted { by: word.id(), over, until: until.unwrap_or(Timestamp::MAX) }
        });
        let (holding, ended): (Vec<_>, Vec<_>) = granted.partition(|granted| self.facts.now < granted.until);
        match ended.into_iter().map(|granted| granted.until).max() {
            Some(at) if holding.is_empty() => Err(Refusal::Ended { at }),
            _ => Ok(holding),
        }
    }
}

impl Overrides<'_> {
    /// What stands in for the approvals that this rule lacks. Of several overrides, the one that holds longest.
    pub(super) fn of(&self, rule: &Rule, bench: &Bench<'_>) -> Option<RuleResult> {
        let covering = self.granted.iter().filter(|granted| bench.policy.covers(granted.over, rule));
        let longest = covering.max_by_key(|granted| (granted.until, granted.by))?;
        Some(RuleResult::Overridden { by: longest.by, until: longest.until })
    }
}
