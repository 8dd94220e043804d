//! Answers to commands: what is said, and the sending of it, after checks, within what the forge allows, and each once.
//!
//! A reaction may be repeated. A reply may not: it carries a mark, and where nobody knows whether it arrived, it is looked
//! for before it is sent again. No failure here touches a check.

use jiff::Timestamp;

use super::commands::told;
use super::facts::{Judged, Known};
use super::{Engine, Obstacle, backoff};
use crate::forge::github::reaction;
use crate::forge::{self, Forge};
use crate::gate::command::Command;
use crate::gate::contributors::{Automation, Contribution, Who};
use crate::gate::detect::Catalogue;
use crate::gate::explain::{self, Voice};
use crate::gate::head::HeadVerdict;
use crate::gate::ids::ChangeKey;
use crate::gate::witnessed::{Misplaced, Place};
use crate::store::{self, Allowance, Answer, AnswerClaim};

/// Half of what GitHub allows all together (80 a minute and 500 an hour), and less: others may create content as well.
const ALLOWANCE: Allowance = Allowance { a_minute: 40, an_hour: 300 };

/// What came of an attempt to answer.
enum Sent {
    /// It is all there.
    Whole,
    /// Another worker has taken over.
    Lost,
    /// What was sent before may still arrive until then.
    TooEarly(Timestamp),
    /// Enough was written through this installation for now.
    NoRoom(Timestamp),
}

