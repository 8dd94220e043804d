//! `seconder agents check`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde::Serialize;

use crate::cli::catalogue::compile;
use crate::cli::input;
use crate::cli::output::{self, Format, Report, counted};
use crate::gate::detect::Catalogue;
use crate::gate::yaml::MAX_BYTES;

#[derive(Debug, Args)]
#[command(after_help = "\
The files are laid over the built-in tools in their order, as `[agents] files` of the server lays them, and every sample is
tried: each positive one must match its tool, no negative one and nothing that everybody writes may match any. Exit code: 0 if
no error was found, 1 if one was, 2 if a file cannot be read.

Examples:
  seconder agents check our-agents.yml
  seconder agents check our-agents.yml --strict --format json")]
pub(super) struct Check {
    /// Files of AI tools, each laid over those before it; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Exit with 1 on warnings, too.
    #[arg(long)]
    strict: bool,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Checked<'a> {
    #[serde(flatten)]
    report: Report<'a>,
    /// Absent where the files make no catalogue.
    #[serde(flatten)]
    counts: Option<Counts>,
}

/// What the files make of the catalogue.
#[derive(Debug, Serialize)]
struct Counts {
    digest: String,
    tools: usize,
    added: usize,
    switched_off: Vec<String>,
    marks_switched_off: usize,
}

impl Check {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let inputs = input::read_all(&self.files, MAX_BYTES)?;
        if inputs.is_empty() {
            bail!("name a file to check");
        }
        let (counts, findings) = match compile(&inputs) {
            Ok((catalogue, warnings)) => (Some(Counts::of(&catalogue)), warnings),
            Err(findings) => (None, findings),
        };
        let checked = Checked { report: Report::new(&inputs, findings), counts };
        match self.format {
            Format::Json => output::json(&checked)?,
            Format::Text => {
                let mut out = output::stdout();
                checked.report.write_findings(&mut out)?;
                if let Some(counts) = &checked.counts {
                    writeln!(out, "{}", counts.sentence())?;
                }
                writeln!(out, "{}", checked.report.summary())?;
            }
        }
        Ok(checked.report.exit_code(self.strict))
    }
}

impl Counts {
    fn of(catalogue: &Catalogue) -> Self {
        let marks = catalogue.tools().iter().flat_map(|tool| &tool.marks);
        Self {
            digest: catalogue.digest().to_owned(),
            tools: catalogue.tools().len(),
            added: catalogue.tools().iter().filter(|tool| tool.file > 0).count(),
            switched_off: catalogue.switched_off().iter().map(|tool| tool.id.clone()).collect(),
            marks_switched_off: marks.filter(|mark| !mark.is_on).count(),
        }
    }

    fn sentence(&self) -> String {
        let tools = counted(self.tools, "tool", "tools");
        let marks = counted(self.marks_switched_off, "mark", "marks");
        let off = match (self.switched_off.as_slice(), self.marks_switched_off) {
            ([], 0) => String::new(),
            ([], _) => format!("; switched off: {marks}"),
            (ids, 0) => format!("; switched off: {}", ids.join(", ")),
            (ids, _) => format!("; switched off: {}, and {marks} of others", ids.join(", ")),
        };
        format!("{tools}, {} of them your own{off}", self.added)
    }
}
