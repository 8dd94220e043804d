//! Stories: what people do, and what the check then says.

mod approvals;
mod budget;
mod commands;
mod evidence;
mod heads;
mod intake;
mod liveness;
mod operation;
mod people;
mod policy;
mod scale;
mod trouble;
mod words;
