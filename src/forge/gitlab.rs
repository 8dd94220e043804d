//! GitLab: GitLab.com and self-managed, Community Edition to Ultimate. Payloads and answers become the gate's types, checks
//! become calls.
//!
//! - [`GitLab`]: the client. [`GitLab::read`] reads a change, [`GitLab::apply`] publishes a check, [`GitLab::open_changes`]
//!   and its likes list what there is.
//! - [`approvals`]: which commit an approval was given for, as GitLab does not say it.
//! - `query`: the GraphQL document; `wire`: our own structs for the answers.
//!
//! Never in here: a decision, a clock of its own, an address taken from a payload.

pub mod approvals;
mod client;
mod comments;
mod compare;
mod endpoints;
mod jobs;
mod list;
mod lookup;
mod mechanism;
mod publish;
pub mod query;
mod rate;
mod read;
mod wire;

pub use client::{GitLab, GitLabConfig};
pub use mechanism::Mechanism;
