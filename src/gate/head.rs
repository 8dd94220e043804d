//! A check belongs to a commit, not to a change: the verdict of a head is the worst over its open changes with
//! governed bases (DESIGN 4.9).

use super::ids::CommitSha;
use super::policy::Mode;
use super::verdict::{Outcome, Verdict};

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
    /// nothing may be published as a success.
    pub fn of(head: CommitSha, judged: Vec<(Verdict, Mode)>) -> Option<Self> {
        let mode = judged.iter().map(|(_, mode)| *mode).max()?;
        let mut verdicts: Vec<Verdict> = judged.into_iter().map(|(verdict, _)| verdict).collect();
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
