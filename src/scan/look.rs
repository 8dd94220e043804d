//! All evidence on one commit of a local history.

use std::collections::BTreeSet;

use super::Found;
use crate::gate::detect::agent_trace::{Subject, Traces, is_trace_file};
use crate::gate::detect::notes::{LONGEST_BYTES, Note, Unread};
use crate::gate::detect::{Catalogue, CommitText, Evidence, Level, detect_commit, operators};
use crate::gate::ids::CommitSha;
use crate::history::{Commit, Content, Error, History, Id, Notes, Selection, sha};

/// Where git-ai keeps its notes, and where it kept them before version 1.0.
const NOTES: &str = "refs/notes/ai";
const EARLY_NOTES: &str = "refs/ai/authorship/";

/// Where agent-trace records stand. They are looked for if this folder is there at the end of the history.
const TRACES: &str = ".agent-trace";

/// What is read once for all commits of a history.
#[derive(Debug, Clone, Default)]
pub struct Look {
    notes: Notes,
    early_notes: Notes,
    has_traces: bool,
}

impl Look {
    /// Prepares for looking at these commits.
    pub fn prepare(history: &History, selection: &Selection) -> crate::history::Result<Self> {
        let has_traces = |tip: &Id| history.has_folder(*tip, TRACES);
        Ok(Self {
            notes: history.notes(NOTES)?,
            early_notes: history.notes_by_reference(EARLY_NOTES)?,
            has_traces: selection.tips.iter().any(has_traces),
        })
    }
}

/// All evidence on a commit, sorted, each piece once: what it says itself, and what is attached to it.
pub fn look(history: &History, commit: &Commit, look: &Look, catalogue: &Catalogue) -> Found {
    let sha = sha(commit.id);
    let text = CommitText { sha: &sha, message: &commit.message, author: &commit.author, committer: &commit.committer };
    let mut evidence: BTreeSet<Evidence> = detect_commit(&text, catalogue).into_iter().collect();
    for notes in [&look.notes, &look.early_notes] {
        if let Some(note) = note(notes, history, commit.id) {
            evidence.extend(note.evidence(&sha, catalogue));
        }
    }
    if look.has_traces {
        evidence.extend(traces(history, commit, &sha).iter().flat_map(|traces| traces.evidence(catalogue)));
    }
    let evidence: Vec<Evidence> = evidence.into_iter().collect();
    let operators = match Level::of(&evidence) {
        Level::None | Level::Unknown => Vec::new(),
        Level::Assisted | Level::Autonomous => operators(&text, catalogue),
    };
    Found { id: commit.id, evidence, operators }
}

fn note(notes: &Notes, history: &History, commit: Id) -> Option<Note> {
    match notes.get(history, commit, LONGEST_BYTES as u64) {
        Ok(text) => text.map(|text| Note::parse(&text)),
        Err(Error::TooLarge { .. }) => Some(Note::unread(Unread::TooLong)),
        Err(_) => Some(Note::unread(Unread::Refused)),
    }
}

/// What the records say that the commit adds. A merge adds none of its own.
fn traces(history: &History, commit: &Commit, sha: &CommitSha) -> Vec<Traces> {
    let touches_records = || history.folders_of(commit, 1).is_ok_and(|folders| folders.contains(TRACES));
    if commit.is_merge() || !touches_records() {
        return Vec::new();
    }
    let Ok(files) = history.files_of(commit) else { return vec![Traces::unread(TRACES, Unread::Refused)] };
    let paths: BTreeSet<&str> = files.iter().map(String::as_str).collect();
    let subject = Subject { commits: std::slice::from_ref(sha), paths: Some(&paths) };
    let records = files.iter().filter(|path| is_trace_file(path));
    records.filter_map(|path| trace(history, commit, path, subject)).collect()
}

fn trace(history: &History, commit: &Commit, path: &str, subject: Subject<'_>) -> Option<Traces> {
    let text = |commit: Id| match history.file_at(commit, path, LONGEST_BYTES as u64) {
        Ok(Some(Content::Whole(bytes))) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Ok(Some(Content::TooLarge { .. })) => Err(Unread::TooLong),
        Ok(None) => Ok(None),
        Err(_) => Err(Unread::Refused),
    };
    match text(commit.id) {
        Ok(Some(now)) => {
            let before = commit.parents.first().and_then(|parent| text(*parent).ok().flatten());
            Some(Traces::read(path, &now, before.as_deref(), subject))
        }
        Ok(None) => None,
        Err(why) => Some(Traces::unread(path, why)),
    }
}
