//! Keeping what is held while working on it, and surviving what works on it.

use std::any::Any;
use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use super::{Engine, POLL_EVERY};
use crate::store;

impl Engine {
    /// Does some work and renews a lease beside it: a long read, page by page, may take longer than a lease.
    ///
    /// Losing the lease does not stop the work. A request on the wire cannot be recalled, so that breaking off would only
    /// make a certain write an uncertain one; and what is recorded, published or given back under a lost lease is
    /// refused by the store.
    pub(super) async fn holding<T, R>(&self, renew: impl Fn() -> R, work: impl Future<Output = T>) -> T
    where
        R: Future<Output = Result<bool, store::Error>>,
    {
        let third = std::time::Duration::try_from(self.options.lease / 3).unwrap_or(POLL_EVERY);
        let renewal = async {
            loop {
                tokio::time::sleep(third).await;
                // A store that is away for a moment is asked again; there may be a second third to go.
                if let Ok(false) = renew().await {
                    return pending::<Infallible>().await;
                }
            }
        };
        tokio::select! {
            done = work => done,
            never = renewal => match never {},
        }
    }
}

/// Does some work; a panic in it is given back instead of ending the worker.
pub(super) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Box<dyn Any + Send>> {
    let mut work = pin!(work);
    // What panicked is not polled again, and all that it shared with others is behind locks that bear it.
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => std::task::Poll::Ready(Err(panic)),
    })
    .await
}
