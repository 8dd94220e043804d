//! Words that make a tool the maker of something, without saying of what: "loading phrases (created by Gemini)".
//!
//! That may be this change, or a file that it is about. A reader can tell, so it is shown, and never gates.

use std::sync::LazyLock;

use regex::Regex;

use super::catalogue::Catalogue;
use super::prose;
use super::text::{Line, Pattern, is_in_code};

static MADE_BY: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:generated|written|created|refactored|rewritten|ported|authored|coded|implemented|drafted|assisted|prototyped|built|made|developed)(?: \w+)? (?:by|with|using|via) (?:(?:the )?(?:help|assistance|aid) (?:of|from) )?(?:the |an? |my )?",
    )
    .ok()
});

/// More than a line of prose holds; bounds what a hostile one costs.
const MOST_PER_LINE: usize = 8;

/// The lines that hold such words, and the tools that they name.
pub(super) fn mentions<'l, 't>(lines: &'l [Line<'t>], catalogue: &Catalogue) -> Vec<(&'l Line<'t>, Vec<String>)> {
    let Some(made_by) = MADE_BY.as_ref() else {
        return Vec::new();
    };
    let own = lines.iter().enumerate();
    let own = own.filter(|(_, line)| !line.is_quoted && !super::declaration::is_unticked(line.text));
    let tools = |at: usize, line: &Line<'_>| -> Vec<String> {
        let next = lines.get(at + 1).map(|next| next.text).unwrap_or_default();
        let places = made_by.find_iter(line.text).take(MOST_PER_LINE);
        let meant = places.filter(|place| {
            let is_code = is_in_code(line.text, &place.range());
            !is_code && !is_denied(line.text, place.start()) && !is_asked(line.text, place.end(), next)
        });
        let named =
            meant.filter_map(|place| prose::maker(prose::prefix(line.text.get(place.end()..)?, 200), catalogue));
        named.flatten().collect()
    };
    own.map(|(at, line)| (line, tools(at, line))).filter(|(_, tools)| !tools.is_empty()).collect()
}

/// Whether the sentence, which may run on into the next line, is a question.
fn is_asked(line: &str, at: usize, next: &str) -> bool {
    let stop = |text: &str| text.find(['.', '!', '?']).and_then(|stop| text.get(stop..)?.chars().next());
    let end = line.get(at..).and_then(stop).or_else(|| stop(next));
    end == Some('?')
}

/// Whether the sentence so far denies what follows.
fn is_denied(line: &str, at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    let sentence = before.rsplit(['.', '!', '?', ';']).next().unwrap_or_default();
    prose::is_denied(sentence)
}
