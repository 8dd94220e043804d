//! What happens to pull requests, with the webhooks that follow.

use serde_json::{Value, json};

use super::World;
use crate::sandbox::accounts::AccountId;
use crate::sandbox::git::Sha;
use crate::sandbox::pulls::{
    Comment, Happening, LineComment, Prose, Pull, PullState, Reaction, Review, ReviewState, TimelineItem,
};
use crate::sandbox::repositories::RepositoryId;

/// Where a new pull request comes from and goes to.
#[derive(Debug, Clone)]
pub(crate) struct Proposal {
    pub(crate) base_repository: RepositoryId,
    pub(crate) head_repository: RepositoryId,
    pub(crate) head_branch: String,
    pub(crate) base_branch: String,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) draft: bool,
}

impl World {
    pub(crate) fn happened(&mut self, actor: AccountId, repository: RepositoryId, number: u64, what: Happening) {
        let id = self.next_id();
        let at = self.now();
        if let Some(pull) = self.pull_mut(repository, number) {
            pull.updated_at = at;
            pull.participants.insert(actor);
            pull.timeline.push(TimelineItem { id, actor, at, what });
        }
    }

    /// `None` if a branch is missing or nothing is proposed.
    pub(crate) fn open_pull(&mut self, actor: AccountId, proposal: Proposal) -> Option<u64> {
        let head = self.repositories.get(&proposal.head_repository)?.branch(&proposal.head_branch)?.clone();
        let base = self.repositories.get(&proposal.base_repository)?.branch(&proposal.base_branch)?.clone();
        if self.git.between(&base, &head).is_empty() {
            return None;
        }
        let history = self.git.ancestors(&head);
        let now = self.clock.tick();
        let id = self.next_id();
        let head_owner = self.repositories.get(&proposal.head_repository)?.owner;
        let home = self.repositories.get_mut(&proposal.base_repository)?;
        home.visible.extend(history);
        let number = home.pulls.keys().next_back().copied().unwrap_or(0) + 1;
        let pull = Pull {
            id,
            repository: home.id,
            number,
            author: actor,
            title: proposal.title,
            has_body: proposal.body.is_some(),
            body: Prose::new(proposal.body.as_deref().unwrap_or_default(), now),
            state: PullState::Open,
            draft: proposal.draft,
            head_repository: Some(proposal.head_repository),
            head_owner,
            head_branch: proposal.head_branch,
            head,
            base_branch: proposal.base_branch,
            base,
            labels: Vec::new(),
            assignees: Vec::new(),
            requested_reviewers: Vec::new(),
            requested_teams: Vec::new(),
            reviews: Vec::new(),
            comments: Vec::new(),
            line_comments: Vec::new(),
            timeline: Vec::new(),
            participants: std::iter::once(actor).collect(),
            created_at: now,
            updated_at: now,
            closed_at: None,
            merged_by: None,
            merge_commit: None,
            auto_merge: None,
            queued: false,
        };
        home.pulls.insert(number, pull);
        self.emit_pull("opened", proposal.base_repository, number, actor, json!({}));
        Some(number)
    }

    pub(crate) fn close_pull(&mut self, actor: AccountId, repository: RepositoryId, number: u64) -> bool {
        let now = self.clock.tick();
        let Some(pull) = self.pull_mut(repository, number).filter(|pull| pull.is_open()) else { return false };
        pull.state = PullState::Closed;
        pull.closed_at = Some(now);
        pull.queued = false;
        self.happened(actor, repository, number, Happening::Closed);
        self.emit_pull("closed", repository, number, actor, json!({}));
        true
    }

    pub(crate) fn reopen_pull(&mut self, actor: AccountId, repository: RepositoryId, number: u64) -> bool {
        self.clock.tick();
        let tip = self.pull(repository, number).and_then(|pull| {
            let head = self.repositories.get(&pull.head_repository?)?;
            head.branch(&pull.head_branch).cloned()
        });
        let history = tip.as_deref().map(|tip| self.git.ancestors(tip)).unwrap_or_default();
        let closed = |pull: &&mut Pull| pull.state == PullState::Closed;
        let Some(pull) = self.pull_mut(repository, number).filter(closed) else { return false };
        let Some(tip) = tip else { return false };
        pull.state = PullState::Open;
        pull.closed_at = None;
        pull.head = tip;
        if let Some(home) = self.repositories.get_mut(&repository) {
            home.visible.extend(history);
        }
        self.happened(actor, repository, number, Happening::Reopened);
        self.emit_pull("reopened", repository, number, actor, json!({}));
        true
    }

