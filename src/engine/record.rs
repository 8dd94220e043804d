//! What is kept of a decision for good: the verdict with pseudonyms for accounts, and without anybody's words.
//!
//! Logins, addresses and texts stay in rows of their own, which can be deleted without touching the record.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use crate::gate::change::Change;
use crate::gate::contributors::{Contribution, Who};
use crate::gate::detect::Evidence;
use crate::gate::evaluate::Facts;
use crate::gate::ids::{AccountId, WordId};
use crate::gate::policy::{Policy, Source, SourceLevel};
use crate::gate::verdict::{ApprovalOutcome, CommandOutcome, Hearing, Refusal, RuleOutcome, RuleResult, Verdict};
use crate::store::Digests;

/// How much evidence a record holds.
const MOST_EVIDENCE: usize = 200;

/// All accounts that a decision speaks of.
pub(super) fn accounts(verdict: &Verdict) -> Vec<AccountId> {
    let contributors = verdict.contributions.people.iter().map(|done| &done.who).chain(&verdict.contributions.robots);
    let contributors = contributors.filter_map(|who| match who {
        Who::Account(account) => Some(account.clone()),
        Who::Email(_) | Who::LinkedEmail(_) | Who::Unknown => None,
    });
    let approvers = verdict.approvals.iter().filter_map(|one| Some(one.by.as_ref()?.account.clone()));
    let suggesters = verdict.contributions.neutral.suggestions.iter().map(|(_, by)| by.clone());
    let holders = verdict.holds.iter().map(|hold| hold.by.account.clone());
    let speakers = heard(verdict).map(|command| command.by.account.clone());
    let all: BTreeSet<AccountId> =
        contributors.chain(approvers).chain(holders).chain(suggesters).chain(speakers).collect();
    all.into_iter().collect()
}

/// Commands that somebody gave whom the gate hears. What strangers say is no part of a decision.
fn heard(verdict: &Verdict) -> impl Iterator<Item = &CommandOutcome> {
    verdict.commands.iter().filter(|command| command.hearing != Hearing::Unheard)
}

/// What became of a command, without anybody's words.
fn hearing(hearing: &Hearing) -> Value {
    match hearing {
        Hearing::Refused(Refusal::Mistaken(_)) => json!({ "refused": "mistaken" }),
        other => json!(other),
    }
}

/// The decision as it is kept. `change` is `None` if it could not be read.
pub(super) fn of(
    verdict: &Verdict,
    change: Option<&Change>,
    policy: &Policy,
    pseudonyms: &BTreeMap<AccountId, String>,
) -> Value {
    let name = |account: &AccountId| pseudonyms.get(account).map_or("p_unknown", String::as_str);
    let who = |who: &Who| match who {
        Who::Account(account) => name(account).to_owned(),
        Who::Email(_) => "unlinked".to_owned(),
        Who::LinkedEmail(_) => "linked".to_owned(),
        Who::Unknown => "unknown".to_owned(),
    };
    let contributor = |done: &Contribution| json!({ "who": who(&done.who), "role": done.role });
    let approval = |one: &ApprovalOutcome| {
        json!({
            "word": one.word,
            "by": one.by.as_ref().map(|by| name(&by.account)),
            "state": one.state,
            "commit": one.commit,
            "standing": one.standing,
        })
    };
    json!({
        "v": verdict.v,
        "change": verdict.change,
        "head": verdict.head,
        "base": change.map(|change| json!({ "branch": change.base.name, "sha": change.base.sha })),
        "outcome": verdict.outcome,
        "level": verdict.level,
        "problems": verdict.problems,
        "rules": verdict.rules.iter().map(rule).collect::<Vec<_>>(),
        "approvals": verdict.approvals.iter().map(approval).collect::<Vec<_>>(),
        "holds": verdict.holds.iter().map(|hold| json!({ "word": hold.word, "by": name(&hold.by.account) }))
            .collect::<Vec<_>>(),
        "evidence": strongest(&verdict.evidence).into_iter().map(|one| json!({
            "channel": one.channel, "tool": one.tool, "place": one.place, "strength": one.strength,
            "gates": one.gates,
        })).collect::<Vec<_>>(),
        "evidence_total": verdict.evidence.len(),
        "dismissed": verdict.dismissed,
        "removed": verdict.removed,
        "commands": heard(verdict).map(|one| json!({
            "comment": one.comment, "by": name(&one.by.account), "ask": one.ask.verb(), "hearing": hearing(&one.hearing),
        })).collect::<Vec<_>>(),
        "contributors": verdict.contributions.people.iter().map(contributor).collect::<Vec<_>>(),
        "updates": verdict.contributions.neutral.updates.keys().collect::<Vec<_>>(),
        "suggestions": verdict.contributions.neutral.suggestions.iter()
            .map(|(commit, by)| json!({ "commit": commit, "by": name(by) })).collect::<Vec<_>>(),
        "policy": policy.sources.iter().map(source).collect::<Vec<_>>(),
    })
}

