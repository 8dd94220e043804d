//! The command line, as the real binary.

mod detect;
mod healthcheck;
mod help;
pub(crate) mod process;
mod serve;
mod settings;
mod signals;
