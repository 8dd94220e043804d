//! Who shaped a change: opener, pushers, commit authors and committers, human co-authors, and the operator who asked
//! an agent for it.
//!
//! Platform accounts come first, git identities second: a name in a commit is easily forged, so it can only add a
//! contributor, never remove one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::change::{Actor, Change, Commit, ForcePush, GitIdentity, Push};
use super::ids::{AccountId, CommitSha, Host, Login};
use super::people::address_digest;

/// By how much a forge's clock may be ahead of ours.
const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_mins(2);

/// What a contributor did. Of several things, the first in this order is the one that people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Asked an agent for it, on the platform's record.
    Operator,
    /// Asked an agent for a commit of it, as the agent's platform wrote into that commit.
    Requester,
    /// Opened the change.
    Opener,
    /// Pushed a head of it.
    Pusher,
    /// Wrote a commit, according to git.
    Author,
    /// Committed one, according to git.
    Committer,
    /// Is named as co-author of one.
    CoAuthor,
    /// Had a hand in it as an agent or other automation: no person, though it may act for one.
    Robot,
}

impl Role {
    /// The word used in checks and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opener => "opener",
            Self::Pusher => "pusher",
            Self::Author => "commit author",
            Self::Committer => "committer",
            Self::CoAuthor => "co-author",
            Self::Robot => "automation",
            Self::Operator | Self::Requester => "operator of the agent",
        }
    }

    /// Whether the forge itself records it. The rest is what somebody wrote into a commit.
    pub fn is_on_platform(self) -> bool {
        matches!(self, Self::Opener | Self::Pusher | Self::Operator)
    }
}

/// Who a contributor is, as far as can be told without the directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// A forge account.
    Account(AccountId),
    /// An e-mail address that the forge links to no account, as [`super::people::address_digest`].
    Email(String),
    /// The address of somebody whose account is listed beside it, digested likewise. Whoever has it in the directory
    /// contributed as well: the forge may link it to an account that the directory does not know.
    LinkedEmail(String),
    /// Somebody who cannot be told: a deleted account, a pusher whom nobody saw.
    Unknown,
}

/// One thing that somebody did to a change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Contribution {
    /// Who.
    pub who: Who,
    /// What.
    pub role: Role,
}

/// Everybody who shaped a change, and what could not be told about them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contributions {
    /// What people did.
    pub people: BTreeSet<Contribution>,
    /// Agents and automation with a hand in it: not people, but an exemption must list them too.
    pub robots: BTreeSet<Who>,
    /// Whether no person opened the change and nothing on the platform says who asked for it. Matters for autonomous
    /// changes.
    pub operator_is_unknown: bool,
    /// Whether nothing on record says who pushed the head.
    pub pusher_is_unknown: bool,
    /// How many co-authors are named by addresses that may be anybody's: neither the forge nor the directory tells.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub untold_co_authors: u32,
    /// What added nobody.
    #[serde(default, skip_serializing_if = "Neutral::is_empty")]
    pub neutral: Neutral,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it asks about by reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What the forge did at the press of a button, and what therefore adds no contributor. Whoever did
/// anything else to the change is one all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neutral {
    /// Updates from the base, with the head before each.
    pub updates: BTreeMap<CommitSha, CommitSha>,
    /// Commits that apply suggestions, with the co-authors who suggested nothing but what they hold.
    pub suggestions: BTreeSet<(CommitSha, AccountId)>,
}

impl Neutral {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.updates.is_empty() && self.suggestions.is_empty()
    }
}

/// Tells identities that are not people apart from those that might be: the catalogue's part in this.
pub trait Automation {
    /// Whether this account is an AI agent.
    fn is_agent_account(&self, actor: &Actor) -> bool;
    /// Whether this is an agent whose platform names whoever asked for the work as co-author of its commits.
    fn names_its_requester(&self, agent: &Actor) -> bool;
    /// Whether this is the git identity of such an agent. Easily forged, like any.
    fn is_of_such_an_agent(&self, identity: &GitIdentity) -> bool;
    /// Whether this git identity is an AI agent.
    fn is_agent_identity(&self, identity: &GitIdentity) -> bool;
    /// Whether this account is automation that is neither an agent nor a person.
    fn is_automation_account(&self, actor: &Actor) -> bool;
    /// Whether this git identity is such automation.
    fn is_automation_identity(&self, identity: &GitIdentity) -> bool;
    /// Whether this is the forge itself, committing what somebody did in its web pages.
    fn is_forge_identity(&self, identity: &GitIdentity, host: &Host) -> bool;
    /// Co-authors named in a commit message, in every shape that forges miss.
    fn co_authors(&self, message: &str) -> Vec<(String, String)>;
    /// The account number in a forge's no-reply address on this host.
    fn noreply_account(&self, email: &str, host: &Host) -> Option<i64>;
}

