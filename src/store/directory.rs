//! What the directory and the policies leave behind: pinned ids of names, numbered snapshots, policies once seen.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::error::Error;
use super::{Store, ms};
use crate::gate::ids::{Host, OwnerId};

pub(super) const NEWEST_SNAPSHOT: &str = "SELECT number, digest FROM directory_snapshot ORDER BY number DESC LIMIT 1";

/// Whether a login still means what it meant when it was first seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// It does, or this is the first time.
    Ours,
    /// The login has passed to somebody else. Names never qualify: nothing may be granted to the new bearer.
    Conflict {
        /// The number that the login belongs to for good.
        existing: i64,
    },
}

impl Store {
    /// Pins the number of an owner that the configuration names by login, when it is first seen.
    pub async fn pin_owner(&self, host: &Host, login: &str, id: i64, now: Timestamp) -> Result<Pin, Error> {
        let pinned = write_one!(
            self,
            fetch_one,
            sqlx::query_scalar::<_, i64>(
                "INSERT INTO owner_pin (host, login, owner_id, pinned_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (host, login) DO UPDATE SET owner_id = owner_pin.owner_id RETURNING owner_id"
            )
            .bind(host.as_str())
            .bind(login.to_ascii_lowercase())
            .bind(id)
            .bind(ms(now))
        )?;
        Ok(Pin::of(pinned, id))
    }

    /// The number that the login of an owner is pinned to.
    pub async fn pinned_owner(&self, host: &Host, login: &str) -> Result<Option<i64>, Error> {
        Ok(read!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, i64>("SELECT owner_id FROM owner_pin WHERE host = $1 AND login = $2")
                .bind(host.as_str())
                .bind(login.to_ascii_lowercase())
        )?)
    }

    /// Pins the number of an account that the directory names by login, when it is first seen.
    pub async fn pin_login(&self, host: &Host, login: &str, id: i64, now: Timestamp) -> Result<Pin, Error> {
        let pinned = write_one!(
            self,
            fetch_one,
            sqlx::query_scalar::<_, i64>(
                "INSERT INTO login_pin (host, login, account_id, pinned_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (host, login) DO UPDATE SET account_id = login_pin.account_id RETURNING account_id"
            )
            .bind(host.as_str())
            .bind(login.to_ascii_lowercase())
            .bind(id)
            .bind(ms(now))
        )?;
        Ok(Pin::of(pinned, id))
    }

    /// All pinned logins of a forge, lower-cased, with their account numbers.
    pub async fn pinned_logins(&self, host: &Host) -> Result<BTreeMap<String, i64>, Error> {
        let pins = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, (String, i64)>("SELECT login, account_id FROM login_pin WHERE host = $1")
                .bind(host.as_str())
        )?;
        Ok(pins.into_iter().collect())
    }

    /// The number of a directory snapshot: that of the newest one if it has the same digest, or else the next.
    pub async fn snapshot(&self, digest: &str, taken_at: Timestamp) -> Result<i64, Error> {
        loop {
            let mut tx = self.backend.write_tx().await?;
            let newest = within!(tx, fetch_optional, sqlx::query_as::<_, (i64, String)>(NEWEST_SNAPSHOT))?;
            let number = match newest {
                Some((number, newest)) if newest == digest => return Ok(number),
                Some((number, _)) => number + 1,
                None => 1,
            };
            let inserted = execute!(
                tx,
                sqlx::query(
                    "INSERT INTO directory_snapshot (number, digest, taken_at) VALUES ($1, $2, $3)
                     ON CONFLICT (number) DO NOTHING"
                )
                .bind(number)
                .bind(digest)
                .bind(ms(taken_at))
            )?;
            tx.commit().await?;
            if inserted == 1 {
                return Ok(number);
            }
            // Another replica took the number in this moment: look at what it stored.
        }
    }

    /// Remembers that the owner has an organisation policy, with the digest of its newest text.
    pub async fn saw_organisation_policy(&self, owner: &OwnerId, digest: &str, now: Timestamp) -> Result<(), Error> {
        execute_one!(
            self,
            sqlx::query(
                "INSERT INTO owner (host, owner_id, policy_digest, policy_seen_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (host, owner_id) DO UPDATE SET
                     policy_digest = excluded.policy_digest, policy_seen_at = excluded.policy_seen_at"
            )
            .bind(owner.host.as_str())
            .bind(owner.id)
            .bind(digest)
            .bind(ms(now))
        )?;
        Ok(())
    }

    /// Whether the owner ever had an organisation policy: one that was there and is gone is an error.
    pub async fn organisation_policy_seen(&self, owner: &OwnerId) -> Result<bool, Error> {
        let seen = read!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, i64>(
                "SELECT owner_id FROM owner WHERE host = $1 AND owner_id = $2 AND policy_digest IS NOT NULL"
            )
            .bind(owner.host.as_str())
            .bind(owner.id)
        )?;
        Ok(seen.is_some())
    }
}

impl Pin {
    pub(super) fn of(pinned: i64, id: i64) -> Self {
        if pinned == id { Self::Ours } else { Self::Conflict { existing: pinned } }
    }
}
