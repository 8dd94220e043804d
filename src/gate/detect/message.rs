//! What a commit message or a description holds: co-authors, trailers, footers, links, statements and answers.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::catalogue::Catalogue;
use super::declaration::{self, Answer};
use super::evidence::{Channel, Declaration, Strength};
use super::identities::{Known, known};
use super::mentions::mentions;
use super::prose;
use super::text::{Kind, Line, Pattern, excerpt, is, is_in_code, lines, undecorated, visible};
use super::trailers::{self, Trailer, is_co_author, people};
use super::words::{is_surname, names_ai, tools_leading, tools_named};

/// More pieces than anybody reads. Bounds what a hostile message can make us keep.
const MAX_FINDINGS: usize = 256;

/// Evidence before it is known whose message it is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    pub(super) line: u32,
    /// Whether git takes the line for a trailer.
    pub(super) in_trailers: bool,
    pub(super) channel: Channel,
    pub(super) tool: String,
    pub(super) strength: Strength,
    pub(super) text: String,
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) evidence: BTreeSet<Finding>,
    /// The lines that git takes for trailers.
    trailer_lines: BTreeSet<u32>,
    /// What the text declares; a yes outweighs a no.
    pub(super) declaration: Option<Declaration>,
}

impl Findings {
    fn add(&mut self, finding: Finding) {
        if self.evidence.len() < MAX_FINDINGS {
            self.evidence.insert(finding);
        }
    }

    fn has_footer(&self, line: u32, tool: &str) -> bool {
        let is_it =
            |finding: &Finding| finding.line == line && finding.channel == Channel::Message && finding.tool == tool;
        self.evidence.iter().any(is_it)
    }

    fn has_line(&self, line: u32) -> bool {
        self.evidence.iter().any(|finding| finding.line == line)
    }

    fn holds(&self, line: u32, tool: &str) -> bool {
        self.evidence.iter().any(|finding| finding.line == line && finding.tool == tool)
    }

    fn add_all(&mut self, line: u32, channel: Channel, strength: Strength, text: &str, tools: Vec<String>) {
        let in_trailers = self.trailer_lines.contains(&line);
        for tool in tools {
            self.add(Finding { line, in_trailers, channel, tool, strength, text: excerpt(text) });
        }
    }
}

/// Looks through a commit message or a description.
pub(super) fn scan(text: &str, kind: Kind, catalogue: &Catalogue) -> Findings {
    let shown = visible(text);
    let lines = lines(&shown);
    let trailers = trailers::read(&shown, kind, &lines);
    let in_block = trailers.iter().filter(|trailer| trailer.in_block);
    let mut found = Findings { trailer_lines: in_block.map(|trailer| trailer.line).collect(), ..Findings::default() };
    for trailer in trailers.iter().filter(|trailer| !trailer.is_example) {
        trailer_evidence(trailer, catalogue, &mut found);
    }
    for (at, line) in lines.iter().enumerate() {
        if !line.is_quoted && !declaration::is_unticked(line.text) {
            link_evidence(line, catalogue, &mut found);
            if prose::begins_sentence(&lines, at) {
                footer_evidence(line, catalogue, &mut found);
            }
        }
    }
    for mut statement in prose::statements(&lines, catalogue) {
        // A tool's own footer often reads like a person's statement. It is not said twice.
        statement.tools.retain(|tool| !found.has_footer(statement.line, tool));
        found.add_all(statement.line, Channel::Declaration, Strength::Declared, &statement.text, statement.tools);
    }
    let answers = declaration::answers(&lines, kind, catalogue);
    found.declaration = declared(&answers);
    for answer in answers {
        found.add_all(answer.line, Channel::Declaration, Strength::Declared, &answer.text, answer.tools);
    }
    for line in lines.iter().filter(|line| !line.is_quoted && is_robots_footer(line.text)) {
        if !found.has_line(line.number) {
            let tools = vec![super::UNSPECIFIED.to_owned()];
            found.add_all(line.number, Channel::Declaration, Strength::Declared, line.text, tools);
        }
    }
    for (line, mut tools) in mentions(&lines, catalogue) {
        tools.retain(|tool| !found.holds(line.number, tool));
        found.add_all(line.number, Channel::Message, Strength::Hint, line.text, tools);
    }
    found
}

fn declared(answers: &[Answer]) -> Option<Declaration> {
    let has = |declaration| answers.iter().any(|answer| answer.declaration == declaration).then_some(declaration);
    has(Declaration::Yes).or_else(|| has(Declaration::No))
}

