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
            Content::TooLarge { bytes } => {
                let why = format!("the note has {bytes} bytes; at most {max_bytes} are read");
                Err(Error::Broken { id: *blob, why })
            }
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
        all.sort_unstable();
        all.dedup_by_key(|(commit, _)| *commit);
        Ok(Notes { all: all.into() })
    }

    /// Notes that are references themselves: `PREFIX` and the name of the commit, pointing at the text. What is not is
    /// passed over.
    pub fn notes_in(&self, prefix: &str) -> Result<Notes> {
        let failed = |why: String| Error::Reference { name: format!("{prefix}*"), why };
        let platform = self.repository.references().map_err(|error| failed(told(&error)))?;
        let references = platform.prefixed(prefix).map_err(|error| failed(told(&error)))?;
        let mut all: Vec<(Id, Id)> = Vec::new();
        for reference in references.flatten() {
            let name = reference.name().as_bstr().to_str_lossy();
            let commit = name.strip_prefix(prefix).and_then(|name| Id::from_hex(name.as_bytes()).ok());
            all.extend(commit.zip(reference.try_id().map(gix::Id::detach)));
        }
        all.sort_unstable();
        all.dedup_by_key(|(commit, _)| *commit);
        Ok(Notes { all: all.into() })
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
