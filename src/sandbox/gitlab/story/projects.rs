//! Settings of projects, approval rules, CI: set up well, and weakened.

use serde_json::{Value, json};

use crate::sandbox::accounts::Account;
use crate::sandbox::git::NewCommit;
use crate::sandbox::gitlab::state::{ProtectedBranch, Rule, StatusCheck};
use crate::sandbox::handle::Sandbox;
use crate::sandbox::story::{check, find, must};
use crate::sandbox::world::World;

/// A CI job that asks for the verdict, as a locked configuration in another project defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictJob {
    /// Name of the job.
    pub job: String,
    /// Where the gate's server is, without a slash at the end: `/gitlab/verdict` is asked below it.
    pub url: String,
    /// For whom the id token is made out.
    pub audience: String,
}

impl VerdictJob {
    /// The job `seconder`, asking this server.
    pub fn of(url: impl Into<String>, audience: impl Into<String>) -> Self {
        Self { job: "seconder".to_owned(), url: url.into(), audience: audience.into() }
    }
}

impl World {
    /// The strongest set-up that the edition has: the bot as the only approver, or pipelines that must succeed. Returns the
    /// number of what was set up: the rule's, or the project's.
    pub(crate) fn require_on_gitlab(&mut self, project: u64, branch: &str, name: &str) -> u64 {
        self.clock.tick();
        if !self.gitlab.gitlab.has_premium() {
            let settings = &mut self.gitlab.project_mut(project).settings;
            settings.insert("only_allow_merge_if_pipeline_succeeds".to_owned(), json!(true));
            return project;
        }
        let (id, bot) = (self.next_id(), self.gitlab.bot);
        let branch = self.protect_on_gitlab(project, branch);
        let rule = Rule {
            id,
            name: name.to_owned(),
            kind: "regular".to_owned(),
            approvals_required: 1,
            users: vec![bot],
            groups: Vec::new(),
            branches: vec![branch],
            all_protected: false,
        };
        let settings = self.gitlab.project_mut(project);
        settings.rules.push(rule);
        let locked = "disable_overriding_approvers_per_merge_request";
        settings.approvals.insert(locked.to_owned(), json!(true));
        id
    }

    /// The number of a protected branch, protected now if it was not.
    fn protect_on_gitlab(&mut self, project: u64, branch: &str) -> u64 {
        let known = self.gitlab.project_mut(project).protected.iter().find(|one| one.name == branch).map(|one| one.id);
        known.unwrap_or_else(|| {
            let id = self.next_id();
            let one = ProtectedBranch { id, name: branch.to_owned(), push_level: 40, merge_level: 30 };
            self.gitlab.project_mut(project).protected.push(one);
            id
        })
    }

    /// Takes back what [`World::require_on_gitlab`] set up.
    pub(crate) fn release_on_gitlab(&mut self, number: u64) -> bool {
        self.clock.tick();
        if let Some(project) = self.gitlab.projects.get_mut(&number) {
            project.settings.insert("only_allow_merge_if_pipeline_succeeds".to_owned(), json!(false));
            return true;
        }
        let rules = self.gitlab.projects.values_mut().map(|project| &mut project.rules);
        rules.into_iter().any(|rules| {
            let before = rules.len();
            rules.retain(|rule| rule.id != number);
            rules.len() < before
        })
    }
}

