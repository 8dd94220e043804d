//! `seconder version`: what this program is, for bug reports.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::OnceLock;

use clap::Args;
use serde::Serialize;

use super::output::{self, Format, VERSION};
use crate::directory::file as directory;
use crate::gate::detect::Catalogue;
use crate::gate::policy::schema as policy;
use crate::gate::verdict;
use crate::store::migrations;

/// The commit that the program was built from, where the build knew it.
const COMMIT: Option<&str> = option_env!("SECONDER_COMMIT");

/// How to print it.
#[derive(Debug, Args)]
#[command(after_help = "Example: seconder version --format json")]
pub struct Version {
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct About {
    v: u32,
    version: &'static str,
    commit: Option<&'static str>,
    target: String,
    features: Vec<&'static str>,
    formats: Formats,
    catalogue: KnownTools,
    migrations: usize,
}

/// The versions of the formats that it reads and writes.
#[derive(Debug, Serialize)]
struct Formats {
    policy: u64,
    directory: u64,
    verdict: u32,
}

/// The catalogue of AI tools.
#[derive(Debug, Serialize)]
struct KnownTools {
    digest: &'static str,
    tools: usize,
}

/// `0.1.0 (abc123def456)`: what `--version` says after the name.
pub(super) fn short() -> &'static str {
    static SHORT: OnceLock<String> = OnceLock::new();
    SHORT.get_or_init(|| match COMMIT.filter(|commit| !commit.is_empty()) {
        Some(commit) => format!("{} ({commit})", env!("CARGO_PKG_VERSION")),
        None => env!("CARGO_PKG_VERSION").to_owned(),
    })
}

impl About {
    fn this() -> Self {
        let catalogue = Catalogue::embedded();
        let environment = if cfg!(target_env = "musl") { "-musl" } else { "" };
        Self {
            v: VERSION,
            version: env!("CARGO_PKG_VERSION"),
            commit: COMMIT.filter(|commit| !commit.is_empty()),
            target: format!("{}-{}{environment}", std::env::consts::ARCH, std::env::consts::OS),
            features: if cfg!(feature = "sandbox") { vec!["sandbox"] } else { Vec::new() },
            formats: Formats { policy: policy::VERSION, directory: directory::VERSION, verdict: verdict::VERSION },
            catalogue: KnownTools { digest: catalogue.digest(), tools: catalogue.tools().len() },
            migrations: migrations(),
        }
    }
}

impl Version {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let about = About::this();
        if self.format == Format::Json {
            output::json(&about)?;
            return Ok(ExitCode::SUCCESS);
        }
        let Formats { policy, directory, verdict } = about.formats;
        let digest: String = about.catalogue.digest.chars().take(12).collect();
        let features = if about.features.is_empty() { "none".to_owned() } else { about.features.join(", ") };
        let mut out = output::stdout();
        writeln!(out, "seconder {}", short())?;
        writeln!(out, "target      {}", about.target)?;
        writeln!(out, "features    {features}")?;
        writeln!(out, "formats     policy {policy}, directory {directory}, verdict {verdict}")?;
        writeln!(out, "catalogue   {} tools, {digest}", about.catalogue.tools)?;
        writeln!(out, "migrations  {}", about.migrations)?;
        Ok(ExitCode::SUCCESS)
    }
}
