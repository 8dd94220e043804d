//! Limits that a forge named, told to every server: no replica, and nobody after a restart, calls before.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::Engine;
use crate::forge::{Forge, RateLimit};
use crate::gate::ids::Host;
use crate::store::{self, Limit};

/// Limits that are on record already.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<HashSet<(Host, RateLimit)>>);

impl Engine {
    /// Takes a step: what others were told holds for it, and what it is told is kept for them.
    pub(super) async fn within_limits<T>(
        &self,
        step: impl Future<Output = Result<T, store::Error>>,
    ) -> Result<T, store::Error> {
        self.heed_limits().await?;
        let done = step.await;
        for (host, limit) in self.unkept() {
            let RateLimit { installation, counted, until } = limit;
            let kept = Limit { host: host.clone(), installation, counted: counted.to_owned(), until };
            self.store.keep_limit(&kept).await?;
            self.kept.with(|kept| kept.insert((host, limit)));
        }
        done
    }

    /// Makes no call before the times that others were told.
    pub(super) async fn heed_limits(&self) -> Result<(), store::Error> {
        for Limit { host, installation, counted, until } in self.store.limits(self.clock.now()).await? {
            if let Some(forge) = self.forges.get(&host) {
                forge.heed(installation, &counted, until);
            }
        }
        Ok(())
    }

    /// Limits that are not on record yet. Those that have ended are forgotten.
    fn unkept(&self) -> Vec<(Host, RateLimit)> {
        let of_host = |(host, forge): (&Host, &Arc<Forge>)| {
            let host = host.clone();
            forge.limits().into_iter().map(move |limit| (host.clone(), limit))
        };
        let standing: HashSet<(Host, RateLimit)> = self.forges.iter().flat_map(of_host).collect();
        self.kept.with(|kept| {
            kept.retain(|limit| standing.contains(limit));
            standing.difference(kept).cloned().collect()
        })
    }
}

impl Kept {
    fn with<T>(&self, work: impl FnOnce(&mut HashSet<(Host, RateLimit)>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
