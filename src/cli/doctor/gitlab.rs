//! One GitLab: what is asked of it, and in which order its findings stand.

mod account;
mod hooks;
mod project;

use std::sync::Arc;

use secrecy::SecretString;

use super::finding::Finding;
use super::host::{Examination, Looked, MOST_REPOSITORIES};
use super::{configuration, directory, groups};
use crate::cli::progress::Progress;
use crate::config::{GitLabHost, OrganisationPolicy};
use crate::forge::Error;
use crate::forge::gitlab::GitLab;
use crate::forge::gitlab::instance::{Account, Instance, SIGNING};
use crate::forge::gitlab::setup::{Hook, Place, PlaceKind};
use crate::gate::ids::{Host, Login};
use crate::gate::membership::GroupName;
use crate::gate::policy::ORGANISATION_POLICY;

/// What does not differ from project to project.
struct Here<'a> {
    examination: &'a Examination,
    forge: &'a GitLab,
    instance: Instance,
    bot: Account,
    webhook_url: String,
}

/// Whether the secrets that are sent along can be guessed. Signing tokens cannot: their length is looked at when they are read.
pub(super) fn secrets(host: &Host, tokens: &[SecretString]) -> Vec<Finding> {
    let reword = |finding: Finding| {
        match finding.remedy {
        Some(_) => finding.remedy(
            "use a signing token (webhook_signing_tokens) where GitLab is 19.0 or later; otherwise make a secret with `openssl \
             rand -hex 32`, set it on the webhooks, and remove the old one",
        ),
        None => finding,
    }
    };
    configuration::secrets(host, tokens).into_iter().map(reword).collect()
}

/// Looks at one GitLab.
pub(super) async fn look(
    examination: &Arc<Examination>,
    configured: &GitLabHost,
    forge: &GitLab,
    progress: &Progress,
) -> Looked {
    let host = forge.host();
    let read = async { Ok((forge.instance().await?, forge.account().await?)) }.await;
    let mut looked = Looked { findings: vec![account::reached(host, &read)], repositories: Vec::new() };
    if forge.clock_ahead().is_some() || read.is_ok() {
        looked.findings.push(account::clock(host, forge.clock_ahead()));
    }
    let Ok((instance, bot)) = read else { return looked };
    looked.findings.push(account::version(host, &instance));
    looked.findings.extend(account::account(host, &bot));
    looked.findings.extend(account::token(host, &forge.token().await, examination.clock.now()));
    let webhook_url = format!("{}/webhooks/gitlab", examination.public_url);
    let here = Here { examination, forge, instance, bot, webhook_url };
    here.look_at_logins(&mut looked.findings).await;
    here.look_at_groups(&mut looked.findings).await;
    let mut covered = Vec::new();
    let mut projects = Vec::new();
    for owner in &configured.owners {
        progress.say(format!("looking at {owner}"));
        here.look_at_owner(owner, configured, &mut covered, &mut projects, &mut looked.findings).await;
    }
    here.look_at_projects(&covered, projects, progress, &mut looked).await;
    looked
}

