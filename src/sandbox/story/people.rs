//! Accounts, organisations, teams, repositories, installations.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{check, find, must};
use crate::sandbox::accounts::{Account, AccountId, AccountKind, Team};
use crate::sandbox::apps::{Installation, default_permissions};
use crate::sandbox::git::NewCommit;
use crate::sandbox::handle::Sandbox;
use crate::sandbox::repositories::{Permission, Repository, Settings};
use crate::sandbox::webhooks::Event;
use crate::sandbox::world::World;

/// Bots that exist on GitHub, with the numbers they have there: REST login, GraphQL login, number.
const KNOWN_BOTS: [(&str, &str, u64); 4] = [
    ("Copilot", "copilot-swe-agent", 198_982_749),
    ("dependabot[bot]", "dependabot", 49_699_333),
    ("github-actions[bot]", "github-actions", 41_898_282),
    ("renovate[bot]", "renovate", 29_139_614),
];

impl Sandbox {
    fn account(&self, login: &str, kind: AccountKind) -> Account {
        self.act(|world| {
            if let Some(account) = world.accounts.by_login(login) {
                return account.clone();
            }
            let id = world.next_id();
            world.accounts.add(id, login, login, kind)
        })
    }

    /// A person; made on first mention.
    pub fn user(&self, login: &str) -> Account {
        self.account(login, AccountKind::User)
    }

    /// A bot; made on first mention. `Copilot`, `dependabot[bot]`, `github-actions[bot]` and `renovate[bot]` have the
    /// numbers they have on GitHub.
    pub fn bot(&self, login: &str) -> Account {
        self.act(|world| {
            if let Some(account) = world.accounts.by_login(login) {
                return account.clone();
            }
            let known = KNOWN_BOTS.iter().find(|(known, ..)| *known == login);
            let id = known.map_or_else(|| world.next_id(), |(.., id)| *id);
            let graphql = known.map_or_else(|| login.trim_end_matches("[bot]"), |(_, graphql, _)| graphql);
            world.accounts.add(id, login, graphql, AccountKind::Bot)
        })
    }

    /// An organisation; made on first mention.
    pub fn organization(&self, login: &str) -> Account {
        self.account(login, AccountKind::Organization)
    }

    /// Verifies one more e-mail address for an account: commits with it link to the account.
    pub fn verify_email(&self, account: &Account, email: &str) {
        self.act(|world| {
            if let Some(account) = world.accounts.get_mut(account.id) {
                account.emails.push(email.to_owned());
            }
        });
    }

    /// Gives an account another login; its number stays.
    pub fn rename_account(&self, account: &Account, login: &str) -> Account {
        self.act(|world| {
            world.clock.tick();
            let account = must(world.accounts.get_mut(account.id), "the account to rename does not exist");
            login.clone_into(&mut account.login);
            login.clone_into(&mut account.graphql_login);
            account.clone()
        })
    }

    /// Deletes an account: what it wrote stays, by nobody.
    pub fn delete_account(&self, account: &Account) {
        self.act(|world| {
            world.clock.tick();
            if let Some(account) = world.accounts.get_mut(account.id) {
                account.deleted = true;
            }
            if world.is_gitlab() {
                world.leave_to_ghost(account.id);
            }
        });
    }

    /// Makes an account a member of an organisation.
    pub fn member(&self, organization: &Account, account: &Account) {
        self.act(|world| world.accounts.members.insert((organization.id, account.id), false));
    }

    /// Makes an account an owner of an organisation.
    pub fn owner(&self, organization: &Account, account: &Account) {
        self.act(|world| world.accounts.members.insert((organization.id, account.id), true));
    }

    /// Takes an account out of an organisation and all its teams.
    pub fn remove_member(&self, actor: &Account, organization: &Account, account: &Account) {
        self.act(|world| {
            world.clock.tick();
            world.accounts.members.remove(&(organization.id, account.id));
            let teams = world.accounts.teams.values_mut().filter(|team| team.organization == organization.id);
            for team in teams {
                team.members.remove(&account.id);
            }
            world.emit_member("member_removed", organization.id, account.id, actor.id);
        });
    }

