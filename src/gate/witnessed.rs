//! What only webhooks can tell: which heads a change had, and who pushed them.
//!
//! A delivery never carries a decision. It leaves facts like these behind and says which changes to look at again.
//! A fact that could qualify anything counts only if a fresh read confirms it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::{Actor, ChangeState, HeadBranch};
use super::command::{Fate, Said};
use super::digest;
use super::finding::Finding;
use super::ids::{AccountId, ChangeKey, CommitSha, Host, OwnerId, RepoId};

/// A fact that a delivery left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// A repository, its present name and the installation through which it is reached.
    Repository(SeenRepository),
    /// A change as the delivery showed it.
    Change(SeenChange),
    /// A push to a branch.
    Push(SeenPush),
    /// A comment with a command was written.
    Command(Box<SeenCommand>),
    /// A command was written where none is obeyed.
    Misplaced(Box<Misplaced>),
    /// A comment was edited or deleted; it need not be one with a command.
    CommentFate {
        /// The repository.
        repo: RepoId,
        /// The forge's number for the comment.
        comment: i64,
        /// What became of it.
        fate: Fate,
        /// Who did that, where the delivery says so.
        by: Option<AccountId>,
    },
    /// A merge queue formed or dissolved a group.
    Group(SeenGroup),
    /// Something that somebody should look at.
    Finding(Box<Finding>),
    /// The rules of branches have moved: they are to be read again.
    Rules(MovedRules),
    /// A repository was deleted.
    Gone(RepoId),
    /// A repository, by a delivery that does not say in numbers whose it is.
    Project(SeenProject),
    /// Somebody approved a change, or took an approval back.
    Approval(Box<SeenApproval>),
    /// Somebody edited the description of a change.
    Described(SeenEdit),
}

/// Rulesets or branch protection that somebody changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedRules {
    /// The owner.
    pub owner: OwnerId,
    /// The only repository concerned; `None` for all of the owner's.
    pub repo: Option<RepoId>,
    /// Who changed them, where the delivery says so.
    pub by: Option<AccountId>,
}

/// A repository as a delivery named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRepository {
    /// Its key.
    pub repo: RepoId,
    /// Its owner's key.
    pub owner: OwnerId,
    /// `owner/name` at that time: for addresses, never a key.
    pub name: String,
    /// The installation that sent it (GitHub's `installation.id`).
    pub installation: i64,
    /// Its default branch.
    pub default_branch: Option<String>,
    /// Whether everybody may see it; `None` where nothing says so. That it may be seen is believed of a read only.
    #[serde(default)]
    pub is_public: Option<bool>,
}

/// A repository as a delivery named it that does not say in numbers whose it is: GitLab names groups by paths only. Who
/// owns it, a read tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenProject {
    /// Its key.
    pub repo: RepoId,
    /// Its path at that time: for addresses, never a key.
    pub name: String,
    /// Its default branch.
    pub default_branch: Option<String>,
    /// Whether everybody may see it; `None` where nothing says so. That it may be seen is believed of a read only.
    pub is_public: Option<bool>,
}

/// An approval that was given or taken back, as a delivery told of it. It counts for nothing unless a fresh read shows it
/// standing; it then tells which head the approver saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenApproval {
    /// The change.
    pub change: ChangeKey,
    /// Who approved, or took the approval back.
    pub by: Actor,
    /// What happened.
    pub action: ApprovalAction,
    /// The head at that time.
    pub head: CommitSha,
    /// When, by the forge's clock, where the delivery says so.
    pub at: Option<Timestamp>,
}

/// What happened to an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalAction {
    /// It was given.
    Given,
    /// It was taken back.
    Withdrawn,
}

/// An edit of a change's description. Forges tell who edited it only while they tell of the edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEdit {
    /// The change.
    pub change: ChangeKey,
    /// Who edited it.
    pub by: AccountId,
    /// When, by the forge's clock, where the delivery says so.
    pub at: Option<Timestamp>,
}

/// A change as a delivery showed it. Every head that a webhook names counts, even if the next push hid it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenChange {
    /// Its key.
    pub key: ChangeKey,
    /// Whether it was open.
    pub state: ChangeState,
    /// The head at that time.
    pub head: CommitSha,
    /// The head before, where the delivery says so.
    pub before: Option<CommitSha>,
    /// The branch that held it.
    pub head_branch: HeadBranch,
    /// The branch it would be merged into.
    pub base_branch: String,
    /// The base of its stack, if it is part of one.
    pub stack_base: Option<String>,
    /// Who made `head` the head, where the delivery tells: the sender of a `synchronize`, and of an `opened` from the
    /// sender's own fork.
    pub pusher: Option<Actor>,
}

