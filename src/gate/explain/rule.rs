//! How each rule came out, and who let the change pass without it.

use std::collections::BTreeSet;

use super::super::detect::Level;
use super::super::evaluate::guard;
use super::super::ids::WordId;
use super::super::people::PersonId;
use super::super::verdict::{RuleOutcome, RuleResult, Verdict};
use super::Voice;
use super::line::Line;
use super::word::command;

/// All rules that apply, and what makes them ask for more than usual.
pub(super) fn rules(verdict: &Verdict, voice: &Voice<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = verdict.rules.iter().filter_map(|rule| rule_line(rule, voice)).collect();
    if !lines.is_empty() {
        lines.extend(unknown_pusher(verdict));
        lines.extend(untold_co_authors(verdict));
    }
    lines.extend(unknown_operator(verdict));
    lines
}

fn unknown_pusher(verdict: &Verdict) -> Option<Line> {
    verdict.contributions.pusher_is_unknown.then(|| {
        "Nobody saw who pushed this commit, or one before it in this change, so every rule asks for one approval more \
         than usual."
            .into()
    })
}

fn unknown_operator(verdict: &Verdict) -> Option<Line> {
    (verdict.contributions.operator_is_unknown && verdict.level >= Level::Autonomous).then(|| {
        "An agent made this change and nothing says who asked it to, so every rule asks for one approval more than \
         usual."
            .into()
    })
}

fn untold_co_authors(verdict: &Verdict) -> Option<Line> {
    let count = verdict.contributions.untold_co_authors;
    let whose = match count {
        0 => return None,
        1 => "The forge does not tell whose the address of a co-author is, so every rule asks for one approval more than \
              usual."
            .to_owned(),
        _ => format!(
            "The forge does not tell whose the addresses of {count} co-authors are, so every rule asks for {count} \
             approvals more than usual."
        ),
    };
    Some(Line::new().text(whose).text(" Addresses that the directory gives to somebody are known."))
}

/// Why rules ask for more than they say.
pub(super) fn extra(verdict: &Verdict) -> Vec<Line> {
    unknown_pusher(verdict).into_iter().chain(untold_co_authors(verdict)).chain(unknown_operator(verdict)).collect()
}

fn rule_line(rule: &RuleOutcome, voice: &Voice<'_>) -> Option<Line> {
    let line = Line::new().code(rule.name.as_str()).text(" (").code(rule.source.as_str()).text("): ");
    Some(line.line(result(rule, voice)?))
}

/// What came of a rule; nothing of one that does not apply.
pub(super) fn result(rule: &RuleOutcome, voice: &Voice<'_>) -> Option<Line> {
    match &rule.result {
        RuleResult::NotApplicable => None,
        RuleResult::Exempt { by } => Some(Line::from("exempt by ").code(by.as_str()).text(".")),
        RuleResult::Satisfied { by } => Some(Line::new().text(format!("satisfied by {}.", approvals(by.len())))),
        RuleResult::Overridden { until, .. } => Some(Line::from("overridden until ").moment(*until).text(".")),
        RuleResult::Missing { have, need, candidates, named } => {
            let line = Line::new().text(format!("{have} of {need} approvals by qualifying reviewers."));
            let line = if rule.name == guard::NAME { line.line(guarded(rule)) } else { line };
            let line = match (candidates, rule.result.lacks_people()) {
                (0, true) if *have == 0 => few(line, "Nobody in the directory can satisfy it"),
                (_, true) => few(line, "Too few people in the directory can satisfy it"),
                _ => line,
            };
            Some(ask(line, named, voice))
        }
    }
}

fn few(line: Line, words: &str) -> Line {
    line.text(" ").strong(words).text(": an organisation admin has to look at the rule.")
}

/// Why a change without assistance waits all the same. Other rules stand in a file that people can read.
fn guarded(rule: &RuleOutcome) -> Line {
    match &rule.guarded {
        Some(path) => {
            let line = Line::from(" The change touches ").code(path.as_str());
            line.text(", which decides what this check, or an agent, may do.")
        }
        None => {
            " Not all files of the change could be listed, and any of them may decide what this check, or an agent, \
                 may do."
                .into()
        }
    }
}

fn approvals(count: usize) -> String {
    if count == 1 { "1 approval".to_owned() } else { format!("{count} approvals") }
}

fn ask(line: Line, named: &[PersonId], voice: &Voice<'_>) -> Line {
    if !voice.names_candidates || named.is_empty() {
        return line;
    }
    let people: Vec<String> = named.iter().map(|id| voice.roster.display_name(id)).collect();
    line.text(format!(" Ask for example {}.", people.join(", ")))
}

/// Who let the change pass without approvals, and that somebody has to review it all the same.
pub(super) fn overrides(verdict: &Verdict) -> Vec<Line> {
    let of = |rule: &RuleOutcome| match rule.result {
        RuleResult::Overridden { by: WordId::Comment(comment), until } => Some((comment, until)),
        _ => None,
    };
    let all: BTreeSet<_> = verdict.rules.iter().filter_map(of).collect();
    let words = |(comment, until): (i64, jiff::Timestamp)| {
        let command = command(verdict, comment)?;
        let line = Line::new().mention(command.by.login.as_str()).text(" ");
        let line = line.link("overrode the missing approvals", command.url.as_deref());
        let line = line.text(" until ").moment(until).because(command.reason.as_ref());
        Some(line.text(". A review by those whom the rules name is due all the same."))
    };
    all.into_iter().filter_map(words).collect()
}
