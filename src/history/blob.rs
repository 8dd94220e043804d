//! Files as they are in a commit.

use gix::objs::Kind;

use super::{Error, History, Id, Result, told};

/// A file's content, if it is not too large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// All of it.
    Whole(Vec<u8>),
    /// It is larger than what was asked for.
    TooLarge {
        /// Its size.
        bytes: u64,
    },
}

impl History {
    /// The file at this path in a commit, up to this many bytes; `None` if there is none, or if it is a folder.
    pub fn file_at(&self, commit: Id, path: &str, max_bytes: u64) -> Result<Option<Content>> {
        let object = self.object(commit)?;
        let broken = |error: &gix::Error| Error::Broken { id: commit, why: told(error) };
        let tree = object.peel_to_tree().map_err(|error| broken(&error))?;
        let entry = tree.lookup_entry_by_path(path).map_err(|error| broken(&error))?;
        match entry.filter(|entry| entry.mode().is_blob()) {
            Some(entry) => self.content(entry.object_id(), max_bytes).map(Some),
            None => Ok(None),
        }
    }

    /// Whether there is a folder of this name at the top of a commit's tree, as far as anybody can tell.
    pub fn has_folder(&self, commit: Id, name: &str) -> bool {
        let tree = self.object(commit).ok().and_then(|object| object.peel_to_tree().ok());
        let entry = tree.and_then(|tree| tree.lookup_entry_by_path(name).ok().flatten());
        entry.is_some_and(|entry| entry.mode().is_tree())
    }

    /// The content of a blob. Its size is looked at before it is read.
    pub(super) fn content(&self, id: Id, max_bytes: u64) -> Result<Content> {
        let header = match self.repository.try_find_header(id) {
            Ok(Some(header)) => header,
            Ok(None) => return Err(Error::Missing { id }),
            Err(error) => return Err(Error::Broken { id, why: told(&error) }),
        };
        if header.kind() != Kind::Blob {
            return Err(Error::Broken { id, why: format!("it is a {}, not a file", header.kind()) });
        }
        if header.size() > max_bytes {
            return Ok(Content::TooLarge { bytes: header.size() });
        }
        Ok(Content::Whole(self.object(id)?.detach().data))
    }
}
