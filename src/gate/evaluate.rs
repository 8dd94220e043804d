//! Facts and policy in, verdict out. Total, deterministic, clock-free: the time is `facts.now`.
//!
//! Whatever is missing, truncated, stale or broken makes a verdict that does not pass, with the reason in the tree.

mod approvals;
pub mod guard;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::{Change, Files, Read};
use super::contributors::{Contribution, Contributions, Role, Who};
use super::detect::{Declaration, Evidence, Level};
use super::ids::{AccountId, ChangeKey, WordId};
use super::people::{Person, PersonId, Roster, Standing, Tier};
use super::policy::Policy;
use super::verdict::{Outcome, Problem, VERSION, Verdict};

/// Everything that a verdict rests on, besides the policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// [`VERSION`].
    pub v: u32,
    /// The time of the evaluation.
    pub now: Timestamp,
    /// The change that is judged.
    pub key: ChangeKey,
    /// The change as the forge showed it.
    pub read: Read,
    /// Evidence found now and remembered from earlier heads.
    pub evidence: Vec<Evidence>,
    /// The highest level ever recorded for this change.
    pub remembered_level: Level,
    /// The answer to the disclosure question that this read shows, from the opener's own account.
    pub declaration: Option<Declaration>,
    /// Who shaped the change, now and on earlier heads.
    pub contributions: Contributions,
    /// Accounts among the reviewers that the catalogue knows as agents.
    pub agent_accounts: BTreeSet<AccountId>,
    /// What the authors of approvals could do when we first saw them.
    pub first_seen: BTreeMap<WordId, Standing>,
    /// The directory.
    pub roster: Arc<Roster>,
}

/// Judges one change.
pub fn evaluate(facts: &Facts, policy: &Policy) -> Verdict {
    match &facts.read {
        Read::Whole(change) => judge(facts, policy, change),
        Read::Incomplete { why } => incomplete(facts, why),
    }
}

fn incomplete(facts: &Facts, why: &str) -> Verdict {
    Verdict {
        v: VERSION,
        change: facts.key.clone(),
        head: None,
        outcome: Outcome::Error,
        level: facts.remembered_level,
        problems: vec![Problem::Incomplete { why: why.to_owned() }],
        rules: Vec::new(),
        approvals: Vec::new(),
        holds: Vec::new(),
        evidence: facts.evidence.clone(),
        is_contradicted: false,
        contributions: facts.contributions.clone(),
        first_seen: Vec::new(),
    }
}

fn judge(facts: &Facts, policy: &Policy, change: &Change) -> Verdict {
    let level = level(facts, policy);
    let contributions = known_contributions(facts, change);
    let people = Contributors::resolve(&contributions, &facts.roster, facts.now);
    let applicable = rules::applicable(policy, change, level, &people, &facts.roster.tiers);
    let bench = approvals::Bench { facts, policy, change, people: &people, rules: &applicable.rules };
    let reviews = bench.sort();
    let asks = Asks { additional: additional_approvals(&contributions, level) };
    let rules = applicable.outcomes(&bench, &reviews, asks);
    let holds = bench.holds(&reviews);
    let problems = problems(facts, policy, change, !applicable.rules.is_empty());
    let outcome = outcome(&problems, !holds.is_empty(), rules.iter().any(|rule| rule.result.is_missing()));
    Verdict {
        v: VERSION,
        change: facts.key.clone(),
        head: Some(change.head.clone()),
        outcome,
        level,
        problems,
        rules,
        holds,
        first_seen: bench.first_seen(&reviews),
        approvals: bench.outcomes(&reviews),
        evidence: facts.evidence.clone(),
        is_contradicted: facts.declaration == Some(Declaration::No) && level >= Level::Assisted,
        contributions,
    }
}

/// Who shaped the change, now that the directory can be asked: a service account that it names is no person, so whoever
/// set it to work is still unknown.
fn known_contributions(facts: &Facts, change: &Change) -> Contributions {
    let mut known = facts.contributions.clone();
    let opened_by_robot = change.opener.as_ref().is_some_and(|opener| facts.roster.robots.contains(&opener.account));
    let has_operator = known.people.iter().any(|done| done.role == Role::Operator);
    known.operator_is_unknown |= opened_by_robot && !has_operator;
    known
}

/// The level of assistance: the highest of what is found now and what was ever recorded. `unknown` alone can fall,
/// because it is an unanswered question (DESIGN 4.6).
fn level(facts: &Facts, policy: &Policy) -> Level {
    let seen = facts.evidence.iter().map(Evidence::level).max().unwrap_or_default();
    let remembered = if facts.remembered_level == Level::Unknown { Level::None } else { facts.remembered_level };
    let answered = match facts.declaration {
        Some(Declaration::Yes) => Level::Assisted,
        None if policy.disclosure_required => Level::Unknown,
        Some(Declaration::No) | None => Level::None,
    };
    seen.max(remembered).max(answered)
}

/// How many approvals rules ask for beyond their own number.
#[derive(Debug, Clone, Copy)]
struct Asks {
    /// 1 for each person who shaped the change and cannot be told: so many approvals can then be their own.
    additional: u32,
}

impl Asks {
    fn of(self, approvals: u32) -> u32 {
        approvals.saturating_add(self.additional)
    }
}

fn additional_approvals(contributions: &Contributions, level: Level) -> u32 {
    let operator = contributions.operator_is_unknown && level >= Level::Autonomous;
    u32::from(operator) + u32::from(contributions.pusher_is_unknown)
}

