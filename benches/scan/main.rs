//! What a scan of a local history costs, beside what git itself needs to read it: `cargo bench --bench scan`.
//!
//! Ratios are the point: times carry the machine. `scan` is the `seconder` binary of this profile. Without a repository, one
//! is generated.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it measures for people who read what it prints")]

mod generate;
#[path = "../budgets/machine.rs"]
mod machine;
mod patterns;
mod process;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser;
use serde::Serialize;

use machine::Machine;
use process::{Cost, cost, output};

/// Measures `seconder scan` on git repositories.
#[derive(Debug, Parser)]
#[command(
    name = "scan",
    after_help = "Examples:\n  cargo bench --bench scan\n  \
    cargo bench --bench scan -- ../some/clone ../another --rounds 3\n  \
    cargo bench --bench scan -- --commits 1000000 --format json"
)]
struct Ask {
    /// Repositories. Without any, one is generated.
    repositories: Vec<PathBuf>,
    /// How many commits the generated one has.
    #[arg(long, default_value_t = 50_000)]
    commits: u64,
    /// How often each is measured; the fastest counts.
    #[arg(long, default_value_t = 2)]
    rounds: u32,
    /// How to print it: markdown or json.
    #[arg(long, default_value = "markdown")]
    format: String,
    /// Cargo adds it.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What was measured on one repository.
#[derive(Debug, Serialize)]
struct Row {
    repository: String,
    commits: u64,
    assisted: u64,
    /// `seconder scan`, with and without comparing trees.
    scan: Cost,
    without_folders: Cost,
    one_thread: Cost,
    /// `git log --format=%B | wc`
    log: Cost,
    /// `git log -E -i --grep=…` with the catalogue's footers, addresses and co-author keys.
    grep: Cost,
}

#[derive(Debug, Serialize)]
struct Table {
    v: u32,
    machine: Machine,
    rows: Vec<Row>,
}

fn main() -> anyhow::Result<()> {
    let ask = Ask::parse();
    let mut machine = Machine::look()?;
    let mut rows = Vec::new();
    if ask.repositories.is_empty() {
        let folder = tempfile::tempdir()?;
        eprintln!("generating {} commits …", ask.commits);
        generate::repository(folder.path(), ask.commits)?;
        rows.push(measure(folder.path(), "generated", ask.rounds)?);
    }
    for repository in &ask.repositories {
        rows.push(measure(repository, &repository.display().to_string(), ask.rounds)?);
    }
    machine.look_again()?;
    let table = Table { v: 1, machine, rows };
    if ask.format == "json" {
        println!("{}", serde_json::to_string_pretty(&table)?);
    } else {
        print(&table);
    }
    Ok(())
}

fn measure(repository: &Path, name: &str, rounds: u32) -> anyhow::Result<Row> {
    eprintln!("measuring {name} …");
    let path = repository.to_str().context("the path is not UTF-8")?;
    let seconder = env!("CARGO_BIN_EXE_seconder");
    let report = output(seconder, &["scan", path, "--format", "json", "--top", "0"])?;
    let report: serde_json::Value = serde_json::from_str(&report)?;
    let count = |key: &str| report["total"][key].as_u64().unwrap_or_default();
    let scan = |more: &[&str]| {
        let args: Vec<&str> = ["scan", path, "--format", "json"].into_iter().chain(more.iter().copied()).collect();
        cost(seconder, &args, rounds)
    };
    let grep = "git -C \"$1\" log -E -i --grep=\"$2\" --format=%H HEAD | wc -l";
    let pattern = patterns::alternation()?;
    Ok(Row {
        repository: name.to_owned(),
        commits: count("commits"),
        assisted: count("assisted"),
        scan: scan(&[])?,
        without_folders: scan(&["--no-folders"])?,
        one_thread: scan(&["--threads", "1"])?,
        log: cost("sh", &["-c", "git -C \"$1\" log --format=%B HEAD | wc", "sh", path], rounds)?,
        grep: cost("sh", &["-c", grep, "sh", path, &pattern], 1)?,
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of a measurement are far below 2^52")]
fn print(table: &Table) {
    println!("{}\n", table.machine);
    println!(
        "| repository | commits | assisted | `scan` | commits/s | peak memory (anonymous) | one thread | `--no-folders` | `git log \\| wc` | `scan` in parts of it | `git log --grep` | `scan` in parts of it |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for row in &table.rows {
        println!(
            "| {} | {} | {} | {:.2} s | {:.0} | {} MiB ({} MiB) | {:.2} s | {:.2} s | {:.2} s | {:.2} | {:.2} s | {:.3} |",
            row.repository,
            row.commits,
            row.assisted,
            row.scan.seconds,
            row.commits as f64 / row.scan.seconds,
            row.scan.peak_kib / 1024,
            row.scan.anonymous_kib / 1024,
            row.one_thread.seconds,
            row.without_folders.seconds,
            row.log.seconds,
            row.scan.seconds / row.log.seconds,
            row.grep.seconds,
            row.scan.seconds / row.grep.seconds,
        );
    }
}
