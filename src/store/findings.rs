//! What somebody should look at. Found again, it is the same row; put right, it is resolved and stays on record.

use jiff::Timestamp;
use sqlx::FromRow;

use super::backend::Tx;
use super::error::Error;
use super::{Store, columns, ms, people};
use crate::gate::finding::{By, Finding, Kind, Place};
use crate::gate::ids::{ChangeKey, RepoId};

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It was not on record, or it was resolved.
    New,
    /// It is on record and open.
    Again,
}

/// A finding as it is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFinding {
    /// Its number.
    pub id: i64,
    /// What was found.
    pub kind: Kind,
    /// In which repository.
    pub repo: RepoId,
    /// Where in it.
    pub place: Place,
    /// Who did it: a pseudonym, or `app:NUMBER`.
    pub by: Option<String>,
    /// When it was first found.
    pub first_seen_at: Timestamp,
    /// When it was last found.
    pub last_seen_at: Timestamp,
    /// How often it was found.
    pub count: i64,
    /// Since when it is put right.
    pub resolved_at: Option<Timestamp>,
}

/// How many findings of a kind there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FindingCount {
    /// The kind.
    pub kind: Kind,
    /// How often anything of the kind was found.
    pub found: u64,
    /// How many are open.
    pub open: u64,
}

#[derive(Debug, FromRow)]
struct FindingRow {
    id: i64,
    kind: String,
    host: String,
    repo_id: i64,
    place: String,
    found_by: Option<String>,
    first_seen_at: i64,
    last_seen_at: i64,
    count: i64,
    resolved_at: Option<i64>,
}

impl FindingRow {
    fn into_recorded(self) -> Result<RecordedFinding, Error> {
        Ok(RecordedFinding {
            id: self.id,
            kind: columns::variant(&self.kind)?,
            repo: RepoId::new(columns::host(&self.host)?, self.repo_id),
            place: columns::from_json(&self.place)?,
            by: self.found_by,
            first_seen_at: columns::time(self.first_seen_at)?,
            last_seen_at: columns::time(self.last_seen_at)?,
            count: self.count,
            resolved_at: self.resolved_at.map(columns::time).transpose()?,
        })
    }
}

impl Store {
    /// Keeps a finding. The same one found again is counted, and is open again if it was resolved before.
    pub async fn record_finding(&self, finding: &Finding) -> Result<Found, Error> {
        let mut tx = self.backend.write_tx().await?;
        let found = record(&mut tx, finding).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Keeps a finding that does not pass: found again, it is not counted again, and what was resolved stays so.
    pub async fn record_finding_once(&self, finding: &Finding) -> Result<Found, Error> {
        let mut tx = self.backend.write_tx().await?;
        let by = kept_by(&mut tx, finding).await?;
        let digest = finding.digest(by.as_deref());
        let known = within!(
            tx,
            fetch_optional,
            sqlx::query_scalar::<_, i64>("SELECT id FROM finding WHERE digest = $1").bind(&digest)
        )?;
        if known.is_some() {
            return Ok(Found::Again);
        }
        let found = record(&mut tx, finding).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Notes that somebody has dealt with a finding. False when there is no open one with this number.
    pub async fn resolve_finding(&self, id: i64, now: Timestamp) -> Result<bool, Error> {
        let sql = "UPDATE finding SET resolved_at = $2 WHERE id = $1 AND resolved_at IS NULL";
        Ok(execute_one!(self, sqlx::query(sql).bind(id).bind(ms(now)))? == 1)
    }

    /// The newest findings, newest first; all, or only the open ones.
    pub async fn findings(&self, only_open: bool, limit: u32) -> Result<Vec<RecordedFinding>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, FindingRow>(
                "SELECT id, kind, host, repo_id, place, found_by, first_seen_at, last_seen_at, count, resolved_at
                 FROM finding WHERE resolved_at IS NULL OR NOT $1 ORDER BY id DESC LIMIT $2"
            )
            .bind(only_open)
            .bind(i64::from(limit))
        )?;
        rows.into_iter().map(FindingRow::into_recorded).collect()
    }

