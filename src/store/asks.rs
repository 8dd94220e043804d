//! Jobs that ask for a verdict: what they are told, and which of them were told what is no longer true.
//!
//! A pipeline that waits for our verdict asks once and keeps the answer. So every ask is kept, and whoever judges a change
//! afterwards finds the jobs that have to ask again, in both directions. A pass is told of the head that was read last only,
//! of a verdict that was said since that read, and while nothing that could change it is due.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::FromRow;

use super::backend::Tx;
use super::changes::{Haste, Marks};
use super::error::Error;
use super::heads::{self, HeadLease};
use super::witnessed::{KnownChange, KnownRow, SELECT_KNOWN};
use super::{Store, columns, ms};
use crate::gate::change::ChangeState;
use crate::gate::ids::{ChangeKey, CommitSha};
use crate::gate::witnessed::Concern;

/// A job that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The change that its pipeline is for.
    pub change: ChangeKey,
    /// The forge's number for the job.
    pub job: i64,
    /// The forge's number for its pipeline.
    pub pipeline: i64,
    /// The commit that the pipeline tests: the head, or the forge's own merge of it with the base.
    pub sha: CommitSha,
}

/// A verdict as it was said of a head: the worst over all that stands on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidVerdict {
    /// Whether it passes.
    pub passes: bool,
    /// The title of the check that says it.
    pub title: String,
    /// Where its details stand.
    pub url: Option<String>,
}

/// What a job is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The verdict on the head that its pipeline tests.
    Verdict(SaidVerdict),
    /// The change is to be judged, or was never read.
    Judging,
    /// It is not known yet whether the pipeline tests the head.
    Unchecked,
    /// The pipeline tests something else than the head, which is this.
    OtherCommit {
        /// The head.
        head: CommitSha,
    },
    /// The change is open no more.
    Closed,
    /// Nobody gave a verdict on the head: its base is not governed.
    Ungoverned,
}

impl Told {
    /// Whether the job may succeed.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Verdict(said) if said.passes)
    }

    /// Whether it is worth asking again in a moment.
    pub fn is_for_now(&self) -> bool {
        matches!(self, Self::Judging | Self::Unchecked)
    }
}

/// A job that was told what is no longer true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UntrueAsk {
    /// The job.
    pub job: i64,
    /// Its pipeline.
    pub pipeline: i64,
    /// Whether it was told that the change passes. What is true now is the opposite.
    pub passed: bool,
}

#[derive(Debug, FromRow)]
struct AskRow {
    job_id: i64,
    pipeline_id: i64,
    sha: String,
    passed: bool,
}

impl Store {
    /// Keeps what is said of a head, for those who ask. To be called after every decision about it, also if that is as ever:
    /// what was said before a change was last read is not believed.
    ///
    /// False when somebody else has taken over the head. Nothing was changed then.
    pub async fn say(&self, lease: &HeadLease, said: &SaidVerdict, now: Timestamp) -> Result<bool, Error> {
        let mut tx = self.backend.write_tx().await?;
        if !heads::fence(&mut tx, lease).await? {
            return Ok(false);
        }
        execute!(
            tx,
            sqlx::query(
                "INSERT INTO said_verdict (host, repo_id, head, passes, title, url, said_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (host, repo_id, head) DO UPDATE SET
                     passes = excluded.passes, title = excluded.title, url = excluded.url, said_at = excluded.said_at"
            )
            .bind(lease.repo.host.as_str())
            .bind(lease.repo.id)
            .bind(lease.head.as_str())
            .bind(said.passes)
            .bind(&said.title)
            .bind(&said.url)
            .bind(ms(now))
        )?;
        tx.commit().await?;
        Ok(true)
    }

    /// Answers a job, and keeps that it asked. A commit of which nobody knows yet whether it is a merge of the head makes
    /// the change due, once; nothing is kept of a repository that is not on record.
    pub async fn ask(&self, ask: &Ask, now: Timestamp) -> Result<Told, Error> {
        let mut tx = self.backend.write_tx().await?;
        let Some(known) = known(&mut tx, &ask.change).await? else {
            // It was opened a moment ago: the job is to hear of it once it was read.
            if is_served(&mut tx, ask).await? {
                keep(&mut tx, ask, false, now).await?;
                tx.commit().await?;
            }
            return Ok(Told::Judging);
        };
        let told = told(&mut tx, &known, &ask.sha).await?;
        keep(&mut tx, ask, told.passes(), now).await?;
        if told == Told::Unchecked && is_first_of_commit(&mut tx, ask, now).await? {
            let mut marks = Marks::default();
            let haste = Haste { urgent: true, hurry: false };
            marks.add(&mut tx, &[Concern::Change(ask.change.clone())], haste, now).await?;
            marks.store(&mut tx).await?;
        }
        tx.commit().await?;
        Ok(told)
    }

