//! Facts and policy in, verdict out. Total, deterministic, clock-free: the time is `facts.now`.
//!
//! Whatever is missing, truncated, stale or broken makes a verdict that does not pass, with the reason in the tree.

mod approvals;
mod assistance;
pub mod candidates;
mod contributors;
mod emergency;
pub mod guard;
mod hearing;
mod holds;
mod insight;
mod rules;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::approvals::Bench;
use self::assistance::level;
use self::contributors::Contributors;
use self::hearing::Effects;
pub use self::insight::{Condition, Granted, Insight, Lack, insight};
use super::change::{Change, Files, Read};
use super::command::Command;
use super::contributors::{Contributions, Role, Who};
use super::detect::removed::Removed;
use super::detect::{Declaration, Evidence, Level};
use super::ids::{AccountId, ChangeKey, WordId};
use super::people::{Roster, Standing};
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
    /// Attribution that commits of the change carried, and that none carries any more.
    #[serde(default)]
    pub removed: Vec<Removed>,
    /// The highest level ever recorded for this change.
    pub remembered_level: Level,
    /// The answer to the disclosure question that this read shows, from the opener's own account.
    pub declaration: Option<Declaration>,
    /// Who shaped the change, now and on earlier heads.
    pub contributions: Contributions,
    /// Commands in comments, as a fresh read of each comment confirmed or refuted them.
    #[serde(default)]
    pub commands: Vec<Command>,
    /// Digests of the evidence that comments which dismiss evidence were bound to when they were first weighed.
    #[serde(default)]
    pub dismissed: BTreeMap<i64, BTreeSet<String>>,
    /// Accounts among the authors of reviews and commands that the catalogue knows as agents.
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
        dismissed: BTreeMap::new(),
        removed: facts.removed.clone(),
        is_contradicted: false,
        contributions: facts.contributions.clone(),
        first_seen: Vec::new(),
        takes_reviews: false,
        takes_commands: false,
        commands: Vec::new(),
        dismisses: Vec::new(),
        look_again_at: None,
    }
}

fn judge(facts: &Facts, policy: &Policy, change: &Change) -> Verdict {
    let contributions = known_contributions(facts, change);
    let people = Contributors::resolve(&contributions, &facts.roster, facts.now);
    let bench = Bench { facts, policy, change, people: &people, rules: &[] };
    let (evidence, answer) = (bench.evidence(), bench.answer());
    // Whoever dismisses evidence must satisfy the rules that it makes apply.
    let apply = |level| rules::applicable(policy, change, level, &people, &facts.roster.tiers);
    let with_all = apply(level(facts, policy, &evidence, answer, &BTreeMap::new()));
    let dismissals = Bench { rules: &with_all.rules, ..bench }.dismissals(&evidence);
    let level = level(facts, policy, &evidence, answer, &dismissals.dismissed);

    let applicable = apply(level);
    let bench = Bench { rules: &applicable.rules, ..bench };
    let approvals = bench.weigh_all();
    let overrides = bench.overrides();
    let asks = Asks { additional: additional_approvals(&contributions, level) };
    let rules = applicable.outcomes(&bench, &approvals, &overrides, asks);
    // Dismissing evidence is no way to lift what somebody holds because of it.
    let holds = Bench { rules: &with_all.rules, ..bench }.holds(&approvals);
    let problems = problems(facts, policy, change, !applicable.rules.is_empty());
    let outcome = outcome(&problems, !holds.is_empty(), rules.iter().any(|rule| rule.result.is_missing()));
    let approvals = bench.outcomes(&approvals);
    let effects = Effects { approvals: &approvals, dismissals: &dismissals, overrides: &overrides };
    Verdict {
        v: VERSION,
        change: facts.key.clone(),
        head: Some(change.head.clone()),
        outcome,
        level,
        problems,
        holds,
        first_seen: bench.first_seen(),
        takes_reviews: policy.approve.by_review,
        takes_commands: policy.approve.by_command,
        commands: bench.command_outcomes(&effects),
        approvals,
        evidence,
        dismissed: dismissals.dismissed,
        dismisses: dismissals.bound,
        removed: facts.removed.clone(),
        is_contradicted: answer == Some(Declaration::No) && level >= Level::Assisted,
        contributions,
        look_again_at: rules.iter().filter_map(|rule| rule.result.ends_at()).min(),
        rules,
    }
}

/// Who shaped the change, now that the directory can be asked: a service account that it names is no person, so whoever
/// set it to work is still unknown.
fn known_contributions(facts: &Facts, change: &Change) -> Contributions {
    let mut known = facts.contributions.clone();
    let opened_by_robot = change.opener.as_ref().is_some_and(|opener| facts.roster.robots.contains(&opener.account));
    let has_operator = known.people.iter().any(|done| done.role == Role::Operator);
    known.operator_is_unknown |= opened_by_robot && !has_operator;
    known.untold_co_authors = if change.co_authors_are_untold { untold(&known, &facts.roster) } else { 0 };
    known
}

/// How many co-authors are named by addresses that nobody is known to have.
fn untold(contributions: &Contributions, roster: &Roster) -> u32 {
    let addresses: BTreeSet<&String> = contributions
        .people
        .iter()
        .filter_map(|done| match &done.who {
            Who::Email(address) if done.role == Role::CoAuthor => Some(address),
            _ => None,
        })
        .filter(|address| roster.person_by_address(address).is_none())
        .filter(|address| !contributions.people.iter().any(|done| done.who == Who::LinkedEmail((*address).clone())))
        .collect();
    u32::try_from(addresses.len()).unwrap_or(u32::MAX)
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
    (u32::from(operator) + u32::from(contributions.pusher_is_unknown)).saturating_add(contributions.untold_co_authors)
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
