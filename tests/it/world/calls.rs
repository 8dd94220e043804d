//! Calls by what they are for, in words that hold for both forges.

use seconder::sandbox::{Call, Matching};

use super::Scene;

impl Scene {
    /// Calls that begin to read a change.
    pub(crate) fn reading(&self) -> Matching {
        let reading = Matching::operation("Change");
        if self.is_gitlab() { reading } else { reading.with("start", true) }
    }

    /// Calls that put a check that stands already in another's place.
    pub(crate) fn publishing_again(&self) -> Matching {
        if self.is_gitlab() {
            Matching::route("POST", "/api/v4/projects/{id}/statuses/{sha}")
        } else {
            Matching::rest("PATCH", "/repos/acme/pay/check-runs")
        }
    }

    /// Calls that put up a check where none is.
    pub(crate) fn publishing(&self) -> Matching {
        if self.is_gitlab() { self.publishing_again() } else { Matching::rest("POST", "/repos/acme/pay/check-runs") }
    }

    /// Calls that comment on a change. On GitLab, the first check of a change is one as well.
    pub(crate) fn replying(&self) -> Matching {
        if self.is_gitlab() {
            Matching::route("POST", "/api/v4/projects/{id}/merge_requests/{iid}/notes")
        } else {
            Matching::route("POST", "/repos/{owner}/{repo}/issues/{number}/comments")
        }
    }

    /// Calls that react to a comment.
    pub(crate) fn reacting(&self) -> Matching {
        if self.is_gitlab() {
            Matching::route("POST", "/api/v4/projects/{id}/merge_requests/{iid}/notes/{note}/award_emoji")
        } else {
            Matching::route("POST", "/repos/{owner}/{repo}/issues/comments/{comment}/reactions")
        }
    }

    /// Replies that were sent, whatever became of them.
    pub(crate) fn replies_sent(&self, calls: &[Call]) -> usize {
        let end = if self.is_gitlab() { "/notes" } else { "/comments" };
        calls.iter().filter(|call| call.method == "POST" && call.path.ends_with(end)).count()
    }
}

/// Calls that read a change.
pub(crate) fn reads(calls: &[Call]) -> usize {
    calls.iter().filter(|call| call.operation() == Some("Change")).count()
}
