//! What people set up and do on a GitLab, beyond what they do on every forge.

mod branches;
mod checks;
mod groups;
mod people;
mod projects;

pub use checks::Job;
pub use projects::VerdictJob;