    /// Commits that jobs asked about, and of which nobody has looked yet whether they are merges of a head of the change.
    pub async fn tested_commits(&self, change: &ChangeKey) -> Result<Vec<CommitSha>, Error> {
        let commits = read!(
            self,
            fetch_all,
            sqlx::query_scalar::<_, String>(
                "SELECT sha FROM tested_commit
                 WHERE host = $1 AND repo_id = $2 AND number = $3 AND looked_at IS NULL ORDER BY asked_at, sha"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        commits.iter().map(|sha| columns::sha(sha)).collect()
    }

    /// Keeps of which head a commit is the forge's own merge with the base; `None` if it is of none. This is for good, as
    /// commits do not change.
    pub async fn settle_commit(
        &self,
        change: &ChangeKey,
        sha: &CommitSha,
        head: Option<&CommitSha>,
        now: Timestamp,
    ) -> Result<(), Error> {
        execute_one!(
            self,
            sqlx::query(
                "UPDATE tested_commit SET head = $5, looked_at = $6
                 WHERE host = $1 AND repo_id = $2 AND number = $3 AND sha = $4"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
            .bind(sha.as_str())
            .bind(head.map(CommitSha::as_str))
            .bind(ms(now))
        )?;
        Ok(())
    }

    /// The jobs, one a pipeline at most, that test the head of the change and were told what is no longer true of it. None
    /// while the change is due.
    pub async fn untrue_asks(&self, change: &ChangeKey) -> Result<Vec<UntrueAsk>, Error> {
        let mut tx = self.backend.write_tx().await?;
        let Some(known) = known(&mut tx, change).await? else { return Ok(Vec::new()) };
        let mut newest: BTreeMap<i64, AskRow> = BTreeMap::new();
        for row in asks(&mut tx, change).await? {
            newest.insert(row.pipeline_id, row);
        }
        let mut untrue = Vec::new();
        for row in newest.into_values() {
            let told = told(&mut tx, &known, &columns::sha(&row.sha)?).await?;
            // What tests another commit holds nothing up and lets nothing through.
            let is_settled = matches!(told, Told::Verdict(_) | Told::Ungoverned);
            if is_settled && told.passes() != row.passed {
                untrue.push(UntrueAsk { job: row.job_id, pipeline: row.pipeline_id, passed: row.passed });
            }
        }
        Ok(untrue)
    }

    /// Forgets that a job asked: it was made to run again, as another job, or is gone.
    pub async fn forget_ask(&self, change: &ChangeKey, job: i64) -> Result<(), Error> {
        execute_one!(
            self,
            sqlx::query("DELETE FROM verdict_ask WHERE host = $1 AND repo_id = $2 AND job_id = $3")
                .bind(change.repo.host.as_str())
                .bind(change.repo.id)
                .bind(job)
        )?;
        Ok(())
    }
}

/// Forgets asks from before this time about changes that are open no more.
pub(super) async fn sweep(store: &Store, before: Timestamp) -> Result<(), Error> {
    for sql in [
        "DELETE FROM verdict_ask WHERE asked_at < $1 AND NOT EXISTS (
             SELECT 1 FROM known_change k WHERE k.host = verdict_ask.host AND k.repo_id = verdict_ask.repo_id
               AND k.number = verdict_ask.number AND k.state = 'open')",
        "DELETE FROM tested_commit WHERE asked_at < $1 AND NOT EXISTS (
             SELECT 1 FROM known_change k WHERE k.host = tested_commit.host AND k.repo_id = tested_commit.repo_id
               AND k.number = tested_commit.number AND k.state = 'open')",
        "DELETE FROM said_verdict WHERE said_at < $1 AND NOT EXISTS (
             SELECT 1 FROM known_change k WHERE k.host = said_verdict.host AND k.repo_id = said_verdict.repo_id
               AND k.head = said_verdict.head AND k.state = 'open')",
    ] {
        execute_one!(store, sqlx::query(sql).bind(ms(before)))?;
    }
    Ok(())
}

/// The change as it was read last, if its repository is still one that is served.
async fn known(tx: &mut Tx, change: &ChangeKey) -> Result<Option<KnownChange>, Error> {
    let row = within!(
        *tx,
        fetch_optional,
        sqlx::query_as::<_, KnownRow>(SELECT_KNOWN)
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
    )?;
    row.map(|row| row.into_known(change)).transpose()
}

/// Whether the repository of the change is on record.
async fn is_served(tx: &mut Tx, ask: &Ask) -> Result<bool, Error> {
    Ok(within!(
        *tx,
        fetch_one,
        sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT 1 FROM repository WHERE host = $1 AND repo_id = $2)")
            .bind(ask.change.repo.host.as_str())
            .bind(ask.change.repo.id)
    )?)
}

