//! Agent-trace records (version 0.1.0 of the format): who wrote which ranges of which files, as JSON in the repository.
//!
//! The format leaves open where records stand; the reference implementation appends one line each to
//! `.agent-trace/traces.jsonl`, and gives as revision the commit that the work began on: the parent of the one that will
//! hold it. Any number of changes begin on one commit, so that a record speaks of a change if
//!
//! - the change adds it, and it attributes ranges of a file that the change touches; or
//! - its revision is a commit of the change itself.
//!
//! Records that attribute nothing but the recorder's own notes (`.sessions`, `.shell-history`) thus speak of none.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::UNSPECIFIED;
use super::catalogue::{Catalogue, NamedTool};
use super::evidence::{Channel, Evidence, Place, Strength};
use super::notes::{LONGEST_BYTES, Lenient, Unread, is_model, name};
use super::text;
use crate::gate::ids::CommitSha;

/// The folder of records, wherever it stands.
const FOLDER: &str = ".agent-trace";
/// How many tools are kept of one file's records.
const MOST_AUTHORS: usize = 50;
/// The shortest beginning of a commit's name that is one, in digits.
const SHORTEST_SHA: usize = 12;

/// Whether records may stand in the file.
pub fn is_trace_file(path: &str) -> bool {
    let mut steps = path.rsplit('/');
    let ending = steps.next().and_then(|file| file.rsplit_once('.')).map(|(_, ending)| ending);
    matches!(ending, Some("json" | "jsonl" | "ndjson")) && steps.any(|step| step == FOLDER)
}

/// What the records of one file say of a change or commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traces {
    /// The file.
    pub path: String,
    /// Tools that wrote parts of it, sorted.
    pub authors: Vec<TraceAuthor>,
    /// Why the file, or a part of it, could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<Unread>,
}

/// A tool that records attribute something to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TraceAuthor {
    /// The tool's name; empty where the records do not say.
    pub tool: String,
    /// The model, where the records say: `provider/model`.
    pub model: Option<String>,
    /// Whether ranges of lines are attributed to it.
    pub has_lines: bool,
}

/// What records are asked about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The commits of the change, or the one commit.
    pub commits: &'a [CommitSha],
    /// The files that it touches; `None` where nobody knows all of them: every file then counts.
    pub paths: Option<&'a BTreeSet<&'a str>>,
}

impl Subject<'_> {
    fn is_revision(&self, revision: &str) -> bool {
        let revision = revision.to_ascii_lowercase();
        revision.len() >= SHORTEST_SHA && self.commits.iter().any(|commit| commit.as_str().starts_with(&revision))
    }

    fn touches(&self, path: &str) -> bool {
        self.paths.is_none_or(|paths| paths.contains(path.trim_start_matches("./")))
    }
}

impl Traces {
    /// Reads the records of a file that a change touches. `before`: the file as it was; `None` where there was none.
    pub fn read(path: &str, now: &str, before: Option<&str>, subject: Subject<'_>) -> Self {
        if now.len() > LONGEST_BYTES {
            return Self::unread(path, Unread::TooLong);
        }
        let (records, is_whole) = records(now);
        // What is too long to be compared was there before: the change's own records are then taken for new.
        let known: HashSet<Record> =
            before.map(|before| records_of(text::floor(before, LONGEST_BYTES))).unwrap_or_default();
        let speaking = records.into_iter().filter(|record| {
            let is_named = record.revision().is_some_and(|revision| subject.is_revision(revision));
            is_named || !known.contains(record)
        });
        let mut authors: BTreeSet<TraceAuthor> = BTreeSet::new();
        for record in speaking {
            let touched = record.files().filter(|file| file.path().is_some_and(|path| subject.touches(path)));
            authors.extend(touched.flat_map(|file| file.authors(&record)));
        }
        let with_lines: BTreeSet<_> = authors.iter().filter(|author| author.has_lines).cloned().collect();
        authors.retain(|author| {
            author.has_lines || !with_lines.contains(&TraceAuthor { has_lines: true, ..author.clone() })
        });
        let mut authors: Vec<TraceAuthor> = authors.into_iter().collect();
        authors.sort_by_key(|author| !author.has_lines);
        authors.truncate(MOST_AUTHORS);
        Self { path: path.to_owned(), authors, unread: (!is_whole).then_some(Unread::Malformed) }
    }

    /// A file of which nothing is known.
    pub fn unread(path: &str, why: Unread) -> Self {
        Self { path: path.to_owned(), authors: Vec::new(), unread: Some(why) }
    }

    /// What it shows.
    pub fn evidence(&self, catalogue: &Catalogue) -> Vec<Evidence> {
        let authors = self.authors.iter().filter_map(|author| self.piece(author, catalogue));
        authors.chain(self.unread.map(|why| self.hint(why))).collect()
    }

