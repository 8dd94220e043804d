//! Reading a change: the merge request, its versions, commits and files by REST, and everything else in one query.
//!
//! A list that is not whole, or an answer with errors, gives [`Read::Incomplete`]; a call that failed gives an error.

mod activity;
mod assemble;
mod notes;
mod policy;

pub(super) use assemble::one_commit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::client::{Call, GitLab, path};
use super::mechanism::Setup;
use super::query::{self, ChangeAnswer, MoreAnswer, NOTES_AT_ONCE, QueryFailure, global_id};
use super::wire;
use crate::forge::{CommentNow, Error, PolicyTexts, ReadOptions, Reading};
use crate::gate::change::{Actor, ActorKind, Merge, Read};
use crate::gate::ids::{AccountId, CommitSha, Host, Login, OwnerId, RepoId};
use crate::gate::policy::{GITLAB_POLICY, ORGANISATION_POLICY};
use crate::gate::witnessed::SeenRepository;

/// No merge request has more commits or files than these pages of a hundred, of which GitLab would tell.
pub(super) const MOST_PAGES: u32 = 100;

/// With more files than this, no list is read.
const MAX_FILES: usize = 3_000;

/// Everything that was read about a merge request, before it is put together.
pub(super) struct Parts {
    pub(super) merge_request: wire::MergeRequest,
    pub(super) head: CommitSha,
    pub(super) owner: OwnerId,
    pub(super) versions: Vec<wire::Version>,
    pub(super) commits: Vec<wire::Commit>,
    pub(super) diffs: Option<Vec<wire::Diff>>,
    pub(super) answer: query::MergeRequest,
    pub(super) bot: i64,
    /// With their times, where there are any.
    pub(super) approvals: Vec<wire::ApprovedBy>,
    /// Of those who approved, who may push.
    pub(super) pushers: BTreeMap<i64, bool>,
    pub(super) states: Vec<wire::StateEvent>,
    /// Who moved the head branch to the head, by the project's own record.
    pub(super) head_pushers: Vec<Actor>,
}

impl GitLab {
    /// Reads a change, what stands on it, and the policies that may govern it.
    pub async fn read(&self, repo: &SeenRepository, number: i64, options: &ReadOptions) -> Result<Reading, Error> {
        match self.read_whole(repo, number, options).await {
            Ok(reading) => Ok(reading),
            Err(QueryFailure::Call(error)) => Err(error),
            Err(QueryFailure::Incomplete(why)) => Ok(Reading::incomplete(why)),
            Err(QueryFailure::NoTypes) => Ok(Reading::incomplete("GitLab does not tell people from robots".to_owned())),
        }
    }

    async fn read_whole(
        &self,
        repo: &SeenRepository,
        number: i64,
        options: &ReadOptions,
    ) -> Result<Reading, QueryFailure> {
        let what = format!("change {}!{number}", repo.name);
        let (project, iid) = (repo.repo.id.to_string(), number.to_string());
        let here = ["projects", &project, "merge_requests", &iid];
        let call = Call::get(path(&here, &[]), &what);
        let merge_request: wire::MergeRequest = self.send(&call).await?.json(&what)?;
        if merge_request.project_id != repo.repo.id || merge_request.iid != number {
            return Err(incomplete("GitLab answered with another merge request"));
        }
        let head = head_of(&merge_request)?;
        let full_path = full_path(&merge_request).unwrap_or_else(|| repo.name.clone());
        let owner = self.owner_of(&full_path);
        let sub = |last| [here.as_slice(), &[last]].concat();
        let (versions, commits, diffs) = (sub("versions"), sub("commits"), sub("diffs"));
        let commits_asked = self.list(&commits, &[], &what, MOST_PAGES);
        let (owner, versions, commits, diffs, asked) = tokio::join!(
            owner,
            self.list(&versions, &[], &what, MOST_PAGES),
            commits_asked,
            self.diffs(&diffs, &merge_request, options, &what),
            self.ask(&merge_request, &head, &full_path, options, &what),
        );
        let (mut answer, comments) = asked?;
        let bot = answer.current_user.as_ref().and_then(|user| query::number(&user.id));
        let bot = bot.ok_or_else(|| incomplete("GitLab does not say who we are"))?;
        self.is_bot(bot);
        let mut asked = answer.merge_request.take().ok_or_else(|| incomplete("GitLab left out the merge request"))?;
        let head_again = asked.diff_head_sha.as_deref().and_then(|sha| sha.parse().ok());
        if head_again.is_some_and(|again: CommitSha| again != head) {
            return Err(incomplete("the head moved while the change was read"));
        }
        self.read_on(&merge_request, &mut asked, &what).await?;
        let setup = self.setup(repo, &merge_request.target_branch).await?;
        let mut parts = Parts {
            owner: owner?,
            head,
            versions: versions?,
            commits: commits?,
            diffs: diffs?,
            bot,
            merge_request,
            answer: asked,
            approvals: Vec::new(),
            pushers: BTreeMap::new(),
            states: Vec::new(),
            head_pushers: Vec::new(),
        };
        self.details(&mut parts, repo, number, options, &what).await?;
        self.conclude(parts, (answer, comments), repo, &setup, options, full_path).await
    }

