//! What changed between two trees, with renames.

use std::collections::HashMap;

use super::{Files, Objects, Sha};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Added,
    Modified,
    Removed,
    Renamed,
}

#[derive(Debug, Clone)]
pub(crate) struct FileChange {
    pub(crate) path: String,
    pub(crate) previous_path: Option<String>,
    pub(crate) kind: ChangeKind,
    pub(crate) blob: Sha,
    pub(crate) additions: usize,
    pub(crate) deletions: usize,
}

/// Line pairs beyond which a diff counts every line as replaced: the exact numbers of huge files matter to nobody.
const MAX_LINE_PAIRS: usize = 4_000_000;

impl Objects {
    /// Changes that lead from one commit's tree to another's, ordered by path. No `from` means an empty tree.
    pub(crate) fn diff(&self, from: Option<&str>, to: &str) -> Vec<FileChange> {
        let before = from.map(|sha| self.files_at(sha)).unwrap_or_default();
        let after = self.files_at(to);
        let mut removed: Vec<(&String, &Sha)> = before.iter().filter(|(path, _)| !after.contains_key(*path)).collect();
        let mut changes = Vec::new();
        for (path, blob) in after.iter() {
            match before.get(path) {
                Some(same) if same == blob => {}
                Some(old) => changes.push(self.change(path, ChangeKind::Modified, Some(old), Some(blob))),
                None => changes.push(self.added_or_renamed(path, blob, &mut removed)),
            }
        }
        for (path, blob) in removed {
            changes.push(self.change(path, ChangeKind::Removed, Some(blob), None));
        }
        changes.sort_by(|left, right| left.path.cmp(&right.path));
        changes
    }

    fn added_or_renamed(&self, path: &str, blob: &Sha, removed: &mut Vec<(&String, &Sha)>) -> FileChange {
        let best = removed
            .iter()
            .enumerate()
            .map(|(index, (_, old))| (self.similarity(old, blob), index))
            .filter(|(percent, _)| *percent >= 50)
            .max_by_key(|(percent, index)| (*percent, std::cmp::Reverse(*index)));
        match best {
            Some((_, index)) => {
                let (old_path, old) = removed.remove(index);
                let mut change = self.change(path, ChangeKind::Renamed, Some(old), Some(blob));
                change.previous_path = Some(old_path.clone());
                change
            }
            None => self.change(path, ChangeKind::Added, None, Some(blob)),
        }
    }

    /// Share of lines that two blobs have in common, in percent; git calls half of it a rename.
    pub(super) fn similarity(&self, left: &Sha, right: &Sha) -> usize {
        if left == right {
            return 100;
        }
        let (Some(left), Some(right)) = (self.blob(left), self.blob(right)) else { return 0 };
        let mut lines: HashMap<&str, usize> = HashMap::new();
        for line in left.lines() {
            *lines.entry(line).or_default() += 1;
        }
        let mut common = 0;
        for line in right.lines() {
            if let Some(count) = lines.get_mut(line).filter(|count| **count > 0) {
                *count -= 1;
                common += 1;
            }
        }
        let longest = left.lines().count().max(right.lines().count()).max(1);
        common * 100 / longest
    }

    fn change(&self, path: &str, kind: ChangeKind, old: Option<&Sha>, new: Option<&Sha>) -> FileChange {
        let text = |sha: Option<&Sha>| sha.and_then(|sha| self.blob(sha)).map_or("", |text| &**text);
        let (additions, deletions) = count_lines(text(old), text(new));
        let blob = new.or(old).cloned().unwrap_or_default();
        FileChange { path: path.to_owned(), previous_path: None, kind, blob, additions, deletions }
    }
}

/// Lines added and removed: both sides less their longest common subsequence.
fn count_lines(old: &str, new: &str) -> (usize, usize) {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let prefix = old.iter().zip(&new).take_while(|(left, right)| left == right).count();
    let (old, new) = (&old[prefix..], &new[prefix..]);
    let suffix = old.iter().rev().zip(new.iter().rev()).take_while(|(left, right)| left == right).count();
    let (old, new) = (&old[..old.len() - suffix], &new[..new.len() - suffix]);
    if old.len().saturating_mul(new.len()) > MAX_LINE_PAIRS {
        return (new.len(), old.len());
    }
    let mut row = vec![0_usize; new.len() + 1];
    for left in old {
        let mut diagonal = 0;
        for (column, right) in new.iter().enumerate() {
            let above = row[column + 1];
            row[column + 1] = if left == right { diagonal + 1 } else { above.max(row[column]) };
            diagonal = above;
        }
    }
    let common = row[new.len()];
    (new.len() - common, old.len() - common)
}

/// The files below a directory, by their own names: what a listing of it shows.
pub(crate) fn directory<'a>(files: &'a Files, path: &str) -> Vec<(&'a str, Option<&'a Sha>)> {
    let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
    let mut entries: Vec<(&str, Option<&Sha>)> = Vec::new();
    for (file, sha) in files {
        let Some(rest) = file.strip_prefix(&prefix) else { continue };
        let entry = rest.split_once('/').map_or((rest, Some(sha)), |(name, _)| (name, None));
        if entries.last().is_none_or(|last| last.0 != entry.0) {
            entries.push(entry);
        }
    }
    entries
}
