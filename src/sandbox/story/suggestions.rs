//! Suggestions on lines.

use std::ops::RangeInclusive;

use super::{check, find, must};
use crate::sandbox::accounts::Account;
use crate::sandbox::git::{Sha, Signature};
use crate::sandbox::handle::Sandbox;

impl Sandbox {
    /// Suggests another text for these lines of a file, as they are at the head. Returns the comment's number.
    pub fn suggest(
        &self,
        actor: &Account,
        repository: &str,
        number: u64,
        path: &str,
        lines: RangeInclusive<usize>,
        text: &str,
    ) -> u64 {
        let body = format!("How about this?\n\n```suggestion\n{text}```\n");
        self.act(|world| {
            let id = find(world, repository);
            let lines = Some((*lines.start(), *lines.end()));
            must(
                world.add_line_comment(actor.id, id, number, path, lines, &body),
                "the change does not show these lines",
            )
        })
    }

    /// Changes a comment on a line, one's own or (with write access) another's.
    pub fn edit_line_comment(&self, actor: &Account, comment: u64, text: &str) {
        self.act(|world| check(world.edit_line_comment(actor.id, comment, text), "no such comment to edit"));
    }

    /// Applies suggestions: GitHub commits them in the name of `actor`, with their authors as co-authors.
    pub fn apply_suggestions(&self, actor: &Account, repository: &str, number: u64, comments: &[u64]) -> Sha {
        let (commit, head_repository, branch) = {
            let world = self.world();
            let id = find(&world, repository);
            let pull = must(world.pull(id, number), "no such pull request");
            let head = pull.head_repository.and_then(|head| world.repositories.get(&head));
            let head = world.full_name(must(head, "the head repository is gone"));
            let commit = must(world.suggested(id, number, comments), "these suggestions cannot be applied");
            (commit, head, pull.head_branch.clone())
        };
        let author = Signature { name: actor.login.clone(), email: actor.email.clone(), at: None };
        self.push(actor, &head_repository, &branch, commit.author(author))
    }
}
