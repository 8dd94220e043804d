//! All evidence on one commit of a local history.

use crate::gate::detect::agent_trace::{FOLDER, Subject, Traces, is_trace_file};
use crate::gate::detect::notes::{self, Note, Unread};
use crate::gate::detect::{Catalogue, CommitText, Evidence, detect_commit};
use crate::gate::ids::CommitSha;
use crate::history::{Commit, Content, History, Id, Notes, sha};

/// The longest note or file of records that is read.
const LONGEST_BYTES: u64 = notes::LONGEST_BYTES as u64;

/// What is read once for all commits of a history.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// git-ai's notes, and those from before it kept them as notes.
    notes: Vec<Notes>,
    /// Whether agent-trace records stand in the present commit. Where they do not, no commit is asked for them.
    has_traces: bool,
}

impl Look {
    /// Prepares for looking at commits of this history.
    pub fn prepare(history: &History) -> crate::history::Result<Self> {
        let notes = vec![history.notes("refs/notes/ai")?, history.notes_in("refs/ai/authorship/")?];
        // What is missing there is told of its commit.
        let has_traces = history.head()?.tips.into_iter().any(|tip| history.has_folder(tip, FOLDER).unwrap_or(false));
        Ok(Self { notes, has_traces })
    }
}

/// All evidence on a commit, sorted, each piece once: what it says itself, and what is attached to it. What is attached and
/// cannot be read is said in a hint.
pub fn look(history: &History, commit: &Commit, look: &Look, catalogue: &Catalogue) -> Vec<Evidence> {
    let sha = sha(commit.id);
    let text = CommitText { sha: &sha, message: &commit.message, author: &commit.author, committer: &commit.committer };
    let mut evidence = detect_commit(&text, catalogue);
    let notes = look.notes.iter().filter_map(|notes| note(history, notes, commit.id));
    evidence.extend(notes.flat_map(|note| note.evidence(&sha, catalogue)));
    if look.has_traces {
        evidence.extend(traces(history, commit, &sha).iter().flat_map(|traces| traces.evidence(catalogue)));
    }
    evidence.sort();
    evidence.dedup();
    evidence
}

fn note(history: &History, notes: &Notes, commit: Id) -> Option<Note> {
    match notes.get(history, commit, LONGEST_BYTES) {
        Ok(text) => text.map(|text| Note::parse(&text)),
        Err(_) => Some(Note::unread(Unread::Refused)),
    }
}

/// What records say that the commit added. A merge adds none: those it joins did.
fn traces(history: &History, commit: &Commit, sha: &CommitSha) -> Vec<Traces> {
    let touches_records = || history.folders_of(commit, 1).is_ok_and(|folders| folders.contains(FOLDER));
    if commit.is_merge() || !touches_records() {
        return Vec::new();
    }
    let Ok(files) = history.files_of(commit) else { return vec![Traces::unread(FOLDER, Unread::Refused)] };
    let touched = files.iter().map(String::as_str).collect();
    let subject = Subject { commits: std::slice::from_ref(sha), paths: Some(&touched) };
    let text = |at: Id, path: &str| match history.file_at(at, path, LONGEST_BYTES) {
        Ok(Some(Content::Whole(bytes))) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Ok(Some(Content::TooLarge { .. })) => Err(Unread::TooLong),
        Ok(None) => Ok(None),
        Err(_) => Err(Unread::Refused),
    };
    let read = |path: &str| {
        let before = commit.parents.first().and_then(|parent| text(*parent, path).ok().flatten());
        match text(commit.id, path) {
            Ok(now) => now.map(|now| Traces::read(path, &now, before.as_deref(), subject)),
            Err(why) => Some(Traces::unread(path, why)),
        }
    };
    files.iter().filter(|path| is_trace_file(path)).filter_map(|path| read(path)).collect()
}
