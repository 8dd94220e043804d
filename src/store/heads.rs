//! One worker at a time for each repository and head commit.

use jiff::{SignedDuration, Timestamp};

use super::backend::Tx;
use super::error::Error;
use super::{Store, columns, ms};
use crate::gate::ids::{CommitSha, RepoId};

/// The answer to a worker that wants to read, evaluate and publish for a head commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadLock {
    /// It may.
    Held(HeadLease),
    /// Another worker does.
    Busy {
        /// When that worker's lease ends, unless it is renewed or given back before.
        until: Timestamp,
    },
}

/// The right to record and publish for a head commit, until somebody else takes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadLease {
    /// The repository.
    pub repo: RepoId,
    /// The head commit.
    pub head: CommitSha,
    /// The fencing token: whoever takes over has a greater one.
    pub token: i64,
    /// Whether the holder before never gave it back. A request of theirs may still be on the wire, so publish
    /// unconditionally, and once more after the request timeout.
    pub taken_over: bool,
}

impl Store {
    /// Takes the lock of a head commit if it is free or its lease has expired.
    pub async fn lock_head(
        &self,
        repo: &RepoId,
        head: &CommitSha,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<HeadLock, Error> {
        let mut tx = self.backend.write_tx().await?;
        let taken = within!(
            tx,
            fetch_optional,
            sqlx::query_as::<_, (i64, bool)>(
                "INSERT INTO head_lock (host, repo_id, head, token, leased_until, taken_over)
                 VALUES ($1, $2, $3, 1, $5, FALSE)
                 ON CONFLICT (host, repo_id, head) DO UPDATE SET
                     token = head_lock.token + 1, leased_until = excluded.leased_until,
                     taken_over = head_lock.leased_until IS NOT NULL
                 WHERE head_lock.leased_until IS NULL OR head_lock.leased_until <= $4
                 RETURNING token, taken_over"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(head.as_str())
            .bind(ms(now))
            .bind(columns::lease_end(now, lease))
        )?;
        if let Some((token, taken_over)) = taken {
            tx.commit().await?;
            return Ok(HeadLock::Held(HeadLease { repo: repo.clone(), head: head.clone(), token, taken_over }));
        }
        // Within the same transaction the row, which the conflict locked, cannot have been given back since.
        let until = within!(
            tx,
            fetch_one,
            sqlx::query_scalar::<_, Option<i64>>(
                "SELECT leased_until FROM head_lock WHERE host = $1 AND repo_id = $2 AND head = $3"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(head.as_str())
        )?;
        Ok(HeadLock::Busy { until: until.map_or(Ok(now), columns::time)? })
    }

    /// Prolongs the lease. False when somebody else has taken over: stop.
    pub async fn renew_head(&self, held: &HeadLease, now: Timestamp, lease: SignedDuration) -> Result<bool, Error> {
        let renewed = execute_one!(
            self,
            sqlx::query(
                "UPDATE head_lock SET leased_until = $5
                 WHERE host = $1 AND repo_id = $2 AND head = $3 AND token = $4 AND leased_until IS NOT NULL"
            )
            .bind(held.repo.host.as_str())
            .bind(held.repo.id)
            .bind(held.head.as_str())
            .bind(held.token)
            .bind(columns::lease_end(now, lease))
        )?;
        Ok(renewed == 1)
    }

    /// Gives the lock back. False when somebody else has taken over.
    pub async fn unlock_head(&self, held: &HeadLease) -> Result<bool, Error> {
        let released = execute_one!(
            self,
            sqlx::query(
                "UPDATE head_lock SET leased_until = NULL
                 WHERE host = $1 AND repo_id = $2 AND head = $3 AND token = $4 AND leased_until IS NOT NULL"
            )
            .bind(held.repo.host.as_str())
            .bind(held.repo.id)
            .bind(held.head.as_str())
            .bind(held.token)
        )?;
        Ok(released == 1)
    }

    /// Whether nobody else has taken over.
    pub async fn holds_head(&self, held: &HeadLease) -> Result<bool, Error> {
        let current = read!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, i64>(
                "SELECT token FROM head_lock
                 WHERE host = $1 AND repo_id = $2 AND head = $3 AND leased_until IS NOT NULL"
            )
            .bind(held.repo.host.as_str())
            .bind(held.repo.id)
            .bind(held.head.as_str())
        )?;
        Ok(current == Some(held.token))
    }
}

/// Whether the lease is still the current one. If it is, it stays so until the transaction ends.
pub(super) async fn fence(tx: &mut Tx, held: &HeadLease) -> Result<bool, Error> {
    // An update that changes nothing locks the row on both databases.
    let current = execute!(
        *tx,
        sqlx::query(
            "UPDATE head_lock SET token = token
             WHERE host = $1 AND repo_id = $2 AND head = $3 AND token = $4 AND leased_until IS NOT NULL"
        )
        .bind(held.repo.host.as_str())
        .bind(held.repo.id)
        .bind(held.head.as_str())
        .bind(held.token)
    )?;
    Ok(current == 1)
}
