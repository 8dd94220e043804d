//! One host: what is asked of GitHub, in which order its findings stand, and how much of it at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::finding::Finding;
use super::{app, directory, installation, policy, repository, webhook};
use crate::cli::progress::Progress;
use crate::clock::Clock;
use crate::config::{GitHubHost, OrganisationPolicy};
use crate::directory::{Directory, Pins, Tenant};
use crate::engine::Floor;
use crate::forge::github::{App, Error, GitHub, Granted, Installation, RepositorySettings};
use crate::gate::ids::{Host, Login, OwnerId};
use crate::gate::people::{Roster, Tiers};
use crate::gate::policy::review::Known;
use crate::gate::policy::{ORGANISATION_POLICY, REPOSITORY_POLICY};
use crate::gate::witnessed::SeenRepository;
use crate::store::{Admission, Owners, Store};

/// Repositories of a host that are looked at when nobody names any.
pub(super) const MOST_REPOSITORIES: usize = 20;

/// Repositories looked at at the same time.
const AT_ONCE: usize = 4;

/// What does not differ from host to host.
#[derive(Debug)]
pub(super) struct Examination {
    pub(super) public_url: String,
    pub(super) check_name: String,
    pub(super) organisation_policy: OrganisationPolicy,
    pub(super) floor: Floor,
    pub(super) directory: Option<Directory>,
    pub(super) pins: Pins,
    pub(super) store: Store,
    pub(super) clock: Clock,
    /// Repositories that people asked about.
    pub(super) named: Vec<String>,
}

/// What was found on a host, and which of the named repositories are there.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) findings: Vec<Finding>,
    pub(super) repositories: Vec<String>,
}

/// Looks at one host.
pub(super) async fn look(
    examination: &Arc<Examination>,
    configured: &GitHubHost,
    forge: &GitHub,
    progress: &Progress,
) -> Looked {
    let host = forge.host();
    let app = forge.app().await;
    let mut looked = Looked { findings: vec![app::key(host, &app)], repositories: Vec::new() };
    if forge.clock_ahead().is_some() || app.is_ok() {
        looked.findings.push(app::clock(host, forge.clock_ahead()));
    }
    let Ok(app) = app else { return looked };
    looked.findings.extend(app::version(host, &app));
    looked.findings.extend(app::permissions(host, &app));
    looked.findings.extend(app::events(host, &app));
    let (hook, deliveries, granted) = tokio::join!(forge.hook(), forge.newest_deliveries(), forge.granted());
    looked.findings.extend(webhook::settings(host, &examination.public_url, &hook));
    let granted = match granted {
        Ok(granted) => granted,
        Err(error) => {
            let what = "the App's installations, and all repositories";
            looked.findings.push(webhook::deliveries(host, &deliveries, |_| true));
            looked.findings.push(Finding::unchecked("installation", host, what, &error, None));
            return looked;
        }
    };
    let installed: Vec<(i64, Login)> =
        granted.iter().map(|one| (one.installation.owner.id, one.installation.login.clone())).collect();
    looked.findings.extend(installation::missing(host, &configured.owners, &installed));
    let served = served(examination, configured, forge, &app, granted, &mut looked.findings).await;
    let is_served = |id: i64| served.iter().any(|one| one.installation.id == id);
    looked.findings.push(webhook::deliveries(host, &deliveries, is_served));
    let pins = look_at_logins(examination, forge, &served, &mut looked.findings).await;
    let mut crews = BTreeMap::new();
    for one in &served {
        let crew = Arc::new(Crew::of(examination, &pins, &one.installation));
        crews.insert(one.installation.owner.clone(), Arc::clone(&crew));
        look_at_owner(examination, forge, one, &crew, &mut looked.findings).await;
    }
    look_at_repositories(examination, forge, &app, (&served, &crews), progress, &mut looked).await;
    looked
}

/// The people of an owner, as far as the directory can be used.
#[derive(Debug, Default)]
struct Crew {
    tiers: Option<Tiers>,
    roster: Roster,
    groups: BTreeSet<String>,
}

impl Crew {
    fn of(examination: &Examination, pins: &Pins, installation: &Installation) -> Self {
        let Some(directory) = &examination.directory else { return Self::default() };
        let tenant = Tenant { owner: installation.owner.clone(), login: installation.login.clone() };
        Self {
            tiers: Some(directory.tiers().clone()),
            roster: directory.roster(&tenant, pins, directory.snapshot(0, pins)),
            groups: directory.groups().keys().cloned().collect(),
        }
    }

    /// Whom policies on this host would be applied to.
    fn known<'a>(&'a self, examination: &Examination, host: &'a Host) -> Option<(&'a Tiers, Known<'a>)> {
        let known = Known { roster: &self.roster, host, groups: &self.groups, now: examination.clock.now() };
        Some((self.tiers.as_ref()?, known))
    }
}

