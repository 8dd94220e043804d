//! What looks like evidence and is none, and why not: for people who ask.
//!
//! Nothing here decides. A line is tried again under another condition (outside its quotation, with its box ticked) by the
//! detector itself; only where that finds something is the condition called the reason.

use std::collections::BTreeSet;

use super::catalogue::Catalogue;
use super::evidence::Declaration;
use super::identities::{Known, known};
use super::text::{Kind, Line, excerpt, lines};
use super::words::{names_ai, tools_named};
use super::{UNSPECIFIED, declaration, message, trailers};

/// The most lines that are looked at, each up to so many bytes: nobody asks about more.
const MOST_LINES: usize = 500;
const LONGEST_LINE_BYTES: usize = 4_000;

/// Something that is no evidence, though it may look like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// The line, counted from 1; `None` where it is not in a message.
    pub line: Option<u32>,
    /// What stands there.
    pub text: String,
    /// The tools that it would be evidence of, or that it names.
    pub tools: Vec<String>,
    /// Why it is none.
    pub why: Why,
}

/// Why something is no evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Somebody else's words, or code.
    Quoted,
    /// The text before announces examples.
    Example,
    /// A box that nobody ticked.
    Unticked,
    /// It runs on from the line before, so that the sentence is another one.
    RunsOn,
    /// It says that no AI was used.
    Denied,
    /// People have this name, and nothing else about it is a tool's.
    PersonsName,
    /// The catalogue says that this is not the tool.
    Excepted,
    /// Neither a person nor AI.
    Automation,
    /// It names a tool, and does not say that the tool made this change.
    Mention,
    /// A branch or label that is named after a tool, in none of the forms that the tool makes.
    NamedAfter,
}

impl Why {
    /// In words, one sentence without a full stop.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Quoted => {
                "quotation is not evidence: this is a quote, code, an HTML comment, a pasted log, or the message of a reverted commit"
            }
            Self::Example => "it is an example: the text before announces it",
            Self::Unticked => "nobody ticked this box",
            Self::RunsOn => "here it is part of another sentence; at the beginning of one, it would count",
            Self::Denied => "it says that no AI was used",
            Self::PersonsName => "people have this name, and nothing else here is a tool's",
            Self::Excepted => "the catalogue says that this is not the tool (`except_names`)",
            Self::Automation => "this is automation: neither a person nor AI",
            Self::Mention => "it names a tool, but does not say that the tool made this change",
            Self::NamedAfter => {
                "it is named after a tool, in none of the forms that the tool makes: it may be what the work is about"
            }
        }
    }
}

/// What looks like evidence in a message, and is none. `found` are the lines on which there is evidence.
pub fn near_in_message(text: &str, found: &BTreeSet<u32>, catalogue: &Catalogue) -> Vec<Near> {
    let all = lines(text);
    let examples: BTreeSet<u32> = trailers::read(text, Kind::Message, &all)
        .iter()
        .filter(|trailer| trailer.is_example)
        .map(|trailer| trailer.line)
        .collect();
    let is_short = |line: &&Line<'_>| line.text.len() <= LONGEST_LINE_BYTES && !line.is_blank();
    let open = all.iter().filter(|line| !found.contains(&line.number)).filter(is_short).take(MOST_LINES);
    open.filter_map(|line| near_line(line, &examples, catalogue)).collect()
}

fn near_line(line: &Line<'_>, examples: &BTreeSet<u32>, catalogue: &Catalogue) -> Option<Near> {
    let near = |why, tools| Some(Near { line: Some(line.number), text: excerpt(line.text), tools, why });
    let bare = line.text.trim_start_matches(['>', ' ', '\t']);
    let (tools, declared) = alone(bare, catalogue);
    if !tools.is_empty() {
        let why = match (line.is_quoted, examples.contains(&line.number)) {
            (true, _) => Why::Quoted,
            (false, true) => Why::Example,
            (false, false) => Why::RunsOn,
        };
        return near(why, tools);
    }
    if declaration::is_unticked(line.text) {
        let (tools, _) = alone(&line.text.replacen("[ ]", "[x]", 1), catalogue);
        return if tools.is_empty() { None } else { near(Why::Unticked, tools) };
    }
    let named = named_in(bare, catalogue);
    if declared == Some(Declaration::No) {
        return near(Why::Denied, named);
    }
    let people = trailers::trailers(bare).into_iter().flat_map(|trailer| trailers::people(&trailer.value));
    let mut people = people;
    if let Some(near) = people.find_map(|(name, email)| near_identity(&name, &email, catalogue)) {
        return Some(Near { line: Some(line.number), text: excerpt(line.text), ..near });
    }
    if !named.is_empty() {
        // A word that a surname follows names nobody's tool.
        let why = if tools_named(bare, catalogue).is_empty() { Why::PersonsName } else { Why::Mention };
        return near(why, named);
    }
    names_ai(bare).then(|| near(Why::Mention, vec![UNSPECIFIED.to_owned()])).flatten()
}

/// What a line shows in a message of its own.
fn alone(line: &str, catalogue: &Catalogue) -> (Vec<String>, Option<Declaration>) {
    let found = message::scan(&format!("Subject\n\n{line}"), Kind::Message, catalogue);
    let tools: BTreeSet<String> = found.evidence.into_iter().map(|piece| piece.tool).collect();
    (tools.into_iter().collect(), found.declaration)
}

fn named_in(text: &str, catalogue: &Catalogue) -> Vec<String> {
    let tools: BTreeSet<usize> = catalogue.words.within.tools(text).into_iter().collect();
    tools.into_iter().map(|tool| catalogue.id(tool).to_owned()).collect()
}

/// Why an author or co-author is no evidence, if they look like it.
pub fn near_identity(name: &str, email: &str, catalogue: &Catalogue) -> Option<Near> {
    let text = excerpt(&format!("{name} <{email}>"));
    let named = named_in(name, catalogue);
    let why = match known(name, email, catalogue) {
        Some(Known::Agent { .. } | Known::Assisted { .. }) => return None,
        Some(Known::Automation) => Why::Automation,
        None if catalogue.except_names.is_match(name.trim()) => Why::Excepted,
        None if named.is_empty() => return None,
        None => Why::PersonsName,
    };
    Some(Near { line: None, text, tools: named, why })
}

/// Why the name of a branch or a label is no evidence, if it looks like it.
pub fn near_name(name: &str, catalogue: &Catalogue) -> Option<Near> {
    // Words are separated by more than blanks there.
    let words = name.replace(['-', '_', '/'], " ");
    let tools = named_in(&words, catalogue);
    (!tools.is_empty()).then(|| Near { line: None, text: excerpt(name), tools, why: Why::NamedAfter })
}
