//! The check's text: what is missing, what to do next, and what the verdict rests on.

use std::fmt::Write as _;

use super::super::head::HeadVerdict;
use super::super::policy::Mode;
use super::super::verdict::{Counts, Verdict};
use super::Voice;
use super::assistance::assistance;
use super::line::Line;
use super::markdown;
use super::problem::problems;
use super::rule::{overrides, rules};
use super::step::next_steps;
use super::word::{approval, holds};

/// The longest summary, in bytes. GitHub refuses a check whose summary has more than 65,535 characters.
const LONGEST_BYTES: usize = 60_000;

pub(super) fn of(verdict: &HeadVerdict, voice: &Voice<'_>) -> String {
    let mut text = whole(verdict, voice);
    if text.len() > LONGEST_BYTES {
        let last_line = text[..text.floor_char_boundary(LONGEST_BYTES)].rfind('\n').unwrap_or(0);
        text.truncate(last_line);
        text.push_str("\n\n… and more than fits here.\n");
    }
    text
}

fn whole(verdict: &HeadVerdict, voice: &Voice<'_>) -> String {
    let mut text = String::new();
    if verdict.mode == Mode::Preview {
        line(&mut text, "This is a preview: it says what the check would say, and holds nothing up.\n");
    }
    let several = verdict.verdicts().len() > 1;
    if several || verdict.is_group {
        line(&mut text, &introduction(verdict));
    }
    for one in verdict.verdicts() {
        if several || verdict.is_group {
            line(&mut text, &format!("## #{}\n", one.change.number));
        }
        // What is to be approved is a change's own head, also where a merge group brought it here.
        change(&mut text, one, one.head.as_ref().unwrap_or(&verdict.head).short(), voice);
    }
    text
}

fn introduction(verdict: &HeadVerdict) -> String {
    let is_own = |one: &&Verdict| !verdict.is_group || one.head.as_ref() == Some(&verdict.head);
    let (own, members): (Vec<&Verdict>, Vec<&Verdict>) = verdict.verdicts().iter().partition(is_own);
    let list = |verdicts: &[&Verdict]| {
        let words = verdicts.iter().map(|one| format!("#{} {}", one.change.number, one.outcome.as_str()));
        words.collect::<Vec<_>>().join(", ")
    };
    if !verdict.is_group {
        return format!(
            "This commit is the head of several open changes: {}.\nThe check of a commit is the worst of their \
             verdicts.\n",
            list(&own)
        );
    }
    let mut text = format!(
        "This commit is a merge group of: {}.\nIts check is the worst of their verdicts, each at the head that was \
         queued.\n",
        list(&members)
    );
    if !own.is_empty() {
        line(&mut text, &format!("It is also the head of open changes, which count as well: {}.", list(&own)));
    }
    text
}

/// What stands in the way, and what to do: the part of the summary that answers "why?".
pub(super) fn reasons(verdict: &HeadVerdict, voice: &Voice<'_>) -> String {
    let mut text = String::new();
    for one in verdict.verdicts() {
        let lines =
            [problems(one), holds(one), overrides(one), rules(one, voice), next_steps(one, verdict.head.short())];
        for item in lines.iter().flatten() {
            line(&mut text, &format!("- {}", markdown::line(item)));
        }
    }
    text.truncate(text.floor_char_boundary(LONGEST_BYTES));
    text
}

fn line(text: &mut String, words: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{words}");
}

fn section(text: &mut String, title: &str, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    line(text, &format!("### {title}\n"));
    for item in lines {
        line(text, &format!("- {}", markdown::line(item)));
    }
    line(text, "");
}

fn change(text: &mut String, verdict: &Verdict, head: &str, voice: &Voice<'_>) {
    section(text, "In the way", &problems(verdict));
    section(text, "Held", &holds(verdict));
    section(text, "Overridden", &overrides(verdict));
    section(text, "Rules", &rules(verdict, voice));
    section(text, "Next step", &next_steps(verdict, head));
    let (counted, not_counted): (Vec<_>, Vec<_>) =
        verdict.approvals.iter().partition(|one| matches!(one.standing, Counts::Counted { .. }));
    section(text, "Approvals that count", &counted.into_iter().map(approval).collect::<Vec<_>>());
    section(text, "Approvals that do not count", &not_counted.into_iter().map(approval).collect::<Vec<_>>());
    section(text, &format!("Assistance: {}", verdict.level.as_str()), &assistance(verdict));
}
