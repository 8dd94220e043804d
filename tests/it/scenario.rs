//! Stories: what people do, and what the check then says.

mod approvals;
mod evidence;
mod heads;
mod people;
mod policy;
mod words;
