//! All evidence on one commit of a local history.

use crate::gate::detect::{Catalogue, CommitText, Evidence, detect_commit};
use crate::history::{Commit, History, sha};

/// What is read once for all commits of a history.
#[derive(Debug, Clone, Default)]
pub struct Look {}

impl Look {
    /// Prepares for looking at commits of this history.
    pub fn prepare(_history: &History) -> crate::history::Result<Self> {
        Ok(Self {})
    }
}

/// All evidence on a commit, sorted, each piece once: what it says itself, and what is attached to it.
pub fn look(_history: &History, commit: &Commit, _look: &Look, catalogue: &Catalogue) -> Vec<Evidence> {
    let sha = sha(commit.id);
    let text = CommitText { sha: &sha, message: &commit.message, author: &commit.author, committer: &commit.committer };
    detect_commit(&text, catalogue)
}
