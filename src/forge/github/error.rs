//! What can go wrong at GitHub, by what the caller can do about it.

use jiff::Timestamp;

/// A failed call. Texts name places and GitHub's own words, never tokens, keys or payloads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Calls are not allowed before this time. Nothing was sent, or GitHub refused it.
    #[error("GitHub allows no further calls before {until}")]
    RateLimited {
        /// The reset that GitHub named. No call is made before.
        until: Timestamp,
    },
    /// It does not exist, or the installation does not reach it.
    #[error("{what} does not exist, or the App's installation does not reach it")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The installation lacks a permission, or is suspended.
    #[error("GitHub refuses {what}: {why}; check the App's permissions")]
    Forbidden {
        /// What was asked for.
        what: String,
        /// In GitHub's words.
        why: String,
    },
    /// GitHub does not know us, even with a new token.
    #[error(
        "GitHub does not accept the App's credentials for {what}: check the App's id, its private key and the clock"
    )]
    Unauthorized {
        /// What was asked for.
        what: String,
    },
    /// GitHub never shows it, because of its size.
    #[error("{what} is too large for GitHub to show")]
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
        /// Whether GitHub gave up on the size of the answer: asking for less may help.
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
    pub(super) fn broken(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Broken { what: what.into(), why: why.into() }
    }
}
