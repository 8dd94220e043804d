//! Who shaped a change, who approved it, and what people asked of the gate.

use std::collections::BTreeMap;

use super::super::super::contributors::{Role, Who};
use super::super::super::evaluate::{Condition, Granted, Insight};
use super::super::super::ids::AccountId;
use super::super::super::page::Judged;
use super::super::super::verdict::{ApprovalOutcome, CommandOutcome, Counts, Hearing, Verdict};
use super::super::word;
use super::parts::{Forge, revealed, sentence};
use super::{Part, Words};

/// The longest name that is shown, in characters.
const LONGEST_NAME: usize = 160;

/// The longest condition that is shown, in characters.
const LONGEST_LACK: usize = 500;

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Who gave it.
    pub by: Words,
    /// What was done, and to which commit.
    pub what: Words,
    /// Whether it counts.
    pub counts: bool,
    /// For what it counts, or why it does not.
    pub why: Words,
    /// The tier of whoever gave it, where that may be shown.
    pub tier: Option<String>,
    /// What is missing for rules that are not met, where that may be shown.
    pub lacks: Vec<String>,
}

/// Somebody who shaped the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contributor {
    /// Who.
    pub who: Words,
    /// What they did.
    pub roles: String,
    /// Their tier, where that may be shown.
    pub tier: Option<String>,
}

/// A command, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who gave it.
    pub by: Words,
    /// The command, and where it stands.
    pub what: Words,
    /// Whether it has its effect, or was answered.
    pub is_heeded: bool,
    /// What became of it.
    pub words: Words,
}

/// Approvals that count, and those that do not.
pub(super) fn votes(verdict: &Verdict, insight: Option<&Insight>, forge: &Forge<'_>) -> [Vec<Vote>; 2] {
    let (counted, not_counted): (Vec<_>, Vec<_>) =
        verdict.approvals.iter().partition(|one| matches!(one.standing, Counts::Counted { .. }));
    let of = |all: Vec<&ApprovalOutcome>| all.into_iter().map(|one| vote(one, insight, forge)).collect();
    [of(counted), of(not_counted)]
}

fn vote(one: &ApprovalOutcome, insight: Option<&Insight>, forge: &Forge<'_>) -> Vote {
    let lacks = insight.iter().flat_map(|insight| &insight.lacks).filter(|lack| lack.word == one.word);
    let lack = |rule: &str, condition: &Condition| revealed(&format!("{rule}: {}", lacking(condition)), LONGEST_LACK);
    Vote {
        by: match &one.by {
            Some(by) => forge.person(by.login.as_str()),
            None => vec![Part::Text("A deleted account".to_owned())],
        },
        what: forge.words(&word::approved(one)),
        counts: matches!(one.standing, Counts::Counted { .. }),
        why: sentence(forge.words(&word::standing(one))),
        tier: one.by.as_ref().and_then(|by| tier(insight, &by.account)),
        lacks: lacks.flat_map(|of| of.conditions.iter().map(|condition| lack(&of.rule, condition))).collect(),
    }
}

/// A condition that somebody does not meet, for insiders.
fn lacking(condition: &Condition) -> String {
    let list = |names: &[String]| names.join(", ");
    match condition {
        Condition::Tier { asked, has, had: None } => format!("asks for tier {asked}, and this is {has}"),
        Condition::Tier { asked, has, had: Some(had) } => {
            format!("asks for tier {asked}, and this is {has} now and was {had} when the approval was first seen")
        }
        Condition::Outranks => "asks for somebody above every contributor".to_owned(),
        Condition::Groups(groups) => format!("asks for somebody in group {}", list(groups)),
        Condition::Training(training) => format!("asks for training in {}", list(training)),
        Condition::WriteAccess => "asks for write access, which the forge does not confirm".to_owned(),
    }
}

fn tier(insight: Option<&Insight>, account: &AccountId) -> Option<String> {
    let insight = insight?;
    let Some(Granted { tier, rule }) = insight.tiers.get(account) else {
        return Some("not in the directory".to_owned());
    };
    let rule = revealed(rule, LONGEST_NAME);
    Some(match tier {
        Some(tier) => format!("{}, by {rule}", revealed(tier, LONGEST_NAME)),
        None => format!("no tier: {rule}"),
    })
}

/// Everybody who shaped the change, each with all that they did.
pub(super) fn contributors(judged: &Judged, insight: Option<&Insight>, forge: &Forge<'_>) -> Vec<Contributor> {
    let contributions = &judged.verdict.contributions;
    let mut by_who: BTreeMap<&Who, Vec<Role>> = BTreeMap::new();
    for done in &contributions.people {
        by_who.entry(&done.who).or_default().push(done.role);
    }
    for who in &contributions.robots {
        by_who.entry(who).or_default().push(Role::Robot);
    }
    // The account to which the forge links an address stands beside it.
    by_who.retain(|who, _| !matches!(who, Who::LinkedEmail(_)));
    let listed = by_who.into_iter().map(|(who, roles)| {
        let mut words: Vec<&str> = roles.into_iter().map(Role::as_str).collect();
        words.dedup();
        if matches!(who, Who::Email(_)) {
            words.push("by an address that the forge links to no account");
        }
        Contributor {
            who: named(who, judged, forge),
            roles: words.join(", "),
            tier: account(who).and_then(|who| tier(insight, who)),
        }
    });
    listed.collect()
}

fn account(who: &Who) -> Option<&AccountId> {
    match who {
        Who::Account(account) => Some(account),
        Who::Email(_) | Who::LinkedEmail(_) | Who::Unknown => None,
    }
}

fn named(who: &Who, judged: &Judged, forge: &Forge<'_>) -> Words {
    match who {
        Who::Account(account) => match judged.logins.get(account) {
            Some(login) => forge.person(login.as_str()),
            None => vec![Part::Text(format!("account {}", account.id))],
        },
        Who::Email(digest) | Who::LinkedEmail(digest) => match judged.git_names.get(digest) {
            Some(name) => vec![Part::Code(revealed(name, LONGEST_NAME))],
            None => vec![Part::Text("somebody unknown".to_owned())],
        },
        Who::Unknown => vec![Part::Text("somebody unknown".to_owned())],
    }
}

/// Commands that are heard, and how many are not.
pub(super) fn said(verdict: &Verdict, forge: &Forge<'_>) -> (Vec<Said>, usize) {
    let (heard, unheard): (Vec<_>, Vec<_>) =
        verdict.commands.iter().partition(|command| command.hearing != Hearing::Unheard);
    (heard.into_iter().map(|command| one_said(command, forge)).collect(), unheard.len())
}

fn one_said(command: &CommandOutcome, forge: &Forge<'_>) -> Said {
    let words = format!("/seconder {}", command.ask.verb());
    let url = command.url.as_deref().and_then(|url| forge.safe(url)).or_else(|| forge.comment(command.comment));
    let mut what = vec![match url {
        Some(href) => Part::Link { words, href },
        None => Part::Text(words),
    }];
    if let Some(reason) = &command.reason {
        what.extend([Part::Text(": ".to_owned()), Part::Code(revealed(reason, LONGEST_NAME))]);
    }
    Said {
        by: forge.person(command.by.login.as_str()),
        what,
        is_heeded: matches!(command.hearing, Hearing::Accepted | Hearing::Told),
        words: sentence(forge.words(&word::hearing(command))),
    }
}
