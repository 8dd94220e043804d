//! Verdict into words: one voice for every place that shows one.
//!
//! The check is public, so it never states anybody's tier, nor lets it be inferred from why somebody does not qualify:
//! it says "does not meet rule R" and leaves the details to those who may see them.

mod answer;
mod assistance;
mod line;
mod markdown;
mod misplaced;
pub mod page;
mod problem;
mod reason;
mod retired;
mod rule;
mod step;
mod summary;
mod title;
mod word;

pub use answer::{Answer, Reaction, answer, marker};
pub use line::{Line, Piece};
pub use misplaced::{misplaced, misplaced_marker};
pub use retired::retired;

use super::head::HeadVerdict;
use super::people::Roster;
use super::plan::{Annotation, Check, Conclusion};
use super::policy::diagnostic::{Diagnostic, Severity};
use super::policy::{Mode, is_repository_policy};
use super::verdict::{Outcome, Problem};

/// How many annotations a check carries: GitHub refuses more in one request. The summary lists all findings.
const MOST_ANNOTATIONS: usize = 50;

/// What the name of a check ends in where the policy does not enforce.
const PREVIEW: &str = "-preview";

/// What the organisation wants said, besides the verdict.
#[derive(Debug, Clone)]
pub struct Voice<'a> {
    /// The check's name where the policy enforces; `-preview` is added where it does not.
    pub check_name: &'a str,
    /// Where details can be read.
    pub details_url: Option<String>,
    /// Whether to name people who could approve.
    pub names_candidates: bool,
    /// For those names.
    pub roster: &'a Roster,
}

/// The name of the check under which this verdict is published.
pub fn check_name(base: &str, mode: Mode) -> String {
    match mode {
        Mode::Enforce => base.to_owned(),
        Mode::Preview => format!("{base}{PREVIEW}"),
    }
}

/// Whether a check of this name is a preview, which nothing requires.
pub fn is_preview(check_name: &str) -> bool {
    check_name.ends_with(PREVIEW)
}

/// The check that says this verdict.
pub fn check(verdict: &HeadVerdict, voice: &Voice<'_>) -> Check {
    Check {
        name: check_name(voice.check_name, verdict.mode),
        head: verdict.head.clone(),
        conclusion: match verdict.outcome() {
            Outcome::Pass => Conclusion::Success,
            Outcome::Waiting | Outcome::Held | Outcome::Error => Conclusion::ActionRequired,
        },
        title: title::of(verdict),
        summary: summary::of(verdict, voice),
        annotations: annotations(verdict),
        details_url: voice.details_url.clone(),
    }
}

/// The check for a commit that no open change with a governed base holds any more: whatever stood there is withdrawn.
pub fn withdrawn(verdict_head: &super::ids::CommitSha, name: String, details_url: Option<String>) -> Check {
    Check {
        name,
        head: verdict_head.clone(),
        conclusion: Conclusion::ActionRequired,
        title: "No open change with a governed base".to_owned(),
        summary: "This commit was judged as part of a change that is closed, or that now targets a branch which \
                  the policy does not govern. Reopen or retarget the change to have it judged again."
            .to_owned(),
        annotations: Vec::new(),
        details_url,
    }
}

/// Findings in the repository's own policy file, to be shown at their lines. Other files are not part of the change's
/// repository; their findings stand in the summary.
fn annotations(verdict: &HeadVerdict) -> Vec<Annotation> {
    let problems = verdict.verdicts().iter().flat_map(|verdict| &verdict.problems);
    let mut found: Vec<Annotation> = problems
        .filter_map(|problem| match problem {
            Problem::BrokenPolicy(found) | Problem::BreaksPolicy(found) if is_repository_policy(&found.file) => {
                Some(annotation(found))
            }
            _ => None,
        })
        .collect();
    found.dedup();
    found.truncate(MOST_ANNOTATIONS);
    found
}

fn annotation(diagnostic: &Diagnostic) -> Annotation {
    let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
    Annotation {
        path: diagnostic.file.clone(),
        line: diagnostic.line,
        column: diagnostic.column,
        is_failure: diagnostic.severity == Severity::Error,
        message: format!("{}{help}", diagnostic.message),
    }
}
