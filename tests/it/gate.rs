//! The decision: who contributed, whose approval counts, what holds, and how people are told.

mod approvals;
mod binding;
mod case;
mod cast;
mod check;
mod contributors;
mod guarded;
mod head;
mod holds;
mod laws;
mod levels;
mod oracle;
mod plan;
mod rules;
mod story;
mod suggestions;
mod updates;
