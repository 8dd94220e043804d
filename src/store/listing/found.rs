//! What a list showed, stored together with how far the list has come.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{ListingClaim, Owed, finish, go_on, owe};
use crate::gate::ids::{ChangeKey, Host, RepoId};
use crate::gate::witnessed::{Concern, Listing, SeenChange, SeenCommand, SeenRepository, Witness};
use crate::store::backend::Tx;
use crate::store::changes::{self, Haste, Marks};
use crate::store::error::Error;
use crate::store::witnessed::Sightings;
use crate::store::{Store, columns, commands, ms};

/// A change as a list showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedChange {
    /// The change. The list tells neither who pushed its head nor what was there before.
    pub seen: SeenChange,
    /// Whether it is to be looked at.
    pub needs_look: bool,
}

impl Store {
    /// Keeps what the list of a host's installations showed: the repositories of each are to be listed, and those of any
    /// installation on record that is not there any more, whose list then shows that it is gone.
    ///
    /// False when another worker has taken over. Nothing was changed then.
    pub async fn found_installations(
        &self,
        claim: &ListingClaim,
        host: &Host,
        installations: &[i64],
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.backend.write_tx().await?;
        let on_record = within!(
            tx,
            fetch_all,
            sqlx::query_scalar::<_, i64>("SELECT DISTINCT installation FROM repository WHERE host = $1")
                .bind(host.as_str())
        )?;
        let all = installations.iter().copied().chain(on_record);
        let owed: Vec<Listing> =
            all.map(|installation| Listing::Repositories { host: host.clone(), installation }).collect();
        owe(&mut tx, &owed.iter().collect(), Owed::Again, now).await?;
        close(tx, claim, now).await
    }

    /// Keeps what the list of an installation's repositories showed. Their open changes are to be listed next. Any other
    /// repository of the installation on record is not reached any more, and forgotten until it is.
    ///
    /// False when another worker has taken over. Nothing was changed then.
    pub async fn found_repositories(
        &self,
        claim: &ListingClaim,
        host: &Host,
        installation: i64,
        found: &[SeenRepository],
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.backend.write_tx().await?;
        let facts: Vec<Witness> = found.iter().cloned().map(Witness::Repository).collect();
        let mut sightings = Sightings::default();
        for fact in &facts {
            sightings.fact(fact, now);
        }
        sightings.store(&mut tx).await?;
        // One that came on record while the list was on its way may well be missing from it.
        let on_record = within!(
            tx,
            fetch_all,
            sqlx::query_scalar::<_, i64>(
                "SELECT repo_id FROM repository WHERE host = $1 AND installation = $2 AND seen_at < $3 ORDER BY repo_id"
            )
            .bind(host.as_str())
            .bind(installation)
            .bind(ms(claim.began_at))
        )?;
        let is_found = |id: &i64| found.iter().any(|repository| repository.repo.id == *id);
        for id in on_record.into_iter().filter(|id| !is_found(id)) {
            changes::forget(&mut tx, &RepoId::new(host.clone(), id), now).await?;
        }
        let owed: Vec<Listing> = found.iter().map(|repository| Listing::Changes(repository.repo.clone())).collect();
        owe(&mut tx, &owed.iter().collect(), Owed::Again, now).await?;
        close(tx, claim, now).await
    }

