//! Which branches require our check: rulesets of the repository and of its organisation.
//!
//! Classic branch protection is not listed there; such a branch must be named in the policy.

use std::sync::Arc;

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;

use super::Error;
use super::client::{Call, GitHub, path};
use super::read::split_name;
use super::wire::rest::{BranchRule, RequiredChecks};
use crate::gate::ids::RepoId;
use crate::gate::witnessed::SeenRepository;

/// How long an answer is believed without asking again. Protection events make it forgotten at once.
const BELIEVED_FOR: SignedDuration = SignedDuration::from_mins(10);

/// At most this many pages of 100 rules; GitHub allows far fewer.
const MAX_PAGES: usize = 10;

pub(super) type RulesCache = Cache<(RepoId, String), Arc<Known>>;

/// What is known of a branch.
pub(super) struct Known {
    is_required: bool,
    etag: Option<String>,
    asked_at: Timestamp,
}

impl GitHub {
    /// Whether an active ruleset requires our check, by its name and from us or from anybody, on this branch.
    pub async fn requires_check(&self, repo: &SeenRepository, branch: &str) -> Result<bool, Error> {
        let key = (repo.repo.clone(), branch.to_owned());
        let known = self.rules().get(&key).await;
        let is_fresh = |known: &&Arc<Known>| self.now().duration_since(known.asked_at).abs() < BELIEVED_FOR;
        if let Some(known) = known.as_ref().filter(is_fresh) {
            return Ok(known.is_required);
        }
        let known = Arc::new(self.ask_rules(repo, branch, known.as_deref()).await?);
        self.rules().insert(key, Arc::clone(&known)).await;
        Ok(known.is_required)
    }

    /// Forgets what is known of a repository's rules, because an event says that they changed.
    pub async fn forget_rules(&self, repo: &RepoId) {
        let keys: Vec<_> = self.rules().iter().map(|(key, _)| key).filter(|key| key.0 == *repo).collect();
        for key in keys {
            self.rules().invalidate(&*key).await;
        }
    }

    async fn ask_rules(&self, repo: &SeenRepository, branch: &str, known: Option<&Known>) -> Result<Known, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the rules of {}@{branch}", repo.name);
        let mut is_required = false;
        let mut etag = None;
        for page in 1..=MAX_PAGES {
            let number = page.to_string();
            let parameters = [("per_page", "100"), ("page", number.as_str())];
            let mut call = Call::get(path(&["repos", owner, name, "rules", "branches", branch], &parameters), &what);
            call.etag = known.and_then(|known| known.etag.clone()).filter(|_| page == 1);
            let answer = self.send(repo.installation, &call).await?;
            if let (StatusCode::NOT_MODIFIED, Some(known)) = (answer.status, known) {
                return Ok(Known { is_required: known.is_required, etag: known.etag.clone(), asked_at: self.now() });
            }
            let rules: Vec<BranchRule> = answer.json(&what)?;
            is_required |= rules.iter().any(|rule| self.is_ours(rule));
            if rules.len() < 100 {
                // An answer of several pages has no ETag that speaks for all of them.
                etag = answer.etag().filter(|_| page == 1);
                break;
            }
        }
        Ok(Known { is_required, etag, asked_at: self.now() })
    }

    fn is_ours(&self, rule: &BranchRule) -> bool {
        let Some(parameters) = rule.parameters.as_ref().filter(|_| rule.kind == "required_status_checks") else {
            return false;
        };
        // A rule that is not understood cannot be ours; it also cannot make a branch ungoverned that another names.
        let checks: RequiredChecks = serde_json::from_value(parameters.clone()).unwrap_or_default();
        checks.required_status_checks.iter().any(|check| {
            check.context == self.check_name() && check.integration_id.is_none_or(|id| id == self.app_id())
        })
    }
}
