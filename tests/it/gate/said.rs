//! Commands in the sentence of a [`Case`]: `case().assisted().says("sam", "approve").passes()`.
//!
//! `approve` names the head, unless it is told otherwise. What follows a command in the sentence is about that command.

use seconder::gate::command::{About, Ask, Command, Fate, parse};
use seconder::gate::people::Standing;
use seconder::gate::verdict::{CommandOutcome, Hearing, Refusal, Why};

use super::case::{Case, actor, minute, sha};

/// The head, as a command names none.
pub(super) fn current(had_stood: bool) -> About {
    About::Current { head: sha("head"), had_stood }
}

impl Case {
    /// A command, without the `/seconder` before it.
    pub(super) fn says(self, login: &str, words: &str) -> Self {
        let ask = parse(&format!("/seconder {words}")).expect("a command");
        let about = if matches!(ask.ask, Ask::Approve { .. }) { About::Named(sha("head")) } else { current(true) };
        let number = i64::try_from(self.commands.len()).expect("few commands") + 1;
        let said_at = self.next_moment();
        self.with_command(Command {
            comment: number,
            author: actor(login),
            via_app: None,
            by_email: false,
            said_at,
            said: ask,
            about,
            is_witnessed: true,
            fate: Fate::Stands,
            url: None,
        })
    }

    fn with_command(mut self, command: Command) -> Self {
        self.commands.push(command);
        self
    }

    pub(super) fn last_command(mut self, set: impl FnOnce(&mut Command)) -> Self {
        set(self.commands.last_mut().expect("a command before this"));
        self
    }

    pub(super) fn edited(self) -> Self {
        self.last_command(|command| command.fate = Fate::Edited)
    }

    pub(super) fn deleted(self) -> Self {
        self.last_command(|command| command.fate = Fate::Deleted)
    }

    pub(super) fn found_by_a_sweep(self) -> Self {
        self.last_command(|command| command.is_witnessed = false)
    }

    pub(super) fn by_email(self) -> Self {
        self.last_command(|command| command.by_email = true)
    }

    pub(super) fn through_app(self, app: i64) -> Self {
        self.last_command(|command| command.via_app = Some(app))
    }

    pub(super) fn about(self, about: About) -> Self {
        self.last_command(|command| command.about = about)
    }

    pub(super) fn said_at(self, minutes: i64) -> Self {
        self.last_command(|command| command.said_at = minute(minutes))
    }

    /// What the author of the last command could do when it was first seen.
    pub(super) fn said_when_of_tier(mut self, tier: &str) -> Self {
        let standing = Standing {
            tier: self.roster.tiers.find(tier).expect("a tier"),
            rule: "test".to_owned(),
            groups: std::collections::BTreeSet::new(),
            training: std::collections::BTreeSet::new(),
        };
        let comment = self.commands.last().expect("a command before this").comment;
        self.first_seen.insert(seconder::gate::ids::WordId::Comment(comment), standing);
        self
    }

    /// What was decided is remembered, as after a recorded decision.
    pub(super) fn remember(mut self) -> Self {
        let verdict = self.verdict();
        self.first_seen.extend(verdict.first_seen);
        self.dismissed.extend(verdict.dismisses.into_iter().map(|(comment, all)| (comment, all.into_iter().collect())));
        self.remembered = self.remembered.max(verdict.level);
        self.evidence = verdict.evidence;
        self
    }

    /// What became of the last command.
    pub(super) fn outcome(&self) -> CommandOutcome {
        let comment = self.commands.last().expect("a command").comment;
        let outcomes = self.verdict().commands;
        outcomes.into_iter().find(|outcome| outcome.comment == comment).expect("every command has an outcome")
    }

    #[track_caller]
    pub(super) fn is_accepted(&self) {
        assert_eq!(self.outcome().hearing, Hearing::Accepted);
    }

    #[track_caller]
    pub(super) fn is_unheard(&self) {
        assert_eq!(self.outcome().hearing, Hearing::Unheard);
    }

    #[track_caller]
    pub(super) fn is_refused(&self, refusal: &Refusal) {
        assert_eq!(self.outcome().hearing, Hearing::Refused(refusal.clone()));
    }

    /// The last command does not count, for this reason.
    #[track_caller]
    pub(super) fn does_not_count(&self, why: &Why) {
        self.is_refused(&Refusal::NotCounted(why.clone()));
    }
}
