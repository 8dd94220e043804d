//! The decision: who contributed, whose approval counts, what holds, and how people are told.

mod answers;
mod approvals;
mod binding;
mod by_command;
mod case;
mod cast;
mod check;
mod command;
mod contributors;
mod dismissals;
mod group;
mod guarded;
mod head;
mod holds;
mod laws;
mod levels;
mod oracle;
mod overrides;
mod plan;
mod rules;
mod said;
mod story;
mod suggestions;
mod updates;
