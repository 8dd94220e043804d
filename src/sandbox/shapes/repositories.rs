//! Repositories, rulesets, activity.

use serde_json::{Value, json};

use super::{extend, time, urls};
use crate::sandbox::accounts::AccountId;
use crate::sandbox::repositories::{Activity, Protection, Repository, RepositoryId, Ruleset};
use crate::sandbox::world::World;

/// Keys and what follows the repository's address in the API.
const BELOW: [(&str, &str); 36] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

impl World {
    pub(crate) fn repository_api(&self, repository: &Repository) -> String {
        format!("{}/repos/{}", self.url, self.full_name(repository))
    }

    pub(crate) fn repository_json(&self, repository: &Repository) -> Value {
        let name = self.full_name(repository);
        let html = format!("{}/{name}", self.url);
        let open = repository.pulls.values().filter(|pull| pull.is_open()).count();
        let forks = self.repositories.values().filter(|other| other.fork_of == Some(repository.id)).count();
        let mut json = json!({
            "id": repository.id,
            "node_id": format!("R_{}", repository.id),
            "name": repository.name,
            "full_name": name,
            "private": repository.private,
            "visibility": if repository.private { "private" } else { "public" },
            "owner": self.account_or_ghost(repository.owner),
            "html_url": html,
            "description": null,
            "fork": repository.fork_of.is_some(),
            "url": self.repository_api(repository),
            "git_url": format!("{html}.git"),
            "ssh_url": format!("{html}.git"),
            "clone_url": format!("{html}.git"),
            "svn_url": html,
            "mirror_url": null,
            "homepage": null,
            "language": null,
            "license": null,
            "forks": forks,
            "forks_count": forks,
            "stargazers_count": 0,
            "watchers": 0,
            "watchers_count": 0,
            "size": 1,
            "default_branch": repository.default_branch,
            "open_issues": open,
            "open_issues_count": open,
            "is_template": false,
            "topics": [],
            "has_issues": true,
            "has_projects": false,
            "has_wiki": false,
            "has_pages": false,
            "has_downloads": false,
            "has_discussions": false,
            "allow_forking": true,
            "web_commit_signoff_required": false,
            "archived": repository.archived,
            "disabled": false,
        });
        let times = json!({
            "pushed_at": time(repository.pushed_at),
            "created_at": time(repository.created_at),
            "updated_at": time(repository.pushed_at),
        });
        extend(&mut json, times);
        extend(&mut json, Value::Object(urls(&self.repository_api(repository), &BELOW)));
        json
    }

    pub(crate) fn repository_json_by_id(&self, id: RepositoryId) -> Value {
        self.repositories.get(&id).map_or(Value::Null, |repository| self.repository_json(repository))
    }

    /// The few keys that installation webhooks give of a repository.
    pub(crate) fn repository_brief(&self, repository: &Repository) -> Value {
        json!({
            "id": repository.id,
            "node_id": format!("R_{}", repository.id),
            "name": repository.name,
            "full_name": self.full_name(repository),
            "private": repository.private,
        })
    }

    pub(crate) fn label_json(&self, repository: RepositoryId, label: &str) -> Value {
        let api = self.repositories.get(&repository).map(|repo| self.repository_api(repo)).unwrap_or_default();
        // A label's number is made from its name: labels have no other state here.
        let id = label.bytes().fold(7_u64, |id, byte| (id * 31 + u64::from(byte)) % 1_000_000_007);
        json!({
            "id": id,
            "node_id": format!("LA_{id}"),
            "url": format!("{api}/labels/{label}"),
            "name": label,
            "description": "",
            "color": "ededed",
            "default": false,
        })
    }

    pub(crate) fn activity_json(&self, activity: &Activity) -> Value {
        json!({
            "id": activity.id,
            "node_id": format!("PA_{}", activity.id),
            "before": activity.before,
            "after": activity.after,
            "ref": activity.reference,
            "timestamp": time(activity.at),
            "activity_type": activity.kind,
            "actor": self.account_json(activity.actor),
        })
    }

