//! Whether an open change that a list shows needs a look.

use jiff::SignedDuration;

use crate::forge::OpenChange;
use crate::gate::change::ChangeState;
use crate::gate::plan::Conclusion;
use crate::store::{KnownChange, Publication, PublicationState};

/// By how much a forge's clock may be behind ours.
const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_mins(2);

/// A change is left alone only if everything is as we left it, and nothing could be worse than it looks: a check that
/// holds, published by us, on the head and base that we read, and not a touch since.
///
/// A pass is always looked at. That an approval was withdrawn or the base moved shows in no list, and a pass that is out of
/// date is the worst that we can leave behind.
pub(super) fn is_needed(open: &OpenChange, known: Option<&KnownChange>, ours: Option<&Publication>) -> bool {
    let (Some(known), Some(ours), Some(stands)) = (known, ours, &open.published) else { return true };
    let is_as_read = known.state == ChangeState::Open
        && known.head == open.change.head
        && known.base_branch == open.change.base_branch
        && known.read_at.duration_since(open.updated_at) > CLOCKS_DIFFER_BY;
    let is_as_published = ours.state == PublicationState::Standing
        && stands.conclusion == Some(ours.conclusion)
        && stands.digest() == Some(ours.digest.as_str());
    let holds = stands.conclusion == Some(Conclusion::ActionRequired);
    !(is_as_read && is_as_published && holds)
}

#[cfg(test)]
mod tests;
