//! What somebody should look at: the gate's surroundings are not as they should be, or something went around it.
//!
//! A finding never changes a verdict. It says what was found, where, by whom and when, so that the same thing found again
//! is the same finding.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{AccountId, CommitSha, RepoId};

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// In which repository.
    pub repo: RepoId,
    /// Where in it.
    pub place: Place,
    /// By whom, where that is known.
    pub by: Option<By>,
    /// When it was done or seen.
    pub at: Timestamp,
}

/// What was found. The words are stored, and are the labels of metrics: they do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Another App put a check of our name on a commit.
    ForeignCheck,
    /// Somebody put a commit status of our name on a commit. We never write one.
    ForeignStatus,
    /// A branch that required our check does not any more.
    CheckNotRequired,
    /// A branch requires a check of our name from anybody, or from another App.
    CheckNotPinned,
    /// A change was merged although its head had no success of ours.
    MergedWithoutPass,
    /// A change was merged on a success that did not hold any more: what it rested on had moved, and we had not yet
    /// looked again. No check can close this window.
    MergedOnStalePass,
    /// Commits reached a governed branch that belong to no merged change.
    DirectPush,
    /// A comment with a command was edited or deleted by somebody other than its author.
    CommandTampered,
    /// A tool's attribution that commits of a change carried is on none of its commits any more.
    AttributionRemoved,
    /// An access token of the forge ends within days. If it is ours, the server then neither reads nor reports there.
    TokenExpires,
}

impl Kind {
    /// Every kind there is.
    pub const ALL: [Self; 10] = [
        Self::ForeignCheck,
        Self::ForeignStatus,
        Self::CheckNotRequired,
        Self::CheckNotPinned,
        Self::MergedWithoutPass,
        Self::MergedOnStalePass,
        Self::DirectPush,
        Self::CommandTampered,
        Self::AttributionRemoved,
        Self::TokenExpires,
    ];

    /// The word for it in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ForeignCheck => "foreign_check",
            Self::ForeignStatus => "foreign_status",
            Self::CheckNotRequired => "check_not_required",
            Self::CheckNotPinned => "check_not_pinned",
            Self::MergedWithoutPass => "merged_without_pass",
            Self::MergedOnStalePass => "merged_on_stale_pass",
            Self::DirectPush => "direct_push",
            Self::CommandTampered => "command_tampered",
            Self::AttributionRemoved => "attribution_removed",
            Self::TokenExpires => "token_expires",
        }
    }

    /// What it means and what to do, for people who run the server.
    pub fn advice(self) -> &'static str {
        match self {
            Self::ForeignCheck => {
                "another App reported a check of this name; require the check from this App as its source"
            }
            Self::ForeignStatus => {
                "somebody set a commit status of the check's name; require the check from this App as its source"
            }
            Self::CheckNotRequired => "the branch does not require the check any more; nothing holds its changes back",
            Self::CheckNotPinned => {
                "others than this server can give what the branch requires; on GitHub, require the check from this App, on \
                 GitLab, set up the bot approval or the verdict job"
            }
            Self::MergedWithoutPass => "a change was merged although the check had not passed",
            Self::MergedOnStalePass => {
                "a change was merged on a success that did not hold any more, before it could be looked at again"
            }
            Self::DirectPush => "commits reached a governed branch without a change",
            Self::CommandTampered => "somebody edited or deleted another person's command",
            Self::AttributionRemoved => {
                "commits of a change carried a tool's attribution, and none carries it any more; it still counts"
            }
            Self::TokenExpires => {
                "an access token ends within days; if it is this server's, make a new one and put it into the configuration"
            }
        }
    }
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A branch, without `refs/heads/`.
    Branch(String),
    /// A commit.
    Commit(CommitSha),
    /// A commit that reached a branch.
    Push {
        /// The branch, without `refs/heads/`.
        branch: String,
        /// Its tip after the push.
        after: CommitSha,
    },
    /// A change at a head.
    Change {
        /// Its number.
        number: i64,
        /// The head.
        head: CommitSha,
    },
    /// A comment on a change.
    Comment {
        /// The change's number.
        number: i64,
        /// The forge's number for the comment.
        comment: i64,
    },
    /// The repository as a whole.
    Repository,
}

impl Place {
    /// The change, if it is about one.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Change { number, .. } | Self::Comment { number, .. } => Some(*number),
            Self::Branch(_) | Self::Commit(_) | Self::Push { .. } | Self::Repository => None,
        }
    }

    /// The commit, if it is about one.
    pub fn commit(&self) -> Option<&CommitSha> {
        match self {
            Self::Commit(commit) | Self::Push { after: commit, .. } | Self::Change { head: commit, .. } => Some(commit),
            Self::Branch(_) | Self::Comment { .. } | Self::Repository => None,
        }
    }

    /// The branch, if it is about one.
    pub fn branch(&self) -> Option<&str> {
        match self {
            Self::Branch(branch) | Self::Push { branch, .. } => Some(branch),
            Self::Commit(_) | Self::Change { .. } | Self::Comment { .. } | Self::Repository => None,
        }
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// An account: a person's, or a bot's.
    Account(AccountId),
    /// An App, by the forge's number for it.
    App(i64),
}

impl Finding {
    /// What makes it the same finding when it is found again: SHA-256, hex, over all but the time. `by` is the name under
    /// which the doer is kept, as numbers of accounts are not.
    pub fn digest(&self, by: Option<&str>) -> String {
        super::digest::of(&(self.kind, &self.repo, &self.place, by))
    }
}

/// Whether a branch requires our check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Required {
    /// It does not.
    No,
    /// It requires a check of our name from another App: ours counts for nothing.
    FromAnother,
    /// It requires a check of our name, whoever reports it.
    Unpinned,
    /// It requires the check of our name from us.
    Pinned,
}

impl Required {
    /// Whether our check holds changes into the branch back.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::Unpinned | Self::Pinned)
    }
}

/// What the rules of a branch say, now that they were read: kinds that are true of it, and kinds that are not any more.
/// `before` is what the last read said.
pub fn of_rules(before: Option<Required>, now: Required) -> (Option<Kind>, Vec<Kind>) {
    let found = match now {
        Required::No => before.is_some_and(|before| before != Required::No).then_some(Kind::CheckNotRequired),
        Required::FromAnother | Required::Unpinned => Some(Kind::CheckNotPinned),
        Required::Pinned => None,
    };
    let mended = match now {
        Required::No => vec![Kind::CheckNotPinned],
        Required::FromAnother | Required::Unpinned => vec![Kind::CheckNotRequired],
        Required::Pinned => vec![Kind::CheckNotRequired, Kind::CheckNotPinned],
    };
    (found, mended)
}

/// How a merged change stood, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Whether our check stood as a success on its head when it was merged.
    pub on_success: bool,
    /// Whether that success still held: false only if what it rested on is known to have moved.
    pub still_held: bool,
}

/// What is to be said of a merge into a governed branch.
pub fn of_merge(merged: Merged) -> Option<Kind> {
    match merged {
        Merged { on_success: false, .. } => Some(Kind::MergedWithoutPass),
        Merged { still_held: false, .. } => Some(Kind::MergedOnStalePass),
        Merged { .. } => None,
    }
}

#[cfg(test)]
mod tests;
