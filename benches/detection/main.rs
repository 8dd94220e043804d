//! How right and how fast detection is: `cargo bench --bench detection`.
//!
//! Without a file it measures the sample of labelled commits in `tests/fixtures/corpus`. Any JSON Lines file of that form
//! can be given instead.

#![expect(clippy::print_stdout, reason = "it measures for people who read what it prints")]

mod score;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use seconder::gate::detect::Catalogue;
use seconder::gate::detect::branch::branch_evidence;

use score::{Labelled, Score, leave_one_out};

const CATALOGUE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/agents.yml");
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/corpus/commits.jsonl");
const BRANCHES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/corpus/branches.tsv");

/// Measures what detection finds, and how fast.
#[derive(Debug, Parser)]
#[command(
    name = "detection",
    after_help = "Examples:\n  \
    cargo bench --bench detection\n  \
    cargo bench --bench detection -- --corpus commits.jsonl strata misses"
)]
struct Ask {
    /// What to measure; everything, if nothing is named.
    parts: Vec<Part>,
    /// Labelled commits, as JSON Lines.
    #[arg(long, value_name = "FILE", default_value = CORPUS)]
    corpus: PathBuf,
    /// Branches of merged changes, as tab-separated values with a column `head_branch`.
    #[arg(long, value_name = "FILE", default_value = BRANCHES)]
    branches: PathBuf,
    /// The catalogue of tools.
    #[arg(long, value_name = "FILE", default_value = CATALOGUE)]
    catalogue: PathBuf,
    /// Cargo adds it.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Precision and recall by stratum.
    Strata,
    /// What is left of each tool's commits when the catalogue does not know it.
    LeaveOneOut,
    /// Every commit that is missed, called assisted wrongly, or given to other tools.
    Misses,
    /// Which branches gate.
    Branches,
    /// Commits per second.
    Speed,
}

fn main() -> anyhow::Result<()> {
    let ask = Ask::parse();
    let read = |path: &PathBuf| std::fs::read_to_string(path).with_context(|| path.display().to_string());
    let catalogue_text = read(&ask.catalogue)?;
    let catalogue = Catalogue::parse("agents.yml", &catalogue_text)
        .map_err(|findings| anyhow::anyhow!("{} mistakes, first: {:?}", findings.len(), findings.first()))?;
    let commits = score::read(&read(&ask.corpus)?)?;
    let wants = |part| ask.parts.is_empty() || ask.parts.contains(&part);
    let score = Score::of(&commits, &catalogue);
    println!("{} commits, {} tools", commits.len(), catalogue.tools().len());
    if wants(Part::Strata) {
        println!("\n{}", score.table());
    }
    if wants(Part::LeaveOneOut) {
        print_left_out(&commits, &catalogue_text);
    }
    if wants(Part::Misses) {
        for (what, list) in
            [("missed", &score.missed), ("FALSE ALARM", &score.false_alarms), ("other tools", &score.other_tools)]
        {
            for line in list {
                println!("{what}: {line}");
            }
        }
    }
    if wants(Part::Branches) {
        print_branches(&read(&ask.branches)?, &catalogue);
    }
    if wants(Part::Speed) {
        print_speed(&commits, &catalogue);
    }
    Ok(())
}

fn print_left_out(commits: &[Labelled], catalogue: &str) {
    println!("| tool left out | its commits | found with it | found without it |\n| --- | ---: | ---: | ---: |");
    let rows = leave_one_out(commits, catalogue, |_| true);
    for row in &rows {
        println!("| {} | {} | {} | {} |", row.tool, row.commits, row.known, row.unknown);
    }
    let (all, left): (usize, usize) =
        (rows.iter().map(|row| row.commits).sum(), rows.iter().map(|row| row.unknown).sum());
    println!("| all | {all} | {} | {left} |\n", rows.iter().map(|row| row.known).sum::<usize>());
}

/// Branches by what stands before the first `/` or `-`, and how many of them gate.
fn print_branches(table: &str, catalogue: &Catalogue) {
    let mut lines = table.lines();
    let column = lines.next().and_then(|head| head.split('\t').position(|name| name == "head_branch")).unwrap_or(0);
    let mut rows = std::collections::BTreeMap::<String, (u32, u32)>::new();
    for branch in lines.filter_map(|line| line.split('\t').nth(column)) {
        let end = branch.find(['/', '-']).map_or(0, |end| end + 1);
        let gates = branch_evidence(branch, catalogue).iter().any(|piece| piece.gates);
        let row = rows.entry(branch.get(..end).unwrap_or_default().to_owned()).or_default();
        row.0 += 1;
        row.1 += u32::from(gates);
    }
    println!("| branches | number | gate |\n| --- | ---: | ---: |");
    for (start, (all, gating)) in
        rows.iter().filter(|(start, (all, gating))| *gating > 0 || (*all > 2 && start.ends_with('-')))
    {
        println!("| `{start}…` | {all} | {gating} |");
    }
    let (all, gating) = rows.values().fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    println!("| all | {all} | {gating} |\n");
}

/// One thread, whole commits, until two seconds have passed.
fn print_speed(commits: &[Labelled], catalogue: &Catalogue) {
    let bytes: usize = commits.iter().map(|commit| commit.message.len()).sum();
    let (began, mut rounds) = (Instant::now(), 0_u32);
    while began.elapsed() < Duration::from_secs(2) {
        for commit in commits {
            std::hint::black_box(commit.detect(catalogue));
        }
        rounds += 1;
    }
    let number = f64::from(u32::try_from(commits.len()).unwrap_or(u32::MAX)) * f64::from(rounds);
    let seconds = began.elapsed().as_secs_f64();
    let mean = bytes.checked_div(commits.len()).unwrap_or_default();
    println!(
        "detect, one thread: {:.0} commits/s ({:.1} µs each, {mean} bytes of message on average)",
        number / seconds,
        seconds * 1e6 / number
    );
}
