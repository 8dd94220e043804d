//! Whole checks, as a tired reviewer reads them.

mod approvals;
mod policies;

use crate::world::{Change, Scene};

/// The check, with the head and its change's number in the place of what differs from run to run.
fn read(s: &Scene, change: &Change) -> String {
    let check = s.check(change);
    let conclusion = check.conclusion.as_deref().unwrap_or("none");
    let text = format!("[{conclusion}] {}", s.says(change));
    text.replace(&s.head(change)[..12], "HEAD").replace("\n\n", "\n").trim_end().to_owned()
}
