//! `seconder scan`: how much of a local history shows signs of AI, without a network.

mod evidence;
mod html;
mod place;
mod table;
mod text;
mod times;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use super::catalogue::AgentsArg;
use super::progress::{self, Progress};
use crate::clock::Clock;
use crate::gate::detect::Catalogue;
use crate::history::{History, Selection};
use crate::scan::{Authors, Cancel, Error, Found, Look, Options, Report, Watch, look, scan};
use place::Place;

/// What a shell tells of a process that SIGINT ended.
const INTERRUPTED: u8 = 130;

/// How many folders are told apart from each other in depth, at most.
const DEEPEST: u8 = 64;

/// Tell how much of a local git history shows signs of AI: by week, tool, author and folder. Reads only; no network.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(after_help = "\
Examples:
  seconder scan                                      # the current branch of the repository around here
  seconder scan ../pay v1.0..v2.0 --no-merges        # a range, as for `git log`
  seconder scan --all --since 2026-01-01 --format html --output report.html
  seconder scan --no-authors --format csv > shares.csv
  seconder scan . main..HEAD --evidence              # each commit that has evidence, with all of it
  seconder scan --commit HEAD~3                      # the evidence on one commit

It is a report about commits, and about people only if you want that: --anonymous, --no-authors. Absence of evidence is
not evidence of absence: about half of what AI had a part in leaves no trace in commits.")]
pub struct Scan {
    /// The repository, or a folder in it.
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Which commits, as for `git log`: `REV`, `A..B`, `A...B`. Without one, those of the current branch.
    #[arg(value_name = "RANGE", conflicts_with_all = ["all", "commit"])]
    range: Option<String>,
    /// Commits of all branches, tags and other references, but for notes, stashes and branches that hold agents' sessions.
    #[arg(long, conflicts_with = "commit")]
    all: bool,
    /// Only one commit: all evidence on it.
    #[arg(long, value_name = "REV")]
    commit: Option<String>,
    /// Only commits that were committed since then: 2026-01-31, a time in RFC 3339, or a span back from now such as
    /// "90 days". As for `git log`, nothing behind an older commit is looked at.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only commits that were committed until then.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Follow first parents only: one commit for each merge.
    #[arg(long)]
    first_parent: bool,
    /// Leave out commits that join others.
    #[arg(long)]
    no_merges: bool,
    /// How many levels of folders to tell apart.
    #[arg(long, value_name = "LEVELS", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=i64::from(DEEPEST)))]
    depth: u8,
    /// Do not look at which folders changed. Faster.
    #[arg(long, alias = "no-directories")]
    no_folders: bool,
    /// Number people instead of naming them.
    #[arg(long, conflicts_with_all = ["evidence", "no_authors"])]
    anonymous: bool,
    /// Leave authors out.
    #[arg(long)]
    no_authors: bool,
    /// Show the evidence of each commit that has any, instead of counts. It quotes commits, and so may name people.
    #[arg(long)]
    evidence: bool,
    /// How to print the result: for evidence, text or json (JSON Lines).
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the result to this file, which appears only once it is whole.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How many lines a table has at most, in text and HTML; 0 for all.
    #[arg(long, value_name = "LINES", default_value_t = 10)]
    top: usize,
    #[command(flatten)]
    agents: AgentsArg,
    /// How many processors to use; all, if nothing is said.
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZeroUsize>,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
    /// One long table: dimension, key, name, commits, assisted, autonomous, share.
    Csv,
    /// A page with charts, in one file that loads nothing.
    Html,
}