/// Collects everybody who shaped the change.
pub fn contributions(
    change: &Change,
    pushes: &[Push],
    neutral: &Neutral,
    automation: &impl Automation,
) -> Contributions {
    let mut collected = Collector {
        automation,
        host: &change.key.repo.host,
        neutral,
        people: BTreeSet::new(),
        robots: BTreeSet::new(),
    };
    match &change.opener {
        Some(opener) => collected.account(opener, Role::Opener),
        None => collected.add(Who::Unknown, Role::Opener),
    }
    for commit in &change.commits {
        collected.commit(commit);
    }
    let pusher_is_unknown = collected.pushers(change, pushes);
    let operator_is_unknown = collected.operators(change);
    Contributions {
        people: collected.people,
        robots: collected.robots,
        operator_is_unknown,
        pusher_is_unknown,
        // The directory tells of some.
        untold_co_authors: 0,
        neutral: neutral.clone(),
    }
}

struct Collector<'a, A> {
    automation: &'a A,
    host: &'a Host,
    neutral: &'a Neutral,
    people: BTreeSet<Contribution>,
    robots: BTreeSet<Who>,
}

impl<A: Automation> Collector<'_, A> {
    fn add(&mut self, who: Who, role: Role) {
        self.people.insert(Contribution { who, role });
    }

    fn is_person(&self, actor: &Actor) -> bool {
        actor.is_user() && !self.automation.is_agent_account(actor) && !self.automation.is_automation_account(actor)
    }

    fn account(&mut self, actor: &Actor, role: Role) {
        let who = Who::Account(actor.account.clone());
        if self.is_person(actor) {
            self.add(who, role);
        } else {
            self.robots.insert(who);
        }
    }

    fn commit(&mut self, commit: &Commit) {
        if self.neutral.updates.contains_key(&commit.sha) {
            return;
        }
        self.identity(&commit.author, Role::Author);
        self.identity(&commit.committer, Role::Committer);
        for co_author in &commit.co_authors {
            if !self.has_only_suggested(co_author, commit) {
                self.identity(co_author, Role::CoAuthor);
            }
        }
        // The forge links most co-authors to accounts; the message is read for those whose trailers it misses.
        let named = [&commit.author, &commit.committer].into_iter().chain(&commit.co_authors);
        let named: BTreeSet<String> = named.map(|identity| address_digest(&identity.email)).collect();
        for (name, email) in self.automation.co_authors(&commit.message) {
            if named.contains(&address_digest(&email)) {
                continue;
            }
            self.identity(&GitIdentity { name, email, account: None, date: None }, Role::CoAuthor);
        }
    }

    fn has_only_suggested(&self, co_author: &GitIdentity, commit: &Commit) -> bool {
        let is_suggester = |actor: &Actor| {
            self.is_person(actor) && self.neutral.suggestions.contains(&(commit.sha.clone(), actor.account.clone()))
        };
        co_author.account.as_ref().is_some_and(is_suggester)
    }

    fn identity(&mut self, identity: &GitIdentity, role: Role) {
        if self.automation.is_forge_identity(identity, self.host) {
            return;
        }
        let is_robot = self.automation.is_agent_identity(identity) || self.automation.is_automation_identity(identity);
        match &identity.account {
            Some(account) if is_robot => drop(self.robots.insert(Who::Account(account.account.clone()))),
            Some(account) => {
                self.account(account, role);
                if self.is_person(account) && !identity.email.trim().is_empty() {
                    self.add(Who::LinkedEmail(address_digest(&identity.email)), role);
                }
            }
            None if is_robot => drop(self.robots.insert(self.unlinked(identity))),
            None => self.add(self.unlinked(identity), role),
        }
    }

    /// Who an identity is that the forge links to no account.
    fn unlinked(&self, identity: &GitIdentity) -> Who {
        match self.automation.noreply_account(&identity.email, self.host) {
            Some(id) => Who::Account(AccountId::new(self.host.clone(), id)),
            None if identity.email.trim().is_empty() => Who::Unknown,
            None => Who::Email(address_digest(&identity.email)),
        }
    }

    /// Everybody who pushed a head of the change; whether the pusher of the present head is unknown.
    fn pushers(&mut self, change: &Change, pushes: &[Push]) -> bool {
        let mut head_is_witnessed = !change.head_pushers.is_empty();
        let mut updaters = BTreeSet::new();
        for push in pushes {
            let is_head = push.head == change.head;
            head_is_witnessed |= is_head;
            // Only the push that came straight from the head before: another may have taken something away.
            if push.before.is_some() && self.neutral.updates.get(&push.head) == push.before.as_ref() {
                updaters.extend(is_head.then_some(&push.pusher.account));
            } else {
                self.account(&push.pusher, Role::Pusher);
            }
        }
        for pusher in change.head_pushers.iter().filter(|pusher| !updaters.contains(&pusher.account)) {
            self.account(pusher, Role::Pusher);
        }
        for push in &change.force_pushes {
            match &push.actor {
                Some(actor) => {
                    head_is_witnessed |= push.after.as_ref() == Some(&change.head);
                    self.account(actor, Role::Pusher);
                }
                // The forge does not say who, but a delivery did.
                None if pushes.iter().any(|told| is_told(told, push)) => {}
                None => self.add(Who::Unknown, Role::Pusher),
            }
        }
        if !head_is_witnessed {
            self.add(Who::Unknown, Role::Pusher);
        }
        !head_is_witnessed
    }

    /// Whoever asked an agent for its work; whether no person opened the change and nobody can be told.
    fn operators(&mut self, change: &Change) -> bool {
        let mut operators: BTreeSet<AccountId> = BTreeSet::new();
        // Some platforms write their agent's requester into its commits as co-author. What other agents write there is
        // what they were told to, another agent's name included: it makes contributors, and settles nothing.
        let by_agent = |commit: &&Commit| self.automation.is_of_such_an_agent(&commit.author);
        let mut requesters: BTreeSet<AccountId> = BTreeSet::new();
        for commit in change.commits.iter().filter(by_agent) {
            let people = commit.co_authors.iter().filter_map(|co_author| co_author.account.as_ref());
            requesters.extend(people.filter(|actor| self.is_person(actor)).map(|actor| actor.account.clone()));
        }
        // Where a person opened the change, that person answers for the agent. Otherwise the platform's own record of
        // who set it to work does. Whom else somebody assigned says nothing about that, unless the platform assigns its
        // agent's requesters itself.
        let opened_by_person = change.opener.as_ref().is_some_and(|opener| self.is_person(opener));
        let names_requester = change.opener.as_ref().is_some_and(|opener| self.automation.names_its_requester(opener));
        if !opened_by_person {
            let requested = change.assignees.iter().filter(|_| names_requester);
            let people = change.assigners.iter().chain(requested);
            operators.extend(people.filter(|actor| self.is_person(actor)).map(|actor| actor.account.clone()));
        }
        let is_named = names_requester && !requesters.is_empty();
        let is_unknown = !opened_by_person && operators.is_empty() && !is_named;
        for account in operators {
            self.add(Who::Account(account), Role::Operator);
        }
        for account in requesters {
            self.add(Who::Account(account), Role::Requester);
        }
        is_unknown
    }
}

/// Whether a delivery told of this push: of the same commit, and no earlier than the forge says.
fn is_told(told: &Push, push: &ForcePush) -> bool {
    Some(&told.head) == push.after.as_ref() && push.at.duration_since(told.received_at) <= CLOCKS_DIFFER_BY
}

/// An account and the login to call it by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The key.
    pub account: AccountId,
    /// For display.
    pub login: Login,
}

impl From<&Actor> for Named {
    fn from(actor: &Actor) -> Self {
        Self { account: actor.account.clone(), login: actor.login.clone() }
    }
}