    /// What is asked only where it matters: when approvals were given, when the change was opened again, who pushed.
    async fn details(
        &self,
        parts: &mut Parts,
        repo: &SeenRepository,
        number: i64,
        options: &ReadOptions,
        what: &str,
    ) -> Result<(), QueryFailure> {
        let (project, iid) = (repo.repo.id.to_string(), number.to_string());
        let here = ["projects", project.as_str(), "merge_requests", iid.as_str()];
        let others = nodes(parts.answer.approved_by.as_ref(), "who approved")?;
        let others: BTreeSet<i64> =
            others.iter().filter_map(|user| query::number(&user.id)).filter(|id| *id != parts.bot).collect();
        if !others.is_empty() {
            let call = Call::get(path(&[here.as_slice(), &["approvals"]].concat(), &[]), what);
            parts.approvals = self.send(&call).await?.json::<wire::Approvals>(what)?.approved_by;
            for account in others {
                parts.pushers.insert(account, self.may_push(repo, account).await?);
            }
        }
        if !parts.approvals.is_empty() || !options.comments.is_empty() {
            let events = [here.as_slice(), &["resource_state_events"]].concat();
            parts.states = self.list(&events, &[], what, MOST_PAGES).await?;
        }
        let is_own = parts.merge_request.source_project_id == Some(repo.repo.id);
        let noted = activity::pushers(parts).contains_key(&parts.head);
        if options.seek_pushers && is_own && !noted {
            let moves = self.moves_of(repo, &parts.merge_request.source_branch).await?;
            parts.head_pushers = moves.into_iter().filter(|(to, _)| *to == parts.head).map(|(_, by)| by).collect();
            parts.head_pushers.dedup();
        }
        Ok(())
    }

    async fn conclude(
        &self,
        parts: Parts,
        (answer, comments): (ChangeAnswer, BTreeMap<String, CommentNow>),
        repo: &SeenRepository,
        setup: &Setup,
        options: &ReadOptions,
        full_path: String,
    ) -> Result<Reading, QueryFailure> {
        let published = self.standing(&parts, repo, setup, options).await?;
        let change = assemble::change(self.host(), &parts, options, full_path.clone())?;
        let policies: PolicyTexts =
            policy::texts(&parts, &answer, &change, &full_path, &self.policy_project(&full_path))?;
        let visibility = parts.answer.target_project.as_ref().and_then(|project| project.visibility.as_deref());
        Ok(Reading {
            head: Some(parts.head.clone()),
            published: published.check,
            preview: published.preview,
            policies,
            merge: merge(&parts.merge_request, self.host()),
            closed_at: parts.merge_request.closed_at.or(parts.merge_request.merged_at),
            is_public: visibility.map(|visibility| visibility == "public"),
            rate: None,
            notes: None,
            comments,
            read: Read::Whole(Box::new(change)),
        })
    }

