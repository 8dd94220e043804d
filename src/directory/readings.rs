//! What forges said of their groups: readings, how long they are good for, and which of them somebody has to look at first.
//!
//! Plain data. The engine asks the forges, the store keeps what they said; where else members may come from later gives the
//! same.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::gate::membership::{Kept, Reading, Source};

/// The last readings of groups. A group that is missing was never read.
pub type Readings = BTreeMap<Source, Reading>;

/// How long after it was read a group may vouch for people, where the files do not say.
pub const READING_MAX_AGE: SignedDuration = SignedDuration::from_hours(48);

/// So many may join within an hour, and so many leave at once, however small the group is.
const ALWAYS: usize = 5;

/// Beyond that, so many of a hundred may join within an hour.
const MOST_JOINING_PERCENT: usize = 10;

/// And so many of a hundred may leave at once.
const MOST_LEAVING_PERCENT: usize = 20;

/// Over which time those who join are counted: a list of them may come one by one.
const COUNTED_FOR: SignedDuration = SignedDuration::from_hours(1);

/// How far a reading is from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// How many are in it who were not.
    pub joining: usize,
    /// How many were in it who are not.
    pub leaving: usize,
}

/// What is to be kept once a group was read again. A reading by which many join or leave is held; what holds is then not
/// confirmed, and grows old. A few who leave do so at once in any case.
pub fn taken(kept: Kept, found: Reading) -> Kept {
    let Kept { reading, before, .. } = kept;
    let counts_on = found.read_at.duration_since(before.read_at) < COUNTED_FOR;
    let before = if counts_on { before } else { Reading { read_at: found.read_at, ..reading.clone() } };
    let joining = found.members.difference(&before.members).count();
    let leaving = reading.members.difference(&found.members).count();
    let many_join = exceeds(joining, before.members.len(), MOST_JOINING_PERCENT);
    let many_leave = exceeds(leaving, reading.members.len(), MOST_LEAVING_PERCENT);
    if !(many_join || many_leave) {
        return Kept { reading: found, before, held: None };
    }
    let Reading { members, read_at } = reading;
    let members = if many_leave { members } else { members.intersection(&found.members).copied().collect() };
    Kept { reading: Reading { members, read_at }, before, held: Some(found) }
}

/// What is to be kept once somebody has let through the reading that was held. Counting begins anew.
pub fn accepted(kept: Kept) -> Kept {
    match kept.held {
        Some(held) => Kept::first(held),
        None => kept,
    }
}

/// What the held reading would change.
pub fn difference(kept: &Kept) -> Option<Difference> {
    let held = kept.held.as_ref()?;
    let joining = held.members.difference(&kept.reading.members).count();
    Some(Difference { joining, leaving: kept.reading.members.difference(&held.members).count() })
}

fn exceeds(count: usize, of: usize, percent: usize) -> bool {
    count > ALWAYS && count.saturating_mul(100) > of.saturating_mul(percent)
}

/// These readings but for those that are too old to vouch for anybody at `now`, or a minute later: by then others are made of
/// them. A group without one has no members.
pub fn fresh(mut readings: Readings, max_age: Option<SignedDuration>, now: Timestamp) -> Readings {
    let soon = now.saturating_add(SignedDuration::from_mins(1)).unwrap_or(now);
    readings.retain(|_, reading| soon < until(reading, max_age));
    readings
}

/// Until when these readings may vouch for people; `None` where there are none.
pub(super) fn fresh_until(readings: &Readings, max_age: Option<SignedDuration>) -> Option<Timestamp> {
    readings.values().map(|reading| until(reading, max_age)).min()
}

fn until(reading: &Reading, max_age: Option<SignedDuration>) -> Timestamp {
    // Ages are bounded, so the sum exists; if it did not, nothing would be vouched for.
    reading.read_at.checked_add(max_age.unwrap_or(READING_MAX_AGE)).unwrap_or(reading.read_at)
}

/// What readings add to a digest: a line for each group, read or not.
pub(super) fn lines<'a>(sources: impl Iterator<Item = &'a Source>, readings: &Readings) -> Vec<String> {
    let line = |source: &Source| {
        let members = readings.get(source).map_or_else(|| "-".to_owned(), Reading::digest);
        format!("{} {} {} {members}", source.host, source.group, source.reach.as_str())
    };
    sources.map(line).collect()
}

/// Of these readings, those of these sources.
pub(super) fn of<'a>(sources: impl Iterator<Item = &'a Source>, readings: &Readings) -> Readings {
    let wanted: BTreeSet<&Source> = sources.collect();
    readings
        .iter()
        .filter(|(source, _)| wanted.contains(source))
        .map(|(one, read)| (one.clone(), read.clone()))
        .collect()
}
