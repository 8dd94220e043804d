//! The commits between two others: of a head that was pushed away and is still in the repository, of a merge group.

use super::Error;
use super::client::{Call, GitHub, path};
use super::read::split_name;
use super::wire::Actor;
use super::wire::rest::{Compared, ComparedCommit, Stamp};
use crate::gate::change::{Commit, GitIdentity};
use crate::gate::detect::is_forge_identity;
use crate::gate::ids::CommitSha;
use crate::gate::witnessed::SeenRepository;

/// How many commits to ask for at once.
const PER_PAGE: usize = 100;

impl GitHub {
    /// The commits that a head has and a base has not, oldest first: one call per hundred. `None` when GitHub does not
    /// have the head any more.
    pub async fn commits_between(
        &self,
        repo: &SeenRepository,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Option<Vec<Commit>>, Error> {
        let commits = self.signed_commits_between(repo, base, head).await?;
        // A signature says who made the commit, not on whose behalf.
        let unsigned = |commit| Commit { committed_via_web: false, ..commit };
        Ok(commits.map(|commits| commits.into_iter().map(unsigned).collect()))
    }

    /// As [`GitHub::commits_between`], and of each commit whether GitHub made it: committed in its name, with a signature
    /// that it found to be valid. Nobody else can sign for its address.
    pub(super) async fn signed_commits_between(
        &self,
        repo: &SeenRepository,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Option<Vec<Commit>>, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the commits of {} in {}", head.short(), repo.name);
        let range = format!("{base}...{head}");
        let mut commits: Vec<Commit> = Vec::new();
        for page in 1.. {
            let page = page.to_string();
            let parameters = [("per_page", "100"), ("page", page.as_str())];
            let call = Call::get(path(&["repos", owner, name, "compare", &range], &parameters), &what);
            let compared: Compared = match self.send(repo.installation, &call).await {
                Ok(answer) => answer.json(&what)?,
                Err(Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error),
            };
            let is_last = compared.commits.len() < PER_PAGE;
            for commit in compared.commits {
                commits.push(self.compared(commit, &what)?);
            }
            if is_last {
                if commits.len() != compared.total_commits {
                    let why = format!("GitHub gave {} of {} commits", commits.len(), compared.total_commits);
                    return Err(Error::Transient { what, why, is_heavy: false });
                }
                break;
            }
        }
        Ok(Some(commits))
    }

    fn compared(&self, commit: ComparedCommit, what: &str) -> Result<Commit, Error> {
        let sha = |sha: &str| sha.parse().map_err(|_| Error::broken(what, "GitHub named a commit in a strange form"));
        let identity = |stamp: Option<Stamp>, account: Option<Actor>| {
            let stamp = stamp.unwrap_or_default();
            GitIdentity {
                name: stamp.name.unwrap_or_default(),
                email: stamp.email.unwrap_or_default(),
                account: account.and_then(|account| account.of(self.host())),
                date: stamp.date.and_then(|date| date.parse().ok()),
            }
        };
        let committer = identity(commit.commit.committer, commit.committer);
        let is_verified = commit.commit.verification.is_some_and(|verification| verification.verified);
        Ok(Commit {
            sha: sha(&commit.sha)?,
            tree: Some(sha(&commit.commit.tree.sha)?),
            parents: commit.parents.iter().map(|parent| sha(&parent.sha)).collect::<Result<_, _>>()?,
            message: commit.commit.message,
            author: identity(commit.commit.author, commit.author),
            // Not told here. Whoever counts contributors reads the message as well.
            co_authors: Vec::new(),
            committed_via_web: is_verified && is_forge_identity(&committer, self.host().as_str()),
            committer,
            signed_by_forge: false,
            notes: Vec::new(),
        })
    }
}
