//! The figures of the product, measured, as one table: `cargo bench --bench budgets`.
//!
//! Counts and ratios are the point; absolute figures carry the machine, which is named above the table. The server is the
//! `seconder` binary of this profile, in a process of its own, against the sandbox's GitHub in this one.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it measures for people who read what it prints")]

mod accept;
mod burst;
mod calls;
mod decision;
mod deliver;
mod latency;
mod load;
mod machine;
#[expect(dead_code, reason = "the tests use the rest of it")]
#[path = "../../tests/it/pg.rs"]
mod pg;
mod served;
mod stage;
mod table;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};

use machine::Machine;
use table::{Row, Table};

/// Measures what Seconder costs.
#[derive(Debug, Parser)]
#[command(
    name = "budgets",
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  \
    cargo bench --bench budgets\n  cargo bench --bench budgets -- --format json\n  \
    cargo bench --bench budgets -- calls decision --quick"
)]
struct Ask {
    /// What to measure; everything, if nothing is named.
    parts: Vec<Part>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
    /// Fewer rounds: to see that it runs, not to quote.
    #[arg(long)]
    quick: bool,
    /// Cargo adds it.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    serve: Option<Serve>,
}

/// The parts of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// API calls per event.
    Calls,
    /// From the webhook to the check.
    Latency,
    /// CPU per webhook, and memory.
    Load,
    /// Many deliveries at once.
    Burst,
    /// Deliveries accepted durably per second.
    Accept,
    /// The decision itself.
    Decision,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people.
    Markdown,
    /// One object.
    Json,
}

/// What this program is in processes that it starts itself.
#[derive(Debug, Subcommand)]
enum Serve {
    /// The webhook route of the server, without the engine.
    #[command(hide = true)]
    Route { config: std::path::PathBuf },
    /// The same route without a store.
    #[command(hide = true)]
    Bare { config: std::path::PathBuf },
}

fn main() -> anyhow::Result<()> {
    let ask = Ask::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match ask.serve {
        Some(Serve::Route { config }) => runtime.block_on(accept::serve::route(&config)),
        Some(Serve::Bare { config }) => runtime.block_on(accept::serve::bare(&config)),
        None => runtime.block_on(measure(&ask)),
    }
}

async fn measure(ask: &Ask) -> anyhow::Result<()> {
    let mut machine = Machine::look()?;
    let mut rows: Vec<Row> = Vec::new();
    for part in Part::value_variants() {
        if !ask.parts.is_empty() && !ask.parts.contains(part) {
            continue;
        }
        eprintln!("measuring {part:?} …");
        let found = match part {
            Part::Calls => calls::measure().await,
            Part::Latency => latency::measure(ask.quick).await,
            Part::Load => load::measure(ask.quick).await,
            Part::Burst => burst::measure(ask.quick).await,
            Part::Accept => accept::measure(ask.quick).await,
            Part::Decision => decision::measure(),
        };
        rows.extend(found.with_context(|| format!("{part:?}"))?);
    }
    machine.look_again()?;
    let table = Table { v: 1, machine, rows };
    match ask.format {
        Format::Markdown => println!("{table}"),
        Format::Json => println!("{}", serde_json::to_string_pretty(&table)?),
    }
    Ok(())
}
