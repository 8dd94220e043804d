//! Pull requests, reviews, comments.

use super::{check, find, must};
use crate::sandbox::accounts::Account;
use crate::sandbox::handle::Sandbox;
use crate::sandbox::pulls::{Opinion, Pull};
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::world::World;

/// A pull request about to be opened.
#[derive(Debug, Clone, Default)]
pub struct OpenPull {
    title: String,
    body: Option<String>,
    head: String,
    base: String,
    from: Option<String>,
    draft: bool,
}

impl OpenPull {
    /// From a branch to `main` of the same repository.
    pub fn new(head: impl Into<String>, title: impl Into<String>) -> Self {
        Self { title: title.into(), head: head.into(), base: "main".to_owned(), ..Self::default() }
    }

    /// With this description.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// To another branch than `main`.
    #[must_use]
    pub fn to(mut self, base: impl Into<String>) -> Self {
        self.base = base.into();
        self
    }

    /// From another repository (`owner/name`): a fork.
    #[must_use]
    pub fn from_fork(mut self, repository: impl Into<String>) -> Self {
        self.from = Some(repository.into());
        self
    }

    /// As a draft.
    #[must_use]
    pub fn draft(mut self) -> Self {
        self.draft = true;
        self
    }
}

/// Finds the pull request a story names.
fn named(world: &World, repository: &str, number: u64) -> RepositoryId {
    let id = find(world, repository);
    check(world.pull(id, number).is_some(), &format!("there is no pull request {repository}#{number}"));
    id
}

impl Sandbox {
    /// Does something to a pull request that must succeed.
    fn pull_act(&self, repository: &str, number: u64, what: &str, act: impl FnOnce(&mut World, RepositoryId) -> bool) {
        self.act(|world| {
            let id = named(world, repository, number);
            check(act(world, id), what);
        });
    }

    /// Opens a pull request; returns its number.
    pub fn open_pull(&self, actor: &Account, repository: &str, pull: OpenPull) -> u64 {
        self.act(|world| {
            let base_repository = find(world, repository);
            let proposal = crate::sandbox::world::Proposal {
                base_repository,
                head_repository: pull.from.as_deref().map_or(base_repository, |from| find(world, from)),
                head_branch: pull.head,
                base_branch: pull.base,
                title: pull.title,
                body: pull.body,
                draft: pull.draft,
            };
            must(world.open_pull(actor.id, proposal), "no such branch, or nothing to propose")
        })
    }

    /// Head commit of a pull request.
    pub fn head(&self, repository: &str, number: u64) -> String {
        self.look(repository, number, |pull| pull.head.clone())
    }

    fn look<T>(&self, repository: &str, number: u64, look: impl FnOnce(&Pull) -> T) -> T {
        let world = self.world();
        look(must(world.pull(find(&world, repository), number), "there is no such pull request"))
    }

    /// Reviews the head, or an older commit if one is named. Returns the review's number.
    pub fn review(&self, actor: &Account, repository: &str, number: u64, opinion: Opinion, sha: Option<&str>) -> u64 {
        self.review_saying(actor, repository, number, opinion, sha, "")
    }

    /// As [`Sandbox::review`], with a text.
    pub fn review_saying(
        &self,
        actor: &Account,
        repository: &str,
        number: u64,
        opinion: Opinion,
        sha: Option<&str>,
        text: &str,
    ) -> u64 {
        self.act(|world| {
            let id = named(world, repository, number);
            let sha = sha.map(str::to_owned);
            let own = world.pull(id, number).is_some_and(|pull| pull.author == actor.id);
            check(
                !own || opinion == Opinion::Comment,
                "authors cannot approve, or request changes on, their own pull request",
            );
            let is_old = sha.as_ref().is_some_and(|sha| world.pull(id, number).is_none_or(|pull| pull.head != *sha));
            check(!(is_old && world.is_gitlab()), "GitLab has no review of another commit than the head");
            let review =
                must(world.add_review(actor.id, id, number, opinion.into(), sha, text), "no such pull request");
            let refused =
                opinion == Opinion::Approve && world.is_gitlab() && !world.has_approved((id, number), actor.id);
            check(!refused, "GitLab lets this account not approve");
            review
        })
    }

    /// Dismisses an approval or a request for changes.
    pub fn dismiss(&self, actor: &Account, repository: &str, number: u64, review: u64, message: &str) {
        let act = |world: &mut World, id| world.dismiss_review(actor.id, id, number, review, message);
        self.pull_act(repository, number, "no such review to dismiss", act);
    }

    /// Changes the text of a review.
    pub fn edit_review(&self, actor: &Account, repository: &str, number: u64, review: u64, text: &str) {
        let act = |world: &mut World, id| world.edit_review(actor.id, id, number, review, text);
        self.pull_act(repository, number, "no such review to edit", act);
    }

    /// Comments in the conversation. Returns the comment's number.
    pub fn comment(&self, actor: &Account, repository: &str, number: u64, text: &str) -> u64 {
        self.act(|world| {
            let id = named(world, repository, number);
            must(world.add_comment(actor.id, id, number, text, None), "no such pull request")
        })
    }

    /// Comments through an App, in the name of a person (`performed_via_github_app`).
    pub fn comment_via_app(&self, actor: &Account, app: u64, repository: &str, number: u64, text: &str) -> u64 {
        self.act(|world| {
            let id = named(world, repository, number);
            must(world.add_comment(actor.id, id, number, text, Some(app)), "no such pull request")
        })
    }