    /// Type and name of where a ruleset is kept.
    pub(crate) fn ruleset_source(&self, ruleset: &Ruleset) -> (&'static str, String) {
        match ruleset.repository.and_then(|id| self.repositories.get(&id)) {
            Some(repository) => ("Repository", self.full_name(repository)),
            None => ("Organization", self.login(ruleset.organization.unwrap_or_default()).to_owned()),
        }
    }

    pub(crate) fn ruleset_json(&self, ruleset: &Ruleset, whole: bool) -> Value {
        let (source_type, source) = self.ruleset_source(ruleset);
        let mut json = json!({
            "id": ruleset.id,
            "name": ruleset.name,
            "target": ruleset.target,
            "source_type": source_type,
            "source": source,
            "enforcement": ruleset.enforcement,
            "node_id": format!("RRS_{}", ruleset.id),
            "created_at": time(ruleset.created_at),
            "updated_at": time(ruleset.updated_at),
        });
        if whole {
            let rest = json!({
                "bypass_actors": ruleset.bypass_actors,
                "current_user_can_bypass": "never",
                "conditions": ruleset.conditions,
                "rules": ruleset.rules,
            });
            extend(&mut json, rest);
        }
        json
    }

    /// A branch, with what protects it besides rulesets.
    pub(crate) fn branch_json(&self, repository: &Repository, branch: &str, tip: &str) -> Value {
        let api = format!("{}/branches/{branch}", self.repository_api(repository));
        let classic = self.protection(repository.id, branch);
        let checks = classic.map(|classic| classic.checks.as_slice()).unwrap_or_default();
        let is_protected = classic.is_some() || !self.active_rulesets(repository, branch).is_empty();
        json!({
            "name": branch,
            "commit": self.commit_json(repository, tip),
            "_links": { "html": format!("{}/{}/tree/{branch}", self.url, self.full_name(repository)), "self": api },
            "protected": is_protected,
            "protection": {
                "enabled": classic.is_some(),
                "required_status_checks": {
                    "enforcement_level": if checks.is_empty() { "off" } else { "non_admins" },
                    "contexts": checks.iter().map(|check| &check.context).collect::<Vec<_>>(),
                    "checks": checks.iter()
                        .map(|check| json!({ "context": check.context, "app_id": check.integration_id }))
                        .collect::<Vec<_>>(),
                },
            },
            "protection_url": format!("{api}/protection"),
        })
    }

    /// Classic branch protection as webhooks show it.
    pub(crate) fn protection_webhook_json(protection: &Protection) -> Value {
        let off = "off";
        json!({
            "id": protection.id,
            "repository_id": protection.repository,
            "name": protection.branch,
            "created_at": time(protection.created_at),
            "updated_at": time(protection.created_at),
            "pull_request_reviews_enforcement_level": off,
            "required_approving_review_count": 0,
            "dismiss_stale_reviews_on_push": false,
            "require_code_owner_review": false,
            "authorized_dismissal_actors_only": false,
            "ignore_approvals_from_contributors": false,
            "required_status_checks": protection.checks.iter().map(|check| &check.context).collect::<Vec<_>>(),
            "required_status_checks_enforcement_level": if protection.checks.is_empty() { off } else { "non_admins" },
            "strict_required_status_checks_policy": false,
            "signature_requirement_enforcement_level": off,
            "linear_history_requirement_enforcement_level": off,
            "admin_enforced": false,
            "allow_force_pushes_enforcement_level": off,
            "allow_deletions_enforcement_level": off,
            "merge_queue_enforcement_level": off,
            "required_deployments_enforcement_level": off,
            "required_conversation_resolution_level": off,
            "authorized_actors_only": false,
            "authorized_actor_names": [],
        })
    }

    /// What a permission question is answered with.
    pub(crate) fn permission_json(&self, repository: &Repository, account: AccountId) -> Value {
        let permission = self.permission(repository, account);
        let name = permission.map_or("none", crate::sandbox::repositories::Permission::as_str);
        let mut user = self.account_json(account);
        extend(&mut user, json!({ "role_name": name }));
        json!({ "permission": name, "role_name": name, "user": user })
    }
}
