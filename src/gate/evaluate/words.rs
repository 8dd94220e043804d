//! What people said for or against a change: reviews and commands as words of one kind.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::approvals::Bench;
use crate::gate::change::{Actor, Review, ReviewState};
use crate::gate::command::{About, Ask, Command, Fate};
use crate::gate::ids::{AccountId, CommitSha, WordId};
use crate::gate::people::PersonId;
use crate::gate::verdict::Why;

/// A review or a command.
#[derive(Clone, Copy)]
pub(super) enum Word<'a> {
    Review(&'a Review),
    Command(&'a Command),
}

/// What a word says of the change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// An approval.
    Approves,
    /// An approval that was dismissed.
    WasDismissed,
    /// One's own approvals are taken back.
    Revokes,
    /// A change request or a hold.
    Holds,
    /// A hold is lifted.
    Unholds,
}

/// One person, under any of their accounts; or an account that belongs to nobody we know.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone)]
pub(super) enum Speaker<'a> {
    Person(&'a PersonId),
    Account(&'a AccountId),
}

impl<'a> Word<'a> {
    pub(super) fn id(self) -> WordId {
        match self {
            Self::Review(review) => WordId::Review(review.id),
            Self::Command(command) => WordId::Comment(command.comment),
        }
    }

    /// `None` when the account was deleted.
    pub(super) fn author(self) -> Option<&'a Actor> {
        match self {
            Self::Review(review) => review.author.as_ref(),
            Self::Command(command) => Some(&command.author),
        }
    }

    pub(super) fn said_at(self) -> Option<Timestamp> {
        match self {
            Self::Review(review) => review.submitted_at,
            Self::Command(command) => Some(command.said_at),
        }
    }

    pub(super) fn commit(self) -> Option<&'a CommitSha> {
        match self {
            Self::Review(review) => review.commit.as_ref(),
            Self::Command(command) => command.about.head(),
        }
    }

    pub(super) fn url(self) -> Option<&'a String> {
        match self {
            Self::Review(review) => review.url.as_ref(),
            Self::Command(command) => command.url.as_ref(),
        }
    }

    pub(super) fn reason(self) -> Option<&'a String> {
        match self {
            Self::Review(_) => None,
            Self::Command(command) => command.said.reason.as_ref(),
        }
    }

    /// Whether the forge says that its author can push.
    pub(super) fn can_push(self) -> bool {
        matches!(self, Self::Review(review) if review.can_push == Some(true))
    }

    /// What it says, if it speaks for or against.
    pub(super) fn says(self) -> Option<Says> {
        match self {
            Self::Review(review) => match review.state {
                ReviewState::Approved => Some(Says::Approves),
                ReviewState::DismissedApproval => Some(Says::WasDismissed),
                ReviewState::ChangesRequested
                | ReviewState::DismissedChangesRequested
                | ReviewState::DismissedUnknown => Some(Says::Holds),
                ReviewState::Commented => None,
            },
            Self::Command(command) => match command.said.ask {
                Ask::Approve { .. } => Some(Says::Approves),
                Ask::Revoke => Some(Says::Revokes),
                Ask::Hold => Some(Says::Holds),
                Ask::Unhold => Some(Says::Unholds),
                _ => None,
            },
        }
    }
}

impl<'a> Bench<'a> {
    /// Whether this account can speak for a person at all, whoever owns it.
    pub(super) fn is_persons(&self, actor: &Actor) -> bool {
        let is_robot = self.facts.roster.robots.contains(&actor.account);
        actor.is_user() && !is_robot && !self.facts.agent_accounts.contains(&actor.account)
    }

    /// Whether a command is heard at all: said by a person who is a contributor or in the directory, and
    /// meant for us.
    pub(super) fn is_heard(&self, command: &Command) -> bool {
        let account = &command.author.account;
        let is_known = self.people.account_role(account).is_some() || self.facts.roster.accounts.contains_key(account);
        let is_ours = !command.said.is_bare || self.policy.approve.bare;
        is_ours && is_known && self.is_persons(&command.author)
    }

