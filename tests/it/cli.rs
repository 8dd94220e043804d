//! The command line, as the real binary.

mod detect;
mod help;
mod process;
mod serve;
