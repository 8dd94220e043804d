//! Merge groups that were witnessed, and the changes that they hold.
//!
//! Deliveries come in any order, so that a group which was told to be gone stays gone: formed again, it has another
//! commit.

use jiff::Timestamp;
use sqlx::FromRow;

use super::backend::Tx;
use super::error::Error;
use super::heads::{self, HeadLease};
use super::{Store, columns, ms};
use crate::gate::ids::{ChangeKey, CommitSha, RepoId};
use crate::gate::witnessed::SeenGroup;

/// A merge group that was not told to be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveGroup {
    /// The repository.
    pub repo: RepoId,
    /// The commit that the queue tests.
    pub head: CommitSha,
    /// The branch that it would become.
    pub base_branch: String,
    /// When we first heard of it.
    pub seen_at: Timestamp,
}

/// A change that a merge group holds, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// The change's number.
    pub number: i64,
    /// Its own head when it was first found in the group; `None` while that is not certain.
    pub head: Option<CommitSha>,
}

#[derive(Debug, FromRow)]
struct GroupRow {
    head: String,
    base_branch: String,
    seen_at: i64,
}

impl GroupRow {
    fn into_live(self, repo: &RepoId) -> Result<LiveGroup, Error> {
        Ok(LiveGroup {
            repo: repo.clone(),
            head: columns::sha(&self.head)?,
            base_branch: self.base_branch,
            seen_at: columns::time(self.seen_at)?,
        })
    }
}

impl Store {
    /// The live groups that hold this change, or are supposed to, oldest first.
    pub async fn live_groups_of(&self, change: &ChangeKey) -> Result<Vec<LiveGroup>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, GroupRow>(
                "SELECT g.head, g.base_branch, g.seen_at
                 FROM merge_group_member m
                 JOIN merge_group g ON g.host = m.host AND g.repo_id = m.repo_id AND g.head = m.group_head
                 WHERE m.host = $1 AND m.repo_id = $2 AND m.number = $3 AND g.ended_at IS NULL
                 ORDER BY g.seen_at, g.head"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        rows.into_iter().map(|row| row.into_live(&change.repo)).collect()
    }

    /// The live group with this head, if there is one.
    pub async fn live_group(&self, repo: &RepoId, head: &CommitSha) -> Result<Option<LiveGroup>, Error> {
        let row = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, GroupRow>(
                "SELECT head, base_branch, seen_at FROM merge_group
                 WHERE host = $1 AND repo_id = $2 AND head = $3 AND ended_at IS NULL"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(head.as_str())
        )?;
        row.map(|row| row.into_live(repo)).transpose()
    }

