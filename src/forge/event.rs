//! Everything that a webhook can tell us, as one closed enum: a forge's own JSON goes no further than its parser.
//!
//! An event never carries a decision. It leaves witnessed facts behind and says what to look at again.

use crate::gate::change::Actor;
use crate::gate::ids::{ChangeKey, CommitSha, Login, OwnerId, RepoId};
use crate::gate::witnessed::{Concern, SeenChange, SeenPush, SeenRepository, Witness};

/// The kind of [`Event::Protection`].
pub const PROTECTION: &str = "protection";

/// A delivery whose signature was right, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The forge's own number for the delivery; the same when it is sent again.
    pub id: String,
    /// Whose it is. `None` only for deliveries that belong to no installation (a ping) and for ignored ones.
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
    /// Somebody commented on a change. Concerns nothing until commands are understood.
    Comment(CommentEvent),
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
    /// Nothing that matters here. The caller counts it.
    Ignored {
        /// The forge's name for the event.
        event: String,
        /// Its action, if it has any.
        action: Option<String>,
    },
}

/// Something happened to a change itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeEvent {
    /// Its repository.
    pub repository: SeenRepository,
    /// The change as the delivery shows it.
    pub change: SeenChange,
    /// What happened.
    pub action: ChangeAction,
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
    pub repository: SeenRepository,
    /// The change as the delivery shows it.
    pub change: SeenChange,
    /// What happened.
    pub action: ReviewAction,
    /// Whether the review only comments: it then approves nothing and holds nothing.
    pub only_comments: bool,
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

/// A comment on a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentEvent {
    /// The repository.
    pub repository: SeenRepository,
    /// The change commented on.
    pub change: ChangeKey,
    /// The forge's number for the comment.
    pub id: i64,
    /// What happened to it.
    pub action: CommentAction,
    /// Who did it; `None` when the delivery does not say.
    pub sender: Option<Actor>,
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
    pub repository: SeenRepository,
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
    pub repository: SeenRepository,
    /// The commit whose check it is.
    pub head: CommitSha,
}

/// A merge queue formed or dissolved a group. Concerns nothing: groups are not judged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeGroupEvent {
    /// The repository.
    pub repository: SeenRepository,
    /// The commit that the queue tests.
    pub head: CommitSha,
    /// The branch that the group would be merged into.
    pub base_branch: String,
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
    pub repository: SeenRepository,
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
}

/// Membership of organisations, teams or repositories changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleEvent {
    /// The organisation, or the repository's owner.
    pub owner: OwnerId,
    /// The only repository concerned, if it is one.
    pub repository: Option<SeenRepository>,
}

/// Rulesets or branch protection changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectionEvent {
    /// The owner.
    pub owner: OwnerId,
    /// The only repository concerned; `None` for a ruleset of the organisation.
    pub repository: Option<SeenRepository>,
}

impl Event {
    /// A word for metrics and logs, from a fixed set.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Change(event) => event.action.as_str(),
            Self::Review(event) => match event.action {
                ReviewAction::Submitted => "review_submitted",
                ReviewAction::Edited => "review_edited",
                ReviewAction::Dismissed => "review_dismissed",
            },
            Self::Comment(event) => match event.action {
                CommentAction::Created => "comment_created",
                CommentAction::Edited => "comment_edited",
                CommentAction::Deleted => "comment_deleted",
            },
            Self::Push(_) => "push",
            Self::Rerun(_) => "rerun",
            Self::MergeGroup(event) => match event.action {
                MergeGroupAction::ChecksRequested => "merge_group_checks_requested",
                MergeGroupAction::Destroyed { .. } => "merge_group_destroyed",
            },
            Self::Installation(event) => event.action.as_str(),
            Self::Repository(_) => "repository",
            Self::People(_) => "people",
            Self::Protection(_) => PROTECTION,
            Self::Ignored { .. } => "ignored",
        }
    }

    /// The repository that the event is about, if it is one.
    pub fn repository(&self) -> Option<&SeenRepository> {
        match self {
            Self::Change(event) => Some(&event.repository),
            Self::Review(event) => Some(&event.repository),
            Self::Comment(event) => Some(&event.repository),
            Self::Push(event) => Some(&event.repository),
            Self::Rerun(event) => Some(&event.repository),
            Self::MergeGroup(event) => Some(&event.repository),
            Self::Repository(event) => Some(&event.repository),
            Self::People(event) => event.repository.as_ref(),
            Self::Protection(event) => event.repository.as_ref(),
            Self::Ping | Self::Installation(_) | Self::Ignored { .. } => None,
        }
    }

    /// The facts that only this delivery could tell.
    pub fn witnessed(&self) -> Vec<Witness> {
        let is_gone = matches!(self, Self::Repository(event) if event.action == RepositoryAction::Deleted);
        let mut facts = Vec::new();
        let seen = |seen: &SeenRepository| {
            if is_gone { Witness::Gone(seen.repo.clone()) } else { Witness::Repository(seen.clone()) }
        };
        facts.extend(self.repository().map(seen));
        match self {
            Self::Change(event) => facts.push(Witness::Change(event.change.clone())),
            Self::Review(event) => facts.push(Witness::Change(event.change.clone())),
            Self::Push(event) => facts.extend(event.push.clone().map(Witness::Push)),
            Self::Installation(event) => facts.extend(event.repositories.iter().cloned().map(Witness::Repository)),
            _ => {}
        }
        facts
    }

    /// What to look at again. Empty for an event that cannot matter.
    pub fn concerns(&self) -> Vec<Concern> {
        match self {
            Self::Change(event) => event.concerns(),
            Self::Review(event) if event.only_comments && event.action != ReviewAction::Dismissed => Vec::new(),
            Self::Review(event) => vec![Concern::Change(event.change.key.clone())],
            Self::Push(event) => event.concerns(),
            Self::Rerun(event) => {
                vec![Concern::Head { repo: event.repository.repo.clone(), head: event.head.clone() }]
            }
            Self::Installation(event) => event.concerns(),
            Self::Repository(event) => event.concerns(),
            Self::People(PeopleEvent { owner, repository })
            | Self::Protection(ProtectionEvent { owner, repository }) => match repository {
                Some(repository) => vec![Concern::Repository(repository.repo.clone())],
                None => vec![Concern::Owner(owner.clone())],
            },
            Self::Ping | Self::Comment(_) | Self::MergeGroup(_) | Self::Ignored { .. } => Vec::new(),
        }
    }

    /// Whether what the forge refused before may be granted now, or somebody asks for it outright, so that changes put
    /// off are tried again at once.
    pub fn hurries(&self) -> bool {
        matches!(self, Self::Installation(_) | Self::Repository(_) | Self::Rerun(_)) && !self.concerns().is_empty()
    }

    /// Whether somebody is likely to be waiting for the answer: such changes go first when calls are scarce.
    pub fn urgent(&self) -> bool {
        use ChangeAction as A;
        match self {
            Self::Change(event) => matches!(
                event.action,
                A::Opened | A::Reopened | A::Pushed | A::Retargeted | A::Restacked | A::ReadyForReview | A::Enqueued
            ),
            Self::Review(_) => !self.concerns().is_empty(),
            Self::Rerun(_) => true,
            _ => false,
        }
    }
}

