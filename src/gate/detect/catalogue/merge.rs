//! Several files made one: what a file says is laid over what those below it say.
//!
//! An id that is new adds a tool; one that is known adds to that tool, or takes its place with `replace`. `off` switches
//! off what stands below. Nothing is forgotten: what is off stays listed, with the place where a file first said it.

use std::collections::HashSet;

use super::file::{AutomationEntry, Entry, File, Samples};
use super::mark::{Mark, MarkKind};
use super::{Placed, Tool};
use crate::gate::detect::UNSPECIFIED;
use crate::gate::policy::diagnostic::{Diagnostic, Findings, Position, nearest, suggest};
use crate::gate::yaml::Spanned;

/// The most marks that one file may bring: several times what is embedded.
const MAX_MARKS: usize = 4_000;

/// The longest pattern, in characters.
const LONGEST_PATTERN: usize = 1_000;

/// What is wrong with several files.
pub(super) struct Report(Vec<Findings>);

impl Report {
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        Self(names.map(Findings::new).collect())
    }

    pub(super) fn error(&mut self, file: usize, at: Position, message: &str, help: &str) {
        if let Some(findings) = self.0.get_mut(file) {
            findings.error(at, message, help);
        }
    }

    pub(super) fn warning(&mut self, file: usize, at: Position, message: &str, help: &str) {
        if let Some(findings) = self.0.get_mut(file) {
            findings.warning(at, message, help);
        }
    }

    /// Whether the files cannot be used, as far as is known.
    pub(super) fn has_errors(&self) -> bool {
        self.0.iter().any(Findings::has_errors)
    }

    /// All findings, in the order of the files: as an error if one of them is.
    pub(super) fn finish(self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        let all = self.0.into_iter().flat_map(|findings| findings.finish().unwrap_or_else(|errors| errors));
        let all: Vec<_> = all.collect();
        if all.iter().any(Diagnostic::is_error) { Err(all) } else { Ok(all) }
    }
}

/// What all files say together.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) tools: Vec<Tool>,
    pub(super) off: Vec<Tool>,
    pub(super) automation: Vec<(usize, AutomationEntry)>,
    pub(super) harmless: Vec<Placed>,
}

pub(super) fn merge(files: Vec<File>, report: &mut Report) -> Merged {
    let mut merged = Merged::default();
    for (number, file) in files.into_iter().enumerate() {
        merged.lay(number, file, report);
    }
    merged
}

impl Merged {
    fn lay(&mut self, file: usize, content: File, report: &mut Report) {
        let mut here = HashSet::new();
        let mut marks = 0;
        for entry in content.tools {
            let id = entry.id.clone();
            if !here.insert(id.value.clone()) {
                let message = format!("the tool `{}` stands here a second time", id.value);
                report.error(file, id.at, &message, "merge the two entries, or give one of them another id");
                continue;
            }
            let own = marks_of(file, &entry);
            marks += own.len();
            self.lay_entry(file, entry, own, report);
        }
        if marks > MAX_MARKS {
            let message = format!("the file brings {marks} marks, and at most {MAX_MARKS} are taken");
            report.error(file, Position::START, &message, "join patterns with `|`, or leave some out");
        }
        for id in &content.off {
            self.switch_off(file, id, report);
        }
        self.automation.push((file, content.automation));
        self.harmless.extend(placed(file, content.harmless));
    }

    fn lay_entry(&mut self, file: usize, entry: Entry, marks: Vec<Mark>, report: &mut Report) {
        let id = &entry.id;
        if let Some(off) = self.off.iter().find(|tool| tool.id == id.value) {
            let message = format!("the tool `{}` is switched off in a file below", off.id);
            report.error(file, id.at, &message, "leave it out here, or take it out of `off` there");
            return;
        }
        let known = self.tools.iter().position(|tool| tool.id == id.value);
        match known.and_then(|at| self.tools.get_mut(at)) {
            Some(tool) if !entry.replace => extend(tool, file, entry, marks, report),
            Some(tool) if tool.id == UNSPECIFIED => {
                let help = "add to it, or switch off single marks of it";
                report.error(file, id.at, &format!("`{UNSPECIFIED}` cannot be replaced"), help);
            }
            Some(tool) => {
                if let Some(whole) = whole(file, entry, marks, &[], report) {
                    *tool = whole;
                }
            }
            None => {
                let ids: Vec<&str> = self.tools.iter().map(|tool| tool.id.as_str()).collect();
                if entry.replace {
                    let message = format!("there is no tool `{}` to replace", id.value);
                    report.error(file, id.at, &message, &unknown(&id.value, &ids));
                } else {
                    self.tools.extend(whole(file, entry, marks, &ids, report));
                }
            }
        }
    }

