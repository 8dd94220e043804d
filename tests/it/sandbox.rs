//! The sandbox, held to documents we did not write, and to what GitHub does.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod access;
pub(crate) mod client;
pub(crate) mod conformance;
mod documents;
mod faults;
mod git;
pub(crate) mod gitlab;
mod gitlab_documents;
mod model;
mod payloads;
