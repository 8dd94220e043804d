//! Looks through a local history with the detector, and counts.
//!
//! One thread walks and hands out chunks of ids; workers, each with a handle of its own, read, detect and compare trees.
//! Nothing is kept for each commit but its id while it waits: the counts grow with the number of weeks, authors, folders and
//! tools. They are sums, so that the number of workers changes nothing.
//!
//! Never in here: a judgement. Absence of evidence is not evidence of absence.

mod look;
mod people;
mod report;
mod tally;
mod week;
mod work;

use jiff::Timestamp;

use crate::gate::change::GitIdentity;
use crate::gate::detect::{Catalogue, Evidence, Level};
use crate::history::{Id, Selection};

pub use look::{Look, look};
pub use people::{Author, Kind};
pub use report::{Authors, CAVEAT, Problem, Report, Row, Total, Walked, share};
pub use tally::{Count, Tally};
pub use week::Week;
pub use work::{Cancel, Counted, Error, scan};

/// What to look at, and how closely.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to start, and what to leave out.
    pub selection: Selection,
    /// Along first parents only.
    pub first_parent: bool,
    /// Leave out commits with more than one parent.
    pub no_merges: bool,
    /// Only commits that were committed at this time or later.
    pub since: Option<Timestamp>,
    /// Only commits that were committed at this time or before.
    pub until: Option<Timestamp>,
    /// How many levels of folders to tell apart; `None` compares no trees.
    pub depth: Option<usize>,
    /// How authors are told.
    pub authors: Authors,
    /// Whether evidence is handed out commit by commit.
    pub evidence: bool,
    /// How many workers.
    pub threads: usize,
    /// The present: what claims to be later has no date.
    pub now: Timestamp,
}

/// What was found in one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The commit.
    pub id: Id,
    /// Sorted, each piece once.
    pub evidence: Vec<Evidence>,
    /// Who had an agent do it, as far as the commit tells.
    pub operators: Vec<GitIdentity>,
}

impl Found {
    /// What the evidence adds up to.
    pub fn level(&self) -> Level {
        Level::of(&self.evidence)
    }
}

/// What a scan tells while it goes on.
pub trait Watch {
    /// So many commits were looked at, of so many; `None` while they are still being counted.
    fn at(&mut self, done: u64, of: Option<u64>);

    /// A commit with evidence, where that is asked for: in the order of the walk.
    ///
    /// # Errors
    ///
    /// Nobody listens any more. The scan ends.
    fn found(&mut self, found: &Found) -> std::io::Result<()>;
}

/// All that every worker has.
#[derive(Clone, Copy)]
struct Shared<'s> {
    options: &'s Options,
    catalogue: &'s Catalogue,
    look: &'s Look,
}
