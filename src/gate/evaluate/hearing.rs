//! What becomes of each command.

use super::approvals::Bench;
use super::assistance::Dismissals;
use super::emergency::Overrides;
use crate::gate::command::{Ask, Command};
use crate::gate::contributors::Named;
use crate::gate::ids::WordId;
use crate::gate::verdict::{ApprovalOutcome, CommandOutcome, Counts, Hearing, Refusal, Why};

/// What commands led to, for those who ask.
pub(super) struct Effects<'a> {
    pub(super) approvals: &'a [ApprovalOutcome],
    pub(super) dismissals: &'a Dismissals,
    pub(super) overrides: &'a Overrides<'a>,
}

impl Bench<'_> {
    /// Every command and what became of it, in the order in which they were given.
    pub(super) fn command_outcomes(&self, effects: &Effects<'_>) -> Vec<CommandOutcome> {
        let mut commands: Vec<&Command> = self.facts.commands.iter().collect();
        commands.sort_by_key(|command| (command.said_at, command.comment));
        let outcome = |command: &Command| CommandOutcome {
            comment: command.comment,
            by: Named::from(&command.author),
            ask: command.said.ask.clone(),
            reason: command.said.reason.clone(),
            url: command.url.clone(),
            hearing: self.hearing(command, effects),
        };
        commands.into_iter().map(outcome).collect()
    }

    fn hearing(&self, command: &Command, effects: &Effects<'_>) -> Hearing {
        if !self.is_heard(command) {
            return Hearing::Unheard;
        }
        let refused = |why: Why| Hearing::Refused(Refusal::NotCounted(why));
        match &command.said.ask {
            Ask::Approve { .. } => {
                let word = WordId::Comment(command.comment);
                let outcome = effects.approvals.iter().find(|one| one.word == word);
                match outcome.map(|one| &one.standing) {
                    Some(Counts::NotCounted(Why::NotNeeded) | Counts::Counted { .. }) => Hearing::Accepted,
                    Some(Counts::NotCounted(why)) => refused(why.clone()),
                    None => Hearing::Unheard,
                }
            }
            Ask::Hold => self.may_hold(&command.author).map_or_else(refused, |()| Hearing::Accepted),
            Ask::Unhold => self.unhold_hearing(command),
            Ask::Revoke | Ask::Assisted { .. } => Hearing::Accepted,
            Ask::NotAssisted => effects.dismissals.hearings.get(&command.comment).cloned().unwrap_or(Hearing::Unheard),
            Ask::Override => effects.overrides.hearings.get(&command.comment).cloned().unwrap_or(Hearing::Unheard),
            Ask::Why | Ask::Recheck | Ask::Help => Hearing::Told,
            Ask::Mistaken(mistake) => Hearing::Refused(Refusal::Mistaken(mistake.clone())),
        }
    }
}
