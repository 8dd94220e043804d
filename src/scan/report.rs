//! The result, as it is shown and kept.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;

use super::people::{Author, Kind};
use super::tally::Count;
use super::work::Counted;
use crate::gate::detect::Catalogue;
use crate::history;

/// The version of the JSON form.
const VERSION: u32 = 1;

/// What every form of the result says.
pub const CAVEAT: &str = "Absence of evidence is not evidence of absence: tools often leave no trace in commits. Where the \
     truth was known, messages and identities told of about half of the commits that AI had a part in.";

/// How authors are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authors {
    /// By name and address.
    Named,
    /// People by a number.
    Anonymous,
    /// Not at all.
    Omitted,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem(String);

impl Problem {
    pub(super) fn of(error: &history::Error) -> Self {
        Self(error.to_string())
    }

    /// What happened, in words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Walked {
    /// Commits that were looked at.
    pub commits: u64,
    /// Those of them that join others.
    pub merges: u64,
    /// The earliest committer date, RFC 3339.
    pub from: Option<String>,
    /// The latest.
    pub to: Option<String>,
    /// Commits whose committer date cannot be believed: none, before 1971, or in the future. They are in no week.
    pub undated: u64,
    /// Commits that could not be read, and so are in no count.
    pub unreadable: u64,
    /// Commits of which it is not known which files they changed, because an object is missing.
    pub unknown_folders: u64,
    /// Whether the history was cut off when it was cloned.
    pub is_shallow: bool,
    /// The first things that could not be read.
    pub problems: Vec<Problem>,
}

/// All commits together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Total {
    /// Their number, how many show signs of AI, and the share.
    #[serde(flatten)]
    pub row: Row,
    /// Commits with evidence that is shown and does not count.
    pub shown_only: u64,
}

/// A line of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What it is about: a week, a tool's id, a folder …
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Its name for people, where that is another.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Commits. In rows by tool, channel and strength: those with any evidence of the kind.
    pub commits: u64,
    /// Those at level `assisted` or above.
    pub assisted: u64,
    /// Those at level `autonomous`.
    pub autonomous: u64,
    /// `assisted` in parts of the commits of this row; of all commits, in rows by tool, channel and strength.
    pub share: f64,
}

impl Row {
    fn new(key: impl Into<String>, count: Count, of: u64) -> Self {
        let Count { commits, assisted, autonomous } = count;
        Self { key: key.into(), name: String::new(), commits, assisted, autonomous, share: share(assisted, of) }
    }

    fn of_its_own(key: impl Into<String>, count: Count) -> Self {
        Self::new(key, count, count.commits)
    }

    fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// What people are shown.
    pub fn label(&self) -> &str {
        if self.name.is_empty() { &self.key } else { &self.name }
    }
}

/// A part of the whole, from 0 to 1; 0 of nothing. Four digits after the point.
#[expect(clippy::cast_precision_loss, reason = "no history has 2^52 commits")]
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0 }
}

/// The result of a scan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The version of this form.
    pub v: u32,
    /// The name of the repository's folder.
    pub repository: String,
    /// What was asked for, in words: revisions and filters.
    pub selection: String,
    /// What was looked at.
    pub walked: Walked,
    /// All commits together.
    pub total: Total,
    /// By ISO week of the committer date, in UTC, oldest first. Weeks without commits are left out.
    pub weeks: Vec<Row>,
    /// By tool, most assisted commits first.
    pub tools: Vec<Row>,
    /// People, most commits first; `None` if they were left out. The key is the address.
    pub authors: Option<Vec<Row>>,
    /// Authors that are AI tools.
    pub agents: Option<Vec<Row>>,
    /// Authors that are other programs.
    pub automation: Option<Vec<Row>>,
    /// By folder, most commits first; `None` if no trees were compared. `.` is the top.
    pub folders: Option<Vec<Row>>,
    /// By the kind of place in which evidence stands.
    pub channels: Vec<Row>,
    /// By how much the evidence proves, strongest first.
    pub strengths: Vec<Row>,
    /// What must be borne in mind.
    pub caveat: &'static str,
}

impl Report {
    /// Puts the counts into order.
    pub fn new(
        counted: Counted,
        options: &super::Options,
        catalogue: &Catalogue,
        repository: String,
        selection: String,
        is_shallow: bool,
    ) -> Self {
        let Counted { tally, unreadable, problems } = counted;
        let all = tally.total.commits;
        let walked = Walked {
            commits: all,
            merges: tally.merges,
            from: tally.span.map(|(from, _)| from.to_string()),
            to: tally.span.map(|(_, to)| to.to_string()),
            undated: tally.undated,
            unreadable,
            unknown_folders: tally.unknown_folders,
            is_shallow,
            problems,
        };
        let by_author = |kind| authors(&tally.authors, kind, options.authors);
        let folder = |(folder, count): (&String, &Count)| {
            Row::of_its_own(if folder.is_empty() { "." } else { folder.as_str() }, *count)
        };
        let tool = |(tool, count): (&String, &Count)| {
            let known = catalogue.tool(tool).map_or("", |tool| tool.name.as_str());
            Row::new(tool.clone(), *count, all).named(known)
        };
        let mut tools: Vec<Row> = tally.tools.iter().map(tool).collect();
        tools.sort_by_key(|row| (Reverse(row.assisted), Reverse(row.commits)));
        let channels = tally.channels.iter().map(|(channel, count)| Row::new(word(channel), *count, all));
        let mut channels: Vec<Row> = channels.collect();
        channels.sort_by_key(|row| (Reverse(row.assisted), Reverse(row.commits)));
        let strengths = tally.strengths.iter().rev().map(|(strength, count)| Row::new(word(strength), *count, all));
        Self {
            v: VERSION,
            repository,
            selection,
            total: Total { row: Row::of_its_own("", tally.total), shown_only: tally.shown_only },
            weeks: tally.weeks.iter().map(|(week, count)| Row::of_its_own(week.to_string(), *count)).collect(),
            tools,
            authors: by_author(Kind::Person),
            agents: by_author(Kind::Agent),
            automation: by_author(Kind::Automation),
            folders: options.depth.map(|_| by_commits(tally.folders.iter().map(folder).collect())),
            channels,
            strengths: strengths.collect(),
            walked,
            caveat: CAVEAT,
        }
    }
}

fn by_commits(mut rows: Vec<Row>) -> Vec<Row> {
    let order = |row: &Row| (Reverse(row.commits), Reverse(row.assisted));
    rows.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| (&a.name, &a.key).cmp(&(&b.name, &b.key))));
    rows
}

fn authors(all: &HashMap<Author, Count>, kind: Kind, told: Authors) -> Option<Vec<Row>> {
    if told == Authors::Omitted {
        return None;
    }
    let of_kind = all.iter().filter(|(author, _)| author.kind == kind);
    let row = |(author, count): (&Author, &Count)| Row::of_its_own(author.email.clone(), *count).named(&author.name);
    let mut rows = by_commits(of_kind.map(row).collect());
    if told == Authors::Anonymous && kind == Kind::Person {
        for (at, row) in rows.iter_mut().enumerate() {
            row.key = format!("person-{}", at + 1);
            row.name = format!("Person {}", at + 1);
        }
    }
    Some(rows)
}

/// The word that a value is written as.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
