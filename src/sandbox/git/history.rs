//! Walking commits: ancestors, merge bases, and what lies between two commits.

use std::collections::HashSet;

use super::{Objects, Sha};

impl Objects {
    /// A commit and everything it builds on.
    pub(crate) fn ancestors(&self, of: &str) -> HashSet<Sha> {
        let mut seen = HashSet::new();
        let mut open = vec![of.to_owned()];
        while let Some(sha) = open.pop() {
            let Some(commit) = self.commit(&sha) else { continue };
            if seen.insert(sha) {
                open.extend(commit.parents.iter().cloned());
            }
        }
        seen
    }

    /// True if `older` is `newer` or one of its ancestors.
    pub(crate) fn contains(&self, newer: &str, older: &str) -> bool {
        self.ancestors(newer).contains(older)
    }

    /// Commits of `head` that `base` does not have, parents before children.
    pub(crate) fn between(&self, base: &str, head: &str) -> Vec<Sha> {
        let excluded = self.ancestors(base);
        let mut ordered = Vec::new();
        let mut done = HashSet::new();
        let mut stack = vec![(head.to_owned(), false)];
        while let Some((sha, parents_done)) = stack.pop() {
            if excluded.contains(&sha) || done.contains(&sha) {
                continue;
            }
            if parents_done {
                done.insert(sha.clone());
                ordered.push(sha);
                continue;
            }
            let Some(commit) = self.commit(&sha) else { continue };
            stack.push((sha, true));
            stack.extend(commit.parents.iter().rev().map(|parent| (parent.clone(), false)));
        }
        ordered
    }

    /// The best common ancestor: one that no other common ancestor descends from, the newest of several.
    pub(crate) fn merge_base(&self, left: &str, right: &str) -> Option<Sha> {
        let rights = self.ancestors(right);
        let common: HashSet<Sha> = self.ancestors(left).into_iter().filter(|sha| rights.contains(sha)).collect();
        // Whatever is common has common parents: the best ones are those that are nobody's parent.
        let parents: HashSet<&Sha> =
            common.iter().filter_map(|sha| self.commit(sha)).flat_map(|commit| &commit.parents).collect();
        let best = common.iter().filter(|sha| !parents.contains(sha));
        best.max_by_key(|sha| (self.commit(sha).map(|commit| commit.committer.at), (*sha).clone())).cloned()
    }
}
