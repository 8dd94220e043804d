//! How much we write where people read: forges limit the comments and reactions of an App (content creation), and what
//! checks need comes first.

use jiff::Timestamp;

use super::error::Error;
use super::{Store, columns, ms};
use crate::gate::ids::Host;

const MINUTE_MS: i64 = 60_000;

/// How much content may be created through one installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Within any minute, give or take the seconds of one.
    pub a_minute: i64,
    /// Within any hour, give or take the seconds of a minute.
    pub an_hour: i64,
}

impl Store {
    /// Takes so much from what may be created through an installation now, counted over all replicas and restarts. If
    /// it does not fit, nothing is taken, and the answer is when to ask again.
    pub async fn allow_content(
        &self,
        host: &Host,
        installation: i64,
        amount: i64,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        let minute = ms(now).div_euclid(MINUTE_MS);
        let mut tx = self.backend.write_tx().await?;
        // Writing first locks the row, so that two replicas do not take the same rest.
        execute!(
            tx,
            sqlx::query(
                "INSERT INTO content_created (host, installation, minute, amount) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (host, installation, minute) DO UPDATE SET
                     amount = content_created.amount + excluded.amount"
            )
            .bind(host.as_str())
            .bind(installation)
            .bind(minute)
            .bind(amount)
        )?;
        let (of_minute, of_hour) = within!(
            tx,
            fetch_one,
            sqlx::query_as::<_, (i64, i64)>(
                "SELECT CAST(COALESCE(SUM(CASE WHEN minute >= $3 - 1 THEN amount ELSE 0 END), 0) AS BIGINT),
                        CAST(COALESCE(SUM(amount), 0) AS BIGINT)
                 FROM content_created WHERE host = $1 AND installation = $2 AND minute >= $3 - 60"
            )
            .bind(host.as_str())
            .bind(installation)
            .bind(minute)
        )?;
        if of_minute > allowance.a_minute || of_hour > allowance.an_hour {
            // Rolled back: what does not fit was not created.
            let next_minute = columns::time((minute + 1) * MINUTE_MS)?;
            return Ok(Some(next_minute));
        }
        execute!(
            tx,
            sqlx::query("DELETE FROM content_created WHERE host = $1 AND installation = $2 AND minute < $3 - 60")
                .bind(host.as_str())
                .bind(installation)
                .bind(minute)
        )?;
        tx.commit().await?;
        Ok(None)
    }

    /// Puts all answers of an installation off that are due before this time, so that they do not ask one by one.
    pub async fn hold_answers(&self, host: &Host, installation: i64, until: Timestamp) -> Result<u64, Error> {
        Ok(execute_one!(
            self,
            sqlx::query(
                "UPDATE answer SET next_attempt_at = $3
                 WHERE NOT is_done AND next_attempt_at < $3 AND host = $1 AND leased_until IS NULL AND repo_id IN (
                     SELECT repo_id FROM repository WHERE host = $1 AND installation = $2)"
            )
            .bind(host.as_str())
            .bind(installation)
            .bind(ms(until))
        )?)
    }
}
