//! The tools we know and the marks they leave, as data (`config/agents.yml`), and what an organisation lays over it.
//!
//! Patterns are compiled once. The `regex` crate matches in linear time, so a hostile message costs no more than its
//! length.

mod compile;
mod file;
pub mod mark;
mod merge;
mod trial;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder, RegexSet};

use crate::gate::policy::diagnostic::{Diagnostic, Position};

pub use file::{Sample, json_schema};
pub use mark::{Mark, MarkKind};
pub use trial::{counts, evidence_in};

/// The name of the embedded catalogue in diagnostics.
pub const EMBEDDED_NAME: &str = "agents.yml";
/// Bounds the compiled size of one set of patterns, in bytes.
const SIZE_LIMIT_BYTES: usize = 64 << 20;
/// Bounds the compiled size of one pattern, in bytes.
const PATTERN_LIMIT_BYTES: usize = 1 << 20;

const EMBEDDED: &str = include_str!("../../../config/agents.yml");

/// An AI tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// The word used in evidence, e.g. `claude`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Where its maker describes it.
    pub url: String,
    /// Public places that the entry's facts come from.
    pub sources: Vec<String>,
    /// When its marks were first seen: a year, or a quarter such as 2025Q3.
    pub first_seen: Option<String>,
    /// When they were last seen.
    pub last_seen: Option<String>,
    /// Whether its platform writes whoever asked for the work into its commits as co-author.
    pub names_requester: bool,
    /// Whether one of its words is also a name that people have.
    pub personal: bool,
    /// What must match this tool.
    pub positive: Vec<Placed>,
    /// What must not match this tool.
    pub negative: Vec<Placed>,
    /// Its marks, by kind; those that are switched off among them.
    pub marks: Vec<Mark>,
    /// The file that names it first, as a place in [`Catalogue::files`].
    pub file: usize,
    /// Where that file does.
    pub at: Position,
    /// The file that switches it off, and where.
    pub off_by: Option<(usize, Position)>,
}

/// A sample, and where a file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The sample.
    pub sample: Sample,
    /// The file, as a place in [`Catalogue::files`].
    pub file: usize,
    /// Where the file says it.
    pub at: Position,
}

/// A compiled catalogue.
#[derive(Debug)]
pub struct Catalogue {
    pub(super) tools: Vec<Tool>,
    off: Vec<Tool>,
    harmless: Vec<Placed>,
    files: Vec<String>,
    pub(super) accounts: Accounts,
    /// By lower-cased address.
    pub(super) addresses: HashMap<String, Vec<AddressRule>>,
    pub(super) names: Patterns,
    pub(super) bare_names: Patterns,
    pub(super) except_names: Patterns,
    /// End of a display name, lower-cased, and the tool.
    pub(super) name_suffixes: Vec<(String, ToolIndex)>,
    /// By lower-cased key.
    pub(super) trailers: HashMap<String, Vec<(Option<Regex>, ToolIndex)>>,
    pub(super) footers: Patterns,
    pub(super) links: Patterns,
    pub(super) branches: Patterns,
    pub(super) weak_branches: Patterns,
    pub(super) labels: Patterns,
    pub(super) words: Words,
    pub(super) note_tools: Patterns,
    pub(super) automation: Automation,
    digest: String,
}

/// Place of a tool in [`Catalogue::tools`].
pub(super) type ToolIndex = usize;

/// Forge accounts of tools.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    /// By number on github.com.
    pub(super) by_id: HashMap<i64, Account>,
    /// By lower-cased login. Several accounts may share one.
    pub(super) by_login: HashMap<String, Vec<Account>>,
}

/// A forge account of a tool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    pub(super) tool: ToolIndex,
    /// Its number on github.com.
    pub(super) id: Option<i64>,
    /// As a co-author it stands for an accepted review suggestion only.
    pub(super) suggests: bool,
}

/// An address that belongs to a tool.
#[derive(Debug)]
pub(super) struct AddressRule {
    pub(super) tool: ToolIndex,
    /// Only together with this display name.
    pub(super) name: Option<Regex>,
}

/// Identities that are neither people nor AI.
#[derive(Debug, Default)]
pub(super) struct Automation {
    /// Lower-cased.
    pub(super) logins: Vec<String>,
    /// Lower-cased, with the display name that it needs.
    pub(super) addresses: HashMap<String, Option<Regex>>,
    /// Names in records of authorship.
    pub(super) note_tools: Patterns,
}

/// What a name in a record of authorship stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedTool<'c> {
    /// A tool of the catalogue, by its id.
    Known(&'c str),
    /// Something that the catalogue does not know.
    Unknown,
    /// A test, or a person.
    Nothing,
}

/// Patterns of many tools, tried together.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    set: RegexSet,
    each: Vec<(Pattern, ToolIndex)>,
}

