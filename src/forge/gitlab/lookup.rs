//! Looking things up: ourselves, owners, people by their names, who may push.

use std::collections::BTreeMap;

use http::StatusCode;

use super::client::{Call, GitLab, judge, path};
use super::read::repo_id;
use super::wire;
use crate::forge::Error;
use crate::gate::change::{Actor, ActorKind};
use crate::gate::ids::{AccountId, CommitSha, Login, OwnerId, RepoId};
use crate::gate::witnessed::SeenRepository;

/// Who may push: <https://docs.gitlab.com/api/members/#roles>
const DEVELOPER: i64 = 30;

#[derive(serde::Deserialize)]
struct Member {
    access_level: i64,
}

impl GitLab {
    /// Our own account's number.
    pub(super) async fn bot(&self) -> Result<i64, Error> {
        if let Some(bot) = self.bot_if_known() {
            return Ok(bot);
        }
        let what = "the bot account";
        let user: wire::User = self.send(&Call::get(path(&["user"], &[]), what)).await?.json(what)?;
        self.is_bot(user.id);
        Ok(user.id)
    }

    pub(super) fn bot_if_known(&self) -> Option<i64> {
        self.shared.config.bot.get().map(|bot| bot.id)
    }

    /// Notes who we are. A token belongs to one account for as long as it lives.
    pub(super) fn is_bot(&self, id: i64) {
        let _ = self.shared.config.bot.set(AccountId::new(self.host().clone(), id));
    }

    /// The key of the top-level group, or of the person, whose namespace a path begins with.
    pub(super) async fn owner_of(&self, full_path: &str) -> Result<OwnerId, Error> {
        let root = full_path.split('/').next().unwrap_or_default().to_owned();
        if let Some(owner) = self.shared.owners.get(&root).await {
            return Ok(owner);
        }
        let what = format!("namespace {root}");
        let call = Call::get(path(&["namespaces", &root], &[]), &what);
        let namespace: wire::Namespace = self.send(&call).await?.json(&what)?;
        if !namespace.full_path.eq_ignore_ascii_case(&root) {
            return Err(Error::NotFound { what });
        }
        let owner = OwnerId::new(self.host().clone(), namespace.id);
        self.shared.owners.insert(root, owner.clone()).await;
        Ok(owner)
    }

    /// A project as it is now.
    pub async fn project(&self, repo: &RepoId) -> Result<SeenRepository, Error> {
        self.project_behind(&repo.id.to_string(), format!("project {repo}")).await
    }

    /// The project that has this path now.
    pub async fn project_named(&self, full_path: &str) -> Result<SeenRepository, Error> {
        self.project_behind(full_path, format!("project {full_path}")).await
    }

    async fn project_behind(&self, place: &str, what: String) -> Result<SeenRepository, Error> {
        let call = Call::get(path(&["projects", place], &[]), &what);
        let project: wire::Project = self.send(&call).await?.json(&what)?;
        let owner = self.owner_of(&project.path_with_namespace).await?;
        Ok(self.seen(project, owner))
    }

    pub(super) fn seen(&self, project: wire::Project, owner: OwnerId) -> SeenRepository {
        SeenRepository {
            repo: repo_id(self.host(), project.id),
            installation: owner.id,
            owner,
            name: project.path_with_namespace,
            default_branch: project.default_branch,
            is_public: project.visibility.map(|visibility| visibility == "public"),
        }
    }

    /// The numbers of users, by name in lower case. Names that nobody has are left out. One call for each.
    pub async fn resolve_logins(&self, logins: &[Login]) -> Result<BTreeMap<String, i64>, Error> {
        let mut numbers = BTreeMap::new();
        for login in logins {
            let what = format!("the account {login}");
            let call = Call::get(path(&["users"], &[("username", login.as_str())]), &what);
            let users: Vec<wire::User> = self.send(&call).await?.json(&what)?;
            let found = users.iter().find(|user| user.username.eq_ignore_ascii_case(login.as_str()));
            if let Some(user) = found {
                numbers.insert(login.as_str().to_ascii_lowercase(), user.id);
            }
        }
        Ok(numbers)
    }

    /// Whether somebody may push to the project, as a member of it or of a group above it.
    pub(super) async fn may_push(&self, repo: &SeenRepository, account: i64) -> Result<bool, Error> {
        let key = (repo.repo.clone(), account);
        if let Some(known) = self.shared.access.get(&key).await {
            return Ok(known);
        }
        let what = format!("the members of {}", repo.name);
        let (project, member) = (repo.repo.id.to_string(), account.to_string());
        let call = Call::get(path(&["projects", &project, "members", "all", &member], &[]), &what);
        let answer = self.send_openly(&call).await?;
        let may = match answer.status {
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => false,
            _ => judge(&call, answer)?.json::<Member>(&what)?.access_level >= DEVELOPER,
        };
        self.shared.access.insert(key, may).await;
        Ok(may)
    }

    /// The last hundred pushes to a branch of the project itself, the newest first: to which commit, and by whom.
    pub(super) async fn moves_of(&self, repo: &SeenRepository, branch: &str) -> Result<Vec<(CommitSha, Actor)>, Error> {
        let what = format!("the pushes to {branch} of {}", repo.name);
        let project = repo.repo.id.to_string();
        let parameters = [("action", "pushed"), ("per_page", "100")];
        let call = Call::get(path(&["projects", &project, "events"], &parameters), &what);
        let events: Vec<wire::ProjectEvent> = self.send(&call).await?.json(&what)?;
        let moves = events.into_iter().filter_map(|event| {
            let data = event.push_data.filter(|data| data.reference.as_deref() == Some(branch))?;
            let by = event.author?;
            let actor = Actor {
                account: AccountId::new(self.host().clone(), by.id),
                login: Login::from(by.username.as_str()),
                kind: ActorKind::User,
            };
            Some((data.commit_to?.parse().ok()?, actor))
        });
        Ok(moves.collect())
    }

    /// The pushes that made the heads of a change, the newest first: to which commit, and by whom. What the server noted on
    /// the merge request, and the pushes that it has on record.
    pub async fn moves(&self, repo: &SeenRepository, branch: &str) -> Result<Vec<(CommitSha, Actor)>, Error> {
        self.moves_of(repo, branch).await
    }
}