    /// Keeps what a page of a repository's open changes showed, and makes dirty what needs a look. `next` is where the
    /// list goes on. At its end, changes that are open on record and were on no page are made dirty as well.
    ///
    /// Gives the number of changes made dirty; `None` when another worker has taken over. Nothing was changed then.
    pub async fn found_changes(
        &self,
        claim: &ListingClaim,
        repo: &RepoId,
        found: &[ListedChange],
        next: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<u64>, Error> {
        let mut tx = self.backend.write_tx().await?;
        let facts: Vec<Witness> = found.iter().map(|listed| Witness::Change(listed.seen.clone())).collect();
        let mut sightings = Sightings::default();
        for fact in &facts {
            sightings.fact(fact, now);
        }
        sightings.store(&mut tx).await?;
        note_listed(&mut tx, repo, found, now).await?;
        let needs_look = found.iter().filter(|listed| listed.needs_look).map(|listed| listed.seen.key.clone());
        let mut concerns: Vec<Concern> = needs_look.map(Concern::Change).collect();
        if next.is_none() {
            concerns.extend(unlisted(&mut tx, repo, claim.began_at).await?.into_iter().map(Concern::Change));
        }
        if next.is_none() && (!found.is_empty() || claim.place.is_some()) {
            owe(&mut tx, &BTreeSet::from([&Listing::Comments(repo.clone())]), Owed::Again, now).await?;
        }
        let mut marks = Marks::default();
        let dirtied = marks.add(&mut tx, &concerns, Haste { urgent: false, hurry: false }, now).await?;
        marks.store(&mut tx).await?;
        let is_ours = match next {
            Some(place) => go_on(&mut tx, claim, place, now).await?,
            None => finish(&mut tx, claim, None, now).await?,
        };
        if !is_ours {
            return Ok(None);
        }
        tx.commit().await?;
        Ok(Some(dirtied))
    }

    /// Keeps commands that a list of comments showed, and makes their changes dirty. One that a delivery told of stays as
    /// it is. `place` is how far the list has come.
    ///
    /// False when another worker has taken over. Nothing was changed then.
    pub async fn found_comments(
        &self,
        claim: &ListingClaim,
        found: &[SeenCommand],
        place: &str,
        is_last: bool,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.backend.write_tx().await?;
        for seen in found {
            commands::keep(&mut tx, seen, now).await?;
        }
        let concerns: Vec<Concern> = found.iter().map(|seen| Concern::Change(seen.change.clone())).collect();
        let mut marks = Marks::default();
        marks.add(&mut tx, &concerns, Haste { urgent: true, hurry: false }, now).await?;
        marks.store(&mut tx).await?;
        let is_ours = if is_last {
            finish(&mut tx, claim, Some(place), now).await?
        } else {
            go_on(&mut tx, claim, place, now).await?
        };
        if is_ours {
            tx.commit().await?;
        }
        Ok(is_ours)
    }
}

/// Ends the list and the transaction, unless another worker has taken over: then it is as if it had never been.
pub(super) async fn close(mut tx: Tx, claim: &ListingClaim, now: Timestamp) -> Result<bool, Error> {
    let is_ours = finish(&mut tx, claim, None, now).await?;
    if is_ours {
        tx.commit().await?;
    }
    Ok(is_ours)
}

async fn note_listed(tx: &mut Tx, repo: &RepoId, found: &[ListedChange], now: Timestamp) -> Result<(), Error> {
    let numbers: Vec<String> = found.iter().map(|listed| listed.seen.key.number.to_string()).collect();
    let numbers = columns::to_json(&numbers)?;
    // The row of a number that is given as text, as both databases can take a list only of that.
    let (sqlite, postgres) =
        listed!("UPDATE known_change SET listed_at = $4 WHERE host = $1 AND repo_id = $2 AND CAST(number AS TEXT)");
    let sql = tx.choose(sqlite, postgres);
    execute!(*tx, sqlx::query(sql).bind(repo.host.as_str()).bind(repo.id).bind(numbers.as_str()).bind(ms(now)))?;
    Ok(())
}

/// Changes that are open on record, were so before the list began, and were not on it.
async fn unlisted(tx: &mut Tx, repo: &RepoId, began_at: Timestamp) -> Result<Vec<ChangeKey>, Error> {
    let numbers = within!(
        *tx,
        fetch_all,
        sqlx::query_scalar::<_, i64>(
            "SELECT number FROM known_change
             WHERE host = $1 AND repo_id = $2 AND state = 'open' AND (listed_at IS NULL OR listed_at < $3)
               AND seen_at < $3
             ORDER BY number"
        )
        .bind(repo.host.as_str())
        .bind(repo.id)
        .bind(ms(began_at))
    )?;
    Ok(numbers.into_iter().map(|number| ChangeKey { repo: repo.clone(), number }).collect())
}
