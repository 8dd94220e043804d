//! What people declare: answers to a template's question, sections such as "AI disclosure", ticked boxes.
//!
//! The answer counts, not the question. An unticked box, an untouched placeholder and an empty section are no answer.

use std::sync::LazyLock;

use regex::Regex;

use super::catalogue::Catalogue;
use super::evidence::Declaration;
use super::prose;
use super::text::{Kind, Line, Pattern, is, is_list_item, undecorated, without_comments};
use super::words::{names_ai, or_unspecified, tools_leading, tools_named};

/// A person's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) declaration: Declaration,
    /// Ids of the tools named; never empty for a yes.
    pub(super) tools: Vec<String>,
    /// The line of the question or section.
    pub(super) line: u32,
    /// The answer itself.
    pub(super) text: String,
}

static SECTION: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^(?:x-)?(?:(?:use|usage|disclosure)\ of\ )?(?:the\ )?(?:generative\ )?(?:ai|llms?|gen[-\ ]?ai|a\.i\.)
        (?:[\ /-](?:llms?|ai|tools?|tooling|usage|use|used|disclosure|assistance|assisted|assist|statement|declaration|
        attribution|contributions?|involvement|transparency|generated|acknowledge?ments?|disclaimer|notice|and|or|coding))*
        \ *(?:\([^)]*\))?\ *(?:\*\*|__)?\ *(:|\?|[–—]|$)(?:\*\*|__)?\ *(.*)$",
    )
    .ok()
});

/// Headings that say more than "AI" and so need nothing else to be understood.
static TELLING: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:usage|use|used|disclosure|assistance|assisted|generated|declaration|statement|attribution|involvement|transparency|contributions?|disclaimer)\b")
        .ok()
});

static REMARK: Pattern =
    LazyLock::new(|| Regex::new(r"(?i)^(?:disclosure|disclaimer|acknowledge?ments?|note)\s*:\s*(.+)$").ok());

static QUESTION: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:used?|using|authored|generated|assist\w*|created|written|produced)\b.*\?\s*(.*)$").ok()
});

static BOX: Pattern = LazyLock::new(|| Regex::new(r"^\s*(?:[-*+]|\d+\.)\s+\[([ xX✓✔])\]\s*(.*)$").ok());

/// What a ticked box must say to be about this change having been made with AI.
static CLAIM: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?ix)(?:
            ^(?:i|we|my|this|these|yes|contains?|includes?|the\ (?:code|pr|change|patch))\b.*\b(?:created|generated|written|authored|made|assisted|assistance|developed|produced|used?|using|involved|prepared)\b
            | \b(?:ai|llm|genai|copilot|claude|chatgpt)[-\ ](?:assisted|generated|written|authored|assistance|usage)\b
            | \b(?:created|generated|written|authored|made|assisted|developed|produced|prepared|implemented)\ (?:or\ \w+\ )?(?:with|by|using|via)\b
            | \b(?:was|were|has\ been|have\ been|is)\ (?:not\ )?(?:used|involved)\b
            | ^(?:used|using|use\ of|no)\ | \bagent\ mode\b
        )",
    )
    .ok()
});

/// Boxes about rules and conditions, which people tick whether or not they used AI.
static CONDITION: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:if|any|policy|policies|guidelines?|read|understand|understood|reviewed|agree|responsib\w*|ensure|comply|complies|follow\w*|disclosed|accordance|aware|check(?:ed)?|marked|confirm\w*|verif\w+|label\w*|default|billing)\b").ok()
});

/// "I have used AI": whoever ticks that says what they did, whatever else the line asks of them.
static OWN_USE: Pattern =
    LazyLock::new(|| Regex::new(r"(?i)^(?:yes,? )?(?:i|we)(?: have|['’]ve)? (?:used|generated|written|created) ").ok());

static NO: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:no|none|nope|never|not|nothing|false|zero|0\s*%?|nil|human(?:[- ]only)?|without|❌|✗)(?:$|[^\w/-])",
    )
    .ok()
});

static YES: Pattern =
    LazyLock::new(|| Regex::new(r"(?i)^(?:yes|yep|yeah|true|✅|✓|partially|partly)(?:$|[^\w/])").ok());

static UNANSWERED: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:yes ?[/|] ?no|(?:please|describe|specify|list|explain|state|mention|indicate|if|e\.g\.|which|what|how)\b.*|y ?/ ?n|n/?a|not applicable|tbd|todo|[-.…_ ]*|\[[^\]]*\]|<[^>]*>|\{\{.*\}\}.*)\W*$")
        .ok()
});

/// Work that people say they did themselves.
static OWN: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:myself|ourselves|by hand|hand-?written|manually|humans?|human-\w+|by me|my own|autocomplete)\b|\b[Ww]ith (?-i:[A-Z])\w+$|\b[Bb]y (?-i:[A-Z])\w+$").ok()
});

