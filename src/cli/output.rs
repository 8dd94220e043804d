//! How results are shown: as text for people, or as one JSON object.

use std::io::{self, Write};
use std::process::ExitCode;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstream::AutoStream;
use clap::ValueEnum;
use serde::Serialize;

use super::input::Input;
use crate::gate::policy::diagnostic::{Diagnostic, harmless};

/// The version of every JSON object that a command prints.
pub(super) const VERSION: u32 = 1;

/// A longer line is cut around the place that is meant before it is drawn, in characters.
const LONGEST_LINE: usize = 1_000;

/// A line that is longer than this is not shown, in bytes: no person wrote it.
const LONGEST_SHOWN_BYTES: usize = 64 * 1024;

/// The most findings that are shown to people. JSON has them all.
const MOST_SHOWN: usize = 1_000;

/// How to print results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// Standard output, coloured where it is a terminal and nobody asks for plain text (`NO_COLOR`).
pub(super) fn stdout() -> AutoStream<io::StdoutLock<'static>> {
    anstream::stdout().lock()
}

/// Prints one JSON object.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// What was found in files that people wrote.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    v: u32,
    files: Vec<&'a str>,
    diagnostics: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
    #[serde(skip)]
    inputs: &'a [Input],
}

impl<'a> Report<'a> {
    /// Findings of these files. What is said twice, word for word, is shown once.
    pub(super) fn new(inputs: &'a [Input], mut diagnostics: Vec<Diagnostic>) -> Self {
        let mut seen = std::collections::HashSet::new();
        diagnostics.retain(|finding| seen.insert((finding.file.clone(), finding.to_string())));
        let errors = diagnostics.iter().filter(|finding| finding.is_error()).count();
        let warnings = diagnostics.len() - errors;
        let files = inputs.iter().filter(|input| !input.is_built_in).map(|input| input.name.as_str()).collect();
        Self { v: VERSION, files, diagnostics, errors, warnings, inputs }
    }

    /// Whether one of them keeps a file from being used.
    pub(super) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// 0, or 1 where something is wrong: an error, or, if asked, a warning.
    pub(super) fn exit_code(&self, is_strict: bool) -> ExitCode {
        let is_bad = self.errors > 0 || (is_strict && self.warnings > 0);
        ExitCode::from(u8::from(is_bad))
    }

    /// Every finding with the line that it is about, and how many there are.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.write_findings(out)?;
        writeln!(out, "{}", self.summary())
    }

    /// Every finding with the line that it is about.
    pub(super) fn write_findings(&self, out: &mut impl Write) -> io::Result<()> {
        let lines: Vec<Vec<&str>> = self.inputs.iter().map(|input| input.text().lines().collect()).collect();
        for finding in self.diagnostics.iter().take(MOST_SHOWN) {
            let file = self.inputs.iter().position(|input| input.name == finding.file);
            let before = usize::try_from(finding.line).unwrap_or(usize::MAX).saturating_sub(1);
            let line = file.and_then(|file| lines.get(file)?.get(before).copied());
            write_finding(out, finding, line.filter(|line| line.len() <= LONGEST_SHOWN_BYTES))?;
        }
        match self.diagnostics.len().checked_sub(MOST_SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => writeln!(out, "… and {more} more: `--format json` lists them all\n"),
        }
    }

    /// `2 files: 1 error, 3 warnings`
    pub(super) fn summary(&self) -> String {
        let files = counted(self.files.len(), "file", "files");
        if self.diagnostics.is_empty() {
            return format!("{files}: nothing wrong");
        }
        let errors = counted(self.errors, "error", "errors");
        let warnings = counted(self.warnings, "warning", "warnings");
        format!("{files}: {errors}, {warnings}")
    }
}

/// `1 file`, `2 files`
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `file:line:column: error: message`, the line with the place marked, and what to do.
fn write_finding(out: &mut impl Write, finding: &Diagnostic, line: Option<&str>) -> io::Result<()> {
    let renderer = Renderer::styled();
    let (level, word, style) = if finding.is_error() {
        (Level::ERROR, "error", annotate_snippets::renderer::DEFAULT_ERROR_STYLE)
    } else {
        (Level::WARNING, "warning", annotate_snippets::renderer::DEFAULT_WARNING_STYLE)
    };
    let Diagnostic { file, line: number, column, message, help, .. } = finding;
    writeln!(out, "{}:{number}:{column}: {style}{word}{style:#}: {message}", harmless(file))?;
    let mut group = Group::with_level(level);
    // An empty line shows nothing that the place does not.
    if let Some(line) = line.filter(|line| !line.trim().is_empty()) {
        let (line, place) = around(line, *column);
        let number = usize::try_from(*number).unwrap_or(usize::MAX);
        let mark = AnnotationKind::Primary.span(place..place);
        group = group.element(Snippet::source(line).line_start(number).annotation(mark));
    }
    if !group.is_empty() {
        writeln!(out, "{}", renderer.render(&[group]))?;
    }
    if let Some(help) = help {
        let style = annotate_snippets::renderer::DEFAULT_HELP_STYLE;
        writeln!(out, "  {style}help{style:#}: {help}")?;
    }
    writeln!(out)
}

/// The line around a column (from 1, in characters), and the place in it, in bytes. Nobody reads a line of a megabyte,
/// and drawing it takes its time.
fn around(line: &str, column: u32) -> (String, usize) {
    let before = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
    let first = if before > LONGEST_LINE { before - LONGEST_LINE / 2 } else { 0 };
    let shown: String = line.chars().skip(first).take(LONGEST_LINE).collect();
    let place = shown.char_indices().nth(before - first).map_or(shown.len(), |(at, _)| at);
    (shown, place)
}
