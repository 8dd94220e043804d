//! What webhooks told and what was last read: repositories, changes, their heads and who pushed them.
//!
//! Deliveries come late, twice and in any order. So heads and pushes are only ever added, and what a fresh read found
//! is overwritten by nothing but a later read.

mod sightings;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::FromRow;

use super::backend::Tx;
use super::error::Error;
use super::{Store, columns, findings, ms};
use crate::gate::change::{Actor, ChangeState, HeadBranch, Push};
use crate::gate::ids::{AccountId, ChangeKey, CommitSha, Host, Login, OwnerId, RepoId};
use crate::gate::witnessed::SeenRepository;

pub(super) use sightings::{Sightings, store_repository};

/// A change as the last fresh read found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownChange {
    /// Its key.
    pub key: ChangeKey,
    /// Whether it was open.
    pub state: ChangeState,
    /// Its head.
    pub head: CommitSha,
    /// The branch that held it.
    pub head_branch: HeadBranch,
    /// The branch it would be merged into.
    pub base_branch: String,
    /// The base of its stack, if it is part of one.
    pub stack_base: Option<String>,
    /// When that read *began*: whatever was witnessed from then on may be news to it.
    pub read_at: Timestamp,
}

/// What is to be expected of a change's base before it is read: a hint that spares a call, and decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ExpectedBase {
    /// The branch that probably governs it.
    pub branch: String,
    /// Whether a delivery ever showed it as part of a stack, so that the forge has to be asked whether it still is.
    pub was_stacked: bool,
}

#[derive(Debug, FromRow)]
pub(super) struct KnownRow {
    state: String,
    head: String,
    head_branch: String,
    head_repo: Option<String>,
    base_branch: String,
    stack_base: Option<String>,
    read_at: i64,
}

impl KnownRow {
    pub(super) fn into_known(self, key: &ChangeKey) -> Result<KnownChange, Error> {
        let repo = self.head_repo.map(|repo| repo.parse::<RepoId>()).transpose();
        Ok(KnownChange {
            key: key.clone(),
            state: columns::variant(&self.state)?,
            head: columns::sha(&self.head)?,
            head_branch: HeadBranch {
                name: self.head_branch,
                repo: repo.map_err(|error| Error::broken(error.to_string()))?,
            },
            base_branch: self.base_branch,
            stack_base: self.stack_base,
            read_at: columns::time(self.read_at)?,
        })
    }
}

#[derive(Debug, FromRow)]
pub(super) struct RepositoryRow {
    owner_id: i64,
    name: String,
    installation: i64,
    default_branch: Option<String>,
    is_public: Option<bool>,
}

impl RepositoryRow {
    pub(super) fn into_seen(self, repo: &RepoId) -> SeenRepository {
        SeenRepository {
            repo: repo.clone(),
            owner: OwnerId::new(repo.host.clone(), self.owner_id),
            name: self.name,
            installation: self.installation,
            default_branch: self.default_branch,
            is_public: self.is_public,
        }
    }
}

#[derive(Debug, FromRow)]
struct PushRow {
    head: String,
    before: Option<String>,
    account_id: i64,
    login: String,
    kind: String,
    received_at: i64,
}

impl PushRow {
    fn into_push(self, host: &Host) -> Result<Push, Error> {
        Ok(Push {
            head: columns::sha(&self.head)?,
            before: self.before.as_deref().map(columns::sha).transpose()?,
            pusher: Actor {
                account: AccountId::new(host.clone(), self.account_id),
                login: Login::from(self.login.as_str()),
                kind: columns::variant(&self.kind)?,
            },
            received_at: columns::time(self.received_at)?,
        })
    }
}

