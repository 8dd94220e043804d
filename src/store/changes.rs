//! The dirty set: which changes must be looked at again, and who is looking.
//!
//! It is not a queue of jobs. A change has one row, which bursts of events only mark again: its `generation` grows.
//! A worker leases the row; it is clean once a worker finishes the generation it claimed. Rows stay when clean, so
//! that generations and fencing tokens only ever grow.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use sqlx::FromRow;

use super::backend::Tx;
use super::error::Error;
use super::pages;
use super::witnessed::{KnownChange, KnownRow, RepositoryRow, SELECT_KNOWN, SELECT_REPOSITORY};
use super::{Store, columns, ms};
use crate::gate::ids::{ChangeKey, CommitSha, RepoId};
use crate::gate::witnessed::{Concern, SeenRepository};

/// A dirty change, leased to one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The change to look at.
    pub change: ChangeKey,
    /// What the worker will have dealt with when it finishes; events that come later make it grow.
    pub generation: i64,
    /// The fencing token: another worker that takes over has a greater one.
    pub token: i64,
    /// How many times it was postponed since it was last clean.
    pub attempts: i64,
    /// Whether people wait for it.
    pub urgent: bool,
    /// When the first of the events came that it answers.
    pub dirty_since: Timestamp,
    /// Where it lives.
    pub repository: SeenRepository,
    /// What the last read found; `None` when it was never read.
    pub known: Option<KnownChange>,
    /// The head that was witnessed or read last: the best guess at its head before it is read.
    pub latest_head: Option<CommitSha>,
}

/// What became of a claim that was finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The change is clean.
    Clean,
    /// Something happened meanwhile: it is due again at once.
    DirtyAgain,
    /// Another worker has taken over, or the repository was forgotten. Nothing was changed.
    Lost,
}

#[derive(Debug, FromRow)]
struct ClaimRow {
    host: String,
    repo_id: i64,
    number: i64,
    generation: i64,
    token: i64,
    attempts: i64,
    urgent: bool,
    first_dirtied_at: i64,
}

impl Store {
    /// Makes all changes concerned dirty and gives their number.
    ///
    /// A change named itself becomes dirty even if nothing is known of it, or it is closed; the wider concerns reach
    /// the open changes on record. A change that was put off stays so until its time.
    pub async fn mark_dirty(&self, concerns: &[Concern], urgent: bool, now: Timestamp) -> Result<u64, Error> {
        let mut tx = self.backend.write_tx().await?;
        let mut marks = Marks::default();
        let dirtied = marks.add(&mut tx, concerns, Haste { urgent, hurry: false }, now).await?;
        marks.store(&mut tx).await?;
        tx.commit().await?;
        Ok(dirtied)
    }

    /// Leases the dirty change that is most urgent, and of those the one due first. Safe with any number of workers.
    ///
    /// A change whose repository no delivery has named waits until one does: there is no way to reach it.
    pub async fn claim(&self, now: Timestamp, lease: SignedDuration) -> Result<Option<Claim>, Error> {
        let mut tx = self.backend.write_tx().await?;
        let sql = tx.choose(CLAIM_SQLITE, CLAIM_POSTGRES);
        let row = within!(
            tx,
            fetch_optional,
            sqlx::query_as::<_, ClaimRow>(sql).bind(ms(now)).bind(columns::lease_end(now, lease))
        )?;
        let Some(row) = row else { return Ok(None) };
        // Without a claim there is nothing to commit: the repository was forgotten in this very moment.
        let Some(claim) = complete(&mut tx, row).await? else { return Ok(None) };
        tx.commit().await?;
        Ok(Some(claim))
    }

