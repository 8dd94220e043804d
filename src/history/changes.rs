//! Which files and folders a commit changed.
//!
//! Only trees are read, and of those only what differs: a subtree of the same id is the same. There are no renames: a file
//! that moved changed in both places.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use gix::objs::tree::EntryRef;
use gix::objs::{Kind, TreeRef};

use super::{Commit, Error, History, Id, Result, told};

/// Folders within folders that are followed. Nobody nests deeper, and a tree could be made to.
const MOST_LEVELS: usize = 512;

impl History {
    /// The paths of all files that differ between two trees, sorted; `None` stands for the empty tree. Bytes that are not
    /// UTF-8 are replaced.
    pub fn changed_files(&self, from: Option<Id>, to: Option<Id>) -> Result<Vec<String>> {
        let mut found = BTreeSet::new();
        self.compare(from, to, &mut Path::new(MOST_LEVELS), &mut |path| {
            found.insert(path.to_owned());
        })?;
        Ok(found.into_iter().collect())
    }

    /// The paths of all files that a commit changed against its first parent.
    pub fn files_of(&self, commit: &Commit) -> Result<Vec<String>> {
        self.changed_files(self.tree_before(commit)?, Some(commit.tree))
    }

    /// The folders, cut to so many levels, in which a commit changed something against its first parent; the empty path
    /// stands for the top. Cheap: no tree below those levels is read.
    pub fn folders_of(&self, commit: &Commit, levels: usize) -> Result<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        self.compare(self.tree_before(commit)?, Some(commit.tree), &mut Path::new(levels), &mut |path| {
            let folder = match path.strip_suffix('/') {
                Some(folder) => folder,
                None => path.rsplit_once('/').map_or("", |(folder, _)| folder),
            };
            if !found.contains(folder) {
                found.insert(folder.to_owned());
            }
        })?;
        Ok(found)
    }

    fn tree_before(&self, commit: &Commit) -> Result<Option<Id>> {
        let Some(parent) = commit.parents.first() else { return Ok(None) };
        let object = self.object(*parent)?;
        let iter = gix::objs::CommitRefIter::from_bytes(&object.data, parent.kind());
        let tree = { iter }.tree_id().map_err(|error| Error::Broken { id: *parent, why: told(&error) })?;
        Ok(Some(tree))
    }

    /// Calls `found` with each path that differs; that of a folder below which nothing is told ends with a slash.
    fn compare(&self, from: Option<Id>, to: Option<Id>, path: &mut Path, found: &mut dyn FnMut(&str)) -> Result<()> {
        if from == to {
            return Ok(());
        }
        let (before, after) = (self.tree(from)?, self.tree(to)?);
        let (before, after) = (entries(from, before.as_ref())?, entries(to, after.as_ref())?);
        let (mut before, mut after) = (before.into_iter().peekable(), after.into_iter().peekable());
        loop {
            let order = match (before.peek(), after.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.cmp(new),
            };
            let old = if order == Ordering::Greater { None } else { before.next() };
            let new = if order == Ordering::Less { None } else { after.next() };
            self.compare_entries(old, new, path, found)?;
        }
    }

    fn compare_entries(
        &self,
        old: Option<EntryRef<'_>>,
        new: Option<EntryRef<'_>>,
        path: &mut Path,
        found: &mut dyn FnMut(&str),
    ) -> Result<()> {
        let is_same = |(old, new): (&EntryRef<'_>, &EntryRef<'_>)| old.oid == new.oid && old.mode == new.mode;
        if old.as_ref().zip(new.as_ref()).is_some_and(is_same) {
            return Ok(());
        }
        let Some(entry) = new.or(old) else { return Ok(()) };
        let is_folder = entry.mode.is_tree();
        let length = path.enter(entry.filename);
        if is_folder && path.levels_left > 0 {
            let tree = |entry: Option<EntryRef<'_>>| entry.map(|entry| entry.oid.to_owned());
            path.text.push('/');
            path.levels_left -= 1;
            self.compare(tree(old), tree(new), path, found)?;
            path.levels_left += 1;
        } else if is_folder {
            path.text.push('/');
            found(&path.text);
        } else {
            found(&path.text);
        }
        path.text.truncate(length);
        Ok(())
    }

    fn tree(&self, id: Option<Id>) -> Result<Option<gix::Object<'_>>> {
        let Some(id) = id else { return Ok(None) };
        let object = self.object(id)?;
        if object.kind == Kind::Tree {
            return Ok(Some(object));
        }
        Err(Error::Broken { id, why: format!("it is a {}, not a tree", object.kind) })
    }
}

/// Where a comparison is.
struct Path {
    text: String,
    /// How many levels may be gone down further.
    levels_left: usize,
}

impl Path {
    /// At the top, from which it is gone down to folders of so many levels.
    fn new(levels: usize) -> Self {
        Self { text: String::new(), levels_left: levels.saturating_sub(1) }
    }

    /// Adds a name, and gives the length before.
    fn enter(&mut self, name: &[u8]) -> usize {
        let length = self.text.len();
        self.text.push_str(&String::from_utf8_lossy(name));
        length
    }
}

fn entries<'t>(id: Option<Id>, tree: Option<&'t gix::Object<'_>>) -> Result<Vec<EntryRef<'t>>> {
    let (Some(id), Some(tree)) = (id, tree) else { return Ok(Vec::new()) };
    let tree = TreeRef::from_bytes(&tree.data, id.kind());
    Ok(tree.map_err(|error| Error::Broken { id, why: told(&error) })?.entries)
}
