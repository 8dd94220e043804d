//! From GitLab's answers to the gate's facts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::activity::{self, Activity};
use super::{Parts, actor, incomplete, nodes, repo_id, sha};
use crate::forge::ReadOptions;
use crate::forge::gitlab::approvals::{self, HeadSince};
use crate::forge::gitlab::query::{self, QueryFailure};
use crate::forge::gitlab::wire;
use crate::gate::change::{
    Actor, Body, Branch, Change, ChangeState, Commit, FileChange, Files, GitIdentity, HeadBranch, Review, ReviewState,
};
use crate::gate::detect::co_authors;
use crate::gate::ids::{ChangeKey, Host};

/// Puts the change together.
pub(super) fn change(
    host: &Host,
    parts: &Parts,
    options: &ReadOptions,
    repo_name: String,
) -> Result<Change, QueryFailure> {
    let merge_request = &parts.merge_request;
    let opener = parts.answer.author.as_ref().and_then(|author| actor(host, author));
    let assignees: Vec<Actor> = nodes(parts.answer.assignees.as_ref(), "who is assigned")?
        .into_iter()
        .filter_map(|user| actor(host, user))
        .collect();
    let robots: Vec<Actor> = assignees.iter().chain(&opener).filter(|actor| !actor.is_user()).cloned().collect();
    let activity = Activity::of(parts, host, &robots)?;
    let default_branch = parts.answer.target_project.as_ref().and_then(|project| project.repository.as_ref());
    let default_branch = default_branch.and_then(|repository| repository.root_ref.clone());
    let commits = commits(host, parts)?;
    if !commits.is_empty() && !commits.iter().any(|commit| commit.sha == parts.head) {
        return Err(incomplete("GitLab has not yet taken in the last push"));
    }
    let base = merge_request.diff_refs.as_ref().and_then(|refs| refs.start_sha.as_deref());
    Ok(Change {
        key: ChangeKey { repo: repo_id(host, merge_request.project_id), number: merge_request.iid },
        owner: parts.owner.clone(),
        repo_name,
        state: state(&merge_request.state)?,
        is_draft: merge_request.draft,
        body: body(merge_request, &activity, opener.as_ref(), options),
        title: merge_request.title.clone(),
        base: Branch {
            name: merge_request.target_branch.clone(),
            sha: sha(base.ok_or_else(|| incomplete("GitLab has not yet compared the change with its target"))?)?,
        },
        stack_base: None,
        default_branch: default_branch.ok_or_else(|| incomplete("GitLab does not name the default branch"))?,
        co_authors_are_untold: true,
        head: parts.head.clone(),
        head_branch: HeadBranch {
            name: merge_request.source_branch.clone(),
            repo: merge_request.source_project_id.map(|id| repo_id(host, id)),
        },
        labels: merge_request.labels.clone(),
        assignees,
        assigners: activity.assigners.clone(),
        commits,
        reviews: reviews(host, parts, options, &activity)?,
        files: files(parts),
        base_changed_at: activity.base_changed_at,
        reopened_at: parts.states.iter().filter(|event| event.state == "reopened").map(|event| event.created_at).max(),
        force_pushes: activity::pushes(parts, host)?,
        head_pushers: parts.head_pushers.clone(),
        // They take a call of their own, which is made before a pass.
        same_head: BTreeSet::new(),
        traces: Vec::new(),
        opener,
    })
}

fn state(state: &str) -> Result<ChangeState, QueryFailure> {
    match state {
        // While GitLab merges it, the state is `locked`.
        "opened" | "locked" => Ok(ChangeState::Open),
        "closed" => Ok(ChangeState::Closed),
        "merged" => Ok(ChangeState::Merged),
        _ => Err(incomplete("GitLab gives the change a state that is not understood")),
    }
}

/// The description. GitLab does not say whose words it holds, but notes on the merge request who edited it, and says so in
/// deliveries.
fn body(
    merge_request: &wire::MergeRequest,
    activity: &Activity,
    opener: Option<&Actor>,
    options: &ReadOptions,
) -> Body {
    let opener = opener.map(|opener| &opener.account);
    let is_other = |editor: Option<&crate::gate::ids::AccountId>| editor.is_none() || editor != opener;
    let noted = activity.describers.iter().any(|editor| is_other(editor.as_ref()));
    let told = options.describers.iter().any(|editor| is_other(Some(editor)));
    Body { text: merge_request.description.clone().unwrap_or_default(), edited_by_other: noted || told }
}

fn commits(host: &Host, parts: &Parts) -> Result<Vec<Commit>, QueryFailure> {
    let mut accounts: BTreeMap<String, Actor> = BTreeMap::new();
    let linked: BTreeMap<&str, Option<Actor>> = nodes(parts.answer.commits.as_ref(), "the commits")?
        .into_iter()
        .map(|commit| (commit.sha.as_str(), commit.author.as_ref().and_then(|author| actor(host, author))))
        .collect();
    for commit in &parts.commits {
        // An address belongs to one account, whatever it signed.
        let email = commit.author_email.as_deref().map(str::to_ascii_lowercase);
        if let (Some(email), Some(Some(by))) = (email, linked.get(commit.id.as_str())) {
            accounts.insert(email, by.clone());
        }
    }
    // GitLab lists the newest first.
    let mut commits: Vec<Commit> =
        parts.commits.iter().rev().map(|commit| one_commit(commit, &accounts)).collect::<Result<_, _>>()?;
    // GitLab does not name trees. What the head leaves of the whole change is told by the digest of its difference, which
    // stays the same when it is squashed onto another branch.
    let newest = parts.versions.iter().max_by_key(|version| (version.created_at, version.id));
    let difference = newest.and_then(|version| version.patch_id_sha.as_deref()?.parse().ok());
    if let Some(head) = commits.iter_mut().find(|commit| commit.sha == parts.head) {
        head.tree = difference;
    }
    Ok(commits)
}

