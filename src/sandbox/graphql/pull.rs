//! Pull requests, reviews, comments.

use serde_json::json;

use super::connection::connection;
use super::node::{Node, Out, Requested, Resolved};
use super::{Args, Context, Trouble, people, suggestions, timeline};
use crate::sandbox::accounts::{AccountId, AccountKind};
use crate::sandbox::git::{ChangeKind, FileChange};
use crate::sandbox::pulls::{Prose, Pull, PullState};
use crate::sandbox::repositories::{Permission, RepositoryId};
use crate::sandbox::shapes::time;

pub(super) fn field(context: &Context<'_>, repository: RepositoryId, number: u64, name: &str, args: &Args) -> Resolved {
    let Some(pull) = context.world.pull(repository, number) else { return Ok(Out::null()) };
    match name {
        "reviewThreads" => suggestions::threads(pull, args),
        "assignees" | "labels" | "reviewRequests" | "commits" | "reviews" | "comments" | "timelineItems" | "files" => {
            lists(context, pull, name, args)
        }
        "headRefOid"
        | "headRefName"
        | "headRef"
        | "headRepository"
        | "headRepositoryOwner"
        | "baseRefName"
        | "baseRefOid"
        | "baseRef"
        | "baseRepository"
        | "isCrossRepository" => ends(context, pull, name),
        _ => own(context, pull, name),
    }
}

fn own(context: &Context<'_>, pull: &Pull, name: &str) -> Resolved {
    let world = context.world;
    Ok(match name {
        "id" => format!("PR_{}", pull.id).into(),
        "databaseId" => pull.id.into(),
        "fullDatabaseId" => pull.id.to_string().into(),
        "number" => pull.number.into(),
        "url" => world.pull_page(pull).into(),
        "state" => state(pull).into(),
        "isDraft" => pull.draft.into(),
        "locked" | "maintainerCanModify" => false.into(),
        "closed" => (!pull.is_open()).into(),
        "merged" => (pull.state == PullState::Merged).into(),
        "closedAt" => Out::Value(json!(pull.closed_at.map(time))),
        "mergedAt" => Out::Value(json!(pull.closed_at.filter(|_| pull.state == PullState::Merged).map(time))),
        "mergedBy" => pull.merged_by.map_or_else(Out::null, |id| people::actor(context, id)),
        "mergeCommit" => Out::maybe(pull.merge_commit.clone().map(|sha| Node::Commit(pull.repository, sha))),
        "mergeable" => "MERGEABLE".into(),
        "createdAt" => time(pull.created_at).into(),
        "updatedAt" => time(pull.updated_at).into(),
        "title" => pull.title.clone().into(),
        "repository" => Out::Node(Node::Repository(pull.repository)),
        "additions" => world.pull_files(pull).iter().map(|file| file.additions).sum::<usize>().into(),
        "deletions" => world.pull_files(pull).iter().map(|file| file.deletions).sum::<usize>().into(),
        "changedFiles" => world.pull_files(pull).len().into(),
        "isInMergeQueue" => pull.queued.into(),
        "mergeQueueEntry" => {
            let group = world.merge_groups.values().find(|group| {
                !group.destroyed && group.repository == pull.repository && group.pulls.contains(&pull.number)
            });
            Out::maybe(group.map(|group| Node::QueueEntry(group.id, pull.number)))
        }
        "autoMergeRequest" => Out::maybe(pull.auto_merge.map(|_| Node::AutoMerge(pull.repository, pull.number))),
        _ => {
            return prose(context, &pull.body, pull.author, name)
                .unwrap_or_else(|| association(context, pull, pull.author, name));
        }
    })
}

fn state(pull: &Pull) -> &'static str {
    match pull.state {
        PullState::Open => "OPEN",
        PullState::Closed => "CLOSED",
        PullState::Merged => "MERGED",
    }
}

fn ends(context: &Context<'_>, pull: &Pull, name: &str) -> Resolved {
    let branch = |id: RepositoryId, branch: &str| {
        let full = format!("refs/heads/{branch}");
        let there = context.world.repositories.get(&id).is_some_and(|repository| repository.refs.contains_key(&full));
        Out::maybe(there.then_some(Node::Ref(id, full)))
    };
    Ok(match name {
        "headRefOid" => pull.head.clone().into(),
        "headRefName" => pull.head_branch.clone().into(),
        "headRef" => pull.head_repository.map_or_else(Out::null, |id| branch(id, &pull.head_branch)),
        "headRepository" => Out::maybe(pull.head_repository.map(Node::Repository)),
        "headRepositoryOwner" => people::actor(context, pull.head_owner),
        "baseRefName" => pull.base_branch.clone().into(),
        "baseRefOid" => pull.base.clone().into(),
        "baseRef" => branch(pull.repository, &pull.base_branch),
        "baseRepository" => Out::Node(Node::Repository(pull.repository)),
        "isCrossRepository" => (pull.head_repository != Some(pull.repository)).into(),
        _ => return Err(Trouble::UnknownField),
    })
}

