//! What an event leaves behind, and what it asks to look at again.

use super::{
    ApprovalEvent, ChangeAction, ChangeEvent, CommentAction, CommentEvent, Delivery, Event, Held, InstallationAction,
    InstallationEvent, LookEvent, MergeGroupAction, MergeGroupEvent, Moved, NamedRepository, PROTECTION, PeopleEvent,
    ProtectionEvent, PushEvent, PushReach, ReportEvent, ReportKind, RepositoryAction, RepositoryEvent, ReviewAction,
    ReviewEvent, TokenEvent,
};
use jiff::Timestamp;

use crate::gate::command::Fate;
use crate::gate::finding::{self, By, Finding, Place};
use crate::gate::ids::{ChangeKey, CommitSha, OwnerId};
use crate::gate::witnessed::{ApprovalAction, Concern, Listing, MovedRules, SeenGroup, Witness};

impl Delivery {
    /// What to list anew: the delivery says that more may be there, or less, than it can name.
    ///
    /// That something is gone is never believed of a delivery, which may be late or sent again: the list shows it.
    pub fn listings(&self) -> Vec<Listing> {
        use InstallationAction as A;
        match (&self.event, &self.origin) {
            (Event::Installation(event), Some(origin)) => match event.action {
                A::RepositoriesAdded if !event.repositories.is_empty() => {
                    event.repositories.iter().map(|repository| Listing::Changes(repository.repo.clone())).collect()
                }
                A::Created
                | A::Deleted
                | A::Suspended
                | A::Unsuspended
                | A::PermissionsAccepted
                | A::RepositoriesAdded
                | A::RepositoriesRemoved
                | A::Renamed => {
                    vec![Listing::Repositories { host: origin.owner.host.clone(), installation: origin.installation }]
                }
            },
            (Event::Repository(event), _) => event.listings(),
            // Only a GitLab's deliveries come without an origin, and only its groups are asked for members.
            (Event::People(PeopleEvent { owner: Some(group), repository: None }), None) => {
                vec![Listing::Members(group.host.clone())]
            }
            _ => Vec::new(),
        }
    }
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
            Self::Approval(event) => match event.approval.action {
                ApprovalAction::Given => "approval_given",
                ApprovalAction::Withdrawn => "approval_withdrawn",
            },
            Self::Look(event) => match event.moved {
                Moved::Approvals => "approvals_reset",
                Moved::Pipeline => "pipeline",
                Moved::Headless => "change_headless",
            },
            Self::Comment(event) => match event.action {
                CommentAction::Created => "comment_created",
                CommentAction::Edited => "comment_edited",
                CommentAction::Deleted => "comment_deleted",
            },
            Self::LineComment(_) => "line_comment_created",
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
            Self::Report(event) => match event.kind {
                ReportKind::Check => "check_reported",
                ReportKind::Status => "status_reported",
            },
            Self::TokenExpires(_) => "token_expires",
            Self::Ignored { .. } => "ignored",
        }
    }

    /// The repository that the event is about, if it is one.
    pub fn repository(&self) -> Option<&NamedRepository> {
        match self {
            Self::Change(event) => Some(&event.repository),
            Self::Review(event) => Some(&event.repository),
            Self::Approval(event) => Some(&event.repository),
            Self::Look(event) => event.repository.as_ref(),
            Self::Comment(event) => Some(&event.repository),
            Self::LineComment(event) => Some(&event.repository),
            Self::Push(event) => Some(&event.repository),
            Self::Rerun(event) => Some(&event.repository),
            Self::MergeGroup(event) => Some(&event.repository),
            Self::Repository(event) => Some(&event.repository),
            Self::People(event) => event.repository.as_ref(),
            Self::Protection(event) => event.repository.as_ref(),
            Self::Report(event) => Some(&event.repository),
            Self::TokenExpires(event) => event.repository.as_ref(),
            Self::Ping | Self::Installation(_) | Self::Ignored { .. } => None,
        }
    }

    /// The facts that only this delivery could tell.
    pub fn witnessed(&self) -> Vec<Witness> {
        if matches!(self, Self::Comment(event) if event.says_nothing()) {
            return Vec::new();
        }
        let is_gone = matches!(self, Self::Repository(event) if event.action == RepositoryAction::Deleted);
        let mut facts = Vec::new();
        let seen = |named: &NamedRepository| {
            if is_gone { Witness::Gone(named.repo.clone()) } else { named.witness() }
        };
        facts.extend(self.repository().map(seen));
        match self {
            Self::Change(event) => {
                facts.push(Witness::Change(event.change.clone()));
                facts.extend(event.described.clone().map(Witness::Described));
            }
            Self::Approval(event) => {
                facts.push(Witness::Change(event.change.clone()));
                facts.push(Witness::Approval(event.approval.clone()));
            }
            Self::Review(event) => {
                facts.push(Witness::Change(event.change.clone()));
                facts.extend(event.misplaced.clone().map(Witness::Misplaced));
            }
            Self::Comment(event) => facts.extend(event.witnessed()),
            Self::LineComment(event) => {
                facts.push(Witness::Change(event.change.clone()));
                facts.push(Witness::Misplaced(event.misplaced.clone()));
            }
            Self::Push(event) => facts.extend(event.push.clone().map(Witness::Push)),
            Self::MergeGroup(event) => facts.push(Witness::Group(event.seen())),
            Self::Installation(event) => facts.extend(event.repositories.iter().cloned().map(Witness::Repository)),
            Self::Protection(event) => facts.push(Witness::Rules(event.moved())),
            _ => {}
        }
        facts
    }

    /// What to look at again. Empty for an event that cannot matter.
    pub fn concerns(&self) -> Vec<Concern> {
        match self {
            Self::Change(event) => event.concerns(),
            Self::Review(event) if event.is_idle() => Vec::new(),
            Self::Review(event) => vec![Concern::Change(event.change.key.clone())],
            Self::Approval(ApprovalEvent { change, .. }) => vec![Concern::Change(change.key.clone())],
            Self::Look(LookEvent { change, .. }) => vec![Concern::Change(change.clone())],
            Self::Comment(event) => event.concerns(),
            Self::LineComment(event) => vec![Concern::Change(event.change.key.clone())],
            Self::Push(event) => event.concerns(),
            Self::Rerun(event) => {
                vec![Concern::Head { repo: event.repository.repo.clone(), head: event.head.clone() }]
            }
            Self::Installation(event) => event.concerns(),
            Self::Repository(event) => event.concerns(),
            Self::People(PeopleEvent { owner, repository }) => concerned(owner.as_ref(), repository.as_ref()),
            Self::Protection(ProtectionEvent { owner, repository, .. }) => concerned(Some(owner), repository.as_ref()),
            Self::MergeGroup(event) => event.concerns(),
            Self::Ping | Self::Report(_) | Self::TokenExpires(_) | Self::Ignored { .. } => Vec::new(),
        }
    }

    /// Whether what the forge refused before may be granted now, or somebody who may write asks for it outright, so that
    /// changes put off are tried again at once. A comment never does this: anybody can write one.
    pub fn hurries(&self) -> bool {
        match self {
            Self::Installation(_) | Self::Repository(_) | Self::Rerun(_) => !self.concerns().is_empty(),
            _ => false,
        }
    }

    /// Whether somebody is likely to be waiting for the answer: such changes go first when calls are scarce.
    pub fn urgent(&self) -> bool {
        use ChangeAction as A;
        match self {
            Self::Change(event) => matches!(
                event.action,
                A::Opened | A::Reopened | A::Pushed | A::Retargeted | A::Restacked | A::ReadyForReview | A::Enqueued
            ),
            Self::Review(_) | Self::Comment(_) => !self.concerns().is_empty(),
            Self::Rerun(_) | Self::Approval(_) => true,
            Self::MergeGroup(event) => !event.concerns().is_empty(),
            _ => false,
        }
    }
}