    /// Puts accounts on a team of an organisation, making the team and memberships on the way.
    pub fn team(&self, organization: &Account, slug: &str, members: &[&Account]) {
        self.act(|world| {
            let team = team(world, organization.id, slug);
            for member in members {
                join(world, organization.id, team, member.id, false);
            }
        });
    }

    /// Puts a team below another one of the same organisation.
    pub fn nest_team(&self, organization: &Account, slug: &str, parent: &str) {
        self.act(|world| {
            let (child, parent) = (team(world, organization.id, slug), team(world, organization.id, parent));
            if let Some(team) = world.accounts.teams.get_mut(&child) {
                team.parent = Some(parent);
            }
        });
    }

    /// Makes an account a maintainer of a team: it can add members.
    pub fn team_maintainer(&self, organization: &Account, slug: &str, account: &Account) {
        self.act(|world| {
            let team = team(world, organization.id, slug);
            join(world, organization.id, team, account.id, true);
        });
    }

    /// Takes an account off a team.
    pub fn leave_team(&self, actor: &Account, organization: &Account, slug: &str, account: &Account) {
        self.act(|world| {
            world.clock.tick();
            let id = team(world, organization.id, slug);
            let Some(team) = world.accounts.teams.get_mut(&id) else { return };
            team.members.remove(&account.id);
            let team = team.clone();
            world.emit_membership("removed", &team, account.id, actor.id);
        });
    }

    /// Makes a public repository with one commit on `main`, and installs the Apps on it.
    pub fn repository(&self, full_name: &str) -> u64 {
        self.new_repository(full_name, false, None)
    }

    /// As [`Sandbox::repository`], but private.
    pub fn private_repository(&self, full_name: &str) -> u64 {
        self.new_repository(full_name, true, None)
    }

    /// Whether there is a repository of this name (`owner/name`).
    pub fn has_repository(&self, full_name: &str) -> bool {
        let named = full_name.split_once('/');
        named.is_some_and(|(owner, name)| self.world().repository_named(owner, name).is_some())
    }

    /// Copies a repository to an account, without any App on it. Returns `owner/name`.
    pub fn fork(&self, actor: &Account, full_name: &str) -> String {
        let parent = find(&self.world(), full_name);
        let name = full_name.rsplit('/').next().unwrap_or(full_name);
        let fork = format!("{}/{name}", self.act(|world| world.login(actor.id).to_owned()));
        self.new_repository(&fork, false, Some(parent));
        fork
    }

    fn new_repository(&self, full_name: &str, private: bool, fork_of: Option<u64>) -> u64 {
        let (owner, name) = must(full_name.split_once('/'), "a repository is named owner/name");
        let owner =
            self.act(|world| world.accounts.by_login(owner).cloned()).unwrap_or_else(|| self.organization(owner));
        self.act(|world| {
            let now = world.clock.tick();
            let id = world.next_id();
            let parent = fork_of.and_then(|parent| world.repositories.get(&parent));
            let repository = Repository {
                id,
                owner: owner.id,
                name: name.to_owned(),
                private,
                default_branch: parent.map_or_else(|| "main".to_owned(), |parent| parent.default_branch.clone()),
                fork_of,
                archived: false,
                settings: Settings::default(),
                refs: parent.map(|parent| parent.refs.clone()).unwrap_or_default(),
                visible: parent.map(|parent| parent.visible.clone()).unwrap_or_default(),
                collaborators: BTreeMap::new(),
                pulls: BTreeMap::new(),
                activity: Vec::new(),
                created_at: now,
                pushed_at: now,
            };
            world.repositories.insert(id, repository);
            if world.is_gitlab() {
                world.found_project(id, fork_of.is_none());
            }
            if fork_of.is_none() {
                install(world, owner.id);
                let first = NewCommit::new("Initial commit").file("README.md", format!("# {name}\n"));
                let sha = world.make_commit(owner.id, &first, None, now);
                must(world.move_ref(owner.id, id, "refs/heads/main", &sha, false), "the first commit");
            }
            id
        })
    }

    /// Lets an account do something in a repository.
    pub fn grant(&self, full_name: &str, account: &Account, permission: Permission) {
        self.act(|world| {
            let id = find(world, full_name);
            if let Some(repository) = world.repositories.get_mut(&id) {
                repository.collaborators.insert(account.id, permission);
            }
        });
    }

