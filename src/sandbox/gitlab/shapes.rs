//! How the REST API writes what the world holds. Key names follow <https://docs.gitlab.com/api/rest/>.

mod requests;

pub(super) use requests::{Note, state_of, title_of};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::DEVELOPER;
use super::requests::short;
use super::state::{Hook, ProtectedBranch, Rule, StatusCheck};
use crate::sandbox::accounts::{Account, AccountId, AccountKind, Team};
use crate::sandbox::git::{ChangeKind, FileChange};
use crate::sandbox::pulls::Pull;
use crate::sandbox::repositories::{Repository, RepositoryId};
use crate::sandbox::shapes::extend;
use crate::sandbox::world::World;

/// A time as GitLab's API writes it: UTC, milliseconds.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn stamp_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000+00:00").to_string()
}

impl World {
    /// `UserBasic`; null for an account that is gone.
    pub(super) fn user_json(&self, id: AccountId) -> Value {
        let Some(account) = self.accounts.get(id) else { return Value::Null };
        json!({
            "id": id,
            "username": account.login,
            "public_email": "",
            "name": account.login,
            "state": self.gitlab.states.get(&id).copied().unwrap_or("active"),
            "locked": false,
            "avatar_url": format!("{}/uploads/-/system/user/avatar/{id}/avatar.png", self.url),
            "web_url": format!("{}/{}", self.url, account.login),
        })
    }

    pub(super) fn user_public_json(&self, account: &Account) -> Value {
        let mut user = self.user_json(account.id);
        let more = json!({
            "created_at": "2020-01-01T00:00:00.000Z",
            "bio": "",
            "location": "",
            "bot": account.kind == AccountKind::Bot,
            "job_title": "",
            "work_information": null,
        });
        extend(&mut user, more);
        user
    }

    pub(super) fn namespace_json(&self, id: u64) -> Value {
        let team = self.accounts.teams.get(&id);
        let path = match team {
            Some(team) => self.group_path(team),
            None => self.login(id).to_owned(),
        };
        let is_group = team.is_some() || self.accounts.get(id).is_some_and(|one| one.kind == AccountKind::Organization);
        let top = path.split('/').next().unwrap_or_default();
        json!({
            "id": if team.is_some() { id } else { self.namespace_id(id) },
            "name": path.rsplit('/').next(),
            "path": path.rsplit('/').next(),
            "kind": if is_group { "group" } else { "user" },
            "full_path": path,
            "parent_id": team.map(|team| team.parent.unwrap_or(team.organization)),
            "avatar_url": null,
            "web_url": format!("{}/{}{path}", self.url, if is_group { "groups/" } else { "" }),
            "plan": self.accounts.by_login(top).map(|_| "default"),
        })
    }

    pub(super) fn group_path(&self, team: &Team) -> String {
        let above = team.parent.and_then(|parent| self.accounts.teams.get(&parent));
        let above = above.map_or_else(|| self.login(team.organization).to_owned(), |above| self.group_path(above));
        format!("{above}/{}", team.slug)
    }

    /// A group or a subgroup.
    pub(super) fn group_json(&self, id: u64) -> Value {
        let namespace = self.namespace_json(id);
        json!({
            "id": namespace["id"],
            "web_url": namespace["web_url"],
            "name": namespace["name"],
            "path": namespace["path"],
            "description": "",
            "visibility": "public",
            "require_two_factor_authentication": false,
            "emails_enabled": true,
            "lfs_enabled": true,
            "default_branch": null,
            "avatar_url": null,
            "request_access_enabled": true,
            "full_name": namespace["full_path"],
            "full_path": namespace["full_path"],
            "created_at": "2020-01-01T00:00:00.000Z",
            "parent_id": namespace["parent_id"],
            "shared_runners_setting": "enabled",
            "archived": false,
        })
    }

    pub(super) fn project_path(&self, id: RepositoryId) -> String {
        self.repositories.get(&id).map(|project| self.full_name(project)).unwrap_or_default()
    }

