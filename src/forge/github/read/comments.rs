//! Comments with commands, read again by their names beside the change.

use std::collections::BTreeMap;

use super::incomplete;
use crate::forge::github::query::{QueryError, QueryFailure};
use crate::forge::github::wire::change::MaybeComment;
use crate::forge::{CommentNow, CommentText};
use crate::gate::ids::Host;

/// GitHub takes no more names at once.
const AT_ONCE: usize = 100;

/// Comments that are asked for, part by part, and what was read of them.
#[derive(Default)]
pub(super) struct Comments {
    asked: Vec<String>,
    read: Vec<Option<MaybeComment>>,
}

impl Comments {
    pub(super) fn of(asked: Vec<String>) -> Self {
        Self { asked, read: Vec::new() }
    }

    /// Whom to ask for next.
    pub(super) fn next(&self) -> &[String] {
        let left = self.asked.get(self.read.len()..).unwrap_or_default();
        left.get(..AT_ONCE).unwrap_or(left)
    }

    /// Takes an answer. A comment is gone only if GitHub says so in as many words: what is merely left out was not read.
    pub(super) fn take(
        &mut self,
        answer: Option<Vec<Option<MaybeComment>>>,
        tolerated: &[QueryError],
    ) -> Result<(), QueryFailure> {
        let count = self.next().len();
        let nodes = answer.unwrap_or_default();
        let is_sound = |(i, node): (usize, &Option<MaybeComment>)| {
            node.is_some() != tolerated.iter().any(|error| is_gone(error) == Some(i))
        };
        if nodes.len() != count || !nodes.iter().enumerate().all(is_sound) {
            return Err(incomplete("GitHub left out a comment"));
        }
        self.read.extend(nodes);
        Ok(())
    }

    /// All that was read, by name.
    pub(super) fn by_name(self, host: &Host) -> BTreeMap<String, CommentNow> {
        let now = |comment: Option<MaybeComment>| match comment {
            None | Some(MaybeComment::Other {}) => CommentNow::Gone,
            Some(MaybeComment::Comment(comment)) => CommentNow::There(CommentText {
                id: comment.full_database_id,
                author: comment.author.as_ref().and_then(|author| author.of(host)),
                was_edited: comment.last_edited_at.is_some() || comment.editor.is_some(),
                by_email: comment.created_via_email,
                body: comment.body,
            }),
        };
        self.asked.into_iter().zip(self.read.into_iter().map(now)).collect()
    }
}

/// The place of the comment that this error says is gone.
pub(super) fn is_gone(error: &QueryError) -> Option<usize> {
    let path = error.path.as_deref().unwrap_or_default();
    let [list, place] = path else { return None };
    let is_comment = error.kind.as_deref() == Some("NOT_FOUND") && list == "comments";
    place.as_u64().filter(|_| is_comment).and_then(|place| usize::try_from(place).ok())
}
