//! How the App, its installations and the repositories are set up: read to be looked at by people, and never to decide.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::Error;
use super::client::{Call, GitHub, path};
use super::query::QueryFailure;
use super::read::split_name;
use super::wire::rest::{self, BranchRule, RequiredChecks};
use crate::forge::Installation;
use crate::forge::PolicyText;
use crate::forge::RecordedDelivery;
use crate::gate::witnessed::SeenRepository;

const PER_PAGE: usize = 100;

/// The App as it is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its name in addresses; its bot's login is `slug[bot]`.
    pub slug: String,
    /// Its page.
    pub url: String,
    /// What it asks for, in the API's names.
    pub permissions: BTreeMap<String, String>,
    /// What it is told of.
    pub events: BTreeSet<String>,
    /// The version of the Enterprise Server; `None` where GitHub is not one.
    pub server_version: Option<String>,
}

/// How the App's webhooks are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Where to.
    pub url: String,
    /// `json`, or `form`.
    pub content_type: String,
    /// Whether certificates go unchecked.
    pub is_insecure: bool,
    /// Whether they are signed.
    pub has_secret: bool,
}

/// An installation, and what its owner has granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The installation.
    pub installation: Installation,
    /// What was accepted, in the API's names.
    pub permissions: BTreeMap<String, String>,
    /// Whether only chosen repositories are reached.
    pub is_selective: bool,
    /// Whether it is on an organisation, and not on a person's account.
    pub is_organisation: bool,
}

/// What rulesets say about a branch, besides which check they require.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BranchSetup {
    /// Whether a change must be up to date with the branch before it merges.
    pub is_strict: bool,
    /// Whether a merge queue merges.
    pub has_queue: bool,
    /// Rulesets that hold for it.
    pub rulesets: BTreeSet<i64>,
}

/// Who may go past a ruleset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bypass {
    /// The ruleset's name.
    pub ruleset: String,
    /// Who, as `kind (mode)`; `None` where GitHub does not tell the App.
    pub actors: Option<Vec<String>>,
}

/// What is left of an hour's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Calls, or points, per hour.
    pub limit: i64,
    /// Left until the reset.
    pub remaining: i64,
    /// When it is refilled.
    pub resets_at: Timestamp,
}

#[derive(Deserialize)]
struct AppAnswer {
    #[serde(default)]
    slug: String,
    #[serde(default)]
    html_url: String,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
    #[serde(default)]
    events: BTreeSet<String>,
}

#[derive(Deserialize)]
struct HookAnswer {
    #[serde(default)]
    url: String,
    #[serde(default)]
    content_type: String,
    /// A text, or a number.
    #[serde(default)]
    insecure_ssl: serde_json::Value,
    secret: Option<String>,
}

#[derive(Deserialize)]
struct GrantedAnswer {
    #[serde(flatten)]
    installation: rest::Installation,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
    repository_selection: Option<String>,
    target_type: Option<String>,
}

#[derive(Deserialize)]
struct RulesetAnswer {
    name: String,
    bypass_actors: Option<Vec<BypassActor>>,
}

#[derive(Deserialize)]
struct BypassActor {
    actor_type: String,
    bypass_mode: Option<String>,
}

#[derive(Deserialize)]
struct Workflows {
    can_approve_pull_request_reviews: bool,
}

#[derive(Deserialize)]
struct RateAnswer {
    resources: BTreeMap<String, RateOf>,
}

#[derive(Deserialize)]
struct RateOf {
    limit: i64,
    remaining: i64,
    reset: i64,
}

impl GitHub {
    /// The App itself.
    pub async fn app(&self) -> Result<App, Error> {
        let what = "the App";
        let answer = self.send_as_app(&Call::get(path(&["app"], &[]), what)).await?;
        let version = answer.headers.get("x-github-enterprise-version");
        let server_version = version.and_then(|version| version.to_str().ok()).map(str::to_owned);
        let AppAnswer { slug, html_url, permissions, events } = answer.json(what)?;
        Ok(App { slug, url: html_url, permissions, events, server_version })
    }

    /// How its webhooks are sent.
    pub async fn hook(&self) -> Result<Hook, Error> {
        let what = "the App's webhook";
        let answer = self.send_as_app(&Call::get(path(&["app", "hook", "config"], &[]), what)).await?;
        let HookAnswer { url, content_type, insecure_ssl, secret } = answer.json(what)?;
        let is_insecure = matches!(insecure_ssl.as_str(), Some("1")) || insecure_ssl.as_i64() == Some(1);
        Ok(Hook { url, content_type, is_insecure, has_secret: secret.is_some_and(|secret| !secret.is_empty()) })
    }

    /// The newest hundred attempts to deliver a webhook, newest first.
    pub async fn newest_deliveries(&self) -> Result<Vec<RecordedDelivery>, Error> {
        let what = "the App's recorded deliveries";
        let call = Call::get(path(&["app", "hook", "deliveries"], &[("per_page", "100")]), what);
        let listed: Vec<rest::HookDelivery> = self.send_as_app(&call).await?.json(what)?;
        Ok(listed.into_iter().map(RecordedDelivery::from).collect())
    }

