//! What the rules of a branch say.

use jiff::{SignedDuration, Timestamp};

use crate::gate::finding::Required;

/// How long an answer is believed without asking again, if no event says that the rules have moved.
pub const RULES_BELIEVED_FOR: SignedDuration = SignedDuration::from_mins(10);

/// What the rules of a branch say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BranchRules {
    /// Whether they require our check.
    pub required: Required,
    /// When the call was made that this rests on.
    pub read_at: Timestamp,
    /// Whether that was now, and not an earlier one.
    pub is_fresh: bool,
}
