//! What keeps a merge request from being merged.

use std::collections::BTreeSet;

use super::state::{RequestId, Rule, StatusCheck};
use crate::sandbox::accounts::AccountId;
use crate::sandbox::pulls::Pull;
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::world::World;

impl World {
    /// The rules in force for a merge request: its own, if it has any, else those of the project that hold for its target.
    pub(crate) fn rules_for(&self, id: RequestId) -> Vec<&Rule> {
        let own = self.gitlab.request(id).map(|request| &request.rules).filter(|rules| !rules.is_empty());
        if let Some(own) = own {
            return own.iter().collect();
        }
        let Some(target) = self.pull(id.0, id.1).map(|pull| &pull.base_branch) else { return Vec::new() };
        let Some(project) = self.gitlab.projects.get(&id.0) else { return Vec::new() };
        let holds = |rule: &&Rule| {
            let protected = |numbers: &[u64]| {
                let named =
                    project.protected.iter().filter(|branch| numbers.is_empty() || numbers.contains(&branch.id));
                named.into_iter().any(|branch| branch.name == *target)
            };
            if rule.all_protected { protected(&[]) } else { rule.branches.is_empty() || protected(&rule.branches) }
        };
        project.rules.iter().filter(holds).collect()
    }

    /// Who can satisfy a rule; everybody who may approve, if it names nobody.
    pub(crate) fn eligible(&self, project: RepositoryId, pull: Option<&Pull>, rule: &Rule) -> BTreeSet<AccountId> {
        let members = self.members_of_project(project);
        let of_groups = rule.groups.iter().flat_map(|group| {
            let of_team =
                self.accounts.teams.get(group).map(|team| self.accounts.team_members(team)).unwrap_or_default();
            let direct = members.iter().filter(|user| self.group_level(*group, **user) > 0).copied();
            of_team.into_keys().chain(direct).collect::<Vec<_>>()
        });
        let named: BTreeSet<AccountId> = if rule.kind == "any_approver" {
            members.clone()
        } else {
            // Somebody who is no member any more can approve nothing.
            rule.users.iter().copied().filter(|user| members.contains(user)).chain(of_groups).collect()
        };
        let Some(pull) = pull else { return named };
        let author_may = self.gitlab.approvals_are(project, "merge_requests_author_approval");
        let committers_may = !self.gitlab.approvals_are(project, "merge_requests_disable_committers_approval");
        let commits = self.pull_commits(pull);
        let committed = |user: AccountId| commits.iter().any(|sha| self.committer_is(sha, user));
        named
            .into_iter()
            .filter(|user| self.accounts.get(*user).is_some())
            .filter(|user| (author_may || *user != pull.author) && (committers_may || !committed(*user)))
            .collect()
    }

    /// Accounts with a role in a project, inherited or its own.
    pub(crate) fn members_of_project(&self, project: RepositoryId) -> BTreeSet<AccountId> {
        let Some(home) = self.repositories.get(&project) else { return BTreeSet::new() };
        let named = self.gitlab.levels.keys().map(|(_, user)| *user);
        let members = self.accounts.members.keys().map(|(_, user)| *user);
        let in_teams = self.accounts.teams.values().flat_map(|team| team.members.keys().copied());
        let all = named.chain(members).chain(in_teams).chain(home.collaborators.keys().copied()).chain([home.owner]);
        let is_person = |user: &AccountId| {
            let kind = self.accounts.get(*user).map(|account| account.kind);
            kind.is_some_and(|kind| kind != crate::sandbox::accounts::AccountKind::Organization)
        };
        all.filter(is_person).filter(|user| self.level(home, *user) > 0).collect()
    }

    /// Whether a rule is content. One that nobody can satisfy counts as approved, unless a policy made it: GitLab fails open
    /// here.
    pub(crate) fn rule_approved(&self, id: RequestId, rule: &Rule) -> bool {
        let Some(pull) = self.pull(id.0, id.1) else { return false };
        let given = self.gitlab.request(id).map(|request| request.approvals.as_slice()).unwrap_or_default();
        let eligible = self.eligible(id.0, Some(pull), rule);
        let count = given.iter().filter(|approval| rule.kind == "any_approver" || eligible.contains(&approval.user));
        let (count, able) = (count.count() as u64, eligible.len() as u64);
        count >= rule.approvals_required || (able < rule.approvals_required && rule.kind != "report_approver")
    }

    /// Whether everything that approval rules want is there.
    pub(crate) fn is_approved(&self, id: RequestId) -> bool {
        !self.gitlab.gitlab.has_premium() || self.rules_for(id).into_iter().all(|rule| self.rule_approved(id, rule))
    }

    /// What GitLab waits for before it merges, in words.
    pub(crate) fn gitlab_blockers(&self, id: RequestId) -> Vec<String> {
        let mut missing = Vec::new();
        if self.gitlab.is_set(id.0, "only_allow_merge_if_pipeline_succeeds") && !self.pipeline_lets_merge(id) {
            missing.push("pipeline".to_owned());
        }
        if self.gitlab.gitlab.has_premium() {
            let open = self.rules_for(id).into_iter().filter(|rule| !self.rule_approved(id, rule));
            missing.extend(open.map(|rule| rule.name.clone()));
        }
        let checked = self.gitlab.is_set(id.0, "only_allow_merge_if_all_status_checks_passed");
        if self.gitlab.gitlab.has_ultimate() && checked {
            let project = self.gitlab.projects.get(&id.0);
            let checks = project.map(|project| project.status_checks.as_slice()).unwrap_or_default();
            let open = checks.iter().filter(|check| self.status_check_answer(id, check) != "passed");
            missing.extend(open.map(|check| check.name.clone()));
        }
        missing
    }

    /// `passed`, `failed` or `pending`.
    pub(crate) fn status_check_answer<'a>(&self, id: RequestId, check: &'a StatusCheck) -> &'a str {
        let head = self.pull(id.0, id.1).map(|pull| pull.head.clone()).unwrap_or_default();
        check.answers.get(&(id.1, head)).map_or("pending", String::as_str)
    }

    fn pipeline_lets_merge(&self, id: RequestId) -> bool {
        let status = self.head_pipeline(id).map(|pipeline| self.pipeline_status(pipeline.id));
        let skipped_is_fine = self.gitlab.is_set(id.0, "allow_merge_on_skipped_pipeline");
        status.is_some_and(|status| status == "success" || (skipped_is_fine && status == "skipped"))
    }

    /// As the API tells it.
    pub(crate) fn detailed_merge_status(&self, id: RequestId) -> &'static str {
        let Some(pull) = self.pull(id.0, id.1) else { return "unchecked" };
        if !pull.is_open() {
            return "not_open";
        }
        if pull.draft {
            return "draft_status";
        }
        let wants_pipeline = self.gitlab.is_set(id.0, "only_allow_merge_if_pipeline_succeeds");
        if wants_pipeline && !self.pipeline_lets_merge(id) {
            let status = self.head_pipeline(id).map(|pipeline| self.pipeline_status(pipeline.id));
            return if matches!(status, Some("running" | "pending")) { "ci_still_running" } else { "ci_must_pass" };
        }
        if !self.is_approved(id) {
            return "not_approved";
        }
        if self.gitlab_blockers(id).is_empty() { "mergeable" } else { "status_checks_must_pass" }
    }
}