    fn switch_off(&mut self, file: usize, id: &Spanned<String>, report: &mut Report) {
        if id.value == UNSPECIFIED {
            let help = "switch off single marks of it, under its own `off`";
            report.error(file, id.at, &format!("`{UNSPECIFIED}` cannot be switched off"), help);
            return;
        }
        match self.tools.iter().position(|tool| tool.id == id.value) {
            Some(place) => {
                let mut tool = self.tools.remove(place);
                tool.off_by = Some((file, id.at));
                self.off.push(tool);
            }
            None if self.off.iter().any(|tool| tool.id == id.value) => {
                report.warning(file, id.at, &format!("the tool `{}` is off already", id.value), "leave it out here");
            }
            None => {
                let ids: Vec<&str> = self.tools.iter().map(|tool| tool.id.as_str()).collect();
                let message = format!("there is no tool `{}` to switch off", id.value);
                report.error(file, id.at, &message, &unknown(&id.value, &ids));
            }
        }
    }
}

fn unknown(given: &str, ids: &[&str]) -> String {
    match nearest(given, ids) {
        Some(id) => format!("did you mean `{id}`?"),
        None => "`seconder agents` lists them all".to_owned(),
    }
}

/// A tool from an entry that says all of it.
fn whole(file: usize, entry: Entry, marks: Vec<Mark>, known: &[&str], report: &mut Report) -> Option<Tool> {
    let id = &entry.id;
    let is_missing = [
        ("name", entry.name.is_none()),
        ("url", entry.url.is_none()),
        ("sources", entry.sources.is_empty()),
        ("samples", entry.samples.is_none()),
    ];
    for (key, _) in is_missing.iter().filter(|(_, is_missing)| *is_missing) {
        let message = format!("the key `{key}` is missing: the tool `{}` is not known yet", id.value);
        let meant = nearest(&id.value, known).map(|id| format!("did you mean `{id}`? Otherwise add `{key}`"));
        report.error(file, id.at, &message, &meant.unwrap_or_else(|| format!("add `{key}`")));
    }
    let samples = entry.samples.unwrap_or_default();
    check_id(file, id, report);
    let mut tool = Tool {
        id: id.value.clone(),
        name: entry.name?.value,
        url: entry.url?,
        sources: Vec::new(),
        first_seen: None,
        last_seen: None,
        names_requester: entry.names_requester,
        personal: entry.personal,
        positive: Vec::new(),
        negative: Vec::new(),
        marks: Vec::new(),
        file,
        at: id.at,
        off_by: None,
    };
    seen(&mut tool, file, entry.first_seen, entry.last_seen, report);
    for (kind, texts) in &entry.off {
        if let Some(text) = texts.first() {
            let message = format!("a tool that is not known yet has no {} to switch off", kind.as_str());
            report.error(file, text.at, &message, "leave `off` out");
        }
    }
    tool.sources = entry.sources;
    add(&mut tool, file, samples, marks, report);
    Some(tool)
}

fn extend(tool: &mut Tool, file: usize, entry: Entry, marks: Vec<Mark>, report: &mut Report) {
    if let Some(name) = entry.name.filter(|name| name.value != tool.name) {
        let message = format!("the tool `{}` is known already, as {}: this adds to it", tool.id, tool.name);
        let help =
            "leave `name` and `url` out; for a tool of your own use another id; to start anew write `replace: true`";
        report.warning(file, name.at, &message, help);
    }
    for (kind, texts) in entry.off {
        for text in texts {
            switch_off_mark(tool, file, kind, &text, report);
        }
    }
    tool.sources.extend(entry.sources);
    tool.names_requester |= entry.names_requester;
    tool.personal |= entry.personal;
    seen(tool, file, entry.first_seen, entry.last_seen, report);
    add(tool, file, entry.samples.unwrap_or_default(), marks, report);
}

fn switch_off_mark(tool: &mut Tool, file: usize, kind: MarkKind, text: &Spanned<String>, report: &mut Report) {
    let mut found = false;
    for mark in tool.marks.iter_mut().filter(|mark| mark.kind == kind && mark.text == text.value) {
        (found, mark.is_on) = (true, false);
    }
    if found {
        return;
    }
    let message = format!("`{}` has nothing like `{}` under {}", tool.id, text.value, kind.as_str());
    let known: Vec<&str> =
        tool.marks.iter().filter(|mark| mark.kind == kind).map(|mark| mark.text.as_str()).take(100).collect();
    let help = if known.is_empty() { "leave it out".to_owned() } else { suggest(&text.value, &known) };
    report.error(file, text.at, &message, &help);
}

