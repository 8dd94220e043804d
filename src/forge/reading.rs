//! What is wanted of a change, and what was read of it: the same for every forge.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::gitlab::approvals::Witnessed;
use crate::gate::change::{Actor, Merge, Read};
use crate::gate::ids::{AccountId, CommitSha};
use crate::gate::plan::Published;
use crate::gate::policy::REPOSITORY_POLICY;

/// What the caller knows and wants beyond the change itself.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says of one thing whether it is to be read")]
pub struct ReadOptions {
    /// The branch that is expected to govern the change: its policy is then read in the same call. When the answer
    /// shows another, that one's policy costs a second call. `None`: the default branch.
    pub governing_base: Option<String>,
    /// Whether the change was witnessed to be part of a stack. GraphQL does not tell, so that it costs a call more.
    pub is_stacked: bool,
    /// Whether a path condition is in play, so that the old names of renamed files are needed. They cost a call per
    /// 100 files, and only if files were renamed.
    pub previous_paths: bool,
    /// Whether nobody witnessed who pushed the head, so that the activity log is to be asked if nothing else tells.
    pub seek_pushers: bool,
    /// Whether to go on without records of authorship that could not be had. A call that fails is otherwise an error.
    pub gives_up_on_records: bool,
    /// Comments to read again in the same call, by GitHub's names (`node_id`). More than a hundred cost a call more per
    /// hundred.
    pub comments: Vec<String>,
    /// What deliveries told of approvals, the latest of each account, where the forge does not say what an approval was
    /// given for.
    pub approvals: Vec<Witnessed>,
    /// Accounts that edited the description, as deliveries told, where the forge does not say so itself.
    pub describers: Vec<AccountId>,
    /// Whether something was published on the head before, so that it is worth asking what stands there, where that takes
    /// a call of its own.
    pub expects_check: bool,
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The change, whole or not at all.
    pub read: Read,
    /// The head that the checks below stand on; `None` when not even that could be read.
    pub head: Option<CommitSha>,
    /// Our check as it stands on the head.
    pub published: Option<Published>,
    /// Our preview check as it stands on the head.
    pub preview: Option<Published>,
    /// The policy files that may govern the change.
    pub policies: PolicyTexts,
    /// How it was merged, if it was.
    pub merge: Option<Merge>,
    /// When it was closed, merged or not.
    pub closed_at: Option<Timestamp>,
    /// Whether everybody may see its repository, where GitHub says so.
    pub is_public: Option<bool>,
    /// What is left of the budget for GraphQL, where GitHub says so.
    pub rate: Option<Rate>,
    /// The commit of `refs/notes/ai`, if the repository has one.
    pub notes: Option<CommitSha>,
    /// The comments that were asked for, by their names: all of them, if the read is whole.
    pub comments: BTreeMap<String, CommentNow>,
}

/// What is left of a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// What the last call cost, in GitHub's points.
    pub cost: i64,
    /// Points left until the reset.
    pub remaining: i64,
    /// When the budget is refilled.
    pub resets_at: Timestamp,
}

impl Reading {
    pub(in crate::forge) fn incomplete(why: String) -> Self {
        let policies = PolicyTexts::unreadable(&why);
        Self {
            read: Read::Incomplete { why },
            head: None,
            published: None,
            preview: None,
            policies,
            merge: None,
            closed_at: None,
            is_public: None,
            rate: None,
            notes: None,
            comments: BTreeMap::new(),
        }
    }
}

/// The policies that may govern a change, beside the server's floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTexts {
    /// Where a repository keeps its own.
    pub file: &'static str,
    /// What people call the place of the organisation's.
    pub home: String,
    /// The organisation's: `seconder.yml` on the default branch of the owner's `.github` repository.
    pub organisation: PolicyText,
    /// The repository's, on its default branch.
    pub repository: PolicyText,
    /// The repository's, on the branch that governs the change; `None` when that is the default branch.
    pub base: Option<PolicyText>,
    /// The repository's as the change would leave it; `None` when the change does not touch it. Governs nothing.
    pub proposed: Option<PolicyText>,
}

/// One policy file as it stands on a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyText {
    /// There is none.
    Absent,
    /// Its whole text.
    Text {
        /// For people: `acme/pay@main:.github/seconder.yml`.
        name: String,
        /// The branch.
        branch: String,
        /// Git's name for the text.
        oid: String,
        /// The text.
        text: String,
    },
    /// There is one, or may be one, and it cannot be read.
    Unreadable {
        /// Why, for people.
        why: String,
    },
}

impl PolicyTexts {
    pub(in crate::forge) fn unreadable(why: &str) -> Self {
        let unreadable = || PolicyText::Unreadable { why: why.to_owned() };
        Self {
            file: REPOSITORY_POLICY,
            home: String::new(),
            organisation: unreadable(),
            repository: unreadable(),
            base: None,
            proposed: None,
        }
    }
}

/// A comment as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommentNow {
    /// It is there.
    There(CommentText),
    /// GitHub says that there is none, or none that we may see.
    Gone,
}

/// What a comment that is there says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentText {
    /// Its number.
    pub id: i64,
    /// Who wrote it; `None` when that account was deleted.
    pub author: Option<Actor>,
    /// The whole text.
    pub body: String,
    /// Whether anybody ever edited it, even to what it said before.
    pub was_edited: bool,
    /// Whether it came by e-mail.
    pub by_email: bool,
}
