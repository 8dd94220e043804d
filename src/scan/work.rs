//! The work, dealt out to all cores.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use jiff::Timestamp;

use super::look::{Look, look};
use super::people::author;
use super::report::{Authors, Problem};
use super::tally::Tally;
use super::{Found, Options, Shared, Watch};
use crate::gate::detect::{Catalogue, Level};
use crate::history::{self, Commit, History, Id, Mailmap, Visit, WalkOptions};

/// Commits that one worker takes at a time: enough for the parent of most to be among them, and its tree at hand.
const CHUNK: usize = 256;

/// Chunks for each worker that may be done before an earlier one is: what is found waits in memory until then.
const AHEAD: usize = 8;

/// Problems that are told in full; the others are counted.
const MOST_PROBLEMS: usize = 20;

/// Before this, no computer kept time: the date was not set, or got lost.
const EARLIEST: Timestamp = Timestamp::constant(365 * 24 * 60 * 60, 0);

/// Makes a running scan end early.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// From now on, no more work is begun.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The history cannot be walked at all.
    #[error(transparent)]
    History(#[from] history::Error),
    /// Nobody takes what is found.
    #[error("what was found cannot be written")]
    Written(#[source] std::io::Error),
    /// Somebody asked for it.
    #[error("interrupted")]
    Cancelled,
}

/// All that was counted, and what could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The counts.
    pub tally: Tally,
    /// Commits that could not be read.
    pub unreadable: u64,
    /// The first of them, in the order of the walk.
    pub problems: Vec<Problem>,
}

/// Ids in the order of the walk, and their place in it.
struct Chunk {
    number: usize,
    visits: Vec<Visit>,
}

/// What came of a chunk.
#[derive(Default)]
struct Done {
    seen: u64,
    found: Vec<Found>,
    unreadable: Vec<history::Error>,
}

/// Looks through a history. What is missing or broken in it is counted and told, and ends nothing.
pub fn scan(
    history: &History,
    options: &Options,
    catalogue: &Catalogue,
    watch: &mut dyn Watch,
    cancel: &Cancel,
) -> Result<Counted, Error> {
    let look = Look::prepare(history, &options.selection)?;
    let mailmap = history.mailmap();
    let shared = Shared { options, catalogue, look: &look };
    let pace = Pace::new(AHEAD * options.threads.max(1));
    let walked = AtomicU64::new(0);
    let (deal, chunks) = channel();
    let chunks = Mutex::new(chunks);
    let (report, reports) = channel();
    thread::scope(|scope| {
        let walking = {
            let (history, walked) = (history.clone(), &walked);
            scope.spawn(move || walk(&history, options, &deal, walked, cancel))
        };
        let workers: Vec<_> = (0..options.threads.max(1))
            .map(|_| {
                let (history, report) = (history.clone(), report.clone());
                let (chunks, pace, mailmap) = (&chunks, &pace, &mailmap);
                scope.spawn(move || {
                    Worker { history, shared, mailmap, tally: Tally::default() }.run(chunks, pace, &report, cancel)
                })
            })
            .collect();
        drop(report);
        let gathered = gather(&reports, &pace, &walked, || walking.is_finished(), watch);
        if gathered.is_err() {
            cancel.cancel();
        }
        // A chunk whose turn never comes would be waited for in vain.
        pace.open();
        let walking = joined(walking.join());
        let mut tally = Tally::default();
        for worker in workers {
            tally.merge(joined(worker.join()));
        }
        let (unreadable, problems) = gathered?;
        walking?;
        if cancel.is_cancelled() { Err(Error::Cancelled) } else { Ok(Counted { tally, unreadable, problems }) }
    })
}

