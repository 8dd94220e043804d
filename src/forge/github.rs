//! GitHub: cloud, GHE.com and Enterprise Server. Payloads and answers become the gate's types, checks become calls.
//!
//! - [`webhook`]: deliveries, pure.
//! - [`GitHub`]: the client. [`GitHub::read`] reads a change, [`GitHub::apply`] publishes a check.
//! - `query`: the GraphQL documents; `wire`: our own structs for the answers.
//!
//! Never in here: a decision, a clock of its own, an address taken from a payload.

mod client;
mod endpoints;
mod error;
mod logins;
mod publish;
pub mod query;
mod rate;
mod read;
mod rules;
mod tokens;
pub mod webhook;
mod wire;

pub use client::{Clock, GitHub, GitHubConfig};
pub use error::Error;
pub use read::{PolicyText, PolicyTexts, Rate, ReadOptions, Reading};
