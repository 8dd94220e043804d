//! Changes that must be looked at again at some time although nothing may happen until then.

use jiff::Timestamp;

use super::backend::Tx;
use super::changes::{Haste, Marks};
use super::error::Error;
use super::{Store, columns, ms};
use crate::gate::ids::{ChangeKey, RepoId};
use crate::gate::witnessed::Concern;

impl Store {
    /// Makes dirty what had to be looked at again by now, and gives the number of changes. Until then, they are not dirty
    /// because of it.
    pub async fn mark_due(&self, now: Timestamp) -> Result<u64, Error> {
        const DUE: &str = "SELECT host, repo_id, number FROM look_again WHERE at <= $1 ORDER BY host, repo_id, number";
        // Asked first: mostly there is none, and a write transaction keeps others waiting.
        let due = read!(self, fetch_optional, sqlx::query_as::<_, (String, i64, i64)>(DUE).bind(ms(now)))?;
        if due.is_none() {
            return Ok(0);
        }
        let mut tx = self.backend.write_tx().await?;
        let due = within!(
            tx,
            fetch_all,
            sqlx::query_as::<_, (String, i64, i64)>(
                "DELETE FROM look_again WHERE at <= $1 RETURNING host, repo_id, number"
            )
            .bind(ms(now))
        )?;
        let concern = |(host, repo, number): &(String, i64, i64)| {
            let repo = RepoId::new(columns::host(host)?, *repo);
            Ok(Concern::Change(ChangeKey { repo, number: *number }))
        };
        let concerns: Vec<Concern> = due.iter().map(concern).collect::<Result<_, Error>>()?;
        let mut marks = Marks::default();
        let marked = marks.add(&mut tx, &concerns, Haste { urgent: true, hurry: false }, now).await?;
        marks.store(&mut tx).await?;
        tx.commit().await?;
        Ok(marked)
    }
}

/// Keeps when a change is to be looked at again; `None` forgets it.
pub(super) async fn set(tx: &mut Tx, change: &ChangeKey, at: Option<Timestamp>) -> Result<(), Error> {
    let (host, repo_id, number) = (change.repo.host.as_str(), change.repo.id, change.number);
    match at {
        Some(at) => execute!(
            *tx,
            sqlx::query(
                "INSERT INTO look_again (host, repo_id, number, at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (host, repo_id, number) DO UPDATE SET at = excluded.at"
            )
            .bind(host)
            .bind(repo_id)
            .bind(number)
            .bind(ms(at))
        )?,
        None => execute!(
            *tx,
            sqlx::query("DELETE FROM look_again WHERE host = $1 AND repo_id = $2 AND number = $3")
                .bind(host)
                .bind(repo_id)
                .bind(number)
        )?,
    };
    Ok(())
}
