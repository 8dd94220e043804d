//! The command line, as the real binary.

mod about;
mod agents;
mod bad_input;
mod check;
mod connect;
mod detect;
mod directory;
mod files;
mod healthcheck;
mod help;
mod live;
mod policy;
pub(crate) mod process;
mod serve;
mod settings;
mod signals;
