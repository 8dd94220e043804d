//! Text that others wrote, made harmless inside Markdown.

use jiff::Timestamp;

use super::super::plain;
use super::line::{Line, Piece};

/// The longest foreign text that is shown, in characters.
const LONGEST: usize = 160;

/// The longest message about a fault in a file that is shown, in characters.
const LONGEST_MESSAGE: usize = 500;

/// A line as Markdown.
pub(super) fn line(line: &Line) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(words) => words.clone(),
        Piece::Strong(words) => format!("**{words}**"),
        Piece::Code(text) => code(text),
        Piece::Message(text) => message(text),
        Piece::Link { words, url } => link(words, url.as_deref()),
        Piece::Mention(login) => mention(login),
        Piece::Moment(at) => moment(*at),
    };
    line.pieces().iter().map(piece).collect()
}

/// Foreign text as an inline code span: nothing in it is formatted, linked or mentioned.
pub(super) fn code(text: &str) -> String {
    span(text, LONGEST)
}

/// What is wrong with a file. Such a message quotes the file, so it is as foreign as the file.
fn message(text: &str) -> String {
    span(&text.replace('`', "'"), LONGEST_MESSAGE)
}

/// An account, mentioned if its login is made of what forges allow in logins.
pub(super) fn mention(login: &str) -> String {
    let (name, is_bot) = login.strip_suffix("[bot]").map_or((login, false), |name| (name, true));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    // An underscore is allowed too, and could mean emphasis.
    if is_bot || name.is_empty() || !name.chars().all(is_plain) {
        return code(login);
    }
    format!("@{login}")
}

fn span(text: &str, longest: usize) -> String {
    let text = flat(text, longest);
    let longest_run = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest_run + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// One line of visible characters, cut where it is too long. Bidirectional controls could make a text read as another.
fn flat(text: &str, longest: usize) -> String {
    let mut flat: String = plain::visible(text).take(longest).collect();
    if text.chars().count() > longest {
        flat.push('…');
    }
    flat
}

/// A time, to the minute.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A web address as a link, if it is one of the forge's own; otherwise just the words.
fn link(words: &str, url: Option<&str>) -> String {
    let is_plain = |url: &&str| {
        url.starts_with("https://")
            && url.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '(' | ')' | '<' | '>' | '`'))
    };
    match url.filter(is_plain) {
        Some(url) => format!("[{words}]({url})"),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(code("a `` b"), "```a `` b```");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(code("a\n# b\u{202e}c"), "`a # bc`");
    }

    #[test]
    fn only_plain_addresses_become_links() {
        assert_eq!(link("review", Some("https://github.com/a/b/pull/1")), "[review](https://github.com/a/b/pull/1)");
        assert_eq!(link("review", Some("javascript:alert(1)")), "review");
        assert_eq!(link("review", Some("https://x.test/)](javascript:1")), "review");
    }
}
