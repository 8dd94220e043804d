//! `seconder directory`: look through directory files without a server.

mod check;
mod lookup;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Which of the two.
#[derive(Debug, Args)]
#[command(after_help = "Example: seconder directory lookup ana@acme.example --directory directory.yml")]
pub struct Directory {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell what is wrong with directory files, and count what is in them.
    Check(check::Check),
    /// Tell who has an account: which tier, by which rule, and whether approvals can count.
    Lookup(lookup::Lookup),
}

impl Directory {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            Command::Check(check) => check.run(),
            Command::Lookup(lookup) => lookup.run(),
        }
    }
}
