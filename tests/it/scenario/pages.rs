//! The page of a change: the check links to it, and it says what the check says, and more.

mod access;
mod content;
