//! Stories: what people do, and what the check then says.

mod approvals;
mod budget;
mod evidence;
mod findings;
mod heads;
mod operation;
mod people;
mod policy;
mod scale;
mod trouble;
mod words;
