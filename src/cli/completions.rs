//! `seconder completions` and `seconder man`: what shells and `man` know of the command line.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use clap_complete::Shell;
use clap_mangen::Man;

/// For which shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seconder completions bash > ~/.local/share/bash-completion/completions/seconder
  seconder completions zsh > ~/.zfunc/_seconder
  seconder completions fish > ~/.config/fish/completions/seconder.fish")]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Which page.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seconder man > seconder.1
  seconder man policy check > seconder-policy-check.1")]
pub struct ManPage {
    /// A command, for a page of its own, e.g. `policy check`.
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl Completions {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        // In memory first: the generator panics where it cannot write.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "seconder", &mut script);
        io::stdout().write_all(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl ManPage {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let mut command = super::command();
        // Gives every command its full name, and the options that all share.
        command.build();
        for name in &self.command {
            let Some(inner) = command.find_subcommand(name) else {
                bail!("there is no command `{}`; `seconder --help` lists them", self.command.join(" "));
            };
            command = inner.clone();
        }
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        io::stdout().write_all(&page)?;
        Ok(ExitCode::SUCCESS)
    }
}
