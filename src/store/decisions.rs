//! Decisions: on record before they are published, and only by whoever holds the head.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::FromRow;

use super::backend::Tx;
use super::commands;
use super::error::Error;
use super::heads::{self, HeadLease};
use super::look_again;
use super::memory::{self, Addition, MemoryKeys};
use super::pages::{self, PageUpdate};
use super::witnessed::{self, KnownChange};
use super::{Store, columns, ms};
use crate::gate::contributors::Contribution;
use crate::gate::detect::{Evidence, Level};
use crate::gate::ids::{ChangeKey, CommitSha, WordId};
use crate::gate::people::Standing;

/// A decision about one change at one head, with what is to be remembered of it.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The change.
    pub change: ChangeKey,
    /// The head that was judged.
    pub head: CommitSha,
    /// `pass`, `waiting`, `held` or `error`.
    pub outcome: String,
    /// The level of assistance that was found.
    pub level: Level,
    /// What it rests on.
    pub digests: Digests,
    /// The whole decision, with pseudonyms for accounts: it is kept for good.
    pub record: serde_json::Value,
    /// The directory snapshot that it rests on.
    pub snapshot_number: i64,
    /// When it was made.
    pub decided_at: Timestamp,
    /// What the read that it rests on found; `None` if the decision is that the change could not be read.
    pub known: Option<KnownChange>,
    /// All evidence that counted, to be remembered.
    pub evidence: Vec<Evidence>,
    /// All contributors, to be remembered.
    pub contributors: BTreeSet<Contribution>,
    /// What approvers can do whose approvals were first seen now, by the forge's number of the review. For an
    /// approval seen before, the standing remembered then holds on.
    pub first_seen: Vec<(WordId, Standing)>,
    /// Evidence that commands were found to dismiss when they were first weighed, by comment.
    pub dismisses: Vec<(i64, Vec<String>)>,
    /// When the change is to be looked at again, whatever happens until then.
    pub look_again_at: Option<Timestamp>,
    /// By what the change is to be recognised; `None` if it could not be read.
    pub memory_keys: Option<MemoryKeys>,
    /// What the change's page is to show. It may move without the decision.
    pub page: Option<PageUpdate>,
}

/// Digests of all that a decision rests on, and of what is published: SHA-256, hex. None covers the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// What was read and witnessed.
    pub facts: String,
    /// The policy.
    pub policy: String,
    /// The roster entries that it touches.
    pub roster: String,
    /// The catalogue of tools.
    pub catalogue: String,
    /// The check that says it.
    pub check: String,
}

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is on record under this number.
    New(i64),
    /// It says what the latest decision on record says, which has this number.
    Same(i64),
    /// Somebody else has taken over the head. Nothing was stored; do not publish.
    Lost,
}

/// A decision as it is on record.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedDecision {
    /// Its number: later decisions have greater ones.
    pub id: i64,
    /// The change.
    pub change: ChangeKey,
    /// The head that was judged.
    pub head: CommitSha,
    /// `pass`, `waiting`, `held` or `error`.
    pub outcome: String,
    /// The level of assistance that was found.
    pub level: Level,
    /// What it rests on.
    pub digests: Digests,
    /// Whether the change was read.
    pub was_read: bool,
    /// The directory snapshot that it rests on.
    pub snapshot_number: i64,
    /// The whole decision, byte for byte as it was stored.
    pub record: String,
    /// When it was made.
    pub decided_at: Timestamp,
}

#[derive(Debug, FromRow)]
struct DecisionRow {
    id: i64,
    head: String,
    outcome: String,
    level: String,
    facts_digest: String,
    policy_digest: String,
    roster_digest: String,
    catalogue_digest: String,
    check_digest: String,
    was_read: bool,
    snapshot_number: i64,
    record: String,
    decided_at: i64,
}

impl DecisionRow {
    fn into_recorded(self, change: &ChangeKey) -> Result<RecordedDecision, Error> {
        Ok(RecordedDecision {
            id: self.id,
            change: change.clone(),
            head: columns::sha(&self.head)?,
            outcome: self.outcome,
            level: columns::variant(&self.level)?,
            digests: Digests {
                facts: self.facts_digest,
                policy: self.policy_digest,
                roster: self.roster_digest,
                catalogue: self.catalogue_digest,
                check: self.check_digest,
            },
            was_read: self.was_read,
            snapshot_number: self.snapshot_number,
            record: self.record,
            decided_at: columns::time(self.decided_at)?,
        })
    }
}

