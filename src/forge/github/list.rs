//! What there is: installations, their repositories, and the open changes of those. For the sweep, which finds what
//! no delivery told of.

mod comments;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::client::{Call, GitHub, path};
use super::query::{OPEN_CHANGES, QueryFailure};
use super::read::{newest, split_name};
use super::wire::change::{CheckRun, Connection, PublishedCommit, RepositoryId};
use super::wire::{is_public, rest};
use crate::forge::{Error, Installation, OpenChange, OpenChanges};
use crate::gate::change::{ChangeState, HeadBranch};
use crate::gate::ids::{ChangeKey, CommitSha, Login, OwnerId, RepoId};
use crate::gate::witnessed::{SeenChange, SeenRepository};

const PER_PAGE: usize = 100;

/// Open changes on a page. Each brings its checks, so that more would take GitHub long.
const CHANGES_PER_PAGE: usize = 50;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Variables<'a> {
    owner: &'a str,
    name: &'a str,
    app_id: i64,
    first: usize,
    after: Option<&'a str>,
}

#[derive(Deserialize)]
struct Answer {
    repository: Option<Repository>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    database_id: Option<i64>,
    pull_requests: Option<Connection<PullRequest>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullRequest {
    number: i64,
    head_ref_oid: String,
    head_ref_name: String,
    base_ref_name: String,
    updated_at: Timestamp,
    head_repository: Option<RepositoryId>,
    published: Option<Connection<PublishedCommit>>,
}

impl GitHub {
    /// Whether a commit reached a branch by a change that was merged into it. A commit that is not there did not.
    pub async fn was_merged(&self, repo: &SeenRepository, commit: &CommitSha, branch: &str) -> Result<bool, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the changes of {} in {}", commit.short(), repo.name);
        let path = path(&["repos", owner, name, "commits", commit.as_str(), "pulls"], &[("per_page", "100")]);
        let answer = match self.send(repo.installation, &Call::get(path, &what)).await {
            Err(Error::NotFound { .. }) => return Ok(false),
            answer => answer?,
        };
        let changes: Vec<rest::CommitPullRequest> = answer.json(&what)?;
        Ok(changes.iter().any(|change| change.merged_at.is_some() && change.base.branch == branch))
    }

    /// All installations of the App, one call per hundred.
    pub async fn installations(&self) -> Result<Vec<Installation>, Error> {
        let what = "the App's installations";
        let mut installations = Vec::new();
        for page in 1.. {
            let number = page.to_string();
            let call = Call::get(path(&["app", "installations"], &[("per_page", "100"), ("page", &number)]), what);
            let listed: Vec<rest::Installation> = self.send_as_app(&call).await?.json(what)?;
            let is_last = listed.len() < PER_PAGE;
            installations.extend(listed.into_iter().filter_map(|listed| self.installed(listed)));
            if is_last {
                break;
            }
        }
        Ok(installations)
    }

