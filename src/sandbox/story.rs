//! What people do: the methods a scenario is told in. Each takes a second of the sandbox's time.

mod people;
mod pulls;
mod pushes;
mod queue;
mod setup;
mod suggestions;
mod verdicts;

use super::accounts::AccountId;
use super::repositories::RepositoryId;
use super::world::World;

pub use pulls::OpenPull;
pub use queue::NewGroup;

/// The repository a story names.
///
/// # Panics
/// If there is none: the story is wrong.
pub(crate) fn find(world: &World, full_name: &str) -> RepositoryId {
    let (owner, name) = full_name.split_once('/').unwrap_or((full_name, ""));
    match world.repository_named(owner, name) {
        Some(repository) => repository.id,
        None => panic!("the story names the repository {full_name}, which does not exist"),
    }
}

/// Stops a story that does what GitHub would refuse.
///
/// # Panics
/// If it does.
#[track_caller]
pub(crate) fn must<T>(done: Option<T>, what: &str) -> T {
    match done {
        Some(done) => done,
        None => panic!("the story cannot go on: {what}"),
    }
}

/// As [`must`], for what only succeeds or not.
#[track_caller]
pub(crate) fn check(done: bool, what: &str) {
    must(done.then_some(()), what);
}

/// The account GitHub itself acts as where nobody else does.
pub(crate) const SYSTEM: AccountId = super::accounts::WEB_FLOW;
