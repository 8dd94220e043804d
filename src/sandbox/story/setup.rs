//! What people set up, well or badly: the App's registration, repositories' settings, rulesets.

use serde_json::{Value, json};

use super::{SYSTEM, find, must};
use crate::sandbox::accounts::Account;
use crate::sandbox::apps::Webhook;
use crate::sandbox::handle::Sandbox;
use crate::sandbox::repositories::{Ruleset, Settings};
use crate::sandbox::tap::Resource;

impl Sandbox {
    /// Changes a permission that the App asks for; `None` takes it away. Installations keep what they accepted.
    pub fn ask_permission(&self, permission: &str, level: Option<&str>) {
        let app = self.shared_app();
        self.act(|world| {
            let asked = &mut must(world.apps.get_mut(&app), "no App").permissions;
            match level {
                Some(level) => asked.insert(permission.to_owned(), level.to_owned()),
                None => asked.remove(permission),
            };
        });
    }

    /// Takes an event from those that the App is subscribed to.
    pub fn unsubscribe(&self, event: &str) {
        let app = self.shared_app();
        self.act(|world| must(world.apps.get_mut(&app), "no App").events.retain(|one| one != event));
    }

    /// Sets how the App's webhooks are sent. It is shown, and changes nothing about how they are.
    pub fn webhook_settings(&self, webhook: Webhook) {
        let app = self.shared_app();
        self.act(|world| must(world.apps.get_mut(&app), "no App").webhook = webhook);
    }

    /// Somebody else makes so many REST calls with the App's key, for its installation on this account.
    pub fn spend(&self, account: &Account, calls: u32) {
        let installation = self.installation(account);
        self.act(|world| world.spend(installation, Resource::Core, calls));
    }

    /// Changes settings of a repository.
    pub fn settings(&self, repository: &str, settings: Settings) {
        self.act(|world| {
            let id = find(world, repository);
            must(world.repositories.get_mut(&id), "no repository").settings = settings;
        });
    }

    /// Lets GitHub Actions approve pull requests, as far as the organisation is concerned.
    pub fn let_actions_approve(&self, organization: &Account) {
        self.act(|world| world.actions_may_approve_in.insert(organization.id));
    }

    /// Lets somebody past a ruleset: `Team`, `RepositoryRole`, `Integration`, …; `always` or `pull_request`.
    pub fn let_bypass(&self, ruleset: u64, actor_type: &str, mode: &str) {
        let actor = json!({ "actor_id": 5, "actor_type": actor_type, "bypass_mode": mode });
        self.edit_ruleset(ruleset, |edited| {
            if let Some(actors) = edited.bypass_actors.as_array_mut() {
                actors.push(actor);
            }
        });
    }

    /// Wants branches up to date before they merge.
    pub fn require_up_to_date(&self, ruleset: u64) {
        self.edit_ruleset(ruleset, |edited| {
            for rule in edited.rules.iter_mut().filter(|rule| rule["type"] == "required_status_checks") {
                rule["parameters"]["strict_required_status_checks_policy"] = json!(true);
            }
        });
    }

    /// Has the branches of a ruleset merged by a queue.
    pub fn require_queue(&self, ruleset: u64) {
        let parameters = json!({
            "check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5,
            "max_entries_to_merge": 5, "merge_method": "MERGE", "min_entries_to_merge": 1,
            "min_entries_to_merge_wait_minutes": 5,
        });
        let rule: Value = json!({ "type": "merge_queue", "parameters": parameters });
        self.edit_ruleset(ruleset, |edited| edited.rules.push(rule));
    }

    fn edit_ruleset(&self, ruleset: u64, edit: impl FnOnce(&mut Ruleset)) {
        self.act(|world| {
            world.clock.tick();
            let mut edited = must(world.rulesets.get(&ruleset), "no such ruleset").clone();
            edit(&mut edited);
            world.emit_ruleset("edited", &edited, SYSTEM);
            world.rulesets.insert(ruleset, edited);
        });
    }
}
