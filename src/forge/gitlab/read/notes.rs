//! Witnessed notes, read again beside the change.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{actor, incomplete};
use crate::forge::gitlab::query::{self, NoteNow, QueryFailure};
use crate::forge::{CommentNow, CommentText};
use crate::gate::ids::Host;

/// Names the notes that are asked for in the variables of a query: `$n0`, `$n1`, …
pub(super) fn name(variables: &mut Map<String, Value>, notes: &[String]) {
    for (i, note) in notes.iter().enumerate() {
        variables.insert(format!("n{i}"), note.as_str().into());
    }
}

/// Takes what was answered about them, by their names. A note is gone only where GitLab says `null`: what is merely left out
/// was not read.
pub(super) fn take(
    comments: &mut BTreeMap<String, CommentNow>,
    asked: &[String],
    answer: &mut BTreeMap<String, Value>,
    host: &Host,
) -> Result<(), QueryFailure> {
    for (i, name) in asked.iter().enumerate() {
        let found = answer.remove(&format!("n{i}")).ok_or_else(|| incomplete("GitLab left out a note"))?;
        let now = if found.is_null() {
            CommentNow::Gone
        } else {
            let note: NoteNow =
                serde_json::from_value(found).map_err(|_| incomplete("GitLab shows a note in another form"))?;
            now(note, name, host)?
        };
        comments.insert(name.clone(), now);
    }
    Ok(())
}

fn now(note: NoteNow, name: &str, host: &Host) -> Result<CommentNow, QueryFailure> {
    let id = query::number(&note.id).filter(|id| query::number(name) == Some(*id));
    let id = id.ok_or_else(|| incomplete("GitLab answered with another note"))?;
    // What not everybody on the change can see grants nothing, nor what an import wrote in somebody's name.
    if note.system || note.internal == Some(true) || note.imported == Some(true) {
        return Ok(CommentNow::Gone);
    }
    Ok(CommentNow::There(CommentText {
        id,
        author: note.author.as_ref().and_then(|author| actor(host, author)),
        body: note.body.unwrap_or_default(),
        was_edited: note.last_edited_at.is_some() || note.last_edited_by.is_some(),
        by_email: false,
    }))
}
