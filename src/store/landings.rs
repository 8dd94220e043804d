//! Pushes to branches that require our check: each is accounted for by a merged change, or somebody went around the gate.
//!
//! A push and the merge that it belongs to are told by two deliveries, in any order, so that a push waits for a while.

use jiff::{SignedDuration, Timestamp};
use sqlx::FromRow;

use super::backend::Tx;
use super::error::Error;
use super::witnessed::{RepositoryRow, SELECT_REPOSITORY};
use super::{Store, columns, ms};
use crate::gate::ids::{AccountId, CommitSha, RepoId};
use crate::gate::witnessed::{SeenPush, SeenRepository};

/// How long a push waits for the merge that it belongs to.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// A push that no merge accounts for so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueLanding {
    /// The repository.
    pub repository: SeenRepository,
    /// The branch.
    pub branch: String,
    /// Its tip after the push.
    pub after: CommitSha,
    /// Who pushed.
    pub pusher: Option<AccountId>,
    /// When we were told.
    pub landed_at: Timestamp,
}

#[derive(Debug, FromRow)]
struct LandingRow {
    host: String,
    repo_id: i64,
    branch: String,
    after: String,
    account_id: Option<i64>,
    landed_at: i64,
}

impl Store {
    /// Takes a push that has waited long enough. Nobody else gets it before `not_before`.
    pub async fn claim_landing(&self, now: Timestamp, not_before: Timestamp) -> Result<Option<DueLanding>, Error> {
        let due = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, LandingRow>(
                "SELECT host, repo_id, branch, after, account_id, landed_at FROM landing
                 WHERE NOT is_explained AND look_at <= $1 ORDER BY look_at LIMIT 1"
            )
            .bind(ms(now))
        )?;
        let Some(row) = due else { return Ok(None) };
        let claimed = execute_one!(
            self,
            sqlx::query(
                "UPDATE landing SET look_at = $6
                 WHERE host = $1 AND repo_id = $2 AND branch = $3 AND after = $4 AND look_at <= $5 AND NOT is_explained"
            )
            .bind(&row.host)
            .bind(row.repo_id)
            .bind(&row.branch)
            .bind(&row.after)
            .bind(ms(now))
            .bind(ms(not_before))
        )?;
        let repo = RepoId::new(columns::host(&row.host)?, row.repo_id);
        let seen = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, RepositoryRow>(SELECT_REPOSITORY).bind(repo.host.as_str()).bind(repo.id)
        )?;
        let Some(seen) = seen.filter(|_| claimed == 1) else { return Ok(None) };
        Ok(Some(DueLanding {
            repository: seen.into_seen(&repo),
            branch: row.branch,
            after: columns::sha(&row.after)?,
            pusher: row.account_id.map(|id| AccountId::new(repo.host.clone(), id)),
            landed_at: columns::time(row.landed_at)?,
        }))
    }

    /// Notes that a merged change accounts for a tip of a branch, or that what is to be said of it was said; whether or
    /// not the push was told of yet.
    pub async fn explain_landing(
        &self,
        repo: &RepoId,
        branch: &str,
        after: &CommitSha,
        now: Timestamp,
    ) -> Result<(), Error> {
        execute_one!(
            self,
            sqlx::query(
                "INSERT INTO landing (host, repo_id, branch, after, landed_at, look_at, is_explained)
                 VALUES ($1, $2, $3, $4, $5, $5, TRUE)
                 ON CONFLICT (host, repo_id, branch, after) DO UPDATE SET is_explained = TRUE, account_id = NULL"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(branch)
            .bind(after.as_str())
            .bind(ms(now))
        )?;
        Ok(())
    }

    /// Looks at a push later.
    pub async fn put_off_landing(&self, due: &DueLanding, at: Timestamp) -> Result<(), Error> {
        execute_one!(
            self,
            sqlx::query(
                "UPDATE landing SET look_at = $5 WHERE host = $1 AND repo_id = $2 AND branch = $3 AND after = $4"
            )
            .bind(due.repository.repo.host.as_str())
            .bind(due.repository.repo.id)
            .bind(&due.branch)
            .bind(due.after.as_str())
            .bind(ms(at))
        )?;
        Ok(())
    }
}

/// Keeps a push to a branch that is known to require our check. One that makes the branch brings nothing into it.
pub(super) async fn landed(tx: &mut Tx, push: &SeenPush, now_ms: i64) -> Result<(), Error> {
    let (Some(_), Some(after)) = (&push.before, &push.after) else { return Ok(()) };
    let patience = i64::try_from(PATIENCE.as_millis()).unwrap_or(i64::MAX);
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO landing (host, repo_id, branch, after, account_id, landed_at, look_at, is_explained)
             SELECT host, repo_id, branch, $4, $5, $6, $7, FALSE FROM branch_rules
             WHERE host = $1 AND repo_id = $2 AND branch = $3 AND required IN ('unpinned', 'pinned')
             ON CONFLICT (host, repo_id, branch, after) DO NOTHING"
        )
        .bind(push.repo.host.as_str())
        .bind(push.repo.id)
        .bind(&push.branch)
        .bind(after.as_str())
        .bind(push.pusher.account.id)
        .bind(now_ms)
        .bind(now_ms.saturating_add(patience))
    )?;
    Ok(())
}
