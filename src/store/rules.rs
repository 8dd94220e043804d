//! What the rules of governed branches said when they were last read: whoever takes our check out of them is found out
//! even if no server was running at that moment.

use jiff::Timestamp;
use sqlx::FromRow;

use super::backend::Tx;
use super::error::Error;
use super::findings::{self, Found};
use super::witnessed::{RepositoryRow, SELECT_REPOSITORY};
use super::{Store, columns, ms};
use crate::gate::finding::{Finding, Kind, Required};
use crate::gate::ids::{AccountId, Host, RepoId};
use crate::gate::witnessed::{MovedRules, SeenRepository};

/// A branch whose rules are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRules {
    /// The repository.
    pub repository: SeenRepository,
    /// The branch.
    pub branch: String,
    /// When its rules last moved, as far as deliveries told.
    pub moved_at: Option<Timestamp>,
}

/// What is known of a branch's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRules {
    /// What they said when they were last read; `None` when they never were.
    pub required: Option<Required>,
    /// Who moved them since then, as far as deliveries told.
    pub moved_by: Option<AccountId>,
}

/// A branch's rules, read.
#[derive(Debug, Clone)]
pub struct ReadRules<'a> {
    /// The repository.
    pub repo: &'a RepoId,
    /// The branch.
    pub branch: &'a str,
    /// What they say.
    pub required: Required,
    /// When the read began.
    pub read_at: Timestamp,
    /// When to read them again at the latest.
    pub next_read_at: Timestamp,
    /// What was found in them.
    pub found: Option<Finding>,
    /// What is not to be found in them any more.
    pub mended: &'a [Kind],
}

#[derive(Debug, FromRow)]
struct DueRow {
    host: String,
    repo_id: i64,
    branch: String,
    moved_at: Option<i64>,
}

impl Store {
    /// Takes a branch whose rules are to be read now. Nobody else gets it before `not_before`.
    pub async fn claim_rules(&self, now: Timestamp, not_before: Timestamp) -> Result<Option<DueRules>, Error> {
        const DUE: &str = "SELECT b.host, b.repo_id, b.branch FROM branch_rules b
             JOIN repository r ON r.host = b.host AND r.repo_id = b.repo_id
             WHERE b.next_read_at <= $1 ORDER BY b.next_read_at, b.host, b.repo_id, b.branch LIMIT 1";
        // Nearly always nothing is due, and that is found out without writing.
        let due = read!(self, fetch_optional, sqlx::query_as::<_, (String, i64, String)>(DUE).bind(ms(now)))?;
        let Some((host, repo_id, branch)) = due else { return Ok(None) };
        let mut tx = self.backend.write_tx().await?;
        let row = within!(
            tx,
            fetch_optional,
            sqlx::query_as::<_, DueRow>(
                "UPDATE branch_rules SET next_read_at = $5
                 WHERE host = $1 AND repo_id = $2 AND branch = $3 AND next_read_at <= $4
                 RETURNING host, repo_id, branch, moved_at"
            )
            .bind(host)
            .bind(repo_id)
            .bind(branch)
            .bind(ms(now))
            .bind(ms(not_before))
        )?;
        let Some(row) = row else { return Ok(None) };
        let repo = RepoId::new(columns::host(&row.host)?, row.repo_id);
        let seen = within!(
            tx,
            fetch_optional,
            sqlx::query_as::<_, RepositoryRow>(SELECT_REPOSITORY).bind(repo.host.as_str()).bind(repo.id)
        )?;
        tx.commit().await?;
        let moved_at = row.moved_at.map(columns::time).transpose()?;
        Ok(seen.map(|seen| DueRules { repository: seen.into_seen(&repo), branch: row.branch, moved_at }))
    }

    /// Has the rules of the default branches of an installation's repositories read, unless they were before.
    pub async fn owe_rules(&self, host: &Host, installation: i64, now: Timestamp) -> Result<(), Error> {
        execute_one!(
            self,
            sqlx::query(
                "INSERT INTO branch_rules (host, repo_id, branch, next_read_at)
                 SELECT host, repo_id, default_branch, $3 FROM repository
                 WHERE host = $1 AND installation = $2 AND default_branch IS NOT NULL ON CONFLICT DO NOTHING"
            )
            .bind(host.as_str())
            .bind(installation)
            .bind(ms(now))
        )?;
        Ok(())
    }

