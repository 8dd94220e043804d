//! Was AI used?

pub mod evidence;

pub use evidence::{Channel, Declaration, Evidence, Level, Place, Strength};
