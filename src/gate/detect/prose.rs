//! Sentences in which a person says that AI made the change: "This PR was created with Claude Code."
//!
//! Only a whole statement counts: it begins a sentence, speaks of this change or of nothing, and names the tool as the
//! maker. A sentence that merely mentions a tool is not evidence.

use std::sync::LazyLock;

use regex::Regex;

use super::catalogue::Catalogue;
use super::text::{Line, Pattern, is, is_list_item, undecorated};
use super::words::{leads_into_noun, names_ai, or_unspecified, tools_leading, tools_named};

/// A statement and the line on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) line: u32,
    pub(super) text: String,
    /// Ids; never empty.
    pub(super) tools: Vec<String>,
}

/// Everything before the name of the maker.
static MAKING: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^[\[(]?
        (?:(?:note(?:\ that)?|notice|nb|fyi|btw|disclaimer|disclosure)[:,*]*\ )?
        (?:
            (?:
                (?:this|these)(?:\ entire|\ whole)?(?:\ (?:prs?|pull\ requests?|merge\ requests?|mrs?|commits?|changes?|changeset|
                    patch(?:es)?|fix(?:es)?|code|work|implementation|feature|refactor\w*|branch|series|contribution|tests?|
                    documentation|docs|file|files|tool|script|port|rewrite))?
                | (?:most|all|much|some|parts?|the\ bulk|the\ majority|bulk)\ of\ (?:this|the|these)\ (?:\w+\ ){0,5}?
                | (?:(?:the|these|all|some|most|my|our)\ )?(?:initial\ |original\ |first\ |unit\ |integration\ |new\ )?
                    (?:code|implementation|fix|patch|pr|pull\ request|commit|change|changes|tests?|test\ cases?|draft|version|
                    script|original|docs|documentation|benchmarks?|boilerplate|skeleton|scaffolding|prototype|ui|
                    refactoring|migrations?|translations?)
            )
            \ ?(?:\ ?(?:was|were|has\ been|have\ been|is|are)\ )?
            | (?:i|we)(?:['’]ve|\ have)?\ 
            | fix\ identified\ and\ 
            | it\ was\ 
        )?
        (?:(?:also|mostly|partly|partially|entirely|fully|largely|primarily|initially|originally|automatically|heavily|
            completely|almost|all|wip|100%|\w+ly)\ )*
        (?:(?:auto[-\ ]?)?generated|created|written|re-?written|refactored|ported|translated|authored|co[-\ ]?authored|coded|co-?written|implemented|developed|prepared|produced|drafted|
            built|made|prototyped|assisted|ai[-\ ]assisted|vibe[-\ ]?coded|pair[-\ ]programmed|contributed)
        (?:\ (?:this|it|the\ \w+|first\ version|a\ \w+|locally|mostly|entirely|partly|in\ part|in\ collaboration|
            in\ conjunction|together|\w+ly))?
        \ (?:with|by|using|via|through)\ 
        (?:(?:a\ |the\ |some\ )?(?:little\ |lots?\ |bit\ |ton\ |heavy\ )?(?:of\ )?(?:help|assistance|support|aid|use)\ (?:of|from|by|with)\ )?
        (?:the\ |an?\ |my\ )?",
    )
    .ok()
});

/// What makes a statement one about this change, or whole without more.
static THIS: Pattern = LazyLock::new(|| Regex::new(r"(?i)\b(?:this|these|i|we|it|was|were|is|are|been|['’]ve)\b").ok());

/// A verb that makes all before it a subject.
static GOES_ON: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)^[^.,;:!?()–—]{0,80}?\b(?:is|are|was|were|has|have|had|gets?|got|can|cannot|could|will|would|should|must|may|might|do|does|did|fails?|failed|needs?|now|no longer|don['’]t|doesn['’]t|isn['’]t|aren['’]t)\b").ok()
});

/// What helped to look, and made nothing.
static ONLY_LOOKED: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:found|find|spotted|understand|investigat\w+|diagnos\w+|locate|review\w*)\b").ok()
});

/// "With the help of Codex: …"
static HELPED: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)^[\[(]?with (?:(?:a |the |some |a lot of |lots of )?)(?:help|assistance|aid) (?:of|from|by) (?:the |an? |my )?")
        .ok()
});

/// "I used Claude to write the tests.", "AI was used for the tests."
static USED: Pattern =
    LazyLock::new(|| Regex::new(r"(?i)^[\[(]?(?:i|we)(?:['’]ve| have)? (?:also )?used (?:the |an? |some )?").ok());