impl ChangeAction {
    fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "change_opened",
            Self::Reopened => "change_reopened",
            Self::Pushed => "change_pushed",
            Self::Retargeted => "change_retargeted",
            Self::Edited => "change_edited",
            Self::Retitled => "change_retitled",
            Self::Labeled => "change_labeled",
            Self::Unlabeled => "change_unlabeled",
            Self::Assigned => "change_assigned",
            Self::Unassigned => "change_unassigned",
            Self::ReadyForReview => "change_ready_for_review",
            Self::ConvertedToDraft => "change_converted_to_draft",
            Self::Closed => "change_closed",
            Self::Enqueued => "change_enqueued",
            Self::Dequeued => "change_dequeued",
            Self::Restacked => "change_restacked",
            Self::Irrelevant => "change_irrelevant",
            Self::Unknown => "change_unknown",
        }
    }

    /// Whether a verdict can depend on it. Titles are shown only, and taking a label away lowers no level.
    fn matters(self) -> bool {
        !matches!(self, Self::Retitled | Self::Unlabeled | Self::Dequeued | Self::Irrelevant)
    }
}

impl ChangeEvent {
    fn concerns(&self) -> Vec<Concern> {
        if !self.action.matters() {
            return Vec::new();
        }
        let head = |head: &CommitSha| Concern::Head { repo: self.repository.repo.clone(), head: head.clone() };
        let mut concerns = vec![Concern::Change(self.change.key.clone())];
        // A check belongs to a commit: when one change leaves a head, the others on it may be judged better now.
        match self.action {
            ChangeAction::Closed => concerns.push(head(&self.change.head)),
            ChangeAction::Pushed => concerns.extend(self.change.before.as_ref().map(head)),
            _ => {}
        }
        concerns
    }
}

impl PushEvent {
    fn concerns(&self) -> Vec<Concern> {
        match self.reach {
            PushReach::Nothing => Vec::new(),
            PushReach::Base => {
                vec![Concern::Base { repo: self.repository.repo.clone(), branch: self.branch.clone() }]
            }
            PushReach::Repository => vec![Concern::Repository(self.repository.repo.clone())],
            PushReach::Owner => vec![Concern::Owner(self.repository.owner.clone())],
        }
    }
}

impl InstallationAction {
    fn as_str(self) -> &'static str {
        match self {
            Self::Created => "installation_created",
            Self::Deleted => "installation_deleted",
            Self::Suspended => "installation_suspended",
            Self::Unsuspended => "installation_unsuspended",
            Self::PermissionsAccepted => "installation_permissions_accepted",
            Self::RepositoriesAdded => "installation_repositories_added",
            Self::RepositoriesRemoved => "installation_repositories_removed",
            Self::Renamed => "installation_renamed",
        }
    }
}

impl InstallationEvent {
    fn concerns(&self) -> Vec<Concern> {
        use InstallationAction as A;
        match self.action {
            A::Created | A::Unsuspended | A::PermissionsAccepted | A::Renamed => {
                vec![Concern::Owner(self.owner.clone())]
            }
            A::RepositoriesAdded => {
                self.repositories.iter().map(|repository| Concern::Repository(repository.repo.clone())).collect()
            }
            A::Deleted | A::Suspended | A::RepositoriesRemoved => Vec::new(),
        }
    }
}

impl RepositoryEvent {
    fn concerns(&self) -> Vec<Concern> {
        use RepositoryAction as A;
        match self.action {
            A::Renamed | A::Transferred | A::DefaultBranchChanged | A::Unarchived => {
                vec![Concern::Repository(self.repository.repo.clone())]
            }
            A::Created | A::Deleted | A::Edited | A::Archived | A::VisibilityChanged => Vec::new(),
        }
    }
}
