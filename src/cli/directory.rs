//! `seconder directory`: look through directory files without a server, and let through what the server holds.

mod accept;
mod check;
pub(in crate::cli) mod groups;
mod lookup;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Which of them.
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
    /// Let through what the server holds of a group: that many joined or left at once.
    Accept(accept::Accept),
}

impl Directory {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            Command::Check(check) => check.run(),
            Command::Lookup(lookup) => lookup.run(),
            Command::Accept(accept) => super::runtime()?.block_on(accept.run()),
        }
    }
}