fn trailer_evidence(trailer: &Trailer, catalogue: &Catalogue, found: &mut Findings) {
    let marks = catalogue.trailers.get(&trailer.key).into_iter().flatten();
    let is_marked = |value: &Option<Regex>| value.as_ref().is_none_or(|value| value.is_match(&trailer.value));
    // "Claude plan: show it" is the title of a commit about plans.
    let is_key = trailer.is_one_word && !trailer.is_title && !trailer.value.is_empty();
    let marked = marks.filter(|(value, _)| is_key && is_marked(value));
    let mut tools: Vec<_> = marked.map(|(_, tool)| catalogue.id(*tool).to_owned()).collect();
    if tools.is_empty() && is_key {
        tools = session_of(trailer, catalogue);
    }
    if !tools.is_empty() {
        found.add_all(trailer.line, Channel::Trailer, Strength::Attributed, &trailer.text, tools);
        return;
    }
    match role(trailer) {
        Some(Role::CoAuthor) => agent_evidence(trailer, Channel::CoAuthor, &trailer.text, catalogue, found),
        Some(Role::Author) => agent_evidence(trailer, Channel::Trailer, &trailer.text, catalogue, found),
        Some(Role::Tool) => {
            let tools = tools_declared(&trailer.value, catalogue);
            found.add_all(trailer.line, Channel::Declaration, Strength::Declared, &trailer.text, tools);
        }
        None => {}
    }
}

/// The tool whose session a trailer names, in a form that the catalogue does not list: `Codex-Session-Id: 019a2b3c…`.
fn session_of(trailer: &Trailer, catalogue: &Catalogue) -> Vec<String> {
    static VALUE: Pattern =
        LazyLock::new(|| Regex::new(r"^(?:https?://\S+|[\w-]*[0-9][\w-]{7,}|[\w-]{7,}[0-9][\w-]*)$").ok());
    let ends =
        ["-session", "-session-id", "-session-url", "-thread", "-thread-id", "-conversation", "-conversation-id"];
    let Some(name) = ends.iter().find_map(|end| trailer.key.strip_suffix(end)) else {
        return Vec::new();
    };
    if !is(&VALUE, &trailer.value) {
        return Vec::new();
    }
    tools_leading(&name.replace('-', " "), catalogue)
}

/// What the value of a trailer means.
enum Role {
    /// Somebody who wrote a part.
    CoAuthor,
    /// Somebody who stands for the content.
    Author,
    /// A tool, or in old projects a person.
    Tool,
}

fn role(trailer: &Trailer) -> Option<Role> {
    match trailer.key.as_str() {
        key if is_co_author(key) => Some(Role::CoAuthor),
        "signed-off-by" => Some(Role::Author),
        // The title says what a commit is about: "agent: keep the cursor".
        _ if trailer.is_title => None,
        key if key.ends_with("authored-by") && !key.starts_with("ai-") => Some(Role::Author),
        "assisted-by" | "generated-by" | "co-developed-by" => Some(Role::Tool),
        "written-by"
        | "created-by"
        | "implemented-by"
        | "coded-by"
        | "developed-by"
        | "made-with"
        | "generated-with"
        | "created-with"
        | "written-with"
        | "assisted-with"
        | "built-with"
        | "co-authored-with"
        | "coded-with"
        | "paired-with"
        | "pair-programmed-with"
        | "assisted-by-ai"
        | "co-created-by"
        | "agent-signature" => is_formal(trailer).then_some(Role::Tool),
        "agent" | "model" => trailer.in_block.then_some(Role::Tool),
        // Entire's commits of session data name the agent whose session they keep; those of code name a checkpoint.
        "entire-agent" => None,
        key => (speaks_of_ai(key) && is_formal(trailer)).then_some(Role::Tool),
    }
}

/// Whether this is meant as a trailer: "Developed by: a company" in a table of models is not.
fn is_formal(trailer: &Trailer) -> bool {
    trailer.is_one_word || trailer.in_block
}

/// `AI-Generated-By`, `Committed-By-Agent`, `LLM-Model`. Keys such as `AI usage` are sections, whose answers are read as
/// a whole, and whoever only looked made nothing.
fn speaks_of_ai(key: &str) -> bool {
    let words: Vec<&str> = key.split('-').collect();
    let names_ai = words.iter().any(|word| matches!(*word, "ai" | "llm" | "genai" | "agent"));
    let other = ["reviewed", "review", "tested", "reported", "found", "user", "background", "default", "supported"];
    let only_looked = words.iter().any(|word| other.contains(word));
    let ends = ["by", "with", "using", "tool", "tools", "model", "agent", "assistant"];
    words.len() > 1 && names_ai && !only_looked && words.last().is_some_and(|last| ends.contains(last))
}