impl Store {
    /// Puts a decision on record, with all that is to be remembered of it, in one transaction.
    ///
    /// It is refused unless `lease` is still the current lease of the decision's head: a worker that was taken over
    /// must leave no trace.
    pub async fn record(&self, decision: &Decision, lease: &HeadLease) -> Result<Recorded, Error> {
        if lease.head != decision.head || lease.repo != decision.change.repo {
            return Err(Error::broken(format!(
                "a decision on {} at {} came with the lease of another head, {} of {}",
                decision.change, decision.head, lease.head, lease.repo
            )));
        }
        let mut tx = self.backend.write_tx().await?;
        if !heads::fence(&mut tx, lease).await? {
            return Ok(Recorded::Lost);
        }
        let recorded = match latest(&mut tx, &decision.change, &decision.head).await? {
            Some(latest) if latest.outcome == decision.outcome && latest.digests == decision.digests => {
                Recorded::Same(latest.id)
            }
            _ => Recorded::New(insert(&mut tx, decision).await?),
        };
        if let Some((known, keys)) = decision.known.as_ref().zip(decision.memory_keys.as_ref()) {
            keep_read(&mut tx, decision, known, keys).await?;
        }
        if let Some(page) = &decision.page {
            pages::update(&mut tx, &decision.change, page).await?;
        }
        tx.commit().await?;
        Ok(recorded)
    }

    /// The newest decision about a change that rests on a read of it.
    pub async fn latest_judgement(&self, change: &ChangeKey) -> Result<Option<RecordedDecision>, Error> {
        let row = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, DecisionRow>(
                "SELECT id, head, outcome, level, facts_digest, policy_digest, roster_digest, catalogue_digest,
                        check_digest, was_read, snapshot_number, record, decided_at
                 FROM decision WHERE host = $1 AND repo_id = $2 AND number = $3 AND was_read ORDER BY id DESC LIMIT 1"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        row.map(|row| row.into_recorded(change)).transpose()
    }

    /// The newest decisions about a change, newest first.
    pub async fn decisions(&self, change: &ChangeKey, limit: u32) -> Result<Vec<RecordedDecision>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, DecisionRow>(
                "SELECT id, head, outcome, level, facts_digest, policy_digest, roster_digest, catalogue_digest,
                        check_digest, was_read, snapshot_number, record, decided_at
                 FROM decision WHERE host = $1 AND repo_id = $2 AND number = $3 ORDER BY id DESC LIMIT $4"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
            .bind(i64::from(limit))
        )?;
        rows.into_iter().map(|row| row.into_recorded(change)).collect()
    }
}

/// Keeps what the read that a decision rests on found, and what is to be remembered of it.
async fn keep_read(tx: &mut Tx, decision: &Decision, known: &KnownChange, keys: &MemoryKeys) -> Result<(), Error> {
    witnessed::note(tx, known).await?;
    let addition = Addition {
        change: &decision.change,
        keys,
        level: decision.level,
        evidence: &decision.evidence,
        contributors: &decision.contributors,
        first_seen: &decision.first_seen,
    };
    memory::remember(tx, addition, ms(decision.decided_at)).await?;
    commands::cover(tx, &decision.change.repo, &decision.dismisses).await?;
    // A merge group's decision about a member says nothing of when the member's own is to be looked at again.
    if decision.head == known.head {
        look_again::set(tx, &decision.change, decision.look_again_at).await?;
    }
    Ok(())
}

async fn latest(tx: &mut Tx, change: &ChangeKey, head: &CommitSha) -> Result<Option<RecordedDecision>, Error> {
    let row = within!(
        *tx,
        fetch_optional,
        sqlx::query_as::<_, DecisionRow>(
            "SELECT id, head, outcome, level, facts_digest, policy_digest, roster_digest, catalogue_digest,
                    check_digest, was_read, snapshot_number, record, decided_at
             FROM decision WHERE host = $1 AND repo_id = $2 AND number = $3 AND head = $4 ORDER BY id DESC LIMIT 1"
        )
        .bind(change.repo.host.as_str())
        .bind(change.repo.id)
        .bind(change.number)
        .bind(head.as_str())
    )?;
    row.map(|row| row.into_recorded(change)).transpose()
}

async fn insert(tx: &mut Tx, decision: &Decision) -> Result<i64, Error> {
    let digests = &decision.digests;
    Ok(within!(
        *tx,
        fetch_one,
        sqlx::query_scalar::<_, i64>(
            "INSERT INTO decision (host, repo_id, number, head, outcome, level, facts_digest, policy_digest,
                 roster_digest, catalogue_digest, check_digest, snapshot_number, record, decided_at, was_read,
                 is_group)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id"
        )
        .bind(decision.change.repo.host.as_str())
        .bind(decision.change.repo.id)
        .bind(decision.change.number)
        .bind(decision.head.as_str())
        .bind(&decision.outcome)
        .bind(decision.level.as_str())
        .bind(&digests.facts)
        .bind(&digests.policy)
        .bind(&digests.roster)
        .bind(&digests.catalogue)
        .bind(&digests.check)
        .bind(decision.snapshot_number)
        .bind(decision.record.to_string())
        .bind(ms(decision.decided_at))
        .bind(decision.known.is_some())
        .bind(decision.record.get("group").is_some_and(|group| !group.is_null()))
    )?)
}
