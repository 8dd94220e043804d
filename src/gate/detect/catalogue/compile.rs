//! From what the files say together to what is matched.

use std::collections::HashMap;

use regex::{Regex, RegexSetBuilder};

use super::file::{AutomationEntry, File, NamedAddress, VERSION};
use super::mark::{Form, Mark, MarkKind};
use super::merge::{Merged, Report, merge};
use super::{
    Account, Accounts, AddressRule, Automation, Catalogue, Pattern, Patterns, SIZE_LIMIT_BYTES, ToolIndex, Words,
    build, trial,
};
use crate::gate::digest::sha256_hex;
use crate::gate::policy::diagnostic::{Diagnostic, Position};
use crate::gate::yaml::{self, Spanned};

/// A catalogue of these files (name and text), each laid over those before it, and what is worth a look.
pub(super) fn compile(files: &[(&str, &str)]) -> Result<(Catalogue, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (mut contents, mut errors) = (Vec::new(), Vec::new());
    for (name, text) in files {
        match yaml::parse_version::<File>(name, text, VERSION, yaml::MAX_BYTES) {
            Ok(file) => contents.push(file),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut report = Report::new(files.iter().map(|(name, _)| *name));
    let merged = merge(contents, &mut report);
    let names = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    let digests: Vec<_> = files.iter().map(|(_, text)| sha256_hex(text)).collect();
    let digest = match digests.as_slice() {
        [only] => only.clone(),
        all => sha256_hex(all.join("\n")),
    };
    let Some(catalogue) = finish(merged, names, digest, &mut report) else {
        return Err(report.finish().unwrap_or_else(|errors| errors));
    };
    if files.len() > 1 && !report.has_errors() {
        trial::try_samples(&catalogue, &mut report);
    }
    report.finish().map(|warnings| (catalogue, warnings))
}

/// Compiles a pattern, or reports it.
fn regex(file: usize, at: Position, written: &str, form: Form, report: &mut Report) -> Option<Regex> {
    // Alone first: `a)|(b` is no pattern, although what is put around it would close its brackets. What is embedded is known
    // to be sound, and every start compiles it.
    let alone = if file > 0 { build(written).map(drop) } else { Ok(()) };
    match alone.and_then(|()| build(&form.pattern(written))) {
        Ok(regex) if regex.is_match("") => {
            let message = format!("the pattern `{written}` matches even where nothing is written");
            report.error(file, at, &message, "say what the tool writes, and nobody else");
            None
        }
        Ok(regex) => Some(regex),
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let message = format!("the pattern `{written}` is not valid: {reason}");
            report.error(file, at, &message, "see https://docs.rs/regex/latest/regex/#syntax");
            None
        }
    }
}

fn finish(merged: Merged, files: Vec<String>, digest: String, report: &mut Report) -> Option<Catalogue> {
    let mut builder = Builder::default();
    for (tool, entry) in merged.tools.iter().enumerate() {
        for mark in entry.marks.iter().filter(|mark| mark.is_on) {
            builder.mark(tool, mark, report);
        }
        builder.personal.push(entry.personal);
    }
    let mut automation = Automation::default();
    let mut unmeant = Vec::new();
    for (file, entry) in merged.automation {
        add_automation(&mut automation, file, &entry, report);
        let names = entry.note_tools.iter();
        let names = names.filter_map(|name| regex(file, name.at, &name.value, Form::Whole, report));
        unmeant.extend(names.map(|name| (Pattern::of(&name), 0)));
    }
    automation.note_tools = set(unmeant, report)?;
    let Builder { accounts, addresses, name_suffixes, trailers, mut patterns, personal } = builder;
    let mut set = |kind| self::set(patterns.remove(&kind).unwrap_or_default(), report);
    Some(Catalogue {
        accounts,
        addresses,
        names: set(MarkKind::Names)?,
        bare_names: set(MarkKind::BareNames)?,
        except_names: set(MarkKind::ExceptNames)?,
        name_suffixes,
        trailers,
        footers: set(MarkKind::Footers)?,
        links: set(MarkKind::Links)?,
        branches: set(MarkKind::Branches)?,
        weak_branches: set(MarkKind::WeakBranches)?,
        labels: set(MarkKind::Labels)?,
        words: Words { within: set(MarkKind::Words)?, personal },
        note_tools: set(MarkKind::NoteTools)?,
        automation,
        tools: merged.tools,
        off: merged.off,
        harmless: merged.harmless,
        files,
        digest,
    })
}

#[derive(Default)]
struct Builder {
    accounts: Accounts,
    addresses: HashMap<String, Vec<AddressRule>>,
    name_suffixes: Vec<(String, ToolIndex)>,
    trailers: HashMap<String, Vec<(Option<Regex>, ToolIndex)>>,
    patterns: HashMap<MarkKind, Vec<(Pattern, ToolIndex)>>,
    personal: Vec<bool>,
}

impl Builder {
    fn mark(&mut self, tool: ToolIndex, mark: &Mark, report: &mut Report) {
        let lower = mark.text.to_ascii_lowercase();
        if let Some(form) = mark.kind.form() {
            let pattern = regex(mark.file, mark.at, &mark.text, form, report);
            self.patterns.entry(mark.kind).or_default().extend(pattern.map(|regex| (Pattern::of(&regex), tool)));
            return;
        }
        let with = mark.with.as_ref();
        let with = with.map(|with| regex(mark.file, with.at, &with.value, mark.kind.form_with(), report));
        // What cannot be compiled is reported, and the catalogue is not used.
        let with = with.flatten();
        match mark.kind {
            MarkKind::Accounts => {
                let known = Account { tool, id: mark.number, suggests: mark.suggests };
                if let Some(id) = mark.number {
                    self.accounts.by_id.entry(id).or_insert(known);
                }
                self.accounts.by_login.entry(lower).or_default().push(known);
            }
            MarkKind::NameSuffixes => self.name_suffixes.push((lower, tool)),
            MarkKind::Trailers => self.trailers.entry(lower).or_default().push((with, tool)),
            _ => {
                if !mark.text.contains('@') {
                    let message = format!("`{}` is not an e-mail address", mark.text);
                    report.error(mark.file, mark.at, &message, "write it as NAME@HOST");
                }
                self.addresses.entry(lower).or_default().push(AddressRule { tool, name: with });
            }
        }
    }
}

fn set(each: Vec<(Pattern, ToolIndex)>, report: &mut Report) -> Option<Patterns> {
    let sources = each.iter().map(|(pattern, _)| pattern.source.as_str());
    match RegexSetBuilder::new(sources).case_insensitive(true).size_limit(SIZE_LIMIT_BYTES).build() {
        Ok(set) => Some(Patterns { set, each }),
        Err(error) => {
            let message = format!("the patterns cannot be used together: {error}");
            report.error(0, Position::START, &message, "use fewer or simpler patterns");
            None
        }
    }
}

fn add_automation(automation: &mut Automation, file: usize, entry: &AutomationEntry, report: &mut Report) {
    let lower = |text: &String| text.to_ascii_lowercase();
    automation.logins.extend(entry.logins.iter().map(lower));
    automation.addresses.extend(entry.addresses.iter().map(|address| (lower(address), None)));
    for NamedAddress { address, name } in &entry.named_addresses {
        let Spanned { value, at } = name;
        automation.addresses.insert(lower(&address.value), regex(file, *at, value, Form::Whole, report));
    }
}
