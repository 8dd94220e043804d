//! The sandbox's own time.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// How the sandbox's clock moves between actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// One second per action and nothing in between: what a test wants.
    #[default]
    Stepped,
    /// With the real time: what a demonstration wants.
    Running,
}

/// Starts at the real now, and is moved by actions or by hand.
#[derive(Debug)]
pub(crate) struct Clock {
    now: Timestamp,
    pace: Pace,
    read: Instant,
}

impl Clock {
    pub(crate) fn new(pace: Pace) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the sandbox's own clock has to start somewhere")]
        let now = Timestamp::now();
        // GitHub speaks in whole seconds; so does this clock.
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        Self { now, pace, read: Instant::now() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        match self.pace {
            Pace::Stepped => self.now,
            Pace::Running => {
                let seconds = i64::try_from(self.read.elapsed().as_secs()).unwrap_or(0);
                self.now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(self.now)
            }
        }
    }

    /// An action takes a second, so that no two of them share a time.
    pub(crate) fn tick(&mut self) -> Timestamp {
        if self.pace == Pace::Stepped {
            self.advance(SignedDuration::from_secs(1));
        }
        self.now()
    }

    pub(crate) fn advance(&mut self, by: SignedDuration) {
        self.now = self.now.saturating_add(by).unwrap_or(self.now);
    }
}
