//! The state: everything the sandbox knows, behind one lock.

mod checks;
mod merging;
mod pulls;
mod push;
mod queue;
mod stacks;
mod suggestions;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::accounts::{Account, AccountId, AccountKind, Accounts, WEB_FLOW};
use super::apps::{Installation, Registered, Token};
use super::checks::Checks;
use super::clock::Clock;
use super::faults::Plan;
use super::git::Objects;
use super::gitlab::{self, Dialect};
use super::pulls::{MergeGroup, Pull};
use super::repositories::{Permission, Protection, Repository, RepositoryId, RequiredCheck, Ruleset};
use super::tap::{Call, Resource};
use super::webhooks::Delivery;

pub use merging::MergeRefused;
pub(crate) use pulls::Proposal;
pub(crate) use push::Pushed;
pub(crate) use queue::Method;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: Clock,
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) url: String,
    pub(crate) accounts: Accounts,
    pub(crate) apps: BTreeMap<u64, Registered>,
    pub(crate) installations: BTreeMap<u64, Installation>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) repositories: BTreeMap<RepositoryId, Repository>,
    /// Names that repositories had before, in lower case; they lead on until somebody takes them.
    pub(crate) former_names: BTreeMap<String, RepositoryId>,
    pub(crate) rulesets: BTreeMap<u64, Ruleset>,
    /// Organisations that let GitHub Actions approve pull requests.
    pub(crate) actions_may_approve_in: BTreeSet<AccountId>,
    pub(crate) protections: Vec<Protection>,
    pub(crate) git: Objects,
    pub(crate) checks: Checks,
    pub(crate) merge_groups: BTreeMap<u64, MergeGroup>,
    pub(crate) stacks: BTreeMap<u64, stacks::Stack>,
    pub(crate) deliveries: Vec<Delivery>,
    /// Deliveries to be sent, by index.
    pub(crate) outbox: VecDeque<usize>,
    pub(crate) in_flight: usize,
    pub(crate) faults: Plan,
    pub(crate) tap: Vec<Call>,
    /// What installations spent in the current hour.
    pub(crate) budgets: BTreeMap<(u64, Resource), Budget>,
    pub(crate) rate_limit: u32,
    pub(crate) dialect: Dialect,
    /// What only a GitLab keeps.
    pub(crate) gitlab: gitlab::State,
    last_id: u64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) used: u32,
    pub(crate) reset: Timestamp,
}

impl World {
    pub(crate) fn new(url: String, clock: Clock, rate_limit: u32) -> Self {
        let mut accounts = Accounts::default();
        accounts.add(WEB_FLOW, "web-flow", "web-flow", AccountKind::User);
        Self {
            clock,
            url,
            accounts,
            apps: BTreeMap::new(),
            installations: BTreeMap::new(),
            tokens: BTreeMap::new(),
            repositories: BTreeMap::new(),
            former_names: BTreeMap::new(),
            rulesets: BTreeMap::new(),
            actions_may_approve_in: BTreeSet::new(),
            protections: Vec::new(),
            git: Objects::default(),
            checks: Checks::default(),
            merge_groups: BTreeMap::new(),
            stacks: BTreeMap::new(),
            deliveries: Vec::new(),
            outbox: VecDeque::new(),
            in_flight: 0,
            faults: Plan::default(),
            tap: Vec::new(),
            budgets: BTreeMap::new(),
            rate_limit,
            dialect: Dialect::GitHub,
            gitlab: gitlab::State::default(),
            last_id: 1_000,
        }
    }

    /// A number no other object has. On GitHub each kind counts for itself; here a mix-up of two kinds shows at once.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(crate) fn is_gitlab(&self) -> bool {
        self.dialect != Dialect::GitHub
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn repository_named(&self, owner: &str, name: &str) -> Option<&Repository> {
        let owner = self.accounts.by_login(owner)?.id;
        self.repositories.values().find(|repo| repo.owner == owner && repo.name.eq_ignore_ascii_case(name))
    }

    /// The repository that had this name, if nobody has it now.
    pub(crate) fn repository_formerly(&self, owner: &str, name: &str) -> Option<&Repository> {
        let former = self.former_names.get(&format!("{owner}/{name}").to_ascii_lowercase())?;
        self.repositories.get(former).filter(|_| self.repository_named(owner, name).is_none())
    }

    pub(crate) fn full_name(&self, repository: &Repository) -> String {
        format!("{}/{}", self.login(repository.owner), repository.name)
    }