    /// Gives a repository another name; its number stays. Returns the new `owner/name`.
    pub fn rename_repository(&self, actor: &Account, full_name: &str, name: &str) -> String {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, full_name);
            world.former_names.insert(full_name.to_ascii_lowercase(), id);
            let from = world.repositories.get_mut(&id).map(|repo| std::mem::replace(&mut repo.name, name.to_owned()));
            world.emit_repository("renamed", id, actor.id, &json!({ "repository": { "name": { "from": from } } }));
            world.repositories.get(&id).map(|repository| world.full_name(repository)).unwrap_or_default()
        })
    }

    /// Makes a repository private, or public.
    pub fn set_private(&self, actor: &Account, full_name: &str, private: bool) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, full_name);
            if let Some(repository) = world.repositories.get_mut(&id) {
                repository.private = private;
            }
            let action = if private { "privatized" } else { "publicized" };
            world.emit_repository(action, id, actor.id, &json!({}));
        });
    }

    /// Gives a repository to another account; its number stays. Returns the new `owner/name`.
    pub fn transfer_repository(&self, actor: &Account, full_name: &str, to: &Account) -> String {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, full_name);
            world.former_names.insert(full_name.to_ascii_lowercase(), id);
            let from = world.repositories.get_mut(&id).map_or(0, |repo| std::mem::replace(&mut repo.owner, to.id));
            let from = world.organization_json(from);
            world.emit_repository(
                "transferred",
                id,
                actor.id,
                &json!({ "owner": { "from": { "organization": from } } }),
            );
            world.repositories.get(&id).map(|repository| world.full_name(repository)).unwrap_or_default()
        })
    }

    /// Deletes a repository; pull requests from it stay, without a head repository.
    pub fn delete_repository(&self, full_name: &str) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, full_name);
            let sender = world.repositories.get(&id).map_or(super::SYSTEM, |repository| repository.owner);
            world.emit(&Event {
                name: "repository",
                action: Some("deleted"),
                repository: Some(id),
                organization: None,
                sender,
                body: json!({}),
            });
            world.repositories.remove(&id);
            let pulls = world.repositories.values_mut().flat_map(|repository| repository.pulls.values_mut());
            for pull in pulls.filter(|pull| pull.head_repository == Some(id)) {
                pull.head_repository = None;
            }
        });
    }

    /// Makes a repository read-only, or writable again.
    pub fn archive(&self, actor: &Account, full_name: &str, archived: bool) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, full_name);
            let Some(repository) = world.repositories.get_mut(&id) else { return };
            repository.archived = archived;
            let action = if archived { "archived" } else { "unarchived" };
            world.emit_repository(action, id, actor.id, &json!({}));
        });
    }

    /// Makes another branch the default one.
    pub fn default_branch(&self, actor: &Account, full_name: &str, branch: &str) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, full_name);
            let Some(repository) = world.repositories.get_mut(&id) else { return };
            let from = std::mem::replace(&mut repository.default_branch, branch.to_owned());
            world.emit_repository("edited", id, actor.id, &json!({ "default_branch": { "from": from } }));
        });
    }

    /// Number of the App's installation on an account.
    pub fn installation(&self, account: &Account) -> u64 {
        let world = self.world();
        let app = self.shared_app();
        let own = world.installations.values().find(|own| own.account == account.id && own.app == app);
        must(own, "the App is not installed there").id
    }

    /// Installs the Apps on an account that has no repository yet, or again after it was removed.
    pub fn install(&self, account: &Account) {
        self.act(|world| {
            world.clock.tick();
            install(world, account.id);
        });
    }

    /// Narrows the App's installation on an account to these repositories.
    pub fn select_repositories(&self, account: &Account, full_names: &[&str]) {
        let number = self.installation(account);
        self.act(|world| {
            world.clock.tick();
            let wanted: BTreeSet<u64> = full_names.iter().map(|name| find(world, name)).collect();
            let own = must(world.installations.get(&number), "the App is not installed there").clone();
            let covered = world.repositories.values().filter(|one| own.covers(one));
            let before: BTreeSet<u64> = covered.map(|one| one.id).collect();
            let mut own = own;
            own.selected = Some(wanted.clone());
            world.installations.insert(number, own.clone());
            let (added, removed): (Vec<u64>, Vec<u64>) =
                (wanted.difference(&before).copied().collect(), before.difference(&wanted).copied().collect());
            world.emit_selection(&own, &added, &removed);
        });
    }

    /// Suspends the App on an account: its tokens stop working and no more webhooks come.
    pub fn suspend(&self, account: &Account) {
        self.set_suspended(account, true);
    }

    /// Ends a suspension.
    pub fn unsuspend(&self, account: &Account) {
        self.set_suspended(account, false);
    }

    fn set_suspended(&self, account: &Account, suspended: bool) {
        let number = self.installation(account);
        self.act(|world| {
            let now = world.clock.tick();
            let own = must(world.installations.get_mut(&number), "the App is not installed there");
            own.suspended_at = suspended.then_some(now);
            let own = own.clone();
            emit_installation(world, &own, if suspended { "suspend" } else { "unsuspend" });
        });
    }

    /// Takes the App off an account.
    pub fn uninstall(&self, account: &Account) {
        let number = self.installation(account);
        self.act(|world| {
            world.clock.tick();
            let own = must(world.installations.remove(&number), "the App is not installed there");
            emit_installation(world, &own, "deleted");
        });
    }

    /// Gives the App's installation on an account a permission, as its owner accepts it. Tokens made from now on have it.
    pub fn accept_permission(&self, account: &Account, permission: &str, level: &str) {
        let number = self.installation(account);
        self.act(|world| {
            world.clock.tick();
            let own = must(world.installations.get_mut(&number), "the App is not installed there");
            own.permissions.insert(permission.to_owned(), level.to_owned());
            let own = own.clone();
            emit_installation(world, &own, "new_permissions_accepted");
        });
    }

    /// Takes a permission (`checks`, `members`, …) from the App's installation on an account. Tokens made from now on
    /// lack it.
    pub fn revoke_permission(&self, account: &Account, permission: &str) {
        let number = self.installation(account);
        self.act(|world| {
            let own = world.installations.get_mut(&number);
            check(
                own.is_some_and(|own| own.permissions.remove(permission).is_some()),
                "the App had no such permission",
            );
        });
    }
}

