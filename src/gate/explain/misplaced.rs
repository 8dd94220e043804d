//! What is said to somebody who gave a command where none is obeyed.

use super::super::command::{Ask, Said};
use super::super::ids::CommitSha;
use super::super::witnessed::{Misplaced, Place};
use super::markdown::{code, mention};

/// The line that shows, hidden from readers, which command a reply is about: a reply whose receipt got lost is known by it.
/// Reviews and comments on lines have numbers of their own, so that their place is part of it.
pub fn misplaced_marker(place: Place, id: i64) -> String {
    match place {
        Place::Conversation => super::marker(id),
        Place::Review => format!("<!-- seconder:answer:review-{id} -->"),
        Place::Line => format!("<!-- seconder:answer:line-{id} -->"),
    }
}

/// The reply to a command in a review or on a line: where to give it, with the line to repeat.
pub fn misplaced(seen: &Misplaced, head: &CommitSha) -> String {
    let place = match seen.place {
        Place::Conversation => "elsewhere",
        Place::Review => "in a review",
        Place::Line => "on a line",
    };
    let yours = match &seen.url {
        Some(url) => format!("[yours]({url})"),
        None => "yours".to_owned(),
    };
    format!(
        "{}\n{} commands count only in comments of this conversation, and {yours} stands {place}. If you mean it, write \
         {} in a comment here.\n",
        misplaced_marker(seen.place, seen.id),
        mention(seen.author.login.as_str()),
        code(&line(&seen.said, head)),
    )
}

/// The line to repeat. A commit that was named stays the one that was meant.
fn line(said: &Said, head: &CommitSha) -> String {
    let object = match &said.ask {
        Ask::Approve { named: Some(named) } => named.as_str(),
        Ask::Approve { named: None } => head.short(),
        Ask::Assisted { tool: Some(tool) } => tool.as_str(),
        _ => "",
    };
    let verb = match &said.ask {
        Ask::Mistaken(_) => "help",
        ask => ask.verb(),
    };
    let words = ["/seconder", verb, object, said.reason.as_deref().unwrap_or_default()];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