static NEGATION: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:no|not|never|none|neither|nor|without|zero|\w+n['’]t|cannot|off|disabled|kein\w*|nicht|aucune?|sin)\b").ok()
});

static DOING: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:used|use|uses|using|usage|wrote|written|writing|generated|helped|help|assist\w*|created|drafted|implemented|implementation|did|done|via|with|by|developed|driven|coded|prepared|authored|made|asked)\b").ok()
});

static NOT_USED: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)^.{0,60}?(?:\b(?:not|never|n['’]t)\b (?:been )?(?:used|involved|needed|applied)|n['’]t (?:been )?used|[:=] *(?:no|off|none|not)\b|\b(?:off|disabled|unused)\b|\bfor nothing\b)").ok()
});

/// Uses that leave nothing in the change.
static ASIDE: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\b(?:only|just|solely)\b.*\b(?:plan\w*|understand\w*|research\w*|review\w*|brainstorm\w*|proofread\w*)\b|\b(?:spotted|found|reported|discovered|pointed out)\b.{0,20}\bby\b)").ok()
});

/// Whether a line is the heading of a section about AI.
pub(super) fn is_heading(line: &str) -> bool {
    is(&SECTION, undecorated(line)) || (is(&QUESTION, line) && names_ai(line))
}

/// Whether this is a box that nobody ticked.
pub(super) fn is_unticked(line: &str) -> bool {
    let mark = BOX.as_ref().and_then(|regex| regex.captures(line)).and_then(|found| found.get(1));
    mark.is_some_and(|mark| mark.as_str() == " ")
}

/// All answers in a text.
pub(super) fn answers(lines: &[Line<'_>], kind: Kind, catalogue: &Catalogue) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        // Nothing that long is a heading or a box.
        if line.is_quoted || line.text.len() > 2_000 {
            continue;
        }
        // "AI usage: count tokens" as a title is what a commit is about.
        let is_title = kind == Kind::Message && at == 0;
        let found =
            ticked(line.text, catalogue).or_else(|| if is_title { None } else { section(lines, at, catalogue) });
        answers.extend(found.map(|(declaration, tools, text)| Answer { declaration, tools, line: line.number, text }));
    }
    answers
}

type Found = (Declaration, Vec<String>, String);

fn ticked(line: &str, catalogue: &Catalogue) -> Option<Found> {
    let captures = BOX.as_ref()?.captures(line)?;
    if captures.get(1)?.as_str() == " " {
        return None;
    }
    let label = captures.get(2)?.as_str();
    let tools = tools_named(label, catalogue);
    let is_about_ai = !tools.is_empty() || names_ai(label);
    let is_condition = is(&CONDITION, label) && !is(&OWN_USE, label);
    if !is_about_ai || !is(&CLAIM, label) || is_condition {
        return None;
    }
    let text = line.trim().to_owned();
    if is(&NEGATION, label) {
        return Some((Declaration::No, Vec::new(), text));
    }
    Some((Declaration::Yes, or_unspecified(tools), text))
}

