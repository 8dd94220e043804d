//! The GitLab adapter: what it takes in, and what it asks.

mod documents;