/// A push to a branch of the repository itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenPush {
    /// The repository pushed to.
    pub repo: RepoId,
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// Its tip before; `None` when the push created it.
    pub before: Option<CommitSha>,
    /// Its tip after; `None` when the push deleted it.
    pub after: Option<CommitSha>,
    /// Who pushed.
    pub pusher: Actor,
}

/// A merge group as a delivery named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenGroup {
    /// The repository.
    pub repo: RepoId,
    /// The commit that the queue tests.
    pub head: CommitSha,
    /// The branch that it would become.
    pub base_branch: String,
    /// The change that the name of the queue's branch speaks of: whom to look at first, and nothing more.
    pub named: Option<i64>,
    /// Whether it was dissolved. That is for good: a group that is formed again has another commit.
    pub is_gone: bool,
}

/// What a delivery asks to look at again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// This change.
    Change(ChangeKey),
    /// Every open change with this head commit, and every change in a merge group with it.
    Head {
        /// The repository.
        repo: RepoId,
        /// The head commit.
        head: CommitSha,
    },
    /// Every open change that would be merged into this branch.
    Base {
        /// The repository.
        repo: RepoId,
        /// The branch.
        branch: String,
    },
    /// Every open change of the repository.
    Repository(RepoId),
    /// Every open change of the owner's repositories.
    Owner(OwnerId),
    /// Every open change of the repositories that have the same owner as this one, as far as that is on record.
    OwnerOf(RepoId),
    /// The change that this comment holds a command about, if it holds one.
    Comment {
        /// The repository.
        repo: RepoId,
        /// The forge's number for the comment.
        comment: i64,
    },
}

/// What to list anew at the forge, to find what no delivery told of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listing {
    /// All installations of the App on a host.
    Installations(Host),
    /// The repositories of one installation.
    Repositories {
        /// The host.
        host: Host,
        /// The forge's number for the installation.
        installation: i64,
    },
    /// Who owns a repository that a delivery named only by its path, or that it names by another path than before.
    Project(RepoId),
    /// The open changes of one repository.
    Changes(RepoId),
    /// The comments on a repository's changes, for commands that withhold something.
    Comments(RepoId),
    /// The deliveries that the host recorded, with what became of them.
    Deliveries(Host),
    /// Who is in the groups of a host that the directory takes members from.
    Members(Host),
}

/// For logs.
impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installations(host) => write!(f, "installations on {host}"),
            Self::Repositories { host, installation } => {
                write!(f, "repositories of installation {installation} on {host}")
            }
            Self::Project(repo) => write!(f, "the owner of {repo}"),
            Self::Changes(repo) => write!(f, "open changes of {repo}"),
            Self::Comments(repo) => write!(f, "comments in {repo}"),
            Self::Deliveries(host) => write!(f, "deliveries from {host}"),
            Self::Members(host) => write!(f, "members of groups on {host}"),
        }
    }
}

/// A comment with a command, as the delivery of its creation showed it, or as a sweep found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenCommand {
    /// The change commented on.
    pub change: ChangeKey,
    /// The forge's number for the comment.
    pub comment: i64,
    /// The forge's name for it in its own queries (GitHub's `node_id`).
    pub node: String,
    /// Who wrote it.
    pub author: Actor,
    /// The App through which it was written, by its number.
    pub via_app: Option<i64>,
    /// When it was written, by the forge's clock.
    pub said_at: Timestamp,
    /// What it says.
    pub said: Said,
    /// SHA-256 of its whole text, hex: a fresh read must show the same.
    pub body_digest: String,
    /// Whether a delivery told of its creation.
    pub is_witnessed: bool,
    /// Where people can read it.
    pub url: Option<String>,
}

/// The digest of a comment's whole text: SHA-256, hex. Line ends are taken as one, as forges do not keep them apart.
pub fn body_digest(text: &str) -> String {
    digest::sha256_hex(text.replace("\r\n", "\n"))
}

/// Where people can write a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the conversation: the only place where commands are obeyed.
    Conversation,
    /// In the text of a review.
    Review,
    /// In a comment on a line.
    Line,
}

/// A command where none is obeyed, so that whoever wrote it can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misplaced {
    /// The change it is about.
    pub change: ChangeKey,
    /// Where it stands.
    pub place: Place,
    /// The forge's number for the review, or for the comment.
    pub id: i64,
    /// Who wrote it.
    pub author: Actor,
    /// What it says.
    pub said: Said,
    /// When it was written, by the forge's clock.
    pub said_at: Timestamp,
    /// Where people can read it.
    pub url: Option<String>,
}
