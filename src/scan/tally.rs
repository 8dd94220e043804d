//! Counts that can be added up in any order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use jiff::Timestamp;

use super::people::Author;
use super::week::Week;
use crate::gate::detect::{Channel, Evidence, Level, Strength};

/// Commits, and how many of them show signs of AI.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them. In counts by tool, channel and strength: those with any evidence of the kind, gating or not.
    pub commits: u64,
    /// Those at level `assisted` or above.
    pub assisted: u64,
    /// Those at level `autonomous`.
    pub autonomous: u64,
}

impl Count {
    fn add(&mut self, level: Level) {
        self.commits += 1;
        self.assisted += u64::from(level >= Level::Assisted);
        self.autonomous += u64::from(level >= Level::Autonomous);
    }

    fn merge(&mut self, other: Self) {
        self.commits += other.commits;
        self.assisted += other.assisted;
        self.autonomous += other.autonomous;
    }
}

/// All that is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// All commits.
    pub total: Count,
    /// Those with evidence of which none gates.
    pub shown_only: u64,
    /// Those with more than one parent.
    pub merges: u64,
    /// Those without a date that can be believed.
    pub undated: u64,
    /// Those whose folders could not be compared, because a tree or the parent is missing.
    pub unknown_folders: u64,
    /// The earliest and the latest commit, by committer date.
    pub span: Option<(Timestamp, Timestamp)>,
    /// By the week of the committer date.
    pub weeks: BTreeMap<Week, Count>,
    /// By the catalogue's name of the tool.
    pub tools: BTreeMap<String, Count>,
    /// By author.
    pub authors: HashMap<Author, Count>,
    /// By folder; the empty one is the top.
    pub folders: HashMap<String, Count>,
    /// By the kind of place.
    pub channels: BTreeMap<Channel, Count>,
    /// By how much it proves.
    pub strengths: BTreeMap<Strength, Count>,
}

impl Tally {
    /// Counts a commit's evidence.
    pub(super) fn add_evidence(&mut self, evidence: &[Evidence]) {
        let level = Level::of(evidence);
        self.total.add(level);
        self.shown_only += u64::from(!evidence.is_empty() && level == Level::None);
        if evidence.is_empty() {
            return;
        }
        for (tool, level) in highest(evidence, |piece| &piece.tool) {
            // The name is copied for the first commit only.
            match self.tools.get_mut(tool) {
                Some(count) => count.add(level),
                None => self.tools.entry(tool.clone()).or_default().add(level),
            }
        }
        for (channel, level) in highest(evidence, |piece| &piece.channel) {
            self.channels.entry(*channel).or_default().add(level);
        }
        for (strength, level) in highest(evidence, |piece| &piece.strength) {
            self.strengths.entry(*strength).or_default().add(level);
        }
    }

    /// Counts when a commit was made; `None` if nobody can say.
    pub(super) fn add_date(&mut self, date: Option<Timestamp>, level: Level) {
        let Some(date) = date else {
            self.undated += 1;
            return;
        };
        self.span = Some(joined(self.span, Some((date, date))).unwrap_or((date, date)));
        self.weeks.entry(Week::of(date)).or_default().add(level);
    }

    /// Counts whose commit it is.
    pub(super) fn add_author(&mut self, author: Author, level: Level) {
        self.authors.entry(author).or_default().add(level);
    }

    /// Counts the folders that a commit changed.
    pub(super) fn add_folders(&mut self, folders: BTreeSet<String>, level: Level) {
        for folder in folders {
            self.folders.entry(folder).or_default().add(level);
        }
    }

    /// Adds what another has counted.
    pub(super) fn merge(&mut self, other: Self) {
        self.total.merge(other.total);
        self.shown_only += other.shown_only;
        self.merges += other.merges;
        self.undated += other.undated;
        self.unknown_folders += other.unknown_folders;
        self.span = joined(self.span, other.span);
        add_up(&mut self.weeks, other.weeks);
        add_up(&mut self.tools, other.tools);
        add_up(&mut self.channels, other.channels);
        add_up(&mut self.strengths, other.strengths);
        add_up_hashed(&mut self.authors, other.authors);
        add_up_hashed(&mut self.folders, other.folders);
    }
}

/// The highest level of the pieces of each kind.
fn highest<'e, K: Ord>(evidence: &'e [Evidence], kind: impl Fn(&'e Evidence) -> &'e K) -> BTreeMap<&'e K, Level> {
    let mut levels: BTreeMap<&K, Level> = BTreeMap::new();
    for piece in evidence {
        let level = levels.entry(kind(piece)).or_default();
        *level = (*level).max(piece.level());
    }
    levels
}

fn joined(a: Option<(Timestamp, Timestamp)>, b: Option<(Timestamp, Timestamp)>) -> Option<(Timestamp, Timestamp)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

fn add_up<K: Ord>(all: &mut BTreeMap<K, Count>, more: BTreeMap<K, Count>) {
    for (key, count) in more {
        all.entry(key).or_default().merge(count);
    }
}

fn add_up_hashed<K: Eq + Hash>(all: &mut HashMap<K, Count>, more: HashMap<K, Count>) {
    for (key, count) in more {
        all.entry(key).or_default().merge(count);
    }
}
