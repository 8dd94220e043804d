//! Whoever makes something due wakes a worker: one, not all of them. A worker that finds something wakes the next before
//! it begins, so that as many work as there is work for, and an event that brings little wakes few.

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// What workers wait for. A call that comes while nobody waits is kept for the next one who does.
#[derive(Debug, Default)]
pub struct Wake {
    changes: Notify,
    lists: Notify,
    directory: Notify,
}

impl Wake {
    /// Changes are dirty, or something else is due that their workers do.
    pub fn changes(&self) {
        self.changes.notify_one();
    }

    /// Something is to be listed.
    pub fn lists(&self) {
        self.lists.notify_one();
    }

    /// The directory's files are to be read again.
    pub fn directory(&self) {
        self.directory.notify_one();
    }

    /// The next call for [`Wake::changes`].
    pub fn changes_due(&self) -> Notified<'_> {
        self.changes.notified()
    }

    /// The next call for [`Wake::lists`].
    pub fn lists_due(&self) -> Notified<'_> {
        self.lists.notified()
    }

    /// The next call for [`Wake::directory`].
    pub fn directory_due(&self) -> Notified<'_> {
        self.directory.notified()
    }
}