fn problems(facts: &Facts, policy: &Policy, change: &Change, is_asked: bool) -> Vec<Problem> {
    let mut problems: Vec<Problem> = policy.broken.iter().cloned().map(Problem::BrokenPolicy).collect();
    problems.extend(policy.breaking.iter().cloned().map(Problem::BreaksPolicy));
    if matches!(&change.files, Files::Whole(files) if files.is_empty()) {
        problems.push(Problem::EmptyDiff);
    }
    if is_asked && !facts.roster.snapshot.is_fresh(facts.now) {
        problems.push(Problem::StaleDirectory);
    }
    problems
}

fn outcome(problems: &[Problem], is_held: bool, is_missing: bool) -> Outcome {
    let of_problem = |problem: &Problem| match problem {
        Problem::Incomplete { .. } | Problem::BrokenPolicy(_) | Problem::BreaksPolicy(_) | Problem::MergeGroup(_) => {
            Outcome::Error
        }
        Problem::StaleDirectory | Problem::EmptyDiff => Outcome::Waiting,
    };
    let worst = problems.iter().map(of_problem).max().unwrap_or(Outcome::Pass);
    let held = if is_held { Outcome::Held } else { Outcome::Pass };
    let missing = if is_missing { Outcome::Waiting } else { Outcome::Pass };
    worst.max(held).max(missing)
}

/// The contributors as the directory knows them.
pub(super) struct Contributors {
    /// Everybody whom the directory knows, with the first thing they did.
    people: BTreeMap<PersonId, Role>,
    /// Accounts that shaped the change, in the directory or not.
    accounts: BTreeMap<AccountId, Role>,
    /// Everybody's account, robots included; `None` when somebody's cannot be told. For exemptions, which name numbers.
    all_accounts: Option<BTreeSet<AccountId>>,
    /// The tier that conditions on the author look at: the lowest of all (DESIGN 4.11); `None` when the directory is too
    /// old to tell, and then every such condition holds.
    lowest: Option<Tier>,
    /// What `outranks_author` compares with: the highest of all.
    highest: Tier,
}

impl Contributors {
    fn resolve(contributions: &Contributions, roster: &Roster, now: Timestamp) -> Self {
        let mut resolved = Self {
            people: BTreeMap::new(),
            accounts: BTreeMap::new(),
            all_accounts: all_accounts(contributions),
            lowest: None,
            highest: Tier::Agent,
        };
        let mut on_platform = Vec::new();
        let mut anywhere = Vec::new();
        for Contribution { who, role } in &contributions.people {
            let person = resolved.note(who, *role, roster);
            let is_robot = matches!(who, Who::Account(account) if roster.robots.contains(account));
            if is_robot || (person.is_none() && matches!(who, Who::LinkedEmail(_))) {
                continue;
            }
            let (tier, highest) = tiers_as_author(person, roster, now);
            resolved.highest = resolved.highest.max(highest);
            anywhere.push(tier);
            on_platform.extend(role.is_on_platform().then_some(tier));
        }
        // A robot that the directory gives to somebody acts for that person.
        for who in &contributions.robots {
            resolved.note(who, Role::Operator, roster);
        }
        // A name in a commit can lower the tier that the platform vouches for, never raise it.
        let vouched = on_platform.into_iter().min().unwrap_or(Tier::Agent);
        let lowest = anywhere.into_iter().min().map_or(vouched, |tier| tier.min(vouched));
        resolved.lowest = roster.snapshot.is_fresh(now).then_some(lowest);
        resolved
    }

    /// Remembers what somebody did, and returns who that is in the directory.
    fn note<'r>(&mut self, who: &Who, role: Role, roster: &'r Roster) -> Option<&'r Person> {
        let person = match who {
            Who::Account(account) => {
                self.accounts.entry(account.clone()).or_insert(role);
                roster.person(account)
            }
            Who::Email(email) | Who::LinkedEmail(email) => roster.person_by_address(email),
            Who::Unknown => None,
        };
        if let Some(person) = person {
            self.people.entry(person.id.clone()).or_insert(role);
        }
        person
    }

    /// What this person did, if anything.
    fn role(&self, person: &PersonId) -> Option<Role> {
        self.people.get(person).copied()
    }

    /// What this account did, if anything.
    fn account_role(&self, account: &AccountId) -> Option<Role> {
        self.accounts.get(account).copied()
    }
}

/// Everybody's account, robots included; `None` when somebody's cannot be told.
fn all_accounts(contributions: &Contributions) -> Option<BTreeSet<AccountId>> {
    let everybody = contributions.people.iter().map(|done| &done.who).chain(&contributions.robots);
    let by_number = everybody.filter(|who| !matches!(who, Who::LinkedEmail(_)));
    let account = |who: &Who| match who {
        Who::Account(account) => Some(account.clone()),
        Who::Email(_) | Who::LinkedEmail(_) | Who::Unknown => None,
    };
    by_number.map(account).collect()
}

/// The tier of a contributor for conditions on the author, and for `outranks_author`. Somebody unknown has the lowest
/// tier; somebody who left has it as author, and still has to be outranked.
fn tiers_as_author(person: Option<&Person>, roster: &Roster, now: Timestamp) -> (Tier, Tier) {
    let lowest = roster.tiers.lowest();
    let granted = person.and_then(|person| person.grant(now)).map_or(lowest, |grant| grant.tier);
    let is_here = person.is_some_and(|person| person.is_active);
    (if is_here { granted } else { granted.min(lowest) }, granted)
}
