//! A message or description as lines, each marked as the author's own words or as quotation.
//!
//! Quotation is not evidence: code fences, `>` quotes, HTML comments, a pasted `git log`, a revert's copy of the
//! reverted message.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// A pattern that is compiled when it is first needed; a test proves that it is valid.
pub(super) type Pattern = LazyLock<Option<Regex>>;

/// Whether a pattern matches.
pub(super) fn is(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_some_and(|regex| regex.is_match(text))
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A commit's message, whose first line is a title.
    Message,
    /// The description of a change.
    Description,
}

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'t> {
    /// Counted from 1. Parts of a line that was written with a literal `\n` share its number.
    pub(super) number: u32,
    /// Without its line break.
    pub(super) text: &'t str,
    /// Whether these are somebody else's words, or code.
    pub(super) is_quoted: bool,
    /// Whether they are those of the commit that this one reverts.
    pub(super) is_reverted: bool,
}

impl Line<'_> {
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// The text without characters that nobody sees, and with plain blanks, so that nothing hides behind them. Lines stay lines.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{ad}');
    let blank = |c: char| c != ' ' && c.is_whitespace() && !c.is_ascii();
    if text.is_ascii() || !text.contains(|c: char| hidden(c) || blank(c)) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().filter(|c| !hidden(*c));
    Cow::Owned(shown.map(|c| if blank(c) { ' ' } else { c }).collect())
}

/// Splits a text into lines and marks quotations.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        let is_quoted = line.trim_start().starts_with('>');
        lines.extend(split_literal_breaks(line).into_iter().map(|text| Line {
            number,
            text,
            is_quoted,
            is_reverted: false,
        }));
    }
    mark_fences(&mut lines);
    mark_comments(&mut lines);
    mark_block_quotes(&mut lines);
    mark_change_lists(&mut lines);
    mark_pasted_logs(&mut lines);
    mark_reverted(&mut lines);
    lines
}

/// Some agents write `\n\nCo-authored-by: …` with a backslash and an `n`. Only trailers are taken apart, and only
/// where they end like trailers: in `printf 'a\nCo-authored-by: …'` they are an example.
fn split_literal_breaks(line: &str) -> Vec<&str> {
    let parts: Vec<_> = line.split("\\n").collect();
    let holds_trailers = parts.iter().skip(1).any(|part| {
        let key = part.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
        key.ends_with("-by") && !part.trim_end().ends_with(['\'', '"', '`', ')'])
    });
    if holds_trailers { parts } else { vec![line] }
}

