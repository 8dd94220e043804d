//! Lists that are owed: what there is at a forge, asked page by page, to find what no delivery told of.
//!
//! A row per list, with a lease, so that one replica of several asks. What a page shows is stored together with the
//! place after it: a list that broke off goes on there, whoever goes on.

mod found;
mod project;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use sqlx::FromRow;

use super::backend::Tx;
use super::error::Error;
use super::{Store, columns, ms};
use crate::gate::ids::RepoId;
use crate::gate::witnessed::Listing;

pub use found::ListedChange;
pub use project::KnownProject;
pub(super) use project::sighted;

/// The kind of [`Listing::Project`].
const PROJECT: &str = "project";

/// A list that is owed, leased to one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingClaim {
    /// What to list.
    pub listing: Listing,
    /// The fencing token: another worker that takes over has a greater one.
    pub token: i64,
    /// How many times it was postponed since it was last done.
    pub attempts: i64,
    /// When the pass began that this goes on with.
    pub began_at: Timestamp,
    /// Where to go on, in the words of whoever listed before.
    pub place: Option<String>,
}

#[derive(Debug, FromRow)]
struct Row {
    host: String,
    kind: String,
    id: i64,
    token: i64,
    attempts: i64,
    began_at: i64,
    place: Option<String>,
}

impl Row {
    fn into_claim(self) -> Result<ListingClaim, Error> {
        let host = columns::host(&self.host)?;
        let listing = match self.kind.as_str() {
            "installations" => Listing::Installations(host),
            "repositories" => Listing::Repositories { host, installation: self.id },
            PROJECT => Listing::Project(RepoId::new(host, self.id)),
            "changes" => Listing::Changes(RepoId::new(host, self.id)),
            "comments" => Listing::Comments(RepoId::new(host, self.id)),
            "deliveries" => Listing::Deliveries(host),
            "members" => Listing::Members(host),
            kind => return Err(Error::broken(format!("a list of {kind:?} is owed"))),
        };
        Ok(ListingClaim {
            listing,
            token: self.token,
            attempts: self.attempts,
            began_at: columns::time(self.began_at)?,
            place: self.place,
        })
    }
}

/// The columns that name a list: host, kind and number.
fn key(listing: &Listing) -> (&str, &'static str, i64) {
    match listing {
        Listing::Installations(host) => (host.as_str(), "installations", 0),
        Listing::Repositories { host, installation } => (host.as_str(), "repositories", *installation),
        Listing::Project(repo) => (repo.host.as_str(), PROJECT, repo.id),
        Listing::Changes(repo) => (repo.host.as_str(), "changes", repo.id),
        Listing::Comments(repo) => (repo.host.as_str(), "comments", repo.id),
        Listing::Deliveries(host) => (host.as_str(), "deliveries", 0),
        Listing::Members(host) => (host.as_str(), "members", 0),
    }
}

/// Why a list is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owed {
    /// It is time again. A pass that is under way will do.
    Again,
    /// Something has happened: pages that were read before it do not count.
    Anew,
}

impl Store {
    /// Owes these lists. Those that are owed already go on as they are.
    pub async fn owe(&self, listings: &[Listing], now: Timestamp) -> Result<(), Error> {
        let mut tx = self.backend.write_tx().await?;
        owe(&mut tx, &listings.iter().collect(), Owed::Again, now).await?;
        tx.commit().await
    }

