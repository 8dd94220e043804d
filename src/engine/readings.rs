//! Who is in the groups that the directory takes members from: asked of their forges, kept in the store, and taken over.
//!
//! A reading is whole or none: what could not be read stays as it was, and grows old. Every replica takes over what any of them
//! has read.

use std::collections::BTreeSet;

use super::{Engine, Obstacle};
use crate::directory::readings::{difference, taken};
use crate::forge::{Error, Forge};
use crate::gate::ids::Host;
use crate::gate::membership::{GroupName, Kept, Reading, Source};
use crate::store::{ListingClaim, StoredReading};

/// Somebody else may write between a look and a write; not again and again.
const MOST_ATTEMPTS: usize = 8;

impl Engine {
    /// Reads every group of a host that the directory takes members from. One that cannot be read keeps no other from being.
    pub(super) async fn list_members(&self, claim: &ListingClaim, host: &Host) -> Result<(), Obstacle> {
        let mut passing = None;
        for source in self.people.sources_at(host) {
            match self.read_group(&source).await {
                Ok(()) => {}
                Err(obstacle @ Obstacle::Store(_)) => return Err(obstacle),
                Err(obstacle) => {
                    tracing::warn!(group = %source, reason = %obstacle, "the members of a group were not read; those of before stay");
                    passing = passing.or(is_passing(&obstacle).then_some(obstacle));
                }
            }
        }
        self.take_over_readings().await;
        self.pin_logins_of(host).await?;
        if let Some(obstacle) = passing {
            return Err(obstacle);
        }
        self.store.finish_listing(claim, None, self.clock.now()).await?;
        Ok(())
    }

    async fn read_group(&self, source: &Source) -> Result<(), Obstacle> {
        // Before it is asked: what it was then, it may no longer be when the answer has come.
        let read_at = self.clock.now();
        let members = self.members(source).await?;
        let found = Reading { members, read_at };
        for _ in 0..MOST_ATTEMPTS {
            let stored = self.store.reading(source).await?;
            if stored.as_ref().is_some_and(|stored| stored.kept.reading.read_at > read_at) {
                return Ok(());
            }
            let (version, held) = (stored.as_ref().map(|stored| stored.version), stored.as_ref().and_then(held));
            let kept = match stored {
                Some(stored) => taken(stored.kept, found.clone()),
                None => Kept::first(found.clone()),
            };
            if self.store.keep_reading(source, &kept, version).await? {
                Self::tell_held(source, &kept, held.as_deref());
                return Ok(());
            }
        }
        Err(Obstacle::Incomplete { why: format!("what is on record of {source} moves faster than it can be read") })
    }

    async fn members(&self, source: &Source) -> Result<BTreeSet<i64>, Obstacle> {
        let forge = self.forge(&source.host)?;
        let path = match &source.group {
            GroupName::Number(number) => return Ok(forge.group_members(*number, source.reach).await?),
            GroupName::Path(path) => path,
        };
        let number = match self.store.pinned_group(&source.host, path).await? {
            Some(number) => number,
            None => self.pin_group(forge, &source.host, path).await?,
        };
        match forge.group_members(number, source.reach).await {
            Err(error @ Error::NotFound { .. }) => Err(replaced(forge, path, number).await.unwrap_or(error).into()),
            members => Ok(members?),
        }
    }

    /// Pins a path to the number of the group that has it now. Whoever pins it first is right.
    async fn pin_group(&self, forge: &Forge, host: &Host, path: &str) -> Result<i64, Obstacle> {
        use crate::store::Pin;
        let number = forge.group_number(path).await?;
        Ok(match self.store.pin_group(host, path, number, self.clock.now()).await? {
            Pin::Ours => number,
            Pin::Conflict { existing } => existing,
        })
    }

    fn tell_held(source: &Source, kept: &Kept, before: Option<&str>) {
        let (Some(reading), Some(difference)) = (&kept.held, difference(kept)) else { return };
        let digest = reading.digest();
        if before == Some(digest.as_str()) {
            return;
        }
        tracing::warn!(
            group = %source,
            joining = difference.joining,
            leaving = difference.leaving,
            digest,
            "many joined or left a group; that waits until somebody lets it through: `seconder doctor` says how"
        );
    }
}

fn held(stored: &StoredReading) -> Option<String> {
    stored.kept.held.as_ref().map(Reading::digest)
}

/// Whether another attempt soon may do better. Of what needs somebody to do something, the next round is soon enough.
fn is_passing(obstacle: &Obstacle) -> bool {
    matches!(
        obstacle,
        Obstacle::Forge(Error::RateLimited { .. } | Error::Transient { .. } | Error::Uncertain { .. })
            | Obstacle::Incomplete { .. }
    )
}

/// What to say of a group that is gone, where another one has its path now.
async fn replaced(forge: &Forge, path: &str, number: i64) -> Option<Error> {
    let other = forge.group_number(path).await.ok().filter(|other| *other != number)?;
    let why = format!(
        "it was number {number}, which is gone, and the group that has this path now is another one; if that is meant, name \
         it by its number, {other}"
    );
    Some(Error::Broken { what: format!("the group {path}"), why })
}
