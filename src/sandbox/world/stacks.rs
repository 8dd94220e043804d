//! Stacks: pull requests that build on each other, with the branch below them all as what they are held to.

use serde_json::{Value, json};

use super::World;
use crate::sandbox::accounts::AccountId;
use crate::sandbox::pulls::Pull;
use crate::sandbox::repositories::RepositoryId;

/// Pull requests of one repository, each going to the branch of the one below it.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    id: u64,
    number: u64,
    repository: RepositoryId,
    /// The branch that the lowest goes to.
    base_branch: String,
    /// Lowest first.
    pulls: Vec<u64>,
}

impl World {
    /// Makes a stack of open pull requests, lowest first. `None` if they do not build on each other in this order.
    pub(crate) fn make_stack(&mut self, actor: AccountId, id: RepositoryId, pulls: &[u64]) -> Option<()> {
        let base_branch = self.pull(id, *pulls.first()?)?.base_branch.clone();
        let mut below = base_branch.clone();
        for number in pulls {
            let pull = self.pull(id, *number).filter(|pull| pull.is_open() && pull.head_repository == Some(id))?;
            if pull.base_branch != below || self.stack_of(pull).is_some() {
                return None;
            }
            below.clone_from(&pull.head_branch);
        }
        let (stack, number) = (self.next_id(), self.next_id());
        let pulls = pulls.to_vec();
        self.stacks.insert(stack, Stack { id: stack, number, repository: id, base_branch, pulls: pulls.clone() });
        for number in pulls {
            self.emit_pull("stacked", id, number, actor, json!({}));
        }
        Some(())
    }

    /// Dissolves the stack that a pull request is part of. `None` if it is part of none.
    pub(crate) fn dissolve_stack(&mut self, actor: AccountId, id: RepositoryId, number: u64) -> Option<()> {
        let stack = self.stack_of(self.pull(id, number)?)?.id;
        for number in self.stacks.remove(&stack)?.pulls {
            self.emit_pull("unstacked", id, number, actor, json!({}));
        }
        Some(())
    }

    fn stack_of(&self, pull: &Pull) -> Option<&Stack> {
        self.stacks.values().find(|stack| stack.repository == pull.repository && stack.pulls.contains(&pull.number))
    }

    /// The branch whose rules a pull request is held to: that of its stack, if it is part of one.
    pub(crate) fn governing_branch<'a>(&'a self, pull: &'a Pull) -> &'a str {
        self.stack_of(pull).map_or(&pull.base_branch, |stack| &stack.base_branch)
    }

    /// The pull request right below in the stack.
    pub(crate) fn below(&self, pull: &Pull) -> Option<u64> {
        let stack = self.stack_of(pull)?;
        let place = stack.pulls.iter().position(|number| *number == pull.number)?;
        stack.pulls.get(place.checked_sub(1)?).copied()
    }

    /// After the lowest of a stack was merged: it is no part any more, and what was right above goes to the stack's base.
    pub(crate) fn advance_stack(&mut self, actor: AccountId, id: RepositoryId, merged: u64) {
        let Some(stack) = self.pull(id, merged).and_then(|pull| self.stack_of(pull)).map(|stack| stack.id) else {
            return;
        };
        let Some(stack) = self.stacks.get_mut(&stack) else { return };
        stack.pulls.retain(|number| *number != merged);
        if let Some(next) = stack.pulls.first().copied() {
            let onto = stack.base_branch.clone();
            self.follow_base(actor, id, next, &onto);
        }
    }

    /// `pull-request-stack`.
    pub(crate) fn stack_json(&self, pull: &Pull) -> Value {
        let Some(stack) = self.stack_of(pull) else { return Value::Null };
        let tip = self.repositories.get(&stack.repository).and_then(|home| home.branch(&stack.base_branch));
        json!({
            "id": stack.id,
            "number": stack.number,
            "size": stack.pulls.len(),
            "position": stack.pulls.iter().position(|number| *number == pull.number).map(|place| place + 1),
            "base": { "ref": stack.base_branch, "sha": tip },
        })
    }
}
