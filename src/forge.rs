//! The forges: payloads and API answers become the gate's types, verdicts become API calls. Decides nothing.
//!
//! [`event`] is what a webhook can tell, in words that hold for every forge; [`github`] and [`gitlab`] speak theirs.

pub mod event;
pub mod github;
pub mod gitlab;

pub use event::{Delivery, Event, Origin};