    pub(super) fn project_json(&self, project: &Repository, caller: Option<AccountId>) -> Value {
        let path = self.full_name(project);
        let web = format!("{}/{path}", self.url);
        let api = format!("{}/api/v4/projects/{}", self.url, project.id);
        let above = self.groups_above(project);
        let namespace = self.namespace_json(above.first().copied().unwrap_or(project.owner));
        let name = project.name.rsplit('/').next();
        let access = caller.map(|caller| self.level(project, caller)).filter(|level| *level > 0);
        let access = access.map(|level| json!({ "access_level": level, "notification_level": 3 }));
        let mut shown = json!({
            "id": project.id,
            "description": null,
            "name": name,
            "name_with_namespace": path.replace('/', " / "),
            "path": name,
            "path_with_namespace": path,
            "created_at": time(project.created_at),
            "default_branch": project.default_branch,
            "tag_list": [],
            "topics": [],
            "ssh_url_to_repo": format!("git@{}:{path}.git", self.url.trim_start_matches("http://")),
            "http_url_to_repo": format!("{web}.git"),
            "web_url": web,
            "readme_url": null,
            "forks_count": 0,
            "avatar_url": null,
            "star_count": 0,
            "last_activity_at": time(project.pushed_at),
            "visibility": if project.private { "private" } else { "public" },
            "namespace": namespace,
            "_links": { "self": api, "merge_requests": format!("{api}/merge_requests"), "members": format!("{api}/members") },
            "marked_for_deletion_on": null,
            "packages_enabled": true,
            "empty_repo": project.refs.is_empty(),
            "archived": project.archived,
            "creator_id": project.owner,
            "permissions": { "project_access": null, "group_access": access },
        });
        let fork = project.fork_of.and_then(|id| self.repositories.get(&id)).map(
            |parent| json!({ "id": parent.id, "name": parent.name, "path_with_namespace": self.full_name(parent) }),
        );
        if let Some(fork) = fork {
            shown["forked_from_project"] = fork;
        }
        let settings = self.gitlab.projects.get(&project.id).map(|one| one.settings.clone()).unwrap_or_default();
        let is_ee = self.gitlab.gitlab.has_premium();
        let of_edition =
            |name: &str| is_ee || !name.starts_with("merge_pipelines") && !name.starts_with("merge_trains");
        let ultimate = self.gitlab.gitlab.has_ultimate();
        let settings = settings.into_iter().filter(|(name, _)| of_edition(name));
        let settings = settings.filter(|(name, _)| ultimate || !name.ends_with("status_checks_passed"));
        extend(&mut shown, Value::Object(settings.collect()));
        shown
    }

    pub(super) fn commit_rest_json(&self, project: RepositoryId, sha: &str) -> Value {
        let Some(commit) = self.git.commit(sha) else { return Value::Null };
        json!({
            "id": sha,
            "short_id": short(sha),
            "created_at": stamp_time(commit.committer.at),
            "parent_ids": commit.parents,
            "title": commit.message.lines().next().unwrap_or_default(),
            "message": commit.message,
            "author_name": commit.author.name,
            "author_email": commit.author.email,
            "authored_date": stamp_time(commit.author.at),
            "committer_name": commit.committer.name,
            "committer_email": commit.committer.email,
            "committed_date": stamp_time(commit.committer.at),
            "trailers": {},
            "extended_trailers": {},
            "web_url": format!("{}/{}/-/commit/{sha}", self.url, self.project_path(project)),
        })
    }

    /// A file of a difference between two commits.
    pub(super) fn diff_json(&self, from: &str, change: &FileChange) -> Value {
        let old = change.previous_path.as_ref().unwrap_or(&change.path);
        let text = self.git.file_patch(from, change);
        let removed = change.kind == ChangeKind::Removed;
        json!({
            "diff": text,
            "collapsed": false,
            "too_large": false,
            "new_path": change.path,
            "old_path": old,
            "a_mode": if change.kind == ChangeKind::Added { "0" } else { "100644" },
            "b_mode": if removed { "0" } else { "100644" },
            "new_file": change.kind == ChangeKind::Added,
            "renamed_file": change.kind == ChangeKind::Renamed,
            "deleted_file": removed,
            "generated_file": false,
        })
    }

    pub(super) fn branch_rest_json(&self, project: &Repository, name: &str, tip: &str, caller: AccountId) -> Value {
        let kept = self.gitlab.projects.get(&project.id).map(|one| one.protected.as_slice()).unwrap_or_default();
        let protection = kept.iter().find(|branch| branch.name == name);
        let protected = protection.is_some();
        let push_level = protection.map_or(DEVELOPER, |protection| protection.push_level);
        json!({
            "name": name,
            "commit": self.commit_rest_json(project.id, tip),
            "merged": false,
            "protected": protected,
            "developers_can_push": push_level <= DEVELOPER,
            "developers_can_merge": !protected,
            "can_push": self.level(project, caller) >= push_level,
            "default": name == project.default_branch,
            "web_url": format!("{}/{}/-/tree/{name}", self.url, self.full_name(project)),
        })
    }

    pub(super) fn protected_branch_json(&self, branch: &ProtectedBranch) -> Value {
        let level = |level: u64| {
            let described = match level {
                0 => "No one",
                30 => "Developers + Maintainers",
                _ => "Maintainers",
            };
            json!([{ "id": branch.id * 10 + level, "access_level": level, "access_level_description": described,
                "deploy_key_id": null, "user_id": null, "group_id": null }])
        };
        let mut shown = json!({
            "id": branch.id,
            "name": branch.name,
            "push_access_levels": level(branch.push_level),
            "merge_access_levels": level(branch.merge_level),
            "allow_force_push": false,
        });
        if self.gitlab.gitlab.has_premium() {
            let more =
                json!({ "unprotect_access_levels": [], "code_owner_approval_required": false, "inherited": false });
            extend(&mut shown, more);
        }
        shown
    }

