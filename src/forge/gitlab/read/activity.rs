//! What the server itself noted on a merge request: who pushed, who asked for changes, when its target moved.
//!
//! People can write the same words; only notes that GitLab calls the system's count, and of those none that came with an
//! import.
//! <https://docs.gitlab.com/user/project/system_notes/>

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Parts, actor, in_seconds, nodes, sha};
use crate::forge::gitlab::query::{QueryFailure, SystemNote};
use crate::gate::change::{Actor, ForcePush};
use crate::gate::ids::{AccountId, CommitSha, Host};

/// What the notes add up to.
#[derive(Debug, Default)]
pub(super) struct Activity {
    /// When the target branch last became another.
    pub(super) base_changed_at: Option<Timestamp>,
    /// Who edited the description, if only accounts are counted that still exist.
    pub(super) describers: Vec<Option<AccountId>>,
    /// Those whose last word was to ask for changes, and when they said it.
    pub(super) requests: Vec<(Actor, Timestamp)>,
    /// Who assigned a robot, and so set it to work.
    pub(super) assigners: Vec<Actor>,
}

impl Activity {
    pub(super) fn of(parts: &Parts, host: &Host, robots: &[Actor]) -> Result<Self, QueryFailure> {
        let mut found = Self::default();
        let mut words: BTreeMap<AccountId, (Actor, Timestamp, bool)> = BTreeMap::new();
        for note in system(parts)? {
            let by = note.author.as_ref().and_then(|author| actor(host, author));
            match kind(note) {
                Kind::Branch if note.body.starts_with("changed target branch") || note.body.contains("now targets") => {
                    found.base_changed_at = found.base_changed_at.max(Some(note.created_at));
                }
                Kind::Description => found.describers.push(by.map(|by| by.account)),
                Kind::Word { holds } => {
                    let Some(by) = by else { continue };
                    let word = (by.clone(), note.created_at, holds);
                    let known = words.entry(by.account).or_insert_with(|| word.clone());
                    // Of two in the same second, the one that holds counts.
                    if known.1 < word.1 || (known.1 == word.1 && holds) {
                        *known = word;
                    }
                }
                Kind::Assignee => {
                    let names_robot = robots.iter().any(|robot| names(&note.body, robot.login.as_str()));
                    let is_new = |by: &Actor| found.assigners.iter().all(|known| known.account != by.account);
                    if let Some(by) = by.filter(|by| names_robot && by.is_user() && is_new(by)) {
                        found.assigners.push(by);
                    }
                }
                Kind::Branch | Kind::Other => {}
            }
        }
        found.requests = words.into_values().filter(|(.., holds)| *holds).map(|(by, at, _)| (by, at)).collect();
        Ok(found)
    }
}

enum Kind {
    Branch,
    Description,
    Word { holds: bool },
    Assignee,
    Other,
}

/// What a note is about: GitLab's own word for it, or its text where there is none.
fn kind(note: &SystemNote) -> Kind {
    let action = note.metadata.as_ref().and_then(|metadata| metadata.action.as_deref());
    let starts = |text: &str| note.body.starts_with(text);
    match action {
        Some("branch") => Kind::Branch,
        Some("description") => Kind::Description,
        Some("approved") => Kind::Word { holds: false },
        Some("requested_changes") => Kind::Word { holds: true },
        Some("assignee") => Kind::Assignee,
        _ if starts("changed target branch") => Kind::Branch,
        _ if starts("changed the description") => Kind::Description,
        _ if starts("approved this merge request") => Kind::Word { holds: false },
        _ if starts("requested changes") => Kind::Word { holds: true },
        _ if starts("assigned to ") => Kind::Assignee,
        _ => Kind::Other,
    }
}

/// Whether a text mentions this login and not a longer one.
fn names(text: &str, login: &str) -> bool {
    let mention = format!("@{login}");
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    text.match_indices(&mention).any(|(at, _)| text.get(at + mention.len()..).is_some_and(ends))
}

/// All notes of the system, oldest first.
fn system(parts: &Parts) -> Result<Vec<&SystemNote>, QueryFailure> {
    let mut notes = nodes(parts.answer.activity.as_ref(), "what happened to the merge request")?;
    notes.retain(|note| note.system && note.imported != Some(true));
    notes.sort_by_key(|note| note.created_at);
    Ok(notes)
}

/// Who pushed which head, as the server noted it: GitLab writes the number of the version into its note.
pub(super) fn pushers(parts: &Parts) -> BTreeMap<CommitSha, SystemNote> {
    let mut pushers = BTreeMap::new();
    let Ok(notes) = system(parts) else { return pushers };
    for note in notes.into_iter().filter(|note| note.body.starts_with("added ")) {
        let version = version_of(&note.body);
        let version = parts.versions.iter().find(|known| Some(known.id) == version);
        // Without a number, the version that came with the note.
        let version = version.or_else(|| {
            let within = |known: &&super::wire::Version| in_seconds(known.created_at) == in_seconds(note.created_at);
            parts.versions.iter().find(within)
        });
        let head = version.and_then(|version| version.head_commit_sha.as_deref()?.parse().ok());
        if let Some(head) = head {
            pushers.insert(head, note.clone());
        }
    }
    pushers
}

/// The number in `[Compare with previous version](…/diffs?diff_id=17&start_sha=…)`.
fn version_of(body: &str) -> Option<i64> {
    let link = body.rfind("](").and_then(|at| body.get(at..))?;
    let id = link.split_once("diff_id=")?.1;
    let digits = id.find(|c: char| !c.is_ascii_digit()).map_or(id, |end| id.get(..end).unwrap_or_default());
    digits.parse().ok()
}

/// The pushes that made later versions, oldest first. Of one that brought nothing new nobody is noted.
pub(super) fn pushes(parts: &Parts, host: &Host) -> Result<Vec<ForcePush>, QueryFailure> {
    let noted = pushers(parts);
    let mut versions: Vec<_> = parts.versions.iter().collect();
    versions.sort_by_key(|version| (version.created_at, version.id));
    let head = |version: &super::wire::Version| version.head_commit_sha.as_deref().map(sha).transpose();
    let mut pushes = Vec::new();
    for pair in versions.windows(2) {
        let [earlier, later] = pair else { continue };
        let (before, after) = (head(earlier)?, head(later)?);
        // A new target makes a version as well.
        if before == after {
            continue;
        }
        let note = after.as_ref().and_then(|after| noted.get(after));
        let actor = note.and_then(|note| actor(host, note.author.as_ref()?));
        pushes.push(ForcePush { at: later.created_at, actor, before, after });
    }
    Ok(pushes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_link_that_gitlab_adds_and_from_nothing_before_it() {
        let body = "added 1 commit\n\n<ul><li>df210850 - a [x](diffs?diff_id=9)</li></ul>\n\n[Compare with previous \
                    version](/acme/pay/-/merge_requests/1/diffs?diff_id=31&start_sha=ab)";
        assert_eq!(version_of(body), Some(31));
        assert_eq!(version_of("added 1 commit"), None);
        assert_eq!(version_of("added 1 commit ](diff_id="), None);
    }

    #[test]
    fn a_mention_is_of_the_whole_login() {
        assert!(names("assigned to @duo and unassigned @jo", "duo"));
        assert!(!names("assigned to @duo-bot", "duo"));
        assert!(!names("assigned to duo", "duo"));
    }
}
