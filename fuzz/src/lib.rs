//! What must hold for every input, however hostile. Each module is one fuzz target; none may panic.

pub mod catalogue;
pub mod command;
pub mod config;
pub mod directory;
pub mod findings;
pub mod gitlab_webhook;
pub mod message;
pub mod note;
pub mod policy;
pub mod webhook;
