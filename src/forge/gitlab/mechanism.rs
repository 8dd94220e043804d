//! What makes a verdict count on GitLab. No single thing does on every edition: which one is in force for a project is read
//! from its settings, and said in the check.
//!
//! From strong to weak: an approval rule whose only eligible approver is our bot account (Premium and Ultimate); a job in
//! merge request pipelines that asks us, with a pipeline configuration from another project (every edition); an approval
//! policy (Ultimate), of which cannot be seen whom it leaves out; and a commit status, which every developer can set as well.

use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use moka::future::Cache;

use super::client::{Call, GitLab, judge, path};
use super::wire;
use crate::forge::{BranchRules, Error, RULES_BELIEVED_FOR};
use crate::gate::finding::Required;
use crate::gate::ids::RepoId;
use crate::gate::witnessed::SeenRepository;

pub(super) type MechanismCache = Cache<RepoId, Arc<Known>>;

/// What of a project's settings matters, as it was at some time.
#[derive(Debug)]
pub(super) struct Known {
    project: wire::Project,
    /// `None` where the edition has no approval rules.
    rules: Option<Vec<wire::ApprovalRule>>,
    bot: i64,
    asked_at: Timestamp,
}

/// What enforces a verdict on a branch.
#[expect(clippy::struct_excessive_bools, reason = "they are settings, independent of each other")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Setup {
    /// An approval rule that only our bot account can satisfy.
    pub bot_approval: bool,
    /// A policy demands an approval that only our bot account can give, though perhaps not for every merge request.
    pub policy: bool,
    /// A pipeline configuration from another project, whose job asks us, and pipelines must succeed.
    pub verdict_job: bool,
    /// Pipelines must succeed, so that a commit status of ours holds a merge request back.
    pub pipeline: bool,
    /// The edition shows external status checks.
    pub shows_status_checks: bool,
}

/// The strongest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mechanism {
    /// Nothing: what we publish is for people to read.
    None,
    /// A commit status, which every developer can set as well.
    CommitStatus,
    /// A policy that demands our bot account's approval. For which merge requests, its rules do not show: a policy can leave out
    /// signed commits, branches and accounts.
    Policy,
    /// A job that asks us.
    VerdictJob,
    /// An approval that only our bot account can give.
    BotApproval,
    /// Both of the latter: one holds where the other fails.
    Both,
}

impl Setup {
    /// What a project's settings enforce, if `bot` is our account.
    pub(super) fn of(project: &wire::Project, rules: &[wire::ApprovalRule], bot: i64, branch: &str) -> Self {
        let pipeline = project.only_allow_merge_if_pipeline_succeeds == Some(true);
        // `path@group/project`, or an address: a developer of this project cannot change it.
        let config = project.ci_config_path.as_deref().unwrap_or_default();
        let is_elsewhere = config.contains('@') || config.starts_with("https://");
        let is_skippable = project.allow_merge_on_skipped_pipeline == Some(true);
        Self {
            bot_approval: rules.iter().any(|rule| !rule.is_of_policy() && is_ours(rule, bot, branch)),
            policy: rules.iter().any(|rule| rule.is_of_policy() && is_ours(rule, bot, branch)),
            verdict_job: pipeline && is_elsewhere && !is_skippable,
            pipeline,
            // Other editions do not name the setting at all.
            shows_status_checks: project.only_allow_merge_if_all_status_checks_passed.is_some(),
        }
    }

    /// Whether our approval is asked for.
    pub(super) fn approves(self) -> bool {
        self.bot_approval || self.policy
    }

    /// The strongest mechanism in force.
    pub(super) fn mechanism(self) -> Mechanism {
        match (self.bot_approval, self.verdict_job, self.pipeline) {
            (true, true, _) => Mechanism::Both,
            (true, false, _) => Mechanism::BotApproval,
            (false, true, _) => Mechanism::VerdictJob,
            (false, false, _) if self.policy => Mechanism::Policy,
            (false, false, true) => Mechanism::CommitStatus,
            (false, false, false) => Mechanism::None,
        }
    }

    fn required(self) -> Required {
        match self.mechanism() {
            Mechanism::None => Required::No,
            Mechanism::CommitStatus | Mechanism::Policy => Required::Unpinned,
            Mechanism::VerdictJob | Mechanism::BotApproval | Mechanism::Both => Required::Pinned,
        }
    }
}

