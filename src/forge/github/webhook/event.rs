//! From a payload to an [`Event`].

use serde::Deserialize;

use super::payload::{Account, Envelope, ListedRepository, Payload, PullRequest, PushedCommit, Repository};
use super::{DeliveryHeaders, ParseError};
use crate::forge::event::{
    ChangeAction, ChangeEvent, CommentAction, Delivery, Event, InstallationAction, InstallationEvent, MergeGroupAction,
    MergeGroupEvent, NamedRepository, Origin, PeopleEvent, ProtectionEvent, PushEvent, PushReach, ReportEvent,
    ReportKind, RepositoryAction, RepositoryEvent, RerunEvent, ReviewAction,
};
use crate::forge::github::wire::{actor_kind, is_public};
use crate::gate::change::{Actor, ChangeState, HeadBranch};
use crate::gate::finding::By;
use crate::gate::ids::{AccountId, ChangeKey, CommitSha, Host, Login, OwnerId, RepoId};
use crate::gate::witnessed::{SeenChange, SeenPush, SeenRepository};

/// GitHub lists at most this many commits in a push; of a longer one we cannot know all files.
const MAX_LISTED_COMMITS: usize = 2048;

/// Deliveries about a user's account, which belong to no installation by their nature.
const ACCOUNT_EVENTS: [&str; 2] = ["github_app_authorization", "marketplace_purchase"];

/// Turns a delivery into an event. The caller has verified its signature.
///
/// `host` is the web host of the GitHub whose secret matched, never one that the payload names.
pub fn parse(headers: &DeliveryHeaders, host: &Host, body: &[u8]) -> Result<Delivery, ParseError> {
    let event = headers.event.as_str();
    let id = headers.guid.clone();
    let envelope: Envelope = read_json(event, body)?;
    if event == "ping" {
        return Ok(Delivery { id, origin: None, event: Event::Ping });
    }
    if envelope.installation.is_none() && !ACCOUNT_EVENTS.contains(&event) {
        return Err(ParseError::NoInstallation { event: event.to_owned() });
    }
    let action = envelope.action.as_deref();
    let Some(kind) = Kind::of(event, action) else {
        return Ok(Delivery {
            id,
            origin: None,
            event: Event::Ignored { event: event.to_owned(), action: envelope.action },
        });
    };
    let payload = read_json(event, body)?;
    let reader = Reader { event, host, payload: &payload };
    let origin = reader.origin()?;
    let ignored = || Event::Ignored { event: event.to_owned(), action: envelope.action.clone() };
    let event = match kind {
        Kind::Change(action) => reader.change(action)?,
        Kind::Review(action) => reader.review(action)?,
        Kind::Comment(action) => reader.comment(action, headers.app_id)?.unwrap_or_else(ignored),
        Kind::LineComment => reader.line_comment()?.unwrap_or_else(ignored),
        Kind::Push => reader.push()?.unwrap_or_else(ignored),
        Kind::Rerun => reader.rerun(headers.app_id)?.unwrap_or_else(ignored),
        Kind::MergeGroup(action) => reader.merge_group(action)?,
        Kind::Installation(action) => reader.installation(&origin, action),
        Kind::Repository(action) => reader.repository_event(action)?,
        Kind::People => {
            Event::People(PeopleEvent { owner: Some(origin.owner.clone()), repository: reader.any_repository() })
        }
        Kind::Protection => Event::Protection(ProtectionEvent {
            owner: origin.owner.clone(),
            repository: reader.any_repository(),
            sender: reader.sender(),
        }),
        Kind::Check => reader.check(headers.app_id)?.unwrap_or_else(ignored),
        Kind::Status => reader.status()?,
    };
    Ok(Delivery { id, origin: Some(origin), event })
}

/// The events that are understood. The table of all that matters; everything else is ignored.
enum Kind {
    Change(ChangeAction),
    Review(ReviewAction),
    Comment(CommentAction),
    LineComment,
    Push,
    Rerun,
    MergeGroup(MergeGroupAction),
    Installation(InstallationAction),
    Repository(RepositoryAction),
    People,
    Protection,
    Check,
    Status,
}

