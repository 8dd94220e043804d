//! GitLab: what its webhooks tell, and which of its CI jobs asks.

pub mod job_token;
pub mod webhook;

use crate::gate::command::{self, Said};

/// What a note says to us, if anything. A bare `/approve` is GitLab's own quick action, whatever the policy says of it.
/// <https://docs.gitlab.com/user/project/quick_actions/>
pub fn said(note: &str) -> Option<Said> {
    command::parse(note).filter(|said| !said.is_bare)
}
