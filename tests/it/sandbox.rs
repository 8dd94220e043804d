//! The sandbox, held to documents we did not write, and to what GitHub does.

mod client;
mod model;
