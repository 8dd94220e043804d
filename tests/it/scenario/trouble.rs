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

/// The numbers of our check runs on the change's head: one, however often it was written. On GitLab, of our notes about it,
/// as statuses come and go.
pub(super) fn check_runs(s: &Scene, change: &Change) -> BTreeSet<u64> {
    if !s.is_gitlab() {
        return check_runs_on(s, change, &s.head(change));
    }
    let bot = s.forge.bot_account().login;
    let notes = s.forge.comments(&change.repository, change.number).into_iter();
    let ours = notes.filter(|(_, login, text)| *login == bot && text.starts_with("<!-- seconder:check "));
    ours.map(|(number, ..)| number).collect()
}

/// As [`check_runs`], on any commit.
pub(crate) fn check_runs_on(s: &Scene, change: &Change, sha: &str) -> BTreeSet<u64> {
    s.forge.check_runs(&change.repository, sha, "seconder").iter().map(|run| run.id).collect()
}
