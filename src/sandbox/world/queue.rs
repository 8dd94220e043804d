//! The merge queue: commits that are tested before the base branch becomes them.

use serde_json::json;

use super::{MergeRefused, World};
use crate::sandbox::accounts::{AccountId, WEB_FLOW};
use crate::sandbox::git::{NewCommit, Sha, Signature};
use crate::sandbox::pulls::{Happening, MergeGroup, Pull};
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::story::NewGroup;

/// How a queue brings a pull request onto the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Merge,
    Squash,
    Rebase,
}

impl World {
    /// Makes the group's commits and asks for checks. `None` if a pull request is not open.
    pub(crate) fn form_group(&mut self, actor: AccountId, id: RepositoryId, new: &NewGroup) -> Option<MergeGroup> {
        let first = self.pull(id, *new.pulls.first()?)?;
        let branch = first.base_branch.clone();
        let base = new.behind.as_ref().map_or_else(|| self.base_tip(first), |ahead| ahead.head_sha.clone());
        let mut tip = base.clone();
        let mut made = Vec::new();
        for number in &new.pulls {
            let pull = self.pull(id, *number).filter(|pull| pull.is_open())?.clone();
            if Some(number) == new.pulls.last()
                && let Some(smuggled) = &new.smuggled
            {
                tip = self.make_commit(WEB_FLOW, smuggled, Some(&tip), self.now());
            }
            tip = self.bring(&pull, &tip, new.method);
            made.push((*number, tip.clone()));
            self.pull_mut(id, *number)?.queued = true;
            self.happened(actor, id, *number, Happening::AddedToMergeQueue);
            self.emit_pull("enqueued", id, *number, actor, json!({}));
        }
        let named = new.named.or(new.pulls.last().copied())?;
        let head_ref = format!("refs/heads/gh-readonly-queue/{branch}/pr-{named}-{base}");
        self.move_ref(WEB_FLOW, id, &head_ref, &tip, true)?;
        let group = MergeGroup {
            id: self.next_id(),
            head_ref,
            head_sha: tip,
            base_ref: format!("refs/heads/{branch}"),
            base_sha: base,
            pulls: new.pulls.clone(),
            made,
            repository: id,
            destroyed: false,
        };
        self.merge_groups.insert(group.id, group.clone());
        self.emit_merge_group("checks_requested", &group, actor, json!({}));
        Some(group)
    }

    /// Brings a pull request onto a commit; the new tip.
    fn bring(&mut self, pull: &Pull, onto: &Sha, method: Method) -> Sha {
        let at = self.now();
        match method {
            Method::Merge => {
                self.merge_commit(WEB_FLOW, onto, &pull.head, format!("Merge pull request #{}", pull.number))
            }
            Method::Squash => {
                let mut squash = NewCommit::new(format!("{} (#{})", pull.title, pull.number)).via_web();
                squash.files = self.merged_files(onto, &pull.head);
                self.make_commit(pull.author, &squash, Some(onto), at)
            }
            Method::Rebase => {
                let mut tip = onto.clone();
                for sha in self.pull_commits(pull) {
                    let Some(original) = self.git.commit(&sha).cloned() else { continue };
                    let author = original.author.clone();
                    let author = Signature { name: author.name, email: author.email, at: Some(author.at) };
                    let mut copy = NewCommit::new(original.message.clone()).author(author);
                    copy.files = self.merged_files(&tip, &sha);
                    tip = self.make_commit(pull.author, &copy, Some(&tip), at);
                }
                tip
            }
        }
    }

    /// Whether required checks let the group's head onto its base branch.
    pub(crate) fn group_mergeable(&self, group: u64) -> Result<(), MergeRefused> {
        let group = self.merge_groups.get(&group).filter(|group| !group.destroyed).ok_or(MergeRefused::NotReady)?;
        let home = self.repositories.get(&group.repository).ok_or(MergeRefused::NotReady)?;
        let branch = group.base_ref.trim_start_matches("refs/heads/");
        let required = self.required_checks(home, branch).into_iter();
        let missing = required.filter(|check| !self.check_passes(group.repository, &group.head_sha, check));
        let missing: Vec<String> = missing.map(|check| check.context).collect();
        if missing.is_empty() { Ok(()) } else { Err(MergeRefused::Checks(missing)) }
    }

    /// Ends a group and tells everybody. `None` if there is none.
    pub(crate) fn dissolve_group(&mut self, actor: AccountId, group: u64, reason: &'static str) -> Option<()> {
        let stored = self.merge_groups.get_mut(&group)?;
        stored.destroyed = true;
        let group = stored.clone();
        if reason == "merged" {
            self.move_ref(actor, group.repository, &group.base_ref, &group.head_sha, false)?;
        }
        for number in &group.pulls {
            if let Some(pull) = self.pull_mut(group.repository, *number) {
                pull.queued = false;
            }
            if reason == "merged" {
                self.mark_merged(actor, group.repository, *number, &group.head_sha);
            } else {
                let why = json!({ "reason": reason.to_ascii_uppercase() });
                self.emit_pull("dequeued", group.repository, *number, actor, why);
            }
        }
        self.emit_merge_group("destroyed", &group, actor, json!({ "reason": reason }));
        Some(())
    }

    /// What is in the queue of a branch, in order: the group and the pull request.
    pub(crate) fn queued(&self, id: RepositoryId, branch: &str) -> Vec<(u64, u64)> {
        let full = format!("refs/heads/{branch}");
        let live = |group: &&MergeGroup| group.repository == id && group.base_ref == full && !group.destroyed;
        let groups = self.merge_groups.values().filter(live);
        groups.flat_map(|group| group.pulls.iter().map(|number| (group.id, *number))).collect()
    }

    /// Whether a branch ever had a queue.
    pub(crate) fn has_queue(&self, id: RepositoryId, branch: &str) -> bool {
        let full = format!("refs/heads/{branch}");
        self.merge_groups.values().any(|group| group.repository == id && group.base_ref == full)
    }
}