    /// Owes a list unless it is owed already, or was done less than so long ago. True if it is owed by this.
    pub async fn owe_every(&self, listing: &Listing, every: SignedDuration, now: Timestamp) -> Result<bool, Error> {
        let (host, kind, id) = key(listing);
        // Asked first, as the answer is hardly ever that it is time.
        let last = read!(
            self,
            fetch_optional,
            sqlx::query_as::<_, (bool, Option<i64>)>(
                "SELECT is_owed, finished_at FROM listing WHERE host = $1 AND kind = $2 AND id = $3"
            )
            .bind(host)
            .bind(kind)
            .bind(id)
        )?;
        let before = ms(now.saturating_sub(every).unwrap_or(Timestamp::MIN));
        let is_time = match last {
            Some((true, _)) => false,
            Some((false, finished_at)) => finished_at.is_none_or(|finished_at| finished_at <= before),
            None => true,
        };
        if is_time {
            self.owe(std::slice::from_ref(listing), now).await?;
        }
        Ok(is_time)
    }

    /// Leases the list that is due first. Safe with any number of workers.
    pub async fn claim_listing(&self, now: Timestamp, lease: SignedDuration) -> Result<Option<ListingClaim>, Error> {
        let row = write_one!(
            self,
            fetch_optional,
            sqlx::query_as::<_, Row>(self.backend.choose(CLAIM_SQLITE, CLAIM_POSTGRES))
                .bind(ms(now))
                .bind(columns::lease_end(now, lease))
        )?;
        row.map(Row::into_claim).transpose()
    }

