//! GitHub: cloud, GHE.com and Enterprise Server. Payloads and answers become the gate's types, checks become calls.
//!
//! - [`webhook`]: deliveries, pure.
//! - [`GitHub`]: the client. [`GitHub::read`] reads a change, [`GitHub::apply`] publishes a check,
//!   [`GitHub::open_changes`] and its likes list what there is.
//! - `query`: the GraphQL documents; `wire`: our own structs for the answers.
//!
//! Never in here: a decision, a clock of its own, an address taken from a payload.

mod client;
mod comments;
mod compare;
mod deliveries;
mod diff;
mod endpoints;
mod groups;
mod list;
mod logins;
mod lookup;
mod publish;
pub mod query;
mod rate;
mod read;
mod records;
pub mod requirements;
mod rules;
mod setup;
mod suggestions;
mod tokens;
pub mod webhook;
mod wire;

pub use client::{GitHub, GitHubConfig};
pub use comments::reaction;
pub use lookup::RepositorySettings;
pub use setup::{App, BranchSetup, Budget, Bypass, Granted, Hook};

pub use super::{
    BranchRules, Clock, CommentNow, CommentText, Error, FoundCommands, GroupRead, GroupReading, Installation,
    OpenChange, OpenChanges, PolicyText, PolicyTexts, RULES_BELIEVED_FOR, Rate, RateLimit, ReadOptions, Reading,
    RecordedDelivery,
};
