//! The commits between two others: of a head that was pushed away and is still in the repository.

use std::collections::BTreeMap;

use super::client::{Call, GitLab, path};
use super::query::QueryFailure;
use super::read::one_commit;
use super::wire;
use crate::forge::Error;
use crate::gate::change::Commit;
use crate::gate::ids::CommitSha;
use crate::gate::witnessed::SeenRepository;

impl GitLab {
    /// The commits that a head has and a base has not, oldest first: one call. `None` when GitLab does not have the head any
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
        let accounts = BTreeMap::new();
        let commits: Result<Vec<Commit>, _> =
            compared.commits.iter().map(|commit| one_commit(commit, &accounts)).collect();
        commits.map(Some).map_err(|failure| match failure {
            QueryFailure::Call(error) => error,
            QueryFailure::Incomplete(why) => Error::Transient { what, why, is_heavy: false },
            QueryFailure::NoTypes => Error::broken(what, "GitLab does not tell people from robots"),
        })
    }
}