    pub(crate) fn retarget_pull(&mut self, actor: AccountId, repository: RepositoryId, number: u64, to: &str) -> bool {
        self.clock.tick();
        let what = |from, to| Happening::BaseChanged { from, to };
        self.change_base(actor, repository, number, to, what)
    }

    /// GitHub itself retargets a pull request whose base was merged and deleted.
    pub(crate) fn follow_base(&mut self, actor: AccountId, repository: RepositoryId, number: u64, to: &str) {
        self.change_base(actor, repository, number, to, |from, to| Happening::AutomaticBaseChange { from, to });
    }

    fn change_base(
        &mut self,
        actor: AccountId,
        repository: RepositoryId,
        number: u64,
        to: &str,
        what: impl FnOnce(String, String) -> Happening,
    ) -> bool {
        let Some(tip) = self.repositories.get(&repository).and_then(|home| home.branch(to)).cloned() else {
            return false;
        };
        let Some(pull) = self.pull_mut(repository, number) else { return false };
        let from = std::mem::replace(&mut pull.base_branch, to.to_owned());
        let from_sha = std::mem::replace(&mut pull.base, tip);
        pull.auto_merge = None;
        self.happened(actor, repository, number, what(from.clone(), to.to_owned()));
        let changes = json!({ "changes": { "base": { "ref": { "from": from }, "sha": { "from": from_sha } } } });
        self.emit_pull("edited", repository, number, actor, changes);
        true
    }

    pub(crate) fn add_review(
        &mut self,
        actor: AccountId,
        repository: RepositoryId,
        number: u64,
        state: ReviewState,
        commit: Option<Sha>,
        body: &str,
    ) -> Option<u64> {
        let now = self.clock.tick();
        let id = self.next_id();
        let pull = self.pull_mut(repository, number)?;
        let commit = commit.unwrap_or_else(|| pull.head.clone());
        pull.reviews.push(Review { id, author: actor, state, body: Prose::new(body, now), commit });
        pull.requested_reviewers.retain(|reviewer| *reviewer != actor);
        pull.participants.insert(actor);
        pull.updated_at = now;
        self.emit_review("submitted", repository, number, id, actor, json!({}));
        Some(id)
    }

    pub(crate) fn dismiss_review(
        &mut self,
        actor: AccountId,
        repository: RepositoryId,
        number: u64,
        review: u64,
        message: &str,
    ) -> bool {
        let now = self.clock.tick();
        let Some(pull) = self.pull_mut(repository, number) else { return false };
        let opinionated =
            |found: &&mut Review| matches!(found.state, ReviewState::Approved | ReviewState::ChangesRequested);
        let Some(found) = pull.reviews.iter_mut().find(|found| found.id == review).filter(opinionated) else {
            return false;
        };
        let previous = std::mem::replace(&mut found.state, ReviewState::Dismissed);
        found.body.updated_at = now;
        self.happened(
            actor,
            repository,
            number,
            Happening::ReviewDismissed { review, previous, message: message.to_owned() },
        );
        self.emit_review("dismissed", repository, number, review, actor, json!({}));
        true
    }

    pub(crate) fn edit_review(
        &mut self,
        actor: AccountId,
        repository: RepositoryId,
        number: u64,
        review: u64,
        text: &str,
    ) -> bool {
        let now = self.clock.tick();
        let Some(pull) = self.pull_mut(repository, number) else { return false };
        let Some(found) = pull.reviews.iter_mut().find(|found| found.id == review) else { return false };
        let from = found.body.edit(actor, text, now);
        self.emit_review(
            "edited",
            repository,
            number,
            review,
            actor,
            json!({ "changes": { "body": { "from": from } } }),
        );
        true
    }

    pub(crate) fn add_comment(
        &mut self,
        actor: AccountId,
        repository: RepositoryId,
        number: u64,
        text: &str,
        via_app: Option<u64>,
    ) -> Option<u64> {
        let now = self.clock.tick();
        let id = self.next_id();
        let pull = self.pull_mut(repository, number)?;
        let body = Prose::new(text, now);
        pull.comments.push(Comment {
            id,
            author: actor,
            body,
            via_app,
            via_email: false,
            minimized: false,
            reactions: Vec::new(),
        });
        pull.participants.insert(actor);
        pull.updated_at = now;
        self.emit_comment("created", repository, number, id, actor, json!({}));
        Some(id)
    }

    /// The pull request that a conversation comment stands on.
    pub(crate) fn home_of_comment(&self, comment: u64) -> Option<(RepositoryId, u64)> {
        let on = |pull: &&Pull| pull.comments.iter().any(|found| found.id == comment);
        self.pulls().find(on).map(|pull| (pull.repository, pull.number))
    }

