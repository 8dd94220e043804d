//! The sandbox as a GitLab: another view of the same world, and what GitLab has and GitHub lacks.
//!
//! Accounts, git, merge requests (the world's pulls) and comments are shared with the GitHub dialect; versions,
//! approvals, system notes, pipelines, approval rules, hooks and members of groups live in [`State`]. What is said here
//! of GitLab follows <https://docs.gitlab.com> and the behaviour of its published source.

mod access;
mod ghosts;
mod graphql;
mod hooks;
mod merging;
mod pages;
mod pipelines;
mod requests;
mod rest;
mod runner;
mod shapes;
mod state;
mod story;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::http::set;

pub(crate) use access::credential;
pub(crate) use hooks::request;
pub(crate) use pages::routes as pages;
pub(crate) use rest::routes;
pub(crate) use runner::run_jobs;
pub use state::Secrets;
pub(crate) use state::State;
pub use story::{Job, VerdictJob};

/// The answer to a call beyond a limit, with the seconds to wait.
pub(crate) fn too_many(wait: i64) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, "Retry later\n").into_response();
    set(&mut response, "retry-after", &wait.max(0));
    response
}

/// Which forge a sandbox is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Dialect {
    /// github.com.
    #[default]
    GitHub,
    /// A GitLab of some version and edition.
    GitLab(GitLab),
}

/// A GitLab instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitLab {
    /// `19.2`: later features are missing in earlier ones.
    pub version: String,
    /// What is paid for.
    pub edition: Edition,
}

impl Default for GitLab {
    fn default() -> Self {
        Self { version: "19.2".to_owned(), edition: Edition::Premium }
    }
}

impl GitLab {
    /// The newest version known, in this edition.
    pub fn of(edition: Edition) -> Self {
        Self { edition, ..Self::default() }
    }

    /// Whether the instance is of this version or a later one.
    pub(crate) fn since(&self, major: u32, minor: u32) -> bool {
        let mut parts = self.version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (major, minor)
    }

    pub(crate) fn has_premium(&self) -> bool {
        self.edition >= Edition::Premium
    }

    pub(crate) fn has_ultimate(&self) -> bool {
        self.edition >= Edition::Ultimate
    }
}

/// What is installed and paid for, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edition {
    /// Community Edition: nothing of the Enterprise Edition is there.
    Community,
    /// Enterprise Edition, not paid for.
    Free,
    /// Premium.
    Premium,
    /// Ultimate.
    Ultimate,
}
