//! Suggestions that the forge applied: a few lines that a reviewer proposed in a comment, and that somebody took over at
//! the press of a button. Where the policy allows it, they leave the reviewer the power to approve.
//!
//! What a commit says about itself proves nothing: one edited in the forge's web pages can name anybody as co-author. So
//! its difference must consist of suggestions word by word, each in a comment that nobody has edited since. Only the
//! suggester gains by it; whoever pressed the button wrote to the branch, and stays a contributor.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use super::change::{Actor, Change};
use super::contributors::Automation;
use super::evaluate::guard;
use super::ids::{AccountId, CommitSha};
use super::update::is_made_by_forge;

/// The most lines that a policy may allow.
pub const MAX_LINES: u32 = 10;

/// A suggested line longer than this is not one line's worth.
const MAX_LINE_BYTES: usize = 400;

/// A difference larger than this is no set of small suggestions.
const MAX_DIFF_LINES: usize = 1_000;

/// A comment on lines of the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineComment {
    /// Who wrote it; `None` when that account was deleted.
    pub author: Option<Actor>,
    /// What it says, Markdown.
    pub body: String,
    /// Whether anybody edited it since.
    pub is_edited: bool,
    /// The file.
    pub path: String,
    /// What the author saw: the end of this hunk are the lines commented on.
    pub hunk: String,
    /// How many lines are commented on.
    pub lines: usize,
}

/// A commit that may consist of suggestions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The commit.
    pub commit: CommitSha,
    /// Its only parent.
    pub parent: CommitSha,
    /// The people whom it names as co-authors, by the accounts that the forge links.
    pub co_authors: BTreeSet<AccountId>,
}

impl Candidate {
    /// What each of its co-authors may have suggested.
    pub fn parts(&self) -> impl Iterator<Item = (CommitSha, AccountId)> + '_ {
        self.co_authors.iter().map(|account| (self.commit.clone(), account.clone()))
    }
}

/// What one person suggested in one commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Applied {
    /// The commit.
    pub commit: CommitSha,
    /// Who suggested it.
    pub by: AccountId,
    /// How many lines it removed and added.
    pub lines: u32,
}

/// The commits of the change that have the form of an applied suggestion: the forge made and signed them on top of one
/// other, and they name co-authors.
pub fn candidates(change: &Change, automation: &impl Automation) -> Vec<Candidate> {
    let made = change.commits.iter().filter(|commit| is_made_by_forge(commit, change, automation));
    let candidate = |commit: &super::change::Commit| {
        let [parent] = commit.parents.as_slice() else { return None };
        let accounts = commit.co_authors.iter().filter_map(|co_author| co_author.account.as_ref());
        let co_authors: BTreeSet<_> = accounts.filter(|one| one.is_user()).map(|one| one.account.clone()).collect();
        let (commit, parent) = (commit.sha.clone(), parent.clone());
        (!co_authors.is_empty()).then_some(Candidate { commit, parent, co_authors })
    };
    made.filter_map(candidate).collect()
}

/// Whose suggestions a commit consists of, with the lines of each. Empty if there is anything else in it, if it touches a
/// guarded file, or if a suggestion is not to be found as it was applied.
pub fn applied(commit: &CommitSha, diff: &[u8], comments: &[LineComment]) -> Vec<Applied> {
    let suggestions: Vec<Suggestion> = comments.iter().flat_map(suggestions).collect();
    let lines = std::str::from_utf8(diff).ok().and_then(hunks).and_then(|hunks| {
        let mut lines = BTreeMap::new();
        for hunk in &hunks {
            for suggestion in hunk.consists_of(&suggestions)? {
                *lines.entry(suggestion.author.clone()).or_default() += suggestion.changed_lines();
            }
        }
        Some(lines)
    });
    let applied = |(by, lines)| Applied { commit: commit.clone(), by, lines };
    lines.unwrap_or_default().into_iter().map(applied).collect()
}

/// The suggestions that leave their author the power to approve: all that somebody ever suggested in a change counts
/// together, or small steps would add up.
pub fn within(limit: u32, applied: &[Applied]) -> BTreeSet<(CommitSha, AccountId)> {
    let each: BTreeSet<&Applied> = applied.iter().collect();
    let mut sums: BTreeMap<&AccountId, u32> = BTreeMap::new();
    for one in &each {
        let sum = sums.entry(&one.by).or_default();
        *sum = sum.saturating_add(one.lines);
    }
    let is_small = |one: &&&Applied| sums.get(&one.by).is_some_and(|sum| *sum <= limit);
    each.iter().filter(is_small).map(|one| (one.commit.clone(), one.by.clone())).collect()
}

/// One suggestion: these lines of a file instead of those.
struct Suggestion {
    author: AccountId,
    path: String,
    replaced: Vec<String>,
    text: Vec<String>,
}

impl Suggestion {
    /// Lines removed and added, without those at both ends that stay as they were.
    fn changed_lines(&self) -> u32 {
        let same = |pair: &(&String, &String)| pair.0 == pair.1;
        let ahead = self.replaced.iter().zip(&self.text).take_while(same).count();
        let rest = self.replaced.len().min(self.text.len()) - ahead;
        let behind = self.replaced.iter().rev().zip(self.text.iter().rev()).take(rest).take_while(same).count();
        u32::try_from(self.replaced.len() + self.text.len() - 2 * (ahead + behind)).unwrap_or(u32::MAX)
    }
}

