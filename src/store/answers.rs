//! Answers to commands, as an outbox: settled once with the verdict, then sent until they are there.
//!
//! A comment is answered once, whatever becomes of the verdict later. Sending fails and is tried again by itself: no
//! check ever waits for it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use sqlx::FromRow;

use super::backend::Tx;
use super::error::Error;
use super::witnessed::{RepositoryRow, SELECT_REPOSITORY};
use super::{Store, columns, ms};
use crate::gate::ids::{ChangeKey, RepoId};
use crate::gate::witnessed::{Place, SeenRepository};

/// What is said to a comment: a reaction, a reply, both or, to whoever is not heard, neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Where the comment stands.
    pub place: Place,
    /// The forge's number for it.
    pub comment: i64,
    /// When it was written, by the forge's clock: no answer is older.
    pub since: Timestamp,
    /// The forge's word for the reaction.
    pub reaction: Option<String>,
    /// The reply, Markdown.
    pub reply: Option<String>,
}

/// An answer that is to be sent, leased to one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerClaim {
    /// The change.
    pub change: ChangeKey,
    /// What to say to which comment. The reaction is left out once it is there.
    pub answer: Answer,
    /// When the reply was last sent, if nobody knows whether it arrived: look for it before sending it again.
    pub reply_sent_at: Option<Timestamp>,
    /// How many times it was postponed.
    pub attempts: i64,
    /// The fencing token: another worker that takes over has a greater one.
    pub token: i64,
    /// Where the change lives.
    pub repository: SeenRepository,
}

#[derive(Debug, FromRow)]
struct AnswerRow {
    host: String,
    repo_id: i64,
    place: String,
    comment_id: i64,
    number: i64,
    since: i64,
    reaction: Option<String>,
    reply: Option<String>,
    has_reacted: bool,
    reply_sent_at: Option<i64>,
    attempts: i64,
    token: i64,
}

impl AnswerRow {
    fn into_claim(self, repo: RepoId, repository: SeenRepository) -> Result<AnswerClaim, Error> {
        Ok(AnswerClaim {
            change: ChangeKey { repo, number: self.number },
            answer: Answer {
                place: columns::variant(&self.place)?,
                comment: self.comment_id,
                since: columns::time(self.since)?,
                reaction: self.reaction.filter(|_| !self.has_reacted),
                reply: self.reply,
            },
            reply_sent_at: self.reply_sent_at.map(columns::time).transpose()?,
            attempts: self.attempts,
            token: self.token,
            repository,
        })
    }
}

/// Updates the answer under a claim, unless another worker has taken over: `update!(self, claim, "SET …")` gives the
/// number of rows. Further values are bound from `$6` on.
macro_rules! update {
    ($store:expr, $claim:expr, $set:literal $(, $value:expr)*) => {
        execute_one!(
            $store,
            sqlx::query(concat!(
                "UPDATE answer SET ",
                $set,
                " WHERE host = $1 AND repo_id = $2 AND place = $3 AND comment_id = $4 AND token = $5
                    AND leased_until IS NOT NULL"
            ))
            .bind($claim.change.repo.host.as_str())
            .bind($claim.change.repo.id)
            .bind(columns::word(&$claim.answer.place)?)
            .bind($claim.answer.comment)
            .bind($claim.token)
            $(.bind($value))*
        )?
    };
}

impl Store {
    /// Settles what is said to comments on a change. A comment that has an answer keeps it.
    pub async fn settle_answers(&self, change: &ChangeKey, answers: &[Answer], now: Timestamp) -> Result<(), Error> {
        let rows: Vec<_> =
            answers.iter().map(|answer| Ok((columns::word(&answer.place)?, answer))).collect::<Result<_, Error>>()?;
        let mut tx = self.backend.write_tx().await?;
        insert_many!(
            tx,
            "INSERT INTO answer (host, repo_id, place, comment_id, number, since, reaction, reply, has_reacted, \
             is_done, next_attempt_at, attempts, token, settled_at) ",
            rows,
            |bind, row| {
                let (place, answer) = row;
                bind.push_bind(change.repo.host.as_str())
                    .push_bind(change.repo.id)
                    .push_bind(place.as_str())
                    .push_bind(answer.comment)
                    .push_bind(change.number)
                    .push_bind(ms(answer.since))
                    .push_bind(answer.reaction.as_deref())
                    .push_bind(answer.reply.as_deref())
                    .push_bind(false)
                    .push_bind(answer.reaction.is_none() && answer.reply.is_none())
                    .push_bind(ms(now))
                    .push_bind(0_i64)
                    .push_bind(0_i64)
                    .push_bind(ms(now));
            },
            " ON CONFLICT (host, repo_id, place, comment_id) DO NOTHING"
        );
        tx.commit().await
    }

