//! The command line, as the real binary.

mod detect;
mod help;
pub(crate) mod process;
mod serve;
