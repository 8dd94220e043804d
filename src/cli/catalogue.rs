//! The catalogue that a command detects with: the embedded one, and files that are laid over it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;

use super::input::{self, Input};
use crate::gate::detect::Catalogue;
use crate::gate::policy::diagnostic::Diagnostic;
use crate::gate::yaml::MAX_BYTES;

/// Files over the embedded catalogue.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct AgentsArg {
    /// A file of AI tools to lay over the built-in ones; repeat it for several, each over those before it.
    #[arg(long = "agents", value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
}

impl AgentsArg {
    /// Reads the files. What is worth a look goes to stderr.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or everything that is wrong with them.
    pub(super) fn load(&self) -> anyhow::Result<Arc<Catalogue>> {
        let inputs = input::read_all(&self.files, MAX_BYTES)?;
        match compile(&inputs) {
            Ok((catalogue, warnings)) => {
                for warning in warnings {
                    eprintln!("seconder: {warning}");
                }
                Ok(Arc::new(catalogue))
            }
            Err(findings) => {
                let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
                bail!("the tools cannot be used:\n{}", lines.join("\n"))
            }
        }
    }
}

/// The embedded catalogue with these laid over it, and warnings; or everything that is wrong with them.
pub(super) fn compile(inputs: &[Input]) -> Result<(Catalogue, Vec<Diagnostic>), Vec<Diagnostic>> {
    let unreadable: Vec<_> = inputs.iter().filter_map(|input| input.content.clone().err()).collect();
    if !unreadable.is_empty() {
        return Err(unreadable);
    }
    let texts: Vec<(&str, &str)> = inputs.iter().map(|input| (input.name.as_str(), input.text())).collect();
    Catalogue::with(&texts)
}
