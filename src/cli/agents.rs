//! `seconder agents`: the AI tools that are known, and what in a text would match them.

mod check;
mod list;
mod show;
mod test;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::catalogue::AgentsArg;
use super::output::Format;
use crate::gate::detect::Catalogue;

/// What to do; without a word, the tools are listed.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "\
The list says of each tool how many marks of each kind it leaves, and which file names it.

Examples:
  seconder agents
  seconder agents --agents our-agents.yml --format json
  seconder agents show claude
  seconder agents test 'Assisted-by: Claude'
  seconder agents check our-agents.yml")]
pub struct Agents {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: list::List,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell all that is known of a tool: its marks, samples and sources.
    Show(show::Show),
    /// Tell what in a text would be evidence, by which mark of which tool, and what only looks like it.
    Test(test::Test),
    /// Check files of your own tools: read them strictly, and try their samples.
    Check(check::Check),
}

/// What all of them take.
#[derive(Debug, Args)]
struct Common {
    #[command(flatten)]
    agents: AgentsArg,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Agents {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            None => self.list.run(),
            Some(Command::Show(show)) => show.run(),
            Some(Command::Test(test)) => test.run(),
            Some(Command::Check(check)) => check.run(),
        }
    }
}

/// How people call a file of the catalogue.
fn file_name(catalogue: &Catalogue, file: usize) -> &str {
    match file {
        0 => "built in",
        file => catalogue.files().get(file).map_or("", String::as_str),
    }
}