    /// The changes that a group holds, or is supposed to, by number.
    pub async fn group_members(&self, repo: &RepoId, head: &CommitSha) -> Result<Vec<GroupMember>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, (i64, Option<String>)>(
                "SELECT number, head FROM merge_group_member
                 WHERE host = $1 AND repo_id = $2 AND group_head = $3 ORDER BY number"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(head.as_str())
        )?;
        let member = |(number, head): (i64, Option<String>)| {
            Ok(GroupMember { number, head: head.as_deref().map(columns::sha).transpose()? })
        };
        rows.into_iter().map(member).collect()
    }

    /// Keeps which changes a group holds, now that the queue itself was asked, each with its own head where that is
    /// certain. The head that was found first holds on. Who was only supposed to be there, is not.
    ///
    /// False when somebody else has taken over the group's head: then nothing was changed.
    pub async fn bind_group(&self, lease: &HeadLease, members: &[GroupMember]) -> Result<bool, Error> {
        let mut tx = self.backend.write_tx().await?;
        if !heads::fence(&mut tx, lease).await? {
            return Ok(false);
        }
        for GroupMember { number, head } in members {
            execute!(
                tx,
                sqlx::query(
                    "INSERT INTO merge_group_member (host, repo_id, group_head, number, head)
                     VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (host, repo_id, group_head, number) DO UPDATE SET
                         head = COALESCE(merge_group_member.head, excluded.head)"
                )
                .bind(lease.repo.host.as_str())
                .bind(lease.repo.id)
                .bind(lease.head.as_str())
                .bind(number)
                .bind(head.as_ref().map(CommitSha::as_str))
            )?;
        }
        let numbers: Vec<i64> = members.iter().map(|member| member.number).collect();
        for supposed in within!(
            tx,
            fetch_all,
            sqlx::query_scalar::<_, i64>(
                "SELECT number FROM merge_group_member
                 WHERE host = $1 AND repo_id = $2 AND group_head = $3 AND head IS NULL"
            )
            .bind(lease.repo.host.as_str())
            .bind(lease.repo.id)
            .bind(lease.head.as_str())
        )? {
            if numbers.contains(&supposed) {
                continue;
            }
            execute!(
                tx,
                sqlx::query(
                    "DELETE FROM merge_group_member
                     WHERE host = $1 AND repo_id = $2 AND group_head = $3 AND number = $4"
                )
                .bind(lease.repo.host.as_str())
                .bind(lease.repo.id)
                .bind(lease.head.as_str())
                .bind(supposed)
            )?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// When we first learned that the change has, or had, this head; `None` when we never did.
    pub async fn head_first_seen(&self, change: &ChangeKey, head: &CommitSha) -> Result<Option<Timestamp>, Error> {
        let seen = read!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, i64>(
                "SELECT first_seen_at FROM change_head
                 WHERE host = $1 AND repo_id = $2 AND number = $3 AND head = $4"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
            .bind(head.as_str())
        )?;
        seen.map(columns::time).transpose()
    }

    /// Keeps that a group is gone, although no delivery said so.
    pub async fn end_group(&self, repo: &RepoId, head: &CommitSha, now: Timestamp) -> Result<(), Error> {
        execute_one!(
            self,
            sqlx::query(
                "UPDATE merge_group SET ended_at = $4
                 WHERE host = $1 AND repo_id = $2 AND head = $3 AND ended_at IS NULL"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(head.as_str())
            .bind(ms(now))
        )?;
        Ok(())
    }

    /// Forgets groups that ended before this time, and gives their number.
    pub async fn sweep_groups(&self, before: Timestamp) -> Result<u64, Error> {
        let mut tx = self.backend.write_tx().await?;
        execute!(
            tx,
            sqlx::query(
                "DELETE FROM merge_group_member WHERE EXISTS (
                     SELECT 1 FROM merge_group g
                     WHERE g.host = merge_group_member.host AND g.repo_id = merge_group_member.repo_id
                       AND g.head = merge_group_member.group_head AND g.ended_at < $1)"
            )
            .bind(ms(before))
        )?;
        let forgotten = execute!(tx, sqlx::query("DELETE FROM merge_group WHERE ended_at < $1").bind(ms(before)))?;
        tx.commit().await?;
        Ok(forgotten)
    }
}

/// Keeps what a delivery told of a group.
pub(super) async fn store(tx: &mut Tx, seen: &SeenGroup, now_ms: i64) -> Result<(), Error> {
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO merge_group (host, repo_id, head, base_branch, seen_at, ended_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (host, repo_id, head) DO UPDATE SET
                 ended_at = COALESCE(merge_group.ended_at, excluded.ended_at)"
        )
        .bind(seen.repo.host.as_str())
        .bind(seen.repo.id)
        .bind(seen.head.as_str())
        .bind(&seen.base_branch)
        .bind(now_ms)
        .bind(seen.is_gone.then_some(now_ms))
    )?;
    if seen.is_gone {
        return Ok(());
    }
    // Without a name, any change into the branch may be in it; whoever asks the queue finds out.
    let supposed = match seen.named {
        Some(number) => vec![number],
        None => open_changes_into(tx, &seen.repo, &seen.base_branch).await?,
    };
    for number in supposed {
        execute!(
            *tx,
            sqlx::query(
                "INSERT INTO merge_group_member (host, repo_id, group_head, number) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (host, repo_id, group_head, number) DO NOTHING"
            )
            .bind(seen.repo.host.as_str())
            .bind(seen.repo.id)
            .bind(seen.head.as_str())
            .bind(number)
        )?;
    }
    Ok(())
}

async fn open_changes_into(tx: &mut Tx, repo: &RepoId, branch: &str) -> Result<Vec<i64>, Error> {
    Ok(within!(
        *tx,
        fetch_all,
        sqlx::query_scalar::<_, i64>(
            "SELECT number FROM known_change
             WHERE host = $1 AND repo_id = $2 AND state = 'open' AND (base_branch = $3 OR stack_base = $3)
             ORDER BY number"
        )
        .bind(repo.host.as_str())
        .bind(repo.id)
        .bind(branch)
    )?)
}
