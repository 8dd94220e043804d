//! Merge requests: what happened to them, and who approved them.
//!
//! The action `update` covers everything from a push to a moved time estimate; `oldrev` is there for pushes, and `changes`
//! says of the rest what was changed. It may be empty, or hold what we do not know: that may matter.

use serde_json::{Map, Value};

use super::ParseError;
use super::event::{Reader, ids, time};
use super::payload::{MergeRequest, MergeRequestEvent};
use crate::forge::event::{ApprovalEvent, ChangeAction, ChangeEvent, Event, LookEvent, Moved};
use crate::gate::change::Actor;
use crate::gate::ids::Login;
use crate::gate::witnessed::{ApprovalAction, SeenApproval, SeenEdit};

/// What no verdict depends on.
const IRRELEVANT: [&str; 30] = [
    "auto_merge_enabled",
    "auto_merge_strategy",
    "blocking_discussions_resolved",
    "discussion_locked",
    "head_pipeline_id",
    "human_time_change",
    "human_time_estimate",
    "human_total_time_spent",
    "last_edited_at",
    "last_edited_by_id",
    "lock_version",
    "merge_error",
    "merge_params",
    "merge_status",
    "merge_user_id",
    "merge_when_pipeline_succeeds",
    "milestone_id",
    "prepared_at",
    "reviewer_ids",
    "reviewers",
    "severity",
    "spent_at",
    "squash",
    "time_change",
    "time_estimate",
    "title",
    "total_time_spent",
    "updated_at",
    "updated_by_id",
    "work_in_progress",
];

impl Reader<'_> {
    pub(super) fn merge_request(&self, payload: MergeRequestEvent) -> Result<Option<Event>, ParseError> {
        let MergeRequestEvent { user, project, object_attributes: merge_request, changes, system } = payload;
        let repository = self.repository(merge_request.target_project_id, &project);
        let action = merge_request.action.as_deref();
        let look = |moved| {
            let (repository, change) = (Some(repository.clone()), self.key(&merge_request));
            Ok(Some(Event::Look(LookEvent { repository, change, moved })))
        };
        let Some(mut change) = self.seen_change(&merge_request, action)? else { return look(Moved::Headless) };
        let sender = self.sender(user.as_ref());
        if let Some(done) = approval_action(action) {
            let is_the_forges_own = merge_request.system.or(system).unwrap_or(false);
            let Some(by) = sender.filter(|_| !is_the_forges_own) else { return look(Moved::Approvals) };
            if self.is_us(&by.account) {
                return Ok(None);
            }
            let at = merge_request.actioned_at.as_deref().or(merge_request.updated_at.as_deref()).and_then(time);
            let (change_key, head) = (change.key.clone(), change.head.clone());
            let approval = Box::new(SeenApproval { change: change_key, by, action: done, head, at });
            return Ok(Some(Event::Approval(ApprovalEvent { repository, change, approval })));
        }
        let changes = changes.unwrap_or_default();
        let action = change_action(action, merge_request.oldrev.is_some(), &changes);
        if action == ChangeAction::Pushed {
            let oldrev =
                merge_request.oldrev.as_deref().map(|sha| self.sha(sha, "object_attributes.oldrev")).transpose()?;
            change.before = oldrev.filter(|sha| !sha.is_zero());
            change.pusher.clone_from(&sender);
        }
        if action == ChangeAction::Opened && is_of_own_fork(&merge_request, sender.as_ref()) {
            change.pusher.clone_from(&sender);
        }
        let is_described = changes.contains_key("description") && action != ChangeAction::Opened;
        let described = sender.filter(|_| is_described).map(|sender| SeenEdit {
            change: change.key.clone(),
            by: sender.account,
            at: merge_request.updated_at.as_deref().and_then(time),
        });
        Ok(Some(Event::Change(ChangeEvent { repository, change, action, described })))
    }
}

/// Whether a merge request comes from a fork in its opener's own namespace, which nobody pushes to unasked. Such a namespace
/// is always called as its owner is.
fn is_of_own_fork(merge_request: &MergeRequest, sender: Option<&Actor>) -> bool {
    let path = merge_request.source.as_ref().and_then(|source| source.path_with_namespace.as_deref());
    let owner = path.and_then(|path| path.split('/').next());
    merge_request.source_project_id != Some(merge_request.target_project_id)
        && owner.zip(sender).is_some_and(|(owner, sender)| sender.login == Login::from(owner))
}

/// `approved` and `unapproved` say besides that all that the project's own rules ask for is there, or is no more.
fn approval_action(action: Option<&str>) -> Option<ApprovalAction> {
    match action {
        Some("approval" | "approved") => Some(ApprovalAction::Given),
        Some("unapproval" | "unapproved") => Some(ApprovalAction::Withdrawn),
        _ => None,
    }
}

fn change_action(action: Option<&str>, has_moved: bool, changes: &Map<String, Value>) -> ChangeAction {
    match action {
        Some("open") => ChangeAction::Opened,
        Some("reopen") => ChangeAction::Reopened,
        Some("close" | "merge") => ChangeAction::Closed,
        Some("update") if has_moved => ChangeAction::Pushed,
        Some("update") => updated(changes),
        _ => ChangeAction::Unknown,
    }
}

/// What an update that pushed nothing did: of several things, the one that matters most.
fn updated(changes: &Map<String, Value>) -> ChangeAction {
    let part = |key: &str, part: &str| changes.get(key).and_then(|change| change.get(part));
    let gained = |key: &str| {
        let before = ids(part(key, "previous"));
        ids(part(key, "current")).iter().any(|id| !before.contains(id))
    };
    if changes.contains_key("target_branch") {
        ChangeAction::Retargeted
    } else if changes.contains_key("draft") {
        let is_draft = part("draft", "current").and_then(Value::as_bool).unwrap_or_default();
        if is_draft { ChangeAction::ConvertedToDraft } else { ChangeAction::ReadyForReview }
    } else if changes.contains_key("description") {
        ChangeAction::Edited
    } else if gained("labels") {
        ChangeAction::Labeled
    } else if changes.contains_key("assignees") || changes.contains_key("assignee_id") {
        if gained("assignees") { ChangeAction::Assigned } else { ChangeAction::Unassigned }
    } else if changes.is_empty() || changes.keys().any(|key| !is_known(key)) {
        ChangeAction::Unknown
    } else if changes.contains_key("labels") {
        ChangeAction::Unlabeled
    } else if changes.contains_key("title") {
        ChangeAction::Retitled
    } else {
        ChangeAction::Irrelevant
    }
}

fn is_known(key: &str) -> bool {
    key == "labels" || IRRELEVANT.contains(&key)
}