impl Kind {
    fn of(event: &str, action: Option<&str>) -> Option<Self> {
        let action = action.unwrap_or_default();
        Some(match (event, action) {
            ("pull_request", action) => Self::Change(change_action(action)),
            ("pull_request_review", "submitted") => Self::Review(ReviewAction::Submitted),
            ("pull_request_review", "edited") => Self::Review(ReviewAction::Edited),
            ("pull_request_review", "dismissed") => Self::Review(ReviewAction::Dismissed),
            ("issue_comment", "created") => Self::Comment(CommentAction::Created),
            ("issue_comment", "edited") => Self::Comment(CommentAction::Edited),
            ("issue_comment", "deleted") => Self::Comment(CommentAction::Deleted),
            ("pull_request_review_comment", "created") => Self::LineComment,
            ("push", _) => Self::Push,
            ("check_run" | "check_suite", "rerequested") => Self::Rerun,
            ("merge_group", "checks_requested") => Self::MergeGroup(MergeGroupAction::ChecksRequested),
            ("merge_group", "destroyed") => Self::MergeGroup(MergeGroupAction::Destroyed { reason: None }),
            ("installation" | "installation_repositories" | "installation_target", action) => {
                Self::Installation(installation_action(event, action)?)
            }
            ("repository", action) => Self::Repository(repository_action(action)?),
            ("membership", "added" | "removed")
            | ("team_add", _)
            | ("team", "created" | "deleted" | "edited" | "added_to_repository" | "removed_from_repository")
            | ("organization", "member_added" | "member_removed" | "renamed" | "deleted")
            | ("member", "added" | "edited" | "removed") => Self::People,
            ("repository_ruleset" | "branch_protection_rule" | "branch_protection_configuration", _) => {
                Self::Protection
            }
            ("check_run", "created" | "completed") => Self::Check,
            ("status", _) => Self::Status,
            _ => return None,
        })
    }
}

fn change_action(action: &str) -> ChangeAction {
    match action {
        "opened" => ChangeAction::Opened,
        "reopened" => ChangeAction::Reopened,
        "synchronize" => ChangeAction::Pushed,
        "edited" => ChangeAction::Edited,
        "labeled" => ChangeAction::Labeled,
        "unlabeled" => ChangeAction::Unlabeled,
        "assigned" => ChangeAction::Assigned,
        "unassigned" => ChangeAction::Unassigned,
        "ready_for_review" => ChangeAction::ReadyForReview,
        "converted_to_draft" => ChangeAction::ConvertedToDraft,
        "closed" => ChangeAction::Closed,
        "enqueued" => ChangeAction::Enqueued,
        "dequeued" => ChangeAction::Dequeued,
        "stacked" | "unstacked" => ChangeAction::Restacked,
        "locked"
        | "unlocked"
        | "milestoned"
        | "demilestoned"
        | "review_requested"
        | "review_request_removed"
        | "auto_merge_enabled"
        | "auto_merge_disabled" => ChangeAction::Irrelevant,
        _ => ChangeAction::Unknown,
    }
}

fn installation_action(event: &str, action: &str) -> Option<InstallationAction> {
    Some(match (event, action) {
        ("installation", "created") => InstallationAction::Created,
        ("installation", "deleted") => InstallationAction::Deleted,
        ("installation", "suspend") => InstallationAction::Suspended,
        ("installation", "unsuspend") => InstallationAction::Unsuspended,
        ("installation", "new_permissions_accepted") => InstallationAction::PermissionsAccepted,
        ("installation_repositories", "added") => InstallationAction::RepositoriesAdded,
        ("installation_repositories", "removed") => InstallationAction::RepositoriesRemoved,
        ("installation_target", "renamed") => InstallationAction::Renamed,
        _ => return None,
    })
}

fn repository_action(action: &str) -> Option<RepositoryAction> {
    Some(match action {
        "created" => RepositoryAction::Created,
        "deleted" => RepositoryAction::Deleted,
        "renamed" => RepositoryAction::Renamed,
        "transferred" => RepositoryAction::Transferred,
        "edited" => RepositoryAction::Edited,
        "archived" => RepositoryAction::Archived,
        "unarchived" => RepositoryAction::Unarchived,
        "privatized" | "publicized" => RepositoryAction::VisibilityChanged,
        _ => return None,
    })
}

