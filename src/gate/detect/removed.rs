//! Attribution that earlier commits of a change carried, and that none of its commits carries any more.
//!
//! It was seen, so it counts all the same. That it is gone proves nothing about anybody: messages are rewritten, and
//! commits dropped, for many reasons. It is said in neutral words, for whoever reviews the change.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::evidence::{Channel, Evidence};
use crate::gate::ids::CommitSha;

/// What is carried no more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Removed {
    /// The tool.
    pub tool: String,
    /// The kind of place.
    pub channel: Channel,
    /// One of the commits that carried it.
    pub commit: CommitSha,
}

/// Places in which tools leave their marks on a commit, and which a rewritten commit may lack.
fn is_attribution(one: &Evidence) -> bool {
    one.gates && matches!(one.channel, Channel::CoAuthor | Channel::Trailer | Channel::Message | Channel::Note)
}

/// What is gone: of the evidence that commits of the change ever showed, tools that its commits now do not show in the
/// same kind of place. `shown`: the evidence of `commits`, which are the change's present ones.
pub fn removed<'a>(
    ever: impl IntoIterator<Item = &'a Evidence>,
    shown: &[&Evidence],
    commits: &BTreeSet<&CommitSha>,
) -> Vec<Removed> {
    let shown_now: BTreeSet<_> =
        shown.iter().filter(|one| one.gates).map(|one| (one.tool.as_str(), one.channel)).collect();
    // A note that could not be read may say it still.
    let knows_notes = !shown.iter().any(|one| one.channel == Channel::Note && !one.gates);
    let mut gone: BTreeMap<(&str, Channel), &CommitSha> = BTreeMap::new();
    for one in ever.into_iter().filter(|one| is_attribution(one)) {
        let Some(commit) = one.place.commit() else { continue };
        // A commit's message never changes; what is known of it may, with the catalogue.
        let may_be_gone = if one.channel == Channel::Note { knows_notes } else { !commits.contains(commit) };
        if may_be_gone && !shown_now.contains(&(one.tool.as_str(), one.channel)) {
            let first = gone.entry((one.tool.as_str(), one.channel)).or_insert(commit);
            *first = (*first).min(commit);
        }
    }
    let gone = gone.into_iter();
    gone.map(|((tool, channel), commit)| Removed { tool: tool.to_owned(), channel, commit: commit.clone() }).collect()
}