    /// Prolongs the lease. False when another worker has taken over: stop.
    pub async fn renew(&self, claim: &Claim, now: Timestamp, lease: SignedDuration) -> Result<bool, Error> {
        let renewed = execute_one!(
            self,
            sqlx::query(
                "UPDATE dirty_change SET leased_until = $5
                 WHERE host = $1 AND repo_id = $2 AND number = $3 AND token = $4 AND leased_until IS NOT NULL"
            )
            .bind(claim.change.repo.host.as_str())
            .bind(claim.change.repo.id)
            .bind(claim.change.number)
            .bind(claim.token)
            .bind(columns::lease_end(now, lease))
        )?;
        Ok(renewed == 1)
    }

    /// Gives the lease back after the change was dealt with.
    ///
    /// A lease that expired without anybody taking over is still good: no other worker has seen the change.
    pub async fn finish(&self, claim: &Claim, now: Timestamp) -> Result<Finish, Error> {
        let dirty_again = write_one!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, bool>(
                "UPDATE dirty_change SET
                     is_dirty = generation <> $5, urgent = urgent AND generation <> $5,
                     attempts = 0, next_attempt_at = $6, leased_until = NULL, last_error = NULL,
                     first_dirtied_at = COALESCE(claimed_at, first_dirtied_at)
                 WHERE host = $1 AND repo_id = $2 AND number = $3 AND token = $4 AND leased_until IS NOT NULL
                 RETURNING is_dirty"
            )
            .bind(claim.change.repo.host.as_str())
            .bind(claim.change.repo.id)
            .bind(claim.change.number)
            .bind(claim.token)
            .bind(claim.generation)
            .bind(ms(now))
        )?;
        Ok(match dirty_again {
            Some(false) => Finish::Clean,
            Some(true) => Finish::DirtyAgain,
            None => Finish::Lost,
        })
    }

    /// Gives the lease back after a failure, with the change still dirty, and not due before `at`, unless it is hurried.
    /// False when another worker has taken over; then nothing was changed.
    pub async fn postpone(&self, claim: &Claim, at: Timestamp, error: &str) -> Result<bool, Error> {
        self.put_off(claim, at, error, 1).await
    }

    /// As [`Store::postpone`], where nothing failed and the change only waits its turn: this is no attempt in vain.
    pub async fn defer(&self, claim: &Claim, at: Timestamp, why: &str) -> Result<bool, Error> {
        self.put_off(claim, at, why, 0).await
    }

    async fn put_off(&self, claim: &Claim, at: Timestamp, error: &str, attempts: i64) -> Result<bool, Error> {
        // PostgreSQL takes no NUL in a text, and an error may quote anything.
        let error: String = error.chars().filter(|c| *c != '\0').take(1000).collect();
        let postponed = execute_one!(
            self,
            sqlx::query(
                "UPDATE dirty_change SET
                     attempts = attempts + $7, next_attempt_at = $5, leased_until = NULL, last_error = $6
                 WHERE host = $1 AND repo_id = $2 AND number = $3 AND token = $4 AND leased_until IS NOT NULL"
            )
            .bind(claim.change.repo.host.as_str())
            .bind(claim.change.repo.id)
            .bind(claim.change.number)
            .bind(claim.token)
            .bind(ms(at))
            .bind(error)
            .bind(attempts)
        )?;
        Ok(postponed == 1)
    }

    /// The earliest time, not before `now`, at which [`Store::claim`] would find something if nothing else happened:
    /// a change becomes due, or a lease expires.
    pub async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let earliest = read!(
            self,
            fetch_one,
            sqlx::query_scalar::<_, Option<i64>>(
                "SELECT MIN(CASE WHEN d.leased_until > d.next_attempt_at THEN d.leased_until
                                 ELSE d.next_attempt_at END)
                 FROM dirty_change d JOIN repository r ON r.host = d.host AND r.repo_id = d.repo_id
                 WHERE d.is_dirty"
            )
        )?;
        earliest.map(|earliest| Ok(columns::time(earliest)?.max(now))).transpose()
    }

    /// How many changes are dirty, claimed ones included.
    pub async fn dirty_count(&self) -> Result<u64, Error> {
        let count =
            read!(self, fetch_one, sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM dirty_change WHERE is_dirty"))?;
        Ok(count.unsigned_abs())
    }

    /// Since when the change that has been dirty for longest has been so.
    pub async fn oldest_dirty(&self) -> Result<Option<Timestamp>, Error> {
        let oldest = read!(
            self,
            fetch_one,
            sqlx::query_scalar::<_, Option<i64>>("SELECT MIN(first_dirtied_at) FROM dirty_change WHERE is_dirty")
        )?;
        oldest.map(columns::time).transpose()
    }

    /// Stops looking at a repository that is gone. Workers that hold a claim on it lose it.
    ///
    /// What is remembered of its changes stays, and so do decisions: if it was gone by mistake, as after an
    /// installation was removed and made again, nobody gets rid of evidence that way. Its pages close.
    pub async fn forget_repository(&self, repo: &RepoId, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.backend.write_tx().await?;
        forget(&mut tx, repo, now).await?;
        tx.commit().await
    }
}

