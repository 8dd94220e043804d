//! Stories: what people do, and what the check then says.

mod approvals;
mod budget;
mod evidence;
mod heads;
mod holds;
mod operation;
mod people;
mod policy;
mod scale;
mod trouble;
mod updates;
mod words;