    pub(crate) fn comment_mut(&mut self, comment: u64) -> Option<&mut Comment> {
        let (repository, number) = self.home_of_comment(comment)?;
        self.pull_mut(repository, number)?.comments.iter_mut().find(|found| found.id == comment)
    }

    pub(crate) fn edit_comment(&mut self, actor: AccountId, comment: u64, text: &str) -> bool {
        let now = self.clock.tick();
        let Some((repository, number)) = self.home_of_comment(comment) else { return false };
        let Some(found) = self.comment_mut(comment) else { return false };
        let from = found.body.edit(actor, text, now);
        self.emit_comment(
            "edited",
            repository,
            number,
            comment,
            actor,
            json!({ "changes": { "body": { "from": from } } }),
        );
        true
    }

    pub(crate) fn delete_comment(&mut self, actor: AccountId, comment: u64) -> bool {
        self.clock.tick();
        let Some((repository, number)) = self.home_of_comment(comment) else { return false };
        let Some(author) = self.comment_mut(comment).map(|found| found.author) else { return false };
        // The webhook still shows the comment: it is made before the comment goes.
        self.emit_comment("deleted", repository, number, comment, actor, json!({}));
        if let Some(pull) = self.pull_mut(repository, number) {
            pull.comments.retain(|found| found.id != comment);
        }
        self.happened(actor, repository, number, Happening::CommentDeleted { author });
        true
    }

    pub(crate) fn react(&mut self, actor: AccountId, comment: u64, content: &str) -> Option<(Reaction, bool)> {
        let created_at = self.clock.tick();
        let id = self.next_id();
        let found = self.comment_mut(comment)?;
        let same = |reaction: &&Reaction| reaction.author == actor && reaction.content == content;
        if let Some(existing) = found.reactions.iter().find(same) {
            return Some((existing.clone(), false));
        }
        let reaction = Reaction { id, author: actor, content: content.to_owned(), created_at };
        found.reactions.push(reaction.clone());
        Some((reaction, true))
    }

    pub(crate) fn add_line_comment(
        &mut self,
        actor: AccountId,
        repository: RepositoryId,
        number: u64,
        path: &str,
        lines: Option<(usize, usize)>,
        text: &str,
    ) -> Option<u64> {
        let lines = match lines {
            Some((first, last)) => Some((first, last, self.hunk_of(repository, number, path, last)?)),
            None => None,
        };
        let review = self.add_review(actor, repository, number, ReviewState::Commented, None, "")?;
        let id = self.next_id();
        let at = self.now();
        let pull = self.pull_mut(repository, number)?;
        let commit = pull.head.clone();
        let body = Prose::new(text, at);
        pull.line_comments.push(LineComment { id, review, author: actor, body, path: path.to_owned(), commit, lines });
        self.emit_line_comment("created", repository, number, id, actor, json!({}));
        Some(id)
    }

    pub(crate) fn label_pull(
        &mut self,
        actor: AccountId,
        repository: RepositoryId,
        number: u64,
        label: &str,
        on: bool,
    ) -> bool {
        self.clock.tick();
        let Some(pull) = self.pull_mut(repository, number) else { return false };
        pull.labels.retain(|existing| existing != label);
        if on {
            pull.labels.push(label.to_owned());
        }
        let name = label.to_owned();
        let what = if on { Happening::Labeled { label: name } } else { Happening::Unlabeled { label: name } };
        self.happened(actor, repository, number, what);
        let extra = json!({ "label": self.label_json(repository, label) });
        self.emit_pull(if on { "labeled" } else { "unlabeled" }, repository, number, actor, extra);
        true
    }

    pub(crate) fn assign_pull(
        &mut self,
        actor: AccountId,
        repository: RepositoryId,
        number: u64,
        assignee: AccountId,
        on: bool,
    ) -> bool {
        self.clock.tick();
        let Some(pull) = self.pull_mut(repository, number) else { return false };
        pull.assignees.retain(|existing| *existing != assignee);
        if on {
            pull.assignees.push(assignee);
        }
        let what = if on { Happening::Assigned { assignee } } else { Happening::Unassigned { assignee } };
        self.happened(actor, repository, number, what);
        let extra = json!({ "assignee": self.account_json(assignee) });
        self.emit_pull(if on { "assigned" } else { "unassigned" }, repository, number, actor, extra);
        true
    }

