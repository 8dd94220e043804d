//! Sending answers to commands: after checks, within what the forge allows, and each of them once.
//!
//! A reaction may be repeated. A reply may not: it carries a mark, and where nobody knows whether it arrived, it is looked
//! for before it is sent again. No failure here touches a check.

use jiff::Timestamp;

use super::{Engine, Obstacle, backoff};
use crate::forge::github::{self, GitHub};
use crate::gate::witnessed::Place;
use crate::store::{self, Allowance, AnswerClaim};

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
    /// Sends one answer that is due. False when none is.
    pub(super) async fn answer_one(&self) -> Result<bool, store::Error> {
        let Some(claim) = self.store.claim_answer(self.clock.now(), self.options.lease).await? else {
            return Ok(false);
        };
        match self.send_answer(&claim).await {
            Ok(Sent::Whole) => {
                self.store.finish_answer(&claim, None).await?;
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
            if forge.has_commented(repo, claim.change.number, answer.since, &mark(claim)).await? {
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
            forge.react(repo, answer.comment, reaction).await?;
            if !self.store.reacted(claim).await? {
                return Ok(Sent::Lost);
            }
        }
        match &answer.reply {
            Some(reply) => self.send_reply(forge, claim, reply).await,
            None => Ok(Sent::Whole),
        }
    }

    async fn send_reply(&self, forge: &GitHub, claim: &AnswerClaim, reply: &str) -> Result<Sent, Obstacle> {
        if !self.store.reply_sends(claim, self.clock.now()).await? {
            return Ok(Sent::Lost);
        }
        let text = format!("{reply}\n\n{}", mark(claim));
        let sent = forge.comment(&claim.repository, claim.change.number, &text).await;
        if let Err(error) = sent {
            if !matches!(error, github::Error::Uncertain { .. }) {
                self.store.reply_failed(claim).await?;
            }
            return Err(error.into());
        }
        Ok(Sent::Whole)
    }

    async fn answer_failed(&self, claim: &AnswerClaim, obstacle: &Obstacle) -> Result<(), store::Error> {
        use github::Error as E;
        let why = obstacle.to_string();
        match obstacle {
            // The comment or the change is gone, the conversation is locked, or we may not write in it: nobody waits for
            // an answer that comes once that has changed.
            Obstacle::Forge(E::Forbidden { .. } | E::NotFound { .. } | E::Broken { .. }) => {
                tracing::warn!(change = %claim.change, comment = claim.answer.comment, reason = why, "no answer");
                self.store.finish_answer(claim, Some(&why)).await?;
            }
            obstacle => {
                let at = self.retry_at(obstacle, claim.attempts, self.clock.now());
                tracing::warn!(change = %claim.change, comment = claim.answer.comment, reason = why, %at, "answer put off");
                let failures = i64::from(obstacle.is_failure());
                self.store.postpone_answer(claim, at, failures, &why).await?;
            }
        }
        Ok(())
    }
}

/// What tells our reply to this comment from any other. GitHub does not show it to people.
fn mark(claim: &AnswerClaim) -> String {
    let place = match claim.answer.place {
        Place::Conversation => "",
        Place::Review => "review-",
        Place::Line => "line-",
    };
    format!("<!-- seconder:answer:{place}{} -->", claim.answer.comment)
}
