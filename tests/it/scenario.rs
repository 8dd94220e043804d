//! Stories: what people do, and what the check then says.

mod agents;
mod approvals;
mod budget;
mod check;
mod commands;
mod credentials;
mod doctor;
mod door;
mod evaluate;
mod evidence;
mod findings;
mod groups;
mod heads;
mod holds;
mod intake;
mod liveness;
mod members;
mod operation;
mod pages;
mod people;
mod policy;
mod scale;
pub(crate) mod trouble;
mod updates;
mod words;
