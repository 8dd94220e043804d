//! Nothing is lost: what no delivery told of is found.

mod deliveries;
mod down;
mod installed;
mod lists;
mod preview;
mod sweep;

use jiff::SignedDuration;
use seconder::sandbox::{Call, NewCommit, OpenPull};

use crate::world::{Change, Scene, claude};

/// So much time that the forge remembers none of the deliveries before it.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(4 * 24);

impl Scene {
    /// Whatever was delivered so far, or failed to be, is forgotten by the forge: no delivery can be had again.
    fn deliveries_are_forgotten(&self) {
        self.forge.advance(FORGOTTEN);
    }

    /// Something happens of which no delivery arrives, now or ever.
    async fn unheard(&mut self, happens: impl AsyncFnOnce(&Self)) {
        self.expect_refusals();
        self.forge.faults().lose_webhooks(usize::MAX / 2);
        happens(self).await;
        self.forge.settled().await;
        self.forge.faults().lose_no_more_webhooks();
        self.deliveries_are_forgotten();
    }

    /// Opens a change of jo's, who used Claude Code, in this repository, without waiting for anything.
    fn open_in(&self, repository: &str, branch: &str) -> Change {
        let jo = self.who("jo");
        let commit = NewCommit::new(claude(branch)).file(format!("{branch}.rs"), branch);
        self.forge.push_all(&jo, repository, branch, vec![commit]);
        let number = self.forge.open_pull(&jo, repository, OpenPull::new(branch, branch));
        Change { repository: repository.to_owned(), number, home: repository.to_owned(), branch: branch.to_owned() }
    }
}

/// Calls that list open changes.
fn pages(calls: &[Call]) -> Vec<&Call> {
    let lists = |call: &&Call| {
        call.operation() == Some("OpenChanges")
            || (call.path.starts_with("/api/v4/") && call.path.ends_with("/merge_requests"))
    };
    calls.iter().filter(lists).collect()
}
