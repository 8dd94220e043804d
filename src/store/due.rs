//! Whether there is anything to do.

use jiff::Timestamp;

use super::error::Error;
use super::{Store, ms};

impl Store {
    /// Whether anything is due now that the workers of changes do: a change, an answer, another look, rules to be read,
    /// or a push to be explained. One question in the place of five that would mostly be asked in vain.
    pub async fn is_anything_due(&self, now: Timestamp) -> Result<bool, Error> {
        let is_due = read!(
            self,
            fetch_one,
            sqlx::query_scalar::<_, bool>(
                "SELECT EXISTS (
                     SELECT 1 FROM dirty_change d JOIN repository r ON r.host = d.host AND r.repo_id = d.repo_id
                     WHERE d.is_dirty AND d.next_attempt_at <= $1 AND (d.leased_until IS NULL OR d.leased_until <= $1))
                 OR EXISTS (
                     SELECT 1 FROM answer a JOIN repository r ON r.host = a.host AND r.repo_id = a.repo_id
                     WHERE NOT a.is_done AND a.next_attempt_at <= $1
                       AND (a.leased_until IS NULL OR a.leased_until <= $1))
                 OR EXISTS (SELECT 1 FROM look_again WHERE at <= $1)
                 OR EXISTS (
                     SELECT 1 FROM branch_rules b JOIN repository r ON r.host = b.host AND r.repo_id = b.repo_id
                     WHERE b.next_read_at <= $1)
                 OR EXISTS (SELECT 1 FROM landing WHERE NOT is_explained AND look_at <= $1)"
            )
            .bind(ms(now))
        )?;
        Ok(is_due)
    }
}