    /// Answers a notification by e-mail.
    pub fn comment_by_email(&self, actor: &Account, repository: &str, number: u64, text: &str) -> u64 {
        let comment = self.comment(actor, repository, number, text);
        if let Some(comment) = self.world().comment_mut(comment) {
            comment.via_email = true;
        }
        comment
    }

    /// Comments on a line of a file. Returns the comment's number.
    pub fn line_comment(&self, actor: &Account, repository: &str, number: u64, path: &str, text: &str) -> u64 {
        self.act(|world| {
            let id = named(world, repository, number);
            must(world.add_line_comment(actor.id, id, number, path, None, text), "no such pull request")
        })
    }

    /// Changes a comment, one's own or (with write access) another's.
    pub fn edit_comment(&self, actor: &Account, comment: u64, text: &str) {
        self.act(|world| check(world.edit_comment(actor.id, comment, text), "no such comment to edit"));
    }

    /// Deletes a comment.
    pub fn delete_comment(&self, actor: &Account, comment: u64) {
        self.act(|world| check(world.delete_comment(actor.id, comment), "no such comment to delete"));
    }

    /// Reactions on a comment: login and content.
    pub fn reactions(&self, comment: u64) -> Vec<(String, String)> {
        let mut world = self.world();
        let given = world.comment_mut(comment).map(|comment| comment.reactions.clone()).unwrap_or_default();
        given.into_iter().map(|one| (world.login(one.author).to_owned(), one.content)).collect()
    }

    /// Comments of a pull request: number, login, text.
    pub fn comments(&self, repository: &str, number: u64) -> Vec<(u64, String, String)> {
        let world = self.world();
        let pull = must(world.pull(find(&world, repository), number), "there is no such pull request");
        let line =
            |one: &crate::sandbox::pulls::Comment| (one.id, world.login(one.author).to_owned(), one.body.text.clone());
        pull.comments.iter().map(line).collect()
    }

    /// Changes the branch a pull request goes to.
    pub fn retarget(&self, actor: &Account, repository: &str, number: u64, branch: &str) {
        let act = |world: &mut World, id| world.retarget_pull(actor.id, id, number, branch);
        self.pull_act(repository, number, "no such branch to retarget to", act);
    }

    /// Makes a stack of pull requests, lowest first.
    pub fn stack(&self, actor: &Account, repository: &str, pulls: &[u64]) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, repository);
            must(world.make_stack(actor.id, id, pulls), "they do not build on each other");
        });
    }

    /// Dissolves the stack that a pull request is part of.
    pub fn unstack(&self, actor: &Account, repository: &str, number: u64) {
        let act = |world: &mut World, id| world.dissolve_stack(actor.id, id, number).is_some();
        self.pull_act(repository, number, "it is part of no stack", act);
    }

    /// Closes a pull request.
    pub fn close(&self, actor: &Account, repository: &str, number: u64) {
        self.pull_act(repository, number, "it is not open", |world, id| world.close_pull(actor.id, id, number));
    }

    /// Reopens a closed pull request.
    pub fn reopen(&self, actor: &Account, repository: &str, number: u64) {
        self.pull_act(repository, number, "it is not closed, or its branch is gone", |world, id| {
            world.reopen_pull(actor.id, id, number)
        });
    }

    /// Puts a label on.
    pub fn label(&self, actor: &Account, repository: &str, number: u64, label: &str) {
        self.pull_act(repository, number, "no such pull request", |world, id| {
            world.label_pull(actor.id, id, number, label, true)
        });
    }

    /// Takes a label off.
    pub fn unlabel(&self, actor: &Account, repository: &str, number: u64, label: &str) {
        self.pull_act(repository, number, "no such pull request", |world, id| {
            world.label_pull(actor.id, id, number, label, false)
        });
    }

    /// Assigns somebody, a bot as well.
    pub fn assign(&self, actor: &Account, repository: &str, number: u64, assignee: &Account) {
        self.pull_act(repository, number, "no such pull request", |world, id| {
            world.assign_pull(actor.id, id, number, assignee.id, true)
        });
    }

    /// Takes an assignment back.
    pub fn unassign(&self, actor: &Account, repository: &str, number: u64, assignee: &Account) {
        self.pull_act(repository, number, "no such pull request", |world, id| {
            world.assign_pull(actor.id, id, number, assignee.id, false)
        });
    }

    /// Asks somebody for a review.
    pub fn request_review(&self, actor: &Account, repository: &str, number: u64, reviewer: &Account) {
        let act = |world: &mut World, id| world.request_review(actor.id, id, number, reviewer.id);
        self.pull_act(repository, number, "authors cannot review their own pull request", act);
    }

    /// Marks a draft as ready for review.
    pub fn ready(&self, actor: &Account, repository: &str, number: u64) {
        self.pull_act(repository, number, "it is no draft", |world, id| world.set_draft(actor.id, id, number, false));
    }

    /// Makes a draft of a pull request.
    pub fn draft(&self, actor: &Account, repository: &str, number: u64) {
        self.pull_act(repository, number, "it is a draft already", |world, id| {
            world.set_draft(actor.id, id, number, true)
        });
    }

    /// Changes the description.
    pub fn edit_body(&self, actor: &Account, repository: &str, number: u64, body: &str) {
        self.pull_act(repository, number, "no such pull request", |world, id| {
            world.edit_pull(actor.id, id, number, None, Some(body))
        });
    }

    /// Changes the title.
    pub fn edit_title(&self, actor: &Account, repository: &str, number: u64, title: &str) {
        self.pull_act(repository, number, "no such pull request", |world, id| {
            world.edit_pull(actor.id, id, number, Some(title), None)
        });
    }
}
