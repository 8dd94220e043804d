//! Authorship notes: what git-ai writes beside a commit about who wrote which of its lines.
//!
//! A note hangs on a commit in `refs/notes/ai`; before version 1.0, a blob stood at `refs/ai/authorship/<commit>`. Notes
//! stand on commits by people as well, so that a note alone says nothing: what counts is that lines are attested to a
//! session that the note names, of a tool that is real.
//!
//! What is kept of a note is small, whatever its size: no conversation, no path, no e-mail address.

mod early;
mod log;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, NamedTool};
use super::evidence::{Channel, Evidence, Place, Strength};
use super::{UNSPECIFIED, text};
use crate::gate::ids::CommitSha;
use crate::gate::plain;

/// The longest note that is read, in bytes. The longest seen hold whole conversations, and have 3 MB.
pub const LONGEST_BYTES: usize = 8 << 20;
/// How many sessions are kept of one note; those that wrote most.
const MOST_SESSIONS: usize = 50;
/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 100;
/// How many models or people are named in one piece of evidence.
const NAMED: usize = 3;

/// What one note says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Who wrote lines of the commit; sessions that wrote none stand here as well.
    pub authors: Vec<Author>,
    /// Why it, or a part of it, could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<Unread>,
}

/// Somebody or something that a note attests lines to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Author {
    /// What it is.
    pub kind: AuthorKind,
    /// What the note calls it: a tool, or the name of an early note's author. Empty when it does not say.
    pub name: String,
    /// The model, where the note says.
    pub model: Option<String>,
    /// The person who set it to work, by name, where the note says.
    pub person: Option<String>,
    /// How many lines of the commit are its own.
    pub lines: u64,
}

/// What kind of author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorKind {
    /// A session of an AI tool.
    Session,
    /// The author of an early note, which named people and tools alike.
    Named,
}

/// Why a note could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unread {
    /// It is in no form that git-ai ever wrote.
    Malformed,
    /// It is longer than [`LONGEST_BYTES`].
    TooLong,
    /// It is not text.
    NotText,
    /// The forge gave only its beginning.
    Truncated,
    /// There are more commits with notes than are asked for.
    NotAsked,
    /// It could not be had.
    Refused,
}

impl Note {
    /// Reads a note. What it says of unknown keys and fields is passed over.
    pub fn parse(note: &str) -> Self {
        if note.len() > LONGEST_BYTES {
            return Self::unread(Unread::TooLong);
        }
        let (sums, is_whole) = if note.trim_start().starts_with('{') { early::read(note) } else { log::read(note) };
        Self { authors: sums.authors(), unread: (!is_whole).then_some(Unread::Malformed) }
    }

    /// Reads the beginning of a note that the forge did not give whole. What its keys stand for is then not known: those
    /// that stand for no person are taken for sessions.
    pub fn parse_start(note: &str) -> Self {
        let start = text::floor(note, LONGEST_BYTES);
        Self { authors: log::read_start(start).authors(), unread: Some(Unread::Truncated) }
    }

    /// A note of which nothing is known.
    pub fn unread(why: Unread) -> Self {
        Self { authors: Vec::new(), unread: Some(why) }
    }

    /// What it shows of the commit that it hangs on.
    pub fn evidence(&self, commit: &CommitSha, catalogue: &Catalogue) -> Vec<Evidence> {
        let mut tools: BTreeMap<String, Vec<&Author>> = BTreeMap::new();
        for author in &self.authors {
            if let Some(tool) = tool_of(author, catalogue) {
                tools.entry(tool).or_default().push(author);
            }
        }
        let tools = tools.into_iter().map(|(tool, authors)| piece(commit, tool, &authors));
        tools.chain(self.unread.map(|why| hint(commit, why))).collect()
    }
}

/// The tool that a note's author is; nothing if it is a person, or stands for nothing.
fn tool_of(author: &Author, catalogue: &Catalogue) -> Option<String> {
    match (catalogue.named_tool(&author.name, author.model.as_deref()), author.kind) {
        (NamedTool::Known(tool), _) => Some(tool.to_owned()),
        (NamedTool::Unknown, AuthorKind::Session) => Some(UNSPECIFIED.to_owned()),
        (NamedTool::Unknown, AuthorKind::Named) | (NamedTool::Nothing, _) => None,
    }
}

fn piece(commit: &CommitSha, tool: String, authors: &[&Author]) -> Evidence {
    let lines = authors.iter().fold(0_u64, |sum, author| sum.saturating_add(author.lines));
    let names: BTreeSet<String> = authors.iter().map(|author| called(author)).collect();
    let people: BTreeSet<String> = authors.iter().filter_map(|author| author.person.clone()).collect();
    let wrote = match lines {
        0 => "took part, and no line is attested to it".to_owned(),
        1 => "wrote 1 line".to_owned(),
        lines => format!("wrote {lines} lines"),
    };
    let asked = if people.is_empty() { String::new() } else { format!(", asked by {}", listed(&people)) };
    Evidence {
        channel: Channel::Note,
        tool,
        place: Place::Note { commit: commit.clone() },
        text: text::excerpt(&format!("{} {wrote}{asked}", listed(&names))),
        strength: if lines > 0 { Strength::Attributed } else { Strength::Context },
        gates: lines > 0,
        autonomous: false,
    }
}

