//! What signals mean to a running server: SIGTERM and SIGINT end it in order, a second one ends it at once, and SIGHUP
//! makes it read the directory's files again.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// What a shell adds to a signal's number to tell of a process that it ended.
const ENDED_BY_SIGNAL: i32 = 128;

/// The signals that are listened to.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// From now on, these signals no longer do what they do to any other process.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Cancels `stop` at the first signal that ends the server. The second one ends the process: whatever is not done
    /// is taken up again at the next start, as after a power cut.
    pub(super) async fn obey(mut self, stop: CancellationToken, reload: Arc<Notify>) {
        loop {
            let kind = tokio::select! {
                _ = self.terminate.recv() => SignalKind::terminate(),
                _ = self.interrupt.recv() => SignalKind::interrupt(),
                _ = self.hangup.recv() => {
                    reload.notify_one();
                    continue;
                }
            };
            if stop.is_cancelled() {
                tracing::warn!("stopping at once: a second signal came");
                std::process::exit(ENDED_BY_SIGNAL + kind.as_raw_value());
            }
            tracing::info!("stopping: no new work is begun, and running work may take 20 seconds to finish");
            stop.cancel();
        }
    }
}
