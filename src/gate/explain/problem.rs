//! What stands in the way of judging a change, and what mends it.

use super::super::group::Doubt;
use super::super::policy::diagnostic::Diagnostic;
use super::super::policy::is_repository_policy;
use super::super::verdict::{Problem, Verdict};
use super::line::Line;

pub(super) fn problems(verdict: &Verdict) -> Vec<Line> {
    verdict.problems.iter().map(problem).collect()
}

fn problem(problem: &Problem) -> Line {
    match problem {
        Problem::Incomplete { why } => {
            let line = Line::from("The change could not be read completely: ").code(why.as_str());
            line.text(". It is read again shortly.")
        }
        Problem::BrokenPolicy(found) => {
            Line::new().code(found.file.as_str()).text(" cannot be used. ").line(fault(found))
        }
        Problem::BreaksPolicy(found) => {
            let line = Line::from("With this change, ").code(found.file.as_str());
            line.text(" could not be used. ").line(fault(found))
        }
        Problem::StaleDirectory => {
            "The directory is older than it may be, so it vouches for nobody. An organisation admin has to bring it up \
             to date."
                .into()
        }
        Problem::EmptyDiff => "The change changes no file, so there is nothing to approve.".into(),
        Problem::MergeGroup(doubt) => group(doubt).text(" Queue the change again once that is settled."),
    }
}

fn group(doubt: &Doubt) -> Line {
    match doubt {
        Doubt::NotQueued => "The merge queue does not say which changes this commit holds.".into(),
        Doubt::Stray { commit } => {
            let line = Line::from("The merge group holds ").code(commit.short());
            line.text(", which belongs to none of its changes and is not what the queue makes of them.")
        }
        Doubt::Moved => "The change was pushed to after it was queued, so the group holds another head.".into(),
        Doubt::NotOpen => "The change is not open any more.".into(),
        Doubt::Elsewhere { branch } => {
            Line::from("The change would go to ").code(branch.as_str()).text(" and not to the group's branch.")
        }
    }
}

fn fault(found: &Diagnostic) -> Line {
    let Diagnostic { line, column, message, help, .. } = found;
    let fault = Line::new().text(format!("Line {line}, column {column}: ")).message(message.as_str()).text(".");
    match help {
        Some(help) => fault.text(" To mend it: ").message(help.as_str()).text("."),
        None => fault,
    }
}

/// What has to be done before any approval helps.
pub(super) fn mending(verdict: &Verdict) -> Vec<Line> {
    let mut steps = Vec::new();
    let any = |is: fn(&Problem) -> bool| verdict.problems.iter().any(is);
    if any(|problem| matches!(problem, Problem::BreaksPolicy(_))) {
        steps.push(Line::new().strong("Contributors").text(": correct the policy file in this change."));
    }
    if any(|problem| matches!(problem, Problem::BrokenPolicy(found) if is_repository_policy(&found.file))) {
        steps.push(Line::new().strong("Maintainers").text(
            ": mend the policy file. A change that makes it valid, and touches nothing else, can pass meanwhile.",
        ));
    }
    if any(|problem| matches!(problem, Problem::BrokenPolicy(found) if !is_repository_policy(&found.file))) {
        steps.push(Line::new().strong("Organisation admins").text(": mend the organisation's policy."));
    }
    steps
}
