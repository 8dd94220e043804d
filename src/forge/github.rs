//! GitHub: cloud, GHE.com and Enterprise Server. Payloads and answers become the gate's types, checks become calls.
//!
//! - [`webhook`]: deliveries, pure.
//! - [`GitHub`]: the client. [`GitHub::read`] reads a change, [`GitHub::apply`] publishes a check,
//!   [`GitHub::open_changes`] and its likes list what there is.
//! - `query`: the GraphQL documents; `wire`: our own structs for the answers.
//!
//! Never in here: a decision, a clock of its own, an address taken from a payload.

mod client;
mod compare;
mod endpoints;
mod error;
mod list;
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
pub use list::{Installation, OpenChange};
pub use read::{PolicyText, PolicyTexts, Rate, ReadOptions, Reading};
pub use rules::{BranchRules, RULES_BELIEVED_FOR};
