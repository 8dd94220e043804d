//! A check belongs to a commit, not to a change: the verdict of a head is the worst over its open changes with
//! governed bases. That of a merge group is the worst over its members.

use super::group::Doubt;
use super::ids::CommitSha;
use super::policy::Mode;
use super::verdict::{Outcome, Problem, Verdict};

/// What everything on one head commit adds up to.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadVerdict {
    /// The commit.
    pub head: CommitSha,
    /// Whether the commit is one of a merge group; the verdicts of its members are then of *their* heads.
    pub is_group: bool,
    /// One per open change with a governed base, or member of the group; the worst first; never empty.
    verdicts: Vec<Verdict>,
    /// The strictest mode among their policies.
    pub mode: Mode,
}

/// The verdict of a change that a merge group holds.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberVerdict {
    /// The verdict, of the change's own head.
    pub verdict: Verdict,
    /// The mode of its policy.
    pub mode: Mode,
    /// The head with which it was queued.
    pub queued: CommitSha,
    /// Why it is not certain that the group holds what was judged.
    pub doubt: Option<Doubt>,
}

impl HeadVerdict {
    /// Adds up the verdicts of the head's open changes with governed bases; `None` when there is none, and then
    /// nothing may be published as a success. A verdict of another commit says nothing about this one.
    pub fn of(head: CommitSha, judged: Vec<(Verdict, Mode)>) -> Option<Self> {
        Self::of_group(head, Vec::new(), judged)
    }

    /// Adds up the verdicts of a merge group's members, and of open changes that have the group's commit as their own
    /// head. A member's verdict counts only for the head with which it was queued.
    pub fn of_group(head: CommitSha, members: Vec<MemberVerdict>, changes: Vec<(Verdict, Mode)>) -> Option<Self> {
        let modes = changes.iter().map(|(_, mode)| *mode).chain(members.iter().map(|member| member.mode));
        let mode = modes.max()?;
        let is_group = !members.is_empty();
        let changes = changes.into_iter().map(|(verdict, _)| of_head(&head, verdict));
        let mut verdicts: Vec<Verdict> = members.into_iter().map(of_member).chain(changes).collect();
        verdicts.sort_by(|a, b| b.outcome.cmp(&a.outcome).then_with(|| a.change.cmp(&b.change)));
        Some(Self { head, is_group, verdicts, mode })
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

/// The verdict, if it is one of the head that was queued and the group holds that; else an error.
fn of_member(member: MemberVerdict) -> Verdict {
    let MemberVerdict { mut verdict, queued, doubt, .. } = member;
    let is_of_other = verdict.head.as_ref().is_some_and(|judged| *judged != queued);
    let Some(doubt) = doubt.or(is_of_other.then_some(Doubt::Moved)) else { return of_head(&queued, verdict) };
    verdict.outcome = Outcome::Error;
    verdict.problems.push(Problem::MergeGroup(doubt));
    verdict
}
