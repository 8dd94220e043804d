//! GitHub: cloud, GHE.com and Enterprise Server.

pub mod webhook;
mod wire;