/// What a comment suggests. Nothing, if it was edited: what it said when it was applied cannot be known.
fn suggestions(comment: &LineComment) -> Vec<Suggestion> {
    let author = comment.author.as_ref().filter(|author| author.is_user() && !comment.is_edited);
    let (Some(author), Some(replaced)) = (author, commented(comment)) else { return Vec::new() };
    let suggestion = |text: Vec<String>| {
        let is_short = text.iter().all(|line| line.len() <= MAX_LINE_BYTES);
        // What changes nothing was not applied: it would only explain lines that nobody changed.
        (is_short && text != replaced).then(|| Suggestion {
            author: author.account.clone(),
            path: comment.path.clone(),
            replaced: replaced.clone(),
            text,
        })
    };
    blocks(&comment.body).into_iter().filter_map(suggestion).collect()
}

/// The lines commented on: the last ones of the hunk, as they were after the change.
fn commented(comment: &LineComment) -> Option<Vec<String>> {
    let shown: Vec<&str> = comment.hunk.lines().skip(1).filter(|line| !line.starts_with('\\')).collect();
    if shown.last()?.starts_with('-') {
        return None;
    }
    let after: Vec<String> =
        shown.iter().filter(|line| !line.starts_with('-')).map(|line| without_sign(line)).collect();
    let first = after.len().checked_sub(comment.lines)?;
    after.get(first..).filter(|lines| !lines.is_empty()).map(<[String]>::to_vec)
}

/// A line of a difference without its first character, and without the carriage return that some files have.
fn without_sign(line: &str) -> String {
    let mut rest = line.chars();
    rest.next();
    rest.as_str().trim_end_matches('\r').to_owned()
}

/// The texts of a comment's own `suggestion` blocks, in lines. What is quoted is somebody else's.
fn blocks(body: &str) -> Vec<Vec<String>> {
    let is_suggestion =
        |tag: &Tag<'_>| matches!(tag, Tag::CodeBlock(CodeBlockKind::Fenced(kind)) if &**kind == "suggestion");
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    let mut depth = 0_usize;
    for event in Parser::new(body) {
        match event {
            Event::Start(tag) => {
                open = (depth == 0 && is_suggestion(&tag)).then(String::new);
                depth += 1;
            }
            Event::Text(text) => {
                if let Some(block) = &mut open {
                    block.push_str(&text);
                }
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                blocks.extend(open.take().map(|text| text.lines().map(str::to_owned).collect()));
            }
            _ => {}
        }
    }
    blocks
}

/// A part of a file before and after.
struct Hunk {
    path: String,
    before: Vec<String>,
    after: Vec<String>,
}

/// The hunks of a difference that only changes lines of files that stay where they are, none of them guarded.
fn hunks(diff: &str) -> Option<Vec<Hunk>> {
    if diff.lines().count() > MAX_DIFF_LINES {
        return None;
    }
    let mut hunks: Vec<Hunk> = Vec::new();
    let mut path: Option<String> = None;
    let mut is_in_hunk = false;
    for line in diff.lines() {
        if let Some(names) = line.strip_prefix("diff --git a/") {
            let (old, new) = names.split_at_checked(names.len().checked_sub(3)? / 2)?;
            if new.strip_prefix(" b/") != Some(old) || guard::is_guarded(old) {
                return None;
            }
            path = Some(old.to_owned());
            is_in_hunk = false;
        } else if line.starts_with("@@ ") {
            hunks.push(Hunk { path: path.clone()?, before: Vec::new(), after: Vec::new() });
            is_in_hunk = true;
        } else if is_in_hunk {
            let hunk = hunks.last_mut()?;
            let (sign, text) = (line.chars().next()?, without_sign(line));
            if matches!(sign, ' ' | '-') {
                hunk.before.push(text.clone());
            }
            if matches!(sign, ' ' | '+') {
                hunk.after.push(text);
            }
            if !matches!(sign, ' ' | '-' | '+' | '\\') {
                return None;
            }
        } else if !["index ", "--- ", "+++ "].iter().any(|known| line.starts_with(known)) {
            // Another mode, a renaming, something new or gone, something that is no text.
            return None;
        }
    }
    Some(hunks)
}

/// From a position before and after: by an unchanged line, or by a suggestion.
type Step<'s> = (usize, usize, Option<&'s Suggestion>);

impl Hunk {
    /// The suggestions that lead from what was before to what is after, if any do; all else is unchanged.
    fn consists_of<'s>(&self, suggestions: &'s [Suggestion]) -> Option<Vec<&'s Suggestion>> {
        let own: Vec<&Suggestion> = suggestions.iter().filter(|one| one.path == self.path).collect();
        // How each pair of positions was reached from another.
        let mut reached: BTreeMap<(usize, usize), Option<Step<'s>>> = BTreeMap::from([((0, 0), None)]);
        // In the order of positions: every step leads onwards, or stays on one side only.
        let mut open = BTreeSet::from([(0, 0)]);
        while let Some((i, j)) = open.pop_first() {
            let (before, after) = (self.before.get(i..)?, self.after.get(j..)?);
            let is_same = before.first().is_some_and(|line| after.first() == Some(line));
            let unchanged = is_same.then_some((i + 1, j + 1, None));
            let applies = |one: &&&Suggestion| before.starts_with(&one.replaced) && after.starts_with(&one.text);
            let steps = own.iter().filter(applies).map(|one| (i + one.replaced.len(), j + one.text.len(), Some(*one)));
            for (to_i, to_j, by) in unchanged.into_iter().chain(steps) {
                reached.entry((to_i, to_j)).or_insert_with(|| {
                    open.insert((to_i, to_j));
                    Some((i, j, by))
                });
            }
        }
        let mut used = Vec::new();
        let mut at = (self.before.len(), self.after.len());
        while let Some((i, j, by)) = reached.get(&at)? {
            used.extend(*by);
            at = (*i, *j);
        }
        Some(used)
    }
}