    pub(crate) fn request_review(
        &mut self,
        actor: AccountId,
        repository: RepositoryId,
        number: u64,
        reviewer: AccountId,
    ) -> bool {
        self.clock.tick();
        let Some(pull) = self.pull_mut(repository, number).filter(|pull| pull.author != reviewer) else { return false };
        if !pull.requested_reviewers.contains(&reviewer) {
            pull.requested_reviewers.push(reviewer);
        }
        self.happened(actor, repository, number, Happening::ReviewRequested { reviewer });
        let extra = json!({ "requested_reviewer": self.account_json(reviewer) });
        self.emit_pull("review_requested", repository, number, actor, extra);
        true
    }

    pub(crate) fn set_draft(&mut self, actor: AccountId, repository: RepositoryId, number: u64, draft: bool) -> bool {
        self.clock.tick();
        let Some(pull) = self.pull_mut(repository, number).filter(|pull| pull.draft != draft) else { return false };
        pull.draft = draft;
        let what = if draft { Happening::ConvertedToDraft } else { Happening::ReadyForReview };
        self.happened(actor, repository, number, what);
        self.emit_pull(
            if draft { "converted_to_draft" } else { "ready_for_review" },
            repository,
            number,
            actor,
            json!({}),
        );
        true
    }

    pub(crate) fn edit_pull(
        &mut self,
        actor: AccountId,
        repository: RepositoryId,
        number: u64,
        title: Option<&str>,
        body: Option<&str>,
    ) -> bool {
        let now = self.clock.tick();
        let Some(pull) = self.pull_mut(repository, number) else { return false };
        let mut changes = serde_json::Map::new();
        let mut renamed = None;
        if let Some(title) = title {
            let from = std::mem::replace(&mut pull.title, title.to_owned());
            changes.insert("title".to_owned(), json!({ "from": from }));
            renamed = Some(Happening::Renamed { from, to: title.to_owned() });
        }
        if let Some(body) = body {
            let from = pull.body.edit(actor, body, now);
            pull.has_body = true;
            changes.insert("body".to_owned(), json!({ "from": from }));
        }
        pull.updated_at = now;
        if let Some(what) = renamed {
            self.happened(actor, repository, number, what);
        }
        self.emit_pull("edited", repository, number, actor, json!({ "changes": Value::Object(changes) }));
        true
    }

    /// Records a merge whose commit is on the base branch already.
    pub(crate) fn mark_merged(&mut self, actor: AccountId, repository: RepositoryId, number: u64, commit: &Sha) {
        let now = self.now();
        if let Some(pull) = self.pull_mut(repository, number) {
            pull.state = PullState::Merged;
            pull.closed_at = Some(now);
            pull.merged_by = Some(actor);
            pull.merge_commit = Some(commit.clone());
            pull.queued = false;
        }
        self.happened(actor, repository, number, Happening::Merged { commit: commit.clone() });
        self.happened(actor, repository, number, Happening::Closed);
        self.emit_pull("closed", repository, number, actor, json!({}));
        self.advance_stack(actor, repository, number);
    }

    /// Tip of the base branch now, or the one last known if the branch is gone.
    pub(crate) fn base_tip(&self, pull: &Pull) -> Sha {
        let home = self.repositories.get(&pull.repository);
        if pull.is_open() {
            home.and_then(|home| home.branch(&pull.base_branch)).unwrap_or(&pull.base).clone()
        } else {
            pull.base.clone()
        }
    }

    /// Commits the pull request proposes, oldest first.
    pub(crate) fn pull_commits(&self, pull: &Pull) -> Vec<Sha> {
        self.git.between(&self.base_tip(pull), &pull.head)
    }

    /// Files the pull request changes: three dots, from the merge base to the head.
    pub(crate) fn pull_files(&self, pull: &Pull) -> Vec<crate::sandbox::git::FileChange> {
        let from = self.git.merge_base(&self.base_tip(pull), &pull.head);
        self.git.diff(from.as_deref(), &pull.head)
    }

    /// True if GitHub names the pull request when asked for those of a commit: the one that merged it, and, while the
    /// commit is not on the default branch, the open ones that propose it.
    pub(crate) fn proposes(&self, pull: &Pull, sha: &str) -> bool {
        let home = self.repositories.get(&pull.repository);
        let landed = || {
            let tip = home.and_then(|home| home.branch(&home.default_branch));
            tip.is_some_and(|tip| self.git.contains(tip, sha))
        };
        let among = || self.pull_commits(pull).iter().any(|proposed| proposed == sha);
        match pull.state {
            PullState::Merged => pull.merge_commit.as_deref() == Some(sha) || among(),
            PullState::Open => among() && !landed(),
            PullState::Closed => false,
        }
    }
}