impl Engine {
    /// What there is to say to the commands on a change that have no answer yet. On a change that is closed, or whose base
    /// is not governed, commands have no effect, and nobody is told so.
    pub(super) async fn answers(
        &self,
        judged: &Judged,
        said: Option<(&HeadVerdict, &Voice<'_>)>,
    ) -> Result<(ChangeKey, Vec<Answer>), Obstacle> {
        let change = &judged.facts.key;
        let tells_kinds = self.forge(&change.repo.host)?.tells_kinds();
        let mut misplaced = self.store.unanswered_misplaced(change).await?;
        for seen in &mut misplaced {
            seen.author = told(seen.author.clone(), tells_kinds);
        }
        if judged.facts.commands.is_empty() && misplaced.is_empty() {
            return Ok((change.clone(), Vec::new()));
        }
        let said = said.filter(|_| judged.is_judged());
        let settled = self.store.settled_answers(change).await?;
        let open = judged.facts.commands.iter().filter(|command| !settled.contains(&command.comment));
        let to_command = |command: &Command| {
            let mut outcomes = judged.verdict.commands.iter();
            let outcome = outcomes.find(|outcome| outcome.comment == command.comment);
            let said = outcome
                .zip(said)
                .and_then(|(outcome, (head, voice))| explain::answer(outcome, &judged.verdict, head, voice));
            answer(command.comment, command.said_at, said)
        };
        let to_misplaced = |seen: &Misplaced| {
            let heard = said.filter(|_| is_heard(seen, judged, &judged.catalogue));
            let reply = heard.map(|(head, _)| explain::misplaced(seen, &head.head));
            Answer { place: seen.place, comment: seen.id, since: seen.said_at, reaction: None, reply }
        };
        Ok((change.clone(), open.map(to_command).chain(misplaced.iter().map(to_misplaced)).collect()))
    }

    /// Settles what is said, once the check that says the same stands.
    pub(super) async fn settle_answers(&self, answers: &[(ChangeKey, Vec<Answer>)]) -> Result<(), Obstacle> {
        for (change, answers) in answers.iter().filter(|(_, answers)| !answers.is_empty()) {
            self.store.settle_answers(change, answers, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Sends one answer that is due. False when none is.
    pub(super) async fn answer_one(&self) -> Result<bool, store::Error> {
        let Some(claim) = self.store.claim_answer(self.clock.now(), self.options.lease).await? else {
            return Ok(false);
        };
        match self.send_answer(&claim).await {
            Ok(Sent::Whole) => {
                self.store.finish_answer(&claim, None).await?;
                self.metrics.answer("sent");
                tracing::info!(change = %claim.change, comment = claim.answer.comment, "command answered");
            }
            Ok(Sent::Lost) => {}
            Ok(Sent::TooEarly(until)) => {
                self.store.postpone_answer(&claim, until, 0, "what was sent before may still arrive").await?;
            }
            Ok(Sent::NoRoom(until)) => {
                let (host, installation) = (&claim.change.repo.host, claim.repository.installation);
                self.store.postpone_answer(&claim, until, 0, "enough was written for now").await?;
                self.store.hold_answers(host, installation, until).await?;
            }
            Err(Obstacle::Store(error)) => return Err(error),
            Err(obstacle) => self.answer_failed(&claim, &obstacle).await?,
        }
        Ok(true)
    }

    async fn send_answer(&self, claim: &AnswerClaim) -> Result<Sent, Obstacle> {
        let forge = self.forge(&claim.change.repo.host)?;
        let (repo, answer) = (&claim.repository, &claim.answer);
        if let Some(sent_at) = claim.reply_sent_at {
            let settled = backoff::later(sent_at, self.options.request_timeout);
            if self.clock.now() < settled {
                return Ok(Sent::TooEarly(settled));
            }
            let mark = explain::misplaced_marker(answer.place, answer.comment);
            if forge.has_commented(repo, claim.change.number, answer.since, &mark).await? {
                return Ok(Sent::Whole);
            }
        }
        let amount = i64::from(answer.reaction.is_some()) + i64::from(answer.reply.is_some());
        let now = self.clock.now();
        let host = &claim.change.repo.host;
        if let Some(until) = self.store.allow_content(host, repo.installation, amount, ALLOWANCE, now).await? {
            return Ok(Sent::NoRoom(until));
        }
        if let Some(reaction) = &answer.reaction {
            forge.react(repo, claim.change.number, answer.comment, reaction).await?;
            if !self.store.reacted(claim).await? {
                return Ok(Sent::Lost);
            }
        }
        match &answer.reply {
            Some(reply) => self.send_reply(forge, claim, reply).await,
            None => Ok(Sent::Whole),
        }
    }

    async fn send_reply(&self, forge: &Forge, claim: &AnswerClaim, reply: &str) -> Result<Sent, Obstacle> {
        if !self.store.reply_sends(claim, self.clock.now()).await? {
            return Ok(Sent::Lost);
        }
        let sent = forge.comment(&claim.repository, claim.change.number, reply).await;
        if let Err(error) = sent {
            if !matches!(error, forge::Error::Uncertain { .. }) {
                self.store.reply_failed(claim).await?;
            }
            return Err(error.into());
        }
        Ok(Sent::Whole)
    }

    async fn answer_failed(&self, claim: &AnswerClaim, obstacle: &Obstacle) -> Result<(), store::Error> {
        use forge::Error as E;
        let why = obstacle.to_string();
        match obstacle {
            // The comment or the change is gone, the conversation is locked, or we may not write in it: nobody waits for
            // an answer that comes once that has changed.
            Obstacle::Forge(E::Forbidden { .. } | E::NotFound { .. } | E::Broken { .. }) => {
                tracing::warn!(change = %claim.change, comment = claim.answer.comment, reason = why, "no answer");
                self.store.finish_answer(claim, Some(&why)).await?;
                self.metrics.answer("refused");
            }
            obstacle => {
                let at = self.retry_at(obstacle, claim.attempts, self.clock.now());
                tracing::warn!(change = %claim.change, comment = claim.answer.comment, reason = why, %at, "answer put off");
                let failures = i64::from(obstacle.is_failure());
                self.store.postpone_answer(claim, at, failures, &why).await?;
                self.metrics.answer("put_off");
            }
        }
        Ok(())
    }
}

/// An answer to a comment that is heard, or to whoever is not.
fn answer(comment: i64, since: Timestamp, said: Option<explain::Answer>) -> Answer {
    let (reaction, reply) = match said {
        Some(said) => (Some(reaction(said.reaction).to_owned()), said.reply),
        None => (None, None),
    };
    Answer { place: Place::Conversation, comment, since, reaction, reply }
}

/// Whether this is meant for us, by a person who shaped the change or is in the directory.
fn is_heard(seen: &Misplaced, judged: &Judged, catalogue: &Catalogue) -> bool {
    let account = &seen.author.account;
    let is_ours = !seen.said.is_bare || judged.policy.approve.bare;
    let is_robot = judged.facts.roster.robots.contains(account) || Known(catalogue).is_agent_account(&seen.author);
    if !is_ours || is_robot || !seen.author.is_user() {
        return false;
    }
    let is_contributor = |done: &Contribution| matches!(&done.who, Who::Account(who) if who == account);
    judged.facts.roster.person(account).is_some() || judged.verdict.contributions.people.iter().any(is_contributor)
}
