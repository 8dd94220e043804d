//! A rule as one English sentence, for the check text and `seconder policy explain`.

mod settings;

use crate::gate::detect::Level;
use crate::gate::people::Tiers;

use super::diagnostic::list;
use super::{Comparison, Override, Require, Rule, TierCondition, When};

pub use settings::explain_settings;

/// More patterns than these are counted, not listed.
const MAX_LISTED: usize = 6;

/// What this rule says, in one sentence.
pub fn explain_rule(rule: &Rule, tiers: &Tiers) -> String {
    format!("{}, {} must approve{}.", condition(&rule.when, tiers), approvers(&rule.require, tiers), unless(rule))
}

/// What this rule says, in one sentence that names no tier, group or training: beside it stands who meets the rule, and
/// from both together anybody's tier could be told.
pub fn explain_rule_discreetly(rule: &Rule, tiers: &Tiers) -> String {
    let when = When { author_tier: None, ..rule.when.clone() };
    let author = if rule.when.author_tier.is_some() { ", depending on who made it" } else { "" };
    let people = match rule.require.approvals {
        1 => "1 person who qualifies".to_owned(),
        approvals => format!("{approvals} people who qualify"),
    };
    format!("{}{author}, {people} must approve{}.", condition(&when, tiers), unless(rule))
}

/// The condition as words: `senior or above`.
pub(in crate::gate) fn tier_condition(condition: TierCondition, tiers: &Tiers) -> String {
    compared(condition, tiers)
}

fn unless(rule: &Rule) -> String {
    let names: Vec<_> = rule.exempt.iter().map(|exempt| exempt.name.as_str()).collect();
    match names.as_slice() {
        [] => String::new(),
        [name] => format!(", unless the exemption `{name}` holds"),
        names => format!(", unless one of the exemptions {} holds", list(names, "or")),
    }
}

/// Who may override, in one sentence.
pub fn explain_override(over: &Override, tiers: &Tiers) -> String {
    let hours = if over.hours == 1 { "1 hour".to_owned() } else { format!("{} hours", over.hours) };
    format!(
        "In an emergency, {} who had no part in the change may let it pass for {hours}, with a reason.",
        approvers(&over.by, tiers)
    )
}

/// What the rule that guards the gate's own files says, given what it asks of the approver.
pub fn explain_guard(require: &Require, tiers: &Tiers) -> String {
    format!(
        "When the change touches a file that decides what the gate or an agent may do, {}",
        guard_asks(require, tiers)
    )
}

/// What that rule says of a change that touches such a file.
pub fn explain_guarded(require: &Require, tiers: &Tiers) -> String {
    guarded(&guard_asks(require, tiers))
}

/// The same without a tier, as in [`explain_rule_discreetly`].
pub fn explain_guarded_discreetly() -> String {
    guarded("1 person who qualifies must approve, whatever its assistance.")
}

fn guarded(asks: &str) -> String {
    format!("The change touches a file that decides what the gate or an agent may do, so {asks}")
}

fn guard_asks(require: &Require, tiers: &Tiers) -> String {
    let tier = require.tier.map_or("any tier", |condition| tiers.name(condition.tier));
    format!("1 person of tier {tier} or above must approve, whatever its assistance.")
}

fn condition(when: &When, tiers: &Tiers) -> String {
    let assistance = when.assistance.and_then(|level| match level {
        Level::None => None,
        Level::Unknown => Some("the change is AI-assisted or its assistance is unknown".to_owned()),
        Level::Assisted => Some("the change is AI-assisted".to_owned()),
        Level::Autonomous => Some("the change was made by an agent".to_owned()),
    });
    let (whose, it) = if assistance.is_some() { ("its", "it") } else { ("the change's", "the change") };
    let author = when.author_tier.map(|condition| format!("{whose} author's tier is {}", compared(condition, tiers)));
    let it = if author.is_some() { "it" } else { it };
    let paths = when.paths.as_ref().map(|paths| format!("{it} touches {}", listed(&paths.patterns)));
    let conditions: Vec<_> = [assistance, author, paths].into_iter().flatten().collect();
    if conditions.is_empty() { "For every change".to_owned() } else { format!("When {}", conditions.join(", and ")) }
}

fn approvers(require: &Require, tiers: &Tiers) -> String {
    let people = if require.approvals == 1 { "person" } else { "people" };
    let mut qualities = Vec::new();
    if let Some(condition) = require.tier {
        qualities.push(format!("of tier {}", compared(condition, tiers)));
    }
    if !require.groups.is_empty() {
        qualities.push(format!("in group {}", quoted(&require.groups, "or")));
    }
    if !require.training.is_empty() {
        qualities.push(format!("trained in {}", quoted(&require.training, "and")));
    }
    if require.write_access {
        qualities.push("with write access".to_owned());
    }
    if require.outranks_author {
        qualities.push("ranking above every contributor".to_owned());
    }
    let qualities = match qualities.split_last() {
        None => String::new(),
        Some((last, [])) => format!(" {last}"),
        Some((last, rest)) => format!(" {} and {last}", rest.join(", ")),
    };
    format!("{} {people}{qualities}", require.approvals)
}

fn compared(condition: TierCondition, tiers: &Tiers) -> String {
    let tier = tiers.name(condition.tier);
    match condition.comparison {
        Comparison::Below => format!("below {tier}"),
        Comparison::AtMost => format!("{tier} or below"),
        Comparison::Exactly => tier.to_owned(),
        Comparison::AtLeast => format!("{tier} or above"),
        Comparison::Above => format!("above {tier}"),
    }
}

fn listed(patterns: &[String]) -> String {
    if patterns.len() > MAX_LISTED {
        format!("one of {} path patterns", patterns.len())
    } else {
        quoted(patterns, "or")
    }
}

fn quoted(words: &[String], conjunction: &str) -> String {
    list(&words.iter().map(String::as_str).collect::<Vec<_>>(), conjunction)
}
