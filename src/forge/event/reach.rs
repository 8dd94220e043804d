//! What an event leaves behind, and what it asks to look at again.

use super::{
    ChangeAction, ChangeEvent, CommentAction, Event, InstallationAction, InstallationEvent, MergeGroupAction,
    PROTECTION, PeopleEvent, ProtectionEvent, PushEvent, PushReach, ReportEvent, ReportKind, RepositoryAction,
    RepositoryEvent, ReviewAction,
};
use jiff::Timestamp;

use crate::gate::finding::{self, Finding, Place};
use crate::gate::ids::CommitSha;
use crate::gate::witnessed::{Concern, MovedRules, SeenRepository, Witness};

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
            Self::Report(event) => match event.kind {
                ReportKind::Check => "check_reported",
                ReportKind::Status => "status_reported",
            },
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
            Self::Report(event) => Some(&event.repository),
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
            Self::Protection(event) => facts.push(Witness::Rules(event.moved())),
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
            | Self::Protection(ProtectionEvent { owner, repository, .. }) => match repository {
                Some(repository) => vec![Concern::Repository(repository.repo.clone())],
                None => vec![Concern::Owner(owner.clone())],
            },
            Self::Ping | Self::Comment(_) | Self::MergeGroup(_) | Self::Report(_) | Self::Ignored { .. } => Vec::new(),
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
