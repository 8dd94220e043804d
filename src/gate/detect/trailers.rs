//! Trailers as people and tools really write them.
//!
//! Git reads `Key: value` lines of the last paragraph. In the wild they are also found further up (squashed messages),
//! indented, behind a drawn line, after a literal `\n`, with the address on the next line or in Markdown. All of these
//! are read; each trailer says whether it stands where git would look for it.

mod block;

use std::sync::LazyLock;

use regex::Regex;

use super::text::{Kind, Line, Pattern, lines, visible};

pub use block::git_trailers;

/// A trailer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts about where and how it stands")]
pub struct Trailer {
    /// Lower-cased, with `-` between words: `co-authored-by`.
    pub key: String,
    /// As written, continuation lines joined by a space.
    pub value: String,
    /// The whole trailer as written, likewise joined.
    pub text: String,
    /// The line of its key, counted from 1.
    pub line: u32,
    /// Whether it stands where git looks for trailers: in a last paragraph of trailers.
    pub in_block: bool,
    /// Whether the key is written as git wants it, without blanks.
    pub is_one_word: bool,
    /// Whether it is the title of a message, which may only look like one: "claude-escapes: handle ESC twice".
    pub is_title: bool,
    /// Whether the text before announces it as an example: "the following forms are accepted:".
    pub is_example: bool,
}

/// A key as people write it, tolerant of spaces, underscores and emphasis. Keys that nobody looks for cost nothing.
static TRAILER: Pattern = LazyLock::new(|| {
    Regex::new(
        r"^[ \t│_]*(?:\*\*)?([A-Za-z][A-Za-z0-9]*(?:[-_ ][A-Za-z0-9]+){0,4})(?:\*\*)?[ \t]*:(?:\*\*)?[ \t]*(.*)$",
    )
    .ok()
});

/// Without a colon only the co-author form is read, and only with an address behind it.
static CO_AUTHOR_PROSE: Pattern =
    LazyLock::new(|| Regex::new(r"(?i)^[ \t│_]*(co[- _]?authored[- _]?by)[ \t]+(\S.*@.*)$").ok());

