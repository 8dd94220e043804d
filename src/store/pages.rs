//! What the pages of changes are made from. Personal data, beside the decisions and never in them.

use jiff::{SignedDuration, Timestamp};
use sqlx::FromRow;

use super::backend::Tx;
use super::error::Error;
use super::witnessed::{self, KnownChange};
use super::{Store, columns, ms};
use crate::gate::ids::{ChangeKey, CommitSha, Host, OwnerId, RepoId};
use crate::gate::link::LinkKey;
use crate::gate::page::{About, Grouped, Judged};

/// The purpose of the key that signs links to pages.
const LINKS: &str = "page links";

/// For how long after a change was closed its page is kept, and its signed link opens it.
pub const PAGES_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many decisions a page lists.
const LISTED: u32 = 100;

/// What a decision adds to the page of its change.
#[derive(Debug, Clone, PartialEq)]
pub struct PageUpdate {
    /// What the change is called. Of a change that could not be read, it is kept only if nothing better is on record.
    pub about: About,
    /// The verdict. That of a merge group about a member is kept only if there is none of the member itself.
    pub judged: Judged,
    /// The verdict of a merge group.
    pub grouped: Option<Grouped>,
    /// When the change was closed.
    pub closed_at: Option<Timestamp>,
}

/// A repository, as pages know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRepository {
    /// Its key.
    pub repo: RepoId,
    /// Its owner's key.
    pub owner: OwnerId,
    /// `owner/name`.
    pub name: String,
    /// Whether everybody may see it. False while nobody said so.
    pub is_public: bool,
}

/// What the page of a change is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPage {
    /// What the change is called.
    pub about: About,
    /// The verdict.
    pub judged: Judged,
    /// What its last merge group said of it.
    pub grouped: Option<Grouped>,
    /// When the change was closed; `None` while it is open.
    pub closed_at: Option<Timestamp>,
    /// Since when it is to be judged again.
    pub dirty_since: Option<Timestamp>,
    /// The newest decisions, newest first.
    pub decisions: Vec<PastDecision>,
    /// How many there are.
    pub decision_count: u64,
}

/// A decision as the timeline of a page shows it: without its record, which may be large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastDecision {
    /// When it was made.
    pub decided_at: Timestamp,
    /// The head that was judged.
    pub head: CommitSha,
    /// `pass`, `waiting`, `held` or `error`.
    pub outcome: String,
    /// The level of assistance that was found.
    pub level: String,
    /// Digests of the change, the policy, the directory, and the catalogue of tools.
    pub rests_on: [String; 4],
    /// Whether the change was read.
    pub was_read: bool,
    /// Whether it is the decision of a merge group about one of its members.
    pub is_group: bool,
}

#[derive(Debug, FromRow)]
struct PastRow {
    decided_at: i64,
    head: String,
    outcome: String,
    level: String,
    facts_digest: String,
    policy_digest: String,
    roster_digest: String,
    catalogue_digest: String,
    was_read: bool,
    is_group: bool,
}

impl PastRow {
    fn into_past(self) -> Result<PastDecision, Error> {
        Ok(PastDecision {
            decided_at: columns::time(self.decided_at)?,
            head: columns::sha(&self.head)?,
            outcome: self.outcome,
            level: self.level,
            rests_on: [self.facts_digest, self.policy_digest, self.roster_digest, self.catalogue_digest],
            was_read: self.was_read,
            is_group: self.is_group,
        })
    }
}

#[derive(Debug, FromRow)]
struct PageRow {
    about: String,
    judged: String,
    grouped: Option<String>,
    closed_at: Option<i64>,
}