    pub(super) fn rule_json(&self, project: RepositoryId, pull: Option<&Pull>, rule: &Rule) -> Value {
        let users = |ids: &mut dyn Iterator<Item = AccountId>| ids.map(|id| self.user_json(id)).collect::<Vec<_>>();
        let mut shown = json!({
            "id": rule.id,
            "name": rule.name,
            "rule_type": rule.kind,
            "report_type": (rule.kind == "report_approver").then_some("any_merge_request"),
            "eligible_approvers": users(&mut self.eligible_shown(project, pull, rule).into_iter()),
            "approvals_required": rule.approvals_required,
            "users": users(&mut rule.users.iter().copied()),
            "groups": rule.groups.iter().map(|group| self.group_json(*group)).collect::<Vec<_>>(),
            "contains_hidden_groups": false,
        });
        if pull.is_some() {
            extend(&mut shown, json!({ "section": null, "source_rule": null, "overridden": false }));
        } else {
            let kept = self.gitlab.projects.get(&project).map(|one| one.protected.as_slice()).unwrap_or_default();
            let named = kept.iter().filter(|branch| rule.all_protected || rule.branches.contains(&branch.id));
            let named: Vec<Value> = named.map(|branch| self.protected_branch_json(branch)).collect();
            let more = json!({ "protected_branches": named, "applies_to_all_protected_branches": rule.all_protected });
            extend(&mut shown, more);
        }
        shown
    }

    /// Of a rule that names nobody, none is listed.
    fn eligible_shown(
        &self,
        project: RepositoryId,
        pull: Option<&Pull>,
        rule: &Rule,
    ) -> std::collections::BTreeSet<AccountId> {
        let named = rule.kind != "any_approver";
        if named { self.eligible(project, pull, rule) } else { std::collections::BTreeSet::new() }
    }

    pub(super) fn status_check_json(&self, project: RepositoryId, check: &StatusCheck) -> Value {
        let kept = self.gitlab.projects.get(&project).map(|one| one.protected.as_slice()).unwrap_or_default();
        let named = kept.iter().filter(|branch| check.branches.contains(&branch.id));
        let named = named.map(|branch| {
            json!({ "id": branch.id, "project_id": project, "name": branch.name,
            "code_owner_approval_required": false })
        });
        json!({
            "id": check.id,
            "name": check.name,
            "project_id": project,
            "external_url": check.url,
            "hmac": check.has_secret,
            "protected_branches": named.collect::<Vec<_>>(),
        })
    }

    pub(super) fn hook_json(&self, hook: &Hook) -> Value {
        let now = self.now();
        let away = hook.disabled_until.filter(|until| now < *until);
        let status = match (hook.disabled, away) {
            (true, _) => "disabled",
            (false, Some(_)) => "temporarily_disabled",
            (false, None) => "executable",
        };
        let mut shown = json!({
            "id": hook.id,
            "url": hook.url,
            "name": "",
            "description": "",
            "created_at": time(hook.created_at),
            "alert_status": status,
            "disabled_until": away.map(time),
            "url_variables": [],
            "push_events_branch_filter": null,
            "branch_filter_strategy": "wildcard",
            "custom_webhook_template": null,
            "custom_headers": [],
            "enable_ssl_verification": true,
            "repository_update_events": false,
        });
        if self.gitlab.gitlab.since(19, 0) {
            let present =
                json!({ "signing_token_present": hook.signing_token.is_some(), "token_present": hook.token.is_some() });
            extend(&mut shown, present);
        }
        let of_groups = |name: &str| matches!(name, "member_events" | "subgroup_events");
        let settings = hook.settings.clone().into_iter();
        let settings = settings.filter(|(name, _)| hook.group.is_some() || !of_groups(name));
        extend(&mut shown, Value::Object(settings.collect()));
        match (hook.project, hook.group) {
            (Some(project), _) => {
                shown["project_id"] = json!(project);
                // Members and subgroups are a group's.
                if let Some(shown) = shown.as_object_mut() {
                    shown.retain(|name, _| !matches!(name.as_str(), "member_events" | "subgroup_events"));
                }
            }
            (None, group) => shown["group_id"] = json!(group),
        }
        shown
    }

    pub(super) fn member_json(&self, user: AccountId, level: u64) -> Value {
        let mut shown = self.user_json(user);
        let more = json!({
            "access_level": level,
            "created_at": "2020-01-01T00:00:00.000Z",
            "expires_at": null,
            "membership_state": "active",
            "member_role": null,
        });
        extend(&mut shown, more);
        shown
    }
}
