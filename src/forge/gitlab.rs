//! GitLab: GitLab.com and self-managed, Community Edition to Ultimate. Payloads and answers become the gate's types, checks
//! become calls.
//!
//! - [`GitLab`]: the client. [`GitLab::read`] reads a change, [`GitLab::apply`] publishes a check, [`GitLab::open_changes`]
//!   and its likes list what there is.
//! - [`webhook`]: deliveries, and [`job_token`]: which of its CI jobs asks; pure.
//! - [`approvals`]: which commit an approval was given for, as GitLab does not say it.
//! - [`instance`], [`setup`]: which GitLab it is, and the settings that the gate is set up by.
//! - `query`: the GraphQL document; `wire`: our own structs for the answers.
//!
//! Never in here: a decision, a clock of its own, an address taken from a payload.

pub mod approvals;
mod client;
mod comments;
mod compare;
mod endpoints;
pub mod instance;
pub mod job_token;
mod jobs;
mod list;
mod lookup;
mod mechanism;
mod members;
mod publish;
pub mod query;
mod rate;
mod read;
mod revive;
pub mod setup;
mod status_check;
pub mod webhook;
mod wire;

pub use client::{GitLab, GitLabConfig};
pub use mechanism::Mechanism;

use crate::gate::command::{self, Said};

/// What a note says to us, if anything. A bare `/approve` is GitLab's own quick action, whatever the policy says of it.
/// <https://docs.gitlab.com/user/project/quick_actions/>
pub fn said(note: &str) -> Option<Said> {
    command::parse(note).filter(|said| !said.is_bare)
}
