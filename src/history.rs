//! Local git histories: which commits there are, what each says, which files it changed, and the notes on it.
//!
//! Reads through `gix`: no network, no `git` program, no hooks, no configuration but the repository's own. Nothing is
//! ever written.
//!
//! A [`History`] belongs to one thread; clones share what is open, so every worker takes one of its own.
//!
//! Never in here: what a commit means. That is decided in `gate`.

mod blob;
mod changes;
mod commit;
mod error;
mod mailmap;
mod notes;
mod selection;
mod walk;

use std::path::Path;

use gix::discover::upwards;
use gix::odb::pack::cache::lru::MemoryCappedHashmap;
use gix::open::Permissions;
use gix::sec::trust::Mapping;

use crate::gate::ids::CommitSha;

pub use blob::Content;
pub use commit::Commit;
pub use error::{Error, Result};
pub use gix::ObjectId as Id;
pub use mailmap::Mailmap;
pub use notes::Notes;
pub use selection::Selection;
pub use walk::{Visit, Walk, WalkOptions};

/// Objects that were read lately and may be needed again, such as a parent's tree, in bytes for each handle.
const OBJECT_CACHE_BYTES: usize = 16 << 20;

/// What other objects in a pack are given as changes of, likewise. Without it, each object is put together from the
/// beginning of its chain.
const DELTA_CACHE_BYTES: usize = 32 << 20;

/// A local repository, opened for reading.
#[derive(Clone, Debug)]
pub struct History {
    repository: gix::Repository,
}

impl History {
    /// Opens the repository that this folder is in: a working tree or a folder of one, a linked working tree, or a bare
    /// repository. Its owner may be anybody: nothing that its configuration names is ever run.
    ///
    /// # Errors
    ///
    /// [`Error::NotThere`], [`Error::NotARepository`], or [`Error::CannotOpen`].
    pub fn open(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Err(Error::NotThere { path: path.to_owned() });
        }
        let options = || gix::open::Options::default().permissions(Permissions::isolated());
        let trust = Mapping { full: options(), reduced: options() };
        // A repository does not end where a file system does: a folder of it may be mounted.
        let upwards = || upwards::Options { cross_fs: true, ..upwards::Options::default() };
        if let Err(error) = gix::discover::upwards_opts(path, upwards()) {
            return Err(Error::NotARepository { path: path.to_owned(), why: error.to_string() });
        }
        let opened = gix::ThreadSafeRepository::discover_opts(path, upwards(), trust);
        let opened = opened.map_err(|error| Error::CannotOpen { path: path.to_owned(), why: told(&error) })?;
        let mut repository = opened.to_thread_local();
        repository.object_cache_size(OBJECT_CACHE_BYTES);
        repository.objects.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(DELTA_CACHE_BYTES)));
        Ok(Self { repository })
    }

    /// What people call it: the name of its folder.
    pub fn name(&self) -> String {
        let folder = self.repository.workdir().unwrap_or_else(|| self.repository.common_dir());
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        name.strip_suffix(".git").filter(|name| !name.is_empty()).unwrap_or(&name).to_owned()
    }

    /// Whether commits were cut off when it was cloned (`git clone --depth`): what is said of it is said of a part.
    pub fn is_shallow(&self) -> bool {
        self.repository.is_shallow().unwrap_or(false)
    }
}

/// The name of a commit, as the gate knows it.
pub fn sha(id: Id) -> CommitSha {
    // All that is no hex digits is refused, and an id is nothing else.
    CommitSha::try_from(id.to_string()).unwrap_or_else(|_| unreachable!("an object's id is hex digits"))
}

/// An error of the library with its causes, in one line.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let said = error.to_string();
        if words.last() != Some(&said) {
            words.push(said);
        }
        next = error.source();
    }
    words.join(": ")
}
