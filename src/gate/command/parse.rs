//! From a comment's text to what it says to us. A comment holds one decision, so several commands are none.
//!
//! ```text
//! line     = "/seconder" [verb [rest]]        alone, it asks for help
//!          | "/second" [commit] [reason]      short for approve
//!          | "/approve" [commit] [reason]     bare: counts only where the organisation enabled it
//! verb     = "approve" [commit] [reason]
//!          | "hold" reason | "not-assisted" reason | "override" reason
//!          | "assisted" [tool]
//!          | "revoke" | "unhold" | "why" | "recheck" | "help"      what follows is a reason
//! commit   = 12 to 40 hex digits, which may stand in a code span
//! ```
//!
//! A line is one of the comment's own prose (see [`prose`](super::prose)): of a paragraph, not of a list, a quote, a
//! heading or a table. Words are separated by white space, and letter case does not matter. `/second revoke` and
//! `/approve cancel` are slips, not approvals that give a reason.

use super::prose::{Line, Piece, lines};
use super::{Ask, Mistake, Said};
use crate::gate::plain::one_line;
use crate::gate::policy::diagnostic::nearest;

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 500;

/// The longest name of a tool that is kept, in characters.
const LONGEST_TOOL: usize = 60;

/// The longest part of a mistake that is quoted in its answer, in characters.
const LONGEST_QUOTED: usize = 60;

/// How a commit is named, in hex digits.
const COMMIT_DIGITS: std::ops::RangeInclusive<usize> = 12..=40;

/// All commands.
const VERBS: [&str; 10] =
    ["approve", "revoke", "hold", "unhold", "assisted", "not-assisted", "override", "why", "recheck", "help"];

/// What takes an approval back where other bots listen.
const CANCEL: &str = "cancel";

/// What this comment says to us, if anything.
///
/// A bare `/approve` beside other commands is taken to be meant for somebody else.
pub fn parse(body: &str) -> Option<Said> {
    if !can_hold_command(body) {
        return None;
    }
    let mut said: Vec<Said> = lines(body).iter().filter_map(command).collect();
    if said.iter().any(|one| !one.is_bare) {
        said.retain(|one| !one.is_bare);
    }
    let first = said.first()?;
    if said.len() > 1 {
        return Some(Said { ask: Ask::Mistaken(Mistake::Several), reason: None, is_bare: first.is_bare });
    }
    said.pop()
}

/// Most comments hold none, and need not be read as Markdown.
fn can_hold_command(body: &str) -> bool {
    let starts = |word: &str, at: usize| {
        body.get(at + 1..).and_then(|rest| rest.get(..word.len())).is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    body.match_indices('/').any(|(at, _)| starts("second", at) || starts("approve", at))
}

/// What follows the first words of a command.
#[derive(Clone, Copy)]
struct Rest<'l> {
    /// Plain text.
    text: &'l str,
    /// What stands behind it.
    tail: &'l [Piece],
}

impl<'l> Rest<'l> {
    /// The next word, if it is plain text and nothing else touches it.
    fn word(self) -> Option<(&'l str, Self)> {
        let text = self.text.trim_start();
        let (word, after) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
        let is_alone = !after.is_empty() || self.tail.is_empty();
        (!word.is_empty() && is_alone).then_some((word, Self { text: after, ..self }))
    }

    /// A code span, if the next word is one and nothing else touches it.
    fn code(self) -> Option<(&'l str, Self)> {
        let (Piece::Code(code), tail) = self.tail.split_first().filter(|_| self.text.trim().is_empty())? else {
            return None;
        };
        let is_alone = tail.first().is_none_or(|next| match next {
            Piece::Text(text) => text.starts_with(char::is_whitespace),
            Piece::Code(_) | Piece::Aside(_) => false,
        });
        is_alone.then_some((code.trim(), Self { text: "", tail }))
    }

    /// Everything, as readers see it.
    fn shown(self) -> String {
        self.tail.iter().fold(self.text.to_owned(), |shown, piece| shown + piece.text())
    }

    fn line(self, longest: usize) -> Option<String> {
        Some(one_line(&self.shown(), longest)).filter(|line| !line.is_empty())
    }

    fn reason(self) -> Option<String> {
        self.line(LONGEST_REASON)
    }
}

