//! From what a catalogue file says to what is matched.

use std::collections::{HashMap, HashSet};

use regex::{Regex, RegexSetBuilder};

use super::file::{AutomationEntry, Entry, File, NamedAddress, VERSION};
use super::{
    Account, Accounts, AddressRule, Automation, Catalogue, Pattern, Patterns, SIZE_LIMIT_BYTES, Tool, ToolIndex, Words,
    build,
};
use crate::gate::digest::sha256_hex;
use crate::gate::policy::diagnostic::{Diagnostic, Findings, Position};
use crate::gate::yaml::{self, Spanned};

pub(super) fn compile(file_name: &str, text: &str) -> Result<Catalogue, Vec<Diagnostic>> {
    let file: File = yaml::parse_version(file_name, text, VERSION, yaml::MAX_BYTES).map_err(|finding| vec![finding])?;
    let mut findings = Findings::new(file_name);
    let mut builder = Builder::default();
    let mut seen = HashSet::new();
    for entry in file.tools {
        if !seen.insert(entry.id.value.clone()) {
            let message = format!("the tool `{}` stands here a second time", entry.id.value);
            findings.error(entry.id.at, &message, "merge the two entries, or give one of them another id");
        }
        builder.tool(entry, &mut findings);
    }
    let automation = automation(&file.automation, &mut findings).unwrap_or_default();
    let catalogue = builder.finish(automation, sha256_hex(text), &mut findings);
    match (catalogue, findings.finish()) {
        (Some(catalogue), Ok(_)) => Ok(catalogue),
        (_, Ok(findings) | Err(findings)) => Err(findings),
    }
}

/// Compiles a pattern, or reports it.
fn regex(written: &Spanned<String>, form: Form, findings: &mut Findings) -> Option<Regex> {
    let pattern = form.pattern(&written.value);
    match build(&pattern) {
        Ok(regex) => Some(regex),
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let message = format!("the pattern `{}` is not valid: {reason}", written.value);
            findings.error(written.at, &message, "see https://docs.rs/regex/latest/regex/#syntax");
            None
        }
    }
}

/// How a written pattern is anchored.
#[derive(Debug, Clone, Copy)]
enum Form {
    Whole,
    Start,
    Anywhere,
    Word,
}

impl Form {
    fn pattern(self, written: &str) -> String {
        match self {
            Self::Whole => format!("^(?:{written})$"),
            Self::Start => format!("^(?:{written})"),
            Self::Anywhere => format!("(?:{written})"),
            // A digit may follow at once: `qwen3`, `gpt-5.4`.
            Self::Word => format!("(?:^|[^a-z0-9])(?P<word>{written})(?:[^a-z]|$)"),
        }
    }
}

#[derive(Default)]
struct Builder {
    tools: Vec<Tool>,
    accounts: Accounts,
    addresses: HashMap<String, Vec<AddressRule>>,
    name_suffixes: Vec<(String, ToolIndex)>,
    trailers: HashMap<String, Vec<(Option<Regex>, ToolIndex)>>,
    names: Vec<(Pattern, ToolIndex)>,
    bare_names: Vec<(Pattern, ToolIndex)>,
    except_names: Vec<(Pattern, ToolIndex)>,
    footers: Vec<(Pattern, ToolIndex)>,
    links: Vec<(Pattern, ToolIndex)>,
    branches: Vec<(Pattern, ToolIndex)>,
    weak_branches: Vec<(Pattern, ToolIndex)>,
    labels: Vec<(Pattern, ToolIndex)>,
    words: Vec<(Pattern, ToolIndex)>,
    note_tools: Vec<(Pattern, ToolIndex)>,
    personal: Vec<bool>,
}