/// The repository, or, if it is no single one, all of the owner's.
fn concerned(owner: Option<&OwnerId>, repository: Option<&NamedRepository>) -> Vec<Concern> {
    match (repository, owner) {
        (Some(repository), _) => vec![Concern::Repository(repository.repo.clone())],
        (None, Some(owner)) => vec![Concern::Owner(owner.clone())],
        (None, None) => Vec::new(),
    }
}

impl ProtectionEvent {
    fn moved(&self) -> MovedRules {
        MovedRules {
            owner: self.owner.clone(),
            repo: self.repository.as_ref().map(|repository| repository.repo.clone()),
            by: self.sender.as_ref().map(|sender| sender.account.clone()),
        }
    }
}

impl ReportEvent {
    /// What somebody should look at, if the report is under the name of our check.
    pub fn finding(&self, check_name: &str, now: Timestamp) -> Option<Finding> {
        let kind = match self.kind {
            ReportKind::Check => finding::Kind::ForeignCheck,
            ReportKind::Status => finding::Kind::ForeignStatus,
        };
        (self.name == check_name).then(|| Finding {
            kind,
            repo: self.repository.repo.clone(),
            place: Place::Commit(self.commit.clone()),
            by: self.by.clone(),
            at: now,
        })
    }
}

impl TokenEvent {
    /// What somebody should look at, where the delivery names a repository: findings belong to one.
    pub fn finding(&self, now: Timestamp) -> Option<Finding> {
        self.repository.as_ref().map(|repository| Finding {
            kind: finding::Kind::TokenExpires,
            repo: repository.repo.clone(),
            place: Place::Repository,
            by: self.account.clone().map(By::Account),
            at: now,
        })
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

impl ReviewEvent {
    /// Whether no verdict can depend on it, and nobody waits for an answer.
    fn is_idle(&self) -> bool {
        self.only_comments && self.action != ReviewAction::Dismissed && self.misplaced.is_none()
    }
}

impl CommentEvent {
    /// Whether the comment is one like most: people talking to people.
    fn says_nothing(&self) -> bool {
        self.command.is_none() && self.held == Held::Nothing
    }

    fn witnessed(&self) -> Option<Witness> {
        let fate = match self.action {
            CommentAction::Created => return self.command.clone().map(Witness::Command),
            CommentAction::Edited => Fate::Edited,
            CommentAction::Deleted => Fate::Deleted,
        };
        let by = self.sender.as_ref().map(|sender| sender.account.clone());
        Some(Witness::CommentFate { repo: self.repository.repo.clone(), comment: self.id, fate, by })
    }

    /// What a comment withheld, it withholds after it was edited or deleted as well.
    fn concerns(&self) -> Vec<Concern> {
        match &self.held {
            _ if self.command.is_some() => vec![Concern::Change(self.change.clone())],
            Held::Ask(ask) if ask.is_grant() => vec![Concern::Change(self.change.clone())],
            Held::Untold => vec![Concern::Comment { repo: self.repository.repo.clone(), comment: self.id }],
            Held::Nothing | Held::Ask(_) => Vec::new(),
        }
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
            PushReach::Owner => match &self.repository.owner {
                Some(owner) => vec![Concern::Owner(owner.clone())],
                None => vec![Concern::OwnerOf(self.repository.repo.clone())],
            },
        }
    }
}

impl MergeGroupEvent {
    fn is_gone(&self) -> bool {
        matches!(self.action, MergeGroupAction::Destroyed { .. })
    }

