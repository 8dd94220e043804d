//! Checks, required checks, merging.

use serde_json::{Value, json};

use super::{SYSTEM, check, find, must};
use crate::sandbox::accounts::{Account, AccountId};
use crate::sandbox::apps::App;
use crate::sandbox::checks::{CheckRun, CommitStatus};
use crate::sandbox::git::Sha;
use crate::sandbox::handle::Sandbox;
use crate::sandbox::repositories::{Protection, RepositoryId, RequiredCheck};
use crate::sandbox::world::{MergeRefused, World};

impl Sandbox {
    /// The check run of this name that counts on a commit: the App's newest.
    pub fn check_run(&self, repository: &str, sha: &str, name: &str) -> Option<CheckRun> {
        let app = self.shared_app();
        let world = self.world();
        if world.is_gitlab() {
            return world.shown_check(find(&world, repository), sha, name);
        }
        world.checks.latest(find(&world, repository), sha, name, Some(app)).cloned()
    }

    /// Every state that the App's check runs of this name were in on a commit, oldest first.
    pub fn check_runs(&self, repository: &str, sha: &str, name: &str) -> Vec<CheckRun> {
        // A GitLab has no Apps: there, all of them are the bot's.
        let app = if self.is_gitlab() { 0 } else { self.shared_app() };
        let world = self.world();
        let id = find(&world, repository);
        let here =
            |run: &&CheckRun| run.repository == id && run.head_sha == sha && run.name == name && run.app_id == app;
        world.checks.history.iter().filter(here).cloned().collect()
    }

    /// Another App reports a completed check run, under any name.
    pub fn report_check(&self, app: &App, repository: &str, sha: &str, name: &str, conclusion: &str) -> u64 {
        self.act(|world| {
            let now = world.clock.tick();
            let run = CheckRun {
                id: 0,
                app_id: app.id,
                head_sha: sha.to_owned(),
                name: name.to_owned(),
                status: "completed".to_owned(),
                conclusion: Some(conclusion.to_owned()),
                external_id: None,
                details_url: None,
                title: None,
                summary: None,
                text: None,
                annotations: Vec::new(),
                started_at: now,
                completed_at: Some(now),
                actions: Vec::new(),
                repository: find(world, repository),
                suite: 0,
            };
            world.add_check_run(run).id
        })
    }

    /// Another App reports a completed check run that says whatever this one says, external id included.
    pub fn copy_check(&self, app: &App, run: &CheckRun) -> u64 {
        self.act(|world| {
            let now = world.clock.tick();
            let copy = CheckRun { id: 0, app_id: app.id, suite: 0, started_at: now, ..run.clone() };
            world.add_check_run(CheckRun { completed_at: Some(now), ..copy }).id
        })
    }

    /// Somebody with push access sets a commit status.
    pub fn set_status(&self, actor: &Account, repository: &str, sha: &str, context: &str, state: &str) {
        self.act(|world| {
            let id = find(world, repository);
            if world.is_gitlab() {
                return world.story_status(actor, id, sha, context, state);
            }
            world.add_status(actor.id, id, sha, context, state, (None, None));
        });
    }

    /// Commit statuses on a commit, oldest first.
    pub fn statuses(&self, repository: &str, sha: &str) -> Vec<CommitStatus> {
        let world = self.world();
        let id = find(&world, repository);
        if world.is_gitlab() {
            return world.shown_statuses(id, sha);
        }
        world.checks.statuses.iter().filter(|status| status.repository == id && status.sha == sha).cloned().collect()
    }

    /// Somebody presses "Re-run" on a check run.
    pub fn rerun(&self, actor: &Account, run: u64) {
        self.act(|world| check(world.rerequest(actor.id, run), "no such check run"));
    }

    /// Somebody presses a button that a check run offers.
    pub fn press(&self, actor: &Account, run: u64, identifier: &str) {
        self.act(|world| check(world.request_action(actor.id, run, identifier), "no such check run"));
    }

    /// Requires a check on a branch by a ruleset, pinned to an App if one is named. Returns the ruleset's number. On GitLab,
    /// sets up the strongest that the edition has: an approval rule for the bot alone, or pipelines that must succeed.
    pub fn require_check(&self, repository: &str, branch: &str, name: &str, integration_id: Option<u64>) -> u64 {
        self.act(|world| {
            let id = find(world, repository);
            if world.is_gitlab() {
                return world.require_on_gitlab(id, branch, name);
            }
            add_ruleset(world, id, branch, required_check(name, integration_id))
        })
    }

    /// Removes a ruleset.
    pub fn remove_ruleset(&self, ruleset: u64) {
        self.remove_ruleset_by(SYSTEM, ruleset);
    }

    /// Somebody with the right to removes a ruleset.
    pub fn delete_ruleset(&self, actor: &Account, ruleset: u64) {
        self.remove_ruleset_by(actor.id, ruleset);
    }