/// Marks fenced code. A fence that is never closed marks nothing: it must not hide the trailers at the end.
fn mark_fences(lines: &mut [Line<'_>]) {
    let mut open: Option<(usize, char, usize)> = None;
    for at in 0..lines.len() {
        let Some((mark, length, is_bare)) = lines.get(at).and_then(|line| fence(line.text)) else {
            continue;
        };
        match open {
            None => open = Some((at, mark, length)),
            Some((start, opened, least)) if mark == opened && length >= least && is_bare => {
                quote(lines, start..=at);
                open = None;
            }
            Some(_) => {}
        }
    }
}

/// The mark of a code fence, its length, and whether nothing follows it.
fn fence(line: &str) -> Option<(char, usize, bool)> {
    let line = line.trim();
    let mark = line.chars().next().filter(|first| matches!(first, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == mark).count();
    (length >= 3).then_some((mark, length, line.len() == length))
}

/// Marks HTML comments that span whole lines. What templates say in them nobody said.
fn mark_comments(lines: &mut [Line<'_>]) {
    let mut open = None;
    for at in 0..lines.len() {
        let Some(line) = lines.get(at).map(|line| line.text.trim()) else {
            continue;
        };
        match open {
            None if line.starts_with("<!--") => match line.find("-->") {
                Some(end) if end + 3 == line.len() => quote(lines, at..=at),
                Some(_) => {}
                None => open = Some(at),
            },
            Some(start) if line.contains("-->") => {
                quote(lines, start..=at);
                open = None;
            }
            None | Some(_) => {}
        }
    }
}

/// Marks HTML block quotes, in which dependency bots repeat the release notes of others. One that is never closed marks
/// nothing.
fn mark_block_quotes(lines: &mut [Line<'_>]) {
    let mut open: Option<(usize, usize)> = None;
    for at in 0..lines.len() {
        let Some(text) = lines.get(at).filter(|line| !line.is_quoted).map(|line| line.text.to_ascii_lowercase()) else {
            continue;
        };
        let (begun, ended) = (text.matches("<blockquote").count(), text.matches("</blockquote").count());
        let (start, depth) = open.unwrap_or((at, 0));
        let depth = depth + begun;
        open = (depth > ended).then(|| (start, depth - ended));
        if depth > 0 && open.is_none() {
            quote(lines, start..=at);
        }
    }
}

/// Marks the items of lists under headings such as "Changelog" and "What's Changed": they tell of other changes. Text
/// that stands there for itself, and the trailers at the end, are this change's own.
fn mark_change_lists(lines: &mut [Line<'_>]) {
    let mut level: Option<usize> = None;
    let mut in_item = false;
    for line in lines.iter_mut() {
        if let Some((depth, title)) = heading(line.text) {
            in_item = false;
            if level.is_none_or(|level| depth <= level) {
                level = is_about_changes(title).then_some(depth);
            }
            continue;
        }
        let continues = in_item && line.text.starts_with([' ', '\t']) && !line.is_blank();
        in_item = level.is_some() && (is_list_item(line.text) || continues);
        line.is_quoted |= in_item;
    }
}

/// The level and the title of a Markdown heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let title = line.trim_start_matches('#');
    let depth = line.len() - title.len();
    ((1..=6).contains(&depth) && title.starts_with(' ')).then(|| (depth, title.trim()))
}

fn is_about_changes(title: &str) -> bool {
    let title = title.to_ascii_lowercase();
    let titles = ["changelog", "change log", "release notes", "what's changed", "what’s changed", "commits"];
    titles.iter().any(|known| title.starts_with(known)) || title.starts_with("full changelog")
}

/// Marks the output of `git log` pasted into a message: other commits' words.
fn mark_pasted_logs(lines: &mut [Line<'_>]) {
    let mut in_log = false;
    for at in 0..lines.len() {
        let next = lines.get(at + 1).map(|line| line.text.trim_start()).unwrap_or_default();
        let Some(line) = lines.get_mut(at) else {
            continue;
        };
        let trimmed = line.text.trim_start();
        let header = ["Author:", "AuthorDate:", "Commit:", "CommitDate:", "Date:", "Merge:"];
        if is_log_heading(trimmed) && header.iter().any(|word| next.starts_with(word)) {
            in_log = true;
        } else if in_log {
            let is_indented = line.text.starts_with([' ', '\t']);
            in_log = trimmed.is_empty() || is_indented || header.iter().any(|word| trimmed.starts_with(word));
        }
        line.is_quoted |= in_log;
    }
}

fn is_log_heading(line: &str) -> bool {
    line.strip_prefix("commit ").is_some_and(|rest| {
        let name = rest.split(' ').next().unwrap_or_default();
        name.len() >= 7 && name.bytes().all(|c| c.is_ascii_hexdigit())
    })
}

/// Marks what follows "Original commit message:" in a revert.
fn mark_reverted(lines: &mut [Line<'_>]) {
    if !lines.first().is_some_and(|subject| subject.text.trim_start().to_ascii_lowercase().starts_with("revert")) {
        return;
    }
    let is_lead_in = |line: &Line<'_>| {
        let text = line.text.trim().to_ascii_lowercase();
        text.ends_with(':')
            && ["original ", "reverted "].iter().any(|word| text.starts_with(word))
            && ["message", "description"].iter().any(|word| text.contains(word))
    };
    if let Some(start) = lines.iter().position(is_lead_in) {
        let last = lines.len().saturating_sub(1);
        quote(lines, start..=last);
        for line in lines.iter_mut().skip(start) {
            line.is_reverted = true;
        }
    }
}

fn quote(lines: &mut [Line<'_>], range: std::ops::RangeInclusive<usize>) {
    for line in lines.get_mut(range).into_iter().flatten() {
        line.is_quoted = true;
    }
}

/// Whether a line begins a list item.
pub(super) fn is_list_item(line: &str) -> bool {
    let line = line.trim_start();
    ["- ", "* ", "+ ", "• "].iter().any(|bullet| line.starts_with(bullet))
}

/// The line without emphasis, emoji, bullets and other decoration around its words.
pub(super) fn undecorated(line: &str) -> &str {
    let mut line = line.trim_start();
    while let Some(rest) = EMPHASIS.iter().find_map(|tag| line.strip_prefix(tag)) {
        line = rest.trim_start();
    }
    line.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '[' | '`' | '<' | '"' | '\'' | '('))
        .trim_end_matches([' ', '\t', '*', '_'])
}

/// HTML that is decoration as well.
const EMPHASIS: [&str; 8] = ["<em>", "<i>", "<b>", "<strong>", "<sub>", "<sup>", "<small>", "<p>"];

/// Whether a place in a line stands between backticks.
pub(super) fn is_in_code(line: &str, place: &std::ops::Range<usize>) -> bool {
    let ticks = |text: Option<&str>| text.unwrap_or_default().matches('`').count();
    ticks(line.get(..place.start)) % 2 == 1 && ticks(line.get(place.end..)) > 0
}

/// At most 200 characters of a text: enough for a reader to recognise it.
pub(super) fn excerpt(text: &str) -> String {
    text.trim().chars().take(200).collect()
}

/// The beginning of a text, at most so many bytes.
pub(super) fn floor(text: &str, longest_bytes: usize) -> &str {
    let end = (0..=text.len().min(longest_bytes)).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// The text without inline HTML comments.
pub(super) fn without_comments(text: &str) -> Cow<'_, str> {
    let mut rest = text;
    let mut kept = String::new();
    while let Some(start) = rest.find("<!--") {
        let Some(length) = rest.get(start..).and_then(|comment| comment.find("-->")) else {
            break;
        };
        kept.push_str(rest.get(..start).unwrap_or_default());
        rest = rest.get(start + length + 3..).unwrap_or_default();
    }
    if kept.is_empty() && rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}