    /// Prolongs the lease. False when another worker has taken over, or everything is to be listed anew: stop.
    pub async fn renew_listing(
        &self,
        claim: &ListingClaim,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<bool, Error> {
        let (host, kind, id) = key(&claim.listing);
        let renewed = execute_one!(
            self,
            sqlx::query(
                "UPDATE listing SET leased_until = $5
                 WHERE host = $1 AND kind = $2 AND id = $3 AND token = $4 AND leased_until IS NOT NULL"
            )
            .bind(host)
            .bind(kind)
            .bind(id)
            .bind(claim.token)
            .bind(columns::lease_end(now, lease))
        )?;
        Ok(renewed == 1)
    }

    /// Gives the lease back with the list still owed, from the same place on, and not due before `at`. `is_failure` says
    /// whether this was an attempt in vain. False when another worker has taken over.
    pub async fn postpone_listing(
        &self,
        claim: &ListingClaim,
        at: Timestamp,
        why: &str,
        is_failure: bool,
    ) -> Result<bool, Error> {
        let (host, kind, id) = key(&claim.listing);
        // PostgreSQL takes no NUL in a text, and an error may quote anything.
        let why: String = why.chars().filter(|c| *c != '\0').take(1000).collect();
        let postponed = execute_one!(
            self,
            sqlx::query(
                "UPDATE listing SET attempts = attempts + $5, next_attempt_at = $6, leased_until = NULL, last_error = $7
                 WHERE host = $1 AND kind = $2 AND id = $3 AND token = $4 AND leased_until IS NOT NULL"
            )
            .bind(host)
            .bind(kind)
            .bind(id)
            .bind(claim.token)
            .bind(i64::from(is_failure))
            .bind(ms(at))
            .bind(why)
        )?;
        Ok(postponed == 1)
    }

    /// Gives the lease back with the list done. `place` is where the next pass begins, if it matters. False when another
    /// worker has taken over, or it is to be listed anew.
    pub async fn finish_listing(
        &self,
        claim: &ListingClaim,
        place: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.backend.write_tx().await?;
        let is_ours = finish(&mut tx, claim, place, now).await?;
        tx.commit().await?;
        Ok(is_ours)
    }

    /// The earliest time, not before `now`, at which [`Store::claim_listing`] would find something if nothing else happened:
    /// a list becomes due, or a lease expires.
    pub async fn next_listing(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let earliest = read!(
            self,
            fetch_one,
            sqlx::query_scalar::<_, Option<i64>>(
                "SELECT MIN(CASE WHEN leased_until > next_attempt_at THEN leased_until ELSE next_attempt_at END)
                 FROM listing WHERE is_owed"
            )
        )?;
        earliest.map(|earliest| Ok(columns::time(earliest)?.max(now))).transpose()
    }

    /// How many lists are owed, claimed ones included.
    pub async fn owed_count(&self) -> Result<u64, Error> {
        let count = read!(self, fetch_one, sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM listing WHERE is_owed"))?;
        Ok(count.unsigned_abs())
    }
}

macro_rules! claim_sql {
    ($lock:literal) => {
        concat!(
            "UPDATE listing SET leased_until = $2, token = token + 1, began_at = COALESCE(began_at, $1)
             WHERE (host, kind, id) = (
                 SELECT host, kind, id FROM listing
                 WHERE is_owed AND next_attempt_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
                 ORDER BY next_attempt_at, host, kind, id
                 LIMIT 1",
            $lock,
            ")
             RETURNING host, kind, id, token, attempts, began_at, place"
        )
    };
}
const CLAIM_SQLITE: &str = claim_sql!("");
const CLAIM_POSTGRES: &str = claim_sql!(" FOR UPDATE SKIP LOCKED");

/// Owes lists within a transaction, in the order of their keys.
pub(super) async fn owe(tx: &mut Tx, listings: &BTreeSet<&Listing>, owed: Owed, now: Timestamp) -> Result<(), Error> {
    // Whoever is listing loses the claim when it is owed anew: the pages already seen do not show what has happened.
    let sql = match owed {
        Owed::Again => {
            "INSERT INTO listing (host, kind, id, is_owed, next_attempt_at, attempts, token)
             VALUES ($1, $2, $3, TRUE, $4, 0, 0)
             ON CONFLICT (host, kind, id) DO UPDATE SET is_owed = TRUE, next_attempt_at = excluded.next_attempt_at
             WHERE NOT listing.is_owed"
        }
        Owed::Anew => {
            "INSERT INTO listing (host, kind, id, is_owed, next_attempt_at, attempts, token)
             VALUES ($1, $2, $3, TRUE, $4, 0, 0)
             ON CONFLICT (host, kind, id) DO UPDATE SET
                 is_owed = TRUE, next_attempt_at = excluded.next_attempt_at, attempts = 0, leased_until = NULL,
                 token = listing.token + 1, began_at = NULL, place = NULL"
        }
    };
    for listing in listings {
        let (host, kind, id) = key(listing);
        execute!(*tx, sqlx::query(sql).bind(host).bind(kind).bind(id).bind(ms(now)))?;
    }
    Ok(())
}

/// As [`Store::finish_listing`], within a transaction.
async fn finish(tx: &mut Tx, claim: &ListingClaim, place: Option<&str>, now: Timestamp) -> Result<bool, Error> {
    let (host, kind, id) = key(&claim.listing);
    let finished = execute!(
        *tx,
        sqlx::query(
            "UPDATE listing SET is_owed = FALSE, attempts = 0, leased_until = NULL, began_at = NULL, place = $5,
                 finished_at = $6, last_error = NULL
             WHERE host = $1 AND kind = $2 AND id = $3 AND token = $4 AND leased_until IS NOT NULL"
        )
        .bind(host)
        .bind(kind)
        .bind(id)
        .bind(claim.token)
        .bind(place)
        .bind(ms(now))
    )?;
    Ok(finished == 1)
}

/// Gives the lease back with the list still owed, from another place on, at once.
async fn go_on(tx: &mut Tx, claim: &ListingClaim, place: &str, now: Timestamp) -> Result<bool, Error> {
    let (host, kind, id) = key(&claim.listing);
    let moved = execute!(
        *tx,
        sqlx::query(
            "UPDATE listing SET attempts = 0, leased_until = NULL, next_attempt_at = $6, place = $5, last_error = NULL
             WHERE host = $1 AND kind = $2 AND id = $3 AND token = $4 AND leased_until IS NOT NULL"
        )
        .bind(host)
        .bind(kind)
        .bind(id)
        .bind(claim.token)
        .bind(place)
        .bind(ms(now))
    )?;
    Ok(moved == 1)
}
