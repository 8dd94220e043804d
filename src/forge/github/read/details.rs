//! What the query for a change cannot give: old names of renamed files, pushers that only the activity log knows, and
//! the authors and parents of commits that have very many.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::pages::{Pages, split_name};
use super::{incomplete, sha};
use crate::forge::ReadOptions;
use crate::forge::github::Error;
use crate::forge::github::client::{Call, GitHub, path};
use crate::forge::github::query::{AUTHORS, QueryFailure};
use crate::forge::github::records::{Records, Wanted};
use crate::forge::github::wire::change::{AuthorsAnswer, Commit, Connection, File, GitActor, Oid, PageInfo};
use crate::forge::github::wire::rest;
use crate::gate::change::Actor;
use crate::gate::detect::agent_trace::is_trace_file;
use crate::gate::ids::CommitSha;
use crate::gate::witnessed::SeenRepository;

const FILES_PER_PAGE: usize = 100;

/// What was found out beside the pages.
#[derive(Default)]
pub(super) struct Details {
    /// New path to old path, of renamed and copied files.
    pub previous_paths: BTreeMap<String, String>,
    /// Who made the head the head.
    pub head_pushers: Vec<Actor>,
    /// Who wrote what, by records beside the code.
    pub records: Records,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthorsVariables<'a> {
    owner: &'a str,
    name: &'a str,
    expression: &'a str,
    authors_after: Option<String>,
    parents_after: Option<String>,
}

/// Whether GitHub calls the file's change a renaming or copying.
pub(super) fn has_previous_path(file: &File) -> bool {
    matches!(file.change_type.as_str(), "RENAMED" | "COPIED")
}

impl GitHub {
    pub(super) async fn details(
        &self,
        pages: &mut Pages,
        repo: &SeenRepository,
        number: i64,
        options: &ReadOptions,
    ) -> Result<Details, QueryFailure> {
        for commit in &mut pages.commits.items {
            let has_more = |page_info: &Option<PageInfo>| page_info.as_ref().is_none_or(|page| page.has_next_page);
            if has_more(&commit.authors.page_info) || has_more(&commit.parents.page_info) {
                self.complete_commit(repo, commit).await?;
            }
        }
        let mut details = Details { records: self.records_of(pages, repo, options).await?, ..Details::default() };
        let files = &pages.files;
        if options.previous_paths && files.is_whole() && files.items.iter().any(has_previous_path) {
            details.previous_paths = self.previous_paths(pages, repo, number).await?;
        }
        let pushes = pages.suites.iter().filter_map(|suite| suite.push.as_ref());
        let pushes = pushes.filter(|push| push.next_sha.as_deref() == Some(pages.head.as_str()));
        details.head_pushers = pushes.filter_map(|push| push.pusher.as_ref()?.of(self.host())).collect();
        details.head_pushers.dedup();
        let head_repository = pages.facts.head_repository.as_ref().and_then(|head| head.database_id);
        let is_own_branch = head_repository == Some(pages.repository_id);
        if options.seek_pushers && details.head_pushers.is_empty() && is_own_branch {
            details.head_pushers = self.activity(pages, repo).await?;
        }
        Ok(details)
    }

    /// Who wrote what, where there are records of it: no call without.
    async fn records_of(
        &self,
        pages: &Pages,
        repo: &SeenRepository,
        options: &ReadOptions,
    ) -> Result<Records, QueryFailure> {
        let files: Vec<&File> = pages.files.items.iter().collect();
        let is_record = |file: &&&File| file.change_type != "DELETED" && is_trace_file(&file.path);
        let traces: Vec<&str> = files.iter().filter(is_record).map(|file| file.path.as_str()).collect();
        if pages.notes.is_none() && traces.is_empty() {
            return Ok(Records::default());
        }
        let commits = pages.commits.items.iter().map(|commit| sha(&commit.oid)).collect::<Result<Vec<_>, _>>()?;
        let touched: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let wanted = Wanted {
            notes: pages.notes.as_ref(),
            commits: &commits,
            files: traces,
            touched: pages.files.is_whole().then_some(touched),
            head: &pages.head,
            base: &sha(pages.facts.base_tip())?,
            gives_up: options.gives_up_on_records,
        };
        self.records(repo, wanted).await
    }