    /// Everything that speaks for or against.
    pub(super) fn words(&self) -> impl Iterator<Item = Word<'a>> {
        let commands = self.facts.commands.iter().filter(|command| self.is_heard(command));
        let words = self.change.reviews.iter().map(Word::Review).chain(commands.map(Word::Command));
        words.filter(|word| word.says().is_some())
    }

    pub(super) fn speaker(&self, word: Word<'a>) -> Option<Speaker<'a>> {
        let account = &word.author()?.account;
        Some(match self.facts.roster.person(account) {
            Some(person) => Speaker::Person(&person.id),
            None => Speaker::Account(account),
        })
    }

    /// Whether this person said at this time or later that they hold the change, or take back what they granted.
    pub(super) fn is_taken_back(&self, person: &PersonId, since: Timestamp) -> bool {
        let is_negative = |word: &Word<'_>| matches!(word.says(), Some(Says::Holds | Says::Revokes));
        let is_theirs = |word: &Word<'a>| {
            let is_persons = word.author().is_some_and(|author| self.is_persons(author));
            is_persons && self.speaker(*word) == Some(Speaker::Person(person))
        };
        let said = self.words().filter(is_negative).filter(is_theirs).map(Word::said_at);
        said.into_iter().any(|at| at.is_none_or(|at| at >= since))
    }

    /// Each speaker's latest word among those that matter; of two at the same moment, the one against. One without a
    /// time may have been said at any moment, so the one against was said last, and any other first.
    pub(super) fn latest_words(
        &self,
        matters: impl Fn(Word<'a>) -> bool,
        is_against: impl Fn(Word<'a>) -> bool,
    ) -> BTreeMap<Speaker<'a>, Word<'a>> {
        let mut latest: BTreeMap<Speaker<'a>, Word<'a>> = BTreeMap::new();
        let said = |word: Word<'a>| {
            let is_against = is_against(word);
            let unknown = if is_against { Timestamp::MAX } else { Timestamp::MIN };
            (word.said_at().unwrap_or(unknown), is_against, word.id())
        };
        for word in self.words() {
            let is_persons = word.author().is_some_and(|author| self.is_persons(author));
            let Some(speaker) = self.speaker(word).filter(|_| is_persons && matters(word)) else { continue };
            let last = latest.entry(speaker).or_insert(word);
            if said(word) > said(*last) {
                *last = word;
            }
        }
        latest
    }

    /// Whether a command may grant anything: nothing speaks against its comment.
    pub(super) fn may_grant(&self, command: &Command) -> Result<(), Why> {
        match command.fate {
            Fate::Edited => return Err(Why::Edited),
            Fate::Deleted => return Err(Why::Deleted),
            Fate::Stands => {}
        }
        if !command.is_witnessed {
            Err(Why::NotWitnessed)
        } else if command.by_email {
            Err(Why::ByEmail)
        } else if command.via_app.is_some_and(|app| !self.policy.approve.apps.contains(&app)) {
            Err(Why::ThroughApp)
        } else {
            Ok(())
        }
    }

    /// Whether a word is an approval in a form that the policy takes, of whatever commit.
    pub(super) fn is_taken(&self, word: Word<'_>) -> Result<(), Why> {
        let approve = &self.policy.approve;
        let command = match word {
            Word::Review(_) if approve.by_review => return Ok(()),
            Word::Review(_) => return Err(Why::ReviewsDoNotCount),
            Word::Command(command) => command,
        };
        self.may_grant(command)?;
        match command.about {
            _ if !approve.by_command => Err(Why::CommandsDoNotCount),
            About::Named(_) => Ok(()),
            About::Unmatched => Err(Why::OtherCommit),
            About::Unknown => Err(Why::NoCommitNamed),
            About::Current { .. } if approve.sha_required => Err(Why::NoCommitNamed),
            About::Current { had_stood, .. } => {
                if had_stood {
                    Ok(())
                } else {
                    Err(Why::TooSoon)
                }
            }
        }
    }

    /// Whether something was said of this head on this base, as the change now stands.
    pub(super) fn is_bound_here(&self, commit: Option<&CommitSha>, said_at: Option<Timestamp>) -> Result<(), Why> {
        if commit != Some(&self.change.head) {
            return Err(Why::OtherCommit);
        }
        let pushed_back = self.change.force_pushes.iter().filter(|push| push.after.as_ref() == Some(&self.change.head));
        let came_back_at = pushed_back.map(|push| push.at).max();
        // Without a time of its own, a word cannot be shown to be later than anything.
        let is_before = |event: Option<Timestamp>| match (said_at, event) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(said), Some(event)) => said <= event,
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

    /// Who said this, if it is a person of the directory who had no part in the change.
    pub(super) fn outsider(&self, author: &Actor) -> Result<&'a crate::gate::people::Person, Why> {
        let roster = &self.facts.roster;
        let person = roster.person(&author.account);
        let role = person.and_then(|person| self.people.role(&person.id));
        if let Some(role) = role.or_else(|| self.people.account_role(&author.account)) {
            return Err(Why::Contributor { role });
        }
        let person = person.ok_or(Why::NotInDirectory)?;
        if roster.snapshot.is_fresh(self.facts.now) { Ok(person) } else { Err(Why::StaleDirectory) }
    }
}