/// The installations that the server works with, and what is wrong with any.
async fn served(
    examination: &Examination,
    configured: &GitHubHost,
    forge: &GitHub,
    app: &App,
    granted: Vec<Granted>,
    findings: &mut Vec<Finding>,
) -> Vec<Granted> {
    let owners = Owners::new(&configured.owners);
    let mut served = Vec::new();
    for one in granted {
        let Granted { installation, .. } = &one;
        let admission = owners.would_admit(&installation.owner, &installation.login, &examination.store).await;
        // A store that cannot be read is a finding already.
        let admission = admission.unwrap_or(Admission::Served);
        findings.extend(installation::granted(forge.host(), app, &one, admission));
        if admission != Admission::Served || installation.is_suspended {
            continue;
        }
        served.push(one);
    }
    served
}

/// What an owner's own settings say.
async fn look_at_owner(
    examination: &Examination,
    forge: &GitHub,
    granted: &Granted,
    crew: &Crew,
    findings: &mut Vec<Finding>,
) {
    let Granted { installation, is_selective, is_organisation, .. } = granted;
    let login = &installation.login;
    match forge.budgets(installation.id).await {
        Ok(budgets) => {
            findings.extend(budgets.into_iter().map(|(name, budget)| installation::budget(login, &name, budget)));
        }
        Err(error) => {
            findings.push(Finding::unchecked("rate-limit", login, "what is left of its calls", &error, None));
        }
    }
    if let Some((tiers, known)) = crew.known(examination, forge.host()) {
        match directory::tenant(login, crew.roster.accounts.len()) {
            Some(nobody) => findings.push(nobody),
            None => findings.extend(policy::reach(login, &examination.floor, tiers, known)),
        }
        let text = match forge.repository(installation.id, &format!("{login}/.github")).await {
            Ok(home) => Some(forge.policy_file(&home.seen, ORGANISATION_POLICY).await),
            Err(Error::NotFound { .. } | Error::Forbidden { .. }) => None,
            Err(error) => Some(Err(error)),
        };
        let mode = examination.organisation_policy;
        findings.extend(policy::organisation(login, text.as_ref(), mode, *is_selective, (tiers, known)));
    }
    if *is_organisation {
        let takes = "the organisation permission *Administration*, read-only";
        let may_approve = forge.actions_may_approve_in(installation.id, login.as_str()).await;
        findings.extend(repository::actions(login.as_str(), takes, &may_approve));
    }
}

/// Logins of the directory that are no numbers yet. All pins, with those that the forge gives now.
async fn look_at_logins(
    examination: &Examination,
    forge: &GitHub,
    served: &[Granted],
    findings: &mut Vec<Finding>,
) -> Pins {
    let mut pins = examination.pins.clone();
    let Some(directory) = &examination.directory else { return pins };
    let open = directory.unpinned(&pins).into_iter().filter(|(host, _)| host == forge.host());
    let open: Vec<Login> = open.map(|(_, login)| login).collect();
    if open.is_empty() {
        return pins;
    }
    let Some(through) = served.first() else {
        findings.extend(directory::logins(forge.host(), &open, &[]));
        return pins;
    };
    match forge.resolve_logins(through.installation.id, &open).await {
        Ok(found) => {
            let is_unknown = |login: &&Login| !found.contains_key(&login.as_str().to_ascii_lowercase());
            let unknown: Vec<Login> = open.iter().filter(is_unknown).cloned().collect();
            findings.extend(directory::logins(forge.host(), &open, &unknown));
            pins.extend(found.into_iter().map(|(login, id)| ((forge.host().clone(), login), id)));
        }
        Err(error) => {
            let what = "which logins of the directory exist";
            findings.push(Finding::unchecked("directory-login", "directory", what, &error, None));
        }
    }
    pins
}

/// The repositories that were named, or else those that there are, each by itself and a few at a time.
async fn look_at_repositories(
    examination: &Arc<Examination>,
    forge: &GitHub,
    app: &App,
    (served, crews): (&[Granted], &BTreeMap<OwnerId, Arc<Crew>>),
    progress: &Progress,
    looked: &mut Looked,
) {
    let meant = if examination.named.is_empty() {
        reached(forge, served, &mut looked.findings).await
    } else {
        named(&examination.named, forge, served, &mut looked.findings).await
    };
    looked.repositories.extend(meant.iter().map(|seen| seen.name.to_ascii_lowercase()));
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    let all = meant.len();
    for (number, seen) in meant.into_iter().enumerate() {
        let (examination, forge, turns) = (Arc::clone(examination), forge.clone(), Arc::clone(&turns));
        let slug = app.slug.clone();
        let crew = crews.get(&seen.owner).cloned().unwrap_or_default();
        tasks.spawn(async move {
            let _turn = turns.acquire().await;
            (number, Box::pin(look_at_repository(&examination, &forge, &slug, &crew, &seen)).await)
        });
    }
    let mut found = Vec::new();
    while let Some(done) = tasks.join_next().await {
        found.extend(done.ok());
        progress.say(format!("looking at repositories: {} of {all}", found.len()));
    }
    found.sort_by_key(|(number, _)| *number);
    looked.findings.extend(found.into_iter().flat_map(|(_, findings)| findings));
}

