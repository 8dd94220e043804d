//! The text of a difference, as git writes it: `git diff` with three lines of context.

use std::fmt::Write as _;

use super::diff::{ChangeKind, FileChange};
use super::{Objects, Sha};

/// Unchanged lines shown around what changed.
const CONTEXT: usize = 3;

/// A line of a difference; it ends as it does in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    Same(&'a str),
    Old(&'a str),
    New(&'a str),
}

impl Objects {
    /// What leads from one commit's tree to another's, as text.
    pub(crate) fn patch(&self, from: &str, to: &str) -> String {
        let before = self.files_at(from);
        let mut text = String::new();
        for change in self.diff(Some(from), to) {
            let old = before.get(change.previous_path.as_ref().unwrap_or(&change.path));
            self.write_file(&mut text, &change, old);
        }
        text
    }

    /// The hunk of a file's difference that shows a line as it is after the change, up to that line: what a comment on it
    /// shows. `None` if the difference does not show it.
    pub(crate) fn hunk_up_to(&self, from: &str, to: &str, path: &str, last: usize) -> Option<String> {
        let change = self.diff(Some(from), to).into_iter().find(|change| change.path == path)?;
        let before = self.files_at(from);
        let old = before.get(change.previous_path.as_ref().unwrap_or(&change.path));
        let content = |sha: Option<&Sha>| sha.and_then(|sha| self.blob(sha)).map_or("", |text| &**text);
        let lines = lines(content(old), content(Some(&change.blob)));
        let is_after = |at: &usize| !matches!(lines[*at], Line::Old(_));
        let at = (0..lines.len()).filter(is_after).nth(last.checked_sub(1)?)?;
        let hunk = hunks(&lines).into_iter().find(|hunk| hunk.contains(&at))?;
        let mut text = String::new();
        write_hunk(&mut text, &lines, hunk.start..at + 1);
        text.truncate(text.trim_end_matches('\n').len());
        Some(text)
    }

    /// The hunks of one file's difference, as text, without what stands above them.
    pub(crate) fn file_patch(&self, from: &str, change: &FileChange) -> String {
        let before = self.files_at(from);
        let old = before.get(change.previous_path.as_ref().unwrap_or(&change.path));
        let mut text = String::new();
        self.write_file(&mut text, change, old);
        text.find("\n@@ ").and_then(|at| text.get(at + 1..)).unwrap_or_default().to_owned()
    }

    /// The same for two differences that do the same to the same text, wherever it stands: `git patch-id`, in meaning.
    pub(crate) fn patch_id(&self, from: &str, to: &str) -> Sha {
        let patch = self.patch(from, to);
        let told = patch.lines().filter(|line| !line.starts_with("@@ ") && !line.starts_with("index "));
        super::hash::blob(&told.collect::<Vec<_>>().join("\n"))
    }

    fn write_file(&self, text: &mut String, change: &FileChange, old: Option<&Sha>) {
        let new = (change.kind != ChangeKind::Removed).then_some(&change.blob);
        let old_path = change.previous_path.as_ref().unwrap_or(&change.path);
        let path = &change.path;
        let content = |sha: Option<&Sha>| sha.and_then(|sha| self.blob(sha)).map_or("", |text| &**text);
        let (before, after) = (content(old), content(new));
        let _ = writeln!(text, "diff --git a/{old_path} b/{path}");
        let mode = match change.kind {
            ChangeKind::Added => Some("new file mode 100644"),
            ChangeKind::Removed => Some("deleted file mode 100644"),
            ChangeKind::Modified | ChangeKind::Renamed => None,
        };
        if let Some(mode) = mode {
            let _ = writeln!(text, "{mode}");
        }
        if change.kind == ChangeKind::Renamed {
            let similarity = old.map_or(0, |old| self.similarity(old, &change.blob));
            let _ = writeln!(text, "similarity index {similarity}%\nrename from {old_path}\nrename to {path}");
        }
        if old == new {
            return;
        }
        let suffix = if mode.is_none() { " 100644" } else { "" };
        let _ = writeln!(text, "index {}..{}{suffix}", short(old), short(new));
        let from = if old.is_some() { format!("a/{old_path}") } else { "/dev/null".to_owned() };
        let to = if new.is_some() { format!("b/{path}") } else { "/dev/null".to_owned() };
        if before.contains('\0') || after.contains('\0') {
            let _ = writeln!(text, "Binary files {from} and {to} differ");
            return;
        }
        let lines = lines(before, after);
        if lines.is_empty() {
            return;
        }
        let _ = writeln!(text, "--- {from}\n+++ {to}");
        for hunk in hunks(&lines) {
            write_hunk(text, &lines, hunk);
        }
    }
}

fn short(sha: Option<&Sha>) -> String {
    sha.map_or("0000000", |sha| sha.get(..7).unwrap_or(sha)).to_owned()
}

/// Both sides as one list of lines, by their longest common subsequence; what goes comes before what comes.
fn lines<'a>(before: &'a str, after: &'a str) -> Vec<Line<'a>> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] =
                if old[i] == new[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push(Line::Same(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(Line::Old(old[i]));
            i += 1;
        } else {
            lines.push(Line::New(new[j]));
            j += 1;
        }
    }
    lines
}

/// The ranges of lines to show: what changed with its context, joined where the contexts meet.
fn hunks(lines: &[Line<'_>]) -> Vec<std::ops::Range<usize>> {
    let mut hunks: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if matches!(line, Line::Same(_)) {
            continue;
        }
        let (start, end) = (at.saturating_sub(CONTEXT), (at + CONTEXT + 1).min(lines.len()));
        match hunks.last_mut().filter(|last| last.end >= start) {
            Some(last) => last.end = end,
            None => hunks.push(start..end),
        }
    }
    hunks
}

fn write_hunk(text: &mut String, lines: &[Line<'_>], hunk: std::ops::Range<usize>) {
    let count = |range: &[Line<'_>], is_old: bool| {
        let other = |line: &&Line<'_>| !matches!((line, is_old), (Line::New(_), true) | (Line::Old(_), false));
        range.iter().filter(other).count()
    };
    let (above, shown) = (&lines[..hunk.start], &lines[hunk]);
    let side = |is_old| {
        let (start, length) = (count(above, is_old), count(shown, is_old));
        let start = if length == 0 { start } else { start + 1 };
        if length == 1 { start.to_string() } else { format!("{start},{length}") }
    };
    let _ = writeln!(text, "@@ -{} +{} @@", side(true), side(false));
    for line in shown {
        let (sign, content) = match line {
            Line::Same(content) => (' ', content),
            Line::Old(content) => ('-', content),
            Line::New(content) => ('+', content),
        };
        let _ = write!(text, "{sign}{content}");
        if !content.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}
