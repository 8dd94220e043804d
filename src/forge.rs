//! The forges: payloads and API answers become the gate's types, verdicts become API calls. Decides nothing.
//!
//! [`event`] is what a webhook can tell, in words that hold for every forge; [`github`] speaks GitHub's.

pub mod event;
pub mod github;

pub use event::{Delivery, Event, Origin};
