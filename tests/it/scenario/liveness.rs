//! Nothing is lost: what no delivery told of is found.

mod deliveries;
mod down;
mod installed;
mod lists;
mod preview;
mod sweep;

use jiff::SignedDuration;

use crate::world::{REPOSITORY, Scene};

/// So much time that the forge remembers none of the deliveries before it.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(4 * 24);

impl Scene {
    /// Whatever was delivered so far, or failed to be, is forgotten by the forge: no delivery can be had again.
    fn deliveries_are_forgotten(&self) {
        self.github.advance(FORGOTTEN);
    }

    /// The next deliveries never arrive, and cannot be had again.
    async fn unheard(&self, happens: impl AsyncFnOnce(&Self)) {
        self.github.faults().lose_webhooks(usize::MAX / 2);
        happens(self).await;
        self.github.settled().await;
        self.github.faults().lose_no_more_webhooks();
        self.deliveries_are_forgotten();
    }

    /// The calls of this operation since the last question.
    fn lists(&self) -> usize {
        let calls = self.github.take_calls();
        let open = |call: &&seconder::sandbox::Call| {
            let query = call.request.as_ref().and_then(|request| request["query"].as_str());
            query.is_some_and(|query| query.contains("query OpenChanges"))
        };
        calls.iter().filter(open).count()
    }

    /// Opens a change at once for each name, without waiting for anything.
    fn open_all(&self, names: &[&str]) -> Vec<crate::world::Change> {
        names.iter().map(|name| self.change("jo").branch(name).open_at_once()).collect()
    }
}

/// The repository's number.
fn number(s: &Scene, full_name: &str) -> i64 {
    let payloads = s.github.deliveries().into_iter().map(|delivery| delivery.payload());
    let named = |payload: &serde_json::Value| payload["repository"]["full_name"] == full_name;
    payloads.filter(named).last().unwrap()["repository"]["id"].as_i64().unwrap()
}