impl Store {
    /// What the last read found of a change; `None` when it was never read.
    pub async fn known_change(&self, change: &ChangeKey) -> Result<Option<KnownChange>, Error> {
        let row = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, KnownRow>(SELECT_KNOWN)
                .bind(change.repo.host.as_str())
                .bind(change.repo.id)
                .bind(change.number)
        )?;
        row.map(|row| row.into_known(change)).transpose()
    }

    /// What is to be expected of a change's base before it is read; `None` for a change that nothing is known of.
    pub async fn expected_base(&self, change: &ChangeKey) -> Result<Option<ExpectedBase>, Error> {
        let row = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, ExpectedBase>(
                "SELECT COALESCE(stack_base, base_branch) AS branch, was_stacked FROM known_change
                 WHERE host = $1 AND repo_id = $2 AND number = $3"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        Ok(row)
    }

    /// Every owner of a repository on record.
    pub async fn owners(&self) -> Result<Vec<OwnerId>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, (String, i64)>(
                "SELECT DISTINCT host, owner_id FROM repository ORDER BY host, owner_id"
            )
        )?;
        rows.into_iter().map(|(host, id)| Ok(OwnerId::new(columns::host(&host)?, id))).collect()
    }

    /// Every installation through which a repository on record is reached.
    pub async fn installations(&self, host: &Host) -> Result<BTreeSet<i64>, Error> {
        let installations = read!(
            self,
            fetch_all,
            sqlx::query_scalar::<_, i64>("SELECT DISTINCT installation FROM repository WHERE host = $1")
                .bind(host.as_str())
        )?;
        Ok(installations.into_iter().collect())
    }

    /// Keeps what a fresh read found. A read that began earlier than the one on record changes nothing.
    pub async fn note_change(&self, known: &KnownChange) -> Result<(), Error> {
        let mut tx = self.backend.write_tx().await?;
        note(&mut tx, known).await?;
        tx.commit().await
    }

    /// The repository as the newest delivery named it.
    pub async fn repository(&self, repo: &RepoId) -> Result<Option<SeenRepository>, Error> {
        let row = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, RepositoryRow>(SELECT_REPOSITORY).bind(repo.host.as_str()).bind(repo.id)
        )?;
        Ok(row.map(|row| row.into_seen(repo)))
    }

    /// Keeps the name under which a fresh read found a repository. A delivery may name it anew at any time.
    pub async fn rename_repository(&self, repo: &RepoId, name: &str) -> Result<(), Error> {
        execute_one!(
            self,
            sqlx::query("UPDATE repository SET name = $3 WHERE host = $1 AND repo_id = $2")
                .bind(repo.host.as_str())
                .bind(repo.id)
                .bind(name)
        )?;
        Ok(())
    }

    /// Since when the repository is reached under its present name; `None` when no delivery named it.
    pub async fn reached_since(&self, repo: &RepoId) -> Result<Option<Timestamp>, Error> {
        let seen_at = read!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, i64>("SELECT seen_at FROM repository WHERE host = $1 AND repo_id = $2")
                .bind(repo.host.as_str())
                .bind(repo.id)
        )?;
        seen_at.map(columns::time).transpose()
    }

    /// Every head that the change ever had, in the order in which we learned of them.
    pub async fn heads(&self, change: &ChangeKey) -> Result<Vec<CommitSha>, Error> {
        let heads = read!(
            self,
            fetch_all,
            sqlx::query_scalar::<_, String>(
                "SELECT head FROM change_head WHERE host = $1 AND repo_id = $2 AND number = $3
                 ORDER BY first_seen_at, last_seen_at, head"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        heads.iter().map(|head| columns::sha(head)).collect()
    }

    /// The head before each head of the change, where a delivery named it.
    pub async fn previous_heads(&self, change: &ChangeKey) -> Result<BTreeMap<CommitSha, CommitSha>, Error> {
        let heads = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, (String, String)>(
                "SELECT head, before FROM change_head
                 WHERE host = $1 AND repo_id = $2 AND number = $3 AND before IS NOT NULL"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        heads.iter().map(|(head, before)| Ok((columns::sha(head)?, columns::sha(before)?))).collect()
    }

    /// Every witnessed push of any head of the change, oldest first.
    ///
    /// A push of the same commit to the change's repository, or to the fork that holds its branch, counts, whichever
    /// change or branch it was witnessed for.
    pub async fn pushes(&self, change: &ChangeKey) -> Result<Vec<Push>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, PushRow>(
                "SELECT DISTINCT p.head, p.before, p.account_id, p.login, p.kind, p.received_at
                 FROM change_head h
                 LEFT JOIN known_change k ON k.host = h.host AND k.repo_id = h.repo_id AND k.number = h.number
                 JOIN push p ON p.host = h.host AND p.head = h.head
                 WHERE h.host = $1 AND h.repo_id = $2 AND h.number = $3
                   AND (p.repo_id = h.repo_id OR p.host || '/' || p.repo_id = k.head_repo)
                 ORDER BY p.received_at, p.head, p.account_id"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        rows.into_iter().map(|row| row.into_push(&change.repo.host)).collect()
    }

    /// Every witnessed push to the repository itself whose tip was one of these commits, to whatever branch: whoever
    /// pushed what a change merged in had a hand in the change.
    pub async fn pushes_of(&self, repo: &RepoId, commits: &[CommitSha]) -> Result<Vec<Push>, Error> {
        let commits = columns::to_json(&commits)?;
        let (sqlite, postgres) = listed!(
            "SELECT head, before, account_id, login, kind, received_at FROM push
             WHERE host = $1 AND repo_id = $2 AND head"
        );
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, PushRow>(self.backend.choose(sqlite, postgres))
                .bind(repo.host.as_str())
                .bind(repo.id)
                .bind(commits.as_str())
        )?;
        rows.into_iter().map(|row| row.into_push(&repo.host)).collect()
    }

    /// Heads that the change once had and that no decision was ever made on, in the order in which we learned of them.
    pub async fn unjudged_heads(&self, change: &ChangeKey) -> Result<Vec<CommitSha>, Error> {
        let heads = read!(
            self,
            fetch_all,
            sqlx::query_scalar::<_, String>(
                "SELECT h.head FROM change_head h
                 WHERE h.host = $1 AND h.repo_id = $2 AND h.number = $3 AND NOT EXISTS (
                     SELECT 1 FROM decision d
                     WHERE d.host = h.host AND d.repo_id = h.repo_id AND d.number = h.number AND d.head = h.head
                       AND d.was_read)
                 ORDER BY h.first_seen_at, h.last_seen_at, h.head"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        heads.iter().map(|head| columns::sha(head)).collect()
    }

    /// Open changes that have this head, or may have: it was their head at the last read, or was witnessed as such
    /// since that read began.
    pub async fn open_changes_on_head(&self, repo: &RepoId, head: &CommitSha) -> Result<Vec<ChangeKey>, Error> {
        let numbers = read!(
            self,
            fetch_all,
            sqlx::query_scalar::<_, i64>(
                "SELECT k.number
                 FROM change_head h
                 JOIN known_change k ON k.host = h.host AND k.repo_id = h.repo_id AND k.number = h.number
                 WHERE h.host = $1 AND h.repo_id = $2 AND h.head = $3 AND k.state = 'open'
                   AND (k.head = h.head OR k.read_at IS NULL OR h.last_seen_at >= k.read_at)
                 ORDER BY k.number"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(head.as_str())
        )?;
        Ok(numbers.into_iter().map(|number| ChangeKey { repo: repo.clone(), number }).collect())
    }

    /// The installation through which the owner's repositories are reached, as last seen.
    pub async fn installation(&self, owner: &OwnerId) -> Result<Option<i64>, Error> {
        Ok(read!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, i64>(
                "SELECT installation FROM repository WHERE host = $1 AND owner_id = $2
                 ORDER BY seen_at DESC, repo_id LIMIT 1"
            )
            .bind(owner.host.as_str())
            .bind(owner.id)
        )?)
    }
}

/// What the last read found of a change.
pub(super) const SELECT_KNOWN: &str =
    "SELECT state, head, head_branch, head_repo, base_branch, stack_base, read_at FROM known_change
     WHERE host = $1 AND repo_id = $2 AND number = $3 AND read_at IS NOT NULL";

pub(super) const SELECT_REPOSITORY: &str =
    "SELECT owner_id, name, installation, default_branch, is_public FROM repository WHERE host = $1 AND repo_id = $2";

/// Keeps what a fresh read found; its head is a head like any other.
pub(super) async fn note(tx: &mut Tx, known: &KnownChange) -> Result<(), Error> {
    let read_at = ms(known.read_at);
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO known_change
                 (host, repo_id, number, state, head, head_branch, head_repo, base_branch, stack_base, seen_at, read_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
             ON CONFLICT (host, repo_id, number) DO UPDATE SET
                 state = excluded.state, head = excluded.head, head_branch = excluded.head_branch,
                 head_repo = excluded.head_repo, base_branch = excluded.base_branch,
                 stack_base = excluded.stack_base, read_at = excluded.read_at
             WHERE known_change.read_at IS NULL OR known_change.read_at <= excluded.read_at"
        )
        .bind(known.key.repo.host.as_str())
        .bind(known.key.repo.id)
        .bind(known.key.number)
        .bind(columns::word(&known.state)?)
        .bind(known.head.as_str())
        .bind(&known.head_branch.name)
        .bind(known.head_branch.repo.as_ref().map(ToString::to_string))
        .bind(&known.base_branch)
        .bind(&known.stack_base)
        .bind(read_at)
    )?;
    let mut sightings = Sightings::default();
    sightings.head(&known.key, &known.head, read_at, read_at);
    sightings.store(tx).await?;
    findings::leave_behind(tx, &known.key, read_at).await
}
