//! Everything that a webhook can tell us, as one closed enum: a forge's own JSON goes no further than its parser.
//!
//! An event never carries a decision. It leaves witnessed facts behind and says what to look at again.

mod reach;

use crate::gate::change::Actor;
use crate::gate::command::Ask;
use crate::gate::finding::By;
use crate::gate::ids::{AccountId, ChangeKey, CommitSha, Login, OwnerId, RepoId};
use crate::gate::witnessed::{
    Misplaced, SeenApproval, SeenChange, SeenCommand, SeenEdit, SeenProject, SeenPush, SeenRepository, Witness,
};

/// The kind of [`Event::Protection`].
pub const PROTECTION: &str = "protection";

/// A delivery whose signature was right, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The forge's own number for the delivery; the same when it is sent again.
    pub id: String,
    /// Whose it is. `None` for deliveries that belong to no installation (a ping), for ignored ones, and for all of a forge
    /// that does not say in numbers whose a repository is.
    pub origin: Option<Origin>,
    /// What happened.
    pub event: Event,
}

/// The tenant that a delivery belongs to, and the installation that sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The owner of the repository, or the organisation itself.
    pub owner: OwnerId,
    /// The owner's login at that time: for people and for owner restrictions written by people, never a key.
    pub login: Login,
    /// GitHub's `installation.id`.
    pub installation: i64,
}

/// What a delivery tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The forge tries the connection.
    Ping,
    /// Something happened to a change itself.
    Change(ChangeEvent),
    /// A native review was submitted, edited or dismissed.
    Review(ReviewEvent),
    /// Somebody approved a change, or took an approval back, where the forge knows approvals apart from reviews.
    Approval(ApprovalEvent),
    /// Something about a change moved of which the delivery tells no more.
    Look(LookEvent),
    /// Something happened to a comment in the conversation of a change.
    Comment(CommentEvent),
    /// Somebody wrote a command into a comment on a line, where none is obeyed.
    LineComment(LineCommentEvent),
    /// A branch moved.
    Push(PushEvent),
    /// Somebody asked for our check to be run again.
    Rerun(RerunEvent),
    /// A merge queue formed or dissolved a group.
    MergeGroup(MergeGroupEvent),
    /// The App was installed, removed, or given other repositories or permissions.
    Installation(InstallationEvent),
    /// A repository was renamed, transferred, or otherwise changed.
    Repository(RepositoryEvent),
    /// Membership of organisations, teams or repositories changed.
    People(PeopleEvent),
    /// Rulesets or branch protection changed: our check may have become required, or no longer be.
    Protection(ProtectionEvent),
    /// Somebody else reported on a commit. Concerns nothing; a finding if it is under our check's name.
    Report(ReportEvent),
    /// An access token ends soon.
    TokenExpires(TokenEvent),
    /// Nothing that matters here. The caller counts it.
    Ignored {
        /// The forge's name for the event.
        event: String,
        /// Its action, if it has any.
        action: Option<String>,
    },
}

/// A repository as a delivery names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRepository {
    /// Its key.
    pub repo: RepoId,
    /// Its owner's key, where the forge's deliveries say it: GitHub's do, GitLab's do not.
    pub owner: Option<OwnerId>,
    /// Its path at that time: for addresses, never a key.
    pub name: String,
    /// The installation that sent it; 0 where the forge has none.
    pub installation: i64,
    /// Its default branch.
    pub default_branch: Option<String>,
    /// Whether everybody may see it; `None` where nothing says so.
    pub is_public: Option<bool>,
}

impl NamedRepository {
    /// The first part of its path: the login of its owner.
    pub fn owner_login(&self) -> Login {
        Login::from(self.name.split('/').next().unwrap_or_default())
    }

    /// What is to be kept of it.
    pub(crate) fn witness(&self) -> Witness {
        let Self { repo, owner, name, installation, default_branch, is_public } = self.clone();
        match owner {
            Some(owner) => {
                Witness::Repository(SeenRepository { repo, owner, name, installation, default_branch, is_public })
            }
            None => Witness::Project(SeenProject { repo, name, default_branch, is_public }),
        }
    }
}

impl From<SeenRepository> for NamedRepository {
    fn from(seen: SeenRepository) -> Self {
        let SeenRepository { repo, owner, name, installation, default_branch, is_public } = seen;
        Self { repo, owner: Some(owner), name, installation, default_branch, is_public }
    }
}