fn agent_evidence(trailer: &Trailer, channel: Channel, text: &str, catalogue: &Catalogue, found: &mut Findings) {
    for (name, email) in people(&trailer.value) {
        let (tools, strength) = match known(&name, &email, catalogue) {
            Some(Known::Agent { tool, suggests: true }) => (vec![catalogue.id(tool).to_owned()], Strength::Context),
            Some(Known::Agent { tool, .. } | Known::Assisted { tool }) => {
                (vec![catalogue.id(tool).to_owned()], Strength::Attributed)
            }
            // "Co-authored-by: Jo using gpt-5.5" names a tool in its own words. A first name alone does not.
            None if email.is_empty() => {
                let mut tools = tools_declared(&name, catalogue);
                tools.retain(|tool| !catalogue.is_personal(tool));
                (tools, Strength::Declared)
            }
            Some(Known::Automation) | None => continue,
        };
        found.add_all(trailer.line, channel, strength, text, tools);
    }
}

/// The tools in the value of `Assisted-by:` and its like; none when it names a person, or says "human-only".
fn tools_declared(value: &str, catalogue: &Catalogue) -> Vec<String> {
    let value = value.replace('`', "");
    if value.contains('@') {
        let agents = people(&value).into_iter().filter_map(|(name, email)| match known(&name, &email, catalogue)? {
            Known::Agent { tool, .. } | Known::Assisted { tool } => Some((name, catalogue.id(tool).to_owned())),
            Known::Automation => None,
        });
        let mut tools: Vec<String> =
            agents.flat_map(|(name, tool)| tools_named(&name, catalogue).into_iter().chain([tool])).collect();
        tools.sort_unstable();
        tools.dedup();
        // `claude-code@2.1.0` is a version and no mailbox.
        if !tools.is_empty() || is_mail(&value) {
            return tools;
        }
    }
    let value = value.trim();
    if value.starts_with('[') && value.ends_with(']') && (value.contains('|') || value.contains(" or ")) {
        return Vec::new();
    }
    let lower = value.to_ascii_lowercase();
    if ["no", "none", "false", "n/a", "human-only", "human", "nobody"]
        .iter()
        .any(|no| lower == *no || lower.starts_with(&format!("{no} ")))
    {
        return Vec::new();
    }
    if parts(value).into_iter().chain([value]).any(|part| !tools_leading(part, catalogue).is_empty()) {
        return tools_named(value, catalogue);
    }
    // "Ai Nakamura" is a person.
    let is_generic = ["ai", "an ", "llm", "generative ai", "some ai"].iter().any(|start| lower.starts_with(start));
    let is_generic = is_generic && !value.strip_prefix("Ai").is_some_and(is_surname);
    if is_generic && names_ai(value) { vec![super::UNSPECIFIED.to_owned()] } else { Vec::new() }
}

fn is_mail(value: &str) -> bool {
    static MAIL: Pattern = LazyLock::new(|| Regex::new(r"@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b|<").ok());
    is(&MAIL, value)
}

/// `Claude:opus`, `Cursor/Claude Opus 4.6`, `GLM-5 via Crush`: each part may be a tool.
fn parts(value: &str) -> Vec<&str> {
    let words = [" via ", " on ", " with ", " using ", " and ", " in "];
    let mut parts: Vec<&str> = value.split([':', '/', ',', '+', '&', '|', ';', '(', '[']).collect();
    for word in words {
        parts = parts.into_iter().flat_map(|part| part.split(word)).collect();
    }
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// "🤖 Generated with [a tool that nobody knows yet](https://…)": the mark that tools put before such lines says what
/// the tool is.
fn is_robots_footer(line: &str) -> bool {
    static FOOTER: Pattern = LazyLock::new(|| {
        Regex::new(r"(?i)^(?:generated|created|made|written|authored|implemented|built) (?:by|with|using|via) \S").ok()
    });
    let is_marked = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '🤖').starts_with('🤖');
    // Other programs have robots as well; those that link themselves there so are agents.
    let is_agents = line.contains("](http") || names_ai(line) || line.to_ascii_lowercase().contains("agent");
    is_marked && is_agents && is(&FOOTER, undecorated(line))
}

fn footer_evidence(line: &Line<'_>, catalogue: &Catalogue, found: &mut Findings) {
    let text = undecorated(line.text);
    // No footer is longer, and a hostile line may be.
    let head = text.get(..text.floor_char_boundary(400)).unwrap_or(text);
    let tools = catalogue.footers.tools(head).into_iter().map(|tool| catalogue.id(tool).to_owned()).collect();
    found.add_all(line.number, Channel::Message, Strength::Attributed, line.text, tools);
}

fn link_evidence(line: &Line<'_>, catalogue: &Catalogue, found: &mut Findings) {
    for (tool, place) in catalogue.links.find(line.text) {
        if is_in_code(line.text, &place) {
            continue;
        }
        let address = line.text.get(place).unwrap_or_default();
        let tools = vec![catalogue.id(tool).to_owned()];
        found.add_all(line.number, Channel::Message, Strength::Attributed, address, tools);
    }
}
