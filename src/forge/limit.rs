//! Limits that a forge named.

use jiff::Timestamp;

/// A time before which GitHub wants no calls, in the form in which servers tell each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RateLimit {
    /// The installation whose calls are counted; 0 for those of the App itself.
    pub installation: i64,
    /// `rest`, `graphql`, or `all` for both.
    pub counted: &'static str,
    /// No call before.
    pub until: Timestamp,
}
