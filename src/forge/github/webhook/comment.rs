//! What people write: comments in the conversation and on lines, and reviews with their texts.
//!
//! Only a comment that is *created* makes a command, and its author is the account that the comment names. Whoever edits
//! or deletes a comment is the sender: anybody who can write to the repository may do that to other people's comments.

use jiff::Timestamp;

use super::ParseError;
use super::event::Reader;
use super::payload::{Account, Comment};
use crate::forge::event::{CommentAction, CommentEvent, Event, Held, LineCommentEvent, ReviewAction, ReviewEvent};
use crate::gate::change::{Actor, ActorKind};
use crate::gate::command::{self, Said};
use crate::gate::ids::ChangeKey;
use crate::gate::witnessed::{Misplaced, Place, SeenCommand, body_digest};

/// A text that holds a command where none is obeyed.
struct Text<'a> {
    place: Place,
    id: i64,
    body: Option<&'a str>,
    user: Option<&'a Account>,
    said_at: Option<&'a str>,
    url: Option<&'a String>,
}

impl Reader<'_> {
    /// A comment, if it is one on a change and not on a plain issue, nor our own.
    pub(super) fn comment(&self, action: CommentAction, app_id: Option<i64>) -> Result<Option<Event>, ParseError> {
        let issue = self.payload.issue.as_ref().ok_or_else(|| self.wrong("issue"))?;
        let comment = self.payload.comment.as_ref().ok_or_else(|| self.wrong("comment"))?;
        if issue.pull_request.is_none() || self.is_ours(comment, app_id) {
            return Ok(None);
        }
        let repository = self.repository()?;
        let change = ChangeKey { repo: repository.repo.clone(), number: issue.number };
        let (command, held) = match action {
            CommentAction::Created => (self.command(comment, &change)?, Held::Nothing),
            CommentAction::Edited => (None, self.held_before_edit(comment)),
            CommentAction::Deleted => (None, asked(comment.body.as_deref())),
        };
        let (id, sender) = (comment.id, self.sender());
        Ok(Some(Event::Comment(CommentEvent { repository, change, id, action, sender, command, held })))
    }

    /// Our answers quote commands, but give none.
    fn is_ours(&self, comment: &Comment, app_id: Option<i64>) -> bool {
        let author = comment.user.as_ref().map(|user| self.actor(user));
        let via_us = comment.performed_via_github_app.as_ref().is_some_and(|app| Some(app.id) == app_id);
        via_us && author.is_some_and(|author| author.kind == ActorKind::Bot)
    }

    /// The command in a comment that was written by whoever sends it.
    fn command(&self, comment: &Comment, change: &ChangeKey) -> Result<Option<Box<SeenCommand>>, ParseError> {
        let body = comment.body.as_deref().unwrap_or_default();
        let Some((author, said)) = self.author(comment.user.as_ref()).zip(command::parse(body)) else {
            return Ok(None);
        };
        Ok(Some(Box::new(SeenCommand {
            change: change.clone(),
            comment: comment.id,
            node: comment.node_id.clone().ok_or_else(|| self.wrong("comment.node_id"))?,
            author,
            via_app: comment.performed_via_github_app.as_ref().map(|app| app.id),
            said_at: self.time(comment.created_at.as_deref(), "comment.created_at")?,
            said,
            body_digest: body_digest(body),
            is_witnessed: true,
            url: comment.html_url.clone(),
        })))
    }

    /// Who wrote something, if whoever wrote it sent it: nobody can write in another's name.
    fn author(&self, user: Option<&Account>) -> Option<Actor> {
        let author = self.actor(user?);
        self.sender().filter(|sender| sender.account == author.account).map(|_| author)
    }

    /// What a comment asked for before it was edited. Where the delivery does not say, what it asks for now.
    fn held_before_edit(&self, comment: &Comment) -> Held {
        let former = self.payload.changes.as_ref().and_then(|changes| changes.1.as_deref());
        asked(former.or(comment.body.as_deref()))
    }

    /// A comment on a line, if it holds a command.
    pub(super) fn line_comment(&self) -> Result<Option<Event>, ParseError> {
        let comment = self.payload.comment.as_ref().ok_or_else(|| self.wrong("comment"))?;
        if command::parse(comment.body.as_deref().unwrap_or_default()).is_none() {
            return Ok(None);
        }
        let (repository, change) = self.seen_change(None)?;
        let text = Text {
            place: Place::Line,
            id: comment.id,
            body: comment.body.as_deref(),
            user: comment.user.as_ref(),
            said_at: comment.created_at.as_deref(),
            url: comment.html_url.as_ref(),
        };
        let misplaced = self.misplaced(&text, &change.key)?;
        Ok(misplaced.map(|misplaced| Event::LineComment(LineCommentEvent { repository, change, misplaced })))
    }

    pub(super) fn review(&self, action: ReviewAction) -> Result<Event, ParseError> {
        let (repository, change) = self.seen_change(None)?;
        let review = self.payload.review.as_ref().ok_or_else(|| self.wrong("review"))?;
        let only_comments = review.state.eq_ignore_ascii_case("commented");
        let text = Text {
            place: Place::Review,
            id: review.id,
            body: review.body.as_deref().filter(|_| action == ReviewAction::Submitted),
            user: review.user.as_ref(),
            said_at: review.submitted_at.as_deref(),
            url: review.html_url.as_ref(),
        };
        let misplaced = self.misplaced(&text, &change.key)?;
        Ok(Event::Review(ReviewEvent { repository, change, action, only_comments, misplaced }))
    }

    fn misplaced(&self, text: &Text<'_>, change: &ChangeKey) -> Result<Option<Box<Misplaced>>, ParseError> {
        let said: Option<Said> = text.body.and_then(command::parse);
        let Some((author, said)) = self.author(text.user).zip(said) else { return Ok(None) };
        Ok(Some(Box::new(Misplaced {
            change: change.clone(),
            place: text.place,
            id: text.id,
            author,
            said,
            said_at: self.time(text.said_at, "review.submitted_at or comment.created_at")?,
            url: text.url.cloned(),
        })))
    }

    fn time(&self, text: Option<&str>, path: &str) -> Result<Timestamp, ParseError> {
        text.and_then(|text| text.parse().ok()).ok_or_else(|| self.wrong(path))
    }
}

fn asked(text: Option<&str>) -> Held {
    text.and_then(command::parse).map_or(Held::Nothing, |said| Held::Ask(said.ask))
}
