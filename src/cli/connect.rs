//! `seconder connect`: sets a forge up so that it asks this server, and waits for its answer.

pub mod gitlab;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Set a forge up for the gate: shows what it would do, does it if asked, and can take it back.
#[derive(Debug, Args)]
pub struct Connect {
    #[command(subcommand)]
    forge: Forge,
}

#[derive(Debug, Subcommand)]
enum Forge {
    Gitlab(Box<gitlab::GitLab>),
}

impl Connect {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let Forge::Gitlab(gitlab) = &self.forge;
        gitlab.run().await
    }
}