    /// The changed files, or nothing when GitLab does not list all of them.
    async fn diffs(
        &self,
        segments: &[&str],
        merge_request: &wire::MergeRequest,
        options: &ReadOptions,
        what: &str,
    ) -> Result<Option<Vec<wire::Diff>>, QueryFailure> {
        // Where there are more than GitLab shows it writes "1000+", and lists no more than it shows.
        let count = merge_request.changes_count.as_deref();
        let number = count.and_then(|count| count.parse::<usize>().ok());
        if count.is_some() && number.is_none_or(|number| number > MAX_FILES) {
            return Ok(None);
        }
        if count.is_none() && merge_request.prepared_at.is_none() && !options.gives_up_on_records {
            return Err(incomplete("GitLab is still comparing the change with its target"));
        }
        let diffs: Vec<wire::Diff> = self.list(segments, &[], what, MOST_PAGES).await?;
        Ok((diffs.len() == number.unwrap_or_default()).then_some(diffs))
    }

    /// Everything that one query tells, and the witnessed notes as they stand now.
    async fn ask(
        &self,
        merge_request: &wire::MergeRequest,
        head: &CommitSha,
        full_path: &str,
        options: &ReadOptions,
        what: &str,
    ) -> Result<(ChangeAnswer, BTreeMap<String, CommentNow>), QueryFailure> {
        let (first, rest) = options.comments.split_at(options.comments.len().min(NOTES_AT_ONCE));
        let mut variables = Map::new();
        variables.insert("id".to_owned(), global_id("MergeRequest", merge_request.id).into());
        variables.insert("base".to_owned(), merge_request.target_branch.as_str().into());
        variables.insert("head".to_owned(), head.as_str().into());
        variables.insert("policy".to_owned(), GITLAB_POLICY.into());
        variables.insert("organisation".to_owned(), self.policy_project(full_path).into());
        variables.insert("organisationPolicy".to_owned(), ORGANISATION_POLICY.into());
        notes::name(&mut variables, first);
        let mut answer: ChangeAnswer =
            self.query_with_types(what, &variables, |has_types| query::change(first.len(), has_types)).await?;
        let mut comments = BTreeMap::new();
        notes::take(&mut comments, first, &mut answer.notes, self.host())?;
        for more in rest.chunks(NOTES_AT_ONCE) {
            let mut variables = Map::new();
            notes::name(&mut variables, more);
            let mut found: BTreeMap<String, Value> =
                self.query_with_types(what, &variables, |has_types| query::notes(more.len(), has_types)).await?;
            notes::take(&mut comments, more, &mut found, self.host())?;
        }
        Ok((answer, comments))
    }

    /// Asks with types of accounts, which older instances do not know.
    pub(super) async fn query_with_types<T: serde::de::DeserializeOwned>(
        &self,
        what: &str,
        variables: &Map<String, Value>,
        document: impl Fn(bool) -> String,
    ) -> Result<T, QueryFailure> {
        let has_types = self.shared.has_types.load(Ordering::Relaxed);
        match self.query(what, &document(has_types), json!(variables)).await {
            Err(QueryFailure::NoTypes) if has_types => {
                self.shared.has_types.store(false, Ordering::Relaxed);
                self.query(what, &document(false), json!(variables)).await
            }
            answer => answer,
        }
    }

    /// Reads the pages that did not fit into the first query.
    async fn read_on(
        &self,
        merge_request: &wire::MergeRequest,
        asked: &mut query::MergeRequest,
        what: &str,
    ) -> Result<(), QueryFailure> {
        let after = |info: Option<&query::PageInfo>| {
            info.filter(|info| info.has_next_page).and_then(|info| info.end_cursor.clone())
        };
        let mut commits = after(asked.commits.as_ref().and_then(|list| list.page_info.as_ref()));
        let mut activity = after(asked.activity.as_ref().and_then(|list| list.page_info.as_ref()));
        for _ in 0..MOST_PAGES {
            if commits.is_none() && activity.is_none() {
                return Ok(());
            }
            let mut variables = Map::new();
            variables.insert("id".to_owned(), global_id("MergeRequest", merge_request.id).into());
            variables.insert("commits".to_owned(), commits.clone().into());
            variables.insert("activity".to_owned(), activity.clone().into());
            let more: MoreAnswer = self.query_with_types(what, &variables, query::more).await?;
            let more = more.merge_request.ok_or_else(|| incomplete("GitLab left out the merge request"))?;
            commits = match commits {
                Some(_) => extend(asked.commits.as_mut(), more.commits)?,
                None => None,
            };
            activity = match activity {
                Some(_) => extend(asked.activity.as_mut(), more.activity)?,
                None => None,
            };
        }
        Err(incomplete("the lists of the merge request do not end"))
    }