/// Something happened to a change itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeEvent {
    /// Its repository.
    pub repository: NamedRepository,
    /// The change as the delivery shows it.
    pub change: SeenChange,
    /// What happened.
    pub action: ChangeAction,
    /// Who edited its description, if that was done, where the forge tells it only now.
    pub described: Option<SeenEdit>,
}

/// What happened to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeAction {
    /// Opened.
    Opened,
    /// Opened again after it was closed.
    Reopened,
    /// Its head moved.
    Pushed,
    /// Its base is another branch now.
    Retargeted,
    /// Its description, or something unknown to us, was edited.
    Edited,
    /// Only its title was edited.
    Retitled,
    /// A label was added.
    Labeled,
    /// A label was removed.
    Unlabeled,
    /// Somebody was assigned.
    Assigned,
    /// Somebody was unassigned.
    Unassigned,
    /// No draft any more.
    ReadyForReview,
    /// A draft again.
    ConvertedToDraft,
    /// Closed, merged or not.
    Closed,
    /// Put into the merge queue.
    Enqueued,
    /// Taken out of the merge queue.
    Dequeued,
    /// Put into a stack, taken out of it, or moved within it.
    Restacked,
    /// Something that no verdict can depend on: a lock, a milestone, a review request.
    Irrelevant,
    /// An action we do not know. It may matter, so the change is looked at again.
    Unknown,
}

/// A native review was submitted, edited or dismissed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewEvent {
    /// The repository.
    pub repository: NamedRepository,
    /// The change as the delivery shows it.
    pub change: SeenChange,
    /// What happened.
    pub action: ReviewAction,
    /// Whether the review only comments: it then approves nothing and holds nothing.
    pub only_comments: bool,
    /// The command in its text, where none is obeyed.
    pub misplaced: Option<Box<Misplaced>>,
}

/// What happened to a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewAction {
    /// Submitted.
    Submitted,
    /// Its text was edited.
    Edited,
    /// Somebody dismissed it.
    Dismissed,
}

/// An approval was given or taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalEvent {
    /// The repository.
    pub repository: NamedRepository,
    /// The change as the delivery shows it.
    pub change: SeenChange,
    /// What is to be kept of it.
    pub approval: Box<SeenApproval>,
}

/// Something about a change moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookEvent {
    /// The repository; `None` where only its number is told.
    pub repository: Option<NamedRepository>,
    /// The change.
    pub change: ChangeKey,
    /// What moved.
    pub moved: Moved,
}

/// What moved about a change, without saying more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// The forge itself took approvals back, and does not say whose.
    Approvals,
    /// A pipeline began to test it: what stood for the one before does not stand for this one.
    Pipeline,
    /// It has no head: it cannot be shown as a change is.
    Headless,
}

/// A comment in the conversation of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentEvent {
    /// The repository.
    pub repository: NamedRepository,
    /// The change commented on.
    pub change: ChangeKey,
    /// The forge's number for the comment.
    pub id: i64,
    /// What happened to it.
    pub action: CommentAction,
    /// Who did it.
    pub sender: Option<Actor>,
    /// Of a comment that was written: the command that it holds.
    pub command: Option<Box<SeenCommand>>,
    /// Of a comment that was edited or deleted: what its text asked for before.
    pub held: Held,
}

/// What the text of a comment asked for before it was edited or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Nothing: it is a comment like most.
    Nothing,
    /// This.
    Ask(Ask),
    /// The delivery does not tell: it matters if a command is on record.
    Untold,
}

/// A command in a comment on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineCommentEvent {
    /// The repository.
    pub repository: NamedRepository,
    /// The change as the delivery shows it.
    pub change: SeenChange,
    /// The command.
    pub misplaced: Box<Misplaced>,
}

/// What happened to a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentAction {
    /// Written.
    Created,
    /// Edited.
    Edited,
    /// Deleted.
    Deleted,
}

/// A branch moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushEvent {
    /// The repository.
    pub repository: NamedRepository,
    /// The push; `None` when the delivery names no account for the pusher.
    pub push: Option<SeenPush>,
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// What it means for changes that would be merged into the branch.
    pub reach: PushReach,
}

