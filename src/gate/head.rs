//! A check belongs to a commit, not to a change: the verdict of a head is the worst over its open changes with
//! governed bases (DESIGN 4.9).

use super::ids::CommitSha;
use super::policy::Mode;
use super::verdict::{Outcome, Problem, Verdict};

/// What all open changes of one head commit add up to.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadVerdict {
    /// The commit.
    pub head: CommitSha,
    /// One per open change with a governed base, the worst first; never empty.
    verdicts: Vec<Verdict>,
    /// The strictest mode among their policies.
    pub mode: Mode,
}

impl HeadVerdict {
    /// Adds up the verdicts of the head's open changes with governed bases; `None` when there is none, and then
    /// nothing may be published as a success. A verdict of another commit says nothing about this one.
    pub fn of(head: CommitSha, judged: Vec<(Verdict, Mode)>) -> Option<Self> {
        let mode = judged.iter().map(|(_, mode)| *mode).max()?;
        let mut verdicts: Vec<Verdict> = judged.into_iter().map(|(verdict, _)| of_head(&head, verdict)).collect();
        verdicts.sort_by(|a, b| b.outcome.cmp(&a.outcome).then_with(|| a.change.cmp(&b.change)));
        Some(Self { head, verdicts, mode })
    }

    /// The verdict that decides: the worst, and of several the one with the lowest number.
    pub fn deciding(&self) -> Option<&Verdict> {
        self.verdicts.first()
    }

    /// All verdicts, the worst first.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// The result for the commit. Anything but a verdict for every change is an error.
    pub fn outcome(&self) -> Outcome {
        self.deciding().map_or(Outcome::Error, |verdict| verdict.outcome)
    }
}

/// The verdict, if it is one of this commit or of none; else an error.
fn of_head(head: &CommitSha, mut verdict: Verdict) -> Verdict {
    let is_of_other = verdict.head.as_ref().is_some_and(|judged| judged != head);
    if is_of_other || (verdict.head.is_none() && verdict.outcome != Outcome::Error) {
        verdict.outcome = Outcome::Error;
        verdict.problems.push(Problem::Incomplete { why: "another commit was judged meanwhile".to_owned() });
    }
    verdict
}