/// As much evidence as a record holds: what gates first, and then what proves most. Anybody can write more of it.
fn strongest(evidence: &[Evidence]) -> Vec<&Evidence> {
    let mut all: Vec<&Evidence> = evidence.iter().collect();
    all.sort_by_key(|one| std::cmp::Reverse((one.gates, one.strength)));
    all.truncate(MOST_EVIDENCE);
    all
}

fn rule(rule: &RuleOutcome) -> Value {
    let result = match &rule.result {
        // Who could have been asked is a matter of the day, and names people.
        RuleResult::Missing { have, need, candidates, .. } => {
            json!({ "missing": { "have": have, "need": need, "candidates": candidates } })
        }
        other => json!(other),
    };
    json!({ "name": rule.name, "source": rule.source, "result": result })
}

fn source(source: &Source) -> Value {
    let level = match source.level {
        SourceLevel::Floor => "floor",
        SourceLevel::Organisation => "organisation",
        SourceLevel::Repository { .. } => "repository",
    };
    json!({ "level": level, "name": source.name, "digest": source.digest })
}

/// Digests of everything that the decision rests on, none of them moved by time alone.
pub(super) fn digests(facts: &Facts, policy: &Policy, catalogue: &str, check: &str) -> Digests {
    /// The facts without the time and without the parts that have digests of their own.
    #[derive(Serialize)]
    struct Timeless<'a> {
        read: &'a crate::gate::change::Read,
        evidence: &'a [crate::gate::detect::Evidence],
        removed: &'a [crate::gate::detect::removed::Removed],
        declaration: Option<crate::gate::detect::Declaration>,
        contributions: &'a crate::gate::contributors::Contributions,
        first_seen: &'a BTreeMap<WordId, crate::gate::people::Standing>,
        remembered_level: crate::gate::detect::Level,
        commands: &'a [crate::gate::command::Command],
        dismissed: &'a BTreeMap<i64, BTreeSet<String>>,
        agent_accounts: &'a BTreeSet<AccountId>,
    }
    let timeless = Timeless {
        read: &facts.read,
        evidence: &facts.evidence,
        removed: &facts.removed,
        declaration: facts.declaration,
        contributions: &facts.contributions,
        first_seen: &facts.first_seen,
        remembered_level: facts.remembered_level,
        commands: &facts.commands,
        dismissed: &facts.dismissed,
        agent_accounts: &facts.agent_accounts,
    };
    Digests {
        facts: crate::gate::digest::of(&timeless),
        policy: crate::gate::digest::of(&(
            policy.sources.iter().map(|source| &source.digest).collect::<Vec<_>>(),
            &policy.broken,
            &policy.breaking,
        )),
        roster: facts.roster.snapshot.digest.clone(),
        catalogue: catalogue.to_owned(),
        check: check.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::detect::{Channel, Place, Strength};

    #[test]
    fn a_record_holds_the_strongest_evidence_only() {
        let evidence = |strength, gates| Evidence {
            channel: Channel::Trailer,
            tool: "claude".to_owned(),
            place: Place::Branch,
            text: String::new(),
            strength,
            gates,
            autonomous: false,
        };
        let mut all = vec![evidence(Strength::Hint, false); MOST_EVIDENCE + 5];
        all.push(evidence(Strength::Attributed, true));
        let kept = strongest(&all);
        assert_eq!((kept.len(), kept[0].strength), (MOST_EVIDENCE, Strength::Attributed));
    }
}
