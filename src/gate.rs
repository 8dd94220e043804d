//! The decision. A functional core: no async, no I/O, no clock, no environment; it cannot fail.
//!
//! `evaluate(&Facts, &Policy) -> Verdict` is total and deterministic. The time is `facts.now`; a read that is not
//! whole makes a verdict that does not pass. Never in here: anything that reaches outside, and any other room.

pub mod change;
pub mod command;
pub mod contributors;
pub mod detect;
pub mod digest;
pub mod evaluate;
pub mod explain;
pub mod finding;
pub mod group;
pub mod head;
pub mod ids;
pub mod link;
pub mod membership;
pub mod page;
pub mod people;
mod plain;
pub mod plan;
pub mod policy;
pub mod suggestion;
pub mod update;
pub mod verdict;
pub mod witnessed;
pub mod yaml;
