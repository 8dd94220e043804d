//! Notes from before git-ai's version 1.0 (`authorship/0.0.1` to `authorship/2.0.0`, some without a version): JSON alone.
//!
//! ```text
//! {"files": {"src/main.rs": {"authors": [{"author": "Claude", "lines": [57, [10, 71]], "agent_metadata": null}]}}}
//! {"files": {"src/main.rs": [{"lines": [[10, 71]], "author_key": "…", "prompt_session_id": "…"}]}, "prompts": {…}}
//! ```
//!
//! The first form names people and tools alike in one field.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Deserializer;

use super::{Author, AuthorKind, Lenient, Session, Sums, name};

#[derive(Debug, Deserialize)]
struct Log {
    files: BTreeMap<String, Lenient<File>>,
    #[serde(default)]
    prompts: BTreeMap<String, Lenient<Session>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum File {
    Authors { authors: Vec<Lenient<Entry>> },
    Entries(Vec<Lenient<Entry>>),
}

#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(default)]
    author: Lenient<String>,
    #[serde(default)]
    lines: Vec<Lenient<Lines>>,
    #[serde(default)]
    agent_metadata: Lenient<Agent>,
    #[serde(default)]
    prompt_session_id: Lenient<String>,
}

#[derive(Debug, Deserialize)]
struct Agent {
    #[serde(default)]
    tool: Lenient<String>,
    #[serde(default)]
    model: Lenient<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Lines {
    One(u32),
    Range(u32, u32),
}

/// Reads a note. Also whether it was understood.
pub(super) fn read(note: &str) -> (Sums, bool) {
    let mut sums = Sums::default();
    let mut documents = Deserializer::from_str(note).into_iter::<Log>();
    let Some(Ok(log)) = documents.next() else { return (sums, false) };
    let is_whole = note.get(documents.byte_offset()..).unwrap_or_default().trim().is_empty();
    for (path, file) in &log.files {
        let entries = match &file.0 {
            Some(File::Authors { authors } | File::Entries(authors)) => authors.as_slice(),
            None => &[],
        };
        for entry in entries.iter().filter_map(|entry| entry.0.as_ref()) {
            if let Some(author) = author(entry, &log.prompts) {
                let lines = entry.lines.iter().filter_map(|lines| lines.0).map(|lines| match lines {
                    Lines::One(line) => (line, line),
                    Lines::Range(first, last) => (first, last),
                });
                sums.add(author, path, lines);
            }
        }
    }
    (sums, is_whole)
}

fn author(entry: &Entry, prompts: &BTreeMap<String, Lenient<Session>>) -> Option<Author> {
    if let Some(session) = entry.prompt_session_id.0.as_ref().and_then(|id| prompts.get(id)) {
        return Some(session.0.as_ref().map_or_else(|| Session::default().author(), Session::author));
    }
    let written = name(entry.author.0.as_deref().unwrap_or_default());
    let agent = entry.agent_metadata.0.as_ref();
    let tool = agent.and_then(|agent| name(agent.tool.0.as_deref()?));
    Some(Author {
        kind: if agent.is_some() { AuthorKind::Session } else { AuthorKind::Named },
        name: tool.or(written)?,
        model: agent.and_then(|agent| name(agent.model.0.as_deref()?)),
        person: None,
        lines: 0,
    })
}
