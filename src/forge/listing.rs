//! What lists of a forge show: who is reached, what is open, what was said, and which deliveries failed.

use jiff::Timestamp;

use crate::gate::ids::{Login, OwnerId};
use crate::gate::plan::Published;
use crate::gate::witnessed::{SeenChange, SeenCommand};

/// An installation of the App.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Its number.
    pub id: i64,
    /// The account that it is installed on.
    pub owner: OwnerId,
    /// That account's login, for display and for restrictions written by people.
    pub login: Login,
    /// Whether it was suspended: nothing can then be read or written through it.
    pub is_suspended: bool,
}

/// An open change, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenChange {
    /// The change.
    pub change: SeenChange,
    /// Our check as it stands on its head.
    pub published: Option<Published>,
    /// When anything about it was last touched, by GitHub's clock: a comment, a review, a push.
    pub updated_at: Timestamp,
}

/// A page of open changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenChanges {
    /// Oldest first.
    pub changes: Vec<OpenChange>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<String>,
}

/// Commands in comments, as a list shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCommands {
    /// None of them is witnessed. Numbers of plain issues are among those of the changes.
    pub commands: Vec<SeenCommand>,
    /// Up to when they reach: from here on the list goes on, at once or the next time.
    pub until: Timestamp,
    /// Whether there are no more for now.
    pub is_last: bool,
}

/// An attempt to deliver a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedDelivery {
    /// GitHub's number for the attempt.
    pub id: i64,
    /// The delivery's GUID, which all attempts share.
    pub guid: String,
    /// When it was attempted, by GitHub's clock.
    pub delivered_at: Timestamp,
    /// Whether it was answered with a success.
    pub is_taken: bool,
    /// The HTTP status that answered it; 0 when nothing did.
    pub status_code: i64,
    /// Whether it was asked for: not the first attempt.
    pub is_repeated: bool,
    /// The installation that it is about, where it is about one.
    pub installation: Option<i64>,
}
