//! What can go wrong at a forge, by what the caller can do about it.

use jiff::Timestamp;

/// A failed call. Texts name places and the forge's own words, never tokens, keys or payloads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Calls are not allowed before this time. Nothing was sent, or the forge refused it.
    #[error("the forge allows no further calls before {until}")]
    RateLimited {
        /// The reset that the forge named. No call is made before.
        until: Timestamp,
    },
    /// It does not exist, or we are not let to see it.
    #[error("{what} does not exist, or our App or bot account does not reach it")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// We lack a permission, or are suspended.
    #[error("the forge refuses {what}: {why}; check what our App or bot account may do")]
    Forbidden {
        /// What was asked for.
        what: String,
        /// In the forge's words.
        why: String,
    },
    /// The forge does not know us, even with a new token.
    #[error(
        "the forge does not accept our credentials for {what}: check the App's id and private key, or the bot account's token, and the clock"
    )]
    Unauthorized {
        /// What was asked for.
        what: String,
    },
    /// The forge never shows it, because of its size.
    #[error("{what} is too large for the forge to show")]
    TooLarge {
        /// What was asked for.
        what: String,
    },
    /// A call that failed without effect and may succeed later.
    #[error("{what} failed for now: {why}")]
    Transient {
        /// What was asked for.
        what: String,
        /// What happened.
        why: String,
        /// Whether the forge gave up on the size of the answer: asking for less may help.
        is_heavy: bool,
    },
    /// A write that may or may not have taken effect. Read back before repeating it.
    #[error("whether {what} took effect is not known: {why}")]
    Uncertain {
        /// What was written.
        what: String,
        /// What happened.
        why: String,
    },
    /// Something that no repetition mends: a wrong configuration, or an answer that we do not understand.
    #[error("{what}: {why}")]
    Broken {
        /// What was asked for.
        what: String,
        /// What is wrong.
        why: String,
    },
}

impl Error {
    pub(in crate::forge) fn broken(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Broken { what: what.into(), why: why.into() }
    }
}
