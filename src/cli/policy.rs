//! `seconder policy`: check and explain policy files without a server.

mod check;
mod explain;
mod levels;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Which of the two.
#[derive(Debug, Args)]
#[command(after_help = "Example: seconder policy check .github/seconder.yml")]
pub struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell what is wrong with policy files, and what is worth a look.
    Check(check::Check),
    /// Tell in English what policies say: a sentence for each rule and setting, and who could satisfy the rules.
    Explain(explain::Explain),
}

impl Policy {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            Command::Check(check) => check.run(),
            Command::Explain(explain) => explain.run(),
        }
    }
}
