//! The forges: payloads and API answers become the gate's types, verdicts become API calls. Decides nothing.

pub mod event;
pub mod github;
