//! A forge in a box: a stateful GitHub or GitLab over real HTTP, in this process, for `seconder demo` and every scenario
//! test.
//!
//! State first, HTTP second: accounts, a small git, pull requests, checks and rulesets live in one world; REST,
//! GraphQL and webhooks are three views of it, so they cannot disagree. What the world holds follows the forges' public
//! documents (API descriptions, GraphQL schemas, webhook payload examples), and the tests hold it to them. The same story
//! can be told on both: see [`Dialect`].
//!
//! This room imports no other room of the crate, not even the gate: it must not share our misunderstandings.
//!
//! - [`Sandbox`]: the handle: start, tell a story, look at what came out;
//! - `world`, `git`, `accounts`, `repositories`, `pulls`, `checks`, `apps`: the state;
//! - `story`: what people do, as methods of the handle;
//! - `http`, `rest`, `graphql`, `pages`: what answers a request; `webhooks`: what goes out; `shapes`: the JSON of both;
//! - `gitlab`: what only GitLab has, and its view of all the rest;
//! - [`Faults`], [`Call`]: trouble on demand, and a record of every call.

mod accounts;
mod apps;
mod checks;
mod clock;
mod faults;
mod git;
mod gitlab;
mod graphql;
mod handle;
mod http;
mod pages;
mod pulls;
mod repositories;
mod rest;
mod shapes;
mod story;
mod tap;
mod webhooks;
mod world;

pub use accounts::{Account, AccountKind};
pub use apps::{App, Webhook};
pub use checks::{CheckRun, CommitStatus};
pub use clock::Pace;
pub use faults::{Fault, Faults, Matching, Reset};
pub use git::{NewCommit, Signature};
pub use gitlab::{Dialect, Edition, GitLab, Job, Secrets, VerdictJob};
pub use handle::{Options, Sandbox, StartError};
pub use pulls::{MergeGroup, Opinion};
pub use repositories::{Permission, Settings};
pub use story::{NewGroup, OpenPull};
pub use tap::{Call, Credential};
pub use webhooks::{Delivery, Outcome};
pub use world::MergeRefused;