/// As [`Store::forget_repository`], within a transaction.
pub(super) async fn forget(tx: &mut Tx, repo: &RepoId, now: Timestamp) -> Result<(), Error> {
    for sql in [
        "DELETE FROM repository WHERE host = $1 AND repo_id = $2",
        "DELETE FROM known_change WHERE host = $1 AND repo_id = $2",
        "DELETE FROM merge_group WHERE host = $1 AND repo_id = $2",
        "DELETE FROM merge_group_member WHERE host = $1 AND repo_id = $2",
        "DELETE FROM landing WHERE host = $1 AND repo_id = $2",
        "DELETE FROM branch_rules WHERE host = $1 AND repo_id = $2",
        "UPDATE dirty_change SET is_dirty = FALSE, urgent = FALSE, leased_until = NULL, token = token + 1
         WHERE host = $1 AND repo_id = $2",
    ] {
        execute!(*tx, sqlx::query(sql).bind(repo.host.as_str()).bind(repo.id))?;
    }
    pages::close(tx, repo, now).await
}

macro_rules! claim_sql {
    ($lock:literal) => {
        concat!(
            "UPDATE dirty_change SET leased_until = $2, token = token + 1, claimed_at = $1
             WHERE (host, repo_id, number) = (
                 SELECT d.host, d.repo_id, d.number
                 FROM dirty_change d
                 WHERE d.is_dirty AND d.next_attempt_at <= $1
                   AND (d.leased_until IS NULL OR d.leased_until <= $1)
                   AND EXISTS (SELECT 1 FROM repository r WHERE r.host = d.host AND r.repo_id = d.repo_id)
                 ORDER BY d.urgent DESC, d.next_attempt_at, d.host, d.repo_id, d.number
                 LIMIT 1",
            $lock,
            ")
             RETURNING host, repo_id, number, generation, token, attempts, urgent, first_dirtied_at"
        )
    };
}
const CLAIM_SQLITE: &str = claim_sql!("");
const CLAIM_POSTGRES: &str = claim_sql!(" FOR UPDATE OF d SKIP LOCKED");

/// Adds to a claimed row what a worker needs to begin.
async fn complete(tx: &mut Tx, row: ClaimRow) -> Result<Option<Claim>, Error> {
    let change = ChangeKey { repo: RepoId::new(columns::host(&row.host)?, row.repo_id), number: row.number };
    let repository = within!(
        *tx,
        fetch_optional,
        sqlx::query_as::<_, RepositoryRow>(SELECT_REPOSITORY).bind(&row.host).bind(row.repo_id)
    )?;
    let Some(repository) = repository else { return Ok(None) };
    let known = within!(
        *tx,
        fetch_optional,
        sqlx::query_as::<_, KnownRow>(SELECT_KNOWN).bind(&row.host).bind(row.repo_id).bind(row.number)
    )?;
    let latest_head = within!(
        *tx,
        fetch_optional,
        sqlx::query_scalar::<_, String>(
            "SELECT head FROM change_head WHERE host = $1 AND repo_id = $2 AND number = $3
             ORDER BY last_seen_at DESC, first_seen_at DESC, head LIMIT 1"
        )
        .bind(&row.host)
        .bind(row.repo_id)
        .bind(row.number)
    )?;
    Ok(Some(Claim {
        generation: row.generation,
        token: row.token,
        attempts: row.attempts,
        urgent: row.urgent,
        dirty_since: columns::time(row.first_dirtied_at)?,
        repository: repository.into_seen(&change.repo),
        known: known.map(|known| known.into_known(&change)).transpose()?,
        latest_head: latest_head.map(|head| columns::sha(&head)).transpose()?,
        change,
    }))
}

/// How soon a mark is to be dealt with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Haste {
    /// Before others that are due.
    pub(super) urgent: bool,
    /// At once, even if it was put off.
    pub(super) hurry: bool,
}

