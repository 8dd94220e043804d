//! Webhooks: whom they are told, how they show where they come from, and what failing does to a hook.

mod payloads;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::Sha256;

use super::state::{HOOK_EVENTS, Hook, Secrets, has_group_hooks};
use crate::sandbox::accounts::AccountKind;
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::webhooks::{Delivery, Outcome, Request};
use crate::sandbox::world::World;

/// Failures in a row after which a hook is disabled for a while, and for good.
const DISABLED_FOR_A_WHILE: u32 = 4;
const DISABLED_FOR_GOOD: u32 = 40;
/// A hook is disabled for a minute at first and for a day at most.
const LONGEST_WHILE_MINUTES: i64 = 24 * 60;

/// Something to tell.
#[derive(Debug)]
pub(crate) struct Told {
    /// The hook's setting that asks for it, such as `merge_requests_events`.
    pub(crate) setting: &'static str,
    /// `X-Gitlab-Event`.
    pub(crate) header: &'static str,
    /// What a story calls it: the payload's `object_kind`, or its `event_name`.
    pub(crate) kind: &'static str,
    pub(crate) action: Option<String>,
    pub(crate) body: Value,
}

impl World {
    /// Tells the hooks of a project and of the groups above it.
    pub(super) fn tell_project(&mut self, project: RepositoryId, told: &Told) {
        let Some(home) = self.repositories.get(&project) else { return };
        let groups = self.groups_above(home);
        let concerned =
            |hook: &Hook| hook.project == Some(project) || hook.group.is_some_and(|id| groups.contains(&id));
        self.tell(Some(project), told, concerned);
    }

    /// Tells the hooks of a group and of those above it.
    pub(super) fn tell_group(&mut self, group: u64, told: &Told) {
        let above = self.accounts.teams.get(&group).map(|team| team.organization);
        let concerned = |hook: &Hook| hook.group.is_some_and(|id| id == group || Some(id) == above);
        self.tell(None, told, concerned);
    }

    fn tell(&mut self, project: Option<RepositoryId>, told: &Told, concerned: impl Fn(&Hook) -> bool) {
        let now = self.now();
        let wants = |hook: &&Hook| hook.settings.get(told.setting) == Some(&Value::Bool(true));
        let is_up = |hook: &&Hook| !hook.disabled && hook.disabled_until.is_none_or(|until| now >= until);
        let hooks = self.gitlab.hooks.values().filter(|hook| concerned(hook)).filter(wants).filter(is_up);
        for hook in hooks.map(|hook| hook.id).collect::<Vec<_>>() {
            self.deliver_to(hook, project, told);
        }
    }

    /// Sends an event to one hook, whether it asked for it or not; returns the delivery's number.
    pub(super) fn deliver_to(&mut self, hook: u64, project: Option<RepositoryId>, told: &Told) -> u64 {
        let id = self.next_id();
        let delivery = Delivery {
            id,
            guid: uuid::Uuid::new_v4().to_string(),
            event: told.kind.to_owned(),
            action: told.action.clone(),
            redelivery: false,
            body: told.body.to_string(),
            outcome: Outcome::Pending,
            at: self.now(),
            app: 0,
            installation: 0,
            hook,
            header: told.header,
            repository: project,
            answer: None,
            duration_seconds: 0.0,
        };
        self.enqueue(delivery);
        id
    }

    /// Makes the hooks of [`crate::sandbox::Sandbox::webhooks_to`] wherever they are missing: on every top-level group,
    /// or, in an edition without hooks on groups, on every project.
    pub(crate) fn place_hooks(&mut self) {
        let Some(url) = self.gitlab.hook_url.clone() else { return };
        let on_groups = has_group_hooks(&self.gitlab.gitlab);
        let groups = self.repositories.values().filter(|home| home.fork_of.is_none()).map(|home| (home.owner, home.id));
        let is_group = |owner: u64| self.accounts.get(owner).is_some_and(|one| one.kind == AccountKind::Organization);
        let places = groups.map(
            |(owner, project)| {
                if on_groups && is_group(owner) { (None, Some(owner)) } else { (Some(project), None) }
            },
        );
        for (project, group) in places.collect::<std::collections::BTreeSet<_>>() {
            let there = |hook: &Hook| hook.url == url && hook.project == project && hook.group == group;
            if !self.gitlab.hooks.values().any(there) {
                self.add_hook(project, group, &json!({ "url": url }));
                let hook = self.gitlab.hooks.values_mut().next_back();
                if let Some(hook) = hook {
                    hook.settings.values_mut().for_each(|wanted| *wanted = Value::Bool(true));
                }
            }
        }
        self.set_secrets();
    }

