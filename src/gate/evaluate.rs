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
use super::ids::{AccountId, ChangeKey};
use super::people::{PersonId, Roster, Standing, Tier};
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
    /// What the authors of approvals could do when we first saw them, by review.
    pub first_seen: BTreeMap<i64, Standing>,
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
    let people = Contributors::resolve(&facts.contributions, &facts.roster, facts.now);
    let applicable = rules::applicable(policy, change, level, &people, &facts.roster.tiers);
    let bench = approvals::Bench { facts, policy, change, people: &people, rules: &applicable.rules };
    let reviews = bench.sort();
    let asks = Asks { additional: additional_approvals(&facts.contributions, level) };
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
        contributions: facts.contributions.clone(),
    }
}

/// The level of assistance: the highest of what is found now and what was ever recorded. `unknown` alone can fall,
/// because it is an unanswered question (DESIGN 4.6).
fn level(facts: &Facts, policy: &Policy) -> Level {
    let seen = facts.evidence.iter().map(Evidence::level).max().unwrap_or_default();
    let remembered = if facts.remembered_level == Level::Unknown { Level::None } else { facts.remembered_level };
    let answered = match facts.declaration {
        Some(Declaration::Yes) => Level::Assisted,
        Some(Declaration::No) => Level::None,
        None if policy.disclosure_required => Level::Unknown,
        None => Level::None,
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
        Problem::Incomplete { .. } | Problem::BrokenPolicy(_) => Outcome::Error,
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
    /// The tier that conditions on the author look at: the lowest of all (DESIGN 4.11).
    lowest: Tier,
    /// What `outranks_author` compares with: the highest of all.
    highest: Tier,
}

impl Contributors {
    fn resolve(contributions: &Contributions, roster: &Roster, now: Timestamp) -> Self {
        let mut people = BTreeMap::new();
        let mut accounts = BTreeMap::new();
        let mut tiers = BTreeSet::new();
        for Contribution { who, role } in &contributions.people {
            let person = match who {
                Who::Account(account) => {
                    accounts.entry(account.clone()).or_insert(*role);
                    roster.person(account)
                }
                Who::Email(email) => roster.person_by_email(email),
                Who::Unknown => None,
            };
            let tier = person.and_then(|person| person.grant(now)).map(|grant| grant.tier);
            tiers.insert(tier.unwrap_or_else(|| roster.tiers.lowest()));
            if let Some(person) = person {
                people.entry(person.id.clone()).or_insert(*role);
            }
        }
        let lowest = tiers.first().copied().unwrap_or(Tier::Agent);
        let highest = tiers.last().copied().unwrap_or(Tier::Agent);
        let everybody = contributions.people.iter().map(|done| &done.who).chain(&contributions.robots);
        let account = |who: &Who| match who {
            Who::Account(account) => Some(account.clone()),
            Who::Email(_) | Who::Unknown => None,
        };
        Self { people, accounts, all_accounts: everybody.map(account).collect(), lowest, highest }
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
