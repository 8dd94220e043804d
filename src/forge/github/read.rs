//! Reading a change: one call for an ordinary one, further pages only where they are needed, and never half a read.

mod assemble;
mod comments;
mod details;
mod pages;
mod policy;

pub(super) use pages::split_name;

use super::client::GitHub;
use super::query::QueryFailure;
use super::wire::change::{CheckRun, Facts, RateLimit};
use super::wire::conclusion;
use crate::forge::{Error, Rate, ReadOptions, Reading};
use crate::gate::change::{Merge, Read};
use crate::gate::ids::{CommitSha, Host};
use crate::gate::plan::Published;
use crate::gate::witnessed::SeenRepository;
use pages::Pages;

impl GitHub {
    /// Reads a change, its check, and the policies that may govern it.
    ///
    /// An answer that GitHub marks as partial, or whose parts do not belong together, gives [`Read::Incomplete`];
    /// a call that failed gives an error.
    pub async fn read(&self, repo: &SeenRepository, number: i64, options: &ReadOptions) -> Result<Reading, Error> {
        let what = format!("change {}#{number}", repo.name);
        let mut repo = repo.clone();
        let mut is_renamed = false;
        loop {
            // On the heap: everybody who awaits a read would be as large otherwise.
            let first = match Box::pin(Pages::start(self, &repo, number, options, &what)).await {
                Ok(first) => first,
                Err(QueryFailure::Call(error)) => return Err(error),
                Err(QueryFailure::Incomplete(why)) => return Ok(Reading::incomplete(why)),
            };
            if first.repository_id != repo.repo.id {
                // The name was given to another repository; ours is elsewhere now.
                return Err(Error::NotFound { what: format!("repository {} as {}", repo.repo, repo.name) });
            }
            let name = first.name.clone();
            if !name.eq_ignore_ascii_case(&repo.name) && !is_renamed {
                // GitHub follows renames, but the organisation's policy was then sought at the former owner.
                repo.name = name;
                is_renamed = true;
                continue;
            }
            return Box::pin(self.read_on(first, &repo, number, options, &what)).await;
        }
    }

    /// Reads what the first call left open.
    async fn read_on(
        &self,
        mut pages: Pages,
        repo: &SeenRepository,
        number: i64,
        options: &ReadOptions,
        what: &str,
    ) -> Result<Reading, Error> {
        let mut reading = Reading {
            head: Some(pages.head.clone()),
            published: newest(&pages.runs, self.check_name()),
            preview: newest(&pages.runs, &format!("{}-preview", self.check_name())),
            merge: merge(&pages.facts, self.host()),
            closed_at: pages.facts.closed_at,
            is_public: pages.is_public,
            notes: pages.notes.clone(),
            ..Reading::incomplete(String::new())
        };
        let rest = async {
            if options.is_stacked {
                pages.stack_base = self.stack_base(repo, number).await?;
            }
            reading.policies = self.policies(&pages, repo).await?;
            pages.finish(self, repo, number, what).await?;
            reading.policies.proposed = self.proposed_policy(&pages, repo).await?;
            let details = self.details(&mut pages, repo, number, options).await?;
            reading.rate = pages.rate.as_ref().map(rate);
            reading.comments = std::mem::take(&mut pages.comments).by_name(self.host());
            assemble::change(self.host(), pages, details, number, options)
        };
        reading.read = match rest.await {
            Ok(change) => Read::Whole(Box::new(change)),
            Err(QueryFailure::Incomplete(why)) => Read::Incomplete { why },
            Err(QueryFailure::Call(error)) => return Err(error),
        };
        Ok(reading)
    }
}

/// Our newest check of this name: a newer one supersedes the older.
pub(super) fn newest(runs: &[CheckRun], name: &str) -> Option<Published> {
    let newest = runs.iter().filter(|run| run.name == name).filter_map(|run| Some((run.database_id?, run)));
    let (check_run_id, run) = newest.max_by_key(|(id, _)| *id)?;
    Some(Published {
        check_run_id,
        conclusion: conclusion(&run.status, run.conclusion.as_deref()),
        title: run.title.clone(),
        external_id: run.external_id.clone().filter(|id| !id.is_empty()),
    })
}

fn merge(facts: &Facts, host: &Host) -> Option<Merge> {
    let commit = facts.merge_commit.as_ref().and_then(|commit| commit.oid.parse().ok());
    Some(Merge { at: facts.merged_at?, by: facts.merged_by.as_ref().and_then(|by| by.of(host)), commit })
}

fn rate(rate: &RateLimit) -> Rate {
    Rate { cost: rate.cost, remaining: rate.remaining, resets_at: rate.reset_at }
}

/// A commit's name, or why the read is not whole.
fn sha(oid: &str) -> Result<CommitSha, QueryFailure> {
    oid.parse().map_err(|_| incomplete("GitHub named a commit in a form that is not understood"))
}

fn incomplete(why: impl Into<String>) -> QueryFailure {
    QueryFailure::Incomplete(why.into())
}
