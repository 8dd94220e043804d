//! Git notes: text that somebody attached to a commit afterwards, under a reference such as `refs/notes/ai`.

use std::sync::Arc;

use gix::bstr::ByteSlice as _;
use gix::objs::Kind;

use super::blob::Content;
use super::{Error, History, Id, Result, told};

/// Folders within folders of a notes tree: one for each byte of a name.
const MOST_LEVELS: usize = 32;

/// Which commit has which note, under one reference. Two names for each note are kept; a clone shares them.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// The commit and the blob, sorted.
    all: Arc<[(Id, Id)]>,
}

impl Notes {
    fn new(mut all: Vec<(Id, Id)>) -> Self {
        all.sort_unstable();
        all.dedup_by_key(|(commit, _)| *commit);
        Self { all: all.into() }
    }

    /// How many commits have one.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The note on this commit, as text, up to this many bytes; `None` if it has none. A larger note is not read at all.
    ///
    /// # Errors
    ///
    /// The blob is missing or broken, or larger.
    pub fn get(&self, history: &History, commit: Id, max_bytes: u64) -> Result<Option<String>> {
        let Ok(at) = self.all.binary_search_by_key(&commit, |(commit, _)| *commit) else { return Ok(None) };
        let Some((_, blob)) = self.all.get(at) else { return Ok(None) };
        match history.content(*blob, max_bytes)? {
            Content::Whole(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Content::TooLarge { bytes } => Err(Error::TooLarge { id: *blob, bytes, max_bytes }),
        }
    }
}

impl History {
    /// All notes under a reference, by its full name; none if there is no such reference. Reads every tree of it, so that
    /// no tree has to be read for any commit.
    pub fn notes(&self, reference: &str) -> Result<Notes> {
        let failed = |error: &gix::Error| Error::Reference { name: reference.to_owned(), why: told(error) };
        let Some(mut found) = self.repository.try_find_reference(reference).map_err(|error| failed(&error))? else {
            return Ok(Notes::default());
        };
        let tree = found.peel_to_tree().map_err(|error| failed(&error))?.id;
        let mut all = Vec::new();
        self.notes_below(tree, &mut String::new(), &mut all)?;
        Ok(Notes::new(all))
    }

    /// Notes that stand in references of their own, each named by its commit: `refs/ai/authorship/0123…`.
    pub fn notes_by_reference(&self, prefix: &str) -> Result<Notes> {
        let failed = |error: &gix::Error| Error::Reference { name: format!("{prefix}*"), why: told(error) };
        let platform = self.repository.references().map_err(|error| failed(&error))?;
        let references = platform.prefixed(prefix).map_err(|error| failed(&error))?;
        let note = |reference: gix::Reference<'_>| {
            let commit = reference.name().as_bstr().strip_prefix(prefix.as_bytes())?;
            Some((Id::from_hex(commit).ok()?, reference.target().try_id()?.to_owned()))
        };
        Ok(Notes::new(references.flatten().filter_map(note).collect()))
    }

    /// Names are cut into folders at any place, more of them as notes grow in number: `abcd…`, `ab/cd…`, `ab/cd/…`.
    fn notes_below(&self, tree: Id, name: &mut String, all: &mut Vec<(Id, Id)>) -> Result<()> {
        let object = self.object(tree)?;
        if object.kind != Kind::Tree {
            return Err(Error::Broken { id: tree, why: format!("it is a {}, not a tree", object.kind) });
        }
        for entry in gix::objs::TreeRefIter::from_bytes(&object.data, tree.kind()) {
            let entry = entry.map_err(|error| Error::Broken { id: tree, why: told(&error) })?;
            let Ok(part) = entry.filename.to_str() else { continue };
            let length = name.len();
            name.push_str(part);
            if entry.mode.is_tree() {
                if part.len() == 2 && name.len() <= 2 * MOST_LEVELS {
                    self.notes_below(entry.oid.to_owned(), name, all)?;
                }
            } else if entry.mode.is_blob()
                && let Ok(commit) = Id::from_hex(name.as_bytes())
            {
                all.push((commit, entry.oid.to_owned()));
            }
            name.truncate(length);
        }
        Ok(())
    }
}
