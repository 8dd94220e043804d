//! `seconder schema`: JSON Schemas of the files that people write, for editors.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::output;
use crate::config;
use crate::directory::file as directory;
use crate::gate::detect::catalogue;
use crate::gate::policy::schema as policy;

/// Which schema to print.
#[derive(Debug, Args)]
#[command(after_help = "\
The schemas are JSON Schema, draft 2020-12. The first line of a YAML file names one to editors:
  # yaml-language-server: $schema=./policy.schema.json

Example: seconder schema policy > policy.schema.json")]
pub struct Schema {
    /// The kind of file.
    #[arg(value_enum, value_name = "KIND")]
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A policy: `.github/seconder.yml`, an organisation's `seconder.yml`, or the floor.
    Policy,
    /// A directory file.
    Directory,
    /// The catalogue of AI tools.
    Agents,
    /// The server's configuration, `seconder.toml`.
    Config,
}

impl Schema {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        output::json(&match self.kind {
            Kind::Policy => policy::json_schema(),
            Kind::Directory => directory::json_schema(),
            Kind::Agents => catalogue::json_schema(),
            Kind::Config => config::json_schema(),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