    /// How many findings there are, by kind; kinds without any are left out.
    pub async fn finding_counts(&self) -> Result<Vec<FindingCount>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, (String, i64, i64)>(
                "SELECT kind, CAST(SUM(count) AS BIGINT),
                        CAST(SUM(CASE WHEN resolved_at IS NULL THEN 1 ELSE 0 END) AS BIGINT)
                 FROM finding GROUP BY kind ORDER BY kind"
            )
        )?;
        let count = |(kind, found, open): (String, i64, i64)| {
            let kind = columns::variant(&kind)?;
            Ok(FindingCount { kind, found: found.unsigned_abs(), open: open.unsigned_abs() })
        };
        rows.into_iter().map(count).collect()
    }
}

/// The name under which the doer is kept.
async fn kept_by(tx: &mut Tx, finding: &Finding) -> Result<Option<String>, Error> {
    Ok(match &finding.by {
        Some(By::Account(account)) => Some(people::pseudonym(tx, account).await?),
        Some(By::App(app)) => Some(format!("app:{app}")),
        None => None,
    })
}

/// As [`Store::record_finding`], within a transaction.
pub(super) async fn record(tx: &mut Tx, finding: &Finding) -> Result<Found, Error> {
    let by = kept_by(tx, finding).await?;
    let digest = finding.digest(by.as_deref());
    let known = within!(
        *tx,
        fetch_optional,
        sqlx::query_scalar::<_, Option<i64>>("SELECT resolved_at FROM finding WHERE digest = $1").bind(&digest)
    )?;
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO finding (digest, kind, host, repo_id, number, commit_sha, branch, found_by, place,
                 first_seen_at, last_seen_at, count)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 1)
             ON CONFLICT (digest) DO UPDATE SET
                 count = finding.count + 1,
                 last_seen_at = CASE WHEN excluded.last_seen_at > finding.last_seen_at
                                THEN excluded.last_seen_at ELSE finding.last_seen_at END,
                 resolved_at = CASE WHEN finding.resolved_at > excluded.last_seen_at THEN finding.resolved_at END"
        )
        .bind(&digest)
        .bind(finding.kind.as_str())
        .bind(finding.repo.host.as_str())
        .bind(finding.repo.id)
        .bind(finding.place.number())
        .bind(finding.place.commit().map(|commit| commit.as_str().to_owned()))
        .bind(finding.place.branch().map(str::to_owned))
        .bind(by)
        .bind(columns::to_json(&finding.place)?)
        .bind(ms(finding.at))
    )?;
    Ok(match known {
        Some(None) => Found::Again,
        Some(Some(resolved_at)) if resolved_at > ms(finding.at) => Found::Again,
        _ => Found::New,
    })
}

/// Notes that what was found of this kind about a branch is put right.
pub(super) async fn mend(tx: &mut Tx, repo: &RepoId, branch: &str, kind: Kind, now_ms: i64) -> Result<(), Error> {
    execute!(
        *tx,
        sqlx::query(
            "UPDATE finding SET resolved_at = $5
             WHERE host = $1 AND repo_id = $2 AND branch = $3 AND kind = $4 AND resolved_at IS NULL"
        )
        .bind(repo.host.as_str())
        .bind(repo.id)
        .bind(branch)
        .bind(kind.as_str())
        .bind(now_ms)
    )?;
    Ok(())
}

/// Resolves what somebody else wrote on heads of a change that no open change has any more: it holds nothing back, and
/// lets nothing through.
pub(super) async fn leave_behind(tx: &mut Tx, change: &ChangeKey, now_ms: i64) -> Result<(), Error> {
    execute!(
        *tx,
        sqlx::query(
            "UPDATE finding SET resolved_at = $4
             WHERE host = $1 AND repo_id = $2 AND kind IN ('foreign_check', 'foreign_status') AND resolved_at IS NULL
               AND commit_sha IN (SELECT head FROM change_head WHERE host = $1 AND repo_id = $2 AND number = $3)
               AND NOT EXISTS (
                   SELECT 1 FROM known_change k
                   WHERE k.host = $1 AND k.repo_id = $2 AND k.state = 'open' AND k.head = finding.commit_sha)"
        )
        .bind(change.repo.host.as_str())
        .bind(change.repo.id)
        .bind(change.number)
        .bind(now_ms)
    )?;
    Ok(())
}