/// What is true of a change for a pipeline that tests this commit.
async fn told(tx: &mut Tx, known: &KnownChange, sha: &CommitSha) -> Result<Told, Error> {
    if is_due(tx, known).await? {
        return Ok(Told::Judging);
    }
    if known.state != ChangeState::Open {
        return Ok(Told::Closed);
    }
    if *sha != known.head {
        match merged_head(tx, &known.key, sha).await? {
            None => return Ok(Told::Unchecked),
            Some(head) if head.as_deref() != Some(known.head.as_str()) => {
                return Ok(Told::OtherCommit { head: known.head.clone() });
            }
            Some(_) => {}
        }
    }
    let said = within!(
        *tx,
        fetch_optional,
        sqlx::query_as::<_, (bool, String, Option<String>)>(
            "SELECT passes, title, url FROM said_verdict
             WHERE host = $1 AND repo_id = $2 AND head = $3 AND said_at >= $4"
        )
        .bind(known.key.repo.host.as_str())
        .bind(known.key.repo.id)
        .bind(known.head.as_str())
        .bind(ms(known.read_at))
    )?;
    Ok(said.map_or(Told::Ungoverned, |(passes, title, url)| Told::Verdict(SaidVerdict { passes, title, url })))
}

/// Whether the change is due, or another one that has, or may have, the same head: the verdict is that of the head.
async fn is_due(tx: &mut Tx, known: &KnownChange) -> Result<bool, Error> {
    Ok(within!(
        *tx,
        fetch_one,
        sqlx::query_scalar::<_, bool>(
            "SELECT EXISTS (
                 SELECT 1 FROM dirty_change d
                 WHERE d.host = $1 AND d.repo_id = $2 AND d.is_dirty AND (d.number = $3 OR EXISTS (
                     SELECT 1 FROM change_head h
                     JOIN known_change k ON k.host = h.host AND k.repo_id = h.repo_id AND k.number = h.number
                     WHERE h.host = d.host AND h.repo_id = d.repo_id AND h.number = d.number AND h.head = $4
                       AND k.state = 'open' AND (k.head = h.head OR k.read_at IS NULL OR h.last_seen_at >= k.read_at))))"
        )
        .bind(known.key.repo.host.as_str())
        .bind(known.key.repo.id)
        .bind(known.key.number)
        .bind(known.head.as_str())
    )?)
}

/// Of which head a commit is a merge: `None` while nobody has looked, `Some(None)` if it is of none.
async fn merged_head(tx: &mut Tx, change: &ChangeKey, sha: &CommitSha) -> Result<Option<Option<String>>, Error> {
    Ok(within!(
        *tx,
        fetch_optional,
        sqlx::query_scalar::<_, Option<String>>(
            "SELECT head FROM tested_commit
             WHERE host = $1 AND repo_id = $2 AND number = $3 AND sha = $4 AND looked_at IS NOT NULL"
        )
        .bind(change.repo.host.as_str())
        .bind(change.repo.id)
        .bind(change.number)
        .bind(sha.as_str())
    )?)
}

async fn keep(tx: &mut Tx, ask: &Ask, passed: bool, now: Timestamp) -> Result<(), Error> {
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO verdict_ask (host, repo_id, job_id, number, pipeline_id, sha, passed, asked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (host, repo_id, job_id) DO UPDATE SET
                 number = excluded.number, pipeline_id = excluded.pipeline_id, sha = excluded.sha,
                 passed = excluded.passed, asked_at = excluded.asked_at"
        )
        .bind(ask.change.repo.host.as_str())
        .bind(ask.change.repo.id)
        .bind(ask.job)
        .bind(ask.change.number)
        .bind(ask.pipeline)
        .bind(ask.sha.as_str())
        .bind(passed)
        .bind(ms(now))
    )?;
    Ok(())
}

/// Keeps that somebody is to look at the commit. False if that is on record.
async fn is_first_of_commit(tx: &mut Tx, ask: &Ask, now: Timestamp) -> Result<bool, Error> {
    let kept = execute!(
        *tx,
        sqlx::query(
            "INSERT INTO tested_commit (host, repo_id, number, sha, asked_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (host, repo_id, number, sha) DO NOTHING"
        )
        .bind(ask.change.repo.host.as_str())
        .bind(ask.change.repo.id)
        .bind(ask.change.number)
        .bind(ask.sha.as_str())
        .bind(ms(now))
    )?;
    Ok(kept == 1)
}

/// All asks about the change, the newest of each pipeline last.
async fn asks(tx: &mut Tx, change: &ChangeKey) -> Result<Vec<AskRow>, Error> {
    Ok(within!(
        *tx,
        fetch_all,
        sqlx::query_as::<_, AskRow>(
            "SELECT job_id, pipeline_id, sha, passed FROM verdict_ask
             WHERE host = $1 AND repo_id = $2 AND number = $3 ORDER BY asked_at, job_id"
        )
        .bind(change.repo.host.as_str())
        .bind(change.repo.id)
        .bind(change.number)
    )?)
}