/// Whether nobody but our bot account can satisfy this rule for this branch. A project's rule that nobody can satisfy is taken
/// as satisfied by GitLab, so that it is none.
fn is_ours(rule: &wire::ApprovalRule, bot: i64, branch: &str) -> bool {
    let is_alone = matches!(rule.eligible_approvers.as_slice(), [only] if only.id == bot);
    // A protected branch may be named by a pattern, such as `release/*`.
    let is_named = |one: &wire::ProtectedBranch| {
        one.name == branch || globset::Glob::new(&one.name).is_ok_and(|glob| glob.compile_matcher().is_match(branch))
    };
    // Without any named, it is for all branches; or for all protected ones, of which there are none.
    let is_for_all = rule.protected_branches.is_empty() && !rule.applies_to_all_protected_branches;
    let covers = is_for_all || rule.protected_branches.iter().any(is_named);
    let is_regular = rule.rule_type.as_deref().is_none_or(|kind| kind == "regular");
    rule.approvals_required == 1 && is_alone && (is_regular || rule.is_of_policy()) && covers
}

impl wire::ApprovalRule {
    /// Whether a merge request approval policy made it, for every merge request.
    /// <https://docs.gitlab.com/user/application_security/policies/merge_request_approval_policies/>
    fn is_of_policy(&self) -> bool {
        self.rule_type.as_deref() == Some("report_approver") && self.report_type.as_deref() == Some("any_merge_request")
    }
}

impl Mechanism {
    /// The strongest that these make.
    pub fn of(bot_approval: bool, verdict_job: bool, pipeline: bool) -> Self {
        Setup { bot_approval, verdict_job, pipeline, ..Setup::default() }.mechanism()
    }

    /// What it is called, and what it is worth, for people on the change.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Both => {
                "Enforced by an approval that only this bot can give, and by a job in merge request pipelines that asks it."
            }
            Self::BotApproval => "Enforced by an approval that only this bot can give.",
            Self::Policy => {
                "Enforced by a policy that demands an approval which only this bot can give, as far as the policy makes no \
                 exceptions."
            }
            Self::VerdictJob => "Enforced by a job in merge request pipelines that asks this bot.",
            Self::CommitStatus => {
                "Advisory: pipelines must succeed here, but every developer of the project can set a commit status."
            }
            Self::None => "Advisory: nothing in this project's settings makes GitLab wait for it.",
        }
    }
}

impl Known {
    fn setup(&self, branch: &str) -> Setup {
        Setup::of(&self.project, self.rules.as_deref().unwrap_or_default(), self.bot, branch)
    }
}

impl GitLab {
    /// What enforces a verdict on this branch. An answer of the last minutes is believed.
    pub(super) async fn setup(&self, repo: &SeenRepository, branch: &str) -> Result<Setup, Error> {
        Ok(self.known(repo, None).await?.0.setup(branch))
    }

    /// Whether the project's settings require our verdict on this branch, in a way that others cannot fake.
    ///
    /// An earlier answer is believed for a while, unless settings are known to have moved at `moved_at`, or since then.
    pub async fn branch_rules(
        &self,
        repo: &SeenRepository,
        branch: &str,
        moved_at: Option<Timestamp>,
    ) -> Result<BranchRules, Error> {
        let (known, is_fresh) = self.known(repo, moved_at).await?;
        Ok(BranchRules { required: known.setup(branch).required(), read_at: known.asked_at, is_fresh })
    }

    async fn known(&self, repo: &SeenRepository, moved_at: Option<Timestamp>) -> Result<(Arc<Known>, bool), Error> {
        let key = &repo.repo;
        let is_believed = |known: &Arc<Known>| {
            self.now().duration_since(known.asked_at).abs() < RULES_BELIEVED_FOR
                && moved_at.is_none_or(|moved_at| moved_at < known.asked_at)
        };
        if let Some(known) = self.shared.mechanisms.get(key).await.filter(is_believed) {
            return Ok((known, false));
        }
        let known = Arc::new(self.ask_settings(repo).await?);
        self.shared.mechanisms.insert(key.clone(), Arc::clone(&known)).await;
        Ok((known, true))
    }

    async fn ask_settings(&self, repo: &SeenRepository) -> Result<Known, Error> {
        let asked_at = self.now();
        let what = format!("the settings of {}", repo.name);
        let number = repo.repo.id.to_string();
        let here = ["projects", number.as_str()];
        let project: wire::Project = self.send(&Call::get(path(&here, &[]), &what)).await?.json(&what)?;
        let call = Call::get(path(&[here.as_slice(), &["approval_rules"]].concat(), &[("per_page", "100")]), &what);
        let answer = self.send_openly(&call).await?;
        let rules = match answer.status {
            // Not in this edition, or not for us to see: either way nothing that we can rely on.
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => None,
            _ => Some(judge(&call, answer)?.json(&what)?),
        };
        Ok(Known { project, rules, bot: self.bot().await?, asked_at })
    }
}
