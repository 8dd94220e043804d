//! What is read of a merge group.

use crate::gate::group::Group;
use crate::gate::plan::Published;

/// What was read of a merge group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupReading {
    /// The group, or why there is none.
    pub read: GroupRead,
    /// Open changes that have the group's commit as their own head.
    pub same_head: Vec<i64>,
    /// Our check as it stands on the commit.
    pub published: Option<Published>,
    /// Our preview check as it stands on the commit.
    pub preview: Option<Published>,
}

/// A merge group, whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupRead {
    /// All of it.
    Whole(Group),
    /// The commit would bring nothing: the branch has it.
    Over,
    /// GitHub does not show the commit or its branch: it lags behind, or one of them is gone.
    Unseen,
    /// Something is missing.
    Incomplete {
        /// What.
        why: String,
    },
}

impl GroupReading {
    pub(in crate::forge) fn without(read: GroupRead) -> Self {
        Self { read, same_head: Vec::new(), published: None, preview: None }
    }
}
