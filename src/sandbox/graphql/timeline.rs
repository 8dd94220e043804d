//! Timeline items of pull requests.

use serde_json::json;

use super::node::{Node, Out, Resolved};
use super::{Context, Trouble, people};
use crate::sandbox::pulls::{Happening, TimelineItem};
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::shapes::time;

fn find<'a>(context: &'a Context<'_>, repository: RepositoryId, number: u64, id: u64) -> Option<&'a TimelineItem> {
    context.world.pull(repository, number)?.timeline.iter().find(|item| item.id == id)
}

/// Type name, and the name by which `itemTypes` asks for it.
pub(super) fn kind(what: &Happening) -> (&'static str, &'static str) {
    match what {
        Happening::HeadForcePushed { .. } => ("HeadRefForcePushedEvent", "HEAD_REF_FORCE_PUSHED_EVENT"),
        Happening::BaseForcePushed { .. } => ("BaseRefForcePushedEvent", "BASE_REF_FORCE_PUSHED_EVENT"),
        Happening::BaseChanged { .. } => ("BaseRefChangedEvent", "BASE_REF_CHANGED_EVENT"),
        Happening::AutomaticBaseChange { .. } => {
            ("AutomaticBaseChangeSucceededEvent", "AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT")
        }
        Happening::ReviewDismissed { .. } => ("ReviewDismissedEvent", "REVIEW_DISMISSED_EVENT"),
        Happening::ReadyForReview => ("ReadyForReviewEvent", "READY_FOR_REVIEW_EVENT"),
        Happening::ConvertedToDraft => ("ConvertToDraftEvent", "CONVERT_TO_DRAFT_EVENT"),
        Happening::Closed => ("ClosedEvent", "CLOSED_EVENT"),
        Happening::Reopened => ("ReopenedEvent", "REOPENED_EVENT"),
        Happening::Merged { .. } => ("MergedEvent", "MERGED_EVENT"),
        Happening::CommentDeleted { .. } => ("CommentDeletedEvent", "COMMENT_DELETED_EVENT"),
        Happening::Assigned { .. } => ("AssignedEvent", "ASSIGNED_EVENT"),
        Happening::Unassigned { .. } => ("UnassignedEvent", "UNASSIGNED_EVENT"),
        Happening::Labeled { .. } => ("LabeledEvent", "LABELED_EVENT"),
        Happening::Unlabeled { .. } => ("UnlabeledEvent", "UNLABELED_EVENT"),
        Happening::Renamed { .. } => ("RenamedTitleEvent", "RENAMED_TITLE_EVENT"),
        Happening::ReviewRequested { .. } => ("ReviewRequestedEvent", "REVIEW_REQUESTED_EVENT"),
        Happening::AddedToMergeQueue => ("AddedToMergeQueueEvent", "ADDED_TO_MERGE_QUEUE_EVENT"),
    }
}

pub(super) fn type_name(context: &Context<'_>, repository: RepositoryId, number: u64, id: u64) -> &'static str {
    find(context, repository, number, id).map_or("PullRequestTimelineItems", |item| kind(&item.what).0)
}

pub(super) fn field(context: &Context<'_>, repository: RepositoryId, number: u64, id: u64, name: &str) -> Resolved {
    let Some(item) = find(context, repository, number, id) else { return Ok(Out::null()) };
    let commit = |sha: &String| Out::Node(Node::Commit(repository, sha.clone()));
    Ok(match (name, &item.what) {
        ("id", _) => format!("EV_{id}").into(),
        ("createdAt", _) => time(item.at).into(),
        ("actor", _) => people::actor(context, item.actor),
        ("pullRequest", _) => Out::Node(Node::Pull(repository, number)),
        ("beforeCommit", Happening::HeadForcePushed { before, .. } | Happening::BaseForcePushed { before, .. }) => {
            commit(before)
        }
        ("afterCommit", Happening::HeadForcePushed { after, .. } | Happening::BaseForcePushed { after, .. }) => {
            commit(after)
        }
        ("previousRefName", Happening::BaseChanged { from, .. })
        | ("oldBase", Happening::AutomaticBaseChange { from, .. })
        | ("previousTitle", Happening::Renamed { from, .. }) => from.clone().into(),
        ("currentRefName", Happening::BaseChanged { to, .. })
        | ("newBase", Happening::AutomaticBaseChange { to, .. })
        | ("currentTitle", Happening::Renamed { to, .. }) => to.clone().into(),
        ("previousReviewState", Happening::ReviewDismissed { previous, .. }) => previous.as_str().into(),
        ("dismissalMessage", Happening::ReviewDismissed { message, .. }) => Out::Value(json!(message)),
        ("review", Happening::ReviewDismissed { review, .. }) => Out::Node(Node::Review(repository, number, *review)),
        ("deletedCommentAuthor", Happening::CommentDeleted { author }) => people::actor(context, *author),
        ("assignee", Happening::Assigned { assignee } | Happening::Unassigned { assignee }) => {
            people::actor(context, *assignee)
        }
        ("requestedReviewer", Happening::ReviewRequested { reviewer }) => people::actor(context, *reviewer),
        ("label", Happening::Labeled { label } | Happening::Unlabeled { label }) => {
            Out::Node(Node::Label(repository, label.clone()))
        }
        ("commit", Happening::Merged { commit: sha }) => commit(sha),
        _ => return Err(Trouble::UnknownField),
    })
}
