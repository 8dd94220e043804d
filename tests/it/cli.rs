//! The command line, as the real binary.

mod detect;
mod help;
mod live;
pub(crate) mod process;
mod serve;
