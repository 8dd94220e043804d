//! What deliveries told of approvals that are no reviews, and of who edited descriptions.
//!
//! A forge that has one standing approval per account and change, without the commit that it was given for (GitLab), tells
//! of it while it is given only. So every act is kept, and of those of an account the last by the forge's clock holds:
//! neither the order in which deliveries come nor how often one comes matters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::FromRow;

use super::backend::Tx;
use super::error::Error;
use super::{Store, columns, ms};
use crate::gate::change::Actor;
use crate::gate::ids::{AccountId, ChangeKey, CommitSha, Login};
use crate::gate::witnessed::{ApprovalAction, SeenApproval, SeenEdit};

/// The last that was heard of an account's approval. It grants nothing by itself: only a fresh read shows what stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastApproval {
    /// The account.
    pub by: Actor,
    /// Whether it approved, or took its approval back.
    pub action: ApprovalAction,
    /// The head at that time: what was approved.
    pub head: CommitSha,
    /// When, by the forge's clock, or, where the delivery did not say, when we heard of it.
    pub at: Timestamp,
    /// When we heard of it first.
    pub received_at: Timestamp,
}

#[derive(Debug, FromRow)]
struct ActRow {
    account_id: i64,
    action: String,
    head: String,
    at: i64,
    login: String,
    kind: String,
    received_at: i64,
}

impl ActRow {
    fn into_last(self, change: &ChangeKey) -> Result<LastApproval, Error> {
        Ok(LastApproval {
            by: Actor {
                account: AccountId::new(change.repo.host.clone(), self.account_id),
                login: Login::from(self.login.as_str()),
                kind: columns::variant(&self.kind)?,
            },
            action: columns::variant(&self.action)?,
            head: columns::sha(&self.head)?,
            at: columns::time(self.at)?,
            received_at: columns::time(self.received_at)?,
        })
    }
}

impl LastApproval {
    /// What makes one act later than another. Acts of one moment go by when we heard of them, and of those that came
    /// together the one holds that grants nothing.
    fn order(&self) -> (Timestamp, Timestamp, ApprovalAction, &CommitSha) {
        (self.at, self.received_at, self.action, &self.head)
    }
}

impl Store {
    /// The last that was heard of each account's approval of the change, by account.
    pub async fn approvals(&self, change: &ChangeKey) -> Result<Vec<LastApproval>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, ActRow>(
                "SELECT account_id, action, head, at, login, kind, received_at FROM approval_act
                 WHERE host = $1 AND repo_id = $2 AND number = $3"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        let mut last: BTreeMap<i64, LastApproval> = BTreeMap::new();
        for row in rows {
            let act = row.into_last(change)?;
            let known = last.entry(act.by.account.id).or_insert_with(|| act.clone());
            if act.order() > known.order() {
                *known = act;
            }
        }
        Ok(last.into_values().collect())
    }

    /// Who edited the description of the change, as far as deliveries told, with the time of each edit; oldest first.
    pub async fn description_edits(&self, change: &ChangeKey) -> Result<Vec<(AccountId, Timestamp)>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, (i64, i64)>(
                "SELECT account_id, at FROM description_edit
                 WHERE host = $1 AND repo_id = $2 AND number = $3 ORDER BY at, account_id"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        let edit = |(id, at)| Ok((AccountId::new(change.repo.host.clone(), id), columns::time(at)?));
        rows.into_iter().map(edit).collect()
    }
}

/// Keeps an act, unless it was told of before.
pub(super) async fn keep(tx: &mut Tx, seen: &SeenApproval, now_ms: i64) -> Result<(), Error> {
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO approval_act (host, repo_id, number, account_id, action, head, at, login, kind, received_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (host, repo_id, number, account_id, action, head, at) DO NOTHING"
        )
        .bind(seen.change.repo.host.as_str())
        .bind(seen.change.repo.id)
        .bind(seen.change.number)
        .bind(seen.by.account.id)
        .bind(columns::word(&seen.action)?)
        .bind(seen.head.as_str())
        .bind(seen.at.map_or(now_ms, ms))
        .bind(seen.by.login.as_str())
        .bind(columns::word(&seen.by.kind)?)
        .bind(now_ms)
    )?;
    Ok(())
}

/// Keeps who edited a description, unless it was told of before.
pub(super) async fn keep_edit(tx: &mut Tx, seen: &SeenEdit, now_ms: i64) -> Result<(), Error> {
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO description_edit (host, repo_id, number, account_id, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (host, repo_id, number, account_id, at) DO NOTHING"
        )
        .bind(seen.change.repo.host.as_str())
        .bind(seen.change.repo.id)
        .bind(seen.change.number)
        .bind(seen.by.id)
        .bind(seen.at.map_or(now_ms, ms))
    )?;
    Ok(())
}
