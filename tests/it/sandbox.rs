//! The sandbox, held to documents we did not write, and to what GitHub does.

mod client;
pub(crate) mod conformance;
mod documents;
mod model;
mod payloads;