    /// Has the hooks made by [`World::place_hooks`] show the secrets that are chosen.
    pub(crate) fn set_secrets(&mut self) {
        let state = &mut self.gitlab;
        let (signs, sends) = match state.secrets {
            Secrets::Signing => (true, false),
            Secrets::Token => (false, true),
            Secrets::Both => (true, true),
        };
        for hook in state.hooks.values_mut().filter(|hook| Some(&hook.url) == state.hook_url.as_ref()) {
            hook.signing_token = signs.then(|| state.signing_token.clone());
            hook.token = sends.then(|| state.secret_token.clone());
        }
    }

    pub(super) fn add_hook(&mut self, project: Option<RepositoryId>, group: Option<u64>, given: &Value) -> u64 {
        let id = self.next_id();
        let settings = HOOK_EVENTS.iter().map(|event| ((*event).to_owned(), json!(*event == "push_events")));
        let hook = Hook {
            id,
            uuid: uuid::Uuid::new_v4().to_string(),
            project,
            group,
            url: String::new(),
            token: None,
            signing_token: None,
            settings: settings.collect(),
            created_at: self.now(),
            failures: 0,
            disabled_until: None,
            disabled: false,
        };
        self.gitlab.hooks.insert(id, hook);
        self.edit_hook(id, given);
        id
    }

    pub(super) fn edit_hook(&mut self, id: u64, given: &Value) {
        let signs = self.gitlab.gitlab.since(19, 0);
        let Some(hook) = self.gitlab.hooks.get_mut(&id) else { return };
        if let Some(url) = given["url"].as_str() {
            url.clone_into(&mut hook.url);
        }
        if let Some(token) = given["token"].as_str() {
            hook.token = (!token.is_empty()).then(|| token.to_owned());
        }
        if let Some(token) = given["signing_token"].as_str().filter(|_| signs) {
            hook.signing_token = (!token.is_empty()).then(|| token.to_owned());
        }
        for (setting, wanted) in &mut hook.settings {
            if let Some(given) = given.get(setting).filter(|given| given.is_boolean()) {
                *wanted = given.clone();
            }
        }
    }

    /// A hook was answered, or not: those that fail are disabled, for a while and then for good.
    pub(crate) fn hook_answered(&mut self, delivery: usize) {
        let now = self.now();
        let Some(delivery) = self.deliveries.get(delivery) else { return };
        let is_ok = matches!(delivery.outcome, Outcome::Answered(200..=399));
        let Some(hook) = self.gitlab.hooks.get_mut(&delivery.hook) else { return };
        if is_ok {
            (hook.failures, hook.disabled_until, hook.disabled) = (0, None, false);
            return;
        }
        hook.failures += 1;
        hook.disabled = hook.failures >= DISABLED_FOR_GOOD;
        if let Some(beyond) = hook.failures.checked_sub(DISABLED_FOR_A_WHILE) {
            let minutes = 1_i64.checked_shl(beyond).unwrap_or(LONGEST_WHILE_MINUTES).clamp(1, LONGEST_WHILE_MINUTES);
            hook.disabled_until = now.saturating_add(SignedDuration::from_mins(minutes)).ok();
        }
    }
}

/// URL, body and headers of a delivery, as they are sent now.
pub(crate) fn request(world: &World, delivery: &Delivery) -> Option<Request> {
    let hook = world.gitlab.hooks.get(&delivery.hook)?;
    let mut headers = headers_of(world, hook, delivery);
    if let Some(token) = &hook.token {
        headers.push(("X-Gitlab-Token", token.clone()));
    }
    if let Some(token) = &hook.signing_token {
        let at = world.now().as_second().to_string();
        headers.push(("webhook-signature", sign(token, &delivery.guid, &at, &delivery.body)));
        headers.push(("webhook-id", delivery.guid.clone()));
        headers.push(("webhook-timestamp", at));
    }
    let mut resolved = world.gitlab.resolved.iter();
    let elsewhere = resolved.find_map(|(from, to)| Some(format!("{to}{}", hook.url.strip_prefix(from)?)));
    Some(Request { url: elsewhere.unwrap_or_else(|| hook.url.clone()), body: delivery.body.clone(), headers })
}

/// Headers without secrets: what the record shows.
pub(super) fn headers_of(world: &World, hook: &Hook, delivery: &Delivery) -> Vec<(&'static str, String)> {
    let gitlab = &world.gitlab.gitlab;
    let mut headers = vec![
        ("Content-Type", "application/json".to_owned()),
        ("User-Agent", format!("GitLab/{}", gitlab.version)),
        ("X-Gitlab-Event", delivery.header.to_owned()),
        ("X-Gitlab-Event-UUID", uuid::Uuid::new_v4().to_string()),
        ("X-Gitlab-Webhook-UUID", hook.uuid.clone()),
        ("X-Gitlab-Instance", world.url.clone()),
    ];
    if gitlab.since(17, 4) {
        headers.push(("Idempotency-Key", delivery.guid.clone()));
    }
    headers
}

/// `v1,…`: the HMAC of `id.timestamp.body`, by the key that is in the token after `whsec_`.
fn sign(token: &str, id: &str, at: &str, body: &str) -> String {
    let key = token.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok()).unwrap_or_default();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}
