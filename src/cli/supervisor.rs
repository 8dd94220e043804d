//! Telling systemd that the server is ready, or about to end, where it asks to be told (`Type=notify`).
//! <https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html>

use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Names the socket that systemd listens on.
const SOCKET: &str = "NOTIFY_SOCKET";

/// All that was begun is there: deliveries are taken.
pub(super) const READY: &str = "READY=1";

/// The end has begun.
pub(super) const STOPPING: &str = "STOPPING=1";

/// Tells it, if anybody asked. That it could not be told is no reason to end.
pub(super) fn tell(state: &str) {
    let Some(socket) = std::env::var_os(SOCKET) else { return };
    if let Err(error) = send(&socket, state) {
        tracing::warn!(%error, state, "systemd could not be told");
    }
}

fn send(socket: &OsString, state: &str) -> io::Result<()> {
    let name = socket.as_bytes();
    let address = match name.strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address)?;
    Ok(())
}
