//! Pull requests with all that hangs on them: reviews, comments, timeline, merge groups.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::accounts::AccountId;
use super::git::Sha;
use super::repositories::RepositoryId;

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opinion {
    /// Approves the commit.
    Approve,
    /// Asks for changes.
    RequestChanges,
    /// Neither.
    Comment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReviewState {
    Approved,
    ChangesRequested,
    Commented,
    Dismissed,
}

impl ReviewState {
    /// As the APIs write it; webhooks use lower case.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::ChangesRequested => "CHANGES_REQUESTED",
            Self::Commented => "COMMENTED",
            Self::Dismissed => "DISMISSED",
        }
    }
}

impl From<Opinion> for ReviewState {
    fn from(opinion: Opinion) -> Self {
        match opinion {
            Opinion::Approve => Self::Approved,
            Opinion::RequestChanges => Self::ChangesRequested,
            Opinion::Comment => Self::Commented,
        }
    }
}

/// A text that people can edit, with who edited it last.
#[derive(Debug, Clone)]
pub(crate) struct Prose {
    pub(crate) text: String,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) editor: Option<AccountId>,
    pub(crate) edited_at: Option<Timestamp>,
}

impl Prose {
    pub(crate) fn new(text: &str, at: Timestamp) -> Self {
        Self { text: text.to_owned(), created_at: at, updated_at: at, editor: None, edited_at: None }
    }

    pub(crate) fn edit(&mut self, editor: AccountId, text: &str, at: Timestamp) -> String {
        self.updated_at = at;
        self.edited_at = Some(at);
        self.editor = Some(editor);
        std::mem::replace(&mut self.text, text.to_owned())
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Review {
    pub(crate) id: u64,
    pub(crate) author: AccountId,
    pub(crate) state: ReviewState,
    pub(crate) body: Prose,
    pub(crate) commit: Sha,
}

#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: AccountId,
    pub(crate) body: Prose,
    pub(crate) via_app: Option<u64>,
    pub(crate) via_email: bool,
    pub(crate) minimized: bool,
    pub(crate) reactions: Vec<Reaction>,
}

#[derive(Debug, Clone)]
pub(crate) struct Reaction {
    pub(crate) id: u64,
    pub(crate) author: AccountId,
    pub(crate) content: String,
    pub(crate) created_at: Timestamp,
}

/// A comment on a line of the diff.
#[derive(Debug, Clone)]
pub(crate) struct LineComment {
    pub(crate) id: u64,
    pub(crate) review: u64,
    pub(crate) author: AccountId,
    pub(crate) body: Prose,
    pub(crate) path: String,
    pub(crate) commit: Sha,
    /// The lines commented on, first and last, and the hunk that shows them; `None` for the file as a whole.
    pub(crate) lines: Option<(usize, usize, String)>,
}

#[derive(Debug, Clone)]
pub(crate) struct TimelineItem {
    pub(crate) id: u64,
    pub(crate) actor: AccountId,
    pub(crate) at: Timestamp,
    pub(crate) what: Happening,
}

#[derive(Debug, Clone)]
pub(crate) enum Happening {
    HeadForcePushed { before: Sha, after: Sha },
    BaseForcePushed { before: Sha, after: Sha },
    BaseChanged { from: String, to: String },
    AutomaticBaseChange { from: String, to: String },
    ReviewDismissed { review: u64, previous: ReviewState, message: String },
    ReadyForReview,
    ConvertedToDraft,
    Closed,
    Reopened,
    Merged { commit: Sha },
    CommentDeleted { author: AccountId },
    Assigned { assignee: AccountId },
    Unassigned { assignee: AccountId },
    Labeled { label: String },
    Unlabeled { label: String },
    Renamed { from: String, to: String },
    ReviewRequested { reviewer: AccountId },
    AddedToMergeQueue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PullState {
    Open,
    Closed,
    Merged,
}

#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub(crate) id: u64,
    pub(crate) repository: RepositoryId,
    pub(crate) number: u64,
    pub(crate) author: AccountId,
    pub(crate) title: String,
    pub(crate) body: Prose,
    pub(crate) has_body: bool,
    pub(crate) state: PullState,
    pub(crate) draft: bool,
    pub(crate) head_repository: Option<RepositoryId>,
    pub(crate) head_owner: AccountId,
    pub(crate) head_branch: String,
    pub(crate) head: Sha,
    pub(crate) base_branch: String,
    /// Tip of the base when the pull request was opened, last pushed to or retargeted.
    pub(crate) base: Sha,
    pub(crate) labels: Vec<String>,
    pub(crate) assignees: Vec<AccountId>,
    pub(crate) requested_reviewers: Vec<AccountId>,
    pub(crate) requested_teams: Vec<u64>,
    pub(crate) reviews: Vec<Review>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) line_comments: Vec<LineComment>,
    pub(crate) timeline: Vec<TimelineItem>,
    pub(crate) participants: BTreeSet<AccountId>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) merged_by: Option<AccountId>,
    pub(crate) merge_commit: Option<Sha>,
    pub(crate) auto_merge: Option<(AccountId, Timestamp)>,
    pub(crate) queued: bool,
}

impl Pull {
    pub(crate) fn is_open(&self) -> bool {
        self.state == PullState::Open
    }
}

/// A merge group: what a merge queue tests before it merges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeGroup {
    /// Its number within the sandbox.
    pub id: u64,
    /// Full name of the temporary branch.
    pub head_ref: String,
    /// The commit to report a check on.
    pub head_sha: String,
    /// Full name of the branch it will be merged to.
    pub base_ref: String,
    /// Tip of that branch.
    pub base_sha: String,
    /// Numbers of the pull requests it holds, in order.
    pub pulls: Vec<u64>,
    /// The commit made for each of them.
    pub(crate) made: Vec<(u64, Sha)>,
    pub(crate) repository: RepositoryId,
    pub(crate) destroyed: bool,
}
