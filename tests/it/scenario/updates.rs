//! What the forge does at the press of a button, and who is a contributor by it.

mod base;
mod squash;
mod suggestions;