    fn piece(&self, author: &TraceAuthor, catalogue: &Catalogue) -> Option<Evidence> {
        let tool = match catalogue.named_tool(&author.tool, author.model.as_deref()) {
            NamedTool::Known(tool) => tool,
            NamedTool::Unknown => UNSPECIFIED,
            NamedTool::Nothing => return None,
        };
        let called = if author.tool.is_empty() { "an AI tool" } else { &author.tool };
        let model = author.model.as_ref().map_or_else(String::new, |model| format!(" ({model})"));
        let wrote = if author.has_lines { "wrote lines" } else { "took part, and no line is attributed to it" };
        Some(Evidence {
            channel: Channel::Trace,
            tool: tool.to_owned(),
            place: Place::Trace { path: self.path.clone() },
            text: text::excerpt(&format!("{called}{model} {wrote}")),
            strength: if author.has_lines { Strength::Attributed } else { Strength::Context },
            gates: author.has_lines,
            autonomous: false,
        })
    }

    /// That there are records, and why they say nothing, or not all.
    fn hint(&self, why: Unread) -> Evidence {
        let why = match why {
            Unread::Malformed => "the records, or some of them, are in a form that is not understood",
            Unread::TooLong | Unread::Truncated => "the file of records is too long to be read",
            Unread::NotText => "the file of records is not text",
            Unread::NotAsked => "the change touches more files of records than are read",
            Unread::Refused => "the file of records could not be had",
        };
        Evidence {
            channel: Channel::Trace,
            tool: UNSPECIFIED.to_owned(),
            place: Place::Trace { path: self.path.clone() },
            text: why.to_owned(),
            strength: Strength::Hint,
            gates: false,
            autonomous: false,
        }
    }
}

fn records_of(text: &str) -> HashSet<Record> {
    records(text).0.into_iter().collect()
}

/// All records in a text: one, a list of them, or one in each line. Also whether all of it was understood.
fn records(text: &str) -> (Vec<Record>, bool) {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum File {
        Many(Vec<Lenient<Record>>),
        One(Record),
    }
    let lines: Vec<Option<Record>> = match serde_json::from_str(text) {
        Ok(File::Many(records)) => records.into_iter().map(|record| record.0).collect(),
        Ok(File::One(record)) => vec![Some(record)],
        Err(_) => {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            lines.map(|line| serde_json::from_str(line).ok()).collect()
        }
    };
    let is_whole = lines.iter().all(Option::is_some);
    (lines.into_iter().flatten().collect(), is_whole)
}

/// A record, as far as it matters here. It is one if it has files.
#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
struct Record {
    #[serde(default)]
    id: Lenient<String>,
    #[serde(default)]
    timestamp: Lenient<String>,
    #[serde(default)]
    vcs: Lenient<Vcs>,
    #[serde(default)]
    tool: Lenient<Tool>,
    files: Vec<Lenient<File>>,
}

#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
struct Vcs {
    #[serde(default)]
    revision: Lenient<String>,
}

#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
struct Tool {
    #[serde(default)]
    name: Lenient<String>,
}

#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
struct File {
    #[serde(default)]
    path: Lenient<String>,
    #[serde(default)]
    conversations: Vec<Lenient<Conversation>>,
}

#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
struct Conversation {
    #[serde(default)]
    contributor: Lenient<Contributor>,
    #[serde(default)]
    ranges: Vec<Lenient<Range>>,
}

#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
struct Range {
    #[serde(default)]
    start_line: Lenient<u64>,
    #[serde(default)]
    end_line: Lenient<u64>,
    /// Instead of the conversation's.
    #[serde(default)]
    contributor: Lenient<Contributor>,
}

impl Range {
    fn has_lines(&self) -> bool {
        matches!((self.start_line.0, self.end_line.0), (Some(first), Some(last)) if 0 < first && first <= last)
    }
}

#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
struct Contributor {
    #[serde(default, rename = "type")]
    kind: Lenient<String>,
    #[serde(default)]
    model_id: Lenient<String>,
}

impl Contributor {
    /// `ai`, or `mixed` of a person and AI. The others are `human` and `unknown`.
    fn is_ai(&self) -> bool {
        matches!(self.kind.0.as_deref(), Some("ai" | "mixed"))
    }
}

impl Record {
    fn revision(&self) -> Option<&str> {
        self.vcs.0.as_ref()?.revision.0.as_deref()
    }

    fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter_map(|file| file.0.as_ref())
    }
}

impl File {
    fn path(&self) -> Option<&str> {
        self.path.0.as_deref()
    }

    /// Tools that a record attributes parts of the file to.
    fn authors(&self, record: &Record) -> Vec<TraceAuthor> {
        let tool = record.tool.0.as_ref().and_then(|tool| name(tool.name.0.as_deref()?)).unwrap_or_default();
        let author = |contributor: &Contributor, has_lines| TraceAuthor {
            tool: tool.clone(),
            model: contributor.model_id.0.as_deref().and_then(name).filter(|model| is_model(model)),
            has_lines,
        };
        let mut authors = Vec::new();
        for conversation in self.conversations.iter().filter_map(|conversation| conversation.0.as_ref()) {
            let usual = conversation.contributor.0.as_ref();
            let ranges = conversation.ranges.iter().filter_map(|range| range.0.as_ref());
            let with_lines = ranges.filter(|range| range.has_lines());
            let by = with_lines.filter_map(|range| range.contributor.0.as_ref().or(usual));
            authors.extend(by.filter(|by| by.is_ai()).map(|by| author(by, true)));
            authors.extend(usual.filter(|by| by.is_ai()).map(|by| author(by, false)));
        }
        authors
    }
}