    /// One installation; `None` when there is no such one (any more), or it is of no account that owns repositories.
    pub async fn installation(&self, installation: i64) -> Result<Option<Installation>, Error> {
        let what = format!("installation {installation}");
        let call = Call::get(path(&["app", "installations", &installation.to_string()], &[]), &what);
        match self.send_as_app(&call).await {
            Ok(answer) => Ok(self.installed(answer.json(&what)?)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An installation on an enterprise has no account, and no repositories of its own.
    pub(super) fn installed(&self, installation: rest::Installation) -> Option<Installation> {
        let account = installation.account.filter(|account| !account.login.is_empty())?;
        Some(Installation {
            id: installation.id,
            owner: OwnerId::new(self.host().clone(), account.id?),
            login: Login::from(account.login.as_str()),
            is_suspended: installation.suspended_at.is_some(),
        })
    }

    /// All repositories that an installation reaches and that can be written to, one call per hundred. Nothing can be
    /// published in an archived one, nor merged.
    pub async fn repositories(&self, installation: i64) -> Result<Vec<SeenRepository>, Error> {
        let what = format!("the repositories of installation {installation}");
        let mut repositories = Vec::new();
        for page in 1.. {
            let number = page.to_string();
            let parameters = [("per_page", "100"), ("page", number.as_str())];
            let call = Call::get(path(&["installation", "repositories"], &parameters), &what);
            let rest::Repositories { total_count, repositories: listed } =
                self.send(installation, &call).await?.json(&what)?;
            let is_last = listed.len() < PER_PAGE;
            repositories.extend(listed);
            if is_last {
                if repositories.len() < total_count {
                    let why = format!("GitHub gave {} of {total_count}", repositories.len());
                    return Err(Error::Transient { what, why, is_heavy: false });
                }
                break;
            }
        }
        let missing = || Error::broken(&what, "GitHub left out an owner's number");
        let seen = repositories.into_iter().filter(|repository| !repository.archived).map(|repository| {
            Ok(SeenRepository {
                repo: RepoId::new(self.host().clone(), repository.id),
                owner: OwnerId::new(self.host().clone(), repository.owner.id.ok_or_else(missing)?),
                name: repository.full_name,
                installation,
                default_branch: repository.default_branch,
                is_public: is_public(repository.private, repository.visibility.as_deref()),
            })
        });
        seen.collect()
    }

    /// A page of the open changes of a repository, oldest first, with our check on each: the first one, or the one after
    /// what an earlier page gave as [`OpenChanges::next`]. One call.
    pub async fn open_changes(&self, repo: &SeenRepository, after: Option<&str>) -> Result<OpenChanges, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the open changes of {}", repo.name);
        let missing = || Error::Transient {
            what: what.clone(),
            why: "GitHub left out a part of the list".to_owned(),
            is_heavy: false,
        };
        let mut variables = Variables { owner, name, app_id: self.app_id(), first: CHANGES_PER_PAGE, after };
        let Answer { repository } = loop {
            match self.query(repo.installation, &what, OPEN_CHANGES, &variables, |_| false).await {
                Ok((answer, _)) => break answer,
                Err(QueryFailure::Call(Error::Transient { is_heavy: true, .. }))
                    if variables.first > CHANGES_PER_PAGE / 4 =>
                {
                    variables.first /= 2;
                }
                Err(QueryFailure::Call(error)) => return Err(error),
                Err(QueryFailure::Incomplete(_)) => return Err(missing()),
            }
        };
        let repository = repository.ok_or_else(missing)?;
        if repository.database_id != Some(repo.repo.id) {
            return Err(Error::NotFound { what: format!("repository {} as {}", repo.repo, repo.name) });
        }
        let Connection { page_info, nodes, .. } = repository.pull_requests.ok_or_else(missing)?;
        let (page_info, nodes) = page_info.zip(nodes).ok_or_else(missing)?;
        let change = |node: Option<PullRequest>| node.and_then(|node| self.open_change(repo, node)).ok_or_else(missing);
        let changes = nodes.into_iter().map(change).collect::<Result<_, _>>()?;
        let next = page_info.end_cursor.filter(|_| page_info.has_next_page);
        // A page that leads nowhere, or back to itself, would have no end.
        if page_info.has_next_page && next.as_deref().is_none_or(|next| Some(next) == after) {
            return Err(missing());
        }
        Ok(OpenChanges { changes, next })
    }

    fn open_change(&self, repo: &SeenRepository, node: PullRequest) -> Option<OpenChange> {
        let head_repository = node.head_repository.and_then(|head| head.database_id);
        let change = SeenChange {
            key: ChangeKey { repo: repo.repo.clone(), number: node.number },
            state: ChangeState::Open,
            head: node.head_ref_oid.parse().ok()?,
            before: None,
            head_branch: HeadBranch {
                name: node.head_ref_name,
                repo: head_repository.map(|id| RepoId::new(self.host().clone(), id)),
            },
            base_branch: node.base_ref_name,
            stack_base: None,
            pusher: None,
        };
        // Of a push that GitHub has not yet taken in, the check shown would be the former head's.
        let mut commits = node.published?.nodes?.into_iter().flatten().map(|node| node.commit);
        let tip = commits.rfind(|commit| commit.oid == node.head_ref_oid);
        let suites = tip.and_then(|tip| tip.check_suites?.nodes).into_iter().flatten().flatten();
        let runs: Vec<CheckRun> = suites.filter_map(|suite| suite.check_runs?.nodes).flatten().flatten().collect();
        let updated_at = node.updated_at;
        Some(OpenChange { change, published: newest(&runs, self.check_name()), updated_at })
    }
}