    /// Puts the reading of a branch's rules off.
    pub async fn put_off_rules(&self, repo: &RepoId, branch: &str, at: Timestamp) -> Result<(), Error> {
        execute_one!(
            self,
            sqlx::query(
                "UPDATE branch_rules SET next_read_at = $4 WHERE host = $1 AND repo_id = $2 AND branch = $3
                   AND next_read_at <= $4"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(branch)
            .bind(ms(at))
        )?;
        Ok(())
    }

    /// What is known of a branch's rules; `None` when they were never asked for.
    pub async fn known_rules(&self, repo: &RepoId, branch: &str) -> Result<Option<KnownRules>, Error> {
        let row = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, (Option<String>, Option<i64>)>(
                "SELECT required, moved_by FROM branch_rules WHERE host = $1 AND repo_id = $2 AND branch = $3"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(branch)
        )?;
        let known = |(required, moved_by): (Option<String>, Option<i64>)| {
            Ok(KnownRules {
                required: required.map(|word| columns::variant(&word)).transpose()?,
                moved_by: moved_by.map(|id| AccountId::new(repo.host.clone(), id)),
            })
        };
        row.map(known).transpose()
    }

    /// Keeps what a branch's rules say, and what follows from it, in one transaction. A read that began before the one on
    /// record changes nothing. They stay due if they moved since this read began.
    pub async fn note_rules(&self, read: &ReadRules<'_>) -> Result<Option<Found>, Error> {
        let mut tx = self.backend.write_tx().await?;
        let noted = execute!(
            tx,
            sqlx::query(
                "INSERT INTO branch_rules (host, repo_id, branch, required, read_at, next_read_at)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (host, repo_id, branch) DO UPDATE SET
                     required = excluded.required, read_at = excluded.read_at,
                     next_read_at = CASE WHEN branch_rules.moved_at > excluded.read_at
                                    THEN branch_rules.moved_at ELSE excluded.next_read_at END,
                     moved_by = CASE WHEN branch_rules.moved_at > excluded.read_at THEN branch_rules.moved_by END
                 WHERE branch_rules.read_at IS NULL OR branch_rules.read_at <= excluded.read_at"
            )
            .bind(read.repo.host.as_str())
            .bind(read.repo.id)
            .bind(read.branch)
            .bind(columns::word(&read.required)?)
            .bind(ms(read.read_at))
            .bind(ms(read.next_read_at))
        )?;
        if noted == 0 {
            return Ok(None);
        }
        for kind in read.mended {
            findings::mend(&mut tx, read.repo, read.branch, *kind, ms(read.read_at)).await?;
        }
        let found = match &read.found {
            Some(finding) => Some(findings::record(&mut tx, finding).await?),
            None => None,
        };
        tx.commit().await?;
        Ok(found)
    }
}

/// The rules of these repositories' branches are to be read again: those that were read before, and the default ones.
pub(super) async fn moved(tx: &mut Tx, moved: &MovedRules, now_ms: i64) -> Result<(), Error> {
    const OF_ONE: [&str; 2] = [
        "INSERT INTO branch_rules (host, repo_id, branch, next_read_at)
         SELECT host, repo_id, default_branch, $3 FROM repository
         WHERE host = $1 AND repo_id = $2 AND default_branch IS NOT NULL ON CONFLICT DO NOTHING",
        "UPDATE branch_rules SET next_read_at = $3, moved_at = $3, moved_by = $4 WHERE host = $1 AND repo_id = $2",
    ];
    const OF_OWNER: [&str; 2] = [
        "INSERT INTO branch_rules (host, repo_id, branch, next_read_at)
         SELECT host, repo_id, default_branch, $3 FROM repository
         WHERE host = $1 AND owner_id = $2 AND default_branch IS NOT NULL ON CONFLICT DO NOTHING",
        "UPDATE branch_rules SET next_read_at = $3, moved_at = $3, moved_by = $4
         WHERE host = $1 AND repo_id IN (SELECT repo_id FROM repository WHERE host = $1 AND owner_id = $2)",
    ];
    let ([insert, update], host, id) = match &moved.repo {
        Some(repo) => (OF_ONE, &repo.host, repo.id),
        None => (OF_OWNER, &moved.owner.host, moved.owner.id),
    };
    execute!(*tx, sqlx::query(insert).bind(host.as_str()).bind(id).bind(now_ms))?;
    let by = moved.by.as_ref().map(|by| by.id);
    execute!(*tx, sqlx::query(update).bind(host.as_str()).bind(id).bind(now_ms).bind(by))?;
    Ok(())
}
