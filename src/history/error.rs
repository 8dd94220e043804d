//! What can go wrong, by what somebody can do about it.

use std::path::PathBuf;

use super::Id;

/// What is answered in this room.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a history, or a part of it, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such path.
    #[error("{}: there is no such folder", path.display())]
    NotThere {
        /// As it was given.
        path: PathBuf,
    },
    /// Neither this folder nor one above it holds a repository.
    #[error("{}: not in a git repository ({why})", path.display())]
    NotARepository {
        /// As it was given.
        path: PathBuf,
        /// What was looked for.
        why: String,
    },
    /// It is a repository, and of a kind that is not understood, or parts of it are broken.
    #[error("{}: the repository cannot be opened: {why}", path.display())]
    CannotOpen {
        /// As it was given.
        path: PathBuf,
        /// What the library says.
        why: String,
    },
    /// A revision or range that names nothing here.
    #[error("`{given}` names no commit here: {why}")]
    UnknownRevision {
        /// As it was given.
        given: String,
        /// What the library says.
        why: String,
    },
    /// An object that others point to is not there: a partial or shallow clone, or a damaged repository.
    #[error("the object {id} is missing")]
    Missing {
        /// Which.
        id: Id,
    },
    /// An object is there and is not what it should be.
    #[error("the object {id} is broken: {why}")]
    Broken {
        /// Which.
        id: Id,
        /// What is wrong with it.
        why: String,
    },
    /// A blob is larger than what was asked for, and was not read.
    #[error("the object {id} has {bytes} bytes; at most {max_bytes} are read")]
    TooLarge {
        /// Which.
        id: Id,
        /// Its size.
        bytes: u64,
        /// The most that is read.
        max_bytes: u64,
    },
    /// A commit that others lead to cannot be read, so that what lies behind it is not known.
    #[error("the walk cannot go on there: {why}")]
    Blocked {
        /// What the library says.
        why: String,
    },
    /// A reference cannot be read.
    #[error("the reference {name} cannot be read: {why}")]
    Reference {
        /// Its full name.
        name: String,
        /// What the library says.
        why: String,
    },
}
