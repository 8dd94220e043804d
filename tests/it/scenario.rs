//! Stories: what people do, and what the check then says.

mod approvals;
