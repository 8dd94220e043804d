//! From GitHub's words to the gate's: pure, and whole or not at all.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::details::{Details, has_previous_path};
use super::pages::{MAX_FILES, Pages, Pile};
use super::{incomplete, sha};
use crate::forge::ReadOptions;
use crate::forge::github::query::QueryFailure;
use crate::forge::github::wire::change::{
    Commit as WireCommit, Connection, Facts, File, GitActor, Oid, Review as WireReview, TimelineItem,
};
use crate::gate::change::{
    Actor, Body, Branch, Change, ChangeState, Commit, FileChange, Files, ForcePush, GitIdentity, HeadBranch, Review,
    ReviewState,
};
use crate::gate::ids::{ChangeKey, Host, OwnerId, RepoId};

/// Puts the change together.
pub(super) fn change(
    host: &Host,
    mut pages: Pages,
    mut details: Details,
    number: i64,
    options: &ReadOptions,
) -> Result<Change, QueryFailure> {
    for (is_whole, name) in [(pages.commits.is_whole(), "commits"), (pages.reviews.is_whole(), "reviews")] {
        if !is_whole {
            return Err(incomplete(format!("GitHub names another number of {name} than it gives")));
        }
    }
    let owner = pages.owner.id.ok_or_else(|| incomplete("GitHub left out the owner's number"))?;
    let repo = RepoId::new(host.clone(), pages.repository_id);
    let mut commits = commits(host, std::mem::replace(&mut pages.commits, Pile::closed()).items)?;
    let mut notes = std::mem::take(&mut details.records.notes);
    for commit in &mut commits {
        commit.notes = notes.remove(&commit.sha).unwrap_or_default();
    }
    if !commits.is_empty() && !commits.iter().any(|commit| commit.sha == pages.head) {
        return Err(incomplete("GitHub has not yet taken in the last push"));
    }
    let timeline = timeline(host, &pages.timeline.items)?;
    let reviews = reviews(host, &pages.reviews.items, &pages.timeline.items)?;
    let files = files(&pages, &details, options)?;
    let same_head = same_head(&pages, number);
    let facts = pages.facts;
    let opener = facts.author.as_ref().and_then(|author| author.of(host));
    Ok(Change {
        key: ChangeKey { repo, number },
        owner: OwnerId::new(host.clone(), owner),
        repo_name: pages.name,
        state: state(&facts)?,
        is_draft: facts.is_draft,
        body: body(host, &facts, opener.as_ref()),
        opener,
        base: base(&facts, pages.base_branch)?,
        title: facts.title,
        stack_base: pages.stack_base,
        default_branch: pages.default_branch,
        head: pages.head,
        head_branch: HeadBranch {
            name: facts.head_ref_name,
            repo: facts.head_repository.and_then(|head| head.database_id).map(|id| RepoId::new(host.clone(), id)),
        },
        labels: pages.labels.into_iter().map(|label| label.name).collect(),
        assignees: pages.assignees.iter().filter_map(|assignee| assignee.of(host)).collect(),
        assigners: timeline.assigners,
        commits,
        reviews,
        files,
        base_changed_at: timeline.base_changed_at,
        reopened_at: timeline.reopened_at,
        force_pushes: timeline.force_pushes,
        head_pushers: details.head_pushers,
        co_authors_are_untold: false,
        same_head,
        traces: details.records.traces,
    })
}

fn state(facts: &Facts) -> Result<ChangeState, QueryFailure> {
    match facts.state.as_str() {
        "OPEN" => Ok(ChangeState::Open),
        "CLOSED" => Ok(ChangeState::Closed),
        "MERGED" => Ok(ChangeState::Merged),
        _ => Err(incomplete("GitHub gives the change a state that is not understood")),
    }
}

fn base(facts: &Facts, name: String) -> Result<Branch, QueryFailure> {
    Ok(Branch { name, sha: sha(facts.base_tip())? })
}

fn body(host: &Host, facts: &Facts, opener: Option<&Actor>) -> Body {
    let editor = facts.editor.as_ref().and_then(|editor| editor.of(host));
    // An edit by an account that is gone, or by one without a number, is nobody's: not the opener's either.
    let is_own = editor.is_some_and(|editor| opener.is_some_and(|opener| opener.account == editor.account));
    let is_edited = facts.last_edited_at.is_some() || facts.editor.is_some();
    Body { text: facts.body.clone().unwrap_or_default(), edited_by_other: is_edited && !is_own }
}

fn commits(host: &Host, commits: Vec<WireCommit>) -> Result<Vec<Commit>, QueryFailure> {
    let commits = commits.into_iter().map(|commit| {
        let authors = nodes(commit.authors)?;
        Ok(Commit {
            sha: sha(&commit.oid)?,
            tree: commit.tree.as_ref().map(|tree| sha(&tree.oid)).transpose()?,
            parents: nodes(commit.parents)?.iter().map(|parent: &Oid| sha(&parent.oid)).collect::<Result<_, _>>()?,
            message: commit.message,
            author: identity(host, commit.author.as_ref()),
            committer: identity(host, commit.committer.as_ref()),
            // The first is the git author again.
            co_authors: authors.iter().skip(1).map(|author| identity(host, Some(author))).collect(),
            committed_via_web: commit.committed_via_web,
            notes: Vec::new(),
            signed_by_forge: commit.signature.is_some_and(|signed| signed.is_valid && signed.was_signed_by_git_hub),
        })
    });
    commits.collect()
}

