//! A check belongs to a commit, and approvals to a commit and a base: what moves between them.

mod homes;
mod memory;
mod moves;
mod shared;
mod stacks;
