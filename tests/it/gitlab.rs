//! The GitLab adapter: what its deliveries become, and what it asks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod documents;
mod door;
mod house;
mod issuer;
mod job_token;
mod jobs;
mod members;
mod verdict;
mod webhook;
mod webhook_changes;
mod webhook_notes;
