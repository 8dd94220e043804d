//! The bot, tokens, roles, hooks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};

use crate::sandbox::accounts::{Account, AccountKind};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::access::{DEVELOPER, MAINTAINER};
use crate::sandbox::gitlab::state::{Secrets, State, Token};
use crate::sandbox::handle::Sandbox;
use crate::sandbox::story::{check, find, must};
use crate::sandbox::world::World;

/// Name of the gate's bot.
const BOT: &str = "seconder-bot";
/// A token holds for a year at most.
const TOKEN_HOURS: i64 = 365 * 24;

impl World {
    /// Makes this world a GitLab, with the gate's bot in it. `None` if no key can be made.
    pub(crate) fn become_gitlab(&mut self, gitlab: GitLab) -> Option<()> {
        self.dialect = crate::sandbox::gitlab::Dialect::GitLab(gitlab.clone());
        self.gitlab = State::new(gitlab)?;
        let id = self.next_id();
        self.accounts.add(id, BOT, BOT, AccountKind::Bot);
        self.gitlab.bot = id;
        self.gitlab.bot_token = self.new_token(id, &["api"]);
        let key = [uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()].concat();
        self.gitlab.signing_token = format!("whsec_{}", STANDARD.encode(key));
        self.gitlab.secret_token = uuid::Uuid::new_v4().simple().to_string();
        Some(())
    }

    fn new_token(&mut self, user: u64, scopes: &[&str]) -> String {
        let text = format!("glpat-{}", uuid::Uuid::new_v4().simple());
        let created_at = self.now();
        let expires_at = created_at.saturating_add(SignedDuration::from_hours(TOKEN_HOURS)).ok();
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let token = Token { id: self.next_id(), user, scopes, created_at, expires_at, revoked: false };
        self.gitlab.tokens.insert(text.clone(), token);
        text
    }

    /// A project, a group (`acme`) or a subgroup (`acme/senior`) by its path.
    pub(super) fn place(&self, path: &str) -> Option<u64> {
        let named = path.split_once('/').and_then(|(owner, name)| self.repository_named(owner, name));
        let team = || self.accounts.teams.values().find(|team| self.group_path(team) == path).map(|team| team.id);
        named.map(|project| project.id).or_else(team).or_else(|| self.accounts.by_login(path).map(|group| group.id))
    }
}

impl Sandbox {
    /// The gate's service account: Developer in every group it works for.
    pub fn bot_account(&self) -> Account {
        let world = self.world();
        must(world.accounts.get(world.gitlab.bot), "only a GitLab has the gate's bot").clone()
    }

    /// The bot's access token.
    pub fn bot_token(&self) -> String {
        self.world().gitlab.bot_token.clone()
    }

    /// `whsec_…`: what the hooks of [`Sandbox::webhooks_to`] are signed with.
    pub fn signing_token(&self) -> String {
        self.world().gitlab.signing_token.clone()
    }

    /// The secret that hooks without a signature send along.
    pub fn secret_token(&self) -> String {
        self.world().gitlab.secret_token.clone()
    }

    /// From now on, addresses of hooks that begin like this are reached there.
    pub fn resolve(&self, address: &str, to: &str) {
        self.world().gitlab.resolved.insert(address.to_owned(), to.to_owned());
    }

    /// How the hooks of [`Sandbox::webhooks_to`] show that they are GitLab's.
    pub fn webhook_secrets(&self, secrets: Secrets) {
        let mut world = self.world();
        world.gitlab.secrets = secrets;
        world.set_secrets();
    }

    /// A new access token of somebody, with the scope `api`.
    pub fn user_token(&self, account: &Account) -> String {
        self.act(|world| world.new_token(account.id, &["api"]))
    }

    /// A new access token with these scopes.
    pub fn token_with(&self, account: &Account, scopes: &[&str]) -> String {
        self.act(|world| world.new_token(account.id, scopes))
    }

    /// A token ends at this time. It is announced to the hooks of a project when a week is left, as bots' tokens are.
    pub fn expire_token(&self, token: &str, at: Timestamp, announced_to: Option<&str>) {
        self.act(|world| {
            let (id, user) = {
                let token = must(world.gitlab.tokens.get_mut(token), "no such token");
                token.expires_at = Some(at);
                (token.id, token.user)
            };
            if let Some(project) = announced_to {
                let project = find(world, project);
                world.emit_expiring_token(project, id, user, at);
            }
        });
    }

    /// A token holds no longer.
    pub fn revoke_token(&self, token: &str) {
        self.act(|world| must(world.gitlab.tokens.get_mut(token), "no such token").revoked = true);
    }

    /// Gives an account a role (30 Developer, 40 Maintainer, 50 Owner) in a project, group or subgroup.
    pub fn set_role(&self, place: &str, account: &Account, level: u64) {
        self.act(|world| {
            world.clock.tick();
            let id = must(world.place(place), "no such project or group");
            world.gitlab.levels.insert((id, account.id), level);
        });
    }

    /// Makes the bot Maintainer of a project or group, so that it can change settings.
    pub fn promote_bot(&self, place: &str) {
        let bot = self.bot_account();
        self.set_role(place, &bot, MAINTAINER);
    }

    /// Takes the bot out of a project's group and of the project: whatever it alone could approve, nobody can now.
    pub fn remove_bot(&self, project: &str) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, project);
            let bot = world.gitlab.bot;
            let above = world.repositories.get(&id).map(|home| world.groups_above(home)).unwrap_or_default();
            for place in above.into_iter().chain([id]) {
                world.gitlab.levels.remove(&(place, bot));
            }
        });
    }

    /// Puts the bot back as Developer.
    pub fn return_bot(&self, project: &str) {
        self.act(|world| {
            let id = find(world, project);
            let bot = world.gitlab.bot;
            world.gitlab.levels.insert((id, bot), DEVELOPER);
        });
    }

    /// The hooks of a project, or of a group: number and address.
    pub fn hooks(&self, place: &str) -> Vec<(u64, String)> {
        let world = self.world();
        let id = must(world.place(place), "no such project or group");
        let here = world.gitlab.hooks.values().filter(|hook| hook.project == Some(id) || hook.group == Some(id));
        here.map(|hook| (hook.id, hook.url.clone())).collect()
    }

    /// GitLab takes a hook out of service for good, as after forty failures in a row.
    pub fn disable_hook(&self, hook: u64) {
        self.act(|world| must(world.gitlab.hooks.get_mut(&hook), "no such hook").disabled = true);
    }

    /// Somebody takes a hook away.
    pub fn delete_hook(&self, hook: u64) {
        self.act(|world| check(world.gitlab.hooks.remove(&hook).is_some(), "no such hook"));
    }
}
