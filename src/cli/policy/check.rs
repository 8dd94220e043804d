//! `seconder policy check`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::levels::LevelArgs;
use crate::cli::output::{self, Format, Report};
use crate::gate::policy::diagnostic::list;

#[derive(Debug, Args)]
#[command(after_help = "\
Each file is checked on its own, together with the levels above it. Exit code: 0 if no error was found, 1 if one was, 2 if \
a file cannot be read.

Examples:
  seconder policy check .github/seconder.yml
  seconder policy check --level organisation --config seconder.toml --strict seconder.yml
  seconder policy check --tiers L3,L4,L5 --format json - < .github/seconder.yml")]
pub(super) struct Check {
    /// Policy files; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    levels: LevelArgs,
    /// Exit with 1 on warnings, too.
    #[arg(long)]
    strict: bool,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Check {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let levels = self.levels.read(&self.files)?;
        let mut findings: Vec<_> = levels.laws().flat_map(|law| law.findings).collect();
        findings.extend(levels.findings.clone());
        let report = Report::new(&levels.inputs, findings);
        match self.format {
            Format::Json => output::json(&report)?,
            Format::Text => {
                let mut out = output::stdout();
                report.write(&mut out)?;
                if levels.are_tiers_assumed {
                    let tiers: Vec<&str> = levels.tiers.names().iter().map(String::as_str).collect();
                    let tiers = list(&tiers, "and");
                    writeln!(out, "Taken for granted: the tiers {tiers}. Name yours with --directory or --tiers.")?;
                }
            }
        }
        Ok(report.exit_code(self.strict))
    }
}
