//! The directory in use: read from its files, numbered as a snapshot, and read again when the files change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::{Engine, Floor, Obstacle, notes};
use crate::directory::{self, Directory, Pins, Tenant, pin};
use crate::gate::ids::{Host, Login, OwnerId};
use crate::gate::membership::Source;
use crate::gate::people::{Roster, Snapshot};
use crate::gate::policy::compile::CompiledFile;
use crate::gate::policy::diagnostic::Diagnostic;
use crate::gate::witnessed::{Concern, Listing};
use crate::store::{self, Claim, Pin, Store};
use crate::telemetry::Metrics;

/// Why the directory or the floor cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The directory's files.
    #[error("the directory cannot be used:\n{0}")]
    Directory(directory::Error),
    /// The floor.
    #[error("the floor cannot be used:\n{}", lines(.0))]
    Floor(Vec<Diagnostic>),
    /// The directory's groups.
    #[error("the directory cannot be used:\n{}", lines(.0))]
    Groups(Vec<Diagnostic>),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Not as a source: its words are in ours, and whoever prints a whole chain would say them twice.
impl From<directory::Error> for SetupError {
    fn from(error: directory::Error) -> Self {
        Self::Directory(error)
    }
}

fn lines(findings: &[Diagnostic]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Where people come from.
#[derive(Debug)]
pub struct Sources {
    /// The directory's files.
    pub files: Vec<PathBuf>,
    /// Each GitLab whose groups they may take members from.
    pub gitlabs: BTreeSet<Host>,
}

impl Sources {
    /// Reads the files.
    fn read(&self, now: Timestamp) -> Result<(Directory, Vec<Diagnostic>), SetupError> {
        let (directory, warnings) = Directory::read(&self.files, now)?;
        directory.check_hosts(&self.gitlabs).map_err(SetupError::Groups)?;
        Ok((directory, warnings))
    }
}

/// The directory and the floor, whose tiers belong together.
#[derive(Debug)]
pub struct People {
    sources: Sources,
    floor: Floor,
    loaded: RwLock<Arc<Loaded>>,
    /// Organisation policies known to be on record, so that the store is not told of each one again and again.
    policies_seen: RwLock<BTreeMap<OwnerId, String>>,
    /// When the files were last looked at.
    looked_at: RwLock<Timestamp>,
    /// Whether open changes should have been judged anew and the store did not let us mark them.
    owes_a_look: AtomicBool,
    /// Logins that the forge does not know. They are asked for again only when the files change.
    unknown_logins: RwLock<BTreeSet<(Host, String)>>,
    /// Held by whoever makes the next directory, so that nobody's is replaced by an older one.
    turn: Mutex<()>,
}

#[derive(Debug)]
struct Loaded {
    directory: Directory,
    pins: Pins,
    snapshot: Snapshot,
    /// Groups of which a reading is held.
    held: BTreeSet<Source>,
    floor: CompiledFile,
    rosters: RwLock<BTreeMap<OwnerId, Arc<Roster>>>,
}

impl People {
    /// Reads the files and compiles the floor with the directory's tiers.
    pub async fn load(sources: Sources, floor: Floor, store: &Store, now: Timestamp) -> Result<Self, SetupError> {
        let (directory, warnings) = sources.read(now)?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let loaded = Loaded::new(directory, &floor, store, &Pins::new()).await?;
        for (source, _) in loaded.directory.unread() {
            tracing::warn!(group = %source, "the members of a group were never read; until they are, nobody qualifies by it");
        }
        Ok(Self {
            sources,
            floor,
            loaded: RwLock::new(Arc::new(loaded)),
            policies_seen: RwLock::default(),
            looked_at: RwLock::new(now),
            owes_a_look: AtomicBool::new(false),
            unknown_logins: RwLock::default(),
            turn: Mutex::default(),
        })
    }

    fn loaded(&self) -> Arc<Loaded> {
        // A poisoned lock still holds the last whole value: it is replaced, never changed in place.
        Arc::clone(&self.loaded.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn replace(&self, loaded: Loaded) {
        *self.loaded.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(loaded);
    }

    /// The floor, compiled.
    pub(super) fn floor(&self) -> CompiledFile {
        self.loaded().floor.clone()
    }

    /// The snapshot in use.
    pub fn snapshot(&self) -> Snapshot {
        self.loaded().snapshot.clone()
    }

    /// Notes what is in use.
    pub(super) fn tell(&self, metrics: &Metrics) {
        self.loaded().tell(metrics);
    }

    /// The groups of a host whose members the directory takes.
    pub(super) fn sources_at(&self, host: &Host) -> Vec<Source> {
        self.loaded().directory.sources_at(host)
    }

    /// Notes that the files are looked at now, and says when they were before.
    fn look(&self, now: Timestamp) -> Timestamp {
        let mut looked_at = self.looked_at.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::replace(&mut looked_at, now)
    }

    /// Whether the store has not been told of this organisation policy since we started.
    pub(super) fn organisation_policy_is_new(&self, owner: &OwnerId, digest: &str) -> bool {
        let mut seen = self.policies_seen.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.insert(owner.clone(), digest.to_owned()).is_none_or(|before| before != digest)
    }

    fn give_up_login(&self, host: &Host, login: String) {
        let mut unknown = self.unknown_logins.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        unknown.insert((host.clone(), login));
    }

    /// Logins of this host that have no number yet, and that the forge was not asked for since the files changed.
    fn unpinned(&self, host: &Host) -> Vec<Login> {
        let loaded = self.loaded();
        let asked = self.unknown_logins.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let open = loaded.directory.unpinned(&loaded.pins).into_iter();
        open.filter(|(on, login)| on == host && !asked.contains(&pin(on, login))).map(|(_, login)| login).collect()
    }
}

impl Loaded {
    /// `found` are numbers of logins that need not be on record.
    async fn new(directory: Directory, floor: &Floor, store: &Store, found: &Pins) -> Result<Self, SetupError> {
        let floor = floor.compile(directory.tiers()).map_err(SetupError::Floor)?;
        let hosts: BTreeSet<Host> = directory.unpinned(&Pins::new()).into_iter().map(|(host, _)| host).collect();
        let pins = notes::pins(store, hosts.into_iter(), found).await?;
        let has_groups = directory.sources().next().is_some();
        let stored = if has_groups { store.readings().await? } else { Vec::new() };
        let held = stored.iter().filter(|one| one.kept.held.is_some()).map(|one| one.source.clone()).collect();
        let readings = stored.into_iter().map(|one| (one.source, one.kept.reading)).collect();
        let directory = directory.with_fresh(readings, &pins);
        let unnumbered = directory.snapshot(0, &pins);
        let number = notes::snapshot(store, &unnumbered.digest, unnumbered.taken_at).await?;
        let snapshot = Snapshot { number, ..unnumbered };
        Ok(Self { directory, pins, snapshot, held, floor, rosters: RwLock::default() })
    }

    fn tell(&self, metrics: &Metrics) {
        metrics.directory(self.snapshot.number, self.snapshot.taken_at);
        for (source, groups) in self.directory.sources() {
            let read_at = self.directory.reading(source).map(|reading| reading.read_at);
            for group in groups {
                metrics.group(group, read_at, self.held.contains(source));
            }
        }
    }

    fn roster(&self, tenant: &Tenant) -> Arc<Roster> {
        let cached = |rosters: &BTreeMap<OwnerId, Arc<Roster>>| rosters.get(&tenant.owner).cloned();
        if let Some(roster) = self.rosters.read().ok().and_then(|rosters| cached(&rosters)) {
            return roster;
        }
        let roster = Arc::new(self.directory.roster(tenant, &self.pins, self.snapshot.clone()));
        if let Ok(mut rosters) = self.rosters.write() {
            rosters.insert(tenant.owner.clone(), Arc::clone(&roster));
        }
        roster
    }
}

impl Engine {
    /// The roster as the owner's changes may see it. Logins without a number are looked up first, once.
    pub(super) async fn roster(&self, claim: &Claim, owner: &OwnerId) -> Result<Arc<Roster>, Obstacle> {
        let open = self.people.unpinned(&owner.host);
        if !open.is_empty() {
            self.pin_logins(claim.repository.installation, &owner.host, &open).await?;
        }
        let login = claim.repository.name.split('/').next().unwrap_or_default();
        let tenant = Tenant { owner: owner.clone(), login: Login::from(login) };
        Ok(self.people.loaded().roster(&tenant))
    }

    /// Looks up the numbers of logins and pins them for good: a login that is later given up and taken by somebody else
    /// still means the account that had it when the directory was loaded.
    async fn pin_logins(&self, installation: i64, host: &Host, logins: &[Login]) -> Result<(), Obstacle> {
        let forge = self.forge(host)?;
        let found = forge.resolve_logins(installation, logins).await?;
        let now = self.clock.now();
        let mut pins = Pins::new();
        for login in logins {
            let (_, key) = pin(host, login);
            let Some(id) = found.get(&key) else {
                tracing::warn!(%login, %host, "the directory names a login that the forge does not know");
                self.people.give_up_login(host, key);
                continue;
            };
            if let Pin::Conflict { existing } = self.notes.pin(host, &key, *id, now).await? {
                tracing::warn!(%login, existing, "the login now belongs to another account; the first one counts");
            }
            pins.insert((host.clone(), key), *id);
        }
        let _turn = self.people.turn.lock().await;
        let loaded = self.people.loaded();
        pins.extend(loaded.pins.clone());
        match Loaded::new(loaded.directory.clone(), &self.people.floor, &self.store, &pins).await {
            Ok(loaded) => self.people.replace(loaded),
            Err(SetupError::Store(error)) => return Err(error.into()),
            Err(error) => tracing::error!("{error}"),
        }
        Ok(())
    }

    /// Pins logins of a host that has no installations: a member of a group may be one of them.
    pub(super) async fn pin_logins_of(&self, host: &Host) -> Result<(), Obstacle> {
        let open = self.people.unpinned(host);
        if open.is_empty() || self.people.sources_at(host).is_empty() {
            return Ok(());
        }
        let before = self.people.snapshot().digest;
        self.pin_logins(0, host, &open).await?;
        if self.people.snapshot().digest != before {
            self.directory_has_changed(self.clock.now()).await;
        }
        Ok(())
    }

    /// Reads the files again. A change that makes sense is taken over and every open change is judged anew; one that
    /// does not is logged, and the files as they were stay in use until they are too old to vouch for anybody.
    ///
    /// Time alone can move the directory as well: exceptions end, and what cannot be read again grows old.
    pub async fn reload_directory(&self) {
        let now = self.clock.now();
        self.take_over(|| self.people.sources.read(now).map(|(directory, _)| directory), now).await;
    }

    /// Takes over who is in groups by now, with the files as they were read last.
    pub(super) async fn take_over_readings(&self) {
        self.take_over(|| Ok(self.people.loaded().directory.clone()), self.clock.now()).await;
    }

    async fn take_over(&self, read: impl FnOnce() -> Result<Directory, SetupError>, now: Timestamp) {
        let _turn = self.people.turn.lock().await;
        let since = self.people.look(now);
        let before = self.people.loaded();
        let loaded = match read() {
            Ok(directory) => Loaded::new(directory, &self.people.floor, &self.store, &Pins::new()).await,
            Err(error) => Err(error),
        };
        let loaded = match loaded {
            Ok(loaded) => Some(loaded),
            Err(error) => {
                tracing::error!("the directory was not reloaded: {error}");
                self.with_what_was_read(&before).await
            }
        };
        if let Some(loaded) = loaded {
            loaded.tell(&self.metrics);
            self.owe_new_groups(&before.directory, &loaded.directory, now).await;
            self.people.replace(loaded);
        }
        let after = self.people.snapshot();
        let has_changed = after.digest != before.snapshot.digest
            || after.is_fresh(now) != before.snapshot.is_fresh(since)
            || before.directory.moves_between(since, now);
        if has_changed {
            self.directory_has_changed(now).await;
        } else if self.people.owes_a_look.load(Ordering::Relaxed) {
            self.judge_all_anew("it could not be done before", now).await;
        }
    }

    /// The files as they were, with who is in groups by now: who has left one must not stay because a file is broken.
    async fn with_what_was_read(&self, before: &Loaded) -> Option<Loaded> {
        before.directory.sources().next()?;
        Loaded::new(before.directory.clone(), &self.people.floor, &self.store, &before.pins).await.ok()
    }

    /// Owes the members of groups that the files did not name before.
    async fn owe_new_groups(&self, before: &Directory, after: &Directory, now: Timestamp) {
        let known: BTreeSet<&Source> = before.sources().map(|(source, _)| source).collect();
        let new = after.sources().filter(|(source, _)| !known.contains(source));
        let lists: BTreeSet<Listing> = new.map(|(source, _)| Listing::Members(source.host.clone())).collect();
        if lists.is_empty() {
            return;
        }
        match self.store.owe(&lists.into_iter().collect::<Vec<_>>(), now).await {
            Ok(()) => self.wake.lists(),
            // The next round brings them all the same.
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "new groups were not noted"),
        }
    }

    async fn directory_has_changed(&self, now: Timestamp) {
        if let Ok(mut unknown) = self.people.unknown_logins.write() {
            unknown.clear();
        }
        self.judge_all_anew("the directory has changed", now).await;
    }

    /// The directory in use.
    pub fn snapshot(&self) -> Snapshot {
        self.people.snapshot()
    }

    /// To be called when the engine begins to work. What moved while nobody looked (the directory's files, the floor, an
    /// exception that ended) shows in no event, so every open change on record is judged anew. What happened at the forge
    /// meanwhile is found by listing everything.
    pub async fn catch_up(&self) {
        self.sweep().await;
        self.judge_all_anew("the server has started", self.clock.now()).await;
    }

    pub(super) async fn judge_all_anew(&self, why: &str, now: Timestamp) {
        let marked = self.mark_all(now).await;
        self.people.owes_a_look.store(marked.is_err(), Ordering::Relaxed);
        match marked {
            Ok(dirtied) => {
                tracing::info!(dirtied, why, "open changes are judged anew");
                self.wake.changes();
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "open changes were not marked; it is tried again");
            }
        }
    }

    async fn mark_all(&self, now: Timestamp) -> Result<u64, store::Error> {
        let concerns: Vec<Concern> = self.store.owners().await?.into_iter().map(Concern::Owner).collect();
        self.store.mark_dirty(&concerns, false, now).await
    }
}