fn add(tool: &mut Tool, file: usize, samples: Samples, marks: Vec<Mark>, report: &mut Report) {
    tool.positive.extend(placed(file, samples.positive));
    tool.negative.extend(placed(file, samples.negative));
    for mark in marks {
        if mark.text.chars().count() > LONGEST_PATTERN {
            let message = format!("this is longer than {LONGEST_PATTERN} characters");
            report.error(file, mark.at, &message, "split it into several");
        } else {
            tool.marks.push(mark);
        }
    }
}

fn placed(file: usize, samples: Vec<Spanned<super::Sample>>) -> impl Iterator<Item = Placed> {
    samples.into_iter().map(move |sample| Placed { sample: sample.value, file, at: sample.at })
}

/// An id stands in records, logs and command lines.
fn check_id(file: usize, id: &Spanned<String>, report: &mut Report) {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if id.value.is_empty() || id.value.len() > 64 || !id.value.chars().all(is_plain) {
        let message = format!("`{}` cannot be the id of a tool", id.value);
        report.error(file, id.at, &message, "use up to 64 lower-case letters, digits, `-`, `_` and `.`");
    }
}

fn seen(
    tool: &mut Tool,
    file: usize,
    first: Option<Spanned<String>>,
    last: Option<Spanned<String>>,
    report: &mut Report,
) {
    for (given, stated) in [(first, &mut tool.first_seen), (last, &mut tool.last_seen)] {
        let Some(given) = given else { continue };
        if is_time(&given.value) {
            *stated = Some(given.value);
        } else {
            let message = format!("`{}` is neither a year nor a quarter", given.value);
            report.error(file, given.at, &message, "write e.g. 2025, or 2025Q3");
        }
    }
    if let (Some(first), Some(last)) = (&tool.first_seen, &tool.last_seen)
        && first.get(..4) > last.get(..4)
    {
        report.error(file, tool.at, "`last_seen` is before `first_seen`", "exchange them");
    }
}

fn is_time(text: &str) -> bool {
    let (year, quarter) = text.split_once('Q').map_or((text, None), |(year, quarter)| (year, Some(quarter)));
    let is_year = year.len() == 4 && year.bytes().all(|c| c.is_ascii_digit());
    is_year && quarter.is_none_or(|quarter| matches!(quarter, "1" | "2" | "3" | "4"))
}

/// All marks of an entry, in the order of the kinds.
fn marks_of(file: usize, entry: &Entry) -> Vec<Mark> {
    let mark = |kind, text: &Spanned<String>, with: Option<&Spanned<String>>| Mark {
        kind,
        text: text.value.clone(),
        with: with.cloned(),
        number: None,
        suggests: false,
        is_on: true,
        file,
        at: text.at,
    };
    let accounts = entry.accounts.iter().map(|account| Mark {
        number: account.id,
        suggests: account.suggests,
        ..mark(MarkKind::Accounts, &account.login, None)
    });
    let named = entry.named_addresses.iter().map(|one| mark(MarkKind::NamedAddresses, &one.address, Some(&one.name)));
    let trailers = entry.trailers.iter().map(|one| mark(MarkKind::Trailers, &one.key, one.value.as_ref()));
    let lists = [
        (MarkKind::Addresses, &entry.addresses),
        (MarkKind::ExceptNames, &entry.except_names),
        (MarkKind::Names, &entry.names),
        (MarkKind::BareNames, &entry.bare_names),
        (MarkKind::NameSuffixes, &entry.name_suffixes),
        (MarkKind::Footers, &entry.footers),
        (MarkKind::Links, &entry.links),
        (MarkKind::Branches, &entry.branches),
        (MarkKind::WeakBranches, &entry.weak_branches),
        (MarkKind::Labels, &entry.labels),
        (MarkKind::Words, &entry.words),
        (MarkKind::NoteTools, &entry.note_tools),
    ];
    let lists = lists.into_iter().flat_map(|(kind, texts)| texts.iter().map(move |text| mark(kind, text, None)));
    let mut marks: Vec<Mark> = accounts.chain(named).chain(trailers).chain(lists).collect();
    marks.sort_by_key(|mark| mark.kind);
    marks
}