    /// A login for an address; a deleted account is `ghost`.
    pub(crate) fn login(&self, account: AccountId) -> &str {
        self.accounts.get(account).map_or("ghost", |account| &account.login)
    }

    pub(crate) fn organization_of(&self, repository: &Repository) -> Option<&Account> {
        self.accounts.get(repository.owner).filter(|owner| owner.kind == AccountKind::Organization)
    }

    pub(crate) fn pull(&self, repository: RepositoryId, number: u64) -> Option<&Pull> {
        self.repositories.get(&repository)?.pulls.get(&number)
    }

    pub(crate) fn pull_mut(&mut self, repository: RepositoryId, number: u64) -> Option<&mut Pull> {
        self.repositories.get_mut(&repository)?.pulls.get_mut(&number)
    }

    pub(crate) fn pulls(&self) -> impl Iterator<Item = &Pull> {
        self.repositories.values().flat_map(|repository| repository.pulls.values())
    }

    /// What an account may do in a repository; nothing in a private one it has no part in.
    pub(crate) fn permission(&self, repository: &Repository, account: AccountId) -> Option<Permission> {
        let owner = repository.owner == account || self.accounts.is_owner(repository.owner, account);
        let given = repository.collaborators.get(&account).copied();
        let member = self.accounts.is_member(repository.owner, account).then_some(Permission::Read);
        let public = (!repository.private).then_some(Permission::Read);
        owner.then_some(Permission::Admin).max(given).max(member).max(public)
    }

    /// The relation of an account to a repository, as GitHub shows it beside what the account wrote.
    pub(crate) fn association(&self, repository: &Repository, account: AccountId) -> &'static str {
        if repository.owner == account {
            "OWNER"
        } else if self.accounts.is_member(repository.owner, account) {
            "MEMBER"
        } else if repository.collaborators.contains_key(&account) {
            "COLLABORATOR"
        } else {
            "NONE"
        }
    }

    pub(crate) fn active_rulesets(&self, repository: &Repository, branch: &str) -> Vec<&Ruleset> {
        self.rulesets.values().filter(|ruleset| ruleset.governs(repository, branch)).collect()
    }

    pub(crate) fn required_checks(&self, repository: &Repository, branch: &str) -> Vec<RequiredCheck> {
        let of_rulesets = self.active_rulesets(repository, branch).into_iter().flat_map(Ruleset::required_checks);
        let classic = self.protection(repository.id, branch).map(|protection| protection.checks.clone());
        of_rulesets.chain(classic.unwrap_or_default()).collect()
    }

    pub(crate) fn protection(&self, repository: RepositoryId, branch: &str) -> Option<&Protection> {
        self.protections.iter().find(|one| one.repository == repository && one.branch == branch)
    }

    /// True if a required check lets this commit pass: a pinned one only by what its App reported, an open one by run
    /// and status of the name, whichever there are.
    pub(crate) fn check_passes(&self, repository: RepositoryId, sha: &str, required: &RequiredCheck) -> bool {
        let run = self.checks.latest(repository, sha, &required.context, required.integration_id);
        let run = run.map(super::checks::CheckRun::passes);
        let status = self.checks.latest_status(repository, sha, &required.context);
        let bot = required.integration_id.and_then(|id| self.apps.get(&id)).map(|app| app.bot);
        let from_app = |creator| required.integration_id.is_none() || bot == Some(creator);
        let status = status.filter(|status| from_app(status.creator)).map(|status| status.state == "success");
        match (run, status) {
            (None, None) => false,
            (run, status) => run.unwrap_or(true) && status.unwrap_or(true),
        }
    }

    /// The budget of an installation, or of a user on GitLab, after starting a new one if it is time.
    pub(crate) fn budget(&mut self, installation: u64, resource: Resource) -> Budget {
        let now = self.now();
        // GitLab counts by the minute.
        let period = if self.is_gitlab() { SignedDuration::from_mins(1) } else { SignedDuration::from_hours(1) };
        let fresh = Budget { used: 0, reset: now.saturating_add(period).unwrap_or(now) };
        let budget = self.budgets.entry((installation, resource)).or_insert(fresh);
        if now >= budget.reset {
            *budget = fresh;
        }
        *budget
    }

    pub(crate) fn spend(&mut self, installation: u64, resource: Resource, cost: u32) {
        self.budget(installation, resource);
        if let Some(budget) = self.budgets.get_mut(&(installation, resource)) {
            budget.used = budget.used.saturating_add(cost);
        }
    }
}