    fn remove_ruleset_by(&self, actor: AccountId, ruleset: u64) {
        self.act(|world| {
            if world.is_gitlab() {
                return check(world.release_on_gitlab(ruleset), "no such rule");
            }
            world.clock.tick();
            let removed = must(world.rulesets.remove(&ruleset), "no such ruleset");
            world.emit_ruleset("deleted", &removed, actor);
        });
    }

    /// Takes a check out of a ruleset's rules, or pins it to another source, by editing the ruleset.
    pub fn edit_required_check(&self, actor: &Account, ruleset: u64, name: &str, integration_id: Option<u64>) {
        self.act(|world| {
            world.clock.tick();
            let mut edited = must(world.rulesets.get(&ruleset), "no such ruleset").clone();
            edited.rules = vec![required_check(name, integration_id)];
            world.emit_ruleset("edited", &edited, actor.id);
            world.rulesets.insert(ruleset, edited);
        });
    }

    /// The rulesets of a repository; on GitLab, its approval rules.
    pub fn rulesets(&self, repository: &str) -> Vec<u64> {
        let world = self.world();
        let id = find(&world, repository);
        if world.is_gitlab() {
            let project = world.gitlab.projects.get(&id);
            return project.into_iter().flat_map(|project| &project.rules).map(|rule| rule.id).collect();
        }
        world.rulesets.values().filter(|ruleset| ruleset.repository == Some(id)).map(|ruleset| ruleset.id).collect()
    }

    /// Requires a check on a branch by classic branch protection, from one App if one is named.
    pub fn protect(&self, actor: &Account, repository: &str, branch: &str, name: &str, app_id: Option<u64>) {
        self.act(|world| {
            let created_at = world.clock.tick();
            let (id, repository) = (world.next_id(), find(world, repository));
            let checks = vec![RequiredCheck { context: name.to_owned(), integration_id: app_id }];
            let had = world.protection(repository, branch).is_some();
            world.protections.retain(|one| one.repository != repository || one.branch != branch);
            let protection = Protection { id, repository, branch: branch.to_owned(), checks, created_at };
            world.emit_protection(if had { "edited" } else { "created" }, &protection, actor.id);
            world.protections.push(protection);
        });
    }

    /// Takes classic branch protection away.
    pub fn unprotect(&self, actor: &Account, repository: &str, branch: &str) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, repository);
            let removed = must(world.protection(id, branch), "the branch is not protected").clone();
            world.protections.retain(|one| one.id != removed.id);
            world.emit_protection("deleted", &removed, actor.id);
        });
    }

    /// What GitHub's merge button would say.
    pub fn can_merge(&self, repository: &str, number: u64) -> Result<(), MergeRefused> {
        let world = self.world();
        world.mergeable(find(&world, repository), number)
    }

    /// Presses the merge button. Returns the merge commit.
    pub fn merge(&self, actor: &Account, repository: &str, number: u64) -> Result<Sha, MergeRefused> {
        self.act(|world| {
            world.clock.tick();
            world.merge_pull(actor.id, find(world, repository), number)
        })
    }

    /// Merges past the required checks, as admins and those on a ruleset's bypass list may. Returns the merge commit.
    pub fn merge_anyway(&self, actor: &Account, repository: &str, number: u64) -> Result<Sha, MergeRefused> {
        self.act(|world| {
            world.clock.tick();
            world.merge_anyway(actor.id, find(world, repository), number)
        })
    }

    /// Has GitHub merge, in the name of `actor`, as soon as the required checks let it.
    pub fn enable_auto_merge(&self, actor: &Account, repository: &str, number: u64) {
        self.act(|world| {
            let now = world.clock.tick();
            let id = find(world, repository);
            let pull = must(world.pull_mut(id, number).filter(|pull| pull.is_open()), "no such open pull request");
            pull.auto_merge = Some((actor.id, now));
            world.emit_pull("auto_merge_enabled", id, number, actor.id, json!({}));
            world.merge_what_is_ready();
        });
    }

    /// Sends a delivery's bytes again.
    pub fn redeliver(&self, delivery: u64) {
        self.act(|world| must(world.redeliver(delivery), "no such delivery"));
    }
}

fn required_check(name: &str, integration_id: Option<u64>) -> Value {
    let mut required = json!({ "context": name });
    if let Some(app) = integration_id {
        required["integration_id"] = json!(app);
    }
    json!({
        "type": "required_status_checks",
        "parameters": { "strict_required_status_checks_policy": false, "required_status_checks": [required] },
    })
}

fn add_ruleset(world: &mut World, id: RepositoryId, branch: &str, rule: Value) -> u64 {
    let mut ruleset = world.new_ruleset(Some(id), None);
    let include = vec![format!("refs/heads/{branch}")];
    ruleset.name = format!("Required on {branch}");
    ruleset.conditions = json!({ "ref_name": { "include": include, "exclude": [] } });
    ruleset.include = include;
    ruleset.rules = vec![rule];
    let number = ruleset.id;
    world.emit_ruleset("created", &ruleset, SYSTEM);
    world.rulesets.insert(number, ruleset);
    number
}