    /// Which comments of the conversation have their answer settled.
    pub async fn settled_answers(&self, change: &ChangeKey) -> Result<BTreeSet<i64>, Error> {
        let comments = read!(
            self,
            fetch_all,
            sqlx::query_scalar::<_, i64>(
                "SELECT comment_id FROM answer WHERE host = $1 AND repo_id = $2 AND number = $3 AND place = $4"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
            .bind(columns::word(&Place::Conversation)?)
        )?;
        Ok(comments.into_iter().collect())
    }

    /// Leases the answer that has been due for longest. Safe with any number of workers.
    pub async fn claim_answer(&self, now: Timestamp, lease: SignedDuration) -> Result<Option<AnswerClaim>, Error> {
        // Asked first: mostly there is none, and a write transaction keeps others waiting.
        if self.next_answer(now).await?.is_none_or(|due| due > now) {
            return Ok(None);
        }
        let mut tx = self.backend.write_tx().await?;
        let sql = tx.choose(CLAIM_SQLITE, CLAIM_POSTGRES);
        let row = within!(
            tx,
            fetch_optional,
            sqlx::query_as::<_, AnswerRow>(sql).bind(ms(now)).bind(columns::lease_end(now, lease))
        )?;
        let Some(row) = row else { return Ok(None) };
        let repo = RepoId::new(columns::host(&row.host)?, row.repo_id);
        let Some(repository) = repository(&mut tx, &repo).await? else { return Ok(None) };
        let claim = row.into_claim(repo, repository)?;
        tx.commit().await?;
        Ok(Some(claim))
    }

    /// The earliest time, not before `now`, at which [`Store::claim_answer`] would find something.
    pub async fn next_answer(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let earliest = read!(
            self,
            fetch_one,
            sqlx::query_scalar::<_, Option<i64>>(
                "SELECT MIN(CASE WHEN a.leased_until > a.next_attempt_at THEN a.leased_until ELSE a.next_attempt_at END)
                 FROM answer a JOIN repository r ON r.host = a.host AND r.repo_id = a.repo_id
                 WHERE NOT a.is_done"
            )
        )?;
        earliest.map(|earliest| Ok(columns::time(earliest)?.max(now))).transpose()
    }

    /// Keeps that the reaction is there. False when another worker has taken over: stop.
    pub async fn reacted(&self, claim: &AnswerClaim) -> Result<bool, Error> {
        Ok(update!(self, claim, "has_reacted = TRUE") == 1)
    }

    /// Keeps that the reply is about to be sent. False when another worker has taken over: do not send it.
    pub async fn reply_sends(&self, claim: &AnswerClaim, now: Timestamp) -> Result<bool, Error> {
        Ok(update!(self, claim, "reply_sent_at = $6", ms(now)) == 1)
    }

    /// Keeps that a reply that was sent is known not to have arrived. False when another worker has taken over.
    pub async fn reply_failed(&self, claim: &AnswerClaim) -> Result<bool, Error> {
        Ok(update!(self, claim, "reply_sent_at = NULL") == 1)
    }

    /// Keeps that the answer is there, or that it never will be, with the reason. False when another worker has taken
    /// over.
    pub async fn finish_answer(&self, claim: &AnswerClaim, refused: Option<&str>) -> Result<bool, Error> {
        Ok(update!(self, claim, "is_done = TRUE, leased_until = NULL, last_error = $6", refused) == 1)
    }

    /// Gives the lease back, with the answer still to be sent, and not before `at`. `failures` is 0 where it only waits
    /// its turn. False when another worker has taken over.
    pub async fn postpone_answer(
        &self,
        claim: &AnswerClaim,
        at: Timestamp,
        failures: i64,
        why: &str,
    ) -> Result<bool, Error> {
        // PostgreSQL takes no NUL in a text, and an error may quote anything.
        let why: String = why.chars().filter(|c| *c != '\0').take(1000).collect();
        let set = update!(
            self,
            claim,
            "next_attempt_at = $6, attempts = attempts + $7, last_error = $8, leased_until = NULL",
            ms(at),
            failures,
            why
        );
        Ok(set == 1)
    }
}

async fn repository(tx: &mut Tx, repo: &RepoId) -> Result<Option<SeenRepository>, Error> {
    let row = within!(
        *tx,
        fetch_optional,
        sqlx::query_as::<_, RepositoryRow>(SELECT_REPOSITORY).bind(repo.host.as_str()).bind(repo.id)
    )?;
    Ok(row.map(|row| row.into_seen(repo)))
}

macro_rules! claim_sql {
    ($lock:literal) => {
        concat!(
            "UPDATE answer SET leased_until = $2, token = token + 1
             WHERE (host, repo_id, place, comment_id) = (
                 SELECT a.host, a.repo_id, a.place, a.comment_id
                 FROM answer a
                 WHERE NOT a.is_done AND a.next_attempt_at <= $1
                   AND (a.leased_until IS NULL OR a.leased_until <= $1)
                   AND EXISTS (SELECT 1 FROM repository r WHERE r.host = a.host AND r.repo_id = a.repo_id)
                 ORDER BY a.next_attempt_at, a.host, a.repo_id, a.comment_id, a.place
                 LIMIT 1",
            $lock,
            ")
             RETURNING host, repo_id, place, comment_id, number, since, reaction, reply, has_reacted, reply_sent_at,
                 attempts, token"
        )
    };
}
const CLAIM_SQLITE: &str = claim_sql!("");
const CLAIM_POSTGRES: &str = claim_sql!(" FOR UPDATE OF a SKIP LOCKED");