impl Builder {
    fn tool(&mut self, entry: Entry, findings: &mut Findings) {
        let tool = self.tools.len();
        for account in &entry.accounts {
            let known = Account { tool, id: account.id, suggests: account.suggests };
            if let Some(id) = account.id {
                self.accounts.by_id.entry(id).or_insert(known);
            }
            self.accounts.by_login.entry(account.login.to_ascii_lowercase()).or_default().push(known);
        }
        for address in &entry.addresses {
            if !address.value.contains('@') {
                let message = format!("`{}` is not an e-mail address", address.value);
                findings.error(address.at, &message, "write it as NAME@HOST");
            }
            let rule = AddressRule { tool, name: None };
            self.addresses.entry(address.value.to_ascii_lowercase()).or_default().push(rule);
        }
        for NamedAddress { address, name } in &entry.named_addresses {
            let rule = AddressRule { tool, name: regex(name, Form::Whole, findings) };
            self.addresses.entry(address.to_ascii_lowercase()).or_default().push(rule);
        }
        self.name_suffixes.extend(entry.name_suffixes.iter().map(|suffix| (suffix.to_ascii_lowercase(), tool)));
        for trailer in &entry.trailers {
            let value = trailer.value.as_ref().and_then(|value| regex(value, Form::Start, findings));
            self.trailers.entry(trailer.key.to_ascii_lowercase()).or_default().push((value, tool));
        }
        let lists = [
            (&entry.names, Form::Whole, &mut self.names),
            (&entry.bare_names, Form::Whole, &mut self.bare_names),
            (&entry.except_names, Form::Whole, &mut self.except_names),
            (&entry.footers, Form::Start, &mut self.footers),
            (&entry.links, Form::Anywhere, &mut self.links),
            (&entry.branches, Form::Whole, &mut self.branches),
            (&entry.weak_branches, Form::Whole, &mut self.weak_branches),
            (&entry.labels, Form::Whole, &mut self.labels),
            (&entry.words, Form::Word, &mut self.words),
            (&entry.note_tools, Form::Whole, &mut self.note_tools),
        ];
        for (written, form, compiled) in lists {
            compiled.extend(
                written.iter().filter_map(|pattern| Some((Pattern::of(&regex(pattern, form, findings)?), tool))),
            );
        }
        self.personal.push(entry.personal);
        self.tools.push(Tool {
            id: entry.id.value,
            name: entry.name,
            url: entry.url,
            sources: entry.sources,
            names_requester: entry.names_requester,
            positive: entry.samples.positive,
            negative: entry.samples.negative,
        });
    }

    fn finish(self, automation: Automation, digest: String, findings: &mut Findings) -> Option<Catalogue> {
        Some(Catalogue {
            tools: self.tools,
            accounts: self.accounts,
            addresses: self.addresses,
            names: patterns(self.names, findings)?,
            bare_names: patterns(self.bare_names, findings)?,
            except_names: patterns(self.except_names, findings)?,
            name_suffixes: self.name_suffixes,
            trailers: self.trailers,
            footers: patterns(self.footers, findings)?,
            links: patterns(self.links, findings)?,
            branches: patterns(self.branches, findings)?,
            weak_branches: patterns(self.weak_branches, findings)?,
            labels: patterns(self.labels, findings)?,
            words: Words { within: patterns(self.words, findings)?, personal: self.personal },
            note_tools: patterns(self.note_tools, findings)?,
            automation,
            digest,
        })
    }
}

fn patterns(each: Vec<(Pattern, ToolIndex)>, findings: &mut Findings) -> Option<Patterns> {
    let sources = each.iter().map(|(pattern, _)| pattern.source.as_str());
    match RegexSetBuilder::new(sources).case_insensitive(true).size_limit(SIZE_LIMIT_BYTES).build() {
        Ok(set) => Some(Patterns { set, each }),
        Err(error) => {
            let message = format!("the patterns cannot be used together: {error}");
            findings.error(Position::START, &message, "use fewer or simpler patterns");
            None
        }
    }
}

fn automation(entry: &AutomationEntry, findings: &mut Findings) -> Option<Automation> {
    let lower = |text: &String| text.to_ascii_lowercase();
    let mut addresses: HashMap<_, _> = entry.addresses.iter().map(|address| (lower(address), None)).collect();
    for NamedAddress { address, name } in &entry.named_addresses {
        addresses.insert(lower(address), regex(name, Form::Whole, findings));
    }
    let names = entry.note_tools.iter().filter_map(|name| Some((Pattern::of(&regex(name, Form::Whole, findings)?), 0)));
    let note_tools = patterns(names.collect(), findings)?;
    Some(Automation { logins: entry.logins.iter().map(lower).collect(), addresses, note_tools })
}