    fn seen(&self) -> SeenGroup {
        SeenGroup {
            repo: self.repository.repo.clone(),
            head: self.head.clone(),
            base_branch: self.base_branch.clone(),
            named: self.named,
            is_gone: self.is_gone(),
        }
    }

    /// A group is judged together with any of its members. Where no member can be guessed, it is one of the changes
    /// into the branch.
    fn concerns(&self) -> Vec<Concern> {
        let repo = self.repository.repo.clone();
        match self.named {
            _ if self.is_gone() => Vec::new(),
            Some(number) => vec![Concern::Change(ChangeKey { repo, number })],
            None => vec![Concern::Base { repo, branch: self.base_branch.clone() }],
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
            // Whoever may see a repository may see its pages: the links in its checks are others now.
            A::Renamed
            | A::Transferred
            | A::DefaultBranchChanged
            | A::Unarchived
            | A::VisibilityChanged
            | A::Reconfigured => vec![Concern::Repository(self.repository.repo.clone())],
            A::Created | A::Deleted | A::Edited | A::Archived => Vec::new(),
        }
    }
    /// Changes of which no delivery came: those of before it was ours, or while nothing could be delivered.
    fn listings(&self) -> Vec<Listing> {
        use RepositoryAction as A;
        match self.action {
            A::Transferred | A::DefaultBranchChanged | A::Unarchived => {
                vec![Listing::Changes(self.repository.repo.clone())]
            }
            // It is still there, and may be writable again by the time at which this is read: the list shows it.
            A::Archived => vec![Listing::Repositories {
                host: self.repository.repo.host.clone(),
                installation: self.repository.installation,
            }],
            A::Created | A::Deleted | A::Renamed | A::Edited | A::VisibilityChanged | A::Reconfigured => Vec::new(),
        }
    }
}