fn nodes<T>(connection: Connection<T>) -> Result<Vec<T>, QueryFailure> {
    let nodes: Option<Vec<T>> = connection.nodes.and_then(|nodes| nodes.into_iter().collect());
    nodes.ok_or_else(|| incomplete("GitHub left out authors or parents of a commit"))
}

fn identity(host: &Host, actor: Option<&GitActor>) -> GitIdentity {
    GitIdentity {
        name: actor.and_then(|actor| actor.name.clone()).unwrap_or_default(),
        email: actor.and_then(|actor| actor.email.clone()).unwrap_or_default(),
        account: actor.and_then(|actor| actor.user.as_ref()?.of(host)),
        // Whoever makes a commit can write any time into it, also one that does not exist.
        date: actor.and_then(|actor| actor.date.as_ref()?.parse().ok()),
    }
}

/// What the events add up to.
#[derive(Default)]
struct Timeline {
    base_changed_at: Option<Timestamp>,
    reopened_at: Option<Timestamp>,
    force_pushes: Vec<ForcePush>,
    assigners: Vec<Actor>,
}

fn timeline(host: &Host, items: &[TimelineItem]) -> Result<Timeline, QueryFailure> {
    let mut timeline = Timeline::default();
    for item in items {
        let at = item.created_at.ok_or_else(|| incomplete("GitHub left out when something happened"))?;
        let actor = item.actor.as_ref().and_then(|actor| actor.of(host));
        match item.kind.as_str() {
            "BaseRefChangedEvent" | "AutomaticBaseChangeSucceededEvent" => {
                timeline.base_changed_at = timeline.base_changed_at.max(Some(at));
            }
            "ReopenedEvent" => timeline.reopened_at = timeline.reopened_at.max(Some(at)),
            "HeadRefForcePushedEvent" => {
                let commit = |commit: Option<&Oid>| commit.map(|commit| sha(&commit.oid)).transpose();
                let (before, after) = (commit(item.before_commit.as_ref())?, commit(item.after_commit.as_ref())?);
                timeline.force_pushes.push(ForcePush { at, actor, before, after });
            }
            "AssignedEvent" => {
                let is_new = |actor: &Actor| timeline.assigners.iter().all(|known| known.account != actor.account);
                // Assigning a person asks nothing of an agent.
                let set_to_work = item.assignee.as_ref().is_some_and(|assignee| assignee.kind == "Bot");
                if let Some(actor) = actor.filter(|actor| set_to_work && is_new(actor)) {
                    timeline.assigners.push(actor);
                }
            }
            _ => {}
        }
    }
    timeline.force_pushes.sort_by_key(|push| push.at);
    Ok(timeline)
}

fn reviews(host: &Host, reviews: &[WireReview], timeline: &[TimelineItem]) -> Result<Vec<Review>, QueryFailure> {
    let mut submitted = Vec::new();
    for review in reviews {
        let state = match review.state.as_str() {
            // Not submitted yet.
            "PENDING" => continue,
            "APPROVED" => ReviewState::Approved,
            "CHANGES_REQUESTED" => ReviewState::ChangesRequested,
            "COMMENTED" => ReviewState::Commented,
            "DISMISSED" => dismissed(review.full_database_id, timeline),
            _ => return Err(incomplete("GitHub gives a review a state that is not understood")),
        };
        submitted.push(Review {
            id: review.full_database_id,
            author: review.author.as_ref().and_then(|author| author.of(host)),
            state,
            commit: review.commit.as_ref().map(|commit| sha(&commit.oid)).transpose()?,
            submitted_at: review.submitted_at,
            can_push: review.author_can_push_to_repository,
            url: review.url.clone(),
        });
    }
    submitted.sort_by_key(|review| (review.submitted_at, review.id));
    Ok(submitted)
}

/// What a dismissed review said before, by the event of its dismissal.
fn dismissed(review: i64, timeline: &[TimelineItem]) -> ReviewState {
    let is_its = |item: &&TimelineItem| {
        item.kind == "ReviewDismissedEvent" && item.review.as_ref().is_some_and(|id| id.full_database_id == review)
    };
    let event = timeline.iter().filter(is_its).max_by_key(|item| item.created_at);
    match event.and_then(|event| event.previous_review_state.as_deref()) {
        Some("APPROVED") => ReviewState::DismissedApproval,
        Some("CHANGES_REQUESTED") => ReviewState::DismissedChangesRequested,
        _ => ReviewState::DismissedUnknown,
    }
}

fn files(pages: &Pages, details: &Details, options: &ReadOptions) -> Result<Files, QueryFailure> {
    let total = pages.facts.changed_files;
    let is_whole = pages.files.is_whole() && usize::try_from(total) == Ok(pages.files.items.len());
    if total > MAX_FILES || !is_whole {
        return Ok(Files::Truncated { total });
    }
    let file = |file: &File| {
        let previous_path = details.previous_paths.get(&file.path).cloned();
        if options.previous_paths && has_previous_path(file) && previous_path.is_none() {
            return Err(incomplete("GitHub does not tell the old name of a renamed file"));
        }
        Ok(FileChange { path: file.path.clone(), previous_path })
    };
    pages.files.items.iter().map(file).collect::<Result<_, _>>().map(Files::Whole)
}

fn same_head(pages: &Pages, number: i64) -> BTreeSet<i64> {
    let others = pages.same_head.items.iter().filter(|other| {
        let is_here = other.repository.as_ref().and_then(|repo| repo.database_id) == Some(pages.repository_id);
        is_here && other.state == "OPEN" && other.head_ref_oid == pages.head.as_str() && other.number != number
    });
    others.map(|other| other.number).collect()
}
