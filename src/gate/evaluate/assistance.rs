//! What the evidence adds up to, with what people said about it in commands.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use super::approvals::Bench;
use super::words::Word;
use crate::gate::command::{About, Ask, Command};
use crate::gate::detect::{Channel, Declaration, Evidence, Level, Place, Strength, UNSPECIFIED};
use crate::gate::digest;
use crate::gate::people::Tier;
use crate::gate::policy::Policy;
use crate::gate::verdict::{Hearing, Refusal, Why};

/// Evidence by its digest.
pub(super) type Digests<'e> = BTreeMap<String, &'e Evidence>;

/// What people asked to dismiss.
#[derive(Default)]
pub(super) struct Dismissals {
    /// Digests of evidence that does not count, with the comment that dismissed it.
    pub(super) dismissed: BTreeMap<String, i64>,
    /// Comments weighed for the first time, with the digests that they are bound to.
    pub(super) bound: Vec<(i64, Vec<String>)>,
    /// What becomes of each comment.
    pub(super) hearings: BTreeMap<i64, Hearing>,
}

/// The level of assistance: the highest of what is found now and what was ever recorded. `unknown` alone can fall,
/// because it is an unanswered question. `dismissed`: evidence that a qualified person dismissed.
pub(super) fn level(
    facts: &Facts,
    policy: &Policy,
    evidence: &[Evidence],
    answer: Option<Declaration>,
    dismissed: &BTreeMap<String, i64>,
) -> Level {
    let is_dismissed = |one: &&Evidence| !dismissed.is_empty() && dismissed.contains_key(&digest::of(one));
    let (gone, left): (Vec<&Evidence>, Vec<_>) = evidence.iter().filter(|one| one.gates).partition(is_dismissed);
    let seen = Level::of(left.iter().copied());
    // What was recorded rests on evidence, and all evidence is kept: with the last piece of it goes the record.
    let all_is_gone = left.is_empty() && !gone.is_empty();
    let remembered =
        if facts.remembered_level == Level::Unknown || all_is_gone { Level::None } else { facts.remembered_level };
    let is_declared = |one: &&Evidence| one.channel == Channel::Declaration;
    let answered = match answer {
        Some(Declaration::Yes) if all_is_gone && gone.iter().any(is_declared) => Level::None,
        Some(Declaration::Yes) => Level::Assisted,
        None if policy.disclosure_required => Level::Unknown,
        Some(Declaration::No) | None => Level::None,
    };
    seen.max(remembered).max(answered)
}