    /// The base of the stack that the change is part of now, if it is part of one.
    pub(super) async fn stack_base(&self, repo: &SeenRepository, number: i64) -> Result<Option<String>, QueryFailure> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the stack of {}#{number}", repo.name);
        let call = Call::get(path(&["repos", owner, name, "pulls", &number.to_string()], &[]), &what);
        let pull_request: rest::PullRequest = self.send(repo.installation, &call).await?.json(&what)?;
        Ok(pull_request.stack.map(|stack| stack.base.branch))
    }

    /// Old names of renamed files: GraphQL does not tell them.
    async fn previous_paths(
        &self,
        pages: &Pages,
        repo: &SeenRepository,
        number: i64,
    ) -> Result<BTreeMap<String, String>, QueryFailure> {
        let (owner, name) = split_name(&repo.name)?;
        let number = number.to_string();
        let mut wanted: Vec<&str> =
            pages.files.items.iter().filter(|file| has_previous_path(file)).map(|file| file.path.as_str()).collect();
        let mut found = BTreeMap::new();
        let page_count = pages.files.items.len().div_ceil(FILES_PER_PAGE);
        for page in 1..=page_count {
            let what = format!("the renamed files of {}#{number}", repo.name);
            let page = page.to_string();
            let call = Call::get(
                path(&["repos", owner, name, "pulls", &number, "files"], &[("per_page", "100"), ("page", &page)]),
                &what,
            );
            let files: Vec<rest::File> = self.send(repo.installation, &call).await?.json(&what)?;
            for file in files {
                let is_current = file.contents_url.as_deref().is_none_or(|url| url.ends_with(pages.head.as_str()));
                if !is_current {
                    return Err(incomplete("the change moved while it was read"));
                }
                if let Some(previous) = file.previous_filename {
                    wanted.retain(|path| *path != file.filename);
                    found.insert(file.filename, previous);
                }
            }
            if wanted.is_empty() {
                return Ok(found);
            }
        }
        Err(incomplete(format!("GitHub does not tell the old names of {} renamed files", wanted.len())))
    }

    /// Who moved the head branch to the head, by the repository's activity log.
    async fn activity(&self, pages: &Pages, repo: &SeenRepository) -> Result<Vec<Actor>, QueryFailure> {
        let moves = self.moves(repo, &pages.facts.head_ref_name).await?;
        let mut pushers: Vec<Actor> =
            moves.into_iter().filter(|(to, _)| *to == pages.head).map(|(_, actor)| actor).collect();
        pushers.dedup();
        Ok(pushers)
    }

    /// The last hundred moves of a branch of the repository itself, the newest first: to which commit, and by whom.
    pub async fn moves(&self, repo: &SeenRepository, branch: &str) -> Result<Vec<(CommitSha, Actor)>, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let reference = format!("refs/heads/{branch}");
        let what = format!("the activity on {branch} of {}", repo.name);
        let parameters = [("ref", reference.as_str()), ("per_page", "100")];
        let call = Call::get(path(&["repos", owner, name, "activity"], &parameters), &what);
        let log: Vec<rest::Activity> = self.send(repo.installation, &call).await?.json(&what)?;
        let moves = log.into_iter().filter_map(|activity| {
            let actor = activity.actor?.of(self.host())?;
            Some((activity.after.parse().ok()?, actor))
        });
        Ok(moves.collect())
    }

    /// Reads all authors and parents of a commit that has more than fit beside the others.
    async fn complete_commit(&self, repo: &SeenRepository, commit: &mut Commit) -> Result<(), QueryFailure> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the authors of commit {} in {}", commit.oid, repo.name);
        let mut authors: Vec<GitActor> = Vec::new();
        let mut parents: Vec<Oid> = Vec::new();
        let (mut authors_after, mut parents_after) = (None, None);
        let (mut has_authors, mut has_parents) = (true, true);
        while has_authors || has_parents {
            let variables = AuthorsVariables {
                owner,
                name,
                expression: &commit.oid,
                authors_after: authors_after.clone(),
                parents_after: parents_after.clone(),
            };
            let (answer, _): (AuthorsAnswer, _) =
                self.query(repo.installation, &what, AUTHORS, &variables, |_| false).await?;
            let object = answer.repository.and_then(|repository| repository.object);
            let object = object.ok_or_else(|| incomplete(format!("GitHub left out {what}")))?;
            if has_authors {
                has_authors = take_page(object.authors, &mut authors, &mut authors_after, &what)?;
            }
            if has_parents {
                has_parents = take_page(object.parents, &mut parents, &mut parents_after, &what)?;
            }
        }
        commit.authors.nodes = Some(authors.into_iter().map(Some).collect());
        commit.parents.nodes = Some(parents.into_iter().map(Some).collect());
        Ok(())
    }
}

/// Takes a page, and says whether there is another.
fn take_page<T>(
    page: Option<Connection<T>>,
    items: &mut Vec<T>,
    after: &mut Option<String>,
    what: &str,
) -> Result<bool, QueryFailure> {
    let missing = || incomplete(format!("GitHub left out {what}"));
    let Connection { page_info, nodes, .. } = page.ok_or_else(missing)?;
    let page_info = page_info.ok_or_else(missing)?;
    let nodes = nodes.and_then(|nodes| nodes.into_iter().collect::<Option<Vec<T>>>()).ok_or_else(missing)?;
    if page_info.has_next_page && (nodes.is_empty() || page_info.end_cursor.is_none() || page_info.end_cursor == *after)
    {
        return Err(missing());
    }
    items.extend(nodes);
    *after = page_info.end_cursor;
    Ok(page_info.has_next_page)
}
