//! What commands are answered.