impl Store {
    /// The page of a change; `None` of one that was never judged.
    pub async fn page(&self, change: &ChangeKey) -> Result<Option<StoredPage>, Error> {
        let row = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, PageRow>(
                "SELECT about, judged, grouped, closed_at FROM change_page
                 WHERE host = $1 AND repo_id = $2 AND number = $3"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        let Some(row) = row else { return Ok(None) };
        let dirty_since = read!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, i64>(
                "SELECT first_dirtied_at FROM dirty_change
                 WHERE host = $1 AND repo_id = $2 AND number = $3 AND is_dirty"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        let count = read!(
            self,
            fetch_one,
            sqlx::query_scalar::<_, i64>(
                "SELECT COUNT(*) FROM decision WHERE host = $1 AND repo_id = $2 AND number = $3"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        Ok(Some(StoredPage {
            about: columns::from_json(&row.about)?,
            judged: columns::from_json(&row.judged)?,
            grouped: row.grouped.as_deref().map(columns::from_json).transpose()?,
            closed_at: row.closed_at.map(columns::time).transpose()?,
            dirty_since: dirty_since.map(columns::time).transpose()?,
            decisions: self.past(change).await?,
            decision_count: count.unsigned_abs(),
        }))
    }

    async fn past(&self, change: &ChangeKey) -> Result<Vec<PastDecision>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, PastRow>(
                "SELECT decided_at, head, outcome, level, facts_digest, policy_digest, roster_digest, catalogue_digest,
                        was_read, is_group
                 FROM decision WHERE host = $1 AND repo_id = $2 AND number = $3 ORDER BY id DESC LIMIT $4"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
            .bind(i64::from(LISTED))
        )?;
        rows.into_iter().map(PastRow::into_past).collect()
    }

    /// A repository by its number.
    pub async fn page_repository(&self, repo: &RepoId) -> Result<Option<PageRepository>, Error> {
        let row = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, (i64, i64, String, Option<bool>)>(
                "SELECT repo_id, owner_id, name, is_public FROM repository WHERE host = $1 AND repo_id = $2"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
        )?;
        Ok(row.map(|row| repository(&repo.host, row)))
    }

    /// The repository that was last seen under this name, `owner/name` in any case.
    pub async fn page_repository_named(&self, host: &Host, name: &str) -> Result<Option<PageRepository>, Error> {
        let row = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, (i64, i64, String, Option<bool>)>(
                "SELECT repo_id, owner_id, name, is_public FROM repository
                 WHERE host = $1 AND LOWER(name) = LOWER($2) ORDER BY seen_at DESC, repo_id DESC LIMIT 1"
            )
            .bind(host.as_str())
            // PostgreSQL takes no NUL in a text, and no name holds one.
            .bind(name.replace('\0', ""))
        )?;
        Ok(row.map(|row| repository(host, row)))
    }

    /// Keeps whether everybody may see a repository, as a read that began at `at` found it. A delivery that came since and
    /// says that it is private is believed rather.
    pub async fn note_visibility(&self, repo: &RepoId, is_public: bool, at: Timestamp) -> Result<(), Error> {
        execute_one!(
            self,
            sqlx::query(
                "UPDATE repository SET is_public = $3, visibility_at = $4
                 WHERE host = $1 AND repo_id = $2
                   AND (visibility_at IS NULL OR visibility_at < $4 OR (visibility_at = $4 AND NOT $3))"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(is_public)
            .bind(ms(at))
        )?;
        Ok(())
    }

    /// Keeps what a fresh read found of a change that is not judged, for its page as well if it has one.
    pub async fn note_shown(
        &self,
        known: &KnownChange,
        about: &About,
        closed_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        let mut tx = self.backend.write_tx().await?;
        witnessed::note(&mut tx, known).await?;
        execute!(
            tx,
            sqlx::query(
                "UPDATE change_page SET about = $4, closed_at = $5 WHERE host = $1 AND repo_id = $2 AND number = $3"
            )
            .bind(known.key.repo.host.as_str())
            .bind(known.key.repo.id)
            .bind(known.key.number)
            .bind(columns::to_json(about)?)
            .bind(closed_at.map(ms))
        )?;
        tx.commit().await
    }

    /// Deletes the page of a change. Decisions stay; the next one makes a page again.
    pub async fn forget_page(&self, change: &ChangeKey) -> Result<(), Error> {
        execute_one!(
            self,
            sqlx::query("DELETE FROM change_page WHERE host = $1 AND repo_id = $2 AND number = $3")
                .bind(change.repo.host.as_str())
                .bind(change.repo.id)
                .bind(change.number)
        )?;
        Ok(())
    }

    /// Deletes the pages of changes that were closed before this, and gives their number. Decisions stay.
    pub async fn sweep_pages(&self, before: Timestamp) -> Result<u64, Error> {
        Ok(execute_one!(self, sqlx::query("DELETE FROM change_page WHERE closed_at < $1").bind(ms(before)))?)
    }

    /// The key that signs links to pages: `fresh`, unless there is one already. All replicas get the same.
    pub async fn link_key(&self, fresh: [u8; LinkKey::BYTES]) -> Result<LinkKey, Error> {
        let fresh = columns::to_hex(&fresh);
        let kept = write_one!(
            self,
            fetch_one,
            sqlx::query_scalar::<_, String>(
                "INSERT INTO shared_key (purpose, key) VALUES ($1, $2)
                 ON CONFLICT (purpose) DO UPDATE SET key = shared_key.key RETURNING key"
            )
            .bind(LINKS)
            .bind(fresh)
        )?;
        as_key(&kept)
    }

    /// The key that signs links to pages, if there is one yet.
    pub async fn known_link_key(&self) -> Result<Option<LinkKey>, Error> {
        let kept = read!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, String>("SELECT key FROM shared_key WHERE purpose = $1").bind(LINKS)
        )?;
        kept.as_deref().map(as_key).transpose()
    }
}

/// The key itself must not be in an error, which is logged.
fn as_key(kept: &str) -> Result<LinkKey, Error> {
    columns::from_hex(kept).map(LinkKey::new).ok_or_else(|| Error::broken("the key that signs links is not one"))
}

fn repository(host: &Host, (id, owner, name, is_public): (i64, i64, String, Option<bool>)) -> PageRepository {
    PageRepository {
        repo: RepoId::new(host.clone(), id),
        owner: OwnerId::new(host.clone(), owner),
        name,
        is_public: is_public == Some(true),
    }
}

/// Keeps what a decision adds to a page.
pub(super) async fn update(tx: &mut Tx, change: &ChangeKey, page: &PageUpdate) -> Result<(), Error> {
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO change_page (host, repo_id, number, about, judged, grouped, closed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (host, repo_id, number) DO UPDATE SET
                 about = CASE WHEN $8 THEN excluded.about ELSE change_page.about END,
                 closed_at = CASE WHEN $8 THEN excluded.closed_at ELSE change_page.closed_at END,
                 judged = CASE WHEN excluded.grouped IS NULL THEN excluded.judged ELSE change_page.judged END,
                 grouped = COALESCE(excluded.grouped, change_page.grouped)"
        )
        .bind(change.repo.host.as_str())
        .bind(change.repo.id)
        .bind(change.number)
        .bind(columns::to_json(&page.about)?)
        .bind(columns::to_json(&page.judged)?)
        .bind(page.grouped.as_ref().map(columns::to_json).transpose()?)
        .bind(page.closed_at.map(ms))
        .bind(page.about.read.is_some())
    )?;
    Ok(())
}

/// Closes the pages of a repository that is not looked at any more: their links end in time.
pub(super) async fn close(tx: &mut Tx, repo: &RepoId, now: Timestamp) -> Result<(), Error> {
    execute!(
        *tx,
        sqlx::query("UPDATE change_page SET closed_at = COALESCE(closed_at, $3) WHERE host = $1 AND repo_id = $2")
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(ms(now))
    )?;
    Ok(())
}

/// Deletes the pages of a repository that was deleted.
pub(super) async fn delete(tx: &mut Tx, repo: &RepoId) -> Result<(), Error> {
    execute!(
        *tx,
        sqlx::query("DELETE FROM change_page WHERE host = $1 AND repo_id = $2").bind(repo.host.as_str()).bind(repo.id)
    )?;
    Ok(())
}
