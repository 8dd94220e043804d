//! Which rules apply, and whether each has the approvals that it asks for.

use std::borrow::Cow;

use super::approvals::{Approvals, Bench, Valid};
use super::contributors::Contributors;
use super::emergency::Overrides;
use super::{Asks, guard};
use crate::gate::change::{Change, Files};
use crate::gate::detect::Level;
use crate::gate::people::{Person, PersonId, Standing, Tier, Tiers};
use crate::gate::policy::{
    Exempt, Policy, Require, Rule, When, explain_guarded, explain_guarded_discreetly, explain_rule,
    explain_rule_discreetly, predicate,
};
use crate::gate::verdict::{NAMED_CANDIDATES, RuleOutcome, RuleResult};

/// A rule that applies to the change.
pub(super) struct Applicable<'a> {
    pub(super) name: &'a str,
    pub(super) require: Cow<'a, Require>,
    source: String,
    sentence: String,
    discreet: String,
    guarded: Option<String>,
    /// The policy's rule; `None` for the guard, which nobody overrides.
    rule: Option<&'a Rule>,
}

/// All rules: those that apply, and the outcomes of those that do not.
pub(super) struct Sorted<'a> {
    pub(super) rules: Vec<Applicable<'a>>,
    others: Vec<RuleOutcome>,
}

/// Sorts the policy's rules, and adds the guard where the change touches a guarded file.
pub(super) fn applicable<'a>(
    policy: &'a Policy,
    change: &Change,
    level: Level,
    people: &Contributors,
    tiers: &Tiers,
) -> Sorted<'a> {
    let mut sorted = Sorted { rules: Vec::new(), others: Vec::new() };
    for rule in &policy.rules {
        let source = policy.sources.get(rule.source).map_or_else(String::new, |source| source.name.clone());
        let (sentence, discreet) = (explain_rule(rule, tiers), explain_rule_discreetly(rule, tiers));
        let asks_author_tier = rule.when.author_tier.is_some();
        let without = if applies(rule, level, people.lowest, &change.files) {
            exemption(rule, people, change).map(|by| RuleResult::Exempt { by: by.to_owned() })
        } else {
            Some(RuleResult::NotApplicable)
        };
        if let Some(result) = without {
            let (name, guarded) = (rule.name.clone(), None);
            sorted.others.push(RuleOutcome { name, source, sentence, discreet, asks_author_tier, guarded, result });
        } else {
            let require = Cow::Borrowed(&rule.require);
            let (guarded, name) = (None, &rule.name);
            let rule = Some(rule);
            sorted.rules.push(Applicable { name, require, source, sentence, discreet, guarded, rule });
        }
    }
    if let Some(touched) = guard::touched(&change.files) {
        let require = guard::require(policy, tiers);
        let (sentence, discreet) = (explain_guarded(&require, tiers), explain_guarded_discreetly());
        let guarded = match touched {
            guard::Touched::File(path) => Some(path.to_owned()),
            guard::Touched::Unknown => None,
        };
        let source = "built in".to_owned();
        sorted.rules.push(Applicable { name: guard::NAME, require, source, sentence, discreet, guarded, rule: None });
    }
    sorted
}

/// Whether all conditions of the rule hold. `author_tier` is `None` when it cannot be told: conditions on it then hold.
fn applies(rule: &Rule, level: Level, author_tier: Option<Tier>, files: &Files) -> bool {
    let Some(tier) = author_tier else {
        let others = When { author_tier: None, ..rule.when.clone() };
        return predicate::holds(&others, level, Tier::Agent, files).is_ok();
    };
    predicate::holds(&rule.when, level, tier, files).is_ok()
}

fn exemption<'a>(rule: &'a Rule, people: &Contributors, change: &Change) -> Option<&'a str> {
    let host = &change.key.repo.host;
    let covers = |exempt: &&Exempt| predicate::exempts(exempt, host, people.all_accounts.as_ref(), &change.files);
    rule.exempt.iter().find(covers).map(|exempt| exempt.name.as_str())
}

impl Sorted<'_> {
    /// How each rule came out, in the policy's order of those that apply, then the others.
    pub(super) fn outcomes(
        &self,
        bench: &Bench<'_>,
        approvals: &Approvals<'_>,
        overrides: &Overrides<'_>,
        asks: Asks,
    ) -> Vec<RuleOutcome> {
        let judged = self.rules.iter().map(|rule| RuleOutcome {
            name: rule.name.to_owned(),
            source: rule.source.clone(),
            sentence: rule.sentence.clone(),
            discreet: rule.discreet.clone(),
            asks_author_tier: rule.rule.is_some_and(|rule| rule.when.author_tier.is_some()),
            guarded: rule.guarded.clone(),
            result: result(rule, bench, approvals, overrides, asks),
        });
        judged.chain(self.others.iter().cloned()).collect()
    }
}

fn result(
    rule: &Applicable<'_>,
    bench: &Bench<'_>,
    approvals: &Approvals<'_>,
    overrides: &Overrides<'_>,
    asks: Asks,
) -> RuleResult {
    let counted: Vec<&Valid<'_>> = approvals.meeting(&rule.require, bench.people.highest).collect();
    let have = u32::try_from(counted.len()).unwrap_or(u32::MAX);
    let need = asks.of(rule.require.approvals);
    if have >= need {
        return RuleResult::Satisfied { by: counted.iter().map(|valid| valid.word.id()).collect() };
    }
    if let Some(overridden) = rule.rule.and_then(|rule| overrides.of(rule, bench)) {
        return overridden;
    }
    let candidates: Vec<&PersonId> = bench.candidates(&rule.require, &counted).collect();
    RuleResult::Missing {
        have,
        need,
        candidates: u32::try_from(candidates.len()).unwrap_or(u32::MAX),
        named: candidates.into_iter().take(NAMED_CANDIDATES).cloned().collect(),
    }
}

/// Whether somebody of this standing meets what a rule asks of each approver, apart from having no part in the change.
/// `above`: the highest tier among contributors.
pub(super) fn meets(require: &Require, standing: &Standing, above: Tier) -> bool {
    let in_group = require.groups.is_empty() || require.groups.iter().any(|group| standing.groups.contains(group));
    standing.tier > Tier::Agent
        && require.tier.is_none_or(|condition| condition.holds(standing.tier))
        && (!require.outranks_author || standing.tier > above)
        && in_group
        && require.training.iter().all(|training| standing.training.contains(training))
}

/// What a person can do now; nothing where the directory says that the person may not approve.
pub(super) fn standing(person: &Person, now: jiff::Timestamp) -> Standing {
    let nobody = Standing {
        tier: Tier::Agent,
        rule: "inactive, or never approves".to_owned(),
        groups: std::collections::BTreeSet::new(),
        training: std::collections::BTreeSet::new(),
    };
    match person.grant(now) {
        Some(grant) if person.is_active && person.may_approve => Standing {
            tier: grant.tier,
            rule: grant.rule.clone(),
            groups: person.groups.clone(),
            training: person.training.clone(),
        },
        _ => nobody,
    }
}
