//! The store: whether it is there, fits this version, and has room.

use std::path::Path;

use super::finding::Finding;
use crate::store::{self, Store};

const ABOUT: &str = "store";

/// SQLite needs room for its log as well.
const LITTLE_ROOM_BYTES: u64 = 1024 * 1024 * 1024;
const NO_ROOM_BYTES: u64 = 100 * 1024 * 1024;

/// Whether the server could use it. Opening it for reading only has changed nothing.
pub(super) fn opened(opened: &Result<Option<Store>, store::Error>) -> Finding {
    match opened {
        Ok(Some(_)) => Finding::ok("store", ABOUT, "it opens, and its tables are those of this version"),
        Ok(None) => Finding::info("store", ABOUT, "there is none yet; the first start of `seconder serve` makes it"),
        Err(store::Error::Config { what, help }) => {
            Finding::error("store", ABOUT, what.clone()).why("without it the server takes no delivery").remedy(*help)
        }
        Err(error) => Finding::error("store", ABOUT, chain(error))
            .why("without it the server takes no delivery")
            .remedy("check store.url, and that the user who runs the server may read and write there"),
    }
}

/// Bytes that are free where this file is, or will be.
pub(super) fn room(file: &Path) -> Option<u64> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let there = rustix::fs::statvfs(folder).ok()?;
    there.f_bavail.checked_mul(there.f_frsize)
}

/// Whether there is room for more.
pub(super) fn disk(free_bytes: u64) -> Finding {
    let mebibytes = free_bytes / (1024 * 1024);
    let found = format!("{mebibytes} MiB are free on its disk");
    let finding = match free_bytes {
        ..NO_ROOM_BYTES => Finding::error("store-room", ABOUT, found),
        NO_ROOM_BYTES..LITTLE_ROOM_BYTES => Finding::warning("store-room", ABOUT, found),
        _ => return Finding::ok("store-room", ABOUT, found),
    };
    finding
        .why("once the disk is full, deliveries are refused and nothing is judged")
        .remedy("make room, or move the store")
}

fn chain(error: &store::Error) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn little_room_is_a_warning_and_none_an_error() {
        for (mebibytes, severity) in [
            (0, Severity::Error),
            (99, Severity::Error),
            (100, Severity::Warning),
            (1023, Severity::Warning),
            (1024, Severity::Ok),
        ] {
            assert_eq!(disk(mebibytes * 1024 * 1024).severity, severity, "{mebibytes}");
        }
    }
}