/// The number in `refs/heads/gh-readonly-queue/main/pr-7-SHA`: documented nowhere, so no more than a hint.
fn named_change(head_ref: &str) -> Option<i64> {
    let (_, last) = head_ref.rsplit_once('/')?;
    let (number, _) = last.strip_prefix("pr-")?.split_once('-')?;
    number.parse().ok().filter(|number| *number > 0)
}

/// Parses JSON, with the place of what does not fit.
fn read_json<'de, T: Deserialize<'de>>(event: &str, body: &'de [u8]) -> Result<T, ParseError> {
    // The path costs a good part of the parse, so it is only followed once something is known to be wrong.
    let error = match serde_json::from_slice(body) {
        Ok(parsed) => return Ok(parsed),
        Err(error) => error,
    };
    if !error.is_data() {
        return Err(ParseError::NotJson { line: error.line(), column: error.column() });
    }
    let path = match serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_slice(body)) {
        // Of the whole, the path is a dot.
        Err(error) if error.path().iter().next().is_some() => error.path().to_string(),
        Ok(_) | Err(_) => String::from("the payload"),
    };
    Err(ParseError::Payload { event: event.to_owned(), path })
}

/// A payload, and what is needed to speak of it.
pub(super) struct Reader<'a> {
    event: &'a str,
    pub(super) host: &'a Host,
    pub(super) payload: &'a Payload,
}

