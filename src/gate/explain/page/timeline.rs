//! Verdicts over time, and what moved between them.

use jiff::Timestamp;

use super::super::super::ids::CommitSha;
use super::Audience;

/// A decision on record.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// When it was made.
    pub at: Timestamp,
    /// The commit that was judged.
    pub head: &'a CommitSha,
    /// `pass`, `waiting`, `held` or `error`.
    pub outcome: &'a str,
    /// The level of assistance.
    pub level: &'a str,
    /// Digests of the change, the policy, the directory, and the catalogue of tools.
    pub rests_on: [&'a str; 4],
    /// Whether the change was read.
    pub was_read: bool,
    /// Whether it is the decision of a merge group.
    pub is_group: bool,
}

/// A decision, and what moved since the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When it was made.
    pub at: Timestamp,
    /// The commit that was judged.
    pub head: CommitSha,
    /// `pass`, `waiting`, `held` or `error`.
    pub outcome: String,
    /// The level of assistance.
    pub level: String,
    /// Whether it is the decision of a merge group.
    pub is_group: bool,
    /// What moved.
    pub moved: String,
}

/// What the digests of [`Past::rests_on`] are of.
const PARTS: [&str; 4] = ["the change or what people said on it", "a policy", "the directory", "the tool catalogue"];

/// What everybody is told of all of them but the change. That a verdict moved with the directory tells that of somebody's
/// tier, and would do so by being left out as well.
const SOMETHING_ELSE: &str = "something else that the verdict rests on";

/// The steps of a timeline, newest first as given. `has_older`: whether there are decisions before the oldest given.
pub fn timeline(decisions: &[Past<'_>], has_older: bool, audience: Audience) -> Vec<Step> {
    let step = |(place, one): (usize, &Past<'_>)| {
        let older = decisions.get(place + 1..).unwrap_or_default();
        // A merge group has a timeline of its own, beside that of the change.
        let before = older.iter().find(|before| before.is_group == one.is_group);
        let is_first = before.is_none() && !has_older;
        Step {
            at: one.at,
            head: one.head.clone(),
            outcome: one.outcome.to_owned(),
            level: one.level.to_owned(),
            is_group: one.is_group,
            moved: match before {
                Some(before) => moved(one, before, audience),
                None if is_first => first(one).to_owned(),
                None => String::new(),
            },
        }
    };
    decisions.iter().enumerate().map(step).collect()
}

fn first(one: &Past<'_>) -> &'static str {
    if one.is_group { "first verdict in a merge group" } else { "first verdict" }
}

fn moved(now: &Past<'_>, before: &Past<'_>, audience: Audience) -> String {
    if !now.was_read {
        return "the change could not be read".to_owned();
    }
    if !before.was_read {
        return "the change could be read again".to_owned();
    }
    let has_moved = now.head != before.head;
    let push = has_moved.then_some(if now.is_group { "another merge group" } else { "a push" });
    let differs = |part: &usize| now.rests_on.get(*part) != before.rests_on.get(*part);
    // With another head, the change is another one anyway.
    let name = |part: usize| match audience {
        Audience::Anybody if part > 0 => Some(SOMETHING_ELSE),
        Audience::Anybody | Audience::Insiders => PARTS.get(part).copied(),
    };
    let mut parts: Vec<&str> = (usize::from(has_moved)..PARTS.len()).filter(differs).filter_map(name).collect();
    parts.dedup();
    let parts = (!parts.is_empty()).then(|| format!("{} moved", parts.join(", ")));
    let words: Vec<String> = push.map(str::to_owned).into_iter().chain(parts).collect();
    if words.is_empty() { "other changes on the commit, or how it is said".to_owned() } else { words.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past<'a>(head: &'a CommitSha, rests_on: [&'a str; 4], is_group: bool) -> Past<'a> {
        let (outcome, level) = ("waiting", "none");
        Past { at: Timestamp::UNIX_EPOCH, head, outcome, level, rests_on, was_read: true, is_group }
    }

    #[test]
    fn what_moved_is_named() {
        let (a, b): (CommitSha, CommitSha) = ("a".repeat(40).parse().unwrap(), "b".repeat(40).parse().unwrap());
        let decisions = [
            past(&b, ["2", "2", "2", "2"], false),
            past(&b, ["2", "2", "1", "1"], false),
            past(&b, ["9", "9", "9", "9"], true),
            past(&b, ["2", "2", "1", "1"], false),
            past(&a, ["1", "1", "1", "1"], false),
        ];
        let told = |has_older, audience| timeline(&decisions, has_older, audience);
        let moved =
            |has_older| told(has_older, Audience::Insiders).into_iter().map(|step| step.moved).collect::<Vec<_>>();
        let expected = [
            "the directory, the tool catalogue moved",
            "other changes on the commit, or how it is said",
            "first verdict in a merge group",
            "a push; a policy moved",
            "first verdict",
        ];
        assert_eq!(moved(false), expected);
        assert_eq!(moved(true)[4], "", "what was before is not known");
    }

    #[test]
    fn everybody_is_told_the_same_of_directory_policy_and_catalogue() {
        let head: CommitSha = "a".repeat(40).parse().unwrap();
        let told = |now| {
            let decisions = [past(&head, now, false), past(&head, ["1", "1", "1", "1"], false)];
            timeline(&decisions, false, Audience::Anybody).remove(0).moved
        };
        for now in [["1", "1", "2", "1"], ["1", "2", "1", "1"], ["1", "1", "1", "2"], ["1", "2", "2", "2"]] {
            assert_eq!(told(now), "something else that the verdict rests on moved");
        }
        assert_eq!(
            told(["2", "1", "2", "1"]),
            "the change or what people said on it, something else that the verdict rests on moved"
        );
    }
}