impl Sandbox {
    /// Changes a setting of a project, such as `only_allow_merge_if_pipeline_succeeds`.
    pub fn project_setting(&self, project: &str, name: &str, value: impl Into<Value>) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, project);
            let settings = &mut world.gitlab.project_mut(id).settings;
            check(settings.contains_key(name), "a project has no such setting");
            settings.insert(name.to_owned(), value.into());
        });
    }

    /// Changes an approval setting of a project, such as `reset_approvals_on_push`.
    pub fn approval_setting(&self, project: &str, name: &str, value: bool) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, project);
            let settings = &mut world.gitlab.project_mut(id).approvals;
            check(settings.contains_key(name), "there is no such approval setting");
            settings.insert(name.to_owned(), json!(value));
        });
    }

    /// Adds an approval rule that these accounts can satisfy. Returns its number.
    pub fn approval_rule(&self, project: &str, name: &str, users: &[&Account], required: u64) -> u64 {
        self.act(|world| {
            world.clock.tick();
            let (id, project) = (world.next_id(), find(world, project));
            let users: Vec<u64> = users.iter().map(|user| user.id).collect();
            let kind = if users.is_empty() { "any_approver" } else { "regular" }.to_owned();
            let (name, groups, branches) = (name.to_owned(), Vec::new(), Vec::new());
            let rule =
                Rule { id, name, kind, approvals_required: required, users, groups, branches, all_protected: false };
            world.gitlab.project_mut(project).rules.push(rule);
            id
        })
    }

    /// A policy of the group demands an approval that these accounts can give.
    pub fn policy_rule(&self, project: &str, name: &str, users: &[&Account]) -> u64 {
        let rule = self.approval_rule(project, name, users, 1);
        self.act(|world| {
            let rules = world.gitlab.projects.values_mut().flat_map(|project| &mut project.rules);
            "report_approver".clone_into(&mut must(rules.into_iter().find(|one| one.id == rule), "no such rule").kind);
        });
        rule
    }

    /// Adds an external status check, and has merging wait for it.
    pub fn status_check(&self, project: &str, name: &str) {
        self.act(|world| {
            world.clock.tick();
            let (id, project) = (world.next_id(), find(world, project));
            let (name, url) = (name.to_owned(), "https://checks.example".to_owned());
            let (branches, answers) = (Vec::new(), std::collections::BTreeMap::new());
            let check = StatusCheck { id, name, url, branches, has_secret: false, answers };
            let home = world.gitlab.project_mut(project);
            home.status_checks.push(check);
            home.settings.insert("only_allow_merge_if_all_status_checks_passed".to_owned(), true.into());
        });
    }

    /// What the first external status check of a project says of a merge request: `passed`, `failed` or `pending`.
    pub fn status_check_answer(&self, project: &str, number: u64) -> String {
        self.act(|world| {
            let id = (find(world, project), number);
            let checks = world.gitlab.projects.get(&id.0).and_then(|project| project.status_checks.first());
            world.status_check_answer(id, must(checks, "no status check")).to_owned()
        })
    }

    /// Somebody with the right to gives an approval rule other approvers, or another count.
    pub fn edit_approval_rule(&self, rule: u64, users: &[&Account], required: u64) {
        self.act(|world| {
            world.clock.tick();
            let rules = world.gitlab.projects.values_mut().flat_map(|project| &mut project.rules);
            let found = must(rules.into_iter().find(|found| found.id == rule), "no such approval rule");
            found.users = users.iter().map(|user| user.id).collect();
            found.approvals_required = required;
        });
    }

    /// Locks the CI configuration into another project (`acme/ci`, made on the way) that has the verdict job, and has
    /// pipelines succeed before anything is merged.
    pub fn verdict_job(&self, project: &str, verdict: VerdictJob) {
        let owner = project.split('/').next().unwrap_or_default();
        let home = format!("{owner}/ci");
        if !self.has_repository(&home) {
            self.repository(&home);
        }
        let configuration = format!(
            "{}:\n  id_tokens:\n    SECONDER_ID_TOKEN:\n      aud: {}\n  rules:\n    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"\n  script:\n    - curl --fail-with-body {}/gitlab/verdict\n",
            verdict.job, verdict.audience, verdict.url
        );
        let keeper = self.organization(owner);
        self.push(&keeper, &home, "main", NewCommit::new("Ask for the verdict").file("seconder.yml", configuration));
        self.project_setting(project, "ci_config_path", format!("seconder.yml@{home}"));
        self.project_setting(project, "only_allow_merge_if_pipeline_succeeds", true);
        self.act(|world| {
            let id = find(world, project);
            world.gitlab.project_mut(id).verdict = Some(verdict);
        });
    }
}
