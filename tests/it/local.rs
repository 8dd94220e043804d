//! Local histories, as `git` writes them and as they are read.

mod changes;
mod notes;
mod opening;
pub(crate) mod repository;
mod selecting;
mod texts;

pub(crate) use repository::{NewCommit, Repository};
