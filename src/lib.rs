//! Seconder: a required check for AI-assisted changes, green only once a senior second person approved that exact
//! commit.
//!
//! The house, room by room (`ARCHITECTURE.md` says who may import whom):
//!
//! - [`gate`]: the decision. Pure: no I/O, no clock, no async.
//! - [`forge`]: GitHub. Payloads and API answers become the gate's types; verdicts become API calls. Decides nothing.
//! - [`directory`]: where people and tiers come from.
//! - [`history`]: local git histories. No network, no `git` program.
//! - [`scan`]: looks through a local history with the detector, and counts.
//! - [`store`]: SQLite and PostgreSQL behind one interface.
//! - [`engine`]: the loop: claim, read, evaluate, record, publish.
//! - [`server`]: the HTTP routes.
//! - `sandbox`: a forge in a box, for `seconder demo` and every scenario test.
//! - [`cli`], [`config`], [`clock`], [`telemetry`], [`wake`]: the process around it.

pub mod cli;
pub mod clock;
pub mod config;
pub mod directory;
pub mod engine;
pub mod forge;
pub mod gate;
pub mod history;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod scan;
pub mod server;
pub mod store;
pub mod telemetry;
pub mod wake;
