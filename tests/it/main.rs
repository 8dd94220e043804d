//! The one integration test binary: one link, one PostgreSQL.

mod cli;
mod detect;
mod directory;
mod github;
mod pg;
mod policy;
mod sandbox;
mod store;
