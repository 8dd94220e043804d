//! From commits to their ancestors, newest first.

use gix::revision::walk::Sorting;
use gix::traverse::commit::simple::CommitTimeOrder;
use jiff::Timestamp;

use super::{Error, History, Id, Result, Selection, told};

/// How far to walk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WalkOptions {
    /// Along first parents only: one commit for each merge.
    pub first_parent: bool,
    /// Where to stop: at commits that were committed before. Like `git log --since`, what lies behind such a commit is
    /// not looked at. Commits before that are still given where they are seen.
    pub since: Option<Timestamp>,
}

/// A commit on the way, or one that could not be read.
pub type Visit = Result<Id>;

/// Commits, each once, in the order of their committer dates as far as parents allow.
pub struct Walk<'h>(gix::revision::Walk<'h>);

impl std::fmt::Debug for Walk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Walk").finish_non_exhaustive()
    }
}

impl History {
    /// Walks from the selected commits to all their ancestors that are not hidden. Only ids are remembered.
    ///
    /// # Errors
    ///
    /// One of the commits to start from cannot be read. What is missing or broken further back is an item of its own, and
    /// the walk goes on elsewhere.
    pub fn walk(&self, selection: &Selection, options: WalkOptions) -> Result<Walk<'_>> {
        let order = CommitTimeOrder::NewestFirst;
        let sorting = match options.since {
            Some(since) => Sorting::ByCommitTimeCutoff { order, seconds: since.as_second() },
            None => Sorting::ByCommitTime(order),
        };
        let tips = selection.tips.iter().copied();
        let mut walk = self.repository.rev_walk(tips).sorting(sorting).with_hidden(selection.hidden.iter().copied());
        if options.first_parent {
            walk = walk.first_parent_only();
        }
        Ok(Walk(walk.all().map_err(|error| Error::Blocked { why: told(&error) })?))
    }
}

impl Iterator for Walk<'_> {
    type Item = Visit;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.0.next()?;
        Some(next.map(|info| info.id).map_err(|error| Error::Blocked { why: told(&error) }))
    }
}
