//! The command line. Exit codes: 0 done, 1 a check or policy says no, 2 wrong usage or environment.

#![expect(clippy::print_stderr, reason = "this is where the process speaks to people")]

pub mod agents;
mod catalogue;
pub mod check;
pub mod completions;
pub mod connect;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod detect;
pub mod directory;
pub mod doctor;
pub mod evaluate;
mod healthcheck;
mod input;
mod live;
pub mod output;
mod people;
pub mod policy;
pub mod progress;
pub mod scan;
pub mod schema;
pub mod serve;
mod signals;
mod supervisor;
pub mod version;

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::gate::policy::diagnostic::harmless;
use crate::telemetry::{LogFormat, start_logging};

/// A required check for AI-assisted changes: green only once a senior second person approved that exact commit.
#[derive(Debug, Parser)]
#[command(name = "seconder", version = version::short(), propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: take webhooks, judge changes, publish the check.
    #[command(after_help = "Example: seconder serve --config seconder.toml\n\
        Every key of the file can also be set in the environment: SECONDER_STORE__URL=sqlite:other.db")]
    Serve {
        /// The configuration file; config/seconder.toml in the source tree documents every key.
        #[arg(long, value_name = "FILE", env = "SECONDER_CONFIG")]
        config: PathBuf,
        /// How to write log lines.
        #[arg(long, value_enum, default_value_t = Format::Auto)]
        log_format: Format,
        /// What to log, e.g. `info,seconder=debug`.
        #[arg(long, default_value = "info", env = "SECONDER_LOG")]
        log: String,
    },
    Healthcheck(healthcheck::Healthcheck),
    /// Watch the gate at work: a real server and a sandbox GitHub on this machine, without account or credentials.
    #[cfg(feature = "sandbox")]
    Demo(demo::Demo),
    /// Tell which commits show signs of AI assistance: JSON Lines in, JSON Lines out.
    #[command(
        after_help = "Each input line: {\"sha\", \"message\", \"author\": {\"name\", \"email\"}, \"committer\": {…}}\n\
        Each output line: {\"sha\", \"assisted\", \"tools\", \"evidence\": [{\"channel\", \"tool\", \"where\", \"text\", \"strength\"}]}\n\
        The first line that is no commit ends it with an error that names the line, and exit code 2.\n\
        Examples:\n  seconder detect < commits.jsonl\n  seconder detect --agents our-agents.yml < commits.jsonl"
    )]
    Detect(catalogue::AgentsArg),
    /// List the AI tools that are known, tell what in a text would match them, and check files of your own tools.
    Agents(agents::Agents),
    Scan(scan::Scan),
    Check(check::Check),
    Evaluate(evaluate::Evaluate),
    Doctor(doctor::Doctor),
    Connect(connect::Connect),
    /// Check and explain policy files.
    Policy(policy::Policy),
    /// Check directory files, and look people up in them.
    Directory(directory::Directory),
    /// Print the JSON Schema of a kind of file, for editors.
    Schema(schema::Schema),
    /// Tell what this program is: version, commit, formats, tools that it knows.
    Version(version::Version),
    /// Print a script that completes this command line in a shell.
    Completions(completions::Completions),
    /// Print a manual page.
    Man(completions::ManPage),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// One object a line.
    Json,
}

impl Format {
    fn resolve(self) -> LogFormat {
        match self {
            Self::Text => LogFormat::Text,
            Self::Auto if io::stderr().is_terminal() => LogFormat::Text,
            Self::Json | Self::Auto => LogFormat::Json,
        }
    }
}

/// The command line as it is declared, for what is made from it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are not mistakes.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match run(cli.command) {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let said = format!("{error:#}");
            let lines: Vec<String> = said.lines().map(harmless).collect();
            eprintln!("seconder: {}", lines.join("\n"));
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve { config, log_format, log } => {
            start_logging(log_format.resolve(), &log).context("--log")?;
            runtime()?.block_on(serve::run(&config))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Healthcheck(healthcheck) => runtime()?.block_on(healthcheck.run()),
        #[cfg(feature = "sandbox")]
        Command::Demo(demo) => runtime()?.block_on(demo.run()),
        Command::Scan(scan) => runtime()?.block_on(scan.run()),
        Command::Check(check) => runtime()?.block_on(check.run()),
        Command::Evaluate(evaluate) => runtime()?.block_on(evaluate.run()),
        Command::Doctor(doctor) => runtime()?.block_on(doctor.run()),
        Command::Connect(connect) => runtime()?.block_on(connect.run()),
        Command::Detect(agents) => {
            let catalogue = agents.load()?;
            let mut output = BufWriter::new(io::stdout().lock());
            detect::run(io::stdin().lock(), &mut output, &catalogue)?;
            output.flush()?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Agents(agents) => agents.run(),
        Command::Policy(policy) => policy.run(),
        Command::Directory(directory) => directory.run(),
        Command::Schema(schema) => schema.run(),
        Command::Version(version) => version.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(page) => page.run(),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the asynchronous runtime does not start")
}

/// Whoever reads our output has seen enough: that is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn std::error::Error + 'static)| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        // It does not show the error it holds among its causes.
        io.or_else(|| cause.downcast_ref::<serde_json::Error>()?.io_error_kind())
    };
    error.chain().any(|cause| kind(cause) == Some(io::ErrorKind::BrokenPipe))
}
