//! A small git: blobs, trees and commits with the object ids that git itself would give them.

mod diff;
mod hash;
mod history;
mod patch;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

pub(crate) use diff::{ChangeKind, FileChange, directory};
pub(crate) use hash::hex;

/// An object id: 40 hex digits.
pub(crate) type Sha = String;

/// What GitHub names "no commit": before of a created branch, after of a deleted one.
pub(crate) const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// Every path of a tree with the blob it holds.
pub(crate) type Files = BTreeMap<String, Sha>;

/// A name, an e-mail address and a time, as git writes them. All three are the committer's claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Name, free text.
    pub name: String,
    /// E-mail address, free text.
    pub email: String,
    /// When; the sandbox's now if not set.
    pub at: Option<Timestamp>,
}

impl Signature {
    /// Parses `Name <address>`; text without an address is all name.
    pub fn parse(text: &str) -> Self {
        let (name, email) = text.split_once('<').unwrap_or((text, ""));
        Self { name: name.trim().to_owned(), email: email.trim_end().trim_end_matches('>').to_owned(), at: None }
    }

    /// The same identity at another time.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }
}

/// A commit about to be made on top of a branch.
#[derive(Debug, Clone, Default)]
pub struct NewCommit {
    pub(crate) message: String,
    pub(crate) author: Option<Signature>,
    pub(crate) committer: Option<Signature>,
    pub(crate) files: Vec<(String, Option<String>)>,
    pub(crate) merges: Vec<Sha>,
    pub(crate) onto: Option<Sha>,
    pub(crate) via_web: bool,
    pub(crate) signed: bool,
}

impl NewCommit {
    /// A commit with this message; author and committer are whoever pushes it, unless set.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Writes a file.
    #[must_use]
    pub fn file(mut self, path: impl Into<String>, content: impl Into<String>) -> Self {
        self.files.push((path.into(), Some(content.into())));
        self
    }

    /// Removes a file.
    #[must_use]
    pub fn without(mut self, path: impl Into<String>) -> Self {
        self.files.push((path.into(), None));
        self
    }

    /// Sets author and committer from `Name <address>`.
    #[must_use]
    pub fn by(self, who: &str) -> Self {
        self.author(Signature::parse(who)).committer(Signature::parse(who))
    }

    /// Sets the author.
    #[must_use]
    pub fn author(mut self, who: Signature) -> Self {
        self.author = Some(who);
        self
    }

    /// Sets the committer.
    #[must_use]
    pub fn committer(mut self, who: Signature) -> Self {
        self.committer = Some(who);
        self
    }

    /// Adds a second (third, …) parent: a merge commit. The tree is that of the first parent plus the files given.
    #[must_use]
    pub fn merging(mut self, parent: impl Into<String>) -> Self {
        self.merges.push(parent.into());
        self
    }

    /// Builds on this commit and not on the branch's tip. With `force_push`, this rewrites history.
    #[must_use]
    pub fn onto(mut self, parent: impl Into<String>) -> Self {
        self.onto = Some(parent.into());
        self
    }

    /// Made in GitHub's web interface: committed by `GitHub <noreply@github.com>` and signed with GitHub's key.
    #[must_use]
    pub fn via_web(mut self) -> Self {
        self.via_web = true;
        self.signed = true;
        self
    }

    /// Signed with a key that the pusher registered.
    #[must_use]
    pub fn signed(mut self) -> Self {
        self.signed = true;
        self
    }
}

/// A commit as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) sha: Sha,
    pub(crate) tree: Sha,
    pub(crate) parents: Vec<Sha>,
    pub(crate) message: String,
    pub(crate) author: Stamp,
    pub(crate) committer: Stamp,
    pub(crate) via_web: bool,
    pub(crate) signed: bool,
}

/// A [`Signature`] whose time is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) at: Timestamp,
}

/// Every object of every repository. Repositories of one fork network share objects on GitHub too; which commits a
/// repository can see is the repository's to know.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    blobs: HashMap<Sha, Arc<str>>,
    trees: HashMap<Sha, Arc<Files>>,
    commits: HashMap<Sha, Arc<Commit>>,
}

impl Objects {
    pub(crate) fn commit(&self, sha: &str) -> Option<&Arc<Commit>> {
        self.commits.get(sha)
    }

    pub(crate) fn blob(&self, sha: &str) -> Option<&Arc<str>> {
        self.blobs.get(sha)
    }

    pub(crate) fn tree(&self, sha: &str) -> Option<&Arc<Files>> {
        self.trees.get(sha)
    }

    /// The files of a commit; empty for a commit that does not exist.
    pub(crate) fn files_at(&self, commit: &str) -> Arc<Files> {
        self.commit(commit).and_then(|commit| self.tree(&commit.tree)).cloned().unwrap_or_default()
    }

    pub(crate) fn add_blob(&mut self, text: &str) -> Sha {
        let sha = hash::blob(text);
        self.blobs.entry(sha.clone()).or_insert_with(|| text.into());
        sha
    }

    pub(crate) fn add_tree(&mut self, files: Files) -> Sha {
        let sha = hash::tree(&files);
        self.trees.entry(sha.clone()).or_insert_with(|| Arc::new(files));
        sha
    }

    pub(crate) fn add_commit(&mut self, mut commit: Commit) -> Sha {
        commit.sha = hash::commit(&commit);
        let sha = commit.sha.clone();
        self.commits.entry(sha.clone()).or_insert_with(|| Arc::new(commit));
        sha
    }

    /// Applies writes and removals to the files of a parent, and stores the tree that results.
    pub(crate) fn edit_tree(&mut self, parent: Option<&Sha>, edits: &[(String, Option<String>)]) -> Sha {
        let mut files = parent.map(|sha| self.files_at(sha).as_ref().clone()).unwrap_or_default();
        for (path, content) in edits {
            match content {
                Some(text) => {
                    let blob = self.add_blob(text);
                    files.insert(path.clone(), blob);
                }
                None => {
                    files.remove(path);
                }
            }
        }
        self.add_tree(files)
    }

    /// The full id of the one commit among `visible` that starts with `prefix` (7 digits or more).
    pub(crate) fn resolve(visible: &BTreeSet<Sha>, prefix: &str) -> Option<Sha> {
        let hexadecimal = prefix.len() >= 7 && prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hexadecimal {
            return None;
        }
        let prefix = prefix.to_ascii_lowercase();
        let mut found = visible.range(prefix.clone()..).take_while(|sha| sha.starts_with(&prefix));
        match (found.next(), found.next()) {
            (Some(sha), None) => Some(sha.clone()),
            _ => None,
        }
    }
}
