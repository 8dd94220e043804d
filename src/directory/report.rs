//! Findings in several files that make one directory.

use crate::gate::policy::diagnostic::{Diagnostic, Findings, Position, nearest};
use crate::gate::yaml::Spanned;

/// More names than these are not searched for the one that was probably meant.
const MAX_SUGGESTED: usize = 1_000;

/// A place in one of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) file: usize,
    pub(super) at: Position,
}

impl Place {
    pub(super) fn of<T>(file: usize, spanned: &Spanned<T>) -> Self {
        Self { file, at: spanned.at }
    }
}

/// What is wrong with the files so far.
pub(super) struct Report {
    names: Vec<String>,
    findings: Vec<Findings>,
    has_errors: bool,
}

impl Report {
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<_> = names.map(str::to_owned).collect();
        let findings = names.iter().map(|name| Findings::new(name)).collect();
        Self { names, findings, has_errors: false }
    }

    pub(super) fn error(&mut self, place: Place, message: &str, help: &str) {
        self.has_errors = true;
        if let Some(findings) = self.findings.get_mut(place.file) {
            findings.error(place.at, message, help);
        }
    }

    pub(super) fn warning(&mut self, place: Place, message: &str, help: &str) {
        if let Some(findings) = self.findings.get_mut(place.file) {
            findings.warning(place.at, message, help);
        }
    }

    /// Something is said a second time, and the first stands elsewhere.
    pub(super) fn conflict(&mut self, place: Place, first: Place, message: &str) {
        let file = self.names.get(first.file).map_or("another file", String::as_str);
        let help = format!("the first stands in {file}:{}:{}; keep one of them", first.at.line, first.at.column);
        self.error(place, message, &help);
    }

    /// A group is named that does not exist.
    pub(super) fn unknown_group<'a>(&mut self, place: Place, given: &str, known: impl Iterator<Item = &'a str>) {
        let known: Vec<_> = known.take(MAX_SUGGESTED).collect();
        let help = nearest(given, &known).map(|name| format!("did you mean `{name}`?"));
        let help = help.unwrap_or_else(|| "list it under `groups`".to_owned());
        self.error(place, &format!("unknown group `{given}`"), &help);
    }

    /// A person is named that does not exist. Ids are too alike to guess which one was meant.
    pub(super) fn unknown_person(&mut self, place: Place, given: &str) {
        let help = "list the person under `people`, or take the name out here";
        self.error(place, &format!("unknown person `{given}`"), help);
    }

    /// Whether there is an error so far.
    pub(super) fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// All findings, in the order of the files: as an error if one of them is.
    pub(super) fn finish(self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        let all = self.findings.into_iter().flat_map(|findings| findings.finish().unwrap_or_else(|errors| errors));
        let all: Vec<_> = all.collect();
        if self.has_errors { Err(all) } else { Ok(all) }
    }
}