pub(in crate::forge::gitlab) fn one_commit(
    commit: &wire::Commit,
    accounts: &BTreeMap<String, Actor>,
) -> Result<Commit, QueryFailure> {
    let identity = |name: Option<&String>, email: Option<&String>, date: Option<&String>| GitIdentity {
        name: name.cloned().unwrap_or_default(),
        email: email.cloned().unwrap_or_default(),
        account: email.and_then(|email| accounts.get(&email.to_ascii_lowercase()).cloned()),
        // Whoever makes a commit can write any time into it, also one that does not exist.
        date: date.and_then(|date| date.parse::<Timestamp>().ok()),
    };
    let message = commit.message.clone().or_else(|| commit.title.clone()).unwrap_or_default();
    let co_authors = co_authors(&message).into_iter().map(|(name, email)| GitIdentity {
        account: accounts.get(&email.to_ascii_lowercase()).cloned(),
        name,
        email,
        date: None,
    });
    Ok(Commit {
        sha: sha(&commit.id)?,
        tree: None,
        parents: commit.parent_ids.iter().map(|parent| sha(parent)).collect::<Result<_, _>>()?,
        co_authors: co_authors.collect(),
        author: identity(commit.author_name.as_ref(), commit.author_email.as_ref(), commit.authored_date.as_ref()),
        committer: identity(
            commit.committer_name.as_ref(),
            commit.committer_email.as_ref(),
            commit.committed_date.as_ref(),
        ),
        message,
        // GitLab commits in the name of whoever pressed the button, so that it cannot be told from anybody's push.
        committed_via_web: false,
        signed_by_forge: false,
        notes: Vec::new(),
    })
}

/// All heads that the change had, oldest first.
fn heads(parts: &Parts) -> Result<Vec<HeadSince>, QueryFailure> {
    // Of two in the same moment, the one with the greater number came later.
    let mut versions: Vec<_> = parts.versions.iter().collect();
    versions.sort_by_key(|version| (version.created_at, version.id));
    let mut heads = Vec::new();
    for version in versions {
        if let Some(head) = &version.head_commit_sha {
            heads.push(HeadSince { head: sha(head)?, since: version.created_at });
        }
    }
    if heads.last().is_some_and(|newest| newest.head != parts.head) {
        return Err(incomplete("GitLab has not yet recorded the last push"));
    }
    Ok(heads)
}

fn reviews(
    host: &Host,
    parts: &Parts,
    options: &ReadOptions,
    activity: &Activity,
) -> Result<Vec<Review>, QueryFailure> {
    let heads = heads(parts)?;
    let url = parts.merge_request.web_url.clone();
    let mut reviews = Vec::new();
    for user in nodes(parts.answer.approved_by.as_ref(), "who approved")? {
        let Some(id) = query::number(&user.id).filter(|id| *id != parts.bot) else { continue };
        let given = parts.approvals.iter().find(|given| given.user.id == id);
        // It was taken back between two calls.
        let Some(given) = given else { continue };
        let author = actor(host, user);
        let account = author.as_ref().map(|author| &author.account);
        let witnessed = options.approvals.iter().find(|told| Some(&told.account) == account);
        let commit = approvals::head_of(given.approved_at, &heads, witnessed);
        let submitted_at = given.approved_at.or(witnessed.map(|told| told.told_at));
        let key = crate::gate::ids::AccountId::new(host.clone(), id);
        reviews.push(Review {
            id: approvals::number("approval", &key, commit.as_ref(), submitted_at),
            author,
            state: ReviewState::Approved,
            commit,
            submitted_at,
            can_push: parts.pushers.get(&id).copied(),
            url: url.clone(),
        });
    }
    for (by, at) in requests(host, parts, activity)? {
        reviews.push(Review {
            id: approvals::number("request", &by.account, None, Some(at)),
            author: Some(by),
            state: ReviewState::ChangesRequested,
            commit: Some(parts.head.clone()),
            submitted_at: Some(at),
            can_push: None,
            url: url.clone(),
        });
    }
    reviews.sort_by_key(|review| (review.submitted_at, review.id));
    Ok(reviews)
}

/// Who asked for changes, and when. GitLab forgets a request as soon as anybody asks for another review, but keeps its note.
fn requests(host: &Host, parts: &Parts, activity: &Activity) -> Result<Vec<(Actor, Timestamp)>, QueryFailure> {
    let mut requests = activity.requests.clone();
    for reviewer in nodes(parts.answer.reviewers.as_ref(), "who reviews")? {
        let state = reviewer.merge_request_interaction.as_ref().and_then(|shown| shown.review_state.as_deref());
        let Some(by) = actor(host, &reviewer.user).filter(|_| state == Some("REQUESTED_CHANGES")) else { continue };
        if requests.iter().all(|(known, _)| known.account != by.account) {
            let at = parts.merge_request.updated_at;
            requests.push((by, at.ok_or_else(|| incomplete("GitLab does not say when changes were requested"))?));
        }
    }
    Ok(requests)
}

fn files(parts: &Parts) -> Files {
    let Some(diffs) = &parts.diffs else {
        let count = parts.merge_request.changes_count.as_deref().unwrap_or_default();
        let digits: String = count.chars().take_while(char::is_ascii_digit).collect();
        return Files::Truncated { total: digits.parse().unwrap_or_default() };
    };
    let file = |diff: &wire::Diff| FileChange {
        path: diff.new_path.clone(),
        previous_path: (diff.old_path != diff.new_path).then(|| diff.old_path.clone()),
    };
    Files::Whole(diffs.iter().map(file).collect())
}
