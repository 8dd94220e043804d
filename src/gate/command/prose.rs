//! The lines of a comment's own prose, which alone can hold a command.
//!
//! Read as `CommonMark` with the forges' extensions. What stands in code, quotes, lists, headings, tables, footnotes,
//! formulas or HTML is somebody else's words, or an example, or shown otherwise than it is written.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A line, up to where something else than plain text begins, and the rest.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Plain text from the beginning of the line.
    pub(super) lead: String,
    /// Everything from the first piece on that is not plain text.
    pub(super) tail: Vec<Piece>,
    /// Whether the source begins with a slash here: neither an escaped one, nor one made by an entity or emphasised.
    pub(super) starts_with_slash: bool,
}

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Plain text.
    Text(String),
    /// A code span.
    Code(String),
    /// The text of a link or picture, struck-out words, a formula.
    Aside(String),
}

impl Piece {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Code(text) | Self::Aside(text) => text,
        }
    }
}

/// All lines of own prose, in their order.
pub(super) fn lines(body: &str) -> Vec<Line> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM;
    let mut reader = Reader { body, ..Reader::default() };
    for (event, range) in Parser::new_ext(body, options).into_offset_iter() {
        reader.take(event, range);
    }
    reader.lines
}

/// Reads events, in the order of the source.
#[derive(Default)]
struct Reader<'b> {
    body: &'b str,
    lines: Vec<Line>,
    line: Line,
    has_begun: bool,
    /// How many blocks other than a paragraph are open.
    blocks: usize,
    /// How many links, pictures and struck-out spans are open.
    asides: usize,
    html: String,
    /// HTML elements that stand open, each with the number of blocks around it.
    elements: Vec<(String, usize)>,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph) => self.end_line(),
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Strikethrough) => self.asides += 1,
            Event::End(TagEnd::Link | TagEnd::Image | TagEnd::Strikethrough) => {
                self.asides = self.asides.saturating_sub(1);
            }
            Event::Start(Tag::Paragraph | Tag::Emphasis | Tag::Strong)
            | Event::End(TagEnd::Emphasis | TagEnd::Strong)
            | Event::Rule
            | Event::TaskListMarker(_) => {}
            Event::Start(_) => self.blocks += 1,
            Event::End(end) => {
                self.blocks = self.blocks.saturating_sub(1);
                self.elements.retain(|(_, around)| *around <= self.blocks);
                if end == TagEnd::HtmlBlock {
                    self.end_html();
                }
            }
            Event::Text(text) if self.asides == 0 => self.text(&text, range.start),
            Event::Text(text) => self.piece(Piece::Aside(text.into_string())),
            Event::Code(code) => self.piece(Piece::Code(code.into_string())),
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.piece(Piece::Aside(text.into_string()));
            }
            Event::Html(html) => self.html.push_str(&html),
            Event::InlineHtml(html) => {
                self.piece(Piece::Aside(String::new()));
                self.html.push_str(&html);
                self.end_html();
            }
        }
    }

    fn is_own(&self) -> bool {
        self.blocks == 0 && self.elements.is_empty()
    }

    fn text(&mut self, text: &str, at: usize) {
        if !self.is_own() {
            return;
        }
        if !self.has_begun {
            self.has_begun = true;
            self.line.starts_with_slash = self.begins_at(at);
        }
        if self.line.tail.is_empty() {
            self.line.lead.push_str(text);
        } else {
            self.line.tail.push(Piece::Text(text.to_owned()));
        }
    }

    fn piece(&mut self, piece: Piece) {
        if self.is_own() {
            self.has_begun = true;
            self.line.tail.push(piece);
        }
    }

    /// Whether nothing but blanks stands before this place in its line of the source, and a slash there.
    fn begins_at(&self, at: usize) -> bool {
        let Some((before, after)) = self.body.split_at_checked(at) else { return false };
        let indent = before.rsplit(['\n', '\r']).next().unwrap_or_default();
        after.starts_with('/') && indent.chars().all(|c| matches!(c, ' ' | '\t'))
    }

    fn end_line(&mut self) {
        if std::mem::take(&mut self.has_begun) {
            self.lines.push(std::mem::take(&mut self.line));
        }
    }

    /// Notes which elements a piece of HTML opens and closes. One that is never closed hides all that follows.
    fn end_html(&mut self) {
        let html = std::mem::take(&mut self.html);
        let mut rest = html.as_str();
        while let Some((_, tag)) = rest.split_once('<') {
            if let Some(comment) = tag.strip_prefix("!--") {
                rest = comment.split_once("-->").map_or("", |(_, after)| after);
                continue;
            }
            let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
            rest = after;
            let (name, closes) = tag.strip_prefix('/').map_or((tag, false), |name| (name, true));
            let name: String =
                name.chars().take_while(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
            if closes {
                if let Some(opened) = self.elements.iter().rposition(|(open, _)| *open == name) {
                    self.elements.truncate(opened);
                }
            } else if CONTAINERS.contains(&name.as_str()) {
                self.elements.push((name, self.blocks));
            }
        }
    }
}

/// HTML elements whose content is not shown as own prose. Others, such as the `<u8>` of a type, hide nothing.
const CONTAINERS: &[&str] = &[
    "blockquote",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "strike",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "template",
    "th",
    "thead",
    "tr",
    "tt",
    "ul",
];
