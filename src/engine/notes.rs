//! What judging finds out by the way, and leaves in the store for the next time.
//!
//! This is the one place where judging writes. On a store that is only looked into, nothing is left: the verdict is the
//! same, and the next one has to find out again.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::directory::Pins;
use crate::gate::change::HeadBranch;
use crate::gate::command::Fate;
use crate::gate::ids::{ChangeKey, Host, OwnerId, RepoId};
use crate::gate::suggestion::Applied;
use crate::store::{Error, Found, KnownChange, Pin, ReadRules, Store};

/// Where findings are left.
#[derive(Debug, Clone)]
pub(super) struct Notes(Option<Store>);

impl Notes {
    /// Into this store, if it takes writes.
    pub(super) fn into(store: &Store) -> Self {
        Self((!store.is_read_only()).then(|| store.clone()))
    }

    /// What a change was read to be.
    pub(super) async fn change(&self, known: &KnownChange) -> Result<(), Error> {
        let Some(store) = &self.0 else { return Ok(()) };
        store.note_change(known).await
    }

    /// A repository's present name.
    pub(super) async fn name(&self, repo: &RepoId, name: &str) -> Result<(), Error> {
        let Some(store) = &self.0 else { return Ok(()) };
        store.rename_repository(repo, name).await
    }

    /// Whether everybody may see a repository.
    pub(super) async fn visibility(&self, repo: &RepoId, is_public: bool, at: Timestamp) -> Result<(), Error> {
        let Some(store) = &self.0 else { return Ok(()) };
        store.note_visibility(repo, is_public, at).await
    }

    /// That the owner has a policy.
    pub(super) async fn organisation_policy(&self, owner: &OwnerId, oid: &str, now: Timestamp) -> Result<(), Error> {
        let Some(store) = &self.0 else { return Ok(()) };
        store.saw_organisation_policy(owner, oid, now).await
    }

    /// Comments that were edited or deleted.
    pub(super) async fn fates(&self, repo: &RepoId, fates: &[(i64, Fate)]) -> Result<(), Error> {
        let Some(store) = &self.0 else { return Ok(()) };
        store.note_fates(repo, fates).await
    }

    /// Suggestions that were taken over.
    pub(super) async fn suggestions(
        &self,
        change: &ChangeKey,
        branch: &HeadBranch,
        found: &[Applied],
    ) -> Result<(), Error> {
        let Some(store) = &self.0 else { return Ok(()) };
        store.note_suggestions(change, branch, found).await
    }

    /// The rules of a branch, and what is to be found about them.
    pub(super) async fn rules(&self, read: &ReadRules<'_>) -> Result<Option<Found>, Error> {
        let Some(store) = &self.0 else { return Ok(None) };
        store.note_rules(read).await
    }

    /// The number of a login.
    pub(super) async fn pin(&self, host: &Host, login: &str, id: i64, now: Timestamp) -> Result<Pin, Error> {
        let Some(store) = &self.0 else { return Ok(Pin::Ours) };
        store.pin_login(host, login, id, now).await
    }
}

/// Pins of these hosts: those on record, and what was found since. The first that was on record counts.
pub(super) async fn pins(store: &Store, hosts: impl Iterator<Item = Host>, found: &Pins) -> Result<Pins, Error> {
    let mut pins = found.clone();
    for host in hosts {
        let known: BTreeMap<String, i64> = store.pinned_logins(&host).await?;
        pins.extend(known.into_iter().map(|(login, id)| ((host.clone(), login), id)));
    }
    Ok(pins)
}

/// The number of a directory's snapshot.
pub(super) async fn snapshot(store: &Store, digest: &str, taken_at: Timestamp) -> Result<i64, Error> {
    if store.is_read_only() { store.snapshot_number(digest).await } else { store.snapshot(digest, taken_at).await }
}
