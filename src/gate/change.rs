//! The facts about one change, as plain data: what a forge adapter reads and what webhooks witnessed.
//!
//! Nothing here decides. A forge's answer is turned into these types whole, or into [`Read::Incomplete`]:
//! there is no half-read change that could be judged by accident.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::detect::agent_trace::Traces;
use super::detect::notes::Note;
use super::ids::{AccountId, ChangeKey, CommitSha, Login, OwnerId, RepoId};

/// The result of reading a change from its forge: everything, or nothing with the reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// Every connection was read to its end and nothing was refused.
    Whole(Box<Change>),
    /// Something was missing, refused or in error. Never a basis for a pass.
    Incomplete {
        /// What could not be read, in words for the people on the change.
        why: String,
    },
}

/// A pull request as the forge showed it at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Repository and number.
    pub key: ChangeKey,
    /// The repository's owner: the tenant whose tiers and groups apply.
    pub owner: OwnerId,
    /// `owner/name`, for addresses and texts only.
    pub repo_name: String,
    /// Open, closed or merged.
    pub state: ChangeState,
    /// Whether it is marked as a draft.
    pub is_draft: bool,
    /// The account that opened it; `None` when that account was deleted.
    pub opener: Option<Actor>,
    /// The title. Display only: titles never qualify, exempt or approve.
    pub title: String,
    /// The description as it stands.
    pub body: Body,
    /// The branch it would be merged into.
    pub base: Branch,
    /// The base of the stack that this change is part of, which governs it instead of `base`.
    pub stack_base: Option<String>,
    /// The repository's default branch.
    pub default_branch: String,
    /// The commit under review.
    pub head: CommitSha,
    /// The branch that holds it.
    pub head_branch: HeadBranch,
    /// Names of the labels on it. They can raise a level, never lower one.
    pub labels: Vec<String>,
    /// Accounts assigned to it.
    pub assignees: Vec<Actor>,
    /// Accounts that assigned a bot to it, and so set it to work.
    pub assigners: Vec<Actor>,
    /// All commits between base and head, oldest first.
    pub commits: Vec<Commit>,
    /// All submitted reviews, oldest first.
    pub reviews: Vec<Review>,
    /// The files it changes.
    pub files: Files,
    /// When its base branch was last changed to another, if ever. Voids approvals given before.
    pub base_changed_at: Option<Timestamp>,
    /// When it was last reopened, if ever. Voids approvals given before.
    pub reopened_at: Option<Timestamp>,
    /// Force pushes to the head branch that the forge recorded, oldest first.
    pub force_pushes: Vec<ForcePush>,
    /// Who pushed the head, where the forge itself says so (a check suite's push, the activity log).
    pub head_pushers: Vec<Actor>,
    /// Whether the forge does not tell to whose accounts the addresses of co-authors belong.
    #[serde(default, skip_serializing_if = "is_false")]
    pub co_authors_are_untold: bool,
    /// Other open changes in the repository that the forge lists for the same head commit.
    pub same_head: BTreeSet<i64>,
    /// What records in its files say about who wrote what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<Traces>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it asks about by reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Whether a change can still be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// Under review.
    Open,
    /// Closed without merging.
    Closed,
    /// Merged.
    Merged,
}

/// When and by whom a change was merged. No verdict depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// When, by the forge's clock.
    pub at: Timestamp,
    /// By whom; `None` when that account was deleted.
    pub by: Option<Actor>,
    /// The tip that it left on the base branch, where the forge says so.
    pub commit: Option<CommitSha>,
}

/// A change's description, and whose words it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The text as it stands, Markdown.
    pub text: String,
    /// Whether anybody but the opener edited it last. A declared "no" then does not count.
    pub edited_by_other: bool,
}

/// A branch of the repository and the commit it points at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// Name without `refs/heads/`.
    pub name: String,
    /// The commit at its tip when read.
    pub sha: CommitSha,
}

