//! What the directory says of the people a verdict speaks of, for those whom the organisation lets see it.
//!
//! Never in a check, an answer, or a page that anybody may see.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::contributors::Contributors;
use super::rules::standing;
use super::{Facts, guard};
use crate::gate::contributors::Who;
use crate::gate::ids::{AccountId, WordId};
use crate::gate::people::{Person, Standing, Tier, Tiers};
use crate::gate::policy::sentence::tier_condition;
use crate::gate::policy::{Policy, Require};
use crate::gate::verdict::{ApprovalOutcome, Counts, Verdict, Why};

/// What the directory says of the people a verdict speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Insight {
    /// Each account's tier, and by which directory rule. Accounts that nobody in the directory has are not listed.
    pub tiers: BTreeMap<AccountId, Granted>,
    /// What approvers lack for rules that they do not meet.
    pub lacks: Vec<Lack>,
}

/// A tier, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// The tier's name; `None` of somebody who has none now.
    pub tier: Option<String>,
    /// The directory rule that gave it, or why there is none.
    pub rule: String,
}

/// What an approver lacks for a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lack {
    /// The approval.
    pub word: WordId,
    /// The rule's name.
    pub rule: String,
    /// The conditions that are not met.
    pub conditions: Vec<Condition>,
}

/// A condition that an approver does not meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Another tier is asked for.
    Tier {
        /// `senior or above`.
        asked: String,
        /// The tier that the approver has.
        has: String,
        /// The tier that the approver had when the approval was first seen, if it was a lower one.
        had: Option<String>,
    },
    /// The approver stands no higher than some contributor.
    Outranks,
    /// The approver is in none of these groups.
    Groups(Vec<String>),
    /// The approver lacks these trainings.
    Training(Vec<String>),
    /// The forge does not say that the approver can push.
    WriteAccess,
}

/// What may be shown beside a verdict to those who may see tiers.
pub fn insight(facts: &Facts, policy: &Policy, verdict: &Verdict) -> Insight {
    let people = Contributors::resolve(&verdict.contributions, &facts.roster, facts.now);
    let lacks = verdict.approvals.iter().flat_map(|one| lacks(facts, policy, verdict, people.highest, one));
    Insight { tiers: tiers(facts, verdict), lacks: lacks.collect() }
}

fn tiers(facts: &Facts, verdict: &Verdict) -> BTreeMap<AccountId, Granted> {
    let contributors = verdict.contributions.people.iter().filter_map(|done| match &done.who {
        Who::Account(account) => Some(account),
        Who::Email(_) | Who::LinkedEmail(_) | Who::Unknown => None,
    });
    let approvers = verdict.approvals.iter().filter_map(|one| Some(&one.by.as_ref()?.account));
    let speakers = verdict.commands.iter().map(|one| &one.by.account);
    let holders = verdict.holds.iter().map(|one| &one.by.account);
    let all: BTreeSet<&AccountId> = contributors.chain(approvers).chain(speakers).chain(holders).collect();
    let granted = |account: &AccountId| Some((account.clone(), granted(facts.roster.person(account)?, facts)));
    all.into_iter().filter_map(granted).collect()
}

fn granted(person: &Person, facts: &Facts) -> Granted {
    let tiers = &facts.roster.tiers;
    match person.grant(facts.now) {
        _ if !person.is_active => Granted { tier: None, rule: "not active".to_owned() },
        Some(grant) => Granted { tier: Some(tiers.name(grant.tier).to_owned()), rule: grant.rule.clone() },
        None => Granted { tier: None, rule: "every grant has ended".to_owned() },
    }
}

fn lacks(facts: &Facts, policy: &Policy, verdict: &Verdict, above: Tier, one: &ApprovalOutcome) -> Vec<Lack> {
    let not_met = match &one.standing {
        Counts::Counted { not_met, .. } => not_met,
        Counts::NotCounted(Why::DoesNotMeet { rules } | Why::NoWriteAccessShown { rules }) => rules,
        Counts::NotCounted(_) => return Vec::new(),
    };
    let Some(person) = one.by.as_ref().and_then(|by| facts.roster.person(&by.account)) else { return Vec::new() };
    let now = standing(person, facts.now);
    let seen = verdict.first_seen.iter().find(|(word, _)| *word == one.word).map(|(_, standing)| standing);
    let then = facts.first_seen.get(&one.word).or(seen).unwrap_or(&now);
    let guard = guard::require(policy, &facts.roster.tiers);
    let of_policy = policy.rules.iter().map(|rule| (rule.name.as_str(), &rule.require));
    let asked =
        of_policy.chain([(guard::NAME, guard.as_ref())]).filter(|(name, _)| not_met.iter().any(|rule| rule == name));
    let lack = |(name, require): (&str, &Require)| Lack {
        word: one.word,
        rule: name.to_owned(),
        conditions: unmet(require, (&now, then), above, &facts.roster.tiers),
    };
    asked.map(lack).filter(|lack| !lack.conditions.is_empty()).collect()
}

/// What of a rule's conditions on approvers is not met, now or when the approval was first seen.
fn unmet(require: &Require, (now, then): (&Standing, &Standing), above: Tier, tiers: &Tiers) -> Vec<Condition> {
    let mut unmet = Vec::new();
    let lower = now.tier.min(then.tier);
    let name = |tier| tiers.name(tier).to_owned();
    if let Some(condition) = require.tier
        && !(condition.holds(now.tier) && condition.holds(then.tier))
    {
        let had = (then.tier != now.tier).then(|| name(then.tier));
        unmet.push(Condition::Tier { asked: tier_condition(condition, tiers), has: name(now.tier), had });
    }
    if require.outranks_author && lower <= above {
        unmet.push(Condition::Outranks);
    }
    let in_group = |standing: &Standing| require.groups.iter().any(|group| standing.groups.contains(group));
    let is_in = require.groups.is_empty() || (in_group(now) && in_group(then));
    if !is_in {
        unmet.push(Condition::Groups(require.groups.clone()));
    }
    let has_not = |training: &&String| !(now.training.contains(*training) && then.training.contains(*training));
    let training: Vec<String> = require.training.iter().filter(has_not).cloned().collect();
    if !training.is_empty() {
        unmet.push(Condition::Training(training));
    }
    // Where nothing else is missing, this is; a command never shows it.
    if unmet.is_empty() && require.write_access {
        unmet.push(Condition::WriteAccess);
    }
    unmet
}