fn section(lines: &[Line<'_>], at: usize, catalogue: &Catalogue) -> Option<Found> {
    let line = lines.get(at)?;
    let text = undecorated(line.text);
    let is_marked = line.text.trim_start().starts_with(['#', '*', '_']) && !is_list_item(line.text);
    if let Some(captures) = SECTION.as_ref()?.captures(text) {
        let mark = captures.get(1)?.as_str();
        let rest = captures.get(2)?.as_str();
        let heading = text.get(..captures.get(1)?.start())?;
        let is_telling = is(&TELLING, heading);
        // "AI: ..." as a subject is the part of the code that a commit is about.
        if mark.is_empty() && !(is_telling && (is_marked || stands_alone(lines, at, heading))) {
            return None;
        }
        let answer = answer_text(lines, at, rest);
        // "AI: ..." may be the part of the code that a commit is about. Then only a whole statement counts.
        return if is_telling { judge(&answer, true, catalogue) } else { made_by(answer, catalogue) };
    }
    if let Some(captures) = REMARK.as_ref()?.captures(text) {
        return made_by(answer_text(lines, at, captures.get(1)?.as_str()), catalogue);
    }
    question(lines, at, text, catalogue)
}

fn question(lines: &[Line<'_>], at: usize, text: &str, catalogue: &Catalogue) -> Option<Found> {
    // Squashed messages are wrapped, and the question with them.
    let next = lines.get(at + 1).map(|next| undecorated(next.text)).filter(|next| next.ends_with('?'));
    let (text, last) = match next.filter(|_| !text.contains('?')) {
        Some(next) => (format!("{text} {next}"), at + 1),
        None => (text.to_owned(), at),
    };
    let rest = QUESTION.as_ref()?.captures(&text)?.get(1)?.as_str();
    if !names_ai(&text) {
        return None;
    }
    let answer = answer_text(lines, last, rest);
    let is_answer = is(&NO, &answer) || is(&YES, &answer) || !tools_named(&answer, catalogue).is_empty();
    if is_answer { judge(&answer, false, catalogue) } else { None }
}

fn made_by(answer: String, catalogue: &Catalogue) -> Option<Found> {
    prose::statement(undecorated(&answer), true, catalogue).map(|tools| (Declaration::Yes, tools, answer))
}

/// "AI disclosure" on a line of its own, as people write headings without marking them.
fn stands_alone(lines: &[Line<'_>], at: usize, heading: &str) -> bool {
    let before = at.checked_sub(1).and_then(|before| lines.get(before));
    at > 0 && before.is_none_or(Line::is_blank) && heading.to_ascii_lowercase().contains("disclosure")
}

/// The paragraph that answers: the rest of the heading's own line and what follows, or the next paragraph.
fn answer_text(lines: &[Line<'_>], at: usize, rest: &str) -> String {
    let rest = undecorated(rest);
    let mut answer = vec![rest.to_owned()];
    let mut has_begun = !rest.is_empty();
    let mut has_boxes = false;
    for line in lines.iter().skip(at + 1).take(24) {
        let text = line.text.trim();
        if text.starts_with('#') || (has_begun && text.is_empty()) {
            break;
        }
        let is_box = is(&BOX, text);
        has_boxes |= is_box;
        if line.is_quoted || text.is_empty() || is_unticked(line.text) {
            continue;
        }
        // Boxes that nobody ticked are no answer, and neither is the next section.
        if has_boxes && !is_box && !has_begun {
            break;
        }
        if has_begun && (is_trailer_like(text) || is_heading(line.text)) {
            break;
        }
        let text = BOX
            .as_ref()
            .and_then(|regex| regex.captures(text))
            .and_then(|found| found.get(2))
            .map_or(text, |label| label.as_str());
        has_begun = true;
        answer.push(undecorated_answer(text).to_owned());
    }
    answer.retain(|part| !part.is_empty());
    without_comments(&answer.join(" ")).trim().to_owned()
}

fn undecorated_answer(text: &str) -> &str {
    text.trim_start_matches(['-', '*', '+', '_', ' ']).trim_end_matches(['*', '_', ' '])
}

fn is_trailer_like(text: &str) -> bool {
    let key = text.split(':').next().unwrap_or_default();
    key.len() < text.len() && key.to_ascii_lowercase().ends_with("-by")
}

/// Yes, no, or neither. Under a heading about AI, work that is not somebody's own is AI's.
fn judge(answer: &str, is_about_ai: bool, catalogue: &Catalogue) -> Option<Found> {
    let answer = answer.trim();
    if is(&UNANSWERED, answer) {
        return None;
    }
    let mut affirmed = Vec::new();
    let mut is_yes = is(&YES, answer);
    let mut is_no = is(&NO, answer);
    for (index, clause) in clauses(answer).enumerate() {
        let clause = undecorated(clause);
        // "Claude Code (not reviewed)" names who made it. "Claude was not used" says the contrary.
        let is_named_first = !tools_leading(clause, catalogue).is_empty() && !is(&NOT_USED, clause);
        if is(&NEGATION, clause) && !is_named_first {
            is_no = true;
            continue;
        }
        let tools = tools_named(clause, catalogue);
        let is_done = is_about_ai && is(&DOING, clause) && !is(&OWN, clause);
        let speaks_of_ai = !tools.is_empty() || names_ai(clause) || is_done;
        // "I did not use AI, Copilot, or ChatGPT": a bare list goes on with what was said before.
        let says_something = index == 0 || is(&DOING, clause) || (is_yes && !is_no);
        if speaks_of_ai && says_something && !is(&ASIDE, clause) {
            is_yes = true;
            affirmed.extend(tools);
        }
    }
    if is_yes {
        affirmed.sort_unstable();
        affirmed.dedup();
        return Some((Declaration::Yes, or_unspecified(affirmed), answer.to_owned()));
    }
    is_no.then(|| (Declaration::No, Vec::new(), answer.to_owned()))
}

/// Parts of an answer that can each say yes or no.
fn clauses(answer: &str) -> impl Iterator<Item = &str> {
    static STOP: Pattern = LazyLock::new(|| Regex::new(r"(?i)[.;!,]\s+|\s+but\s+|\s+[–—]\s+").ok());
    let stops = STOP.as_ref().map(|regex| regex.split(answer));
    stops.into_iter().flatten().filter(|clause| !clause.trim().is_empty())
}