/// Where the head lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadBranch {
    /// Name without `refs/heads/`.
    pub name: String,
    /// The repository that holds it; `None` when that fork was deleted.
    pub repo: Option<RepoId>,
}

/// An account as the forge names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The key.
    pub account: AccountId,
    /// For display and mentions.
    pub login: Login,
    /// What kind of account the forge says it is.
    pub kind: ActorKind,
}

impl Actor {
    /// Whether the forge calls this account a person's. It does not prove personhood; the directory must too.
    pub fn is_user(&self) -> bool {
        self.kind == ActorKind::User
    }
}

/// The forge's own kinds of accounts. Only a `User` can be a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A user account.
    User,
    /// A bot or App account.
    Bot,
    /// A placeholder for an imported identity that nobody has claimed.
    Mannequin,
    /// An organisation.
    Organization,
    /// Anything else, including kinds that forges add later.
    Other,
}

/// A commit of the change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// Its name.
    pub sha: CommitSha,
    /// The tree it records: unchanged when only the message was amended.
    pub tree: Option<CommitSha>,
    /// Its parents, first parent first.
    pub parents: Vec<CommitSha>,
    /// The whole message.
    pub message: String,
    /// Who wrote it, according to git.
    pub author: GitIdentity,
    /// Who committed it, according to git.
    pub committer: GitIdentity,
    /// Further authors that the forge read from the message's co-author trailers.
    pub co_authors: Vec<GitIdentity>,
    /// Whether the forge made the commit on somebody's behalf in its web pages.
    pub committed_via_web: bool,
    /// Whether it carries a valid signature by the forge's own key.
    #[serde(default)]
    pub signed_by_forge: bool,
    /// What notes on it say about who wrote its lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// A name and address written into a commit by whoever made it: easily forged, so it can add a contributor or
/// lower a tier, and never qualifies anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitIdentity {
    /// Display name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// The account that the forge links to the address, if any.
    pub account: Option<Actor>,
    /// RFC 3339 time with offset, as git recorded it (author or commit time).
    pub date: Option<Timestamp>,
}

/// A submitted native review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// The forge's number for it.
    pub id: i64,
    /// Who submitted it; `None` when that account was deleted.
    pub author: Option<Actor>,
    /// What it says now.
    pub state: ReviewState,
    /// The commit it was submitted for; `None` when the forge no longer knows, and then it counts for none.
    pub commit: Option<CommitSha>,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
    /// Whether its author can push to the repository, where the forge says so.
    pub can_push: Option<bool>,
    /// Where people can read it.
    pub url: Option<String>,
}

/// What a review says. A dismissed review remembers what it said before, as dismissal does not lift a change request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Approves its commit.
    Approved,
    /// Asks for changes.
    ChangesRequested,
    /// Only comments; changes nothing.
    Commented,
    /// Was an approval until somebody dismissed it.
    DismissedApproval,
    /// Was a change request until somebody dismissed it.
    DismissedChangesRequested,
    /// Was dismissed, and what it said before is not known.
    DismissedUnknown,
}

/// The files that a change touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Files {
    /// The whole list was read.
    Whole(Vec<FileChange>),
    /// The forge does not give the whole list. Every path condition then matches and no exemption does.
    Truncated {
        /// How many files the forge says there are.
        total: i64,
    },
}

/// One changed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// Its path after the change.
    pub path: String,
    /// Its path before, when it was renamed or copied: both paths count.
    pub previous_path: Option<String>,
}

/// A force push to the head branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForcePush {
    /// When.
    pub at: Timestamp,
    /// By whom; `None` when that account was deleted.
    pub actor: Option<Actor>,
    /// The head before.
    pub before: Option<CommitSha>,
    /// The head after.
    pub after: Option<CommitSha>,
}

/// A push that a webhook told us of: the one trustworthy record of who moved a head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The head that it produced.
    pub head: CommitSha,
    /// The head before, where it is known.
    pub before: Option<CommitSha>,
    /// Who pushed.
    pub pusher: Actor,
    /// When we were told.
    pub received_at: Timestamp,
}
