//! Times before which a forge wants no calls: it named them to one server, and they hold for all, and after a restart.

use jiff::Timestamp;
use sqlx::FromRow;

use super::error::Error;
use super::{Store, columns, ms};
use crate::gate::ids::Host;

/// A limit that a forge named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The forge.
    pub host: Host,
    /// The installation whose calls are counted; 0 for those of the App itself.
    pub installation: i64,
    /// Which of its calls are counted, in the words of the forge's adapter.
    pub counted: String,
    /// No call before.
    pub until: Timestamp,
}

#[derive(Debug, FromRow)]
struct LimitRow {
    host: String,
    installation: i64,
    counted: String,
    until_at: i64,
}

impl Store {
    /// Keeps a limit. One that ends earlier than the one on record changes nothing.
    pub async fn keep_limit(&self, limit: &Limit) -> Result<(), Error> {
        execute_one!(
            self,
            sqlx::query(
                "INSERT INTO forge_limit (host, installation, counted, until_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (host, installation, counted) DO UPDATE SET until_at = excluded.until_at
                 WHERE forge_limit.until_at < excluded.until_at"
            )
            .bind(limit.host.as_str())
            .bind(limit.installation)
            .bind(&limit.counted)
            .bind(ms_up(limit.until))
        )?;
        Ok(())
    }

    /// The limits that hold now.
    pub async fn limits(&self, now: Timestamp) -> Result<Vec<Limit>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, LimitRow>(
                "SELECT host, installation, counted, until_at FROM forge_limit WHERE until_at > $1"
            )
            .bind(ms(now))
        )?;
        let limit = |row: LimitRow| {
            Ok(Limit {
                host: columns::host(&row.host)?,
                installation: row.installation,
                counted: row.counted,
                until: columns::time(row.until_at)?,
            })
        };
        rows.into_iter().map(limit).collect()
    }
}

/// The next whole millisecond: a limit may be kept a little longer, never shorter.
fn ms_up(until: Timestamp) -> i64 {
    let whole = ms(until);
    let is_whole = Timestamp::from_millisecond(whole).is_ok_and(|kept| kept >= until);
    if is_whole { whole } else { whole.saturating_add(1) }
}
