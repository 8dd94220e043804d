//! Reading a merge group: what the queue says of its commit, and what git says.
//!
//! GitHub lets a branch's queue be asked only as a whole; which commits a group would bring is a comparison like any
//! other. Enterprise Server has no merge queue.

use serde::{Deserialize, Serialize};

use super::client::GitHub;
use super::query::{MERGE_QUEUE, QueryFailure};
use super::read::{newest, split_name};
use super::wire::change::{AssociatedPullRequest, CheckRun, CheckSuite, Connection, Oid, PageInfo, Ref, RepositoryId};
use crate::forge::{Error, GroupRead, GroupReading};
use crate::gate::group::{Entry, Group};
use crate::gate::ids::CommitSha;
use crate::gate::witnessed::SeenRepository;

/// How many entries of a queue to ask for at once.
const PER_PAGE: usize = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Variables<'a> {
    owner: &'a str,
    name: &'a str,
    branch: &'a str,
    #[serde(rename = "ref")]
    reference: String,
    head: &'a str,
    app_id: i64,
    first: usize,
    after: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    repository: Option<Repository>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    database_id: Option<i64>,
    #[serde(rename = "ref")]
    reference: Option<Ref>,
    merge_queue: Option<Queue>,
    object: Option<QueuedCommit>,
}

#[derive(Deserialize)]
struct Queue {
    entries: Option<Connection<QueueEntry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueueEntry {
    head_commit: Option<Oid>,
    pull_request: Option<QueuedChange>,
}

#[derive(Deserialize)]
struct QueuedChange {
    number: i64,
    repository: Option<RepositoryId>,
}

/// What is known of the commit. Anything but a commit has none of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueuedCommit {
    oid: Option<String>,
    associated_pull_requests: Option<Connection<AssociatedPullRequest>>,
    check_suites: Option<Connection<CheckSuite>>,
}

/// The queue, all pages of it, and the commit.
struct Asked {
    tip: Option<CommitSha>,
    queue: Vec<Entry>,
    commit: Option<QueuedCommit>,
}

impl GitHub {
    /// Reads what the queue of a branch says of one of its commits, and what that commit would bring onto the branch.
    /// One call for a queue of up to a hundred changes, and one per hundred commits.
    pub async fn read_group(
        &self,
        repo: &SeenRepository,
        branch: &str,
        head: &CommitSha,
    ) -> Result<GroupReading, Error> {
        let Asked { tip, queue, commit } = match self.ask_queue(repo, branch, head).await {
            Ok(asked) => asked,
            Err(QueryFailure::Call(error)) => return Err(error),
            Err(QueryFailure::Incomplete(why)) => return Ok(GroupReading::without(GroupRead::Incomplete { why })),
        };
        let Some(commit) = commit else { return Ok(GroupReading::without(GroupRead::Unseen)) };
        let Some(same_head) = same_head(repo, head, commit.associated_pull_requests) else {
            let why = "GitHub left out changes that the group's commit belongs to".to_owned();
            return Ok(GroupReading::without(GroupRead::Incomplete { why }));
        };
        let suites = commit.check_suites.and_then(|suites| suites.nodes).into_iter().flatten().flatten();
        let runs: Vec<CheckRun> = suites.filter_map(|suite| suite.check_runs?.nodes).flatten().flatten().collect();
        let commits = match tip {
            Some(tip) => self.signed_commits_between(repo, &tip, head).await?,
            None => None,
        };
        let read = match commits {
            None => GroupRead::Unseen,
            Some(commits) if commits.is_empty() => GroupRead::Over,
            Some(commits) => GroupRead::Whole(Group { head: head.clone(), commits, queue }),
        };
        Ok(GroupReading {
            read,
            same_head,
            published: newest(&runs, self.check_name()),
            preview: newest(&runs, &format!("{}-preview", self.check_name())),
        })
    }

    async fn ask_queue(&self, repo: &SeenRepository, branch: &str, head: &CommitSha) -> Result<Asked, QueryFailure> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the merge queue of {}@{branch}", repo.name);
        let reference = format!("refs/heads/{branch}");
        let (app_id, head) = (self.app_id(), head.as_str());
        let mut variables = Variables { owner, name, branch, reference, head, app_id, first: PER_PAGE, after: None };
        let mut queue = Vec::new();
        loop {
            let (Answer { repository }, _) =
                self.query(repo.installation, &what, MERGE_QUEUE, &variables, |_| false).await?;
            let repository = repository.ok_or_else(|| Error::NotFound { what: what.clone() })?;
            if repository.database_id != Some(repo.repo.id) {
                return Err(Error::NotFound { what: format!("repository {} as {}", repo.repo, repo.name) }.into());
            }
            let tip = repository.reference.and_then(|reference| reference.target);
            let tip = tip.map(|tip| tip.oid.parse()).transpose().map_err(|_| strange())?;
            let commit = repository.object.filter(|commit| commit.oid.as_deref() == Some(head));
            // A branch without a queue: whatever it was, it is no group any more.
            let Some(entries) = repository.merge_queue.and_then(|queue| queue.entries) else {
                return Ok(Asked { tip, queue, commit });
            };
            let Connection { page_info, nodes, .. } = entries;
            let (PageInfo { has_next_page, end_cursor, .. }, nodes) = page_info.zip(nodes).ok_or_else(strange)?;
            for node in nodes {
                queue.push(entry(repo, node.ok_or_else(strange)?)?);
            }
            if !has_next_page {
                return Ok(Asked { tip, queue, commit });
            }
            if end_cursor.is_none() || end_cursor == variables.after {
                return Err(strange());
            }
            variables.after = end_cursor;
        }
    }
}

fn entry(repo: &SeenRepository, entry: QueueEntry) -> Result<Entry, QueryFailure> {
    let change = entry.pull_request.ok_or_else(strange)?;
    if change.repository.and_then(|home| home.database_id) != Some(repo.repo.id) {
        return Err(strange());
    }
    let group_head = entry.head_commit.map(|commit| commit.oid.parse()).transpose().map_err(|_| strange())?;
    Ok(Entry { number: change.number, group_head })
}

/// Open changes of the repository with this very commit as their head; `None` when the list is not whole.
fn same_head(
    repo: &SeenRepository,
    head: &CommitSha,
    listed: Option<Connection<AssociatedPullRequest>>,
) -> Option<Vec<i64>> {
    let Connection { page_info, nodes, .. } = listed?;
    if page_info?.has_next_page {
        return None;
    }
    let listed = nodes?.into_iter().collect::<Option<Vec<_>>>()?;
    let is_here = |one: &AssociatedPullRequest| {
        one.state == "OPEN"
            && one.head_ref_oid == head.as_str()
            && one.repository.as_ref().and_then(|home| home.database_id) == Some(repo.repo.id)
    };
    Some(listed.into_iter().filter(is_here).map(|one| one.number).collect())
}

fn strange() -> QueryFailure {
    QueryFailure::Incomplete("GitHub left out a part of the merge queue".to_owned())
}
