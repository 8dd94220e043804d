//! What to do next.

use super::super::verdict::{ApprovalOutcome, Counts, Outcome, Problem, RuleOutcome, Verdict, Why};
use super::line::Line;
use super::problem::mending;

pub(super) fn next_steps(verdict: &Verdict, head: &str) -> Vec<Line> {
    if verdict.outcome == Outcome::Pass {
        return Vec::new();
    }
    let mut steps = mending(verdict);
    if verdict.problems.iter().any(|problem| matches!(problem, Problem::BreaksPolicy(_))) {
        // The correction is a new head, so an approval of this one is work in vain.
        return steps;
    }
    if can_be_approved(verdict) {
        let ask = ": ask a qualifying reviewer who had no part in this change to review ";
        steps.push(Line::new().strong("Contributors").text(ask).code(head).text("."));
        let line = Line::new().strong("Reviewers").text(": ").line(how_to_approve(verdict, head));
        steps.push(line.text("; a new push needs a new one."));
    }
    let is_unlinked = |one: &ApprovalOutcome| matches!(one.standing, Counts::NotCounted(Why::NotInDirectory));
    if verdict.approvals.iter().any(is_unlinked) {
        steps.push(Line::new().strong("Organisation admins").text(
            ": an approval came from an account that the directory does not know. To make the account count, add its \
             number to a person in the directory file; the person then approves again.",
        ));
    }
    steps
}

/// Whether an approval is missing that people can give.
fn can_be_approved(verdict: &Verdict) -> bool {
    verdict.rules.iter().any(|rule: &RuleOutcome| rule.result.is_missing() && !rule.result.lacks_people())
}

/// The line to write in a comment, where an approval by command would help.
pub(super) fn line_to_copy(verdict: &Verdict, head: &str) -> Option<String> {
    let breaks = |problem: &Problem| matches!(problem, Problem::BreaksPolicy(_));
    let would_help =
        verdict.outcome != Outcome::Pass && !verdict.problems.iter().any(breaks) && can_be_approved(verdict);
    (would_help && verdict.takes_commands).then(|| approve_line(head))
}

fn approve_line(head: &str) -> String {
    format!("/seconder approve {head}")
}

/// How an approval may be given.
fn how_to_approve(verdict: &Verdict, head: &str) -> Line {
    let review = || Line::from("submit an approving review of ").code(head);
    let comment = |line: Line| line.text("comment ").code(approve_line(head)).text(" on a line of its own");
    match (verdict.takes_reviews, verdict.takes_commands) {
        (true, true) => comment(review().text(", or ")),
        (false, true) => comment(Line::new()),
        (_, false) => review(),
    }
}
