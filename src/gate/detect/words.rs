//! Which tools does a piece of text name?

use std::sync::LazyLock;

use regex::Regex;

use super::UNSPECIFIED;
use super::catalogue::Catalogue;
use super::text::{Pattern, is};

/// Words that follow a tool's name without making it a person's: `Claude Code`, `Devin AI`, `Claude and Codex`.
static FOLLOWS_A_TOOL: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:
            Code|CLI|AI|Agents?|Assistant|Bot|Opus|Sonnet|Somnet|Haiku|Fable|Instant|Desktop|Web|Max|Pro|Flash|Mini|
            Artifacts?|Cloud|IDE|App|API|Chat|Studio|Plus|Preview|Sol|Anthropic|Mode|LLM|Model|[VK]?\d.*
        )$",
    )
    .ok()
});

/// "AI", "an LLM" and the like: a tool that is not named.
static GENERIC: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?ix)(?:^|[^a-z0-9_/.-])(?:
            ai|a\.i\.|llms?|gen[-\ ]?ai|generative\ ai|artificial\ intelligence|large\ language\ models?|
            ai[-\ ](?:assist\w*|generated|written|agents?|tools?)|coding\ agents?|vibe[-\ ]?cod\w+|agentic
        )(?:[^a-z0-9_/]|$)",
    )
    .ok()
});

/// The ids of all tools named in a text that speaks about AI, in the catalogue's order.
pub(super) fn tools_named(text: &str, catalogue: &Catalogue) -> Vec<String> {
    let words = catalogue.words.within.words(text);
    let meant = words.into_iter().filter(|(tool, word)| {
        !catalogue.words.personal.get(*tool).copied().unwrap_or(false)
            || !is_surname(text.get(word.end..).unwrap_or_default())
    });
    let mut ids: Vec<String> = meant.map(|(tool, _)| catalogue.id(tool).to_owned()).collect();
    ids.dedup();
    ids
}

/// The tools named in a text whose very beginning must be a tool's name: the object of "written by".
pub(super) fn tools_leading(text: &str, catalogue: &Catalogue) -> Vec<String> {
    let text = text.trim_start_matches(['[', '`', '*', '_', '"', '\'', '(', '<', ' ', '@']);
    let subject = strip_vendor(text);
    let leads = catalogue.words.within.words(subject).into_iter().any(|(tool, word)| {
        let rest = subject.get(word.end..).unwrap_or_default();
        let is_personal = catalogue.words.personal.get(tool).copied().unwrap_or(false);
        let is_person = is_personal && is_surname(rest);
        word.start == 0 && !is_person && !is_another_word(rest) && !is_product(rest)
    });
    if leads { tools_named(until_stop(text), catalogue) } else { Vec::new() }
}

/// Whether a text names AI without naming a tool.
pub(super) fn names_ai(text: &str) -> bool {
    is(&GENERIC, text)
}

/// The ids, or `unspecified` when there are none.
pub(super) fn or_unspecified(mut ids: Vec<String>) -> Vec<String> {
    if ids.is_empty() {
        ids.push(UNSPECIFIED.to_owned());
    }
    ids
}

/// Whether a capitalised word follows that makes the name before it a person's: `Devin Burnette`, `Claude Paroz`.
pub(super) fn is_surname(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix([' ', '-', '\u{a0}']) else {
        return false;
    };
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '\'' | '.')).collect();
    let particles = ["de", "du", "van", "von", "der", "la", "le", "di", "da", "dos", "del", "bin", "al"];
    if particles.contains(&word.as_str()) {
        return true;
    }
    let is_capitalised = word.chars().next().is_some_and(char::is_uppercase);
    let word = word.trim_end_matches('.');
    is_capitalised && !is(&FOLLOWS_A_TOOL, word)
}

/// Whether the word goes on to mean another thing: `cursor-blink`, `codex_api`, `claude.md`, `copilot's`.
fn is_another_word(rest: &str) -> bool {
    if rest.strip_prefix('-').is_some_and(is_form_of_a_tool) {
        return false;
    }
    let mut rest = rest.chars();
    match (rest.next(), rest.next()) {
        (Some('-' | '.' | '/' | '\'' | '’'), Some(next)) => next.is_lowercase(),
        (Some('_'), Some(next)) => next.is_alphanumeric(),
        _ => false,
    }
}