fn team(world: &mut World, organization: AccountId, slug: &str) -> u64 {
    if let Some(team) = world.accounts.team(organization, slug) {
        return team.id;
    }
    let id = world.next_id();
    let (slug, name) = (slug.to_owned(), slug.to_owned());
    let team = Team { id, organization, slug, name, parent: None, members: BTreeMap::new() };
    world.accounts.teams.insert(id, team);
    id
}

fn join(world: &mut World, organization: AccountId, id: u64, member: AccountId, maintainer: bool) {
    world.clock.tick();
    world.accounts.members.entry((organization, member)).or_insert(false);
    let Some(team) = world.accounts.teams.get_mut(&id) else { return };
    team.members.insert(member, maintainer);
    let team = team.clone();
    world.emit_membership("added", &team, member, organization);
}

/// Installs every App that is not on the account yet.
fn install(world: &mut World, account: AccountId) {
    let apps: Vec<u64> = world.apps.keys().copied().collect();
    for app in apps {
        if world.installations.values().any(|own| own.account == account && own.app == app) {
            continue;
        }
        let id = world.next_id();
        let created_at = world.now();
        let permissions = default_permissions();
        let own = Installation { id, app, account, selected: None, permissions, suspended_at: None, created_at };
        world.installations.insert(id, own.clone());
        emit_installation(world, &own, "created");
    }
}

fn emit_installation(world: &mut World, own: &Installation, action: &'static str) {
    let covered = world.repositories.values().filter(|repository| own.covers(repository));
    let repositories: Vec<_> = covered.map(|repository| world.repository_brief(repository)).collect();
    let body = json!({ "installation": world.installation_webhook_json(own), "repositories": repositories, "requester": null });
    let event = Event {
        name: "installation",
        action: Some(action),
        repository: None,
        organization: None,
        sender: own.account,
        body,
    };
    world.emit_to(own, &event);
}
