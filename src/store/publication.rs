//! What we published, and what we were about to: a write whose answer never came is then known to be uncertain.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::error::Error;
use super::heads::{self, HeadLease};
use super::{Store, columns, ms};
use crate::gate::explain;
use crate::gate::ids::{CommitSha, RepoId};
use crate::gate::plan::Conclusion;

/// A check as we last published it, or meant to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The forge's number for the check run; `None` while its creation has not been confirmed.
    pub check_run_id: Option<i64>,
    /// The digest of the whole check.
    pub digest: String,
    /// Its conclusion.
    pub conclusion: Conclusion,
    /// Whether the forge confirmed it.
    pub state: PublicationState,
    /// Since when it is in this state.
    pub at: Timestamp,
}

/// How certain it is that a check stands on the forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicationState {
    /// The request was about to be sent. It may have taken effect, or may yet.
    Intended,
    /// The forge confirmed it.
    Standing,
}

#[derive(Debug, FromRow)]
struct PublicationRow {
    check_run_id: Option<i64>,
    digest: String,
    conclusion: String,
    state: String,
    at: i64,
}

impl Store {
    /// What was published under this name on a head commit.
    pub async fn publication(&self, repo: &RepoId, head: &CommitSha, name: &str) -> Result<Option<Publication>, Error> {
        let row = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, PublicationRow>(
                "SELECT check_run_id, digest, conclusion, state, at FROM publication
                 WHERE host = $1 AND repo_id = $2 AND head = $3 AND name = $4"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(head.as_str())
            .bind(name)
        )?;
        let publication = |row: PublicationRow| {
            Ok(Publication {
                check_run_id: row.check_run_id,
                digest: row.digest,
                conclusion: columns::variant(&row.conclusion)?,
                state: columns::variant(&row.state)?,
                at: columns::time(row.at)?,
            })
        };
        row.map(publication).transpose()
    }

    /// Whether a success was published under this name on a head commit around this time: from `at` minus `give` to `at`
    /// plus `give`, as clocks differ. `None` when nothing ever was.
    pub async fn was_success(
        &self,
        repo: &RepoId,
        head: &CommitSha,
        name: &str,
        at: Timestamp,
        give: SignedDuration,
    ) -> Result<Option<bool>, Error> {
        let times = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, (String, Option<i64>, Option<i64>)>(
                "SELECT conclusion, success_since, success_until FROM publication
                 WHERE host = $1 AND repo_id = $2 AND head = $3 AND name = $4"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(head.as_str())
            .bind(name)
        )?;
        let Some((conclusion, since, until)) = times else { return Ok(None) };
        let is_success = columns::variant::<Conclusion>(&conclusion)? == Conclusion::Success;
        let (at, give) = (ms(at), i64::try_from(give.as_millis()).unwrap_or(i64::MAX));
        let had_begun = since.is_some_and(|since| since <= at.saturating_add(give));
        let had_not_ended = is_success || until.is_some_and(|until| until >= at.saturating_sub(give));
        Ok(Some(had_begun && had_not_ended))
    }

    /// Keeps that a check is about to be published. To be called before the request is sent.
    ///
    /// False when somebody else has taken over the head: do not publish.
    pub async fn intend(
        &self,
        lease: &HeadLease,
        name: &str,
        digest: &str,
        conclusion: Conclusion,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.backend.write_tx().await?;
        if !heads::fence(&mut tx, lease).await? {
            return Ok(false);
        }
        execute!(
            tx,
            sqlx::query(
                "INSERT INTO publication (host, repo_id, head, name, digest, conclusion, state, at, success_since)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $6 = 'success' THEN $8 END)
                 ON CONFLICT (host, repo_id, head, name) DO UPDATE SET
                     digest = excluded.digest, conclusion = excluded.conclusion,
                     state = excluded.state, at = excluded.at,
                     success_since = CASE WHEN publication.conclusion <> 'success' AND excluded.conclusion = 'success'
                                     THEN excluded.at ELSE publication.success_since END,
                     success_until = CASE WHEN publication.conclusion = 'success' AND excluded.conclusion <> 'success'
                                     THEN excluded.at ELSE publication.success_until END"
            )
            .bind(lease.repo.host.as_str())
            .bind(lease.repo.id)
            .bind(lease.head.as_str())
            .bind(name)
            .bind(digest)
            .bind(columns::word(&conclusion)?)
            .bind(columns::word(&PublicationState::Intended)?)
            .bind(ms(now))
        )?;
        tx.commit().await?;
        Ok(true)
    }

    /// Keeps that the forge confirmed a check which was intended.
    ///
    /// False, and nothing changes, when somebody else has taken over the head or means to publish something else.
    pub async fn stand(
        &self,
        lease: &HeadLease,
        name: &str,
        digest: &str,
        check_run_id: i64,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.backend.write_tx().await?;
        if !heads::fence(&mut tx, lease).await? {
            return Ok(false);
        }
        let standing = execute!(
            tx,
            sqlx::query(
                "UPDATE publication SET check_run_id = $6, state = $7, at = $8,
                     stood_since = CASE WHEN check_run_id = $6 THEN COALESCE(stood_since, $9) ELSE $9 END
                 WHERE host = $1 AND repo_id = $2 AND head = $3 AND name = $4 AND digest = $5"
            )
            .bind(lease.repo.host.as_str())
            .bind(lease.repo.id)
            .bind(lease.head.as_str())
            .bind(name)
            .bind(digest)
            .bind(check_run_id)
            .bind(columns::word(&PublicationState::Standing)?)
            .bind(ms(now))
            // Nobody waits for a preview, so that having seen one means nothing.
            .bind((!explain::is_preview(name)).then_some(ms(now)))
        )?;
        tx.commit().await?;
        Ok(standing == 1)
    }
}