impl Bench<'_> {
    /// All evidence: what was found, and what contributors and people of the directory declare by command. Editing or
    /// deleting such a comment takes nothing back.
    pub(super) fn evidence(&self) -> Vec<Evidence> {
        let declared = self.facts.commands.iter().filter(|command| self.is_heard(command)).filter_map(declared);
        let all = self.facts.evidence.iter().cloned().chain(declared);
        let mut seen = BTreeSet::new();
        all.filter(|one| seen.insert(one.clone())).collect()
    }

    /// The answer to the disclosure question: what the description says, or else the opener's own command.
    pub(super) fn answer(&self) -> Option<Declaration> {
        let is_no = |command: &Command| {
            command.said.ask == Ask::NotAssisted
                && self.is_heard(command)
                && self.is_opener(command)
                && self.may_grant(command).is_ok()
        };
        let denied = self.facts.commands.iter().any(is_no);
        self.facts.declaration.or(denied.then_some(Declaration::No))
    }

    fn is_opener(&self, command: &Command) -> bool {
        self.change.opener.as_ref().is_some_and(|opener| opener.account == command.author.account)
    }

    /// Whether the evidence is somebody's word that came later: nobody dismisses what was not said yet.
    fn was_said_after(&self, evidence: &Evidence, dismissal: &Command) -> bool {
        let Place::Comment { comment } = evidence.place else { return false };
        self.facts.commands.iter().any(|said| said.comment == comment && said.said_at > dismissal.said_at)
    }

    /// Weighs every wish to dismiss evidence. `self.rules` are those that apply with all evidence.
    pub(super) fn dismissals(&self, evidence: &[Evidence]) -> Dismissals {
        let mut found = Dismissals::default();
        let asks = self.facts.commands.iter().filter(|command| command.said.ask == Ask::NotAssisted);
        let asks: Vec<_> = asks.filter(|command| self.is_heard(command)).collect();
        if asks.is_empty() {
            return found;
        }
        let gating: Digests<'_> = evidence.iter().filter(|one| one.gates).map(|one| (digest::of(one), one)).collect();
        for command in asks {
            let hearing = match self.dismissal(command, &gating, &mut found.bound) {
                Ok(digests) => {
                    found.dismissed.extend(digests.into_iter().map(|digest| (digest, command.comment)));
                    Hearing::Accepted
                }
                Err(refusal) => Hearing::Refused(refusal),
            };
            found.hearings.insert(command.comment, hearing);
        }
        found
    }

    /// The evidence that this command dismisses; nothing where it is the opener's answer to the disclosure question.
    fn dismissal(
        &self,
        command: &Command,
        gating: &Digests<'_>,
        bound: &mut Vec<(i64, Vec<String>)>,
    ) -> Result<BTreeSet<String>, Refusal> {
        self.may_grant(command).map_err(Refusal::NotCounted)?;
        if self.is_opener(command) {
            return Ok(BTreeSet::new());
        }
        // It names no commit, so whoever gives it must have been able to see which one it is about.
        if matches!(command.about, About::Current { had_stood: false, .. }) {
            return Err(Refusal::NotCounted(Why::TooSoon));
        }
        let person = self.outsider(&command.author).map_err(Refusal::NotCounted)?;
        // What it is about is settled once: the evidence that stood when it was first weighed, if it named that head.
        let digests = if let Some(digests) = self.facts.dismissed.get(&command.comment) {
            digests.clone()
        } else {
            let is_of_head = self.is_bound_here(command.about.head(), Some(command.said_at));
            let can_be = gating.iter().filter(|(_, one)| is_of_head.is_ok() && one.strength != Strength::Platform);
            let can_be = can_be.filter(|(_, one)| !self.was_said_after(one, command));
            let digests: BTreeSet<String> = can_be.map(|(digest, _)| digest.clone()).collect();
            bound.push((command.comment, digests.iter().cloned().collect()));
            is_of_head.map_err(Refusal::NotCounted)?;
            digests
        };
        let by = self.standings(person, Word::Command(command).id());
        let above = self.people.highest;
        let not_met = self.rules.iter().filter(|rule| rule.require.write_access || !by.meet(&rule.require, above));
        let not_met: Vec<String> = not_met.map(|rule| rule.name.to_owned()).collect();
        if !not_met.is_empty() || by.tier() == Tier::Agent {
            return Err(Refusal::NotCounted(Why::DoesNotMeet { rules: not_met }));
        }
        let digests: BTreeSet<String> = digests.into_iter().filter(|digest| gating.contains_key(digest)).collect();
        match (digests.is_empty(), gating.is_empty()) {
            (false, _) => Ok(digests),
            (true, true) => Err(Refusal::NothingToDismiss),
            (true, false) if gating.values().all(|one| one.strength == Strength::Platform) => {
                Err(Refusal::CannotBeDismissed)
            }
            (true, false) => Err(Refusal::NotCounted(Why::OtherCommit)),
        }
    }
}

/// What a command declares.
fn declared(command: &Command) -> Option<Evidence> {
    let Ask::Assisted { tool } = &command.said.ask else { return None };
    let words = tool.as_ref().map_or_else(String::new, |tool| format!(" {tool}"));
    Some(Evidence {
        channel: Channel::Command,
        tool: tool.clone().unwrap_or_else(|| UNSPECIFIED.to_owned()),
        place: Place::Comment { comment: command.comment },
        text: format!("/seconder assisted{words}"),
        strength: Strength::Declared,
        gates: true,
        autonomous: false,
    })
}
