//! What is worth a look in a policy file once more is known than the file: the levels above it, and the directory.
//!
//! Nothing here keeps a file from being used. A server that evaluates does not ask; `seconder policy check` does.

mod levels;
mod people;

pub use levels::without_effect;
pub use people::{Known, out_of_reach, unguarded};
