//! Notes: what people write on merge requests, in the conversation and on lines.
//!
//! Only a note that is *created* makes a command, and its author is the account that wrote it. Maintainers can edit other
//! people's notes, and what a note said before is not told.

use super::ParseError;
use super::event::{Reader, time};
use super::payload::{MergeRequest, Note, NoteEvent};
use crate::forge::event::{CommentAction, CommentEvent, Event, Held, LineCommentEvent, NamedRepository};
use crate::forge::gitlab::said;
use crate::gate::change::Actor;
use crate::gate::command::Said;
use crate::gate::ids::ChangeKey;
use crate::gate::witnessed::{Misplaced, Place, SeenCommand, body_digest};

impl Reader<'_> {
    /// A note, if it is one on a merge request that everybody there can read, and neither GitLab's own nor ours.
    pub(super) fn note(&self, payload: NoteEvent) -> Result<Option<Event>, ParseError> {
        let NoteEvent { event_type, user, project, object_attributes: note, merge_request } = payload;
        let is_hidden = note.internal == Some(true)
            || note.confidential == Some(true)
            || event_type.as_deref() == Some("confidential_note");
        let is_ours = note.author_id.map(|id| self.actor(id, None)).is_some_and(|author| self.is_us(&author.account));
        if note.noteable_type.as_deref() != Some("MergeRequest") || note.system == Some(true) || is_hidden || is_ours {
            return Ok(None);
        }
        let merge_request = merge_request.ok_or_else(|| self.wrong("merge_request"))?;
        let repository = self.repository(merge_request.target_project_id, &project);
        let sender = self.sender(user.as_ref());
        let is_on_line = note.kind.as_deref() == Some("DiffNote");
        // Versions before 16.11 tell of notes only when they are created, and do not say so.
        match note.action.as_deref() {
            Some("create") | None if is_on_line => {
                self.line_comment(repository, &merge_request, &note, sender.as_ref())
            }
            Some("create") | None => {
                let change = self.key(&merge_request);
                let command = self.command(&note, &change, sender.as_ref())?;
                let (id, action, held) = (note.id, CommentAction::Created, Held::Nothing);
                Ok(Some(Event::Comment(CommentEvent { repository, change, id, action, sender, command, held })))
            }
            Some("update") if !is_on_line => {
                let (change, id) = (self.key(&merge_request), note.id);
                let (action, command, held) = (CommentAction::Edited, None, Held::Untold);
                Ok(Some(Event::Comment(CommentEvent { repository, change, id, action, sender, command, held })))
            }
            Some(_) => Ok(None),
        }
    }

    fn command(
        &self,
        note: &Note,
        change: &ChangeKey,
        sender: Option<&Actor>,
    ) -> Result<Option<Box<SeenCommand>>, ParseError> {
        let Some((author, said)) = self.words(note, sender) else { return Ok(None) };
        Ok(Some(Box::new(SeenCommand {
            change: change.clone(),
            comment: note.id,
            node: format!("gid://gitlab/{}/{}", note_type(note), note.id),
            author,
            via_app: None,
            said_at: self.said_at(note)?,
            said,
            body_digest: body_digest(note.text.as_deref().unwrap_or_default()),
            is_witnessed: true,
            url: note.url.clone(),
        })))
    }

    /// A note on a line, if it holds a command.
    fn line_comment(
        &self,
        repository: NamedRepository,
        merge_request: &MergeRequest,
        note: &Note,
        sender: Option<&Actor>,
    ) -> Result<Option<Event>, ParseError> {
        let Some((author, said)) = self.words(note, sender) else { return Ok(None) };
        let Some(change) = self.seen_change(merge_request, None)? else { return Ok(None) };
        let misplaced = Box::new(Misplaced {
            change: change.key.clone(),
            place: Place::Line,
            id: note.id,
            author,
            said,
            said_at: self.said_at(note)?,
            url: note.url.clone(),
        });
        Ok(Some(Event::LineComment(LineCommentEvent { repository, change, misplaced })))
    }

    /// What a note says and who wrote it. Nobody can write in another's name: where the delivery names another account as
    /// the one that did it, nobody said anything.
    fn words(&self, note: &Note, sender: Option<&Actor>) -> Option<(Actor, Said)> {
        let said = said(note.text.as_deref()?)?;
        let author = note.author_id?;
        match sender {
            Some(sender) if sender.account.id == author => Some((sender.clone(), said)),
            Some(_) => None,
            // Old versions do not number the user.
            None => Some((self.actor(author, None), said)),
        }
    }

    fn said_at(&self, note: &Note) -> Result<jiff::Timestamp, ParseError> {
        note.created_at.as_deref().and_then(time).ok_or_else(|| self.wrong("object_attributes.created_at"))
    }
}

/// The type by which GraphQL numbers the note. <https://docs.gitlab.com/api/graphql/reference/#noteid>
fn note_type(note: &Note) -> &'static str {
    match note.kind.as_deref() {
        Some("DiscussionNote") => "DiscussionNote",
        Some("DiffNote") => "DiffNote",
        _ => "Note",
    }
}