impl Here<'_> {
    async fn look_at_logins(&self, findings: &mut Vec<Finding>) {
        let Some(known) = &self.examination.directory else { return };
        let host = self.forge.host();
        let open = known.unpinned(&self.examination.pins).into_iter().filter(|(of, _)| of == host);
        let open: Vec<Login> = open.map(|(_, login)| login).collect();
        if open.is_empty() {
            return;
        }
        match self.forge.resolve_logins(&open).await {
            Ok(found) => {
                let is_unknown = |login: &&Login| !found.contains_key(&login.as_str().to_ascii_lowercase());
                let unknown: Vec<Login> = open.iter().filter(is_unknown).cloned().collect();
                findings.extend(directory::logins(host, &open, &unknown));
            }
            Err(error) => {
                let what = "which logins of the directory exist";
                findings.push(Finding::unchecked_there("directory-login", "directory", what, &error));
            }
        }
    }

    /// Whether the groups that the directory takes members from are still those that it names.
    async fn look_at_groups(&self, findings: &mut Vec<Finding>) {
        let Some(directory) = &self.examination.directory else { return };
        for source in directory.sources_at(self.forge.host()) {
            let GroupName::Path(path) = &source.group else {
                findings.extend(groups::readable(&source, &self.forge.group(&source.group).await));
                continue;
            };
            let pinned = self.examination.store.pinned_group(&source.host, path).await.ok().flatten();
            let named = pinned.map_or_else(|| source.group.clone(), GroupName::Number);
            let found = self.forge.group(&named).await;
            let is_gone = matches!(found, Err(Error::NotFound { .. }));
            let other = if is_gone && pinned.is_some() { self.forge.group(&source.group).await.ok() } else { None };
            match (other, &found) {
                (Some(other), _) => findings.push(groups::replaced(&source, other.id)),
                (None, Ok(place)) if !place.path.eq_ignore_ascii_case(path) => {
                    findings.push(groups::renamed(&source, place));
                }
                (None, found) => findings.extend(groups::readable(&source, found)),
            }
        }
    }

    /// The webhook of an owner, its policy, and its projects. `covered` gets the paths of groups that tell us of all below.
    async fn look_at_owner(
        &self,
        owner: &str,
        configured: &GitLabHost,
        covered: &mut Vec<Covered>,
        projects: &mut Vec<Place>,
        findings: &mut Vec<Finding>,
    ) {
        let group = match self.forge.group_at(owner).await {
            Ok(group) => Some(group),
            Err(Error::NotFound { .. }) => None,
            Err(error) => {
                return findings.push(Finding::unchecked_there("owner", owner, "everything", &error));
            }
        };
        let found = match &group {
            Some(group) => self.forge.projects_of(group).await,
            None => self.forge.projects_of_owner(owner).await,
        };
        match found {
            Ok(found) => projects.extend(found),
            Err(Error::NotFound { .. }) => {
                return findings.push(
                    Finding::error("owner", owner, "it does not exist, or the bot account does not see it")
                        .why("nothing of it is judged")
                        .remedy("correct `owners`, or add the bot account to the group as Developer"),
                );
            }
            Err(error) => findings.push(Finding::unchecked_there("repositories", owner, "its projects", &error)),
        }
        let Some(group) = group else { return };
        findings.extend(self.organisation_policy(&group, &configured.policy_project).await);
        match self.forge.hooks(&group).await {
            Ok(Some(found)) => {
                let ours = hooks::ours(Some(&found), &self.webhook_url);
                if let Some(hook) = ours {
                    findings.extend(hooks::judge(&group, hook, self.signs()));
                    covered.push(Covered { path: group.path, is_seen: true });
                }
            }
            // Group hooks come with Premium; whether there is one, only an Owner sees.
            Ok(None) => covered.push(Covered { path: group.path, is_seen: false }),
            Err(error) => findings.push(Finding::unchecked_there("webhook", &group, "its webhooks", &error)),
        }
    }

    fn signs(&self) -> bool {
        self.instance.has(SIGNING)
    }

    async fn organisation_policy(&self, group: &Place, project: &str) -> Option<Finding> {
        let id = "policy-project";
        let home = format!("{}/{project}", group.path);
        let read = match self.forge.project_at(&home).await {
            Ok(_) => self.forge.has_file(&home, ORGANISATION_POLICY, None).await,
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        };
        match read {
            Ok(true) => Some(Finding::ok(id, group, format!("{home} holds its policy"))),
            Ok(false) if self.examination.organisation_policy == OrganisationPolicy::Required => Some(
                Finding::error(
                    id,
                    group,
                    format!("{home} with {ORGANISATION_POLICY} is not there, or not shown to the bot account"),
                )
                .why("policy.organisation is \"required\": every check there is an error")
                .remedy(format!("make the project {home} with {ORGANISATION_POLICY}, and have the bot account in it")),
            ),
            Ok(false) => {
                Some(Finding::info(id, group, format!("no policy of its own: {home} is not there, or not shown")))
            }
            Err(error) => Some(Finding::unchecked_there(id, group, &home, &error)),
        }
    }

    async fn look_at_projects(&self, covered: &[Covered], found: Vec<Place>, progress: &Progress, looked: &mut Looked) {
        let mut found = found;
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found.dedup_by_key(|place| place.id);
        let named = &self.examination.named;
        if !named.is_empty() {
            found.retain(|place| named.iter().any(|name| name.eq_ignore_ascii_case(&place.path)));
        }
        looked.repositories.extend(found.iter().map(|place| place.path.to_ascii_lowercase()));
        if named.is_empty() && found.len() > MOST_REPOSITORIES {
            let more = found.len() - MOST_REPOSITORIES;
            looked.findings.push(
                Finding::info("repositories", self.forge.host(), format!("{more} more projects were not looked at"))
                    .remedy("name those that matter: --repo GROUP/PROJECT"),
            );
            found.truncate(MOST_REPOSITORIES);
        }
        let all = found.len();
        for (number, place) in found.iter().enumerate() {
            progress.say(format!("looking at projects: {number} of {all}"));
            looked.findings.extend(self.look_at_project(place, covered).await);
        }
    }

    async fn look_at_project(&self, place: &Place, covered: &[Covered]) -> Vec<Finding> {
        let (setup, role, own_hooks) =
            tokio::join!(self.forge.project_setup(place), self.forge.role(place, self.bot.id), self.forge.hooks(place));
        let (setup, role) = match (setup, role) {
            (Ok(setup), Ok(role)) => (setup, role),
            (Err(error), _) | (_, Err(error)) => {
                return vec![Finding::unchecked_there("repository", place, "everything", &error)];
            }
        };
        let branch = match setup.default_branch() {
            Some(name) => self.forge.branch_access(place, name).await.ok().flatten(),
            None => None,
        };
        let is_named = self.examination.named.iter().any(|name| name.eq_ignore_ascii_case(&place.path));
        let read = project::Read {
            place,
            setup: &setup,
            bot: (self.bot.id, &self.bot.username),
            bot_role: role,
            branch,
            webhook_url: &self.webhook_url,
            is_named,
        };
        let mut found = project::judge(&read);
        found.extend(self.webhooks(place, own_hooks, covered));
        found
    }

    fn webhooks(&self, place: &Place, own: Result<Option<Vec<Hook>>, Error>, covered: &[Covered]) -> Vec<Finding> {
        let own = match own {
            Ok(own) => own,
            Err(error) => return vec![Finding::unchecked_there("webhook", place, "its webhooks", &error)],
        };
        if let Some(hook) = hooks::ours(own.as_deref(), &self.webhook_url) {
            return hooks::judge(place, hook, self.signs());
        }
        let above =
            covered.iter().find(|group| place.path.strip_prefix(&group.path).is_some_and(|rest| rest.starts_with('/')));
        match (own, above) {
            (_, Some(Covered { is_seen: true, .. })) => Vec::new(),
            (None, _) => vec![hooks::unseen(place)],
            // A webhook of the group may tell us, and is not shown.
            (Some(_), Some(_)) if self.instance.is_enterprise => {
                let group = Place { kind: PlaceKind::Group, ..place.clone() };
                let mut finding = hooks::unseen(&group);
                finding.about.clone_from(&place.path);
                vec![finding]
            }
            (Some(_), _) => vec![hooks::missing(place, &self.webhook_url)],
        }
    }
}

/// A group whose webhook tells us of all projects below, or might.
struct Covered {
    path: String,
    is_seen: bool,
}
