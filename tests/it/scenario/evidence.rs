//! Signs of AI assistance, end to end: where they are found, what they add up to, and how the check shows them.

mod found;
mod hostile;
mod operators;
mod records;
mod traps;
