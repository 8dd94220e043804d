//! Commands in comments, as reviewers, contributors and strangers experience them: the reaction, the reply, the check.

mod answers;
mod approvals;
mod asks;
mod budget;
mod overrides;
mod places;
mod storms;
mod withheld;
