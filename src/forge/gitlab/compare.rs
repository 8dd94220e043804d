//! The commits between two others: of a head that was pushed away and is still in the repository.

use std::collections::BTreeMap;

use serde_json::Map;

use super::client::{Call, GitLab, path};
use super::query::{self, AUTHORS_AT_ONCE, AuthorsAnswer, QueryFailure, global_id};
use super::read::{actor, incomplete, one_commit};
use super::wire;
use crate::forge::Error;
use crate::gate::change::Commit;
use crate::gate::ids::CommitSha;
use crate::gate::witnessed::SeenRepository;

impl GitLab {
    /// The commits that a head has and a base has not, oldest first: one call, and another
    /// for every fifteen addresses of their authors. `None` when GitLab does not have the head any
    /// more.
    pub async fn commits_between(
        &self,
        repo: &SeenRepository,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Option<Vec<Commit>>, Error> {
        let what = format!("the commits of {} in {}", head.short(), repo.name);
        let project = repo.repo.id.to_string();
        let parameters = [("from", base.as_str()), ("to", head.as_str())];
        let path = path(&["projects", &project, "repository", "compare"], &parameters);
        let compared: wire::Compared = match self.send(&Call::get(path, &what)).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            answer => answer?.json(&what)?,
        };
        if compared.compare_timeout {
            let why = "GitLab did not compare them to the end".to_owned();
            return Err(Error::Transient { what, why, is_heavy: true });
        }
        self.with_authors(repo, &compared.commits, &what).await.map(Some).map_err(|failure| match failure {
            QueryFailure::Call(error) => error,
            QueryFailure::Incomplete(why) => Error::Transient { what, why, is_heavy: false },
            QueryFailure::NoTypes => Error::broken(what, "GitLab does not tell people from robots"),
        })
    }

    /// The commits with the accounts of their authors, which a comparison does not tell: of one commit for each address, GitLab
    /// is asked whose it is.
    async fn with_authors(
        &self,
        repo: &SeenRepository,
        commits: &[wire::Commit],
        what: &str,
    ) -> Result<Vec<Commit>, QueryFailure> {
        let address = |commit: &wire::Commit| commit.author_email.as_deref().map(str::to_ascii_lowercase);
        let by_address: BTreeMap<String, &str> =
            commits.iter().filter_map(|commit| Some((address(commit)?, commit.id.as_str()))).collect();
        let by_address: Vec<(String, &str)> = by_address.into_iter().collect();
        let mut accounts = BTreeMap::new();
        for some in by_address.chunks(AUTHORS_AT_ONCE) {
            let mut variables = Map::new();
            variables.insert("project".to_owned(), global_id("Project", repo.repo.id).into());
            for (i, (_, sha)) in some.iter().enumerate() {
                variables.insert(format!("c{i}"), (*sha).into());
            }
            let answer: AuthorsAnswer =
                self.query_with_types(what, &variables, |has_types| query::authors(some.len(), has_types)).await?;
            let mut authors = answer.authors().ok_or_else(|| incomplete("GitLab left out the project"))?;
            for (i, (address, sha)) in some.iter().enumerate() {
                let commit = authors.remove(&format!("c{i}")).flatten().and_then(|tree| tree.last_commit);
                let commit = commit.filter(|commit| commit.sha == *sha);
                let commit = commit.ok_or_else(|| incomplete(format!("GitLab does not show the commit {sha}")))?;
                if let Some(by) = commit.author.as_ref().and_then(|author| actor(self.host(), author)) {
                    accounts.insert(address.clone(), by);
                }
            }
        }
        commits.iter().map(|commit| one_commit(commit, &accounts)).collect()
    }
}