/// What a push means for the changes that would be merged into the branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushReach {
    /// The forge listed every commit, and none touches a policy. Changes into the branch stay as they are.
    Nothing,
    /// A policy may have changed, or the branch was rewritten, or we cannot tell.
    Base,
    /// The policy on the default branch may have changed: it governs the whole repository.
    Repository,
    /// The organisation's policy may have changed.
    Owner,
}

/// Somebody asked for our check to be run again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RerunEvent {
    /// The repository.
    pub repository: NamedRepository,
    /// The commit whose check it is.
    pub head: CommitSha,
}

/// A merge queue formed or dissolved a group. What it holds is for the queue itself to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeGroupEvent {
    /// The repository.
    pub repository: NamedRepository,
    /// The commit that the queue tests.
    pub head: CommitSha,
    /// The branch that the group would be merged into.
    pub base_branch: String,
    /// The change that the name of the queue's branch speaks of, if it speaks of one.
    pub named: Option<i64>,
    /// What happened.
    pub action: MergeGroupAction,
}

/// What happened to a merge group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeGroupAction {
    /// The queue waits for checks on the group's commit.
    ChecksRequested,
    /// The group is gone.
    Destroyed {
        /// `merged`, `invalidated` or `dequeued`, where the forge says so.
        reason: Option<String>,
    },
}

/// The App was installed, removed, or given other repositories or permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallationEvent {
    /// The account it is installed on.
    pub owner: OwnerId,
    /// What happened.
    pub action: InstallationAction,
    /// Repositories that are reached through it now, as far as the delivery lists them.
    pub repositories: Vec<SeenRepository>,
    /// Repositories that are no longer reached through it.
    pub removed: Vec<RepoId>,
}

/// What happened to an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallationAction {
    /// Installed.
    Created,
    /// Removed: its tokens and rights are gone.
    Deleted,
    /// Suspended: no events and no rights until it is unsuspended.
    Suspended,
    /// Unsuspended: events were missed.
    Unsuspended,
    /// Its owner accepted other permissions.
    PermissionsAccepted,
    /// Repositories were added.
    RepositoriesAdded,
    /// Repositories were removed.
    RepositoriesRemoved,
    /// The account it is installed on was renamed.
    Renamed,
}

/// A repository was renamed, transferred, or otherwise changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryEvent {
    /// The repository, as it is now.
    pub repository: NamedRepository,
    /// What happened.
    pub action: RepositoryAction,
}

/// What happened to a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepositoryAction {
    /// Created.
    Created,
    /// Deleted.
    Deleted,
    /// Renamed.
    Renamed,
    /// It has another owner now.
    Transferred,
    /// Its default branch is another one now.
    DefaultBranchChanged,
    /// Something else about it was edited.
    Edited,
    /// Made read-only.
    Archived,
    /// Writable again.
    Unarchived,
    /// Its visibility changed.
    VisibilityChanged,
    /// Its settings changed, and the delivery does not say which.
    Reconfigured,
}

/// Membership of organisations, teams or repositories changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleEvent {
    /// The organisation or group, or the repository's owner where the delivery says it.
    pub owner: Option<OwnerId>,
    /// The only repository concerned, if it is one.
    pub repository: Option<NamedRepository>,
}

/// Rulesets or branch protection changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectionEvent {
    /// The owner.
    pub owner: OwnerId,
    /// The only repository concerned; `None` for a ruleset of the organisation.
    pub repository: Option<NamedRepository>,
    /// Who changed them; `None` when the delivery does not say.
    pub sender: Option<Actor>,
}

/// A check run of another App, or a commit status, which anybody with write access can set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportEvent {
    /// The repository.
    pub repository: NamedRepository,
    /// The commit reported on.
    pub commit: CommitSha,
    /// The name under which it is shown, and required.
    pub name: String,
    /// What kind of report it is.
    pub kind: ReportKind,
    /// Who reported; `None` when the delivery does not say.
    pub by: Option<By>,
}

/// An access token ends soon. The forge does not say to whom it belongs, but by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEvent {
    /// The repository that it is for; `None` for a group's.
    pub repository: Option<NamedRepository>,
    /// The account that it acts as, where the delivery says so.
    pub account: Option<AccountId>,
}

/// The kinds of reports on a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    /// A check run, which only Apps can make.
    Check,
    /// A commit status.
    Status,
}
