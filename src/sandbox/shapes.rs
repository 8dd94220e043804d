//! How REST and webhooks write what the world holds. Key names follow GitHub's OpenAPI description.

mod checks;
mod commits;
mod pulls;
mod repositories;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::accounts::{Account, AccountId, AccountKind, Team};
use super::apps::{Installation, Registered};
use super::world::World;

/// A time as GitHub writes it: UTC, whole seconds.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Adds the keys of `more` to an object.
pub(crate) fn extend(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

/// Keys with URLs below one address: many are required, and none is ever read.
fn urls(below: &str, keys: &[(&str, &str)]) -> Map<String, Value> {
    keys.iter().map(|(key, suffix)| ((*key).to_owned(), json!(format!("{below}{suffix}")))).collect()
}

impl World {
    /// `simple-user`, or null for an account that is gone.
    pub(crate) fn account_json(&self, id: AccountId) -> Value {
        self.accounts.get(id).map_or(Value::Null, |account| self.simple_user(account))
    }

    /// As [`World::account_json`], but GitHub shows `ghost` where the key may not be null.
    pub(crate) fn account_or_ghost(&self, id: AccountId) -> Value {
        match self.accounts.get(id) {
            Some(account) => self.simple_user(account),
            None => self.simple_user(&ghost()),
        }
    }

    pub(crate) fn simple_user(&self, account: &Account) -> Value {
        let api = format!("{}/users/{}", self.url, account.login);
        let mut user = json!({
            "login": account.login,
            "id": account.id,
            "node_id": account.node_id,
            "avatar_url": format!("{}/avatars/u/{}?v=4", self.url, account.avatar),
            "gravatar_id": "",
            "url": api,
            "html_url": format!("{}/{}", self.url, account.login),
            "type": account.rest_type(),
            "user_view_type": "public",
            "site_admin": false,
        });
        let below = urls(
            &api,
            &[
                ("followers_url", "/followers"),
                ("following_url", "/following{/other_user}"),
                ("gists_url", "/gists{/gist_id}"),
                ("starred_url", "/starred{/owner}{/repo}"),
                ("subscriptions_url", "/subscriptions"),
                ("organizations_url", "/orgs"),
                ("repos_url", "/repos"),
                ("events_url", "/events{/privacy}"),
                ("received_events_url", "/received_events"),
            ],
        );
        extend(&mut user, Value::Object(below));
        user
    }

    pub(crate) fn organization_json(&self, id: AccountId) -> Value {
        let Some(account) = self.accounts.get(id) else { return Value::Null };
        let api = format!("{}/orgs/{}", self.url, account.login);
        let mut organization = json!({
            "login": account.login,
            "id": account.id,
            "node_id": account.node_id,
            "url": api,
            "avatar_url": format!("{}/avatars/u/{}?v=4", self.url, account.avatar),
            "description": "",
        });
        let below = urls(
            &api,
            &[
                ("repos_url", "/repos"),
                ("events_url", "/events"),
                ("hooks_url", "/hooks"),
                ("issues_url", "/issues"),
                ("members_url", "/members{/member}"),
                ("public_members_url", "/public_members{/member}"),
            ],
        );
        extend(&mut organization, Value::Object(below));
        organization
    }

    pub(crate) fn team_json(&self, team: &Team, with_parent: bool) -> Value {
        let organization = self.login(team.organization);
        let api = format!("{}/organizations/{}/team/{}", self.url, team.organization, team.id);
        let mut json = json!({
            "id": team.id,
            "node_id": format!("T_{}", team.id),
            "name": team.name,
            "slug": team.slug,
            "description": "",
            "privacy": "closed",
            "notification_setting": "notifications_enabled",
            "permission": "pull",
            "url": api,
            "html_url": format!("{}/orgs/{organization}/teams/{}", self.url, team.slug),
            "members_url": format!("{api}/members{{/member}}"),
            "repositories_url": format!("{api}/repos"),
            "type": "organization",
            "organization_id": team.organization,
        });
        if with_parent {
            let parent = team.parent.and_then(|id| self.accounts.teams.get(&id));
            json["parent"] = parent.map_or(Value::Null, |parent| self.team_json(parent, false));
        }
        json
    }

    /// `integration`: the App as everybody sees it.
    pub(crate) fn app_json(&self, app: &Registered) -> Value {
        json!({
            "id": app.app.id,
            "slug": app.app.slug,
            "node_id": format!("A_{}", app.app.id),
            "client_id": format!("Iv1.{:016x}", app.app.id),
            "owner": self.account_or_ghost(app.owner),
            "name": app.app.slug,
            "description": "",
            "external_url": format!("{}/apps/{}", self.url, app.app.slug),
            "html_url": format!("{}/apps/{}", self.url, app.app.slug),
            "created_at": time(app.created_at),
            "updated_at": time(app.created_at),
            "permissions": app.permissions,
            "events": app.events,
        })
    }

    pub(crate) fn app_json_by_id(&self, id: u64) -> Value {
        self.apps.get(&id).map_or(Value::Null, |app| self.app_json(app))
    }

    pub(crate) fn installation_json(&self, installation: &Installation) -> Value {
        let api = format!("{}/app/installations/{}", self.url, installation.id);
        let slug = self.apps.get(&installation.app).map(|app| app.app.slug.clone());
        let organization = self.accounts.get(installation.account).is_some_and(|a| a.kind == AccountKind::Organization);
        json!({
            "id": installation.id,
            "client_id": format!("Iv1.{:016x}", installation.app),
            "account": self.account_or_ghost(installation.account),
            "repository_selection": if installation.selected.is_some() { "selected" } else { "all" },
            "access_tokens_url": format!("{api}/access_tokens"),
            "repositories_url": format!("{}/installation/repositories", self.url),
            "html_url": format!("{}/settings/installations/{}", self.url, installation.id),
            "app_id": installation.app,
            "app_slug": slug,
            "target_id": installation.account,
            "target_type": if organization { "Organization" } else { "User" },
            "permissions": installation.permissions,
            "events": self.apps.get(&installation.app).map(|app| app.events.clone()).unwrap_or_default(),
            "created_at": time(installation.created_at),
            "updated_at": time(installation.created_at),
            "single_file_name": null,
            "has_multiple_single_files": false,
            "single_file_paths": [],
            "suspended_by": installation.suspended_at.map(|_| self.account_or_ghost(installation.account)),
            "suspended_at": installation.suspended_at.map(time),
        })
    }

    /// An installation as webhooks show it: its times are seconds since 1970.
    pub(crate) fn installation_webhook_json(&self, installation: &Installation) -> Value {
        let mut json = self.installation_json(installation);
        let at = installation.created_at.as_second();
        extend(&mut json, json!({ "created_at": at, "updated_at": at }));
        json
    }
}

/// What GitHub shows in place of a deleted account.
fn ghost() -> Account {
    Account {
        id: 10_137,
        login: "ghost".to_owned(),
        node_id: "U_10137".to_owned(),
        email: String::new(),
        kind: AccountKind::User,
        graphql_login: "ghost".to_owned(),
        emails: Vec::new(),
        deleted: false,
        avatar: 10_137,
    }
}
