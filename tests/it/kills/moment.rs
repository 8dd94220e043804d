//! The moments at which a server is killed.

use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;

/// How many events of a kind may pass before the one at which it is killed.
const PASSING: u32 = 4;

/// Where the server stands when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// It has a delivery before it: somewhere between the first byte and the answer.
    Receiving {
        /// Since it was sent.
        after: Duration,
    },
    /// It has stored a delivery, and the forge has no answer.
    Unanswered,
    /// The forge has the answer to a delivery, and nothing was done about it yet.
    Answered,
    /// It waits for what it asked about a change.
    Reading,
    /// It meant to write a check, and the request has not come to the forge.
    Intending,
    /// The same, and the request comes to the forge all the same, later.
    Late {
        /// How late, if it makes a check. The server's successor must not have looked by then: nobody could know that
        /// there will be two.
        created: Duration,
        /// How late, if it changes a check: at times after the successor has spoken.
        updated: Duration,
    },
    /// The forge has written a check, and the server does not know.
    Written,
    /// It knows that a check was written: it keeps that, gives back its leases, and goes on.
    Concluding {
        /// Since it was told.
        after: Duration,
    },
    /// It has just begun, and takes up what the one before left.
    Starting {
        /// Since it listens.
        after: Duration,
    },
}

/// What passes between the server and the forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passing {
    DeliverySent,
    DeliveryAnswered,
    ReadSent,
    WriteSent,
    WriteDone,
}

impl Moment {
    /// Any of them, and how many events to let pass first.
    pub(super) fn any(random: &mut StdRng) -> (Self, u32) {
        let us = |random: &mut StdRng, most| Duration::from_micros(random.random_range(0..most));
        let moment = match random.random_range(0..16) {
            0..3 => Self::Receiving { after: us(random, 12_000) },
            3..5 => Self::Unanswered,
            5..7 => Self::Answered,
            7..9 => Self::Reading,
            9 => Self::Intending,
            10 => Self::Late { created: us(random, 900_000), updated: us(random, 3_900_000) },
            11..13 => Self::Written,
            13..15 => Self::Concluding { after: us(random, 15_000) },
            _ => Self::Starting { after: us(random, 100_000) },
        };
        (moment, random.random_range(0..PASSING))
    }

    /// What it waits for; nothing, if it comes by itself.
    pub(super) fn awaits(self) -> Option<Passing> {
        Some(match self {
            Self::Receiving { .. } => Passing::DeliverySent,
            Self::Unanswered | Self::Answered => Passing::DeliveryAnswered,
            Self::Reading => Passing::ReadSent,
            Self::Intending | Self::Late { .. } => Passing::WriteSent,
            Self::Written | Self::Concluding { .. } => Passing::WriteDone,
            Self::Starting { .. } => return None,
        })
    }

    /// How long after that it comes.
    pub(super) fn after(self) -> Duration {
        match self {
            Self::Receiving { after } | Self::Concluding { after } | Self::Starting { after } => after,
            _ => Duration::ZERO,
        }
    }

    /// In a few words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Receiving { .. } => "receiving a delivery",
            Self::Unanswered => "delivery stored, not answered",
            Self::Answered => "delivery answered",
            Self::Reading => "reading a change",
            Self::Intending => "about to write a check",
            Self::Late { .. } => "about to write a check that arrives late",
            Self::Written => "check written, not known",
            Self::Concluding { .. } => "check known",
            Self::Starting { .. } => "starting",
        }
    }
}