    /// The path of the project that holds the policy of everything below the top-level group.
    pub(in crate::forge) fn policy_project(&self, full_path: &str) -> String {
        let root = full_path.split('/').next().unwrap_or_default();
        format!("{root}/{}", self.shared.config.policy_project)
    }
}

/// Adds a page, and says where the next one begins.
fn extend<T>(
    all: Option<&mut query::Connection<T>>,
    page: Option<query::Connection<T>>,
) -> Result<Option<String>, QueryFailure> {
    let (Some(all), Some(page)) = (all, page) else { return Err(incomplete("GitLab left out a page")) };
    let info = page.page_info.ok_or_else(|| incomplete("GitLab does not say whether a list goes on"))?;
    all.nodes.get_or_insert_default().extend(page.nodes.unwrap_or_default());
    Ok(info.end_cursor.filter(|_| info.has_next_page))
}

/// What a list holds, if all of it was given.
pub(super) fn nodes<'a, T>(list: Option<&'a query::Connection<T>>, name: &str) -> Result<Vec<&'a T>, QueryFailure> {
    let given = list.and_then(|list| list.nodes.as_ref()?.iter().map(Option::as_ref).collect::<Option<Vec<_>>>());
    given.ok_or_else(|| incomplete(format!("GitLab left out {name}")))
}

fn head_of(merge_request: &wire::MergeRequest) -> Result<CommitSha, QueryFailure> {
    let named = merge_request.diff_refs.as_ref().and_then(|refs| refs.head_sha.as_deref());
    let head = merge_request.sha.as_deref().or(named);
    let head = head.ok_or_else(|| incomplete("GitLab does not name the head; its branch may be gone"))?;
    sha(head)
}

/// `group/project!7` without the number.
fn full_path(merge_request: &wire::MergeRequest) -> Option<String> {
    let full = merge_request.references.as_ref()?.full.as_deref()?;
    full.rsplit_once('!').map(|(path, _)| path.to_owned()).filter(|path| path.contains('/'))
}

fn merge(merge_request: &wire::MergeRequest, host: &Host) -> Option<Merge> {
    let by = merge_request.merge_user.as_ref().map(|user| Actor {
        account: AccountId::new(host.clone(), user.id),
        login: Login::from(user.username.as_str()),
        kind: ActorKind::User,
    });
    let commit = merge_request.merge_commit_sha.as_deref().or(merge_request.squash_commit_sha.as_deref());
    Some(Merge { at: merge_request.merged_at?, by, commit: commit.and_then(|sha| sha.parse().ok()) })
}

/// A commit's name, or why the read is not whole.
pub(super) fn sha(name: &str) -> Result<CommitSha, QueryFailure> {
    name.parse().map_err(|_| incomplete("GitLab named a commit in a form that is not understood"))
}

pub(super) fn incomplete(why: impl Into<String>) -> QueryFailure {
    QueryFailure::Incomplete(why.into())
}

/// An account as GitLab shows it; `None` for the one that stands for all who were deleted. Only an active account that
/// GitLab does not call a robot's is a person's.
pub(super) fn actor(host: &Host, user: &query::User) -> Option<Actor> {
    let kind = match user.kind.as_deref() {
        Some("GHOST") => return None,
        Some("PLACEHOLDER" | "IMPORT_USER") => ActorKind::Mannequin,
        Some("HUMAN") | None if user.bot == Some(false) => ActorKind::User,
        _ => ActorKind::Bot,
    };
    let is_active = user.state.as_deref() == Some("active");
    Some(Actor {
        account: AccountId::new(host.clone(), query::number(&user.id)?),
        login: Login::from(user.username.as_str()),
        kind: if kind == ActorKind::User && !is_active { ActorKind::Other } else { kind },
    })
}

/// A repository's key.
pub(super) fn repo_id(host: &Host, id: i64) -> RepoId {
    RepoId::new(host.clone(), id)
}

/// Whole seconds: GitLab's two interfaces do not tell times alike.
pub(super) fn in_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
