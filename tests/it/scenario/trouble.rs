//! Bad days: what the forge, the network, the store and other workers do to us. The check is right in the end, stays as
//! it was until then, and never passes by accident.

mod calls;
mod deliveries;
mod limits;
pub(crate) mod matrix;
mod orders;
mod reads;
mod refusals;
mod workers;

use std::collections::BTreeSet;

use crate::world::{Change, Scene};

/// The numbers of our check runs on the change's head: one, however often it was written.
pub(super) fn check_runs(s: &Scene, change: &Change) -> BTreeSet<u64> {
    check_runs_on(s, change, &s.head(change))
}

/// As [`check_runs`], on any commit.
pub(crate) fn check_runs_on(s: &Scene, change: &Change, sha: &str) -> BTreeSet<u64> {
    s.forge.check_runs(&change.repository, sha, "seconder").iter().map(|run| run.id).collect()
}
