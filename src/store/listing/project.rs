//! Whose a repository is, where deliveries do not say it in numbers: a read tells, and until then nothing is done there.
//!
//! A delivery of GitLab names its project by a number and a path. The path's first part is the top-level group's, which is
//! a name, and names are given up and taken by others. So the group's number is asked for once, and again whenever the first
//! part has changed. Changes of a repository whose owner is unknown stay dirty and wait, as [`Store::claim`] has it.

use jiff::{SignedDuration, Timestamp};

use super::found::close;
use super::{ListingClaim, Owed, PROJECT, owe};
use crate::gate::ids::RepoId;
use crate::gate::witnessed::{Listing, SeenProject, SeenRepository};
use crate::store::backend::Tx;
use crate::store::changes;
use crate::store::error::Error;
use crate::store::witnessed::{RepositoryRow, SELECT_REPOSITORY, store_repository};
use crate::store::{Store, columns, ms};

/// A project that was found not to be ours is not asked about again before this, whatever deliveries name it.
const STRANGE_FOR: SignedDuration = SignedDuration::from_hours(1);

/// What is on record of a repository that a delivery names by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownProject {
    /// Its owner is known.
    Placed(SeenRepository),
    /// Nothing is known yet.
    Unknown,
    /// A read has shown within the last hour that it is not to be served.
    Strange,
}

impl Store {
    /// What is on record of a repository that a delivery names by its path.
    pub async fn known_project(&self, repo: &RepoId, now: Timestamp) -> Result<KnownProject, Error> {
        if let Some(placed) = self.repository(repo).await? {
            return Ok(KnownProject::Placed(placed));
        }
        let finished = read!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, Option<i64>>(
                "SELECT finished_at FROM listing WHERE host = $1 AND kind = $2 AND id = $3 AND NOT is_owed"
            )
            .bind(repo.host.as_str())
            .bind(PROJECT)
            .bind(repo.id)
        )?;
        let since = now.saturating_sub(STRANGE_FOR).unwrap_or(Timestamp::MIN);
        let is_strange = match finished.flatten() {
            Some(finished) => columns::time(finished)? > since,
            None => false,
        };
        Ok(if is_strange { KnownProject::Strange } else { KnownProject::Unknown })
    }

    /// Keeps what was read of the project that the list is about: the repository with its owner, whose open changes are to
    /// be listed next; or `None` if it is not there, or not to be served, and then nothing is done there any more.
    ///
    /// False when another worker has taken over. Nothing was changed then.
    pub async fn found_project(
        &self,
        claim: &ListingClaim,
        found: Option<&SeenRepository>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let Listing::Project(repo) = &claim.listing else {
            return Err(Error::broken(format!("{} is no list about a project", claim.listing)));
        };
        if found.is_some_and(|found| found.repo != *repo) {
            return Err(Error::broken(format!("another project was read than {repo}")));
        }
        let mut tx = self.backend.write_tx().await?;
        match found {
            Some(found) => {
                store_repository(&mut tx, found, ms(now)).await?;
                owe(&mut tx, &[&Listing::Changes(repo.clone())].into(), Owed::Again, now).await?;
            }
            None => changes::forget(&mut tx, repo, now).await?,
        }
        close(tx, claim, now).await
    }
}

/// Keeps what a delivery says of a project whose owner is known, as long as its path says nothing else of the owner. Of any
/// other, a read is owed.
pub(in crate::store) async fn sighted(tx: &mut Tx, seen: &SeenProject, now: Timestamp) -> Result<(), Error> {
    let known = within!(
        *tx,
        fetch_optional,
        sqlx::query_as::<_, RepositoryRow>(SELECT_REPOSITORY).bind(seen.repo.host.as_str()).bind(seen.repo.id)
    )?;
    let Some(known) = known.map(|row| row.into_seen(&seen.repo)) else {
        return owe(tx, &[&Listing::Project(seen.repo.clone())].into(), Owed::Again, now).await;
    };
    if top(&known.name) != top(&seen.name) {
        return owe(tx, &[&Listing::Project(seen.repo.clone())].into(), Owed::Anew, now).await;
    }
    let SeenProject { name, default_branch, is_public, .. } = seen.clone();
    store_repository(tx, &SeenRepository { name, default_branch, is_public, ..known }, ms(now)).await
}

/// The first part of a path.
fn top(path: &str) -> String {
    path.split('/').next().unwrap_or_default().to_ascii_lowercase()
}