impl Scan {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        if (self.evidence || self.commit.is_some()) && !matches!(self.format, Format::Text | Format::Json) {
            bail!("evidence is printed as text or json; csv and html hold counts");
        }
        let cancel = Cancel::default();
        let stopping = cancel.clone();
        let interrupted = async move {
            let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            stopping.cancel();
            // It may be waiting for somebody to read what it writes.
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            std::process::exit(i32::from(INTERRUPTED));
            #[expect(unreachable_code, reason = "it says of what kind the errors are")]
            io::Result::Ok(())
        };
        let work = progress::during(async |progress: &Progress| {
            let progress = progress.clone();
            tokio::task::spawn_blocking(move || self.work(&progress, &cancel)).await?
        });
        tokio::select! {
            done = work => done,
            failed = interrupted => {
                failed.context("signals cannot be listened to")?;
                Ok(ExitCode::from(INTERRUPTED))
            }
        }
    }

    fn work(&self, progress: &Progress, cancel: &Cancel) -> anyhow::Result<ExitCode> {
        let history = History::open(&self.path).map_err(|error| self.with_advice(error))?;
        let catalogue = self.agents.load()?;
        let done = match &self.commit {
            Some(commit) => self.one(&history, commit, &catalogue),
            None => self.all(&history, &catalogue, progress, cancel),
        };
        match done {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) if matches!(error.downcast_ref(), Some(Error::Cancelled)) => Ok(ExitCode::from(INTERRUPTED)),
            Err(error) => Err(error),
        }
    }

    /// A range that was taken for a path is the likeliest mistake.
    fn with_advice(&self, error: crate::history::Error) -> anyhow::Error {
        let given = self.path.to_string_lossy();
        let is_range = matches!(error, crate::history::Error::NotThere { .. }) && given.contains("..");
        let error = anyhow::Error::from(error);
        if is_range {
            error.context(format!("the first argument is a path: for a range, say `seconder scan . {given}`"))
        } else {
            error
        }
    }

    fn one(&self, history: &History, commit: &str, catalogue: &Catalogue) -> anyhow::Result<()> {
        let commit = history.commit(history.single(commit)?)?;
        let selection = Selection { tips: vec![commit.id], hidden: Vec::new() };
        let found = look(history, &commit, &Look::prepare(history, &selection)?, catalogue);
        let mut place = Place::open(self.output.as_deref())?;
        evidence::write(&found, self.format == Format::Json, &mut place)?;
        place.finish()
    }

    fn all(
        &self,
        history: &History,
        catalogue: &Catalogue,
        progress: &Progress,
        cancel: &Cancel,
    ) -> anyhow::Result<()> {
        let options = self.options(history)?;
        let mut place = Place::open(self.output.as_deref())?;
        let mut watching = Watching { progress, format: self.format, place: &mut place };
        let counted = scan(history, &options, catalogue, &mut watching, cancel)?;
        if self.evidence {
            let (commits, unreadable) = (counted.tally.total.commits, counted.unreadable);
            evidence::write_end(commits, unreadable, history.is_shallow(), self.format == Format::Json, &mut place)?;
            return place.finish();
        }
        let report = Report::new(counted, &options, catalogue, history.name(), self.selected(), history.is_shallow());
        let top = if self.top == 0 { usize::MAX } else { self.top };
        match self.format {
            Format::Text => text::write(&report, top, &mut place)?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut place, &report)?;
                place.write_all(b"\n")?;
            }
            Format::Csv => table::write(&report, &mut place)?,
            Format::Html => place.write_all(html::page(&report, top)?.as_bytes())?,
        }
        place.finish()
    }

    fn options(&self, history: &History) -> anyhow::Result<Options> {
        let now = Clock::system().now();
        let time = |given: &Option<String>, at: times::Edge, name: &str| -> anyhow::Result<Option<Timestamp>> {
            given.as_deref().map(|given| times::parse(given, at, now)).transpose().with_context(|| name.to_owned())
        };
        let authors = match (self.no_authors, self.anonymous) {
            (true, _) => Authors::Omitted,
            (false, true) => Authors::Anonymous,
            (false, false) => Authors::Named,
        };
        Ok(Options {
            selection: self.selection(history)?,
            first_parent: self.first_parent,
            no_merges: self.no_merges,
            since: time(&self.since, times::Edge::Start, "--since")?,
            until: time(&self.until, times::Edge::End, "--until")?,
            depth: (!self.no_folders && !self.evidence).then_some(usize::from(self.depth)),
            authors: if self.evidence { Authors::Omitted } else { authors },
            evidence: self.evidence,
            threads: self
                .threads
                .map_or_else(|| thread::available_parallelism().map_or(1, NonZeroUsize::get), NonZeroUsize::get),
            now,
        })
    }

    fn selection(&self, history: &History) -> anyhow::Result<Selection> {
        match &self.range {
            _ if self.all => Ok(history.everything()?),
            Some(range) => Ok(history.select(range)?),
            None => Ok(history.head()?),
        }
    }

    /// What was asked for, as it was said.
    fn selected(&self) -> String {
        let mut words = vec![match &self.range {
            _ if self.all => "--all".to_owned(),
            Some(range) => range.clone(),
            None => "HEAD".to_owned(),
        }];
        let times = [("--since", &self.since), ("--until", &self.until)];
        words.extend(times.into_iter().filter_map(|(name, time)| Some(format!("{name} {}", time.as_ref()?))));
        let switches = [("--first-parent", self.first_parent), ("--no-merges", self.no_merges)];
        words.extend(switches.into_iter().filter(|(_, is_on)| *is_on).map(|(name, _)| name.to_owned()));
        words.join(" ")
    }
}

/// Shows how far a scan has come, and writes evidence as it is found.
struct Watching<'w> {
    progress: &'w Progress,
    format: Format,
    place: &'w mut Place,
}

impl Watch for Watching<'_> {
    fn at(&mut self, done: u64, of: Option<u64>) {
        self.progress.say(progress::bar("commits", done, of));
    }

    fn found(&mut self, found: &Found) -> io::Result<()> {
        evidence::write(found, self.format == Format::Json, self.place)
            .map_err(|error| error.downcast::<io::Error>().unwrap_or_else(io::Error::other))
    }
}