/// What the App reaches, up to a limit.
async fn reached(forge: &GitHub, served: &[Granted], findings: &mut Vec<Finding>) -> Vec<SeenRepository> {
    let mut all = Vec::new();
    for Granted { installation, .. } in served {
        match forge.repositories(installation.id).await {
            Ok(repositories) => all.extend(repositories),
            Err(error) => {
                let what = "its repositories";
                findings.push(Finding::unchecked("repositories", &installation.login, what, &error, None));
            }
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    if all.len() > MOST_REPOSITORIES {
        let more = all.len() - MOST_REPOSITORIES;
        findings.push(
            Finding::info("repositories", forge.host(), format!("{more} more repositories were not looked at"))
                .remedy("name those that matter: --repo OWNER/NAME"),
        );
        all.truncate(MOST_REPOSITORIES);
    }
    all
}

/// Those of the named ones that are on this host.
async fn named(
    names: &[String],
    forge: &GitHub,
    served: &[Granted],
    findings: &mut Vec<Finding>,
) -> Vec<SeenRepository> {
    let mut meant = Vec::new();
    for name in names {
        let owner = Login::from(name.split('/').next().unwrap_or_default());
        let Some(Granted { installation, .. }) = served.iter().find(|one| one.installation.login == owner) else {
            continue;
        };
        match forge.repository(installation.id, name).await {
            Ok(found) => meant.push(found.seen),
            Err(Error::NotFound { .. } | Error::Forbidden { .. }) => {}
            Err(error) => findings.push(Finding::unchecked("repository", name, "everything", &error, None)),
        }
    }
    meant
}

/// Named repositories that were found on no host.
pub(super) fn missing(named: &[String], seen: &[String]) -> Vec<Finding> {
    let is_missing = |name: &&String| !seen.contains(&name.to_ascii_lowercase());
    let finding = |name: &String| {
        Finding::error("repository", name, "it does not exist, or the App or bot account does not reach it")
            .why("nothing of it is judged")
            .remedy(
                "check the name; have the App installed on its owner, with this repository among those that it reaches (on a \
                 GitLab: add the bot account to the group), and name the owner in `owners`",
            )
    };
    named.iter().filter(is_missing).map(finding).collect()
}

async fn look_at_repository(
    examination: &Examination,
    forge: &GitHub,
    slug: &str,
    crew: &Crew,
    seen: &SeenRepository,
) -> Vec<Finding> {
    let name = &seen.name;
    let settings: RepositorySettings = match forge.repository(seen.installation, name).await {
        Ok(settings) => settings,
        Err(error) => return vec![Finding::unchecked("repository", name, "everything", &error, None)],
    };
    let mut found = repository::settings(&settings);
    if settings.is_archived {
        return found;
    }
    let seen = settings.seen;
    let Some(branch) = seen.default_branch.clone() else {
        found.push(Finding::info("repository", name, "it has no default branch: it is empty"));
        return found;
    };
    let is_named = examination.named.iter().any(|named| named.eq_ignore_ascii_case(name));
    let (required, setup, policy, actions) = tokio::join!(
        forge.branch_rules(&seen, &branch, Some(examination.clock.now())),
        forge.branch_setup(&seen, &branch),
        forge.policy_file(&seen, REPOSITORY_POLICY),
        forge.actions_may_approve(&seen),
    );
    let required = required.map(|rules| rules.required);
    found.insert(0, repository::required(name, (&branch, &examination.check_name, slug), &required, is_named));
    match setup {
        Ok(setup) => {
            found.extend(repository::strict(name, &branch, &setup));
            for ruleset in setup.rulesets {
                found.extend(repository::bypass(name, &forge.bypass(&seen, ruleset).await));
            }
        }
        Err(error) => {
            let what = "whether changes must be up to date, and who may bypass its rulesets";
            found.push(Finding::unchecked("ruleset", name, what, &error, None));
        }
    }
    if let Some(people) = crew.known(examination, forge.host()) {
        found.extend(policy::repository(name, &branch, &policy, people));
    }
    found.extend(repository::actions(name, "*Administration*, read-only", &actions));
    found
}
