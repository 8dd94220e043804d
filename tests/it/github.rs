//! The GitHub adapter: deliveries in, reads and publications over real HTTP.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answers;
mod client;
mod comments;
mod listed_comments;
mod more_answers;
mod reports;
mod requirements;
mod rules;
mod sandbox;
mod schema;
pub(crate) mod script;
mod town;
mod webhook;
mod webhook_comments;