/// Whether a noun follows the name of a tool, so that it is about something else: "cursor pagination", "goose migrations".
pub(super) fn leads_into_noun(text: &str, catalogue: &Catalogue) -> bool {
    let text = text.trim_start_matches(['[', '`', '*', '_', '"', '\'', '(', '<', ' ', '@']);
    let subject = strip_vendor(text);
    let first = catalogue.words.within.words(subject).into_iter().filter(|(_, word)| word.start == 0);
    let Some(end) = first.map(|(_, word)| word.end).max() else {
        return false;
    };
    let Some(rest) = subject.get(end..).and_then(|rest| rest.strip_prefix(' ')) else {
        return false;
    };
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
    let goes_on = [
        "and",
        "with",
        "via",
        "on",
        "in",
        "to",
        "for",
        "as",
        "then",
        "but",
        "using",
        "through",
        "from",
        "at",
        "under",
        "by",
        "or",
        "plus",
        "after",
        "before",
        "based",
        "because",
        "since",
        "so",
        "when",
        "while",
        "i",
        "we",
        "mostly",
        "during",
        "itself",
        "help",
        "assistance",
        "code",
        "cli",
        "agent",
        "agents",
        "mode",
        "opus",
        "sonnet",
        "haiku",
        "fable",
        "chat",
        "assistant",
        "ai",
        "model",
        "app",
        "desktop",
        "pro",
        "flash",
        "coder",
        "composer",
        "cloud",
        "bot",
        "tui",
        "max",
        "mini",
        "which",
        "who",
        "whose",
        "that",
        "also",
        "only",
        "not",
        "is",
        "was",
        "has",
        "auto",
        "tab",
        "instruct",
        "models",
        "over",
        "this",
        "into",
        "within",
        "without",
        "again",
        "too",
        "per",
        "following",
        "including",
        "and/or",
        "extended",
        "llm",
    ];
    word.chars().next().is_some_and(char::is_lowercase) && !goes_on.contains(&word.as_str())
}

/// What follows a tool's name and a hyphen in its own slugs: `claude-code`, `gemini-cli`, `claude-opus-4-6`.
fn is_form_of_a_tool(rest: &str) -> bool {
    let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
    let forms = [
        "code", "cli", "agent", "cloud", "desktop", "web", "ide", "ai", "bot", "opus", "sonnet", "haiku", "fable",
        "instant", "pro", "flash", "mini", "max", "coder", "chat", "swe",
    ];
    forms.contains(&word.as_str())
}

/// Whether what follows names a product or thing of the tool, not its work on this change: `Cursor Bugbot`,
/// `codex models`.
fn is_product(rest: &str) -> bool {
    let word = rest.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
    matches!(
        word.as_str(),
        "bugbot"
            | "review"
            | "reviewer"
            | "reviews"
            | "security"
            | "models"
            | "sdk"
            | "api"
            | "apis"
            | "plugin"
            | "plugins"
            | "extension"
            | "server"
            | "provider"
            | "backend"
            | "client"
            | "users"
            | "user"
            | "team"
            | "badge"
            | "integration"
            | "events"
    )
}

fn strip_vendor(text: &str) -> &str {
    let vendors = ["github ", "openai ", "google ", "anthropic ", "anthropic's ", "the ", "charm ", "jetbrains "];
    let vendor =
        vendors.iter().find(|vendor| text.get(..vendor.len()).is_some_and(|start| start.eq_ignore_ascii_case(vendor)));
    let stripped = vendor.and_then(|vendor| text.get(vendor.len()..)).unwrap_or(text);
    // "OpenAI GPT-5.4" and "OpenAI" alone name a maker of tools; "Anthropic's Claude" is Claude.
    if stripped.is_empty() { text } else { stripped }
}

fn until_stop(text: &str) -> &str {
    let stop = [". ", "; ", ", then ", " and reviewed", " and tested"].iter().filter_map(|stop| text.find(stop)).min();
    text.get(..stop.unwrap_or(text.len())).unwrap_or(text)
}
