//! From what a catalogue file says to what is matched.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use regex::{Regex, RegexSetBuilder};
use serde_saphyr::{Location, Spanned};
use sha2::{Digest as _, Sha256};

use super::file::{AutomationEntry, Entry, File, NamedAddress};
use super::{
    Account, Accounts, AddressRule, Automation, Catalogue, Pattern, Patterns, SIZE_LIMIT_BYTES, Tool, ToolIndex, Words,
    build,
};
use crate::gate::policy::diagnostic::{Diagnostic, Severity};

pub(super) fn compile(file_name: &str, text: &str) -> Result<Catalogue, Vec<Diagnostic>> {
    let mut findings = Findings { file: file_name.to_owned(), list: Vec::new() };
    let file: File = match serde_saphyr::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let location = error.location().unwrap_or(Location::UNKNOWN);
            let message = error.without_snippet().to_string();
            findings.add(location, message, "see the comments at the top of config/agents.yml for the format");
            return Err(findings.list);
        }
    };
    if file.version.value != 1 {
        let message = format!("version {} is not known", file.version.value);
        findings.add(file.version.referenced, message, "write `version: 1`");
    }
    let mut builder = Builder::default();
    let mut seen = HashSet::new();
    for entry in file.tools {
        if !seen.insert(entry.id.value.clone()) {
            let message = format!("the tool `{}` stands here a second time", entry.id.value);
            findings.add(entry.id.referenced, message, "merge the two entries, or give one of them another id");
        }
        builder.tool(entry, &mut findings);
    }
    let automation = automation(&file.automation, &mut findings);
    let catalogue = builder.finish(automation, digest(text), &mut findings);
    match catalogue {
        Some(catalogue) if findings.list.is_empty() => Ok(catalogue),
        _ => Err(findings.list),
    }
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

struct Findings {
    file: String,
    list: Vec<Diagnostic>,
}

impl Findings {
    fn add(&mut self, at: Location, message: String, help: &str) {
        let place = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).max(1);
        self.list.push(Diagnostic {
            file: self.file.clone(),
            line: place(at.line()),
            column: place(at.column()),
            severity: Severity::Error,
            message,
            help: Some(help.to_owned()),
        });
    }

    /// Compiles a pattern, or reports it.
    fn regex(&mut self, written: &Spanned<String>, form: Form) -> Option<Regex> {
        let pattern = form.pattern(&written.value);
        match build(&pattern) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let message = format!("the pattern `{}` is not valid: {reason}", written.value);
                self.add(written.referenced, message, "see https://docs.rs/regex/latest/regex/#syntax");
                None
            }
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
                findings.add(address.referenced, message, "write it as NAME@HOST");
            }
            let rule = AddressRule { tool, name: None };
            self.addresses.entry(address.value.to_ascii_lowercase()).or_default().push(rule);
        }
        for NamedAddress { address, name } in &entry.named_addresses {
            let rule = AddressRule { tool, name: findings.regex(name, Form::Whole) };
            self.addresses.entry(address.to_ascii_lowercase()).or_default().push(rule);
        }
        self.name_suffixes.extend(entry.name_suffixes.iter().map(|suffix| (suffix.to_ascii_lowercase(), tool)));
        for trailer in &entry.trailers {
            let value = trailer.value.as_ref().and_then(|value| findings.regex(value, Form::Start));
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
        ];
        for (written, form, compiled) in lists {
            compiled.extend(
                written.iter().filter_map(|pattern| Some((Pattern::of(&findings.regex(pattern, form)?), tool))),
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
            findings.add(Location::UNKNOWN, message, "use fewer or simpler patterns");
            None
        }
    }
}

fn automation(entry: &AutomationEntry, findings: &mut Findings) -> Automation {
    let lower = |text: &String| text.to_ascii_lowercase();
    let mut addresses: HashMap<_, _> = entry.addresses.iter().map(|address| (lower(address), None)).collect();
    for NamedAddress { address, name } in &entry.named_addresses {
        addresses.insert(lower(address), findings.regex(name, Form::Whole));
    }
    Automation { logins: entry.logins.iter().map(lower).collect(), addresses }
}
