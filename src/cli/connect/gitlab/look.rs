//! What is set up already, and what the accounts may do.

use anyhow::{Context as _, bail};

use super::Asked;
use crate::cli::progress::Progress;
use crate::forge::Error;
use crate::forge::gitlab::GitLab;
use crate::forge::gitlab::instance::{Account, Instance, Token};
use crate::forge::gitlab::setup::{Hook, Place, ProjectSetup};

/// Roles: <https://docs.gitlab.com/user/permissions/>
pub(super) const DEVELOPER: i64 = 30;
pub(super) const MAINTAINER: i64 = 40;
pub(super) const OWNER: i64 = 50;

/// All that was read.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) instance: Instance,
    /// Whose token this is.
    pub(super) account: Account,
    pub(super) token: Option<Token>,
    /// The account that the server works with.
    pub(super) bot: Account,
    pub(super) groups: Vec<SeenGroup>,
    pub(super) projects: Vec<SeenProject>,
    /// Whether the file of the verdict job is there.
    pub(super) has_job_file: bool,
}

#[derive(Debug)]
pub(super) struct SeenGroup {
    pub(super) place: Place,
    /// The role of whose token this is.
    pub(super) role: i64,
    pub(super) hooks: Option<Vec<Hook>>,
    /// Whether people named it. Others are looked at because a project is below them, and left as they are.
    pub(super) is_asked: bool,
}

#[derive(Debug)]
pub(super) struct SeenProject {
    pub(super) place: Place,
    pub(super) role: i64,
    pub(super) bot_role: i64,
    pub(super) hooks: Option<Vec<Hook>>,
    pub(super) setup: ProjectSetup,
}

/// Reads all of it; changes nothing.
pub(super) async fn look(forge: &GitLab, asked: &Asked, progress: &Progress) -> anyhow::Result<Seen> {
    let instance = forge.instance().await?;
    let account = forge.account().await?;
    let token = forge.token().await?;
    if token.as_ref().is_some_and(|token| !token.scopes.iter().any(|scope| scope == "api")) {
        bail!("the token of @{} lacks the scope `api`, with which settings are read and changed", account.username);
    }
    let bot = match &asked.bot {
        Some(name) => forge.account_named(name.trim_start_matches('@')).await.context("--bot")?,
        None => account.clone(),
    };
    let caller = &account;
    let mut groups = Vec::new();
    let mut places = Vec::new();
    for path in &asked.groups {
        progress.say(format!("looking at group {path}"));
        let place = match forge.group_at(path).await {
            // A person is an owner like any other, and no group.
            Err(Error::NotFound { .. }) => {
                places.extend(forge.projects_of_owner(path).await.context("--group")?);
                continue;
            }
            place => place.context("--group")?,
        };
        places.extend(forge.projects_of(&place).await?);
        groups.push(look_at_group(forge, place, caller, true).await?);
    }
    for path in &asked.projects {
        let place = forge.project_at(path).await.context("--project")?;
        let top = path.split('/').next().unwrap_or_default();
        if !groups.iter().any(|group: &SeenGroup| group.place.path.eq_ignore_ascii_case(top)) {
            // A person's project has no group above it.
            if let Ok(above) = forge.group_at(top).await {
                groups.push(look_at_group(forge, above, caller, false).await?);
            }
        }
        places.push(place);
    }
    places.sort_by(|a, b| a.path.cmp(&b.path));
    places.dedup_by_key(|place| place.id);
    let mut projects = Vec::new();
    for place in places {
        progress.say(format!("looking at {place}"));
        projects.push(SeenProject {
            role: role(forge, &place, caller).await?,
            bot_role: forge.role(&place, bot.id).await?,
            hooks: forge.hooks(&place).await?,
            setup: forge.project_setup(&place).await?,
            place,
        });
    }
    let has_job_file = match &asked.verdict_job {
        Some(job) => forge.has_file(&job.project, &job.file, job.reference.as_deref()).await?,
        None => false,
    };
    Ok(Seen { instance, account, token, bot, groups, projects, has_job_file })
}

async fn look_at_group(forge: &GitLab, place: Place, caller: &Account, is_asked: bool) -> anyhow::Result<SeenGroup> {
    let role = role(forge, &place, caller).await?;
    let hooks = forge.hooks(&place).await?;
    Ok(SeenGroup { place, role, hooks, is_asked })
}

async fn role(forge: &GitLab, place: &Place, account: &Account) -> anyhow::Result<i64> {
    Ok(if account.is_admin { OWNER } else { forge.role(place, account.id).await? })
}