    /// All installations with what they were granted, one call per hundred.
    pub async fn granted(&self) -> Result<Vec<Granted>, Error> {
        let what = "the App's installations";
        let mut granted = Vec::new();
        for page in 1.. {
            let number = page.to_string();
            let call = Call::get(path(&["app", "installations"], &[("per_page", "100"), ("page", &number)]), what);
            let listed: Vec<GrantedAnswer> = self.send_as_app(&call).await?.json(what)?;
            let is_last = listed.len() < PER_PAGE;
            granted.extend(listed.into_iter().filter_map(|one| {
                let installation = self.installed(one.installation)?;
                let is_selective = one.repository_selection.as_deref() == Some("selected");
                let is_organisation = one.target_type.as_deref() != Some("User");
                Some(Granted { installation, permissions: one.permissions, is_selective, is_organisation })
            }));
            if is_last {
                break;
            }
        }
        Ok(granted)
    }

    /// What rulesets say about a branch: at most a hundred rules are looked at.
    pub async fn branch_setup(&self, repo: &SeenRepository, branch: &str) -> Result<BranchSetup, Error> {
        #[derive(Deserialize)]
        struct Rule {
            #[serde(flatten)]
            rule: BranchRule,
            ruleset_id: Option<i64>,
        }
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the rules of {}@{branch}", repo.name);
        let place = path(&["repos", owner, name, "rules", "branches", branch], &[("per_page", "100")]);
        let rules: Vec<Rule> = self.send(repo.installation, &Call::get(place, &what)).await?.json(&what)?;
        let mut setup = BranchSetup::default();
        for Rule { rule, ruleset_id } in rules {
            setup.has_queue |= rule.kind == "merge_queue";
            setup.rulesets.extend(ruleset_id);
            if rule.kind == "required_status_checks" {
                let checks: RequiredChecks =
                    rule.parameters.and_then(|given| serde_json::from_value(given).ok()).unwrap_or_default();
                setup.is_strict |= checks.strict_required_status_checks_policy;
            }
        }
        Ok(setup)
    }

    /// Who may go past a ruleset that holds for this repository.
    pub async fn bypass(&self, repo: &SeenRepository, ruleset: i64) -> Result<Bypass, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("ruleset {ruleset} of {}", repo.name);
        let call = Call::get(path(&["repos", owner, name, "rulesets", &ruleset.to_string()], &[]), &what);
        let RulesetAnswer { name, bypass_actors } = self.send(repo.installation, &call).await?.json(&what)?;
        let words = |actor: BypassActor| match actor.bypass_mode {
            Some(mode) => format!("{} ({mode})", actor.actor_type),
            None => actor.actor_type,
        };
        let actors = bypass_actors.map(|actors| actors.into_iter().map(words).collect());
        Ok(Bypass { ruleset: name, actors })
    }

    /// Whether workflows of this repository may approve changes. Takes *Administration*, read-only.
    pub async fn actions_may_approve(&self, repo: &SeenRepository) -> Result<bool, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("what workflows of {} may do", repo.name);
        self.workflows(repo.installation, &["repos", owner, name, "actions", "permissions", "workflow"], &what).await
    }

    /// Whether an organisation lets workflows approve changes. Takes the organisation's *Administration*, read-only.
    pub async fn actions_may_approve_in(&self, installation: i64, organisation: &str) -> Result<bool, Error> {
        let what = format!("what workflows of {organisation} may do");
        self.workflows(installation, &["orgs", organisation, "actions", "permissions", "workflow"], &what).await
    }

    async fn workflows(&self, installation: i64, place: &[&str], what: &str) -> Result<bool, Error> {
        let answer = self.send(installation, &Call::get(path(place, &[]), what)).await?;
        let Workflows { can_approve_pull_request_reviews } = answer.json(what)?;
        Ok(can_approve_pull_request_reviews)
    }

    /// What is left of an installation's calls: of REST, and of GraphQL. Asking costs nothing.
    pub async fn budgets(&self, installation: i64) -> Result<BTreeMap<String, Budget>, Error> {
        let what = format!("the rate limit of installation {installation}");
        let RateAnswer { resources } =
            self.send(installation, &Call::get(path(&["rate_limit"], &[]), &what)).await?.json(&what)?;
        let counted = resources.into_iter().filter(|(name, _)| matches!(name.as_str(), "core" | "graphql"));
        let budget = |of: RateOf| Budget {
            limit: of.limit,
            remaining: of.remaining,
            resets_at: Timestamp::from_second(of.reset).unwrap_or_default(),
        };
        Ok(counted.map(|(name, of)| (name, budget(of))).collect())
    }

    /// A policy file on a repository's default branch.
    pub async fn policy_file(&self, repo: &SeenRepository, file: &str) -> Result<PolicyText, Error> {
        let branch = repo.default_branch.as_deref().unwrap_or("HEAD");
        match self.policy_on(repo, branch, file).await {
            Ok(text) => Ok(text),
            Err(QueryFailure::Call(error)) => Err(error),
            Err(QueryFailure::Incomplete(why)) => {
                Err(Error::Transient { what: format!("{file} in {}", repo.name), why, is_heavy: false })
            }
        }
    }
}
