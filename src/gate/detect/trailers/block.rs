//! Trailers exactly as git reads them from a commit: the rules of `git interpret-trailers --parse --no-divider`.
//!
//! The rules are those of git's documentation (git-interpret-trailers(1)) and, where it is silent, of git itself, to
//! which tests compare them: the trailers are the last paragraph, if it is not the title and either holds trailers
//! only, or a line that git itself writes and a quarter of trailers at least.

use std::ops::Range;

/// What git takes for a comment, unless somebody configured another mark.
const COMMENT: &str = "#";
/// Lines that git writes itself. One of them makes trailers of a paragraph that holds other text as well.
const WRITTEN_BY_GIT: [&str; 2] = ["Signed-off-by: ", "(cherry picked from commit "];
/// Below this line git looks for nothing.
const SCISSORS: &str = "# ------------------------ >8 ------------------------";

/// The trailers that git finds in a message: key and value, folded lines joined by a space.
pub fn git_trailers(message: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = message.split('\n').collect();
    let mut found: Vec<(String, String)> = Vec::new();
    let mut is_open = false;
    for line in lines.get(block(message)).unwrap_or_default() {
        if is_open && line.starts_with(is_space) {
            if let Some((_, value)) = found.last_mut() {
                value.push(' ');
                value.push_str(line.trim_matches(is_space));
            }
            continue;
        }
        let trailer = split(line).filter(|_| !line.starts_with(COMMENT));
        is_open = split(line).is_some();
        found.extend(trailer.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
    for (_, value) in &mut found {
        *value = value.trim_matches(is_space).to_owned();
    }
    found
}

/// The lines (counted from 0) in which git looks for trailers; empty if the message has none.
pub(super) fn block(message: &str) -> Range<usize> {
    let lines: Vec<&str> = message.split('\n').collect();
    let end = end_of_message(&lines);
    let lines = lines.get(..end).unwrap_or_default();
    start_of_block(lines).map_or(end..end, |start| start..end)
}

/// How many lines are left without comments, blank lines and lists of conflicts at the end.
fn end_of_message(lines: &[&str]) -> usize {
    // The last part follows no line break: it is no line if it is empty, and no scissors either.
    let whole = if lines.last().is_some_and(|last| last.is_empty()) { lines.len() - 1 } else { lines.len() };
    let breaks = lines.len().saturating_sub(1);
    let cut = lines.iter().take(breaks).position(|line| *line == SCISSORS).unwrap_or(whole);
    let mut ignored: Option<usize> = None;
    let mut in_conflicts = false;
    for (at, line) in lines.iter().take(cut).enumerate() {
        // Git counts from 0 and takes 0 for "none": comments that begin a message are not at its end.
        let begins = ignored.or((at > 0).then_some(at));
        if line.is_empty() && at < breaks || line.starts_with(COMMENT) {
            ignored = begins;
        } else if *line == "Conflicts:" && at < breaks {
            in_conflicts = true;
            ignored = begins;
        } else if !(in_conflicts && line.starts_with('\t')) && ignored.is_some() {
            ignored = None;
            in_conflicts = false;
        }
    }
    ignored.unwrap_or(cut)
}

/// The first line of the trailers, if there are any.
fn start_of_block(lines: &[&str]) -> Option<usize> {
    let title = lines.iter().position(|line| !line.starts_with(COMMENT) && is_blank(line)).unwrap_or(lines.len());
    let (mut trailers, mut others, mut folded) = (0_usize, 0_usize, 0_usize);
    let mut has_gits_own = false;
    let mut only_blank = true;
    for (at, line) in lines.iter().enumerate().skip(title).rev() {
        if line.starts_with(COMMENT) {
            others += std::mem::take(&mut folded);
            continue;
        }
        if is_blank(line) {
            if only_blank {
                continue;
            }
            others += folded;
            let is_mixed = has_gits_own && trailers * 3 >= others;
            return (is_mixed || (trailers > 0 && others == 0)).then_some(at + 1);
        }
        only_blank = false;
        if WRITTEN_BY_GIT.iter().any(|prefix| line.starts_with(prefix)) {
            trailers += 1;
            folded = 0;
            has_gits_own = true;
        } else if split(line).is_some() {
            trailers += 1;
            folded = 0;
        } else if line.starts_with(is_space) {
            folded += 1;
        } else {
            others += 1 + std::mem::take(&mut folded);
        }
    }
    None
}

/// The key and the value of a line, if git takes it for a trailer: letters, digits and `-`, then perhaps blanks, then
/// a colon.
fn split(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let word = key.trim_end_matches([' ', '\t']);
    let is_word = !word.is_empty() && word.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    is_word.then_some((word, value.trim_start_matches(is_space)))
}

fn is_blank(line: &str) -> bool {
    line.chars().all(is_space)
}

/// What git takes for white space, whatever the locale.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}
