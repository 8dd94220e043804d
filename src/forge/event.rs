//! (see the room)