/// Changes that are about to be marked, folded by key: a burst of deliveries marks each of them once.
///
/// The order of the keys keeps two transactions on PostgreSQL from waiting for each other in a circle.
#[derive(Debug, Default)]
pub(super) struct Marks {
    changes: BTreeMap<ChangeKey, Mark>,
}

#[derive(Debug)]
struct Mark {
    /// How many times it is marked: as much grows its generation.
    times: i64,
    urgent: bool,
    now_ms: i64,
    is_hurried: bool,
}

impl Marks {
    /// Adds all changes concerned, each once, and gives their number.
    pub(super) async fn add(
        &mut self,
        tx: &mut Tx,
        concerns: &[Concern],
        haste: Haste,
        now: Timestamp,
    ) -> Result<u64, Error> {
        let mut changes = BTreeSet::new();
        for concern in concerns {
            expand(tx, concern, &mut changes).await?;
        }
        let dirtied = changes.len() as u64;
        for change in changes {
            let new = Mark { times: 0, urgent: false, now_ms: ms(now), is_hurried: false };
            let mark = self.changes.entry(change).or_insert(new);
            mark.times += 1;
            mark.urgent |= haste.urgent;
            mark.is_hurried |= haste.hurry;
        }
        Ok(dirtied)
    }

    /// Makes them dirty.
    pub(super) async fn store(self, tx: &mut Tx) -> Result<(), Error> {
        let rows: Vec<_> = self.changes.into_iter().collect();
        let hurried: Vec<_> = rows
            .iter()
            .filter(|(_, mark)| mark.is_hurried)
            .map(|(change, mark)| (change.clone(), mark.now_ms))
            .collect();
        insert_many!(
            *tx,
            "INSERT INTO dirty_change (host, repo_id, number, is_dirty, generation, urgent, next_attempt_at, \
             attempts, token, first_dirtied_at) ",
            rows,
            |bind, row| {
                let (change, mark) = row;
                bind.push_bind(change.repo.host.as_str())
                    .push_bind(change.repo.id)
                    .push_bind(change.number)
                    .push_bind(true)
                    .push_bind(mark.times)
                    .push_bind(mark.urgent)
                    .push_bind(mark.now_ms)
                    .push_bind(0_i64)
                    .push_bind(0_i64)
                    .push_bind(mark.now_ms);
            },
            " ON CONFLICT (host, repo_id, number) DO UPDATE SET
                 is_dirty = TRUE, generation = dirty_change.generation + excluded.generation,
                 urgent = dirty_change.urgent OR excluded.urgent,
                 next_attempt_at = CASE WHEN dirty_change.is_dirty THEN dirty_change.next_attempt_at
                                   ELSE excluded.next_attempt_at END,
                 first_dirtied_at = CASE WHEN dirty_change.is_dirty THEN dirty_change.first_dirtied_at
                                    ELSE excluded.first_dirtied_at END"
        );
        for (change, now_ms) in hurried {
            hurry(tx, &change, now_ms).await?;
        }
        Ok(())
    }
}