/// What people have a tool do when they use it to make a change. What a program uses one for is another matter: "we used
/// a model to generate embeddings".
static FOR_WORK: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^[^.;:]{0,60}?\b(?:
            to\ (?:help\ |assist\ |me\ |us\ |with\ )*(?:writ(?:e|ing)|draft(?:ing)?|implement(?:ing)?|refactor(?:ing)?|port(?:ing)?)\b
            | to\ (?:help\ |me\ |us\ )*(?:generate|create|build|produce|fix|find|make)\ (?:(?:most|some|all|parts?|much)\ of\ )?
                (?:the|this|these|some)\ (?:\w+\ )?(?:code|tests?|test\ cases?|implementation|fix|patch|pr|commit|change|docs|documentation|boilerplate|bug|correct)\b
            | (?:for|in|on|throughout)\ (?:this|these|parts?\ of|most\ of|some\ of|the\ (?:\w+\ )?(?:code|tests?|implementation|fix|patch|refactoring|docs|documentation|boilerplate|regex))\b
        )",
    )
    .ok()
});

/// "AI tools were used to write the tests."
static AI_WAS_USED: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)^[\[(]?(?:generative )?(?:ai|llms?|gen-?ai|an llm|an ai)(?: (?:tools?|tooling|assistance|assistants?|models?|agents?))? (?:was|were|has been|have been) used\b").ok()
});

/// "Claude Code wrote most of this patch."
static WROTE: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^\ (?:\([^)]{0,40}\)\ )?(?:also\ |then\ )?(?:wrote|generated|implemented|drafted|authored|coded|produced|created|
            helped(?:\ me|\ us)?(?:\ to)?\ (?:write|with|implement|draft|create|refactor|debug\ and\ fix))
            \ (?:(?:most|all|much|some|parts?|the\ bulk|a\ lot)\ of\ )?(?:this|the|these|all|most|my)
            (?:\ (?:initial|first|unit|integration|whole|entire|new|code|test))*
            \ ?(?:code|tests?|test\ cases?|fix|patch|pr|commit|implementation|change|changes|migrations?|docs|documentation|refactoring|boilerplate)?
            (?:[.,;:)\]]|$|\ (?:for|of|and|with|based|after)\b)",
    )
    .ok()
});

/// What follows the name of a helper that nothing else is said of.
static HELP_ENDS: Pattern = LazyLock::new(|| Regex::new(r"^[^.,:;()\]]{0,60}(?:[.,:;()\]]|$)").ok());

/// Statements that need no maker: "AI-generated.", "vibe-coded mostly".
static ALONE: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^(?:(?:this\ (?:pr|commit|change|patch|code)\ (?:is|was)|wip|mostly|fully|entirely|partially|all)\ )*
        (?:(?:ai|llm)[-\ ](?:generated|assisted|written|authored)|vibe[-\ ]?coded)
        (?:\ (?:mostly|with|by|using|via)\b
            |(?:\ (?:commit|change|code|pr|patch|fix|contribution|implementation|work))?\s*(?:[.]|$))",
    )
    .ok()
});

/// "AI" as the maker.
static GENERIC_MAKER: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^(?:generative\ )?(?:ai|llms?|large\ language\ models?|artificial\ intelligence|gen[-\ ]?ai|coding\ agent)
        (?:\s*$|\s*[.,;:()\[\]!*_—–]|\ (?:and|assist\w*|help|tools?|tooling|coding|agents?|support|models?)\b(?:\s*$|\s*[.,;:()]|\ tools?|\ (?:assistan\w*|and|from|by|under|in)))",
    )
    .ok()
});

