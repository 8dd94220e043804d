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

/// How long an answer is believed without asking again, if no event says that the rules have moved.
pub const RULES_BELIEVED_FOR: SignedDuration = SignedDuration::from_mins(10);

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
    ///
    /// An earlier answer is believed for a while, unless rules are known to have moved at `moved_at`, or since then.
    pub async fn requires_check(
        &self,
        repo: &SeenRepository,
        branch: &str,
        moved_at: Option<Timestamp>,
    ) -> Result<bool, Error> {
        let key = (repo.repo.clone(), branch.to_owned());
        let known = self.rules().get(&key).await;
        let is_fresh = |known: &&Arc<Known>| {
            self.now().duration_since(known.asked_at).abs() < RULES_BELIEVED_FOR
                && moved_at.is_none_or(|moved_at| moved_at < known.asked_at)
        };
        if let Some(known) = known.as_ref().filter(is_fresh) {
            return Ok(known.is_required);
        }
        let known = Arc::new(self.ask_rules(repo, branch, known.as_deref()).await?);
        self.rules().insert(key, Arc::clone(&known)).await;
        Ok(known.is_required)
    }

    async fn ask_rules(&self, repo: &SeenRepository, branch: &str, known: Option<&Known>) -> Result<Known, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the rules of {}@{branch}", repo.name);
        // Before the call: what moves while GitHub answers has moved after this.
        let asked_at = self.now();
        let mut is_required = false;
        let mut etag = None;
        for page in 1..=MAX_PAGES {
            let number = page.to_string();
            let parameters = [("per_page", "100"), ("page", number.as_str())];
            let mut call = Call::get(path(&["repos", owner, name, "rules", "branches", branch], &parameters), &what);
            call.etag = known.and_then(|known| known.etag.clone()).filter(|_| page == 1);
            let answer = self.send(repo.installation, &call).await?;
            if let (StatusCode::NOT_MODIFIED, Some(known)) = (answer.status, known) {
                return Ok(Known { is_required: known.is_required, etag: known.etag.clone(), asked_at });
            }
            let rules: Vec<BranchRule> = answer.json(&what)?;
            is_required |= rules.iter().any(|rule| self.is_ours(rule));
            if rules.len() < 100 {
                // An answer of several pages has no ETag that speaks for all of them.
                etag = answer.etag().filter(|_| page == 1);
                break;
            }
        }
        Ok(Known { is_required, etag, asked_at })
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
