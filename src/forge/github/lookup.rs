//! One repository by its name: which installation reaches it, what it is, and which commands stand on one of its changes.

use serde::Deserialize;

use super::Error;
use super::client::{Call, GitHub, path};
use super::read::split_name;
use super::wire::{is_public, rest};
use crate::forge::Installation;
use crate::gate::ids::{OwnerId, RepoId};
use crate::gate::witnessed::{SeenCommand, SeenRepository};

const PER_PAGE: usize = 100;

/// A repository and those of its settings that matter to a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositorySettings {
    /// Its key, its present name, and how it is reached.
    pub seen: SeenRepository,
    /// Nothing can be published in an archived one.
    pub is_archived: bool,
    /// Whether a change may merge by itself once its checks pass; `None` where GitHub does not tell the App.
    pub allows_auto_merge: Option<bool>,
    /// Whether *Update branch* is always offered; `None` where GitHub does not tell the App.
    pub allows_update_branch: Option<bool>,
}

#[derive(Deserialize)]
struct Settings {
    #[serde(flatten)]
    repository: rest::Repository,
    allow_auto_merge: Option<bool>,
    allow_update_branch: Option<bool>,
}

impl GitHub {
    /// The installation that reaches this repository (`owner/name`). `None` when there is no such repository, or the App
    /// is not installed on it: GitHub does not say which.
    pub async fn installation_on(&self, repository: &str) -> Result<Option<Installation>, Error> {
        let (owner, name) = split_name(repository)?;
        let what = format!("the App's installation on {repository}");
        let call = Call::get(path(&["repos", owner, name, "installation"], &[]), &what);
        match self.send_as_app(&call).await {
            Ok(answer) => Ok(self.installed(answer.json(&what)?)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A repository (`owner/name`) as this installation sees it.
    pub async fn repository(&self, installation: i64, repository: &str) -> Result<RepositorySettings, Error> {
        let (owner, name) = split_name(repository)?;
        let what = format!("repository {repository}");
        let call = Call::get(path(&["repos", owner, name], &[]), &what);
        let Settings { repository: found, allow_auto_merge, allow_update_branch } =
            self.send(installation, &call).await?.json(&what)?;
        let owner_id = found.owner.id.ok_or_else(|| Error::broken(&what, "GitHub left out the owner's number"))?;
        Ok(RepositorySettings {
            seen: SeenRepository {
                repo: RepoId::new(self.host().clone(), found.id),
                owner: OwnerId::new(self.host().clone(), owner_id),
                name: found.full_name,
                installation,
                default_branch: found.default_branch,
                is_public: is_public(found.private, found.visibility.as_deref()),
            },
            is_archived: found.archived,
            allows_auto_merge: allow_auto_merge,
            allows_update_branch: allow_update_branch,
        })
    }

    /// Commands in the comments of one change, oldest first, as [`GitHub::comments_since`] shows them: none of them is
    /// witnessed. One call per hundred comments.
    pub async fn commands_on(&self, repo: &SeenRepository, number: i64) -> Result<Vec<SeenCommand>, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the comments on {}#{number}", repo.name);
        let number = number.to_string();
        let mut commands = Vec::new();
        for page in 1.. {
            let page = page.to_string();
            let parameters = [("per_page", "100"), ("page", page.as_str())];
            let call = Call::get(path(&["repos", owner, name, "issues", &number, "comments"], &parameters), &what);
            let listed: Vec<rest::ListedComment> = self.send(repo.installation, &call).await?.json(&what)?;
            let is_last = listed.len() < PER_PAGE;
            commands.extend(listed.into_iter().filter_map(|comment| self.found_command(&repo.repo, comment)));
            if is_last {
                break;
            }
        }
        Ok(commands)
    }
}
