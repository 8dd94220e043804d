//! What a delivery was taken for, in a line: its kind, `!` if somebody waits, the letters of what it witnessed, and what it
//! concerns.

use seconder::forge::event::Delivery;
use seconder::gate::witnessed::{Concern, Witness};

pub(crate) fn show(delivery: &Delivery) -> String {
    let event = &delivery.event;
    let concerns: Vec<String> = event.concerns().iter().map(show_concern).collect();
    let witnessed: String = event
        .witnessed()
        .iter()
        .map(|witness| match witness {
            Witness::Repository(_) => 'r',
            Witness::Change(_) => 'c',
            Witness::Push(_) => 'p',
            Witness::Command(_) => 'o',
            Witness::Misplaced(_) => 'm',
            Witness::CommentFate { .. } => 'f',
            Witness::Group(_) => 'q',
            Witness::Finding(_) => 'x',
            Witness::Rules(_) => 'u',
            Witness::Gone(_) => 'g',
            Witness::Project(_) => 'j',
            Witness::Approval(_) => 'a',
            Witness::Described(_) => 'd',
        })
        .collect();
    let urgent = if event.urgent() { "!" } else { "" };
    format!("{}{urgent} [{witnessed}] {}", event.kind(), concerns.join(", "))
}

fn show_concern(concern: &Concern) -> String {
    match concern {
        Concern::Change(key) => format!("change #{}", key.number),
        Concern::Head { head, .. } => format!("head {}", head.short()),
        Concern::Base { branch, .. } => format!("base {branch}"),
        Concern::Repository(repo) => format!("repository {}", repo.id),
        Concern::Owner(owner) => format!("owner {}", owner.id),
        Concern::OwnerOf(repo) => format!("owner of {}", repo.id),
        Concern::Comment { comment, .. } => format!("comment {comment}"),
    }
}
