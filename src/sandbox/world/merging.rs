//! Merging, by hand and by itself.

use super::World;
use crate::sandbox::accounts::AccountId;
use crate::sandbox::git::{NewCommit, Sha};
use crate::sandbox::repositories::RepositoryId;

/// Why GitHub does not merge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeRefused {
    /// It is closed, merged or a draft.
    #[error("the pull request is not open and ready")]
    NotReady,
    /// These required checks do not let the head pass.
    #[error("required checks have not passed: {}", .0.join(", "))]
    Checks(Vec<String>),
}

impl World {
    pub(crate) fn mergeable(&self, id: RepositoryId, number: u64) -> Result<(), MergeRefused> {
        let ready = self.pull(id, number).filter(|pull| pull.is_open() && !pull.draft);
        let (pull, home) = ready.zip(self.repositories.get(&id)).ok_or(MergeRefused::NotReady)?;
        if self.is_gitlab() {
            let missing = self.gitlab_blockers((id, number));
            return if missing.is_empty() { Ok(()) } else { Err(MergeRefused::Checks(missing)) };
        }
        let required = self.required_checks(home, self.governing_branch(pull));
        let missing = required.into_iter().filter(|check| !self.check_passes(id, &pull.head, check));
        let missing: Vec<String> = missing.map(|check| check.context).collect();
        if missing.is_empty() { Ok(()) } else { Err(MergeRefused::Checks(missing)) }
    }

    pub(crate) fn merge_pull(&mut self, actor: AccountId, id: RepositoryId, number: u64) -> Result<Sha, MergeRefused> {
        self.mergeable(id, number)?;
        self.merge_anyway(actor, id, number)
    }

    /// Merges whatever the checks say, as those may who are allowed to bypass the rules.
    pub(crate) fn merge_anyway(
        &mut self,
        actor: AccountId,
        id: RepositoryId,
        number: u64,
    ) -> Result<Sha, MergeRefused> {
        self.pull(id, number).filter(|pull| pull.is_open() && !pull.draft).ok_or(MergeRefused::NotReady)?;
        let pull = self.pull(id, number).ok_or(MergeRefused::NotReady)?;
        // A part of a stack brings along what it builds on.
        if let Some(below) = self.below(pull) {
            self.merge_pull(actor, id, below)?;
        }
        let pull = self.pull(id, number).ok_or(MergeRefused::NotReady)?;
        let (head, base, branch) = (pull.head.clone(), self.base_tip(pull), pull.base_branch.clone());
        let title = if self.is_gitlab() {
            let path = self.repositories.get(&id).map(|home| self.full_name(home)).unwrap_or_default();
            let names = format!("Merge branch '{}' into '{branch}'", pull.head_branch);
            format!("{names}\n\n{}\n\nSee merge request {path}!{number}", pull.title)
        } else {
            format!("Merge pull request #{number} from {}\n\n{}", pull.head_branch, pull.title)
        };
        let sha = self.merge_commit(actor, &base, &head, title);
        self.move_ref(actor, id, &format!("refs/heads/{branch}"), &sha, false).ok_or(MergeRefused::NotReady)?;
        self.mark_merged(actor, id, number, &sha);
        Ok(sha)
    }

    /// A commit that brings what `head` changed onto `base`.
    pub(crate) fn merge_commit(&mut self, actor: AccountId, base: &str, head: &str, message: String) -> Sha {
        let at = self.now();
        let mut commit = NewCommit::new(message).merging(head).via_web();
        commit.files = self.merged_files(base, head);
        self.make_commit(actor, &commit, Some(&base.to_owned()), at)
    }

    /// Merges whatever waits for its checks and now has them: GitHub is as quick as that.
    pub(crate) fn merge_what_is_ready(&mut self) {
        let waiting = self.pulls().filter(|pull| pull.is_open());
        let waiting = waiting.filter_map(|pull| pull.auto_merge.map(|(by, _)| (by, pull.repository, pull.number)));
        for (by, id, number) in waiting.collect::<Vec<_>>() {
            // Refused means not yet.
            let _ = self.merge_pull(by, id, number);
        }
    }
}