/// Makes a change due that was put off. Whoever is working on it loses the claim: what they met with is out of date,
/// and they would put the change off again because of it.
async fn hurry(tx: &mut Tx, change: &ChangeKey, now_ms: i64) -> Result<(), Error> {
    execute!(
        *tx,
        sqlx::query(
            "UPDATE dirty_change SET next_attempt_at = $4, attempts = 0, leased_until = NULL, token = token + 1
             WHERE host = $1 AND repo_id = $2 AND number = $3"
        )
        .bind(change.repo.host.as_str())
        .bind(change.repo.id)
        .bind(change.number)
        .bind(now_ms)
    )?;
    Ok(())
}

async fn expand(tx: &mut Tx, concern: &Concern, changes: &mut BTreeSet<ChangeKey>) -> Result<(), Error> {
    const OPEN: &str = "SELECT repo_id, number FROM known_change WHERE host = $1 AND repo_id = $2 AND state = 'open'";
    const OPEN_ON_HEAD: &str = "SELECT k.repo_id, k.number
        FROM change_head h JOIN known_change k ON k.host = h.host AND k.repo_id = h.repo_id AND k.number = h.number
        WHERE h.host = $1 AND h.repo_id = $2 AND h.head = $3 AND k.state = 'open'
        UNION SELECT m.repo_id, m.number
        FROM merge_group_member m
        JOIN merge_group g ON g.host = m.host AND g.repo_id = m.repo_id AND g.head = m.group_head
        WHERE m.host = $1 AND m.repo_id = $2 AND m.group_head = $3 AND g.ended_at IS NULL";
    const OPEN_ON_BASE: &str = "SELECT repo_id, number FROM known_change
        WHERE host = $1 AND repo_id = $2 AND state = 'open' AND (base_branch = $3 OR stack_base = $3)";
    const OPEN_OF_OWNER: &str = "SELECT k.repo_id, k.number
        FROM repository r JOIN known_change k ON k.host = r.host AND k.repo_id = r.repo_id
        WHERE r.host = $1 AND r.owner_id = $2 AND k.state = 'open'";
    const OPEN_OF_SAME_OWNER: &str = "SELECT k.repo_id, k.number
        FROM repository this
        JOIN repository r ON r.host = this.host AND r.owner_id = this.owner_id
        JOIN known_change k ON k.host = r.host AND k.repo_id = r.repo_id
        WHERE this.host = $1 AND this.repo_id = $2 AND k.state = 'open'";
    const OF_COMMENT: &str = "SELECT repo_id, number FROM command
        WHERE host = $1 AND repo_id = $2 AND CAST(comment_id AS TEXT) = $3";
    let number;
    let (sql, host, id, name) = match concern {
        Concern::Change(change) => {
            changes.insert(change.clone());
            return Ok(());
        }
        Concern::Head { repo, head } => (OPEN_ON_HEAD, &repo.host, repo.id, Some(head.as_str())),
        Concern::Base { repo, branch } => (OPEN_ON_BASE, &repo.host, repo.id, Some(branch.as_str())),
        Concern::Repository(repo) => (OPEN, &repo.host, repo.id, None),
        Concern::Owner(owner) => (OPEN_OF_OWNER, &owner.host, owner.id, None),
        Concern::OwnerOf(repo) => (OPEN_OF_SAME_OWNER, &repo.host, repo.id, None),
        Concern::Comment { repo, comment } => {
            number = comment.to_string();
            (OF_COMMENT, &repo.host, repo.id, Some(number.as_str()))
        }
    };
    let rows = match name {
        Some(name) => {
            within!(*tx, fetch_all, sqlx::query_as::<_, (i64, i64)>(sql).bind(host.as_str()).bind(id).bind(name))?
        }
        None => within!(*tx, fetch_all, sqlx::query_as::<_, (i64, i64)>(sql).bind(host.as_str()).bind(id))?,
    };
    let key = |(repo_id, number)| ChangeKey { repo: RepoId::new(host.clone(), repo_id), number };
    changes.extend(rows.into_iter().map(key));
    Ok(())
}