fn lists(context: &Context<'_>, pull: &Pull, name: &str, args: &Args) -> Resolved {
    let world = context.world;
    let (repository, number) = (pull.repository, pull.number);
    let (type_name, nodes): (_, Vec<Node>) = match name {
        // A connection of users: bots that are assigned do not show.
        "assignees" => {
            let users = pull
                .assignees
                .iter()
                .filter(|id| world.accounts.get(**id).is_some_and(|a| a.kind == AccountKind::User));
            ("UserConnection", users.map(|id| Node::Account(*id)).collect())
        }
        "labels" => {
            ("LabelConnection", pull.labels.iter().map(|label| Node::Label(repository, label.clone())).collect())
        }
        "reviewRequests" => {
            let people = pull.requested_reviewers.iter().map(|id| Requested::Account(*id));
            let teams = pull.requested_teams.iter().map(|id| Requested::Team(*id));
            ("ReviewRequestConnection", people.chain(teams).map(Node::ReviewRequest).collect())
        }
        "commits" => {
            let commits = world.pull_commits(pull).into_iter().map(|sha| Node::PullCommit(repository, number, sha));
            ("PullRequestCommitConnection", commits.collect())
        }
        "reviews" => {
            let states = args.words("states");
            let wanted =
                pull.reviews.iter().filter(|review| states.as_ref().is_none_or(|s| s.contains(&review.state.as_str())));
            ("PullRequestReviewConnection", wanted.map(|review| Node::Review(repository, number, review.id)).collect())
        }
        "comments" => {
            let comments = pull.comments.iter().map(|comment| Node::Comment(repository, number, comment.id));
            ("IssueCommentConnection", comments.collect())
        }
        "timelineItems" => {
            let kinds = args.words("itemTypes");
            let wanted = pull
                .timeline
                .iter()
                .filter(|item| kinds.as_ref().is_none_or(|k| k.contains(&timeline::kind(&item.what).1)));
            (
                "PullRequestTimelineItemsConnection",
                wanted.map(|item| Node::Timeline(repository, number, item.id)).collect(),
            )
        }
        _ => {
            let files = world.pull_files(pull).into_iter().map(|file| Node::File(Box::new(file)));
            ("PullRequestChangedFileConnection", files.collect())
        }
    };
    connection(name, type_name, nodes, args)
}

/// Fields that every text by somebody has.
fn prose(context: &Context<'_>, prose: &Prose, author: AccountId, name: &str) -> Option<Resolved> {
    Some(Ok(match name {
        "body" => prose.text.clone().into(),
        "createdAt" => time(prose.created_at).into(),
        "updatedAt" => time(prose.updated_at).into(),
        "lastEditedAt" => Out::Value(json!(prose.edited_at.map(time))),
        "editor" => prose.editor.map_or_else(Out::null, |id| people::actor(context, id)),
        "includesCreatedEdit" => prose.edited_at.is_some().into(),
        "author" => people::actor(context, author),
        "createdViaEmail" => false.into(),
        _ => return None,
    }))
}

fn association(context: &Context<'_>, pull: &Pull, author: AccountId, name: &str) -> Resolved {
    let viewer = || {
        let crate::sandbox::tap::Credential::Installation(id) = context.caller else { return None };
        let app = context.world.installations.get(&id)?.app;
        context.world.apps.get(&app).map(|app| app.bot)
    };
    match name {
        "authorAssociation" => {
            let home = context.world.repositories.get(&pull.repository);
            Ok(home.map_or("NONE", |home| context.world.association(home, author)).into())
        }
        "viewerDidAuthor" => Ok((viewer() == Some(author)).into()),
        _ => Err(Trouble::UnknownField),
    }
}