static DENIAL: Pattern =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:not|never|no|without|if|when|whether|unless|\w+n['’]t)\b").ok());

/// The tools that a sentence names as makers of this change.
pub(super) fn statement(sentence: &str, may_be_alone: bool, catalogue: &Catalogue) -> Option<Vec<String>> {
    if let Some(making) = MAKING.as_ref()?.find(sentence) {
        let maker = sentence.get(making.end()..).unwrap_or_default();
        if is_denied(making.as_str()) {
            return None;
        }
        if let Some(tools) = self::maker(maker, catalogue) {
            // "Code generated by Codex is now sandboxed" says what becomes of such code.
            let is_subject = !is(&THIS, making.as_str()) && is(&GOES_ON, maker);
            return (!is_subject).then_some(tools);
        }
    }
    if let Some(help) = HELPED.as_ref()?.find(sentence) {
        let helper = sentence.get(help.end()..).unwrap_or_default();
        let tools = tools_leading(helper, catalogue);
        if !tools.is_empty() && is(&HELP_ENDS, helper) && !is(&ONLY_LOOKED, helper) {
            return Some(tools);
        }
    }
    if let Some(tools) = used(sentence, catalogue).or_else(|| wrote(sentence, catalogue)) {
        return Some(tools);
    }
    let alone = ALONE.as_ref()?.find(sentence).filter(|_| may_be_alone)?;
    (!is_denied(alone.as_str()) && names_ai(sentence)).then(|| or_unspecified(tools_named(sentence, catalogue)))
}

/// The tools of which a sentence says that people used them to make this change.
fn used(sentence: &str, catalogue: &Catalogue) -> Option<Vec<String>> {
    if let Some(using) = USED.as_ref()?.find(sentence) {
        let rest = sentence.get(using.end()..).unwrap_or_default();
        let tools = maker(rest, catalogue)?;
        return (is(&FOR_WORK, rest) && !rest.contains("review")).then_some(tools);
    }
    let using = AI_WAS_USED.as_ref()?.find(sentence)?;
    let rest = sentence.get(using.end()..).unwrap_or_default();
    let is_all = rest.trim_end_matches(['.', '!', ')', ']', ' ']).is_empty();
    let is_used = !is_denied(sentence) && (is_all || FOR_WORK.as_ref()?.is_match(rest));
    is_used.then(|| or_unspecified(tools_named(sentence, catalogue)))
}

/// The tools of which a sentence says that they wrote this change.
fn wrote(sentence: &str, catalogue: &Catalogue) -> Option<Vec<String>> {
    // The name of a tool has a few words at most: each end of them may be where the verb begins.
    let mut ends = sentence.char_indices().filter(|(_, c)| *c == ' ').map(|(at, _)| at).take(4);
    let end = ends.find(|at| sentence.get(*at..).is_some_and(|rest| is(&WROTE, rest)))?;
    let name = sentence.get(..end)?;
    let tools = tools_leading(name, catalogue);
    (!tools.is_empty()).then_some(tools)
}

/// The tools that a text begins with, as the maker of something; `unspecified` for AI at large.
pub(super) fn maker(text: &str, catalogue: &Catalogue) -> Option<Vec<String>> {
    let tools = tools_leading(text, catalogue);
    if !tools.is_empty() {
        return (!leads_into_noun(text, catalogue)).then_some(tools);
    }
    let is_generic = GENERIC_MAKER.as_ref()?.is_match(text.trim_start_matches(['*', '_', '`', '[']));
    is_generic.then(|| or_unspecified(tools_named(text, catalogue)))
}

pub(super) fn is_denied(text: &str) -> bool {
    is(&DENIAL, text)
}

/// All statements in a text.
pub(super) fn statements(lines: &[Line<'_>], catalogue: &Catalogue) -> Vec<Statement> {
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.is_quoted || line.is_blank() || super::declaration::is_unticked(line.text) {
            continue;
        }
        let next = lines.get(at + 1).filter(|next| continues(next)).map(|next| next.text.trim()).unwrap_or_default();
        // "AI-generated code" as a title, or in a list, is what the commit is about.
        let may_be_alone = !is_list_item(line.text) && (at > 0 || line.text.to_ascii_lowercase().contains("vibe"));
        for start in sentence_starts(lines, at) {
            let sentence = line.text.get(start..).unwrap_or_default();
            let sentence = undecorated(prefix(sentence, 400));
            let joined =
                if next.is_empty() { sentence.to_owned() } else { format!("{sentence} {}", prefix(next, 200)) };
            if let Some(tools) = statement(&joined, may_be_alone, catalogue) {
                found.push(Statement { line: line.number, text: sentence.to_owned(), tools });
            }
        }
    }
    found
}

/// Where sentences begin in a line.
fn sentence_starts(lines: &[Line<'_>], at: usize) -> Vec<usize> {
    let Some(line) = lines.get(at) else {
        return Vec::new();
    };
    let mut starts = Vec::new();
    if begins_sentence(lines, at) {
        starts.push(0);
    }
    // A hostile line could hold a million sentences; people write a few.
    let stops = line.text.match_indices(['.', '!', '?']).map(|(stop, mark)| stop + mark.len());
    starts.extend(stops.filter(|stop| line.text.get(*stop..).is_some_and(|rest| rest.starts_with(' '))).take(64));
    starts
}

/// Whether a sentence begins with this line, rather than running on from the line before.
pub(super) fn begins_sentence(lines: &[Line<'_>], at: usize) -> bool {
    let Some(line) = lines.get(at) else {
        return false;
    };
    let before = at.checked_sub(1).and_then(|before| lines.get(before));
    let is_decorated = !line.text.trim_start().starts_with(|c: char| c.is_alphanumeric());
    let ends =
        |before: &Line<'_>| before.is_blank() || before.text.trim_end().ends_with(['.', '!', '?', ':', '>', ')']);
    is_decorated || before.is_none_or(ends) || undecorated(line.text).starts_with(char::is_uppercase)
}

fn continues(next: &Line<'_>) -> bool {
    !next.is_quoted && !next.is_blank() && !is_list_item(next.text)
}

/// At most so many bytes of a text, cut at a character's boundary.
pub(super) fn prefix(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}