/// The command that this line gives, if it gives one.
fn command(line: &Line) -> Option<Said> {
    if !line.starts_with_slash {
        return None;
    }
    let (word, rest) = Rest { text: &line.lead, tail: &line.tail }.word()?;
    match word.to_ascii_lowercase().as_str() {
        "/seconder" => Some(verb(rest)),
        "/second" => Some(approve(rest, false)),
        "/approve" => Some(approve(rest, true)),
        _ => None,
    }
}

fn said(ask: Ask, reason: Option<String>) -> Said {
    Said { ask, reason, is_bare: false }
}

fn verb(rest: Rest<'_>) -> Said {
    let Some((word, after)) = rest.word() else {
        return match rest.line(LONGEST_QUOTED) {
            Some(given) => unknown(&given),
            None => said(Ask::Help, None),
        };
    };
    let verb = word.to_ascii_lowercase();
    let ask = match verb.as_str() {
        "approve" => return approve(after, false),
        "assisted" => return said(Ask::Assisted { tool: after.line(LONGEST_TOOL) }, None),
        "hold" => Ask::Hold,
        "not-assisted" => Ask::NotAssisted,
        "override" => Ask::Override,
        "revoke" => Ask::Revoke,
        "unhold" => Ask::Unhold,
        "why" => Ask::Why,
        "recheck" => Ask::Recheck,
        "help" => Ask::Help,
        _ => return unknown(word),
    };
    let reason = after.reason();
    if reason.is_none() && matches!(ask, Ask::Hold | Ask::NotAssisted | Ask::Override) {
        return said(Ask::Mistaken(Mistake::NoReason { verb }), None);
    }
    said(ask, reason)
}

fn unknown(given: &str) -> Said {
    let verb = one_line(given, LONGEST_QUOTED);
    let meant = nearest(verb.split(' ').next().unwrap_or_default(), &VERBS).map(str::to_owned);
    said(Ask::Mistaken(Mistake::Unknown { verb, meant }), None)
}

/// An approval whose first word names another command: somebody who writes this may well mean the opposite.
fn slip(word: &str, is_bare: bool) -> Said {
    let meant = if word.eq_ignore_ascii_case(CANCEL) { "revoke".to_owned() } else { word.to_ascii_lowercase() };
    let verb = format!("approve {word}");
    Said { is_bare, ..said(Ask::Mistaken(Mistake::Unknown { verb, meant: Some(meant) }), None) }
}

fn approve(rest: Rest<'_>, is_bare: bool) -> Said {
    let (named, after) = match rest.word().or_else(|| rest.code()) {
        Some((word, after)) if is_commit(word) => (Some(word.to_ascii_lowercase()), after),
        Some((word, _)) if is_verb(word) => return slip(word, is_bare),
        _ => (None, rest),
    };
    // As it is kept, or characters that nobody sees would make a commit into a reason.
    let given = one_line(&rest.shown(), LONGEST_REASON);
    let first = given.split(' ').next().unwrap_or_default();
    if named.is_none() && is_meant_as_commit(first) {
        let given = one_line(first, LONGEST_QUOTED);
        return Said { ask: Ask::Mistaken(Mistake::NotACommit { given }), reason: None, is_bare };
    }
    Said { ask: Ask::Approve { named }, reason: after.reason(), is_bare }
}

fn is_verb(word: &str) -> bool {
    word.eq_ignore_ascii_case(CANCEL) || VERBS.iter().any(|verb| word.eq_ignore_ascii_case(verb))
}

fn is_hex(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|c| c.is_ascii_hexdigit())
}

fn is_commit(word: &str) -> bool {
    is_hex(word) && COMMIT_DIGITS.contains(&word.len())
}

/// Whether a word that names no commit looks as if it should: too short or too long, with a stop behind it, with a
/// letter that is no hex digit, or in the address of one.
fn is_meant_as_commit(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    let bare = word.trim_matches(|c| !is_part(c));
    let is_mixed = |word: &str| {
        word.len() >= 7
            && word.contains(|c: char| c.is_ascii_digit())
            && word.contains(|c: char| c.is_ascii_alphabetic())
    };
    let is_nearly_hex = bare.chars().all(is_part) && bare.chars().filter(|c| !c.is_ascii_hexdigit()).count() <= 2;
    (is_hex(bare) && bare.len() >= 4)
        || (is_nearly_hex && is_mixed(bare))
        || word.split(|c| !is_part(c)).any(|part| is_hex(part) && is_mixed(part))
}
