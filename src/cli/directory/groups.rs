//! Groups whose members a forge keeps, as far as a command knows of them: what the server's store has, or nothing.

use std::io::{self, Write};

use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::cli::output::counted;
use crate::cli::people::ConfigArg;
use crate::directory::{Directory, Pins};
use crate::gate::policy::diagnostic::harmless;
use crate::store::{self, Store, StoredReading};

/// A group of the directory whose members a forge keeps.
#[derive(Debug, Serialize)]
pub(super) struct Kept {
    /// Its id in the directory.
    pub(super) group: String,
    /// Where its members come from.
    pub(super) from: String,
    /// When they were read, as far as it is known here.
    pub(super) read_at: Option<jiff::Timestamp>,
}

impl Kept {
    pub(super) fn all(directory: &Directory) -> Vec<Self> {
        let kept = directory.sources().flat_map(|(source, groups)| {
            let read_at = directory.reading(source).map(|reading| reading.read_at);
            groups.iter().map(move |group| Self { group: group.clone(), from: source.to_string(), read_at })
        });
        kept.collect()
    }

    /// Of these groups, those whose members are not known here.
    pub(super) fn write_unknown(kept: &[Self], out: &mut impl Write) -> io::Result<()> {
        let unknown: Vec<&Self> = kept.iter().filter(|one| one.read_at.is_none()).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let groups = counted(unknown.len(), "group has members", "groups have members");
        writeln!(out, "\n{groups} that are not known here, as only a server asks for them:")?;
        for Self { group, from, .. } in unknown {
            writeln!(out, "  {} ({})", harmless(group), harmless(from))?;
        }
        Ok(())
    }
}

/// The directory with what this store has of its groups, and all that the store has of groups.
pub(in crate::cli) async fn with_readings(
    store: &Store,
    directory: Directory,
    pins: &Pins,
) -> Result<(Directory, Vec<StoredReading>), store::Error> {
    let stored = store.readings().await?;
    let readings = stored.iter().map(|one| (one.source.clone(), one.kept.reading.clone())).collect();
    Ok((directory.with(&readings, pins), stored))
}

/// Numbers that logins of the directory had when a server first saw them.
pub(in crate::cli) async fn pins(store: &Store, directory: &Directory) -> Result<Pins, store::Error> {
    let mut pins = Pins::new();
    let open = directory.unpinned(&pins);
    for host in open.into_iter().map(|(host, _)| host).collect::<std::collections::BTreeSet<_>>() {
        let known = store.pinned_logins(&host).await?;
        pins.extend(known.into_iter().map(|(login, id)| ((host.clone(), login), id)));
    }
    Ok(pins)
}

/// The directory with what the store of the given configuration has of its groups. Without one, or where it cannot be opened
/// now, nothing is known of them.
pub(in crate::cli) fn remembered(config: &ConfigArg, directory: Directory) -> anyhow::Result<Directory> {
    if directory.sources().next().is_none() {
        return Ok(directory);
    }
    let Some(url) = config.store()? else { return Ok(directory) };
    crate::cli::runtime()?.block_on(async {
        let Ok(Some(store)) = Store::open_read_only(url.expose_secret()).await else { return Ok(directory) };
        let known = async {
            let pins = pins(&store, &directory).await?;
            Ok::<_, store::Error>(with_readings(&store, directory.clone(), &pins).await?.0)
        };
        let known = known.await.unwrap_or(directory.clone());
        store.close().await;
        Ok(known)
    })
}