pub(super) fn review(context: &Context<'_>, repository: RepositoryId, number: u64, id: u64, name: &str) -> Resolved {
    let world = context.world;
    let Some(pull) = world.pull(repository, number) else { return Ok(Out::null()) };
    let Some(review) = pull.reviews.iter().find(|review| review.id == id) else { return Ok(Out::null()) };
    Ok(match name {
        "id" => format!("PRR_{id}").into(),
        "databaseId" => id.into(),
        "fullDatabaseId" => id.to_string().into(),
        "state" => review.state.as_str().into(),
        "submittedAt" => time(review.body.created_at).into(),
        "commit" => Out::Node(Node::Commit(repository, review.commit.clone())),
        "pullRequest" => Out::Node(Node::Pull(repository, number)),
        "repository" => Out::Node(Node::Repository(repository)),
        "url" => format!("{}#pullrequestreview-{id}", world.pull_page(pull)).into(),
        "isMinimized" => false.into(),
        "authorCanPushToRepository" => {
            let home = world.repositories.get(&repository);
            let permission = home.and_then(|home| world.permission(home, review.author));
            (permission >= Some(Permission::Write)).into()
        }
        _ => {
            return prose(context, &review.body, review.author, name)
                .unwrap_or_else(|| association(context, pull, review.author, name));
        }
    })
}

pub(super) fn comment(context: &Context<'_>, repository: RepositoryId, number: u64, id: u64, name: &str) -> Resolved {
    let Some(pull) = context.world.pull(repository, number) else { return Ok(Out::null()) };
    let Some(comment) = pull.comments.iter().find(|comment| comment.id == id) else { return Ok(Out::null()) };
    Ok(match name {
        "id" => format!("IC_{id}").into(),
        "databaseId" => id.into(),
        "fullDatabaseId" => id.to_string().into(),
        "url" => format!("{}#issuecomment-{id}", context.world.pull_page(pull)).into(),
        "isMinimized" => comment.minimized.into(),
        "createdViaEmail" => comment.via_email.into(),
        "pullRequest" => Out::Node(Node::Pull(repository, number)),
        "repository" => Out::Node(Node::Repository(repository)),
        _ => {
            return prose(context, &comment.body, comment.author, name)
                .unwrap_or_else(|| association(context, pull, comment.author, name));
        }
    })
}

pub(super) fn line_comment(
    context: &Context<'_>,
    repository: RepositoryId,
    number: u64,
    id: u64,
    name: &str,
) -> Resolved {
    let Some(pull) = context.world.pull(repository, number) else { return Ok(Out::null()) };
    let Some(comment) = pull.line_comments.iter().find(|comment| comment.id == id) else { return Ok(Out::null()) };
    Ok(match name {
        "id" => format!("PRRC_{id}").into(),
        "databaseId" => id.into(),
        "fullDatabaseId" => id.to_string().into(),
        "path" => comment.path.clone().into(),
        "diffHunk" | "originalLine" | "originalStartLine" => suggestions::place(comment, name),
        "commit" => Out::Node(Node::Commit(repository, comment.commit.clone())),
        "pullRequest" => Out::Node(Node::Pull(repository, number)),
        _ => {
            return prose(context, &comment.body, comment.author, name)
                .unwrap_or_else(|| association(context, pull, comment.author, name));
        }
    })
}

/// A changed file; the graph does not say what a renamed file was called before.
pub(super) fn file(file: &FileChange, name: &str) -> Resolved {
    Ok(match name {
        "path" => file.path.clone().into(),
        "additions" => file.additions.into(),
        "deletions" => file.deletions.into(),
        "changeType" => match file.kind {
            ChangeKind::Added => "ADDED",
            ChangeKind::Modified => "MODIFIED",
            ChangeKind::Removed => "DELETED",
            ChangeKind::Renamed => "RENAMED",
        }
        .into(),
        _ => return Err(Trouble::UnknownField),
    })
}

pub(super) fn label(context: &Context<'_>, repository: RepositoryId, label: &str, name: &str) -> Resolved {
    let json = context.world.label_json(repository, label);
    Ok(match name {
        "id" => json["node_id"].clone().into(),
        "name" => label.into(),
        "color" => json["color"].clone().into(),
        "isDefault" => false.into(),
        _ => return Err(Trouble::UnknownField),
    })
}

pub(super) fn auto_merge(context: &Context<'_>, repository: RepositoryId, number: u64, name: &str) -> Resolved {
    let Some((by, at)) = context.world.pull(repository, number).and_then(|pull| pull.auto_merge) else {
        return Ok(Out::null());
    };
    Ok(match name {
        "enabledAt" => time(at).into(),
        "enabledBy" => people::actor(context, by),
        "mergeMethod" => "MERGE".into(),
        "pullRequest" => Out::Node(Node::Pull(repository, number)),
        _ => return Err(Trouble::UnknownField),
    })
}
