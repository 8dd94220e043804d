//! Stories: what people do, and what the check then says.

mod approvals;
mod budget;
mod operation;
mod scale;
mod trouble;