impl Reader<'_> {
    pub(super) fn wrong(&self, path: &str) -> ParseError {
        ParseError::Payload { event: self.event.to_owned(), path: path.to_owned() }
    }

    fn sha(&self, sha: &str, path: &str) -> Result<CommitSha, ParseError> {
        sha.parse().map_err(|_| self.wrong(path))
    }

    fn origin(&self) -> Result<Origin, ParseError> {
        let payload = self.payload;
        let owner = payload.repository.as_ref().map(|repository| &repository.owner);
        let owner = owner.or(payload.organization.as_ref()).or(payload.account.as_ref());
        let owner = owner.or(payload.installation.account.as_ref()).ok_or_else(|| self.wrong("repository.owner"))?;
        Ok(Origin {
            owner: OwnerId::new(self.host.clone(), owner.id),
            login: Login::from(owner.login.as_str()),
            installation: payload.installation.id,
        })
    }

    pub(super) fn actor(&self, account: &Account) -> Actor {
        Actor {
            account: AccountId::new(self.host.clone(), account.id),
            login: Login::from(account.login.as_str()),
            kind: actor_kind(account.kind.as_deref().unwrap_or_default()),
        }
    }

    pub(super) fn sender(&self) -> Option<Actor> {
        self.payload.sender.as_ref().map(|sender| self.actor(sender))
    }

    fn any_repository(&self) -> Option<NamedRepository> {
        self.payload.repository.as_ref().map(|repository| self.seen_repository(repository).into())
    }

    pub(super) fn repository(&self) -> Result<NamedRepository, ParseError> {
        self.any_repository().ok_or_else(|| self.wrong("repository"))
    }

    fn seen_repository(&self, repository: &Repository) -> SeenRepository {
        SeenRepository {
            repo: RepoId::new(self.host.clone(), repository.id),
            owner: OwnerId::new(self.host.clone(), repository.owner.id),
            name: repository.full_name.clone(),
            installation: self.payload.installation.id,
            default_branch: repository.default_branch.clone(),
            is_public: is_public(repository.private, repository.visibility.as_deref()),
        }
    }

    /// The change in the payload. `pusher` is whoever made its head the head, if this delivery tells.
    pub(super) fn seen_change(&self, pusher: Option<Actor>) -> Result<(NamedRepository, SeenChange), ParseError> {
        let repository = self.repository()?;
        let pull_request = self.payload.pull_request.as_ref().ok_or_else(|| self.wrong("pull_request"))?;
        let PullRequest { number, state, merged_at, head, base, stack } = pull_request;
        // Old deliveries and new ones alike name the head before in `before`, and only when the head moved.
        let before = self.payload.before.as_deref().map(|sha| self.sha(sha, "before")).transpose()?;
        let change = SeenChange {
            key: ChangeKey { repo: repository.repo.clone(), number: *number },
            state: match (state.as_str(), merged_at) {
                ("open", _) => ChangeState::Open,
                (_, Some(_)) => ChangeState::Merged,
                _ => ChangeState::Closed,
            },
            head: self.sha(&head.sha, "pull_request.head.sha")?,
            before,
            head_branch: HeadBranch {
                name: head.branch.clone(),
                repo: head.repo.as_ref().map(|repo| RepoId::new(self.host.clone(), repo.id)),
            },
            base_branch: base.branch.clone(),
            stack_base: stack.as_ref().and_then(|stack| stack.base.as_ref()).map(|base| base.branch.clone()),
            pusher,
        };
        Ok((repository, change))
    }

    fn change(&self, action: ChangeAction) -> Result<Event, ParseError> {
        let pusher = match action {
            ChangeAction::Pushed => self.sender(),
            ChangeAction::Opened => self.sender().filter(|opener| self.is_from_fork_of(opener)),
            _ => None,
        };
        let (repository, change) = self.seen_change(pusher)?;
        let action = match (&self.payload.changes, action) {
            (Some(changes), ChangeAction::Edited) if changes.0.contains("base") => ChangeAction::Retargeted,
            (Some(changes), ChangeAction::Edited) if changes.0.iter().eq(["title"]) => ChangeAction::Retitled,
            (_, action) => action,
        };
        Ok(Event::Change(ChangeEvent { repository, change, action, described: None }))
    }

    /// Whether the change comes from this account's own fork. Anybody can open a change from anybody's branch, so
    /// opening says nothing about who pushed: a push to the repository itself has a delivery of its own, and of a fork
    /// there is only whose it is.
    fn is_from_fork_of(&self, opener: &Actor) -> bool {
        let base = self.payload.repository.as_ref().map(|repository| repository.id);
        let head = self.payload.pull_request.as_ref().and_then(|pull_request| pull_request.head.repo.as_ref());
        head.is_some_and(|head| {
            Some(head.id) != base && head.owner.as_ref().is_some_and(|owner| owner.id == opener.account.id)
        })
    }

    /// A push, if it is one to a branch.
    fn push(&self) -> Result<Option<Event>, ParseError> {
        let payload = self.payload;
        let repository = self.repository()?;
        let reference = payload.reference.as_deref().ok_or_else(|| self.wrong("ref"))?;
        let Some(branch) = reference.strip_prefix("refs/heads/").map(str::to_owned) else { return Ok(None) };
        let tip = |sha: &Option<String>, path: &str| -> Result<Option<CommitSha>, ParseError> {
            let sha = self.sha(sha.as_deref().unwrap_or_default(), path)?;
            Ok(Some(sha).filter(|sha| !sha.is_zero()))
        };
        let before = tip(&payload.before, "before")?;
        let after = tip(&payload.after, "after")?;
        let reach = self.push_reach(&repository, &branch, before.is_some() && after.is_some());
        let push = self.sender().map(|pusher| {
            let (repo, branch) = (repository.repo.clone(), branch.clone());
            SeenPush { repo, branch, before, after, pusher }
        });
        Ok(Some(Event::Push(PushEvent { repository, push, branch, reach })))
    }

    /// What a push to a branch means for the changes into it. A pull request's commits and files are counted from
    /// the merge base, which an ordinary push to the base does not move: only a policy in it can matter.
    fn push_reach(&self, repository: &NamedRepository, branch: &str, moved: bool) -> PushReach {
        let commits: &[PushedCommit] = self.payload.commits.as_deref().unwrap_or_default();
        let is_known =
            moved && self.payload.forced == Some(false) && !commits.is_empty() && commits.len() < MAX_LISTED_COMMITS;
        // Any file with our name in its own: a policy, or something that one may come to refer to.
        let touches_policy = commits.iter().flat_map(PushedCommit::paths).any(|path| path.contains("seconder"));
        let is_default = repository.default_branch.as_deref() == Some(branch);
        let holds_organisation_policy = repository.name.ends_with("/.github");
        match (is_known && !touches_policy, is_default) {
            (true, _) => PushReach::Nothing,
            (false, true) if holds_organisation_policy => PushReach::Owner,
            (false, true) => PushReach::Repository,
            (false, false) => PushReach::Base,
        }
    }

    /// A request to run our check again; another App's is nobody's business here.
    fn rerun(&self, app_id: Option<i64>) -> Result<Option<Event>, ParseError> {
        let check = self.payload.check_run.as_ref().or(self.payload.check_suite.as_ref());
        let check = check.ok_or_else(|| self.wrong("check_run"))?;
        if let (Some(ours), Some(app)) = (app_id, &check.app)
            && ours != app.id
        {
            return Ok(None);
        }
        let head = self.sha(&check.head_sha, "check_run.head_sha")?;
        Ok(Some(Event::Rerun(RerunEvent { repository: self.repository()?, head })))
    }

    /// A check run of another App: each App hears of those of all. Ours tell nothing new.
    fn check(&self, app_id: Option<i64>) -> Result<Option<Event>, ParseError> {
        let check = self.payload.check_run.as_ref().ok_or_else(|| self.wrong("check_run"))?;
        let app = check.app.as_ref().map(|app| app.id);
        if app_id.is_none() || app == app_id {
            return Ok(None);
        }
        Ok(Some(Event::Report(ReportEvent {
            repository: self.repository()?,
            commit: self.sha(&check.head_sha, "check_run.head_sha")?,
            name: check.name.clone().unwrap_or_default(),
            kind: ReportKind::Check,
            by: app.map(By::App),
        })))
    }

    /// A commit status. We never set one.
    fn status(&self) -> Result<Event, ParseError> {
        let sha = self.payload.sha.as_deref().ok_or_else(|| self.wrong("sha"))?;
        Ok(Event::Report(ReportEvent {
            repository: self.repository()?,
            commit: self.sha(sha, "sha")?,
            name: self.payload.context.clone().ok_or_else(|| self.wrong("context"))?,
            kind: ReportKind::Status,
            by: self.sender().map(|sender| By::Account(sender.account)),
        }))
    }

    fn merge_group(&self, action: MergeGroupAction) -> Result<Event, ParseError> {
        let group = self.payload.merge_group.as_ref().ok_or_else(|| self.wrong("merge_group"))?;
        let base_branch = group.base_ref.strip_prefix("refs/heads/").unwrap_or(&group.base_ref).to_owned();
        let action = match action {
            MergeGroupAction::Destroyed { .. } => MergeGroupAction::Destroyed { reason: self.payload.reason.clone() },
            requested @ MergeGroupAction::ChecksRequested => requested,
        };
        let head = self.sha(&group.head_sha, "merge_group.head_sha")?;
        let named = group.head_ref.as_deref().and_then(named_change);
        Ok(Event::MergeGroup(MergeGroupEvent { repository: self.repository()?, head, base_branch, named, action }))
    }

    fn installation(&self, origin: &Origin, action: InstallationAction) -> Event {
        use InstallationAction as A;
        let payload = self.payload;
        let gone = payload.repositories_removed.as_deref().unwrap_or_default().iter();
        let listed = payload.repositories.as_deref().unwrap_or_default().iter();
        let added = payload.repositories_added.as_deref().unwrap_or_default().iter();
        let id = |repository: &ListedRepository| RepoId::new(self.host.clone(), repository.id);
        let seen = |repository: &ListedRepository| SeenRepository {
            repo: id(repository),
            owner: origin.owner.clone(),
            name: repository.full_name.clone(),
            installation: origin.installation,
            default_branch: None,
            is_public: is_public(repository.private, None),
        };
        let is_reached = !matches!(action, A::Deleted | A::Suspended);
        let repositories = if is_reached { listed.clone().chain(added).map(seen).collect() } else { Vec::new() };
        let removed = if is_reached { gone.map(id).collect() } else { listed.chain(gone).map(id).collect() };
        Event::Installation(InstallationEvent { owner: origin.owner.clone(), action, repositories, removed })
    }

    fn repository_event(&self, action: RepositoryAction) -> Result<Event, ParseError> {
        let changed = |field: &str| self.payload.changes.as_ref().is_some_and(|changes| changes.0.contains(field));
        let action = match action {
            RepositoryAction::Edited if changed("default_branch") => RepositoryAction::DefaultBranchChanged,
            action => action,
        };
        Ok(Event::Repository(RepositoryEvent { repository: self.repository()?, action }))
    }
}
