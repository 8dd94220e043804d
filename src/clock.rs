//! The time, from one place. Everything that needs it is given it; tests move it by hand.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// A source of the present time. Cloning gives another handle to the same clock.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is where the time enters")]
        Self(Arc::new(Timestamp::now))
    }

    /// A clock that shows what this function says.
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