/// That there is a note, and why it says nothing, or not all.
fn hint(commit: &CommitSha, why: Unread) -> Evidence {
    let why = match why {
        Unread::Malformed => "the note, or a part of it, is in a form that is not understood",
        Unread::TooLong => "the note is too long to be read",
        Unread::NotText => "the note is not text",
        Unread::Truncated => "the forge gave only the beginning of the note",
        Unread::NotAsked => "the change has more commits than notes are read of",
        Unread::Refused => "the note could not be had",
    };
    Evidence {
        channel: Channel::Note,
        tool: UNSPECIFIED.to_owned(),
        place: Place::Note { commit: commit.clone() },
        text: why.to_owned(),
        strength: Strength::Hint,
        gates: false,
        autonomous: false,
    }
}

fn called(author: &Author) -> String {
    let name = if author.name.is_empty() { "an AI tool" } else { &author.name };
    match &author.model {
        Some(model) => format!("{name} ({model})"),
        None => name.to_owned(),
    }
}

/// A few names, and how many more there are.
fn listed(names: &BTreeSet<String>) -> String {
    let some: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    match names.len().saturating_sub(NAMED) {
        0 => some.join(", "),
        more => format!("{} and {more} more", some.join(", ")),
    }
}

/// Lines by author and file, before they are counted: one line may be attested twice.
#[derive(Debug, Default)]
struct Sums(BTreeMap<Author, BTreeMap<String, Vec<(u32, u32)>>>);

impl Sums {
    /// Adds ranges of lines of a file, first and last counted in. An author without any is noted all the same.
    fn add(&mut self, author: Author, file: &str, ranges: impl IntoIterator<Item = (u32, u32)>) {
        let files = self.0.entry(author).or_default();
        let mut ranges = ranges.into_iter().filter(|(first, last)| 0 < *first && first <= last).peekable();
        if ranges.peek().is_some() {
            files.entry(file.to_owned()).or_default().extend(ranges);
        }
    }

    /// The authors that wrote most, first.
    fn authors(self) -> Vec<Author> {
        let count = |files: BTreeMap<String, Vec<(u32, u32)>>| {
            files.into_values().fold(0_u64, |sum, ranges| sum.saturating_add(covered(ranges)))
        };
        let authors = self.0.into_iter().map(|(author, files)| Author { lines: count(files), ..author });
        let mut authors: Vec<Author> = authors.collect();
        authors.sort_by(|one, other| other.lines.cmp(&one.lines).then_with(|| one.cmp(other)));
        authors.truncate(MOST_SESSIONS);
        authors
    }
}

/// How many lines the ranges cover together.
fn covered(mut ranges: Vec<(u32, u32)>) -> u64 {
    ranges.sort_unstable();
    let (mut lines, mut end) = (0_u64, 0_u32);
    for (first, last) in ranges {
        let first = first.max(end.saturating_add(1));
        if first <= last && end < last {
            lines = lines.saturating_add(u64::from(last - first) + 1);
            end = last;
        }
    }
    lines
}

/// A session as git-ai describes it, in all of its forms.
#[derive(Debug, Default, Deserialize)]
struct Session {
    #[serde(default)]
    agent_id: Lenient<AgentId>,
    #[serde(default)]
    human_author: Lenient<String>,
}

#[derive(Debug, Default, Deserialize)]
struct AgentId {
    #[serde(default)]
    tool: Lenient<String>,
    #[serde(default)]
    model: Lenient<String>,
}

impl Session {
    fn author(&self) -> Author {
        let agent = self.agent_id.0.as_ref();
        Author {
            kind: AuthorKind::Session,
            name: agent.and_then(|agent| name(agent.tool.0.as_deref()?)).unwrap_or_default(),
            model: agent.and_then(|agent| name(agent.model.0.as_deref()?)).filter(|model| is_model(model)),
            person: self.human_author.0.as_deref().and_then(person),
            lines: 0,
        }
    }
}

/// What stands where a model should, and is none.
pub(super) fn is_model(name: &str) -> bool {
    !["unknown", "default", "<synthetic>", "auto", "human"].iter().any(|none| name.eq_ignore_ascii_case(none))
}

/// A name on one line, cut to a sensible length.
pub(super) fn name(written: &str) -> Option<String> {
    Some(plain::one_line(written, LONGEST_NAME)).filter(|name| !name.is_empty())
}

/// The name in `Name <address>`. An address alone is nobody's name.
fn person(written: &str) -> Option<String> {
    let before = written.split('<').next().unwrap_or_default();
    name(before).filter(|name| !name.contains('@'))
}

/// Something of the expected form, or anything else, which is passed over.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Lenient<T>(pub(super) Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Maybe<T> {
            Expected(T),
            Other(serde::de::IgnoredAny),
        }
        Ok(Self(match Maybe::deserialize(deserializer)? {
            Maybe::Expected(value) => Some(value),
            Maybe::Other(_) => None,
        }))
    }
}
