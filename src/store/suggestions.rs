//! Suggestions that the forge applied, once they were found to be nothing else.

use super::Store;
use super::columns;
use super::error::Error;
use super::memory::change_keys;
use crate::gate::change::HeadBranch;
use crate::gate::ids::{AccountId, ChangeKey};
use crate::gate::suggestion::Applied;

impl Store {
    /// What people ever suggested in the change, or in others with its head branch.
    pub async fn applied_suggestions(&self, change: &ChangeKey, branch: &HeadBranch) -> Result<Vec<Applied>, Error> {
        let seen_on = columns::to_json(&change_keys(change, branch))?;
        let (sqlite, postgres) = listed!(
            "SELECT DISTINCT commit_sha, account_id, lines FROM applied_suggestion
             WHERE host = $1 AND repo_id = $2 AND seen_on"
        );
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, (String, i64, i64)>(self.backend.choose(sqlite, postgres))
                .bind(change.repo.host.as_str())
                .bind(change.repo.id)
                .bind(seen_on.as_str())
        )?;
        let applied = rows.into_iter().map(|(commit, account, lines)| {
            Ok(Applied {
                commit: columns::sha(&commit)?,
                by: AccountId::new(change.repo.host.clone(), account),
                lines: u32::try_from(lines).map_err(|_| Error::broken(format!("a suggestion has {lines} lines")))?,
            })
        });
        applied.collect()
    }

    /// Remembers what people suggested, for good: neither commits nor what was said before them changes.
    pub async fn note_suggestions(
        &self,
        change: &ChangeKey,
        branch: &HeadBranch,
        applied: &[Applied],
    ) -> Result<(), Error> {
        let keys = change_keys(change, branch);
        let rows: Vec<_> = keys.iter().flat_map(|key| applied.iter().map(move |one| (key, one))).collect();
        let mut tx = self.backend.write_tx().await?;
        insert_many!(
            tx,
            "INSERT INTO applied_suggestion (host, repo_id, seen_on, commit_sha, account_id, lines) ",
            rows,
            |bind, row| {
                bind.push_bind(change.repo.host.as_str())
                    .push_bind(change.repo.id)
                    .push_bind(row.0.as_str())
                    .push_bind(row.1.commit.as_str())
                    .push_bind(row.1.by.id)
                    .push_bind(i64::from(row.1.lines));
            },
            " ON CONFLICT (host, repo_id, seen_on, commit_sha, account_id) DO NOTHING"
        );
        tx.commit().await
    }
}