/// A panic of a thread is a panic of the whole.
fn joined<T>(result: thread::Result<T>) -> T {
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn walk(
    history: &History,
    options: &Options,
    deal: &Sender<Chunk>,
    walked: &AtomicU64,
    cancel: &Cancel,
) -> Result<(), Error> {
    let walk = WalkOptions { first_parent: options.first_parent, since: options.since };
    let mut visits = history.walk(&options.selection, walk)?.peekable();
    let mut number = 0;
    while visits.peek().is_some() && !cancel.is_cancelled() {
        let visits: Vec<Visit> = visits.by_ref().take(CHUNK).collect();
        walked.fetch_add(visits.len() as u64, Ordering::Relaxed);
        if deal.send(Chunk { number, visits }).is_err() {
            break;
        }
        number += 1;
    }
    Ok(())
}

/// Takes what workers report, and tells it in the order of the walk.
fn gather(
    reports: &Receiver<(usize, Done)>,
    pace: &Pace,
    walked: &AtomicU64,
    is_walked: impl Fn() -> bool,
    watch: &mut dyn Watch,
) -> Result<(u64, Vec<Problem>), Error> {
    let mut early: BTreeMap<usize, Done> = BTreeMap::new();
    let (mut next, mut seen, mut unreadable, mut problems) = (0, 0, 0, Vec::new());
    for (number, done) in reports {
        early.insert(number, done);
        while let Some(done) = early.remove(&next) {
            next += 1;
            seen += done.seen;
            unreadable += done.unreadable.len() as u64;
            let room = MOST_PROBLEMS.saturating_sub(problems.len());
            problems.extend(done.unreadable.iter().take(room).map(Problem::of));
            done.found.iter().try_for_each(|found| watch.found(found)).map_err(Error::Written)?;
            pace.advance(next);
        }
        watch.at(seen, is_walked().then(|| walked.load(Ordering::Relaxed)));
    }
    Ok((unreadable, problems))
}

/// Keeps workers from running far ahead of the slowest.
struct Pace {
    /// The first chunk that may not be begun.
    limit: Mutex<usize>,
    ahead: usize,
    moved: Condvar,
}

impl Pace {
    fn new(ahead: usize) -> Self {
        Self { limit: Mutex::new(ahead), ahead, moved: Condvar::new() }
    }

    fn limit(&self) -> MutexGuard<'_, usize> {
        self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for(&self, number: usize) {
        let may_not = |limit: &mut usize| number >= *limit;
        drop(self.moved.wait_while(self.limit(), may_not).unwrap_or_else(PoisonError::into_inner));
    }

    /// All chunks before this one are done with.
    fn advance(&self, next: usize) {
        *self.limit() = next.saturating_add(self.ahead);
        self.moved.notify_all();
    }

    fn open(&self) {
        *self.limit() = usize::MAX;
        self.moved.notify_all();
    }
}

/// The others would wait for ever for the chunk of a worker that panicked.
struct OpenOnPanic<'w> {
    pace: &'w Pace,
    cancel: &'w Cancel,
}

impl Drop for OpenOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.cancel.cancel();
            self.pace.open();
        }
    }
}

struct Worker<'w> {
    history: History,
    shared: Shared<'w>,
    mailmap: &'w Mailmap,
    tally: Tally,
}

impl Worker<'_> {
    fn run(
        mut self,
        chunks: &Mutex<Receiver<Chunk>>,
        pace: &Pace,
        report: &Sender<(usize, Done)>,
        cancel: &Cancel,
    ) -> Tally {
        let _guard = OpenOnPanic { pace, cancel };
        loop {
            // In a statement of its own, so that the others do not wait until this chunk is done.
            let chunk = chunks.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(chunk) = chunk else { break };
            pace.wait_for(chunk.number);
            if cancel.is_cancelled() {
                break;
            }
            let mut done = Done { seen: chunk.visits.len() as u64, ..Done::default() };
            for visit in chunk.visits {
                if let Err(error) = visit.and_then(|id| self.one(id, &mut done.found)) {
                    done.unreadable.push(error);
                }
            }
            if report.send((chunk.number, done)).is_err() {
                break;
            }
        }
        self.tally
    }

    /// Looks at one commit and counts it, unless it is not asked for.
    fn one(&mut self, id: Id, all: &mut Vec<Found>) -> history::Result<()> {
        let options = self.shared.options;
        let commit = self.history.commit(id)?;
        let found = look(&self.history, &commit, self.shared.look, self.shared.catalogue);
        let date = commit.committer.date;
        let is_outside = options.since.is_some_and(|since| date.is_some_and(|date| date < since))
            || options.until.is_some_and(|until| date.is_some_and(|date| date > until));
        if is_outside || (options.no_merges && commit.is_merge()) {
            return Ok(());
        }
        let level = found.level();
        self.tally.add_evidence(&found.evidence);
        self.tally.merges += u64::from(commit.is_merge());
        self.tally.add_date(date.filter(|date| (EARLIEST..=options.now).contains(date)), level);
        if options.authors != Authors::Omitted {
            self.tally.add_author(author(&commit, self.mailmap, self.shared.catalogue), level);
        }
        self.folders(&commit, level);
        if options.evidence && !found.evidence.is_empty() {
            all.push(found);
        }
        Ok(())
    }

    /// As `git log` does, a merge is said to change nothing, unless it stands for what it brings.
    fn folders(&mut self, commit: &Commit, level: Level) {
        let options = self.shared.options;
        let Some(depth) = options.depth else { return };
        if commit.is_merge() && !options.first_parent {
            return;
        }
        match self.history.folders_of(commit, depth) {
            Ok(folders) => self.tally.add_folders(folders, level),
            Err(_) => self.tally.unknown_folders += 1,
        }
    }
}
