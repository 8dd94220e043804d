//! Which branches require our check, and from whom: rulesets of the repository and of its organisation, and classic
//! branch protection, which is asked for only where no ruleset settles it.

use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use moka::future::Cache;

use super::client::{Call, GitHub, path};
use super::read::split_name;
use super::wire::rest::{Branch, BranchRule, ProtectedCheck, ProtectedChecks, RequiredCheck, RequiredChecks};
use crate::forge::{BranchRules, Error, RULES_BELIEVED_FOR};
use crate::gate::finding::Required;
use crate::gate::ids::RepoId;
use crate::gate::witnessed::SeenRepository;

/// At most this many pages of 100 rules; GitHub allows far fewer.
const MAX_PAGES: usize = 10;

pub(super) type RulesCache = Cache<(RepoId, String), Arc<Known>>;

/// What is known of a branch.
pub(super) struct Known {
    rulesets: Said,
    /// `None` where the rulesets pin us: nothing could add to that.
    classic: Option<Said>,
    asked_at: Timestamp,
}

/// What one of the two kinds of rules says.
#[derive(Debug, Clone)]
struct Said {
    required: Required,
    etag: Option<String>,
}

impl GitHub {
    /// Whether active rules require our check on this branch, and from whom.
    ///
    /// An earlier answer is believed for a while, unless rules are known to have moved at `moved_at`, or since then.
    pub async fn branch_rules(
        &self,
        repo: &SeenRepository,
        branch: &str,
        moved_at: Option<Timestamp>,
    ) -> Result<BranchRules, Error> {
        let key = (repo.repo.clone(), branch.to_owned());
        let known = self.rules().get(&key).await;
        let is_fresh = |known: &&Arc<Known>| {
            self.now().duration_since(known.asked_at).abs() < RULES_BELIEVED_FOR
                && moved_at.is_none_or(|moved_at| moved_at < known.asked_at)
        };
        if let Some(known) = known.as_ref().filter(is_fresh) {
            return Ok(known.rules(false));
        }
        let known = Arc::new(self.ask_rules(repo, branch, known.as_deref()).await?);
        self.rules().insert(key, Arc::clone(&known)).await;
        Ok(known.rules(true))
    }

    async fn ask_rules(&self, repo: &SeenRepository, branch: &str, known: Option<&Known>) -> Result<Known, Error> {
        // Before the calls: what moves while GitHub answers has moved after this.
        let asked_at = self.now();
        let rulesets = self.ask_rulesets(repo, branch, known.map(|known| &known.rulesets)).await?;
        let classic = match rulesets.required {
            Required::Pinned => None,
            _ => Some(self.ask_classic(repo, branch, known.and_then(|known| known.classic.as_ref())).await?),
        };
        Ok(Known { rulesets, classic, asked_at })
    }

    async fn ask_rulesets(&self, repo: &SeenRepository, branch: &str, known: Option<&Said>) -> Result<Said, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the rules of {}@{branch}", repo.name);
        let mut required = Required::No;
        let mut etag = None;
        for page in 1..=MAX_PAGES {
            let number = page.to_string();
            let parameters = [("per_page", "100"), ("page", number.as_str())];
            let mut call = Call::get(path(&["repos", owner, name, "rules", "branches", branch], &parameters), &what);
            call.etag = known.and_then(|known| known.etag.clone()).filter(|_| page == 1);
            let answer = self.send(repo.installation, &call).await?;
            if let (StatusCode::NOT_MODIFIED, Some(known)) = (answer.status, known) {
                return Ok(known.clone());
            }
            let rules: Vec<BranchRule> = answer.json(&what)?;
            required = rules.iter().map(|rule| self.of_rule(rule)).max().unwrap_or(Required::No).max(required);
            if rules.len() < 100 {
                // An answer of several pages has no ETag that speaks for all of them.
                etag = answer.etag().filter(|_| page == 1);
                break;
            }
        }
        Ok(Said { required, etag })
    }

    /// Classic branch protection. The branch itself tells of it; the protection's own address needs more permissions.
    async fn ask_classic(&self, repo: &SeenRepository, branch: &str, known: Option<&Said>) -> Result<Said, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the branch {}@{branch}", repo.name);
        let mut call = Call::get(path(&["repos", owner, name, "branches", branch], &[]), &what);
        call.etag = known.and_then(|known| known.etag.clone());
        let answer = match self.send(repo.installation, &call).await {
            // A branch that is not there has rulesets, but no protection of its own.
            Err(Error::NotFound { .. }) => return Ok(Said { required: Required::No, etag: None }),
            answer => answer?,
        };
        if let (StatusCode::NOT_MODIFIED, Some(known)) = (answer.status, known) {
            return Ok(known.clone());
        }
        let branch: Branch = answer.json(&what)?;
        let protection = branch.protection.filter(|protection| protection.enabled != Some(false));
        let checks = protection.and_then(|protection| protection.required_status_checks);
        let required = checks.map_or(Required::No, |checks| self.of_protection(checks));
        Ok(Said { required, etag: answer.etag() })
    }

    fn of_rule(&self, rule: &BranchRule) -> Required {
        let Some(parameters) = rule.parameters.as_ref().filter(|_| rule.kind == "required_status_checks") else {
            return Required::No;
        };
        // A rule that is not understood cannot be ours; it also cannot make a branch ungoverned that another names.
        let checks: RequiredChecks = serde_json::from_value(parameters.clone()).unwrap_or_default();
        self.of_checks(&checks.required_status_checks)
    }

    fn of_protection(&self, checks: ProtectedChecks) -> Required {
        if checks.enforcement_level.as_deref() == Some("off") {
            return Required::No;
        }
        match checks.checks {
            Some(checks) => {
                let alike = |check: ProtectedCheck| RequiredCheck {
                    context: check.context,
                    // -1 stands for any App where one is set.
                    integration_id: check.app_id.filter(|app| *app > 0),
                };
                self.of_checks(&checks.into_iter().map(alike).collect::<Vec<_>>())
            }
            // Old Enterprise Servers tell the names alone.
            None if checks.contexts.iter().any(|context| context == self.check_name()) => Required::Unpinned,
            None => Required::No,
        }
    }

    fn of_checks(&self, checks: &[RequiredCheck]) -> Required {
        let ours = checks.iter().filter(|check| check.context == self.check_name());
        let of = |check: &RequiredCheck| match check.integration_id {
            None => Required::Unpinned,
            Some(app) if app == self.app_id() => Required::Pinned,
            Some(_) => Required::FromAnother,
        };
        ours.map(of).max().unwrap_or(Required::No)
    }
}

impl Known {
    fn rules(&self, is_fresh: bool) -> BranchRules {
        let classic = self.classic.as_ref().map_or(Required::No, |classic| classic.required);
        BranchRules { required: self.rulesets.required.max(classic), read_at: self.asked_at, is_fresh }
    }
}