static ADDRESS: Pattern =
    LazyLock::new(|| Regex::new(r#"[^\s<>()\[\]"'`,;:|]+(?:\[bot\])?@[^\s<>()\[\]"'`,;|&]+"#).ok());

static MAILTO: Pattern = LazyLock::new(|| Regex::new(r"\]\(mailto:[^)]*\)").ok());

/// All trailers of a message that are not quotations.
pub fn trailers(message: &str) -> Vec<Trailer> {
    let shown = visible(message);
    read(&shown, Kind::Message, &lines(&shown))
}

/// The names and addresses in all co-author trailers of a message. Either may be empty. Examples are included: whoever
/// is named may have written a part, and that is the safe side to err on.
pub fn co_authors(message: &str) -> Vec<(String, String)> {
    let trailers = trailers(message);
    trailers.iter().filter(|trailer| is_co_author(&trailer.key)).flat_map(|trailer| people(&trailer.value)).collect()
}

/// Whether this key names a co-author.
pub(super) fn is_co_author(key: &str) -> bool {
    matches!(key, "co-authored-by" | "coauthored-by" | "co-author" | "co-authors" | "ai-co-authored-by")
        || matches!(key, "co-authoredby" | "coauthoredby" | "co-authored" | "co-authorship-bot")
}

/// A line's key and value, if it has the form of a trailer.
type Split<'t> = Option<(String, &'t str)>;

/// All trailers of a message, which is given whole and in lines.
pub(super) fn read(message: &str, kind: Kind, lines: &[Line<'_>]) -> Vec<Trailer> {
    let splits: Vec<Split<'_>> = lines.iter().map(|line| split(line.text)).collect();
    let block = block::block(message);
    let end_of_prose = end_of_prose(lines, &splits);
    let mut found: Vec<Trailer> = Vec::new();
    let mut follows_trailer = false;
    for (at, (line, split)) in lines.iter().zip(&splits).enumerate() {
        let Some((key, value)) = split.as_ref().filter(|_| !follows_trailer) else {
            follows_trailer = false;
            continue;
        };
        let mut value = (*value).to_owned();
        let mut text = line.text.trim().to_owned();
        if let Some(next) = lines.get(at + 1).filter(|next| continues(line, &value, next)) {
            value = format!("{} {}", value.trim_end(), next.text.trim());
            text = format!("{text} {}", next.text.trim());
            follows_trailer = true;
        }
        let in_block = usize::try_from(line.number).is_ok_and(|number| block.contains(&number.saturating_sub(1)));
        // What git takes for a trailer is one, whatever stands around it.
        if line.is_quoted && (!in_block || line.is_reverted) {
            continue;
        }
        let is_example = !in_block && at < end_of_prose && is_led_in(lines, &splits, at);
        let value = value.trim().to_owned();
        let written = line.text.split(':').next().unwrap_or_default().trim();
        let is_one_word = !written.contains([' ', '\t']);
        let is_spelled = is_one_word && written.contains('-') && written.starts_with(char::is_uppercase);
        let is_title = at == 0 && kind == Kind::Message && !is_spelled;
        let (key, line) = (key.clone(), line.number);
        found.push(Trailer { key, value, text, line, in_block, is_one_word, is_title, is_example });
    }
    found
}

/// The key, normalised, and the value of a line that has the form of a trailer.
fn split(line: &str) -> Split<'_> {
    let captures = TRAILER.as_ref()?.captures(line).or_else(|| CO_AUTHOR_PROSE.as_ref()?.captures(line))?;
    let key = captures.get(1)?.as_str();
    let value = captures.get(2)?.as_str();
    if value.starts_with("//") {
        return None;
    }
    Some((key.to_ascii_lowercase().replace([' ', '_'], "-"), value))
}

/// Whether the next line belongs to this value: git's folding by indentation, or an address that was wrapped.
fn continues(line: &Line<'_>, value: &str, next: &Line<'_>) -> bool {
    let text = next.text.trim();
    if text.is_empty() || next.number == line.number || next.is_quoted != line.is_quoted || value.contains('@') {
        return false;
    }
    let is_address = text.starts_with('<') && text.contains('@');
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_folded = indent(next.text) > indent(line.text) && split(next.text).is_none();
    let is_wrapped = value.trim().is_empty() && text.contains('@') && split(next.text).is_none();
    is_address || is_folded || is_wrapped
}

/// Behind this line there are only trailers, rules between squashed messages, and references to issues.
fn end_of_prose(lines: &[Line<'_>], splits: &[Split<'_>]) -> usize {
    let is_reference = |text: &str| {
        let lower = text.to_ascii_lowercase();
        let words = ["closes ", "fixes ", "resolves ", "refs ", "ref ", "part of "];
        text.starts_with('#') && text.len() < 12 || words.iter().any(|word| lower.starts_with(word)) && text.len() < 80
    };
    let is_over = |(line, split): &(&Line<'_>, &Split<'_>)| {
        let text = line.text.trim();
        split.is_none() && !text.is_empty() && !text.chars().all(|c| c == '-') && !is_reference(text)
    };
    let last = lines.iter().zip(splits).rposition(|pair| is_over(&pair));
    last.map_or(0, |last| last + 1)
}

/// Whether the text before announces examples.
fn is_led_in(lines: &[Line<'_>], splits: &[Split<'_>], at: usize) -> bool {
    let before =
        lines.get(..at).unwrap_or_default().iter().rev().zip(splits.get(..at).unwrap_or_default().iter().rev());
    // How far back to look for the announcement. A longer run of trailers is no list of examples.
    let near = before.filter(|(line, _)| !line.is_blank()).take(24);
    let mut announcements = near.filter(|(_, split)| split.as_ref().is_none_or(|(_, value)| value.trim().is_empty()));
    let announcement = announcements.next().map(|(line, _)| line);
    announcement.is_some_and(|line| {
        let text = line.text.trim_end().trim_end_matches('*');
        // A heading such as "AI disclosure:" asks for the trailer, it does not introduce an example.
        text.ends_with(':') && !super::declaration::is_heading(text)
    })
}

/// The people in the value of a co-author trailer, however they are written.
pub(super) fn people(value: &str) -> Vec<(String, String)> {
    let value = value.replace("&lt;", "<").replace("&gt;", ">");
    let value = match MAILTO.as_ref() {
        Some(mailto) => mailto.replace_all(&value, "]").into_owned(),
        None => value,
    };
    let mut people = Vec::new();
    let mut from = 0;
    for address in ADDRESS.iter().flat_map(|regex| regex.find_iter(&value)) {
        let name = trim_name(value.get(from..address.start()).unwrap_or_default());
        people.push((name.to_owned(), address.as_str().trim_end_matches(['.', '>']).to_owned()));
        from = address.end();
    }
    if people.is_empty() {
        let name = trim_name(value.split('<').next().unwrap_or_default());
        if !name.is_empty() {
            people.push((name.to_owned(), String::new()));
        }
    }
    people
}

fn trim_name(name: &str) -> &str {
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '&' | ',' | ';' | '"' | '`' | '*' | '_');
    let name = name.trim_matches(is_edge).trim_start_matches(['[', ']', ')']).trim_matches(is_edge);
    let name = name.strip_prefix("and ").unwrap_or(name);
    // An address in brackets leaves its opening one behind: "Oz [", "Claude (".
    name.trim_end_matches(['[', '(', '<']).trim_matches(is_edge)
}