/// One pattern of a set, known to be valid. It is compiled when its set has matched: most never do, and all of them
/// together take more memory than anything else in the program.
#[derive(Debug)]
struct Pattern {
    source: String,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn of(valid: &Regex) -> Self {
        Self { source: valid.as_str().to_owned(), regex: OnceLock::new() }
    }

    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| build(&self.source).ok()).as_ref()
    }
}

fn build(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).case_insensitive(true).size_limit(PATTERN_LIMIT_BYTES).build()
}

impl Patterns {
    /// Whether any pattern matches.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.set.is_match(text)
    }

    /// The tools whose patterns match, in the catalogue's order.
    pub(super) fn tools(&self, text: &str) -> Vec<ToolIndex> {
        self.set.matches(text).iter().filter_map(|at| self.each.get(at)).map(|(_, tool)| *tool).collect()
    }

    /// The tools whose patterns match and the first place that does.
    pub(super) fn find(&self, text: &str) -> Vec<(ToolIndex, Range<usize>)> {
        let matched = self.set.matches(text);
        let patterns = matched.iter().filter_map(|at| self.each.get(at));
        patterns.filter_map(|(pattern, tool)| Some((*tool, pattern.regex()?.find(text)?.range()))).collect()
    }

    /// Every place where a pattern's group `word` matches, in the catalogue's order.
    pub(super) fn words(&self, text: &str) -> Vec<(ToolIndex, Range<usize>)> {
        let matched = self.set.matches(text);
        let patterns = matched.iter().filter_map(|at| self.each.get(at));
        let regexes = patterns.filter_map(|(pattern, tool)| Some((pattern.regex()?, tool)));
        let places =
            regexes.flat_map(|(regex, tool)| regex.captures_iter(text).map(|found| (*tool, found.name("word"))));
        places.filter_map(|(tool, word)| Some((tool, word?.range()))).collect()
    }
}

/// How people name tools in declarations.
#[derive(Debug)]
pub(super) struct Words {
    /// Matches a word with its boundaries; group `word` is the word itself.
    pub(super) within: Patterns,
    /// Per tool: whether one of its words is also a person's name.
    pub(super) personal: Vec<bool>,
}

impl Catalogue {
    /// The catalogue that the program was built with.
    ///
    /// # Panics
    ///
    /// Never with the file that is embedded: a test proves that it is valid.
    pub fn embedded() -> &'static Self {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(|| match Self::parse(EMBEDDED_NAME, EMBEDDED) {
            Ok(catalogue) => catalogue,
            Err(findings) => unreachable!("the embedded catalogue is broken: {findings:?}"),
        })
    }

    /// Reads a catalogue that stands alone, or says everything that is wrong with it.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        compile::compile(&[(file_name, text)]).map(|(catalogue, _)| catalogue)
    }

    /// The embedded catalogue with these files (name and text) laid over it, each over those before it, and what is worth
    /// a look; or everything that is wrong with them.
    pub fn with(files: &[(&str, &str)]) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let embedded = [(EMBEDDED_NAME, EMBEDDED)];
        Self::of(&[&embedded, files].concat())
    }

    /// The same over another lowest file.
    pub fn of(files: &[(&str, &str)]) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        compile::compile(files)
    }

    /// SHA-256 of the files' texts, hex: of all that detection with this catalogue rests on.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The names of the files that it was made of, the lowest first.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// All tools that are looked for, in the files' order.
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// Tools that a file switches off. Nothing looks for them.
    pub fn switched_off(&self) -> &[Tool] {
        &self.off
    }

    /// What everybody writes, and no tool may match.
    pub fn harmless(&self) -> &[Placed] {
        &self.harmless
    }

    /// The tool with this id.
    pub fn tool(&self, id: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.id == id)
    }

    /// Whether one of the tool's words is also a person's name.
    pub(super) fn is_personal(&self, id: &str) -> bool {
        let place = self.tools.iter().position(|tool| tool.id == id);
        place.and_then(|tool| self.words.personal.get(tool)).copied().unwrap_or(false)
    }

    /// What a tool's name in a record of authorship stands for. Where it says nothing, the model's name does: a vendor's
    /// model alone does not tell its tool apart from others that use it.
    pub(super) fn named_tool(&self, name: &str, model: Option<&str>) -> NamedTool<'_> {
        if self.automation.note_tools.is_match(name) {
            return NamedTool::Nothing;
        }
        let is_silent = name.is_empty() || name.eq_ignore_ascii_case("unknown");
        let known = if is_silent {
            model.and_then(|model| self.words.within.words(model).first().map(|(tool, _)| *tool))
        } else {
            self.note_tools.tools(name).first().copied()
        };
        let by_id = || self.tools.iter().position(|tool| tool.id.eq_ignore_ascii_case(name));
        known.or_else(by_id).map_or(NamedTool::Unknown, |tool| NamedTool::Known(self.id(tool)))
    }

    /// The id of a tool by its place.
    pub(super) fn id(&self, tool: ToolIndex) -> &str {
        self.tools.get(tool).map_or(super::UNSPECIFIED, |tool| &tool.id)
    }
}
