//! Groups that a GitLab keeps: whether their members were read, are still good for anything, and whether somebody has to look.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::finding::Finding;
use crate::cli::directory::groups::{pins, with_readings};
use crate::cli::output::counted;
use crate::directory::readings::difference;
use crate::directory::{Directory, Pins};
use crate::forge::Error;
use crate::forge::gitlab::setup::Place;
use crate::gate::ids::Host;
use crate::gate::membership::{Kept, Source};
use crate::store::Store;

/// Numbers that logins of the directory had when the server first saw them. A store that cannot be read is a finding already.
pub(super) async fn pins_of(store: &Store, directory: Option<&Directory>) -> Pins {
    match directory {
        Some(directory) => pins(store, directory).await.unwrap_or_default(),
        None => Pins::new(),
    }
}

/// The directory with what the store has of its groups, and what is to be said of that.
pub(super) async fn look(
    directory: Directory,
    store: &Store,
    gitlabs: &BTreeSet<Host>,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) -> Directory {
    if directory.sources().next().is_none() {
        return directory;
    }
    if let Err(wrong) = directory.check_hosts(gitlabs) {
        findings.extend(wrong.iter().map(|found| Finding::of_file("directory-file", "directory", found)));
    }
    let pins = pins_of(store, Some(&directory)).await;
    let Ok((known, stored)) = with_readings(store, directory.clone(), &pins).await else { return directory };
    let kept: BTreeMap<Source, Kept> = stored.into_iter().map(|one| (one.source, one.kept)).collect();
    for (source, groups) in known.sources() {
        for group in groups {
            findings.extend(judge(group, source, kept.get(source), known.reading_is_fresh(source, now)));
        }
    }
    known
}

/// What is to be said of one group.
fn judge(group: &str, source: &Source, kept: Option<&Kept>, is_fresh: bool) -> Vec<Finding> {
    let about = format!("group {group}");
    let Some(kept) = kept else {
        return vec![
            Finding::warning("directory-group", about, format!("the members of {source} were never read"))
                .why("until they are, nobody qualifies by this group")
                .remedy("start the server; if it runs, its log says why they cannot be read"),
        ];
    };
    let (read_at, members) = (kept.reading.read_at, counted(kept.reading.members.len(), "member", "members"));
    let mut found = Vec::new();
    if let (Some(held), Some(difference)) = (&kept.held, difference(kept)) {
        let digest = held.digest();
        let digest = digest.get(..16).unwrap_or_default();
        let what = format!(
            "{} joined and {} left {source} at once; {members} of before stay in force until that is let through",
            difference.joining, difference.leaving
        );
        found.push(
            Finding::error("directory-group-held", &about, what)
                .why("tiers rest on this group; its members grow old meanwhile, and in the end vouch for nobody")
                .remedy(format!(
                    "look at who they are: `seconder directory accept {group} --config …`; if that is right, let it through: \
                     `seconder directory accept {group} {digest} --config …`"
                )),
        );
    }
    if !is_fresh {
        found.push(
            Finding::error(
                "directory-group-old",
                &about,
                format!("the members of {source} were last read at {read_at}"),
            )
            .why("that is longer ago than max_age allows: the directory vouches for nobody at all")
            .remedy("see why they are not read (the server's log); if the group is gone, take it out of the directory"),
        );
    }
    if found.is_empty() {
        found.push(Finding::ok("directory-group", about, format!("{members} of {source}, read at {read_at}")));
    }
    found
}

/// Whether the bot account sees the group.
pub(super) fn readable(source: &Source, found: &Result<Place, Error>) -> Option<Finding> {
    let error = found.as_ref().err()?;
    Some(match error {
        Error::NotFound { .. } => {
            Finding::error("directory-group-missing", "directory", format!("{source} does not exist, or is not shown"))
                .why("its members cannot be read")
                .remedy("make the bot account a member of the group, or correct its path in the directory")
        }
        error => Finding::unchecked_there("directory-group-missing", "directory", &source.to_string(), error),
    })
}

/// That another group has the path now.
pub(super) fn replaced(source: &Source, other: i64) -> Finding {
    Finding::error(
        "directory-group-replaced",
        "directory",
        format!("{source} is another group than the server first saw"),
    )
    .why("paths can be taken over, so that its members count for nothing")
    .remedy(format!("if it is meant, name it by its number in the directory: `group: {other}`"))
}

/// That the group has another path now.
pub(super) fn renamed(source: &Source, place: &Place) -> Finding {
    Finding::warning("directory-group-renamed", "directory", format!("{source} is called {} now", place.path))
        .why("it is known by its number, and its members count; its old path can be taken by others")
        .remedy(format!("write the new path, or its number, in the directory: `group: {}`", place.id))
}
